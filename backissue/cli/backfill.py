"""`backfill`: what feeds showed before, fetched from where it still can be had."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from archive.backfill import Bounds, Filled, Page
from archive.store import FeedRecord, Store
from backissue.app import App, UsageError
from backissue.backfill import Backfiller, bounds_of
from backissue.cli.base import complete_feeds, json_option, pass_app
from backissue.cli.read import the_feed
from backissue.output import emit, plural, size
from backissue.progress import progress
from backissue.stopping import stopping


@click.command()
@click.argument("feeds", nargs=-1, metavar="[FEED ...]", shell_complete=complete_feeds)
@click.option("--links-only", is_flag=True, help="Follow the feed's own links, and try no habits of systems.")
@click.option("--web-archive", is_flag=True, help="Take in the copies that a web archive has, too.")
@click.option("--sitemap", is_flag=True, help="Take in the articles that the site's sitemap names, too.")
@click.option("--again", is_flag=True, help="Fetch all of it anew.")
@click.option("--pages", type=click.IntRange(1), metavar="N", help="How many pages at most, for each feed.")
@click.option("--seconds", type=click.FloatRange(0, 86_400, min_open=True), metavar="S", help="How long at most.")
@click.option("--bytes", "most", type=click.IntRange(1), metavar="N", help="How much at most.")
@json_option
@pass_app
def backfill(
    app: App,
    feeds: tuple[str, ...],
    links_only: bool,
    web_archive: bool,
    sitemap: bool,
    again: bool,
    pages: int | None,
    seconds: float | None,
    most: int | None,
    as_json: bool,
) -> None:
    """Fetch what a feed showed before.

    By its links to earlier pages (RFC 5005), or else as the system pages that made it: WordPress, Blogger, Ghost,
    Drupal, Joomla. What is current stays so; each version tells from which copy it came. It goes on where it was left,
    and without a FEED it fetches for those with gaps.

    With --web-archive, copies from before it was followed and from its gaps come from the web archive that
    backfill.web_archive in backissue.toml names; with --sitemap, pages of its site whose addresses are like those of
    its entries become entries, too.

    \b
    Example:
      backissue backfill https://example.org/feed.xml
      backissue backfill 3 --pages 500
      backissue backfill --web-archive
    """
    bounds = bounds_of(app.settings, pages=pages, seconds=seconds, size=most)
    with app.store(create=False) as store:
        chosen = [_remote(store, name) for name in feeds] if feeds else _with_gaps(store)
        with fetching(app, store, bounds, quiet=as_json) as (work, stop):
            found = work.fill(chosen, habits=not links_only)
            if feeds:
                found += work.walk(chosen, habits=not links_only, again=again)
            if web_archive:
                found += work.copies(chosen)
            if sitemap:
                found += work.site(chosen)
            stopped = stop.is_set()
        names = {one.id: one.title for one in chosen}
        left = sum(gap.filled is None for gap in store.gaps() if gap.feed in names)
    if as_json:
        emit({"feeds": [facts(one) for one in found], "gaps": left, "stopped": stopped})
    else:
        for one in found:
            say(one, names[one.feed])
        if not found and not stopped:
            click.echo("No gap is to be filled; name a feed to fetch its past")
        elif left:
            click.echo(f"{plural(left, 'gap')} could not be filled")
    if stopped:
        click.echo("stopped; all that came is saved, and the next backfill goes on from here", err=True)
        click.get_current_context().exit(130)
    if found and all(one.pages and all(page.error for page in one.pages) for one in found):
        click.get_current_context().exit(1)


def say(filled: Filled, title: str) -> None:
    """Tell what came of a feed's past."""
    got = [page for page in filled.pages if page.at and not page.error]
    ways = ", ".join(dict.fromkeys(page.way for page in got))
    by = f" by {ways}" if ways else ""
    end = f"; {filled.ended}" if filled.ended else "; there is more: run it once more" if filled.left else ""
    click.echo(
        f"Feed {filled.feed}, {title}: {plural(len(got), 'page')}{by} ({size(sum(page.size for page in got))}),"
        f" {plural(filled.new, 'new entry', 'new entries')}{_older(got)}{end}"
    )
    for page in filled.pages:
        if page.error:
            click.echo(f"Failed: {page.address}: {page.error}", err=True)
        if page.changed:
            click.echo(f"Note: {page.address} is not what it was when it was fetched before; both are kept", err=True)


def _older(pages: Sequence[Page]) -> str:
    edited = sum(page.edited for page in pages)
    return f", {plural(edited, 'older version')}" if edited else ""


@contextmanager
def fetching(
    app: App, store: Store, bounds: Bounds | None = None, *, quiet: bool
) -> Iterator[tuple[Backfiller, threading.Event]]:
    """What fetches the past, shown as it goes on, and what is set once it is told to stop."""
    with stopping() as stop, progress("Fetching", None, quiet=quiet) as advance:
        yield (
            Backfiller(
                app.settings,
                store,
                fetcher=app.fetcher,
                now=app.now,
                stop=stop,
                bounds=bounds,
                done=lambda page: advance(page.address),
            ),
            stop,
        )


def facts(filled: Filled) -> dict[str, object]:
    """The same for machines."""
    return {
        "feed": filled.feed,
        "new": filled.new,
        "ended": filled.ended or None,
        "left": filled.left,
        "pages": filled.pages,
    }


def _remote(store: Store, name: str) -> FeedRecord:
    feed = the_feed(store, name)
    if feed.kind == "local":
        raise UsageError(name, "holds articles, which have no past elsewhere", "'backissue list' shows the feeds")
    return feed


def _with_gaps(store: Store) -> list[FeedRecord]:
    numbers = {gap.feed for gap in store.gaps() if gap.filled is None}
    return [feed for feed in store.feeds(counted=False) if feed.id in numbers]
