"""After publishing: the files go to another place, if there is one, and only then hubs are told."""

from __future__ import annotations

import threading
from collections.abc import Callable

from msgspec import structs

from backissue.release import Release
from config.settings import Settings


def uploaded(
    settings: Settings,
    release: Release,
    stop: threading.Event,
    *,
    target: str = "",
    keep: bool = False,
    done: Callable[[str], None] = lambda path: None,
) -> Release:
    """The release, with what came of uploading it to a place: `target`, else the one of the settings, if any.

    What is for few stays here: channels that ask for a password. A place that fails is among the errors.
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
            done=done,
            stop=stop.is_set,
        )
    except PublishError as error:
        return structs.replace(release, errors=(*release.errors, error))
    return structs.replace(release, mirrored=mirrored)
