"""`add`, `remove`, `import` and `export`: which feeds are followed."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from msgspec import UNSET

from archive.fetch import FetchError, normalise
from archive.store import FeedRecord
from backissue.app import App, UsageError, now, why
from backissue.cli.base import complete_feeds, complete_files, json_option, pass_app
from backissue.cli.read import the_feed
from backissue.follow import Followed, follow
from backissue.output import emit, plural, when
from feeds.opml import Subscription, read_opml, write_opml


@click.command()
@click.argument("url")
@click.option("--title", help="A name of your own for it.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag to filter by; may be repeated.")
@click.option("--interval", type=click.IntRange(1, 525_600), metavar="MINUTES", help="How often it is asked.")
@json_option
@pass_app
def add(app: App, url: str, title: str | None, tags: tuple[str, ...], interval: int | None, as_json: bool) -> None:
    """Follow a feed, by its address or its site's.

    Of a page, the feed that it names is taken, else one in the usual places.
    The document that was found is kept at once, so a first pass does not ask for it again.

    \b
    Example:
      backissue add example.org
      backissue add https://example.org/feed.xml --tag science --interval 120
    """
    given = normalise(url)
    with app.store() as store:
        followed = follow(
            store,
            given,
            app.settings,
            fetcher=app.fetcher,
            now=now,
            title=title or UNSET,
            tags=tags or UNSET,
            interval=interval or UNSET,
        )
    if as_json:
        others = followed.found.others if followed.found else ()
        emit({"feed": followed.feed, "recorded": followed.recorded, "others": others})
    else:
        _say_added(followed)


def _say_added(followed: Followed) -> None:
    feed, found, recorded = followed.feed, followed.found, followed.recorded
    if found is None or recorded is None:
        click.echo(f"Feed {feed.id} is followed already: {feed.title} ({feed.url})")
        return
    click.echo(f"Following feed {feed.id}: {feed.title} ({feed.url})")
    kept = plural(recorded.new, "new entry", "new entries")
    click.echo(f"Kept {kept} of {len(found.parsed.entries)} ({found.parsed.format})")
    for problem in found.parsed.problems:
        click.echo(f"Note: {problem}")
    for other in found.others:
        click.echo(f"The page has another feed: {other}")


@click.command()
@click.argument("feed", shell_complete=complete_feeds)
@json_option
@pass_app
def remove(app: App, feed: str, as_json: bool) -> None:
    """Stop following a feed, and keep its past.

    The feed goes by its number, address or title. All that was archived of it stays, and stays published.

    \b
    Example:
      backissue remove https://example.org/feed.xml
    """
    with app.store(create=False) as store:
        found = the_feed(store, feed)
        if found.kind == "local":
            raise UsageError(
                feed, "holds articles, which are kept", "to stop watching a folder, take it out of backissue.toml"
            )
        if any(normalise(source.url) == found.url for source in app.settings.sources):
            raise UsageError(found.url, "is a source in backissue.toml", "take it out there first, then remove it")
        before = found.removed
        if before is None:
            store.unsubscribe(found.id, now())
        if as_json:
            emit({"feed": store.find_feed(str(found.id))})
            return
        kept = plural(found.entries, "entry", "entries")
        since = f" since {when(before)} UTC" if before else ""
        click.echo(f"No longer following feed {found.id}: {found.title}{since} ({kept} kept)")


@click.command("import")
@click.argument("file", metavar="FILE|-", shell_complete=complete_files)
@json_option
@pass_app
def import_(app: App, file: str, as_json: bool) -> None:
    """Follow all feeds of an OPML list.

    Other readers export such lists; - is standard input. Folders become tags. The feeds are asked at the next pass.

    \b
    Example:
      backissue import subscriptions.opml
    """
    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(file, why(error), "name an OPML file, or - for standard input") from error
    added: list[str] = []
    known: list[str] = []
    refused: list[str] = []
    with app.store() as store:
        followed = {feed.url for feed in store.feeds()}
        for one in read_opml(body, file):
            try:
                url = normalise(one.feed_url)
            except FetchError as error:
                refused.append(str(error))
                continue
            if url in followed:
                known.append(url)
                continue
            store.subscribe(url, kind="remote", now=now(), title=_own_title(one), tags=one.tags)
            followed.add(url)
            added.append(url)
    if as_json:
        emit({"added": added, "known": known, "refused": refused})
        return
    for line in refused:
        click.echo(f"Passed over: {line}", err=True)
    click.echo(
        f"{plural(len(added), 'feed')} added, {len(known)} followed already, {len(refused)} passed over;"
        " 'backissue archive' asks them"
    )


def _own_title(one: Subscription) -> str | None:
    return one.title if one.title != one.feed_url else None


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True))
@json_option
@pass_app
def export(app: App, file: Path | None, as_json: bool) -> None:
    """Write the followed feeds as an OPML list.

    It goes to a file, or to standard output.

    \b
    Example:
      backissue export > subscriptions.opml
    """
    with app.store(create=False) as store:
        followed = [_subscription(feed) for feed in store.feeds() if feed.kind == "remote"]
    if as_json:
        emit({"subscriptions": followed})
        return
    document = write_opml(app.settings.site.title, followed, owner=app.settings.site.author or None)
    if file is None or str(file) == "-":
        click.echo(document, nl=False)
        return
    try:
        file.write_bytes(document)
    except OSError as error:
        reason = "lies in a folder that does not exist" if isinstance(error, FileNotFoundError) else why(error)
        raise UsageError(str(file), reason, "name a file that you may write to") from error
    click.echo(f"{plural(len(followed), 'feed')} written to {file}")


def _subscription(feed: FeedRecord) -> Subscription:
    meta = feed.meta
    return Subscription(
        feed_url=feed.url,
        title=feed.title,
        site_url=meta.link if meta else None,
        tags=feed.tags,
        language=meta.language if meta else None,
        description=meta.subtitle if meta else None,
    )
