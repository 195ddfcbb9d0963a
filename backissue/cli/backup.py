"""`backup` and `restore`: copies of the archive that are whole."""

from __future__ import annotations

from pathlib import Path

import click

from backissue.app import App, now
from backissue.cli.base import complete_files, json_option, pass_app
from backissue.output import emit, plural, size
from backissue.progress import progress
from backissue.release import begin_anew


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path), shell_complete=complete_files)
@click.option("--replace", is_flag=True, help="Let it take the place of a former backup of that name.")
@json_option
@pass_app
def backup(app: App, file: Path | None, replace: bool, as_json: bool) -> None:
    """Make a copy of the archive while it is used.

    It is the archive as it stands when this begins; whoever writes to it goes on. All of the copy is read again before
    it gets its name: its pages, and each row and body against the log. FILE may be a folder; without it, the copy lies
    beside the archive. Who subscribed with the hub of your own goes along, in FILE.hub. The key that signs checkpoints
    is not in it.

    \b
    Example:
      backissue backup /mnt/elsewhere/
      backissue backup /mnt/elsewhere/backissue.sqlite --replace
    """
    from archive.store.backup import back_up

    time, archive = now(), app.settings.archive_path
    name = f"{archive.stem}-{time:%Y%m%dT%H%M%S}{archive.suffix}"
    target = archive.with_name(name) if file is None else file / name if file.is_dir() else file
    with app.store(create=False):
        pass  # one of a former schema is migrated first, and has a log then
    with progress("Backing up", None, quiet=as_json) as advance:
        made = back_up(archive, target, replace=replace, said=advance)
    if as_json:
        emit({"file": str(made.path), "bytes": made.bytes, "leaves": made.leaves, "hub": made.hub and str(made.hub)})
        return
    click.echo(f"Wrote {made.path}, {size(made.bytes)}; {plural(made.leaves or 0, 'leaf', 'leaves')} verified")
    if made.hub:
        click.echo(f"Wrote {made.hub}: who subscribed with the hub")


@click.command()
@click.argument("file", type=click.Path(path_type=Path), shell_complete=complete_files)
@json_option
@pass_app
def restore(app: App, file: Path, as_json: bool) -> None:
    """Put a copy in the archive's place.

    The copy is read through first, and stays where it is. FILE.hub, if it lies there, is put back with it. Nobody else
    may use the archive: stop `backissue run` and `serve` first. What lies in the archive's place is not deleted: it is
    kept beside it, and its name is told. The next pass publishes anew.

    \b
    Example:
      backissue restore /mnt/elsewhere/backissue-20261124T083000.sqlite
    """
    from archive.store.backup import restore as put_back

    with progress("Restoring", None, quiet=as_json) as advance:
        done = put_back(app.settings.archive_path, file, now(), said=advance)
    begin_anew(app.settings)
    copy = done.copy
    if as_json:
        kept = str(done.kept) if done.kept else None
        hub = copy.hub and str(copy.hub)
        emit({"archive": str(copy.path), "bytes": copy.bytes, "leaves": copy.leaves, "kept": kept, "hub": hub})
        return
    told = "from before there was a log" if copy.leaves is None else f"{plural(copy.leaves, 'leaf', 'leaves')} verified"
    click.echo(f"{copy.path} is as {file} has it, {size(copy.bytes)}; {told}")
    if copy.hub:
        click.echo(f"{copy.hub}: who subscribed with the hub, as of then")
    if done.kept:
        click.echo(f"The archive as it was lies in {done.kept}")
