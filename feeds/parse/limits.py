"""How much a document may hold: looked at before much is spent, and for next to nothing where it is small."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from lxml import etree

from config.settings import Limits
from feeds.model import ParsedFeed
from feeds.parse.errors import TooMuch

# libxml2 reads no deeper than that unless it is told to.
DEEPEST = 256
_SHORTEST = 5  # bytes of an attribute: a="" and the blank before it
_JSON = (b"{", b"[")

_size = msgspec.json.Encoder().encode


def check_body(body: bytes, limits: Limits) -> None:
    """Raise TooMuch where a document has too many tags to be read at all, or lists and objects if it is JSON."""
    if len(body) <= limits.tags:
        return
    is_json = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_JSON)
    if (sum(map(body.count, _JSON)) if is_json else body.count(b"<")) > limits.tags:
        raise TooMuch("tags", f"has more than {limits.tags:,} {'lists and objects' if is_json else 'tags'}")


def check_tree(root: Any, size: int, limits: Limits) -> None:
    """Raise TooMuch where elements lie too deep or one has too many attributes.

    `size` is that of the document in bytes.
    """
    if (limits.depth < DEEPEST or size >= HUGE) and _deeper(limits.depth)(root):
        raise too_deep(limits)
    if size > limits.attributes * _SHORTEST and _more(limits.attributes)(root):
        raise TooMuch("attributes", f"has a tag with more than {limits.attributes:,} attributes")


def check_count(entries: int, limits: Limits) -> None:
    """Raise TooMuch where a document has too many entries."""
    if entries > limits.entries:
        raise TooMuch("entries", f"has {entries:,} entries, more than {limits.entries:,}")


def check_sizes(parsed: ParsedFeed, size: int, limits: Limits) -> None:
    """Raise TooMuch where an entry is too large; `size` is that of the document, which no entry can exceed by much."""
    if size <= limits.entry_bytes:
        return
    for number, entry in enumerate(parsed.entries, 1):
        if len(_size(entry)) > limits.entry_bytes:
            raise TooMuch("entry_bytes", f"has an entry (number {number}) of more than {limits.entry_bytes:,} bytes")


def check_memory(error: Any) -> None:
    """Raise MemoryError if that is what an error of lxml's means: half a tree must not pass for a document."""
    if etree.ErrorTypes.ERR_NO_MEMORY in (getattr(error, "code", None), getattr(error, "type", None)):
        raise MemoryError


def too_deep(limits: Limits) -> TooMuch:
    """What is said of a document whose elements lie too deep."""
    reason = f"has elements that lie more than {limits.depth} deep in each other"
    return TooMuch("depth" if limits.depth < DEEPEST else None, reason)


# From that size on libxml2 has to be told that texts may be long, and then it also reads deeper.
HUGE = 10_000_000


@lru_cache(maxsize=8)
def _deeper(depth: int) -> etree.XPath:
    return etree.XPath(f"boolean({'/*' * (depth + 1)})")


@lru_cache(maxsize=8)
def _more(attributes: int) -> etree.XPath:
    return etree.XPath(f"boolean(//@*[{attributes + 1}])")
