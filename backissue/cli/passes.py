"""`archive`: one pass, now."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

import click
from msgspec import structs

from archive.schedule import Polled
from archive.schedule.polling import Outcome
from archive.store import Store
from backissue.app import App, UsageError
from backissue.cli.base import complete_feeds, json_option, pass_app
from backissue.output import emit, plural, size, table, when
from backissue.progress import Advance, progress
from backissue.stopping import stopping
from backissue.work import Pass, Worker, subscribe_sources
from config.settings import Settings
from feeds.parse import NotAFeed


@click.command()
@click.argument("urls", nargs=-1, metavar="[FEED ...]", shell_complete=complete_feeds)
@click.option("--no-publish", is_flag=True, help="Archive only.")
@json_option
@pass_app
def archive(app: App, urls: tuple[str, ...], no_publish: bool, as_json: bool) -> None:
    """Make one pass over all that is due.

    Feeds that are due are asked, watched folders are taken in, and what changed is published. With feeds named
    (number, address or title), these are asked now, due or not; an address that is not followed yet is added. Exit
    code 0 also when some feeds failed; 1 when nothing at all could be done.

    \b
    Example:
      backissue archive
      backissue archive https://example.org/feed.xml
    """
    settings = app.settings
    with app.store() as store:
        subscribe_sources(settings, store, app.now())
        chosen, polled, refused = _named(app, store, urls) if urls else (None, [], [])
        done = _pass(app, store, chosen, quiet=as_json, publishing=not no_publish)
        done = structs.replace(done, polled=(*polled, *done.polled), refused=tuple(refused))
        idle = not (done.polled or done.taken or done.folders or done.short)
        nothing_due = _next_due(store) if chosen is None and idle else None
        busy = _not_asked(store, chosen or (), done)
    if as_json:
        emit(facts(done))
    else:
        say(done, settings)
        if nothing_due:
            click.echo(nothing_due)
        for line in busy:
            click.echo(line, err=True)
    if done.stopped:
        click.echo("stopped; all that came is saved, and what was not asked yet stays due", err=True)
        click.get_current_context().exit(130)
    if done.in_vain or (done.release and done.release.errors):
        click.get_current_context().exit(1)


def _pass(app: App, store: Store, chosen: list[int] | None, *, quiet: bool, publishing: bool) -> Pass:
    """A pass that Ctrl-C and SIGTERM end early, with a bar on a terminal."""
    with stopping() as stop, _bar(store, chosen, app.now(), quiet=quiet) as advance:
        worker = Worker(app.settings, store, fetcher=app.fetcher, now=app.now, stop=stop, bars=not quiet)
        return worker.one_pass(feeds=chosen, polled=lambda one: advance(one.feed.title), publishing=publishing)


def _bar(store: Store, chosen: list[int] | None, time: datetime, *, quiet: bool) -> AbstractContextManager[Advance]:
    if quiet or not sys.stderr.isatty():
        return progress("", None, quiet=True)  # how many are due takes time to find out, and nobody would see it
    total = len(chosen) if chosen is not None else _due(store, time)
    return progress("Asking feeds", total, quiet=not total)


def say(done: Pass, settings: Settings) -> None:
    """Print the closing table of a pass."""
    asked = Counter(one.outcome for one in done.polled)
    taken = Counter(one.outcome for one in done.taken)
    entries = sum(one.recorded.new for one in done.polled), sum(one.recorded.edited for one in done.polled)
    head = ("", "all", "new", "changed", "unchanged", "failed")
    rows = [
        (
            "feeds",
            len(done.polled) + len(done.refused),
            asked["new"],
            asked["changed"],
            asked["unchanged"],
            asked["failed"] + len(done.refused),
        ),
        ("articles", len(done.taken), taken["new"], taken["changed"], taken["unchanged"], taken["failed"]),
    ]
    table(head, rows, right=range(1, 6))
    click.echo(f"{plural(entries[0], 'new entry', 'new entries')} and {plural(entries[1], 'edit')} from feeds")
    if done.backfilled:
        older, pages = sum(one.new for one in done.backfilled), sum(len(one.pages) for one in done.backfilled)
        click.echo(f"{plural(older, 'older entry', 'older entries')} from {plural(pages, 'earlier page')}")
    if done.release and (kept := done.release.kept) and (kept.files or kept.failed or kept.waiting):
        files = plural(kept.files, "file")
        click.echo(f"{files} kept ({size(kept.bytes)}), {kept.failed} failed, {kept.waiting} still to be asked for")
    if done.release and not done.release.errors:
        click.echo(f"{plural(done.documents, 'document')} written to {settings.public_path}")
    if done.release and done.release.mirrored and done.release.mirrored.uploaded:
        mirrored = done.release.mirrored
        click.echo(f"{plural(mirrored.uploaded, 'file')} uploaded to {mirrored.target}")
    if done.release and done.release.heard:
        for line in done.release.heard.failures:
            click.echo(f"Not told: {line}", err=True)
    for one in done.polled:
        if one.error:
            click.echo(f"Failed: {one.feed.title} ({one.feed.url}): {one.error}", err=True)
        for problem in one.problems:
            click.echo(f"Note: {one.feed.title}: {problem}", err=True)
    for article in done.taken:
        if article.error:
            click.echo(f"Failed: {article.error}", err=True)
    errors = done.release.errors if done.release else ()
    short = (done.short,) if done.short else ()
    not_kept = done.release.kept.errors if done.release and done.release.kept else ()
    for line in (*done.refused, *done.folders, *short, *not_kept, *errors):
        click.echo(f"Failed: {line}", err=True)


def facts(done: Pass) -> dict[str, object]:
    """A pass for machines."""
    return {
        "feeds": [_fact(one) for one in done.polled],
        "refused": done.refused,
        "articles": [
            {
                "name": one.name,
                "outcome": one.outcome,
                "entry": one.entry,
                "error": str(one.error) if one.error else None,
            }
            for one in done.taken
        ],
        "folders": done.folders,
        "short": done.short,
        "published": done.release.channels if done.release else (),
        "unpublished": [str(error) for error in done.release.errors] if done.release else (),
        "documents": done.documents,
        "files": done.release.kept if done.release else None,
        "hubs": done.release.heard if done.release else None,
        "mirrored": done.release.mirrored if done.release else None,
        "backfilled": [{"feed": one.feed, "pages": len(one.pages), "new": one.new} for one in done.backfilled],
        "stopped": done.stopped,
    }


def _fact(one: Polled) -> dict[str, object]:
    return {
        "feed": one.feed.id,
        "url": one.feed.url,
        "title": one.feed.title,
        "outcome": one.outcome,
        "new": one.recorded.new,
        "changed": one.recorded.edited,
        "unchanged": one.recorded.unchanged,
        "error": one.error,
        "problems": one.problems,
        "next_due": one.next_due,
    }


def _due(store: Store, time: datetime) -> int:
    """How many feeds a pass will ask; about, as time goes on meanwhile."""
    return sum(
        1 for feed in store.feeds(counted=False) if feed.poll and not feed.poll.gone and feed.poll.next_due <= time
    )


def _next_due(store: Store) -> str | None:
    """What to tell those who wonder why no feed was asked; None where there is none to ask."""
    feeds = [feed for feed in store.feeds(counted=False) if feed.poll and not feed.poll.gone]
    if not feeds:
        return None
    time = min(feed.poll.next_due for feed in feeds if feed.poll)
    return f"No feed is due before {when(time)} UTC; 'backissue archive FEED' asks one now"


def _not_asked(store: Store, chosen: Iterable[int], done: Pass) -> list[str]:
    """A line for each chosen feed that somebody else asks at this moment."""
    if done.stopped or done.short:
        return []
    asked = {one.feed.id for one in done.polled}
    names = [feed.title for feed in store.feeds(counted=False) if feed.id in chosen and feed.id not in asked]
    why = "another run of Backissue asks it right now; 'backissue list' shows what came of it"
    return [f"Passed over: {name}: {why}" for name in names]


def _named(app: App, store: Store, names: Sequence[str]) -> tuple[list[int], list[Polled], list[str]]:
    """The numbers of the feeds of those names, what came of those that are followed from now on, and who refused.

    Raises UsageError and FetchError for what can be no feed, before any is asked.
    """
    from archive.fetch import FetchError
    from backissue.follow import follow

    known: list[int] = []
    fresh: list[str] = []
    for name in dict.fromkeys(names):
        feed = store.find_feed(name)
        if feed is None and not name.isdigit():
            url = _address(name)
            feed = store.find_feed(url)
            if feed is None:
                fresh.append(url)
                continue
        if feed is None:
            raise UsageError(name, "is no feed of this archive", "'backissue list' shows them")
        if feed.kind == "local":
            raise UsageError(name, "holds articles, not a feed that is asked", "'backissue archive' takes folders in")
        if feed.removed:
            store.subscribe(feed.url, kind="remote", now=app.now())
        known.append(feed.id)
    polled: list[Polled] = []
    refused: list[str] = []
    for url in fresh:
        try:
            followed = follow(store, url, app.settings, fetcher=app.fetcher, now=app.now)
        except (FetchError, NotAFeed) as error:
            refused.append(str(error))
            continue
        if followed.recorded is None or followed.found is None:
            known.append(followed.feed.id)  # the page leads to a feed that is followed already
        else:
            problems = followed.found.parsed.problems
            due = followed.feed.poll.next_due if followed.feed.poll else None
            outcome: Outcome = "new" if followed.recorded.new else "unchanged"
            polled.append(Polled(followed.feed, outcome, followed.recorded, due, None, problems))
    return list(dict.fromkeys(known)), polled, refused


def _address(name: str) -> str:
    """The address that is meant, if it can be one."""
    from archive.fetch import FetchError, normalise

    try:
        return normalise(name)
    except FetchError as error:
        if any(mark in name for mark in ":/.@"):
            raise
        remedy = "'backissue list' shows the feeds"
        raise UsageError(name, "is neither a feed of this archive nor a web address", remedy) from error
