"""Which files of an entry are to be kept, and the entry with our copies of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from archive.media.index import Copy, addresses
from config.settings import Channel, Keeping
from feeds.channel import Item
from feeds.select import fingerprint
from feeds.write.copies import shown_in
from feeds.write.ready import html, ready


class Wish(Struct, frozen=True):
    """What is to be kept of a channel's entries: as their feed has it (by its address), else as the channel has it."""

    channel: Channel
    feeds: dict[str, Keeping] = {}

    def of(self, item: Item) -> Keeping:
        """What of this entry."""
        return self.feeds.get(item.feed_url, self.channel.media)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is, whatever the entry."""
        return self.channel.kind != "entries" or {self.channel.media, *self.feeds.values()} == {"no"}

    @property
    def selection(self) -> str:
        """A digest of all this."""
        feeds = " ".join(f"{url} {keeping}" for url, keeping in sorted(self.feeds.items()))
        return f"{self.channel.media} {fingerprint(self.channel)}" + (f" {feeds}" if feeds else "")


def files_of(item: Item, wanted: Keeping) -> list[str]:
    """The addresses of the files that an entry shows: pictures, and with "all" sound, films and what is attached."""
    if wanted == "no" or item.withdrawn:
        return []
    return list(dict.fromkeys(url for url in _files(item, wanted) if url.startswith(("http://", "https://"))))


def with_files(item: Item, copies: Mapping[str, Copy], home: str) -> Item:
    """The item, which leads to our copies; `home` is the address of its channel."""
    if not copies:
        return item
    own = addresses(copies, home)
    sizes = {own[url]: (copy.type, copy.size) for url, copy in copies.items()}
    return replace(item, copies=own, sizes=sizes)


def _files(item: Item, wanted: Keeping) -> Iterator[str]:
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
