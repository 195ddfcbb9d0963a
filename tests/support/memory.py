"""An archive of items in memory: all of `EntrySource`, kept in plain lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from feeds.channel import ChannelState, Item, Page


class Log(Struct):
    """What is remembered of a channel."""

    state: ChannelState
    versions: list[int]
    dropped: set[int]
    pages: list[Page]


class MemoryArchive:
    """Versions in the order they came, and a log for each channel."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self.items: dict[int, Item] = {}
        self.logs: dict[str, Log] = {}
        self.read = 0
        self.add(*items)

    def add(self, *items: Item) -> None:
        """Take in versions; each number comes once."""
        for item in items:
            assert item.version > max(self.items, default=0)
            self.items[item.version] = item

    def channel_state(self, channel: str) -> ChannelState:
        return self._log(channel).state

    def versions_after(self, cursor: int) -> Iterator[Item]:
        for version, item in list(self.items.items()):
            if version > cursor:
                self.read += 1
                yield item

    def places_after(self, cursor: int) -> Iterator[tuple[int, datetime | None]]:
        return ((item.version, item.place) for item in self.versions_after(cursor))

    def extend_channel(
        self, channel: str, versions: Sequence[int], *, cursor: int, selection: str, dropped: Iterable[int] = ()
    ) -> None:
        log = self._log(channel)
        held = set(log.versions)
        log.versions += [version for version in versions if version not in held]
        log.dropped = (log.dropped - set(versions)) | (set(dropped) & set(log.versions))
        log.state = replace(log.state, cursor=cursor, selection=selection, length=len(log.versions))

    def channel_items(self, channel: str, start: int, stop: int) -> Iterator[Item]:
        log = self._log(channel)
        for version in log.versions[start:stop]:
            if version not in log.dropped:
                self.read += 1
                yield self.items[version]

    def close_page(self, channel: str, page: Page) -> None:
        log = self._log(channel)
        assert (page.number, page.start) == (log.state.pages + 1, log.state.closed)
        assert page.start < page.stop <= log.state.length
        log.pages.append(page)
        log.state = replace(log.state, pages=page.number, closed=page.stop)

    def channel_pages(self, channel: str) -> Sequence[Page]:
        return tuple(self._log(channel).pages)

    def _log(self, channel: str) -> Log:
        return self.logs.setdefault(channel, Log(ChannelState(), [], set(), []))
