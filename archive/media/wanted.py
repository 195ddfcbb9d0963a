"""Which files an entry shows, and the entry with our copies of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec.structs import replace

from archive.media.index import Copy, addresses
from feeds.channel import Item
from feeds.write.copies import shown_in
from feeds.write.ready import html, ready

Wanted = Literal["images", "all"]


def files_of(item: Item, wanted: Wanted) -> list[str]:
    """The addresses of the files that an entry shows: pictures, and with "all" sound, films and what is attached."""
    return list(dict.fromkeys(url for url in _files(item, wanted) if url.startswith(("http://", "https://"))))


def with_files(item: Item, copies: Mapping[str, Copy], home: str) -> Item:
    """The item, which leads to our copies; `home` is the address of its channel."""
    if not copies:
        return item
    own = addresses(copies, home)
    sizes = {own[url]: (copy.type, copy.size) for url, copy in copies.items()}
    return replace(item, copies=own, sizes=sizes)


def _files(item: Item, wanted: Wanted) -> Iterator[str]:
    if item.withdrawn:
        return
    entry = ready(item)
    if entry.image:
        yield entry.image
    for text in (entry.content, entry.summary):
        for element, url in shown_in(html(text)) if text else ():
            if wanted == "all" or element == "img":
                yield url
    for one in entry.enclosures:
        if wanted == "all" or (one.type or "").startswith("image/"):
            yield one.url
