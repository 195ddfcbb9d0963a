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
from backissue.output import emit, size, table
from backissue.release import publish_all, with_new_addresses
from backissue.stopping import stopping
from config.settings import Settings

if TYPE_CHECKING:
    from feeds.publish import Published


@click.command()
@click.argument("names", nargs=-1, metavar="[CHANNEL ...]", shell_complete=complete_channels)
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER", help="Write there instead.")
@as_of_option
@json_option
@pass_app
def publish(app: App, names: tuple[str, ...], to: Path | None, as_of: datetime | None, as_json: bool) -> None:
    """Write the channels as feeds and pages.

    Each is written as RSS, Atom and JSON Feed, with its archive documents and a page; an index and an OPML list lead to
    them. What has not changed is not written: its files keep their bytes and their times. With --as-of, the
    channels are written as they would have been then, into a folder of their own.

    \b
    Example:
      backissue publish
      backissue publish all news
      backissue publish --as-of 2024-05-01 --to may/
    """
    settings = app.settings
    if as_of and to is None:
        raise UsageError("--as-of", "would put the past in the place of the present", "name a folder for it with --to")
    if to is not None:
        public = str(Path.cwd() / to)
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
        stopped = stop.is_set()
    if as_json:
        errors = [facts_of(error) for error in release.errors]
        folder = str(settings.public_path)
        emit({"channels": release.channels, "site": release.site, "folder": folder, "errors": errors})
    else:
        if release.channels:
            say_published(release.channels, settings)
        for error in release.errors:
            click.echo(f"Error: {error}", err=True)
    if stopped:
        click.echo("stopped; what is published is whole, and the next run writes the rest", err=True)
        click.get_current_context().exit(130)
    if release.errors:
        click.get_current_context().exit(1)


def say_published(published: Sequence[Published], settings: Settings) -> None:
    """Print what became of the channels, and where they are."""
    rows = [
        (one.channel, one.items, one.written, one.unchanged, one.pages_closed, size(one.bytes)) for one in published
    ]
    head = ("channel", "entries shown", "written", "unchanged", "archives closed", "bytes written")
    table(head, rows, right=range(1, 6))
    click.echo(f"{settings.public_path}: open index.html, or subscribe to {subscription(settings)}")


def subscription(settings: Settings) -> str:
    """The address that subscribes to the first channel; that of the site, where all are private."""
    channel = next((one for one in settings.channels if not one.private), None)
    path = f"{channel.folder}/feed.{channel.formats[0]}" if channel else ""
    return settings.site.base_url + path
