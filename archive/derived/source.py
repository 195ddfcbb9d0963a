"""What both kinds of derived channels have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from msgspec.structs import replace

from archive.store import Store
from config.settings import Channel
from feeds.channel import ChannelState, EntrySource, Item, Page
from feeds.select import selector

T = TypeVar("T")
_BATCH = 200


class Derived:
    """A source whose items are made from those of another one; `page` gives the address of an entry's page, if any."""

    def __init__(self, channel: Channel, source: EntrySource, store: Store, page: Callable[[Item], str | None]) -> None:
        self._source = source
        self._store = store
        self._belongs = selector(channel)
        self._page = page

    def channel_state(self, channel: str) -> ChannelState:
        return self._source.channel_state(channel)

    def versions_after(self, cursor: int) -> Iterator[Item]:
        return self._source.versions_after(cursor)

    def extend_channel(
        self, channel: str, versions: Sequence[int], *, cursor: int, selection: str, dropped: Iterable[int] = ()
    ) -> None:
        self._source.extend_channel(channel, versions, cursor=cursor, selection=selection, dropped=dropped)

    def close_page(self, channel: str, page: Page) -> None:
        self._source.close_page(channel, page)

    def channel_pages(self, channel: str) -> Sequence[Page]:
        return self._source.channel_pages(channel)


def anew(item: Item, at: datetime) -> Item:
    """The item as it is told once more at that time."""
    return replace(item, changed=at, entry=replace(item.entry, updated=at))


def batches(values: Iterable[T]) -> Iterator[list[T]]:
    """The values, so many at a time as are worth a question to the store."""
    source = iter(values)
    while batch := list(islice(source, _BATCH)):
        yield batch
