"""The archive as it was known at an instant, for publishing: `feeds.channel.EntrySource` over what was current then.

Channels of the past have no log of their own in the archive: theirs is made anew each time, and kept in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from archive.store import Store
from feeds.channel import ChannelState, Item, Page


class Past:
    """What publishing needs, as of an instant (aware UTC)."""

    def __init__(self, store: Store, as_of: datetime) -> None:
        self._store = store
        self._as_of = as_of
        self._channels: dict[str, _Channel] = {}

    def channel_state(self, channel: str) -> ChannelState:
        return self._channel(channel).state

    def versions_after(self, cursor: int) -> Iterator[Item]:
        return self._store.versions_after(cursor, as_of=self._as_of)

    def places_after(self, cursor: int) -> Iterator[tuple[int, datetime | None]]:
        return ((item.version, item.place) for item in self.versions_after(cursor))

    def extend_channel(
        self, channel: str, versions: Sequence[int], *, cursor: int, selection: str, dropped: Iterable[int] = ()
    ) -> None:
        log = self._channel(channel)
        held = set(log.versions)
        log.versions += [version for version in versions if version not in held]
        log.dropped |= set(dropped)
        log.state = replace(log.state, cursor=cursor, selection=selection, length=len(log.versions))

    def channel_items(self, channel: str, start: int, stop: int) -> Iterator[Item]:
        log = self._channel(channel)
        wanted = [version for version in log.versions[start:stop] if version not in log.dropped]
        if not wanted:
            return
        # The log is in the order of publication, versions come in the order of their numbers.
        found = {}
        for item in self._store.versions_after(min(wanted) - 1, as_of=self._as_of):
            if item.version > max(wanted):
                break
            found[item.version] = item
        yield from (found[version] for version in wanted)

    def close_page(self, channel: str, page: Page) -> None:
        log = self._channel(channel)
        log.pages.append(page)
        log.state = replace(log.state, pages=page.number, closed=page.stop)

    def channel_pages(self, channel: str) -> Sequence[Page]:
        return tuple(self._channel(channel).pages)

    def _channel(self, channel: str) -> _Channel:
        return self._channels.setdefault(channel, _Channel())


class _Channel:
    def __init__(self) -> None:
        self.state = ChannelState()
        self.versions: list[int] = []
        self.dropped: set[int] = set()
        self.pages: list[Page] = []
