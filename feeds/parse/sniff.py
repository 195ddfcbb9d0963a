"""What a document is by its first element, whatever its content type says; and what to tell of it if it is no feed."""

from __future__ import annotations

import re

from feeds.html import one_line
from feeds.parse.errors import NotAFeed

_ROOTS = frozenset({"rss", "feed", "rdf", "channel", "entry"})
_HTML_DOCTYPE = re.compile(r"<!DOCTYPE\s+html\b", re.IGNORECASE)
_PAGE = frozenset(
    [
        "a",
        "article",
        "base",
        "body",
        "br",
        "center",
        "div",
        "font",
        "form",
        "h1",
        "h2",
        "head",
        "header",
        "html",
        "iframe",
        "img",
        "link",
        "main",
        "meta",
        "noscript",
        "p",
        "pre",
        "script",
        "section",
        "span",
        "style",
        "svg",
        "table",
        "title",
    ]
)
_WHOLE_PAGES = frozenset({"html", "head", "body", "opml"})
_PROLOGUE = re.compile(r"\s*(?:<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>\[]*+(?:\[.*?\]\s*)?>)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<([^\W\d][\w.\-:]*)")
_FEED_TAG = re.compile(r"<((?:[A-Za-z_][\w.\-]*:)?(?:rss|feed|RDF))(?=[\s>])[^<>]*>")
_CHANNEL = re.compile(r"<(?:[A-Za-z_][\w.\-]*:)?(?:channel|item)\b")
# How much junk may stand before a feed.
_JUNK = 1 << 16
_ADVICE = "give the address of an RSS, Atom or JSON feed"
_OTHERS = {
    "opml": ("is a list of subscriptions (OPML), not a feed", "import it with 'backissue import'"),
    "urlset": ("is a sitemap, not a feed", _ADVICE),
    "sitemapindex": ("is a sitemap, not a feed", _ADVICE),
    "error": ("is an error message of the server's", "try again later"),
}
_BINARY = (
    (b"\x1f\x8b", "is still compressed (gzip)"),
    (b"%PDF", "is a PDF document, not a feed"),
    (b"PK\x03\x04", "is a ZIP archive, not a feed"),
    (b"\x89PNG", "is a picture, not a feed"),
    (b"\xff\xd8\xff", "is a picture, not a feed"),
    (b"GIF8", "is a picture, not a feed"),
)


def start(text: str) -> tuple[str, int]:
    """The name of a document's root and where its tag starts: the first element's, or a feed's with junk before it."""
    tag = _TAG.search(text, _end_of_prologue(text))
    first, at = (tag[1], tag.start()) if tag else ("", len(text))
    if _local(first) not in _ROOTS and _local(first) not in _WHOLE_PAGES and not _HTML_DOCTYPE.search(text[:at]):
        feed = _FEED_TAG.search(text, 0, _JUNK)
        if feed:
            return feed[1], feed.start()
    return first, at


def is_clean(head: str) -> bool:
    """Whether nothing but a prologue stands before a root."""
    return not head[_end_of_prologue(head) :].strip()


def check(body: bytes, text: str, url: str) -> None:
    """Raise NotAFeed unless the text's root is that of a feed."""
    name, at = start(text)
    kind = _local(name)
    if kind in _ROOTS:
        if kind == "rdf" and not _CHANNEL.search(text, at):
            raise NotAFeed(url, "is RDF that holds no feed", _ADVICE)
        return
    if kind in _PAGE or _HTML_DOCTYPE.search(text[:at]):
        raise NotAFeed(url, "is an HTML page, not a feed", "look for the feeds that it links to", html=True)
    if not text.strip():
        raise NotAFeed(url, "is empty", _ADVICE)
    for mark, reason in _BINARY:
        if body.startswith(mark):
            raise NotAFeed(url, reason, _ADVICE)
    if "\0" in text[:_JUNK]:
        raise NotAFeed(url, "is binary data, not a feed", _ADVICE)
    if not kind:
        raise NotAFeed(url, "is plain text, not a feed", _ADVICE)
    raise NotAFeed(url, *_OTHERS.get(kind, (f"is XML, but no feed: its root is <{one_line(name)}>", _ADVICE)))


def _end_of_prologue(text: str) -> int:
    # Piece by piece, as a search would try each "<!DOCTYPE" of a hostile text to its end.
    at = 0
    while match := _PROLOGUE.match(text, at):
        at = match.end()
    return at


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()
