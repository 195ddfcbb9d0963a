"""`add` and `remove`: which feeds are followed."""

from __future__ import annotations

import click
from msgspec import UNSET

from archive.backfill import Filled
from archive.fetch import normalise
from archive.store import Store
from backissue.app import App, UsageError, now
from backissue.backfill import leads
from backissue.cli.backfill import facts as backfill_facts
from backissue.cli.backfill import fetching
from backissue.cli.backfill import say as say_backfill
from backissue.cli.base import complete_feeds, json_option, pass_app
from backissue.cli.read import the_feed
from backissue.follow import Followed, follow
from backissue.output import emit, plural, when


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
    The document that was found is kept at once, so a first pass does not ask for it again. Where the feed leads to
    earlier pages (RFC 5005), these are fetched, too; backfill.adding in backissue.toml says how far that goes.

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
        filled = _past(app, store, followed, quiet=as_json) if followed.recorded else None
    if as_json:
        others = followed.found.others if followed.found else ()
        past = filled and backfill_facts(filled)
        emit({"feed": followed.feed, "recorded": followed.recorded, "others": others, "backfill": past})
    else:
        _say_added(followed)
        if filled:
            say_backfill(filled, followed.feed.title)


def _past(app: App, store: Store, followed: Followed, *, quiet: bool) -> Filled | None:
    """Fetch what the feed showed before, if it leads there and that is wanted; Ctrl-C ends it early."""
    ways = app.settings.backfill.adding
    if not leads(followed.feed, ways):
        return None
    with fetching(app, store, quiet=quiet) as (work, _):
        return next(iter(work.walk([followed.feed], habits=ways == "all")), None)


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
