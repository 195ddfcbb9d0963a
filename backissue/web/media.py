"""What a published file is, judged by its name. Pure."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from msgspec import Struct, structs

# The tables are our own: what this machine's mime.types says must not decide what readers get.
# OPML has no registered type. text/x-opml is the one its users know: readers take it for a list of feeds and browsers
# save it, where they would only show an XML type as a tree; text/x-opml+xml is known to hardly any program.
_TEXT = {
    ".atom": "application/atom+xml",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".opml": "text/x-opml",
    ".rss": "application/rss+xml",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".xml": "application/xml",
}
_BINARY = {
    ".aac": "audio/aac",
    ".avif": "image/avif",
    ".epub": "application/epub+zip",
    ".flac": "audio/flac",
    ".gif": "image/gif",
    ".gz": "application/gzip",
    ".ico": "image/vnd.microsoft.icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".m4a": "audio/mp4",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".warc": "application/warc",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".zip": "application/zip",
}
_XML_FEEDS = ("application/rss+xml", "application/atom+xml")
_XML = "application/xml; charset=utf-8"
_FEEDS = {".atom", ".opml", ".rss"}
_PAGES = {".atom", ".html", ".opml", ".rss", ".svg", ".xml"}
_JSON_FEED = re.compile(r"[^/]+/(?:feed|archive/[0-9]+|drip/[0-9-]+)\.json")
_LIVE = re.compile(r"[^/]+/feed\.(?:rss|atom|json)")
_ARCHIVE = re.compile(r"[^/]+/archive/[0-9]{6,}\.(?:rss|atom|json)")
_COPY = re.compile(r"[^/]+/media/[0-9a-f]{2}/[0-9a-f]{64}\.[a-z0-9]+")
_ENTRY = re.compile(r"[^/]+/entries/[^/]+\.html")


class Media(Struct, frozen=True):
    """The Content-Type, and what follows from it.

    `text` gains by compression; `feed` is for programs of other sites to read, too; `page` is what a browser may show
    and run scripts of; `archive` is an archive document (RFC 5005 section 4), which may
    still be open, `live` a live document, `entry` an entry's page, `copy` a copy of what an entry shows, which is from
    elsewhere.
    """

    type: str
    text: bool = False
    feed: bool = False
    page: bool = False
    archive: bool = False
    live: bool = False
    entry: bool = False
    copy: bool = False


def media(path: str) -> Media:
    """What the file at a path is; the path is relative to the published folder and has slashes."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix not in _TEXT:
        return Media(_BINARY.get(suffix, "application/octet-stream"), copy=_COPY.fullmatch(path) is not None)
    json_feed = _JSON_FEED.fullmatch(path) is not None
    type = "application/feed+json" if json_feed else _TEXT[suffix]
    return Media(
        f"{type}; charset=utf-8",
        text=True,
        feed=json_feed or suffix in _FEEDS,
        page=suffix in _PAGES,
        archive=_ARCHIVE.fullmatch(path) is not None,
        live=_LIVE.fullmatch(path) is not None,
        entry=_ENTRY.fullmatch(path) is not None,
        copy=_COPY.fullmatch(path) is not None,
    )


def is_xml_feed(media: Media) -> bool:
    """Whether browsers are told another type of it."""
    return media.type.startswith(_XML_FEEDS)


def for_people(media: Media, accept: str | None) -> Media | None:
    """A feed as it is told to a browser; None where the file is no feed in XML, or somebody else asks.

    Browsers save what they do not know, or show its source; told that it is XML, they show it by its stylesheet. They
    are known by Accept: all that ask for pages name text/html, and none names a feed's type. The bytes are the same.
    """
    if accept is None or "text/html" not in accept or not is_xml_feed(media):
        return None
    return None if any(type in accept for type in _XML_FEEDS) else structs.replace(media, type=_XML)
