"""Which kind of document it is: plain text, Markdown or a web page; and what is no article but looks like one."""

from __future__ import annotations

import re
from typing import Literal, get_args

from archive.ingest.errors import IngestError

Kind = Literal["text", "markdown", "html"]

SUFFIXES: dict[str, Kind] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
}
_TYPES: dict[str, Kind] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
}
_START = 4000
_PROLOGUE = r"(?>\s+|\ufeff|<\?.*?\?>|<!--.*?-->)*+"
_PAGE = re.compile(_PROLOGUE + r"<(?:!doctype\s+html|html|head|body)\b", re.DOTALL | re.IGNORECASE)
_FEED = re.compile(_PROLOGUE + r"(?:<!DOCTYPE[^>]*>\s*)?<(?:\w+:)?(rss|feed|rdf|opml)\b", re.DOTALL | re.IGNORECASE)
_FRAGMENT = re.compile(r"\s*<(?:article|main|section|div|h1|h2|p)\b[^>]*>", re.IGNORECASE)
_JSON_FEED = re.compile(r"\s*\{(?=[^}]*\"version\"\s*:\s*\"https?://(?:www\.)?jsonfeed\.org/version/)")
_MARKDOWN = re.compile(
    r"(?:---|\+\+\+)[ \t]*\r?\n|(?m:^#{1,3} \S.*$)(?=[\s\S]*(?m:^(?:#{2,6} |[-*] |```|> |\d\. )|\]\())"
)


def refuse_feed(text: str, name: str) -> None:
    """Raises IngestError if the text is a feed or an OPML list, which belong to `backissue add`."""
    root = _FEED.match(text[:_START])
    if root or _JSON_FEED.match(text[:_START]):
        what = "an OPML list of feeds" if root and root[1].lower() == "opml" else "a feed"
        raise IngestError(name, f"is {what}, not an article", f"subscribe to it with 'backissue add {name}'")


def kind_of(text: str, name: str, *, kind: str | None = None, content_type: str | None = None) -> Kind:
    """The document's kind: as said, else by content type, by the name's suffix, by its content.

    What begins as a web page does is one, whatever its name says. Raises IngestError for a kind that does not exist.
    """
    if kind is not None:
        if kind not in get_args(Kind):
            raise IngestError(name, f"cannot be read as {kind!r}", "say text, markdown or html")
        return kind  # type: ignore[return-value]  # one of Kind, as just checked
    return guess_kind(text[:_START], name, content_type)


def guess_kind(start: str, name: str, content_type: str | None = None) -> Kind:
    """The kind as far as the start of the text, the name and the content type tell."""
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if _PAGE.match(start):
        return "html"
    if media_type in _TYPES:
        return _TYPES[media_type]
    suffix = re.search(r"\.\w+$", name.partition("?")[0].lower())
    if suffix and suffix[0] in SUFFIXES:
        return SUFFIXES[suffix[0]]
    if media_type != "text/plain" and _FRAGMENT.match(start):
        return "html"
    return "markdown" if _MARKDOWN.match(start) else "text"
