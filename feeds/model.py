"""The vocabulary of the whole code: what a feed and its entries are, whatever format they came in.

All values are frozen. They are msgspec Structs rather than dataclasses: the same look and the same typing, made in a
fifth of the time, and with a canonical JSON form (fields in order, defaults left out) that the archive stores.

Times are aware UTC. A time that the source did not give is None; nothing here is made up.
Texts keep the markup as served (`feeds.clean` cleans it when it goes out); titles and names are plain text.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

Origin = Literal["declared", "derived", "inferred"]


class Person(Struct, frozen=True, omit_defaults=True):
    """An author or contributor (RFC 4287 section 3.2)."""

    name: str | None = None
    email: str | None = None
    url: str | None = None


class Text(Struct, frozen=True, omit_defaults=True):
    """A piece of text as served. `base` is the URL that its relative links start from (RFC 3986 section 5.1)."""

    value: str
    kind: Literal["html", "text"] = "html"
    base: str | None = None
    language: str | None = None


class Link(Struct, frozen=True, omit_defaults=True):
    """A link with a relation (RFC 4287 section 4.2.7). `href` is absolute; `length` is in bytes."""

    href: str
    rel: str = "alternate"
    type: str | None = None
    hreflang: str | None = None
    title: str | None = None
    length: int | None = None


class Enclosure(Struct, frozen=True, omit_defaults=True):
    """A file that goes with an entry. `url` is absolute, `length` in bytes, `duration` in seconds."""

    url: str
    type: str | None = None
    length: int | None = None
    title: str | None = None
    duration: int | None = None


class Category(Struct, frozen=True, omit_defaults=True):
    """A category or tag (RFC 4287 section 4.2.2; RSS category)."""

    term: str
    scheme: str | None = None
    label: str | None = None


class Source(Struct, frozen=True, omit_defaults=True):
    """Where a copied entry came from (RFC 4287 section 4.2.11; RSS source). `updated` is when it changed last.

    `authors`, `rights` and `categories` are of that feed, and hold for an entry that has none itself.
    """

    title: str | None = None
    id: str | None = None
    link: str | None = None
    feed: str | None = None
    updated: datetime | None = None
    authors: tuple[Person, ...] = ()
    rights: str | None = None
    categories: tuple[Category, ...] = ()


class Extension(Struct, frozen=True, omit_defaults=True):
    """An element of an extension as it was: its name with the usual prefix, its text, attributes and elements."""

    name: str
    text: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    parts: tuple[Extension, ...] = ()


class Section(Struct, frozen=True, omit_defaults=True):
    """A heading inside an article; `anchor` is the id it carries in the article's HTML, `level` is 2 to 6."""

    heading: str
    anchor: str
    level: int = 2


class Entry(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One entry, as one document said it.

    `id` is the guid or atom:id to the letter; `link` the alternate link, absolute.
    `extra` holds extension elements as lines of text, `extensions` those of podcasts that are more than that.
    `origins` tells for each field of an ingested article whether it was declared by the source, derived from its text
    or inferred; entries of feeds have none: all they hold was declared.
    """

    id: str | None = None
    link: str | None = None
    title: str | None = None
    summary: Text | None = None
    content: Text | None = None
    authors: tuple[Person, ...] = ()
    contributors: tuple[Person, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    categories: tuple[Category, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    links: tuple[Link, ...] = ()
    language: str | None = None
    image: str | None = None
    rights: str | None = None
    comments: str | None = None
    source: Source | None = None
    in_reply_to: tuple[str, ...] = ()
    extra: dict[str, str] = {}
    sections: tuple[Section, ...] = ()
    word_count: int | None = None
    reading_minutes: int | None = None
    origins: dict[str, Origin] = {}
    extensions: tuple[Extension, ...] = ()


class Feed(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a feed document says of itself.

    `link` is the site's page, `links` all others (self, hub, prev-archive, next, current, ...), absolute.
    `extensions` are elements of podcasts that are more than a line of text, `extra` all others, as lines.
    `ttl` is in minutes; `skip_hours` are 0 to 23 in GMT; `skip_days` English day names; `update_period` is hourly,
    daily, weekly, monthly or yearly (RSS 1.0 syndication). `complete` and `archive` are RFC 5005's marks.
    """

    id: str | None = None
    title: str | None = None
    link: str | None = None
    subtitle: str | None = None
    authors: tuple[Person, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None
    rights: str | None = None
    generator: str | None = None
    image: str | None = None
    icon: str | None = None
    categories: tuple[Category, ...] = ()
    links: tuple[Link, ...] = ()
    ttl: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[str, ...] = ()
    update_period: str | None = None
    update_frequency: int | None = None
    update_base: datetime | None = None
    complete: bool = False
    archive: bool = False
    extra: dict[str, str] = {}
    extensions: tuple[Extension, ...] = ()

    def link_to(self, rel: str) -> str | None:
        """The address of the first link with that relation."""
        return next((link.href for link in self.links if link.rel == rel), None)


class Tombstone(Struct, frozen=True, omit_defaults=True):
    """A publisher's word that an entry is deleted (RFC 6721)."""

    ref: str
    when: datetime | None = None
    by: str | None = None
    comment: str | None = None


class Charset(Struct, frozen=True, omit_defaults=True):
    """How the bytes became text: what HTTP and the document declared, and what was used (RFC 7303 section 3)."""

    used: str
    http: str | None = None
    bom: str | None = None
    xml: str | None = None
    detected: str | None = None


class ParsedFeed(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A feed document, read. Entries stand in the document's order; `problems` says what was wrong with it.

    One that is `cut_off` lacks what stood behind: whatever it does not show may well be shown by its feed.
    """

    format: str
    feed: Feed
    entries: tuple[Entry, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    charset: Charset
    problems: tuple[str, ...] = ()
    parser: str = "careful"
    cut_off: bool = False

    @property
    def is_window(self) -> bool:
        """Whether what it does not show is not shown by its feed: an empty or broken document tells nothing of that."""
        return bool(self.entries) and not self.cut_off
