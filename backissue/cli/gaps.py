"""`gaps` and `coverage`: what may be missing, and how much of the time is proven to be whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click

from archive.coverage import Coverage
from archive.coverage import coverage as covered
from archive.store import Gap
from backissue.app import App, UsageError, why
from backissue.cli.base import Instant, complete_feeds, complete_files, json_option, pass_app
from backissue.cli.read import the_feed
from backissue.output import emit, plural, table, when


@click.command()
@click.argument("feed", required=False, shell_complete=complete_feeds)
@click.option("--since", type=Instant(), metavar="TIME", help="Only those that ended then or later.")
@click.option("--open", "only_open", is_flag=True, help="Only those that were not filled from elsewhere.")
@json_option
@pass_app
def gaps(app: App, feed: str | None, since: datetime | None, only_open: bool, as_json: bool) -> None:
    """List where entries may be missing.

    A possible gap lies between two visits where nothing that both show proves that all was seen that came in between;
    with each stands how many entries may have passed, and between which numbers that is with four chances in five.
    'backissue backfill' fetches what can still be had.

    \b
    Example:
      backissue gaps
      backissue gaps https://example.org/feed.xml --since 2026-01-01
    """
    with app.store(create=False) as store:
        number = the_feed(store, feed).id if feed is not None else None
        found = [one for one in store.gaps(feed=number, since=since) if not (only_open and one.filled)]
        titles = {one.id: one.title for one in store.feeds(removed=True, counted=False)}
    if as_json:
        emit({"gaps": found})
        return
    if not found:
        click.echo("No gap is known")
        return
    head = ("feed", "title", "from (UTC)", "to (UTC)", "likely missing", "filled (UTC)")
    table(head, [_row(one, titles.get(one.feed, "")) for one in found], right=(0,))
    left = sum(one.filled is None for one in found)
    click.echo(f"{plural(len(found), 'possible gap')}, {left} not filled")


def _row(one: Gap, title: str) -> tuple[object, ...]:
    missing = "not known" if one.likely is None else f"{one.likely} ({one.low} to {one.high})"
    return one.feed, title, one.since, one.until, missing, one.filled


@click.command()
@click.argument("feed", required=False, shell_complete=complete_feeds)
@click.option(
    "--plot",
    "picture",
    type=click.Path(path_type=Path),
    metavar="FILE.svg",
    shell_complete=complete_files,
    help="Draw it, too.",
)
@json_option
@pass_app
def coverage(app: App, feed: str | None, picture: Path | None, as_json: bool) -> None:
    """Show for how much of the time a feed is whole.

    That is the share of the time from the first document to the last visit in which no entry can have passed unseen.
    A feed is silent if by its own rate it would have said something by now, with 99 chances in 100; quiet if it may
    well just have nothing to say.

    \b
    Example:
      backissue coverage
      backissue coverage --plot coverage.svg
    """
    with app.store(create=False) as store:
        number = the_feed(store, feed).id if feed is not None else None
        found = [covered(watch) for watch in store.watches(feed=number)]
    if picture is not None:
        _draw(found, picture)
    if as_json:
        emit({"feeds": found, "plot": None if picture is None else str(picture)})
        return
    if not found:
        click.echo("No feed was read yet. 'backissue add URL' follows one")
        return
    head = ("feed", "title", "from (UTC)", "to (UTC)", "proven", "holes", "longest", "voice")
    table(head, [_line(one) for one in found], right=(0, 4, 5, 6))
    if picture is not None:
        click.echo(f"Drawn in {picture}")


def _line(one: Coverage) -> tuple[object, ...]:
    voice = f"silent since {when(one.last_entry)}" if one.voice == "silent" else one.voice
    proven = "100 %" if not one.holes else f"{min(one.proven, 0.9999):.2%}"
    return one.feed, one.title, one.start, one.end, proven, len(one.holes), _long(one.longest), voice


def _long(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return "" if not span else f"{hours / 24:.1f} d" if hours >= 48 else f"{hours:.1f} h"


def _draw(found: list[Coverage], picture: Path) -> None:
    from backissue.coverage_plot import coverage_plot

    body = coverage_plot(found)
    try:
        picture.write_bytes(body)
    except OSError as error:
        reason = "lies in a folder that does not exist" if isinstance(error, FileNotFoundError) else why(error)
        raise UsageError(str(picture), reason, "name a file that you may write to") from error
