"""What a feed document says, whichever format it is written in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from config.settings import Format
from feeds.channel import Item, Withdrawn
from feeds.model import Extension

MEDIA_TYPES: dict[Format, str] = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}
EXTENSIONS: dict[Format, str] = {"rss": "rss", "atom": "atom", "json": "json"}
LABELS: dict[Format, str] = {"rss": "RSS", "atom": "Atom", "json": "JSON Feed"}
GENERATOR = "Backissue"


class Links(Struct, frozen=True, kw_only=True):
    """Where a document stands among the others of its format (RFC 5005 section 4); absolute addresses."""

    self: str
    current: str | None = None
    prev_archive: str | None = None
    next_archive: str | None = None


class Document(Struct, frozen=True, kw_only=True):
    """A live or an archive document of a channel.

    `id` is the channel's tag: URI (RFC 4151), the same in all its documents; `site` the page for people; `links` has an
    entry for every format it is rendered in. `updated` comes from the items (UTC), never from a clock. `archive` marks
    a closed page, `complete` a document that holds all there is (RFC 5005 sections 2 and 4). `image` is the channel's
    picture, `podcast` Apple's category ("Arts > Books") of one that is a podcast, which says whether it is `explicit`.
    `private` is of a channel that is not for everybody, `podcasting` what the one podcast that it shows says of itself.
    `pages` is the address of the folder with the pages that entries lead to, where they do not lead to their originals.
    """

    id: str
    title: str
    site: str
    links: dict[Format, Links]
    updated: datetime
    description: str = ""
    author: str = ""
    email: str = ""
    language: str = "en"
    items: tuple[Item, ...] = ()
    archive: bool = False
    complete: bool = False
    hubs: tuple[str, ...] = ()
    image: str = ""
    podcast: str = ""
    explicit: bool = False
    pages: str | None = None
    private: bool = False
    podcasting: tuple[Extension, ...] = ()

    @property
    def entries(self) -> tuple[Item, ...]:
        """The items, each id once in its newest version (RFC 4287 section 4.1.1), without those that are taken back."""
        return tuple(item for item in newest_versions(self.items) if not item.withdrawn)

    @property
    def withdrawn(self) -> tuple[tuple[Item, Withdrawn], ...]:
        """The items that are taken back (RFC 6721)."""
        return tuple((item, item.withdrawn) for item in newest_versions(self.items) if item.withdrawn)


def newest_versions(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items without those that a later version of the same entry stands beside; the order stays."""
    newest: dict[str, Item] = {}
    for item in items:
        if item.id not in newest or _age(newest[item.id]) < _age(item):
            newest[item.id] = item
    return tuple(newest.values())


def _age(item: Item) -> tuple[int, datetime]:
    """Of two of equal version, one is told anew."""
    return item.version, item.changed
