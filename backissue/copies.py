"""Keeping what entries show, for the channels that want it, before they are published."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from archive.store import Store
from backissue.progress import Advance, progress
from config.settings import Channel, Keeping, Settings
from feeds.channel import EntrySource, home_of

if TYPE_CHECKING:
    from archive.fetch import Fetcher
    from archive.media import Index, Kept, Wish, WithCopies


@contextmanager
def opened(settings: Settings, channels: Iterable[Channel]) -> Iterator[Index | None]:
    """The index of what is kept, where one of the channels may have copies. Raises MediaError."""
    channels = [channel for channel in channels if channel.kind == "entries"]
    said = {one.media for one in channels} | {one.media for one in settings.sources}
    said |= {one.media for one in settings.folders}
    if not channels or said <= {"no", None}:
        yield None
        return
    from archive.media import Index

    with Index.opened(settings.media_path) as index:
        yield index


def wishes(settings: Settings, store: Store) -> Callable[[Channel], Wish | None]:
    """What tells what of a channel is to be kept; None where nothing is. Raises StoreError."""
    from archive.media import Wish

    feeds = _by_feed(settings, store)

    def wish_of(channel: Channel) -> Wish | None:
        wish = Wish(channel, feeds)
        return None if wish.is_empty else wish

    return wish_of


def with_copies(settings: Settings, store: Store, source: EntrySource, index: Index, wish: Wish) -> WithCopies:
    """The entries of the wish's channel, which lead to the copies."""
    from archive.media import WithCopies

    folder, home = settings.public_path / wish.channel.folder, home_of(settings.site, wish.channel)
    return WithCopies(wish, source, store, index, folder, home)


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
        import asyncio

        from archive.media import look

        look(index, store, filter(None, map(wishes(settings, store), channels)))
        return asyncio.run(_keep(index, settings, fetcher, now, stop, quiet=quiet))


def _by_feed(settings: Settings, store: Store) -> dict[str, Keeping]:
    """What sources and folders say for themselves, by the present addresses of their feeds."""
    said: dict[str, Keeping] = {}
    for folder in settings.folders:
        if folder.media:
            from archive.intake import desk_of

            said[desk_of(folder).url] = folder.media
    wanting = [source for source in settings.sources if source.media]
    if wanting:
        from archive.fetch import normalise

        present = {feed.url for feed in store.feeds(counted=False)}
        for source in wanting:
            url = normalise(source.url)
            moved = None if url in present else store.find_feed(url)
            said[moved.url if moved else url] = source.media or "no"
    return said


def look_anew(settings: Settings) -> None:
    """Let the next pass look through all entries: another archive numbers them otherwise. Raises MediaError."""
    if settings.media_path.is_dir():
        from archive.media import Index

        with Index.opened(settings.media_path) as index:
            for channel in settings.channels:
                index.forget(channel.name)


async def _keep(
    index: Index,
    settings: Settings,
    fetcher: Callable[[], Fetcher],
    now: Callable[[], datetime],
    stopped: threading.Event,
    *,
    quiet: bool,
) -> Kept:
    import asyncio

    from archive.media import keep
    from backissue.stopping import relay

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
