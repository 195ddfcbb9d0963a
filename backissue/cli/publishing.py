"""`publish`: the channels as feeds and pages. It loads nothing of what asks feeds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import structs

from backissue.app import App, UsageError
from backissue.cli.base import as_of_option, complete_channels, json_option, pass_app
from backissue.cli.base import facts as facts_of
from backissue.copies import keep_copies
from backissue.output import emit, plural, size, table
from backissue.outward import announced, uploaded
from backissue.progress import progress
from backissue.release import publish_all, with_new_addresses
from backissue.stopping import stopping
from config.settings import Settings

if TYPE_CHECKING:
    from archive.push.tell import Heard
    from backissue.mirror import Mirrored
    from feeds.publish import Published


@click.command()
@click.argument("names", nargs=-1, metavar="[CHANNEL ...]", shell_complete=complete_channels)
@click.option("--to", metavar="FOLDER|URL", help="Write into that folder instead, or upload to that place.")
@click.option("--keep", is_flag=True, help="Leave at the place what is published no more.")
@as_of_option
@json_option
@pass_app
def publish(
    app: App, names: tuple[str, ...], to: str | None, keep: bool, as_of: datetime | None, as_json: bool
) -> None:
    """Write the channels as feeds and pages.

    Each is written as RSS, Atom and JSON Feed, with its archive documents and a page; an index and an OPML list lead to
    them. What has not changed is not written: its files keep their bytes and their times. With --as-of, the
    channels are written as they would have been then, into a folder of their own. With an address such as
    s3://bucket/path, or storage.mirror, what changed is uploaded there afterwards: live documents last, and then what
    is published no more is removed.

    \b
    Example:
      backissue publish
      backissue publish all news
      backissue publish --as-of 2024-05-01 --to may/
      backissue publish --to s3://bucket/feeds
    """
    settings = app.settings
    target = to if to is not None and "://" in to else ""
    if target:
        from backissue.place import place

        place(target)  # nothing is published for the sake of a place that is none
    if as_of and (to is None or target):
        raise UsageError("--as-of", "would put the past in the place of the present", "name a folder for it with --to")
    elsewhere = to is not None and not target
    if keep and (elsewhere or not (target or settings.storage.mirror)):
        raise UsageError("--keep", "is about a place that is uploaded to", "name one with --to, or storage.mirror")
    if to is not None and not target:
        public = _folder(to, settings)
        settings = structs.replace(settings, storage=structs.replace(settings.storage, public=public))
    channels = {channel.name: channel for channel in settings.channels}
    for name in names:
        if name not in channels:
            raise UsageError(name, "is no channel of this configuration", f"its channels are: {', '.join(channels)}")
    with app.store(create=False) as store:
        chosen = [channels[name] for name in names] or list(settings.channels)
        chosen = with_new_addresses(chosen, store)
        with stopping() as stop:
            if not as_of:
                keep_copies(settings, store, chosen, fetcher=app.fetcher, now=app.now, stop=stop, quiet=as_json)
            release = publish_all(settings, store, chosen, stop, as_of=as_of, now=None if as_of else app.now())
            if not elsewhere:
                with progress("Uploading", None, quiet=as_json) as advance:
                    release = uploaded(settings, release, stop, target=target, keep=keep, thorough=True, done=advance)
                if not as_of:
                    release = announced(settings, release, stop, target=target, fetcher=app.fetcher, now=app.now)
        stopped = stop.is_set()
    if as_json:
        errors = [facts_of(error) for error in release.errors]
        folder = str(settings.public_path)
        facts = {"channels": release.channels, "site": release.site, "folder": folder, "errors": errors}
        emit({**facts, "mirrored": release.mirrored, "hubs": release.heard})
    else:
        if release.channels:
            say_published(release.channels, settings)
        if release.mirrored:
            say_mirrored(release.mirrored)
        if release.heard:
            say_heard(release.heard)
        for error in release.errors:
            click.echo(f"Error: {error}", err=True)
    if stopped:
        click.echo("stopped; what is published is whole, and the next run writes the rest", err=True)
        click.get_current_context().exit(130)
    if release.errors:
        click.get_current_context().exit(1)


def _folder(to: str, settings: Settings) -> str:
    """The folder to write into. Raises UsageError for what is none, or would show what nobody should see."""
    if not to.strip():
        raise UsageError("--to", "names nothing", "name a folder, or a place such as s3://bucket/path")
    if Path(to).is_file():
        raise UsageError(to, "is a file", "name a folder, or a place such as s3://bucket/path")
    public = Path.cwd() / to
    for kept in (Path(settings.root), settings.archive_path):
        if kept.resolve().is_relative_to(public.resolve()):
            raise UsageError(to, f"holds {kept}, which would be published with it", "name a folder of its own")
    return str(public)


def say_published(published: Sequence[Published], settings: Settings) -> None:
    """Print what became of the channels, and where they are."""
    rows = [
        (one.channel, one.items, one.written, one.unchanged, one.pages_closed, size(one.bytes)) for one in published
    ]
    head = ("channel", "entries shown", "written", "unchanged", "archives closed", "bytes written")
    table(head, rows, right=range(1, 6))
    click.echo(f"{settings.public_path}: open index.html, or subscribe to {subscription(settings)}")


def say_mirrored(done: Mirrored) -> None:
    """Print what was uploaded."""
    left = f", {done.left} no longer published left there" if done.left else ""
    click.echo(
        f"{done.target}: {plural(done.uploaded, 'file')} uploaded ({size(done.bytes)}),"
        f" {done.unchanged:,} there already, {done.removed:,} removed{left}"
    )


def say_heard(heard: Heard) -> None:
    """Print what hubs were told, and which did not listen."""
    if heard.told or heard.waiting:
        click.echo(f"Hubs told of {plural(heard.told, 'document')}, {heard.waiting:,} to be told again later")
    for line in heard.failures:
        click.echo(f"Not told: {line}", err=True)


def subscription(settings: Settings) -> str:
    """The address that subscribes to the first channel; that of the site, where all are private."""
    channel = next((one for one in settings.channels if not one.private), None)
    path = f"{channel.folder}/feed.{channel.formats[0]}" if channel else ""
    return settings.site.base_url + path
