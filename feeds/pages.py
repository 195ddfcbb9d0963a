"""Where a channel's log is cut into archive documents (RFC 5005 section 4). Pure functions.

The live document shows the end of the log. When that end holds more than twice what a page takes, the oldest part of it
is closed; so the live document always keeps at least one page's worth. A page takes `entries` entries, or fewer if they
come to half of `max_bytes`, so that the live document stays below `max_bytes`. Only the log decides where a cut falls,
not when or how often somebody published: the same log gives the same pages.
"""

from __future__ import annotations

from collections.abc import Sequence

from feeds.channel import Item

# An entry that is edited again and again must not keep the log open for good: so many versions an entry on average.
_VERSIONS = 10
_OVERHEAD = 500  # bytes of markup around an entry, about


def page_length(window: Sequence[Item], entries: int, max_bytes: int) -> int:
    """How many items from the start of `window` (the log outside closed pages) make a page; 0 if none is due yet."""
    sizes = {item.id: size(item) for item in window}
    if len(sizes) <= 2 * entries and sum(sizes.values()) <= max_bytes and len(window) <= 2 * _VERSIONS * entries:
        return 0
    length = _fitting(window, entries, max_bytes // 2)
    return length if length < len(window) else 0


def size(item: Item) -> int:
    """About how many bytes the item takes in a document."""
    texts = (item.entry.title, *(text.value for text in (item.entry.summary, item.entry.content) if text))
    return _OVERHEAD + sum(len(text.encode("utf-8", "replace")) for text in texts if text)


def _fitting(window: Sequence[Item], entries: int, max_bytes: int) -> int:
    """The longest start that stays within the bounds; at least one item."""
    sizes: dict[str, int] = {}
    total = 0
    for index, item in enumerate(window):
        total += size(item) - sizes.get(item.id, 0)
        sizes[item.id] = size(item)
        if index and (len(sizes) > entries or total > max_bytes or index >= _VERSIONS * entries):
            return index
    return len(window)
