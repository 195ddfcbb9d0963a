"""Where a site's feeds are: what its pages say, and what can be guessed. Nothing is fetched here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from lxml import etree
from msgspec import Struct

from feeds.html import clean_text, one_line

How = Literal["link", "anchor"]

# By how surely they are feeds: the first three say so, the others are used for much besides.
_TYPES = {
    "application/rss+xml": 0,
    "application/atom+xml": 0,
    "application/feed+json": 0,
    "application/rdf+xml": 1,
    "text/xml": 1,
    "application/xml": 1,
    "application/json": 1,
}
_SURE, _DOUBTFUL, _NEAR, _FAR, _SOME_XML = range(5)
_FEED_PATH = re.compile(
    r"(?:^|/)(?:feeds?|rss2?|atom|rdf)(?:\.(?:xml|json|php|aspx?|cgi))?/?$"
    r"|(?:^|/)(?:feed|rss|atom)[\w\-]*\.(?:xml|json)$"
    r"|(?:^|/)index\.(?:xml|rdf)$"
    r"|\.(?:rss|atom|rdf)$"
    r"|/feed/(?:rss2?|atom|rdf)/?$"
    r"|/feeds/posts/default$",
    re.IGNORECASE,
)
_FEED_QUERY = re.compile(r"(?:^|&)(?:feed|format|output|type)=(?:rss2?|atom|feed|rdf)(?:&|$)", re.IGNORECASE)
_FEED_HOST = re.compile(r"(?:feeds?|feeds?\d|rss)\.", re.IGNORECASE)
_NO_FEED = re.compile(r"/wp-json/|/oembed|sitemap|opensearch|browserconfig|manifest\.", re.IGNORECASE)
# To subscribe with one of these readers; the feed's own address stands inside theirs.
_READERS = re.compile(r"(?:^|\.)(?:feedly|theoldreader|inoreader|newsblur|netvibes|bloglovin)\.com$", re.IGNORECASE)
_COMMENTS = re.compile(r"comment|kommentar|coment[aá]rio|коммент|评论|評論|コメント|댓글", re.IGNORECASE)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:\-]+)""", re.IGNORECASE)
_URL_NOISE = str.maketrans("", "", "\t\n\r")
_TITLE_LENGTH = 200

_WELL_KNOWN = (
    "feed",
    "feed/",
    "rss.xml",
    "atom.xml",
    "feed.xml",
    "index.xml",
    "feed.json",
    "rss",
    "atom",
    "feed.rss",
    "feed.atom",
    "index.rdf",
    "feeds/posts/default",
    "?feed=rss2",
)


class FoundFeed(Struct, frozen=True):
    """A feed's address. `how` it was found: a <link> of the page, or an <a> that looks like one."""

    url: str
    title: str | None
    type: str | None
    how: How


def discover(html: bytes, url: str, content_type: str | None = None) -> list[FoundFeed]:
    """The feeds that a page at `url` links to, the likeliest first, feeds of comments last; absolute http(s) only.

    The page's own order decides between equals. `content_type` is HTTP's, for its charset. Any bytes will do.
    """
    root = _parse(html, content_type)
    if root is None:
        return []
    base = _base(root, url)
    links = [_alternate(dict(element.items()), base, "link") for element in root.iter("link")]
    anchors = [_anchor(element, base) for element in root.iter("a", "area")]
    return _ranked([*links, *anchors], url)


def guesses(url: str) -> list[str]:
    """Addresses that sites keep their feeds at, to be tried in this order: beside the page first, then at the root."""
    parts = _split(url)
    if parts is None:
        return []
    root = f"{parts.scheme}://{parts.netloc}/"
    beside = root + parts.path.rpartition("/")[0].strip("/")
    places = dict.fromkeys([beside.rstrip("/") + "/", root])
    return [place + name for place in places for name in _WELL_KNOWN]


