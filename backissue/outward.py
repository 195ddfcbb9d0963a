"""After publishing: the files go to another place, if there is one, and only then hubs are told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import structs

from backissue.release import Release
from config.settings import Settings

if TYPE_CHECKING:
    from archive.fetch import Fetcher
    from archive.push.hub import Hub

_RECORD = ".hubs.json"  # beside the published files: what hubs were told


def uploaded(
    settings: Settings,
    release: Release,
    stop: threading.Event,
    *,
    target: str = "",
    keep: bool = False,
    thorough: bool = False,
    done: Callable[[str], None] = lambda path: None,
) -> Release:
    """The release, with what came of uploading it to a place: `target`, else the one of the settings, if any.

    What is for few stays here: channels that ask for a password. A place that fails is among the errors. `thorough` is
    as `mirror` has it.
    """
    target = target or settings.storage.mirror
    if not target or stop.is_set():
        return release
    from backissue.mirror import mirror
    from feeds.publish import PublishError

    try:
        mirrored = mirror(
            settings.public_path,
            target,
            left_out=[channel.folder for channel in settings.channels if channel.password],
            fresh=settings.schedule.fresh,
            keep=keep,
            thorough=thorough,
            done=done,
            stop=stop.is_set,
        )
    except PublishError as error:
        return structs.replace(release, errors=(*release.errors, error))
    return structs.replace(release, mirrored=mirrored)


def announced(
    settings: Settings,
    release: Release,
    stop: threading.Event,
    *,
    target: str = "",
    fetcher: Callable[[], Fetcher],
    now: Callable[[], datetime],
) -> Release:
    """The release, with what came of telling the hubs of `site.hubs` which live documents changed.

    They are told once the files are in place, at the other place too: an upload that failed or was stopped is waited
    for. Private channels are told to nobody.
    """
    hubs = [hub for hub in settings.site.hubs if hub != hub_address(settings)]
    if not hubs or stop.is_set() or ((target or settings.storage.mirror) and release.mirrored is None):
        return release
    import asyncio

    from archive.push.tell import Heard, is_due, tell
    from feeds.publish import PublishError

    live, record = _live(settings), settings.public_path / _RECORD

    async def telling() -> Heard:
        async with fetcher() as client:
            return await tell(live, hubs, record, post=client.post, now=now)

    try:
        if not is_due(live, hubs, record, now()):
            return release
        return structs.replace(release, heard=asyncio.run(telling()))
    except PublishError as error:
        return structs.replace(release, errors=(*release.errors, error))


def hub_address(settings: Settings) -> str:
    """Where `run` is a hub itself, if `site.hubs` names that address."""
    return f"{settings.push_address}_hub"


def own_hub(settings: Settings, now: Callable[[], datetime]) -> Hub | None:
    """The hub that `run` is for the public channels, if it is to be one."""
    address = hub_address(settings)
    if address not in settings.site.hubs:
        return None
    from archive.push.hub import Hub, Topic
    from archive.store.backup import hub_record
    from backissue.web.media import media

    def topics() -> dict[str, Topic]:
        return {
            settings.site.base_url + path: Topic(settings.public_path / path, media(path).type, state)
            for path, state in _live_files(settings)
        }

    return Hub(address, topics, hub_record(settings.archive_path), now=now)


def _live(settings: Settings) -> dict[str, str]:
    """The addresses of the live documents that anybody may read, and what tells that one changed."""
    return {settings.site.base_url + path: state for path, state in _live_files(settings)}


def _live_files(settings: Settings) -> Iterator[tuple[str, str]]:
    for channel in settings.channels:
        for format in () if channel.private else channel.formats:
            path = f"{channel.folder}/feed.{format}"
            with suppress(FileNotFoundError):
                facts = (settings.public_path / path).stat()
                yield path, f"{facts.st_mtime_ns}-{facts.st_size}"
