"""The part of RSS and Atom that feedgen has no words for, as a feedgen extension."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from feeds.model import Extension

NAMESPACES = {
    "at": "http://purl.org/atompub/tombstones/1.0",
    "atom": "http://www.w3.org/2005/Atom",
    "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "fh": "http://purl.org/syndication/history/1.0",
    "georss": "http://www.georss.org/georss",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "psc": "http://podlove.org/simple-chapters",
    "thr": "http://purl.org/syndication/thread/1.0",
}


class Elements:
    """Elements to add to a feed's head, in the order given; feedgen asks for them when it serialises.

    `prefixes` are those of `NAMESPACES` that the entries to come use.
    """

    always: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.elements: list[Any] = []
        self.prefixes: set[str] = set()

    def add(self, name: str, text: str | None = None, /, **attributes: str | None) -> None:
        """Add an element; see `element`."""
        self.elements.append(element(name, text, **attributes))

    def extend_ns(self) -> dict[str, str]:
        """The namespaces to declare at the root: those that the format may always use, and those of `prefixes`."""
        return {prefix: NAMESPACES[prefix] for prefix in sorted({*self.always, *self.prefixes})}

    def extend_atom(self, parent: Any) -> Any:
        """Add to an Atom feed."""
        parent.extend(self.elements)
        return parent

    def extend_rss(self, parent: Any) -> Any:
        """Add to the channel of an RSS document."""
        parent[0].extend(self.elements)
        return parent


class RssElements(Elements):
    """Elements in an RSS document."""

    always = ("atom", "dc", "fh")


class AtomElements(Elements):
    """Elements in an Atom document, where feedgen writes Atom's own without a namespace, under one `xmlns`."""

    always = ("fh", "thr")


def hexadecimal(xml: bytes, names: str) -> bytes:
    """XML where "&", "<" and ">" are hexadecimal references in the plain texts of these elements and in attributes.

    They say the same, but nobody takes them for a slip in a text that was to be HTML, and they survive the most readers
    (https://www.rssboard.org/rss-profile#data-types-characterdata).
    """
    named = names.encode()
    plain = re.compile(rb'<(?:%s)(?: (?!type="html")[^<>]*)?>[^<]*&[^<]*|<(?:link|category) [^<>]*&[^<>]*>' % named)
    return plain.sub(_referenced, xml)


def _referenced(match: re.Match[bytes]) -> bytes:
    return match[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;").replace(b"&gt;", b"&#x3E;")


def element(name: str, text: str | None = None, /, **attributes: str | None) -> Any:
    """An element with the attributes that are not None; a prefix in the name stands for one of `NAMESPACES`."""
    prefix, colon, local = name.rpartition(":")
    made = etree.Element(f"{{{NAMESPACES[prefix]}}}{local}" if colon else local)
    made.text = text
    for key, value in attributes.items():
        if value is not None:
            made.set(key, value)
    return made


def whole(one: Extension) -> Any:
    """An element of an extension, with all that it holds."""
    made = element(one.name, one.text, **dict(one.attributes))
    made.extend(map(whole, one.parts))
    return made