def _parse(html: bytes, content_type: str | None) -> etree._Element | None:
    charset = _CHARSET.search(content_type or "")
    # A byte order mark stands above HTTP (WHATWG Encoding section 6.1).
    marked = html.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    for encoding in (charset[1] if charset and not marked else None, None):
        try:
            return etree.fromstring(html, etree.HTMLParser(encoding=encoding, no_network=True))
        except LookupError:
            continue
        except (etree.XMLSyntaxError, ValueError):
            return None
    return None


def _base(root: etree._Element, url: str) -> str:
    """The first <base href> of the page, itself relative to the page's address (HTML section 4.2.3)."""
    href = next((element.get("href") for element in root.iter("base") if element.get("href")), None)
    return _absolute(href, url) or url if href else url


def _alternate(attributes: Mapping[str, str], base: str, how: How) -> FoundFeed | None:
    """The feed that a link, with its rel, type, title and href, leads to."""
    relations = set(attributes.get("rel", "").lower().split())
    media_type = _media_type(attributes.get("type"))
    url = _absolute(attributes.get("href"), base)
    if url is None or "stylesheet" in relations or not relations & {"alternate", "feed"} or _NO_FEED.search(url):
        return None
    if media_type not in _TYPES and (media_type or ("feed" not in relations and not _looks_like_feed(url))):
        return None
    return FoundFeed(url, _title(attributes.get("title")), media_type, how)


def _anchor(element: etree._Element, base: str) -> FoundFeed | None:
    url = _absolute(element.get("href"), base)
    parts = _split(url) if url else None
    if url is None or parts is None or _NO_FEED.search(url) or _READERS.search(parts.hostname or ""):
        return None
    media_type = _media_type(element.get("type"))
    if media_type not in _TYPES:
        media_type = None
    if media_type is None and not _looks_like_feed(url) and not parts.path.lower().endswith(".xml"):
        return None
    title = element.get("title") or str(element.xpath("string()"))
    return FoundFeed(url, _title(title), media_type, "anchor")


def _ranked(found: Iterable[FoundFeed | None], url: str) -> list[FoundFeed]:
    page = _split(url)
    site = _site(page.hostname if page else None)
    ranked = sorted((feed for feed in found if feed), key=lambda feed: _rank(feed, site))
    best: dict[str, FoundFeed] = {}
    for feed in ranked:
        best.setdefault(feed.url, feed)
    return list(best.values())


def _rank(feed: FoundFeed, site: str) -> tuple[bool, int]:
    parts = urlsplit(feed.url)
    place = unquote(f"{parts.path}?{parts.query}")
    comments = bool(_COMMENTS.search(place) or _COMMENTS.search(feed.title or ""))
    if feed.how != "anchor":
        return comments, _TYPES.get(feed.type or "", _DOUBTFUL)
    if feed.type is None and not _looks_like_feed(feed.url):
        return comments, _SOME_XML
    return comments, _NEAR if _site(parts.hostname) == site else _FAR


def _looks_like_feed(url: str) -> bool:
    parts = urlsplit(url)
    return bool(
        _FEED_PATH.search(parts.path)
        or _FEED_QUERY.search(parts.query)
        or (_FEED_HOST.match(parts.netloc) and parts.path.strip("/"))
    )


def _absolute(href: str | None, base: str) -> str | None:
    """The address as absolute http(s), without a fragment; None where there is none such."""
    if href is None:
        return None
    href = clean_text(href).translate(_URL_NOISE).strip()
    if href[:5].lower() == "feed:":
        href = href[5:] if href[5:9].lower() == "http" else f"http:{href[5:]}"
    try:
        url = urljoin(base, href.replace(" ", "%20")).partition("#")[0]
    except ValueError:
        return None
    return url if _split(url) else None


def _split(url: str) -> SplitResult | None:
    """The parts of an http(s) URL with a host; None for anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None


def _site(hostname: str | None) -> str:
    return (hostname or "").removeprefix("www.")


def _media_type(value: str | None) -> str | None:
    return (value or "").partition(";")[0].strip().lower() or None


def _title(value: str | None) -> str | None:
    return one_line(value or "")[:_TITLE_LENGTH].rstrip() or None
