"""XML as bytes (UTF-8): what documents have most of, entries, is put together far faster so than as a tree.

In plain texts and attributes "&", "<" and ">" are hexadecimal references. They say the same as named ones, but nobody
takes them for a slip in a text that was to be HTML, and they survive the most readers
(https://www.rssboard.org/rss-profile#data-types-characterdata).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_SHORT = 20_000
_ATTRIBUTE = str.maketrans(
    {"&": "&#x26;", "<": "&#x3C;", ">": "&#x3E;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
_IN_ATTRIBUTE = re.compile('[&<>"\t\n\r]').search


def plain(text: str) -> str:
    """Plain text as an element's content."""
    if "&" in text or "<" in text or ">" in text or "\r" in text:
        text = text.replace("&", "&#x26;").replace("<", "&#x3C;").replace(">", "&#x3E;").replace("\r", "&#13;")
    return text


def markup(html: str) -> bytes:
    """HTML as an element's content, in UTF-8: long texts are searched and copied faster so."""
    return _markup_once(html) if len(html) < _SHORT else _markup(html)


def _markup(html: str) -> bytes:
    octets = html.encode()
    return octets.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;").replace(b"\r", b"&#13;")


_markup_once = lru_cache(128)(_markup)  # the entries of a page, whose texts go into several formats


def element(name: str, content: str | bytes = "", /, **attributes: str | None) -> bytes:
    """An element with content that is XML already, and with the attributes that are neither None nor empty."""
    given = ""
    for key, value in attributes.items():
        if value:
            given += f' {key}="{value.translate(_ATTRIBUTE) if _IN_ATTRIBUTE(value) else value}"'
    if attributes and not content:
        return f"<{name}{given}/>".encode()
    if isinstance(content, bytes):
        return b"".join((f"<{name}{given}>".encode(), content, f"</{name}>".encode()))
    return f"<{name}{given}>{content}</{name}>".encode()


def nested(name: str, lines: Iterable[bytes], /, depth: int, attributes: str = "") -> bytes:
    """An element of elements, each on a line of its own, two spaces further in; `depth` is its own in the document."""
    margin = "  " * depth
    inner = f"\n{margin}  ".encode().join(lines)
    return b"".join((f"<{name}{attributes}>\n{margin}  ".encode(), inner, f"\n{margin}</{name}>".encode()))


def inserted(document: bytes, end: bytes, elements: Iterable[bytes], depth: int) -> bytes:
    """A document with these elements before the end tag of their parent; `depth` is theirs."""
    head, tag, tail = document.rpartition(end)
    margin = b"  " * depth
    lines = [part for one in elements for part in (margin, one, b"\n")]
    return b"".join((head.rstrip(b" "), *lines, b"  " * (depth - 1), tag, tail))
