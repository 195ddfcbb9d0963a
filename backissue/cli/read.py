"""`list`, `show` and `search`: reading the archive, as it is or as it was."""

from __future__ import annotations

from datetime import datetime

import click
import msgspec

from archive.store import Copy, EntryRecord, Event, FeedRecord, Hit, PollState, Store, VersionRecord
from backissue.app import App, UsageError
from backissue.cli.base import as_of_option, complete_feeds, json_option, pass_app
from backissue.output import emit, plural, table, when
from feeds.clean import clean
from feeds.html import paragraphs, to_text
from feeds.model import Entry, Feed, Person, Text


@click.command("list")
@click.argument("feed", required=False, shell_complete=complete_feeds)
@click.option("--entries", "want_entries", is_flag=True, help="List entries, of all feeds or of the one named.")
@click.option("--removed", is_flag=True, help="List feeds that are no longer followed, too.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="How many entries.")
@click.option("--before", type=int, metavar="ENTRY", help="Only entries older than this one: the next page.")
@as_of_option
@json_option
@pass_app
def list_(
    app: App,
    feed: str | None,
    want_entries: bool,
    removed: bool,
    limit: int,
    before: int | None,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """List the feeds, or the entries of one.

    With a feed's number, address or title, its entries are listed, the newest first.

    \b
    Example:
      backissue list
      backissue list 3 --limit 10
      backissue list --entries --json
      backissue list 3 --as-of 2024-05-01
    """
    with app.store(create=False) as store:
        if feed is None and before is None and not want_entries:
            feeds = store.feeds(removed=removed, as_of=as_of)
            emit({"feeds": feeds}) if as_json else _say_feeds(feeds)
            return
        number = the_feed(store, feed).id if feed is not None else None
        if before is not None:
            the_entry(store, str(before))
        entries = store.entries(feed=number, before=before, limit=limit, as_of=as_of)
        emit({"entries": entries}) if as_json else _say_entries(entries, limit)


def _say_feeds(feeds: list[FeedRecord]) -> None:
    if not feeds:
        click.echo("Nothing is followed yet. 'backissue add URL' follows a feed, 'backissue ingest' takes articles in")
        return
    rows = [(feed.id, feed.title, feed.entries, *_standing(feed), feed.url) for feed in feeds]
    table(("feed", "title", "entries", "asked (UTC)", "next (UTC)", "state", "address"), rows, right=(0, 2))


def _standing(feed: FeedRecord) -> tuple[object, object, str]:
    """When it was asked last and will be next, and how it is."""
    poll = feed.poll
    if poll is None:
        return None, None, "articles" if feed.kind == "local" else "-"
    if feed.removed:
        return poll.last_polled, None, "removed"
    if poll.gone:
        return poll.last_polled, None, "gone"
    state = f"failing ({poll.failures}): {poll.error}" if poll.error else "ok" if poll.last_success else "new"
    return poll.last_polled, poll.next_due, state


def _say_entries(entries: list[EntryRecord], limit: int) -> None:
    if not entries:
        click.echo("No entries")
        return
    rows = [(one.id, one.date, one.entry.title, one.versions, one.feed_title) for one in entries]
    table(("entry", "date (UTC)", "title", "versions", "feed"), rows, right=(0, 3))
    if len(entries) == limit:
        click.echo(f"Older ones: --before {entries[-1].id}")


def the_feed(store: Store, name: str) -> FeedRecord:
    """The feed of that number, address or title; raises UsageError if there is none."""
    if feed := store.find_feed(name):
        return feed
    from archive.fetch import FetchError, normalise  # what asks other servers takes long to load

    try:
        if feed := store.find_feed(normalise(name)):
            return feed
    except FetchError:
        pass
    raise UsageError(name, "is no feed of this archive", "'backissue list' shows them")


@click.command()
@click.argument("name", metavar="ENTRY|FEED")
@click.option("--html", "as_html", is_flag=True, help="Print the body as clean HTML alone.")
@click.option("--text", "as_text", is_flag=True, help="Print the body as plain text alone.")
@click.option("--version", "number", type=click.IntRange(1), metavar="N", help="An older version of the entry.")
@as_of_option
@json_option
@pass_app
def show(
    app: App, name: str, as_html: bool, as_text: bool, number: int | None, as_of: datetime | None, as_json: bool
) -> None:
    """Show an entry or a feed.

    An entry goes by its number, id or link; a feed by its address or title, or by "feed:" and its number. Of an
    article, each field tells whether its source declared it, or it was derived from the text or inferred.

    \b
    Example:
      backissue show 12
      backissue show 12 --version 1 --text
      backissue show feed:3
    """
    with app.store(create=False) as store:
        record = None if name.startswith("feed:") and name[5:].isdigit() else store.find_entry(name, as_of=as_of)
        if record is None:
            feed = _feed_or_entry(store, name)
            _show_feed(feed, store.events(feed.id), as_json)
            return
        version = the_version(store, record, number) if number is not None else _current(store, record, as_of)
        if number is not None and version is not None:
            record = _in_version(record, version)
    html, text = bodies(record.entry)
    if as_json:
        emit({"entry": record, "html": html, "text": text, "copy": version and version.copy})
    elif as_html or as_text:
        click.echo(html if as_html else text)
    else:
        _show_entry(record, text, version.copy if version else None)


def _current(store: Store, record: EntryRecord, as_of: datetime | None) -> VersionRecord | None:
    """The version that an entry is shown in."""
    return next((one for one in store.history(record.id, as_of=as_of) if one.current), None)


def told(copy: Copy) -> str:
    """From which copy something came, in words."""
    by = f" ({copy.detail})" if copy.detail else ""
    return f"{copy.how}{by}, {copy.url}, {when(copy.at)} UTC"


def _feed_or_entry(store: Store, name: str) -> FeedRecord:
    """The feed that is meant where no entry is; raises UsageError if that is none, either."""
    if name.startswith("feed:"):
        return the_feed(store, name.removeprefix("feed:"))
    try:
        return the_feed(store, name)
    except UsageError as error:
        remedy = "'backissue list', 'backissue list --entries' and 'backissue search' show them"
        raise UsageError(name, "is neither an entry nor a feed of this archive", remedy) from error


def bodies(entry: Entry) -> tuple[str, str]:
    """The fullest text of an entry as clean HTML and as plain text."""
    body = entry.content or entry.summary
    if body is None:
        return "", ""
    if body.kind == "text":
        return paragraphs(body.value), body.value
    html = clean(body.value, body.base or entry.link)
    return html, to_text(html)


def the_entry(store: Store, name: str) -> EntryRecord:
    """The entry of that number, id or link; raises UsageError if there is none."""
    if record := store.find_entry(name):
        return record
    raise UsageError(name, "is no entry of this archive", "'backissue list --entries' and 'backissue search' show them")


def the_version(store: Store, record: EntryRecord, number: int) -> VersionRecord:
    """A version of an entry; raises UsageError if there is none of that number."""
    for version in store.history(record.id):
        if version.number == number:
            return version
    raise UsageError(f"version {number}", f"is none of entry {record.id}", f"it has 1 to {record.versions}")


def _in_version(record: EntryRecord, version: VersionRecord) -> EntryRecord:
    return msgspec.structs.replace(
        record, entry=version.entry, changed=version.first_seen, words=version.words, sha256=version.sha256
    )


def _show_entry(record: EntryRecord, text: str, copy: Copy | None) -> None:
    entry, origins = record.entry, record.entry.origins
    click.echo(click.style(entry.title or "(no title)", bold=True) + _origin(entry, "title"))
    facts: list[tuple[str, str, str]] = [
        ("entry", f"{record.id}, {plural(record.versions, 'version')}", ""),
        ("feed", f"{record.feed_title} ({record.feed_url})", ""),
        ("link", entry.link or "", "link"),
        ("id", record.public_id, ""),
        ("authors", ", ".join(map(_person, entry.authors)), "authors"),
        ("published", f"{when(entry.published)} UTC" if entry.published else "", "published"),
        ("updated", f"{when(entry.updated)} UTC" if entry.updated else "", "updated"),
        ("first seen", f"{when(record.first_seen)} UTC", ""),
        ("changed", f"{when(record.changed)} UTC" if record.versions > 1 else "", ""),
        ("left", f"{when(record.left)} UTC, {record.left_why}; kept here" if record.left else "", ""),
        ("deleted", f"{when(record.deleted)} UTC, {record.deleted_why}; kept here" if record.deleted else "", ""),
        ("language", entry.language or "", "language"),
        ("tags", ", ".join(tag.label or tag.term for tag in entry.categories), "categories"),
        ("source", (entry.source.title or "") if entry.source else "", "source"),
        ("length", _length(record), "word_count"),
        ("sections", "; ".join(section.heading for section in entry.sections), "sections"),
        ("enclosures", ", ".join(one.url for one in entry.enclosures), ""),
        ("copy", told(copy) if copy else "", ""),
        ("sha256", record.sha256, ""),
    ]
    for label, value, field in facts:
        if value:
            origin = f" ({origins[field]})" if field in origins else ""
            click.echo(f"{label + ':':<12}{value}{click.style(origin, dim=True)}")
    if _is_apart(entry.summary, entry):
        assert entry.summary is not None
        summary = entry.summary.value if entry.summary.kind == "text" else to_text(entry.summary.value)
        click.echo(f"summary:    {' '.join(summary.split())}{_origin(entry, 'summary')}")
    click.echo(f"\n{text or '(no text)'}")


def _origin(entry: Entry, field: str) -> str:
    return click.style(f" ({entry.origins[field]})", dim=True) if field in entry.origins else ""


def _is_apart(summary: Text | None, entry: Entry) -> bool:
    return summary is not None and entry.content is not None


def _length(record: EntryRecord) -> str:
    minutes = record.entry.reading_minutes
    words = record.entry.word_count or record.words
    return plural(words, "word") + (f", {plural(minutes, 'minute')} to read" if minutes else "")


def _person(person: Person) -> str:
    return person.name or person.email or person.url or ""


def _show_feed(feed: FeedRecord, events: list[Event], as_json: bool) -> None:
    if as_json:
        emit({"feed": feed, "events": events})
        return
    meta, poll = feed.meta or Feed(), feed.poll
    click.echo(click.style(feed.title, bold=True))
    facts = [
        ("feed", f"{feed.id}, {plural(feed.entries, 'entry', 'entries')}"),
        ("address", feed.url),
        ("site", meta.link),
        ("about", meta.subtitle),
        ("language", meta.language),
        ("tags", ", ".join(feed.tags)),
        ("added", f"{when(feed.added)} UTC"),
        ("removed", feed.removed and f"{when(feed.removed)} UTC; its entries are kept"),
        ("asked", poll and poll.last_polled and _answered(poll)),
        ("changed", poll and poll.last_changed and f"{when(poll.last_changed)} UTC"),
        ("failing", poll and poll.error and f"{plural(poll.failures, 'time')} in a row: {poll.error}"),
        ("next", poll and not poll.gone and not feed.removed and f"{when(poll.next_due)} UTC: {poll.reason}"),
        ("gone", poll and poll.gone and f"since {when(poll.gone)} UTC: it is asked no more"),
    ]
    for label, value in facts:
        if value:
            click.echo(f"{label + ':':<12}{value}")
    for event in events:
        detail = f": {event.detail}" if event.detail else ""
        click.echo(f"{event.kind + ':':<12}{when(event.at)} UTC{detail}")


def _answered(poll: PollState) -> str:
    return f"{when(poll.last_polled)} UTC, answered {poll.last_status or 'nothing'}"


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--feed", shell_complete=complete_feeds, help="Only entries of this feed.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many at most.")
@as_of_option
@json_option
@pass_app
def search(
    app: App, words: tuple[str, ...], feed: str | None, limit: int, as_of: datetime | None, as_json: bool
) -> None:
    """Find entries by their words.

    All words must be there; accents and capitals do not matter, and the best match comes first. "Quoted words"
    stand together, begin* finds what begins so, and OR and NOT (in capitals) work as expected.

    \b
    Example:
      backissue search coree nord
      backissue search '"lamp keeper" NOT ferry'
    """
    with app.store(create=False) as store:
        number = the_feed(store, feed).id if feed is not None else None
        hits = store.search(" ".join(words), feed=number, limit=limit, as_of=as_of)
    if as_json:
        emit({"hits": hits})
        return
    for hit in hits:
        _say_hit(hit)
    if not hits:
        click.echo("Nothing found")


def _say_hit(hit: Hit) -> None:
    record = hit.record
    click.echo(f"{record.id:>6}  {click.style(record.entry.title or '(no title)', bold=True)}")
    click.echo(f"        {when(record.date)}, {record.feed_title}")
    parts = [click.style(part, bold=True) if odd % 2 else part for odd, part in enumerate(hit.snippet)]
    if any(hit.snippet):
        click.echo(f"        {''.join(parts)}")
