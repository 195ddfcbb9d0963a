"""Where a channel's log is cut into archive documents (RFC 5005 section 4). Pure functions.

The live document shows the end of the log. When that end holds more than twice what a page takes, the oldest part of it
is closed; so the live document always keeps at least one page's worth. A page takes `entries` entries, or fewer if they
come to half of `max_bytes`, so that the live document stays below `max_bytes`. An entry that is larger than that half
is closed at once into a page of its own. Only the log decides where a cut falls, not when or how often somebody
published: the same log gives the same pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from msgspec import Struct, structs

from feeds.channel import Item
from feeds.html import excerpt, excerpt_of
from feeds.model import Text

# An entry that is edited again and again must not keep the log open for good: so many versions an entry on average.
_VERSIONS = 10
_OVERHEAD = 1000  # bytes of names, links and an excerpt around what an entry says, about
_START = 5000  # characters that an excerpt is made from


class Measured(Struct, frozen=True):
    """An item at its place in the log, with about how many bytes it takes in a document."""

    position: int
    item: Item
    size: int


def measured(position: int, item: Item) -> Measured:
    """The item, measured: all that it says, with its markup as XML has it, and what stands around it."""
    said = msgspec.json.encode(item.entry)
    # Leaving them out counts them in less time than counting does; ampersands are rare.
    angles = len(said) - len(said.translate(None, b"<>"))
    size = _OVERHEAD + len(said) + 3 * angles + 4 * said.count(b"&")
    return Measured(position, item, size + sum(measured(0, one).size for one in item.also))


def is_huge(one: Measured, max_bytes: int) -> bool:
    """Whether an item is too large to stand among others."""
    return one.size > max_bytes // 2


def brief(item: Item) -> Item:
    """The start of an item that is too large for the live document; the whole stands in its archive document.

    It counts as the older one of the two, by a second, so that who reads both keeps the whole (RFC 5005 section 4).
    """
    entry, said = item.entry, item.entry.summary or item.entry.content
    start = (excerpt_of if said.kind == "html" else excerpt)(said.value[:_START]) if said else ""
    return structs.replace(
        item,
        number=1,
        entry=structs.replace(
            entry,
            title=excerpt(entry.title) if entry.title else None,
            summary=Text(start, "text"),
            content=None,
            published=item.date,
            updated=item.updated - timedelta(seconds=1),
        ),
    )


def page_length(window: Sequence[Measured], entries: int, max_bytes: int) -> int:
    """How many items from the start of `window` (the log outside closed pages) make a page; 0 if none is due yet."""
    sizes = {one.item.id: one.size for one in window}
    small = len(sizes) <= 2 * entries and sum(sizes.values()) <= max_bytes and len(window) <= 2 * _VERSIONS * entries
    if small and not any(is_huge(one, max_bytes) for one in window):
        return 0
    return next_length(window, entries, max_bytes)


def next_length(window: Sequence[Measured], entries: int, max_bytes: int) -> int:
    """How many items from the start of `window` the next page takes, as far as they have come; one at least if any."""
    sizes: dict[str, int] = {}
    total = 0
    for index, one in enumerate(window):
        total += one.size - sizes.get(one.item.id, 0)
        sizes[one.item.id] = one.size
        full = len(sizes) > entries or total > max_bytes // 2 or index >= _VERSIONS * entries
        if index and (full or is_huge(window[0], max_bytes)):
            return index
    return len(window)
