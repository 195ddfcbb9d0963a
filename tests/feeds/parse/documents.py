"""Small documents to put a detail into."""

from __future__ import annotations

from feeds.model import Entry, ParsedFeed
from feeds.parse import parse

URL = "https://b.example/feeds/main"
NAMESPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:thr="http://purl.org/syndication/thread/1.0" xmlns:podcast="https://podcastindex.org/namespace/1.0" '
    'xmlns:georss="http://www.georss.org/georss" '
    'xmlns:creativeCommons="http://backend.userland.com/creativeCommonsRssModule"'
)


def rss(items: str, head: str = "<title>T</title>") -> str:
    """An RSS 2.0 document of these items."""
    return f'<?xml version="1.0"?>\n<rss version="2.0" {NAMESPACES}><channel>{head}{items}</channel></rss>'


def atom(entries: str, attributes: str = "") -> str:
    """An Atom document of these entries."""
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>T</title>{entries}</feed>'


def read(document: str | bytes) -> ParsedFeed:
    """What is read of a document found at `URL`."""
    return parse(document if isinstance(document, bytes) else document.encode(), URL)


def read_item(inner: str) -> Entry:
    """The one entry of an RSS document with this item."""
    (entry,) = read(rss(f"<item>{inner}</item>")).entries
    return entry


def read_entry(inner: str, attributes: str = "") -> Entry:
    """The one entry of an Atom document."""
    (entry,) = read(atom(f"<entry>{inner}</entry>", attributes)).entries
    return entry
