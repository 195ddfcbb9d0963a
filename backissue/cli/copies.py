"""`replay` and `reparse`: old copies of a feed taken in, and raw documents read again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from archive.fetch import normalise
from archive.reparse import reparse
from archive.replay import Replayed, copies, replay
from archive.store import Store
from backissue.app import App, now
from backissue.cli.base import facts, json_option, pass_app
from backissue.output import emit, plural, table
from backissue.progress import progress
from backissue.release import begin_anew


@click.command("replay")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("url", metavar="URL")
@json_option
@pass_app
def replay_(app: App, folder: Path, url: str, as_json: bool) -> None:
    """Take in old copies of a feed.

    The folder holds documents as they were served, named by when that was: 2024-05-01T12-30-00Z.xml, or 20240501123000
    as web archives name them. They are taken in as if they had been served then; what is newer in the archive stays
    current. A feed that is not followed is archived without being asked from now on.

    \b
    Example:
      backissue replay old-copies/ https://example.org/feed.xml
    """
    address = normalise(url)
    found, refused = copies(folder, now())
    with app.store() as store, progress("Replaying", len(found), quiet=as_json) as advance:
        feed = _feed(store, address)
        replayed = replay(store, feed, address, found, done=lambda one: advance(one.copy.path.name))
    failed = [one for one in replayed if one.error]
    if as_json:
        emit({"feed": feed, "copies": [_fact(one) for one in replayed], "refused": [facts(one) for one in refused]})
    else:
        _say(feed, replayed)
        for one in failed:
            click.echo(f"Kept, but not understood: {one.copy.path}: {one.error}", err=True)
        for error in refused:
            click.echo(f"Error: {error}", err=True)
    if refused or len(failed) == len(replayed):
        click.get_current_context().exit(1)


def _feed(store: Store, url: str) -> int:
    """The feed of that address; one that is not followed is made, and not asked."""
    known = store.find_feed(url)
    if known and known.url == url:
        return known.id
    number = store.subscribe(url, kind="remote", now=now())
    store.unsubscribe(number, now())
    return number


def _say(feed: int, replayed: list[Replayed]) -> None:
    told = Counter[str]()
    for one in replayed:
        if one.recorded:
            told.update(new=one.recorded.new, edited=one.recorded.edited)
    first, last = replayed[0].copy.at, replayed[-1].copy.at
    click.echo(
        f"Feed {feed}: {plural(len(replayed), 'copy', 'copies')} from {first:%Y-%m-%d} to {last:%Y-%m-%d},"
        f" {plural(told['new'], 'new entry', 'new entries')}, {plural(told['edited'], 'edit')}"
    )


def _fact(one: Replayed) -> dict[str, object]:
    return {"file": str(one.copy.path), "at": one.copy.at, "recorded": one.recorded, "error": one.error}


@click.command("reparse")
@click.option(
    "--apply", "apply_", is_flag=True, help="Put the new archive in the old one's place; the old one is kept."
)
@json_option
@pass_app
def reparse_(app: App, apply_: bool, as_json: bool) -> None:
    """Read all raw documents again.

    A new archive is made from the documents of this one by today's parsers, and compared with it: entries that were
    read wrongly, such as in a wrong charset, come out right, and what is read only since is there. With --apply it
    takes this one's place, this one stays beside it, and the next pass publishes anew. Nobody else may use the archive
    meanwhile: stop `backissue run` first.

    \b
    Example:
      backissue reparse
      backissue reparse --apply
    """
    path = app.settings.archive_path
    with app.store(create=False) as store:
        total = store.totals().documents
    with progress("Reading again", total, quiet=as_json) as advance:
        done = reparse(path, now(), replace=apply_, done=lambda: advance(""))
    if done.kept:
        begin_anew(app.settings)
    if as_json:
        emit(
            {
                "documents": done.documents,
                "differences": done.differences,
                "kept": str(done.kept) if done.kept else None,
            }
        )
        return
    click.echo(f"{plural(done.documents, 'document')} read again: {_told(len(done.differences))}")
    if done.differences:
        table(("entry", "what"), [(one.public_id, one.kind) for one in done.differences[:100]])
    if done.kept:
        click.echo(f"The archive as it was lies in {done.kept}")
    elif done.differences:
        click.echo("Nothing was changed; --apply puts the new archive in place")


def _told(count: int) -> str:
    return "all entries are as they were" if not count else f"{plural(count, 'entry', 'entries')} came out otherwise"
