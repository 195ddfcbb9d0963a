"""Sitemaps (sitemaps.org 0.9): which pages a site has, and which other sitemaps. Pure: bytes to values."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO

from lxml import etree
from msgspec import Struct

from feeds.dates import parse_date

_MOST = 50_000  # addresses in a sitemap, as its protocol has it
_WEB = re.compile(r"https?://[^\s<>\"]+")
_LINE = re.compile(r"^sitemap:\s*(https?://\S+)", re.IGNORECASE | re.MULTILINE)


class Place(Struct, frozen=True):
    """A page of a site, and when it was changed last by what its sitemap says (aware UTC)."""

    url: str
    changed: datetime | None = None


class Sitemap(Struct, frozen=True):
    """What a sitemap names: pages, and other sitemaps where it is an index."""

    pages: tuple[Place, ...] = ()
    sitemaps: tuple[str, ...] = ()


def read_sitemap(body: bytes) -> Sitemap:
    """The sitemap in a document, XML or a line of text for each address; one that names nothing where it is neither."""
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = body.decode("utf-8", "replace").split()
        return Sitemap(tuple(Place(line) for line in lines[:_MOST] if _WEB.fullmatch(line)))
    pages: list[Place] = []
    sitemaps: list[str] = []
    events = etree.iterparse(
        BytesIO(body), events=("end",), recover=True, resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        for _, node in events:
            kind = _name(node)
            if kind not in ("url", "sitemap") or len(pages) + len(sitemaps) >= _MOST:
                continue
            facts = {_name(one): (one.text or "").strip() for one in node}
            url = facts.get("loc", "")
            if _WEB.fullmatch(url) and kind == "url":
                pages.append(Place(url, parse_date(facts.get("lastmod", ""))))
            elif _WEB.fullmatch(url):
                sitemaps.append(url)
            node.clear()
    except etree.XMLSyntaxError:
        pass  # what was read before it broke is of use all the same
    return Sitemap(tuple(pages), tuple(sitemaps))


def _name(node: etree._Element) -> str:
    """The element's name without its namespace; nothing for what is no element."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def named_in_robots(text: str) -> list[str]:
    """The sitemaps that a robots.txt names."""
    return list(dict.fromkeys(_LINE.findall(text)))
