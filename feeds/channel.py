"""What is published: a channel, the items it shows and the documents they go out in.

`EntrySource` is the only thing publishing knows of an archive. A channel's items form a log that only grows: each
version of an entry that belongs to the channel takes the next position, so an edit appears anew at the end. Closed
pages cut the log into archive documents (RFC 5005) that never change; the live document shows the end of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from config.settings import Channel, Site
from feeds.model import Category, Entry, Person, Source, Text


class Withdrawn(Struct, frozen=True):
    """When an entry was taken back (UTC), and why, if that was said."""

    at: datetime
    reason: str | None = None


class Item(Struct, frozen=True, kw_only=True):
    """A version of an entry, ready to be published.

    `id` is its IRI for good (the source's own where that is one, else a tag: URI), `version` counts up over the whole
    archive, `number` within the entry (1 is the first). `first_seen` is when the archive first met the entry,
    `changed` when it first met this version. `withdrawn` tells that it is taken back by this version,
    `original` when it was published first, where it is published again at another time (`feeds.drip`).
    `copies` are the addresses of our copies of files that it shows, by the originals' (`archive.media`), `sizes` their
    media types and sizes in bytes, by their own.
    In channels of corrections and deletions (`archive.derived`), `of` is what an item tells of, by which it is
    selected, and `also` are items that were told before and stand otherwise from here on.
    """

    id: str
    version: int
    number: int
    entry: Entry
    first_seen: datetime
    changed: datetime
    feed_url: str
    feed_title: str
    feed_id: str | None = None
    feed_link: str | None = None
    feed_language: str | None = None
    feed_authors: tuple[Person, ...] = ()
    feed_rights: str | None = None
    feed_categories: tuple[Category, ...] = ()
    feed_tags: tuple[str, ...] = ()
    local: bool = False
    withdrawn: Withdrawn | None = None
    original: datetime | None = None
    copies: dict[str, str] = {}
    sizes: dict[str, tuple[str, int]] = {}
    of: Item | None = None
    also: tuple[Item, ...] = ()

    @property
    def date(self) -> datetime:
        """When it was published, so far as is known; never in the future of its arrival."""
        declared = self.entry.published or self.entry.updated
        return min(declared, self.first_seen) if declared else self.first_seen

    @property
    def place(self) -> datetime:
        """The time that puts it in its place among others that joined a log together: an edit comes when it came."""
        return self.date if self.number == 1 else self.changed

    @property
    def updated(self) -> datetime:
        """The atom:updated to publish: the source's own, moved on by an edit that the source did not date."""
        declared = self.entry.updated or self.entry.published
        updated = min(declared, self.changed) if declared else self.changed
        return max(updated, self.changed) if self.number > 1 else updated

    @property
    def language(self) -> str | None:
        """The entry's language, or else its feed's."""
        return self.entry.language or self.feed_language

    @property
    def source(self) -> Source | None:
        """Where it was copied from: what it says itself, or else the feed it was found in."""
        if self.entry.source or self.local:
            return self.entry.source
        return Source(
            self.feed_title,
            self.feed_id,
            self.feed_link,
            self.feed_url,
            authors=self.feed_authors,
            rights=self.feed_rights,
            categories=self.feed_categories,
        )

    @property
    def authors(self) -> tuple[Person, ...]:
        """Who wrote it: whom it names, or else whom its feed does (RFC 4287 section 4.2.1)."""
        return self.entry.authors or (self.source.authors if self.source else ())

    @property
    def body(self) -> Text | None:
        """The fullest text there is."""
        return self.entry.content or self.entry.summary


class Page(Struct, frozen=True):
    """A closed archive document: log positions `start` up to but not including `stop`; numbered from 1."""

    number: int
    start: int
    stop: int


class ChannelState(Struct, frozen=True):
    """How far a channel's log has come: `cursor` is the last version looked at under `selection`."""

    cursor: int = 0
    selection: str = ""
    length: int = 0
    pages: int = 0
    closed: int = 0


class EntrySource(Protocol):
    """What publishing needs of an archive; each call is one transaction."""

    def channel_state(self, channel: str) -> ChannelState:
        """How far the channel has come; the empty state for one that is new."""
        ...

    def versions_after(self, cursor: int) -> Iterator[Item]:
        """All versions with a greater number, in order."""
        ...

    def places_after(self, cursor: int) -> Iterator[tuple[int, datetime | None]]:
        """The numbers of the same versions and the places of their items, which are not read.

        There is no place for what does not belong to the channel, where the source knows that itself.
        """
        ...

    def extend_channel(
        self,
        channel: str,
        versions: Sequence[int],
        *,
        cursor: int,
        selection: str,
        dropped: Iterable[int] = (),
    ) -> None:
        """Append versions to the channel's log (those it holds already are passed over) and move its cursor.

        `dropped` are versions that the channel's filters let through no longer: they leave the live document.
        """
        ...

    def channel_items(self, channel: str, start: int, stop: int) -> Iterator[Item]:
        """The items at those log positions, in the log's order, without the dropped ones."""
        ...

    def close_page(self, channel: str, page: Page) -> None:
        """Record an archive document that has been written."""
        ...

    def channel_pages(self, channel: str) -> Sequence[Page]:
        """All closed pages, in order; asked for only where their documents have to be written anew."""
        ...


def told(items: Iterable[Item]) -> Iterator[Item]:
    """The items, and what is told anew with them."""
    for item in items:
        yield from item.also
        yield item


def positioned(source: EntrySource, channel: str, start: int, stop: int) -> list[tuple[int, Item]]:
    """The items with their positions in the log. Dropped ones leave gaps, which halving the range finds."""
    items = list(source.channel_items(channel, start, stop))
    if not items or len(items) == stop - start:
        return list(zip(range(start, stop), items, strict=False))
    middle = (start + stop) // 2
    return positioned(source, channel, start, middle) + positioned(source, channel, middle, stop)


def home_of(site: Site, channel: Channel) -> str:
    """The address of the channel's page, with a slash at its end."""
    return f"{site.base_url.rstrip('/')}/{channel.folder}/"
