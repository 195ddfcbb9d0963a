"""XML as text: what documents have most of, entries, is put together far faster so than as a tree.

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


def markup(html: str) -> str:
    """HTML as an element's content."""
    return _markup_once(html) if len(html) < _SHORT else _markup(html)


def _markup(html: str) -> str:
    return html.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


_markup_once = lru_cache(128)(_markup)  # the entries of a page, whose texts go into several formats


def element(name: str, content: str = "", /, **attributes: str | None) -> str:
    """An element with content that is XML already, and with the attributes that are neither None nor empty."""
    if not attributes:
        return f"<{name}>{content}</{name}>"
    given = ""
    for key, value in attributes.items():
        if value:
            given += f' {key}="{value.translate(_ATTRIBUTE) if _IN_ATTRIBUTE(value) else value}"'
    return f"<{name}{given}>{content}</{name}>" if content else f"<{name}{given}/>"


def nested(name: str, lines: Iterable[str], /, depth: int, attributes: str = "") -> str:
    """An element of elements, each on a line of its own, two spaces further in; `depth` is its own in the document."""
    margin = "  " * depth
    inner = f"\n{margin}  ".join(lines)
    return f"<{name}{attributes}>\n{margin}  {inner}\n{margin}</{name}>"


def inserted(document: bytes, end: bytes, elements: Iterable[str], depth: int) -> bytes:
    """A document with these elements before the end tag of their parent; `depth` is theirs."""
    head, tag, tail = document.rpartition(end)
    margin = "  " * depth
    inner = "".join([f"{margin}{one}\n" for one in elements])
    return b"".join((head.rstrip(b" "), inner.encode(), b"  " * (depth - 1), tag, tail))
