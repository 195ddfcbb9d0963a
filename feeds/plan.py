"""Which documents a channel has, where they lie and what they say. Pure values.

<channel>/feed.atom                the live document: the log's end, newest first
<channel>/archive/000001.atom …    archive documents; those of closed pages never change
<channel>/archive/00000N.atom      after the last closed page, the page that is filling: open until it is closed
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from config.settings import Channel, Format, Site
from feeds.channel import ChannelState, Item, Page, home_of, told
from feeds.model import Extension
from feeds.site import PAGES
from feeds.write import Document, Links
from feeds.write.document import EXTENSIONS, newest_versions

_RENDERING = 7  # one more whenever the writers write the same document differently


class Plan(Struct, frozen=True):
    """A channel's documents; `authority` is what its tag: URI starts with, "example.org,2026" (RFC 4151).

    `compressed` tells whether they have compressed copies beside them, `podcasting` is what the one podcast that the
    channel shows says of itself.
    """

    channel: Channel
    site: Site
    folder: Path
    authority: str
    compressed: bool = False
    podcasting: tuple[Extension, ...] = ()

    def path(self, format: Format, page: int | None = None) -> Path:
        """The file of a live document, or of an archive document."""
        return self.folder / relative(format, page)

    def files(self, page: int | None = None) -> tuple[Path, ...]:
        """The files of the live documents, or of the archive documents of a page."""
        return tuple(self.path(format, page) for format in self.channel.formats)

    def moving(self, state: ChannelState) -> tuple[Path, ...]:
        """The files that change with the log: the live documents, the page for people, the open archive documents."""
        following = self.files(state.pages + 1) if state.pages else ()
        pages = (self.folder / "archive/index.html", self.folder / ".pages") if self.channel.pages else ()
        return (*self.files(), self.folder / "index.html", *pages, *following)

    def key(self, state: ChannelState) -> str:
        """A digest of all that the live documents are made from."""
        podcasting = (self.podcasting,) if self.podcasting else ()
        return self._digest(state.selection, state.length, state.pages, state.closed, PAGES, *podcasting)

    def open_key(self, state: ChannelState, items: Sequence[Item]) -> str:
        """A digest of all that the open archive documents are made from."""
        # What was taken back since is not shown any more.
        return self._digest(state.pages, [-item.version if item.withdrawn else item.version for item in items])

    def live(self, items: Iterable[Item], state: ChannelState) -> Document:
        """The live document, which shows these items."""
        return self._document(items, before=state.pages)

    def archive(self, items: Iterable[Item], page: Page) -> Document:
        """The archive document of a closed page. The successor that it names is there from the start: open, if new."""
        return self._document(items, page.number, before=page.number - 1, after=page.number + 1)

    def open(self, items: Iterable[Item], state: ChannelState) -> Document:
        """The open archive document, the successor of the last closed one: it does not say that it never changes."""
        return self._document(items, state.pages + 1, before=state.pages)

    def _digest(self, *parts: object) -> str:
        parts += ("compressed",) if self.compressed else ()
        said = msgspec.json.encode((_RENDERING, self.authority, self.site, self.channel, parts))
        return hashlib.sha256(said).hexdigest()

    def _document(self, items: Iterable[Item], page: int | None = None, *, before: int, after: int = 0) -> Document:
        channel, site = self.channel, self.site
        newest = sorted(newest_versions(told(items)), key=lambda item: (item.date, item.version), reverse=True)
        home = home_of(site, channel)
        links = {
            format: Links(
                self=home + relative(format, page),
                current=home + relative(format, None) if page else None,
                prev_archive=home + relative(format, before) if before else None,
                next_archive=home + relative(format, after) if after else None,
            )
            for format in channel.formats
        }
        return Document(
            id=f"tag:{self.authority}:{channel.name}",
            title=channel.title,
            site=home,
            links=links,
            updated=max((item.changed for item in newest), default=_founded(self.authority)),
            description=channel.description,
            author=site.author or site.title,
            email=site.email,
            language=channel.language or site.language,
            items=tuple(newest),
            archive=bool(after),
            image=channel.image,
            podcast=channel.podcast,
            explicit=channel.explicit,
            private=channel.private,
            hubs=() if page or channel.private else site.hubs,
            podcasting=() if page else self.podcasting,
            pages=f"{home}entries/" if channel.pages and channel.link == "page" else None,
        )


def relative(format: Format, page: int | None) -> str:
    """Where a document lies in its channel's folder."""
    return f"feed.{EXTENSIONS[format]}" if page is None else f"archive/{page:06}.{EXTENSIONS[format]}"


def _founded(authority: str) -> datetime:
    """When an empty channel was updated, as Atom wants a time: the start of the authority's year (RFC 4151)."""
    return datetime(int(authority.rpartition(",")[2][:4]), 1, 1, tzinfo=UTC)
