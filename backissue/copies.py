"""Keeping what entries show, for the channels that want it, before they are published."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from archive.store import Store
from backissue.progress import Advance, progress
from backissue.stopping import relay
from config.settings import Channel, Settings

if TYPE_CHECKING:
    from archive.fetch import Fetcher
    from archive.media import Index, Kept


@contextmanager
def opened(settings: Settings, channels: Iterable[Channel]) -> Iterator[Index | None]:
    """The index of what is kept, where one of the channels has copies. Raises MediaError."""
    if all(channel.media == "no" for channel in channels):
        yield None
        return
    from archive.media import Index

    with Index.opened(settings.media_path) as index:
        yield index


def keep_copies(
    settings: Settings,
    store: Store,
    channels: Iterable[Channel],
    *,
    fetcher: Callable[[], Fetcher],
    now: Callable[[], datetime],
    stop: threading.Event,
    quiet: bool = True,
) -> Kept | None:
    """Ask for what the channels' entries show; None where no channel has copies. Raises StoreError, MediaError."""
    channels = list(channels)
    with opened(settings, channels) as index:
        if index is None:
            return None
        from archive.media import look

        look(index, store, channels)
        return asyncio.run(_keep(index, settings, fetcher, now, stop, quiet=quiet))


async def _keep(
    index: Index,
    settings: Settings,
    fetcher: Callable[[], Fetcher],
    now: Callable[[], datetime],
    stopped: threading.Event,
    *,
    quiet: bool,
) -> Kept:
    from archive.media import keep

    @contextmanager
    def bar(total: int) -> Iterator[Advance]:
        with progress("Keeping files", total, quiet=quiet or not total) as advance:
            yield advance

    stop = asyncio.Event()
    watching = asyncio.create_task(relay(stopped, stop))
    try:
        async with fetcher() as client:
            return await keep(index, client, settings.media, now, stop, bar)
    finally:
        watching.cancel()
