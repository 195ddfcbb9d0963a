"""A feed document without the entries that somebody has already (RFC 3229 with the instance manipulation "feed"). Pure.

An entry is known by a mark, a digest of its bytes in the document: an edit gives it another. What is left out is cut
from the bytes, so all else (title, links, tombstones) is as in the whole document.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from xml.parsers import expat

import msgspec

_MARK = 8  # bytes
_PLACES = {"entry": ["feed"], "item": ["rss", "channel"]}  # what stands around an entry


class Parts(msgspec.Struct, frozen=True):
    """A document, and where in it each entry stands: from and up to a byte."""

    data: bytes
    entries: tuple[tuple[int, int], ...]

    @property
    def marks(self) -> tuple[bytes, ...]:
        """The mark of each entry."""
        return tuple(_mark(self.data[start:stop]) for start, stop in self.entries)


def parts(data: bytes) -> Parts | None:
    """A document of RSS, Atom or JSON Feed, taken apart; None for others, and for one that says it is complete.

    Of a complete document (RFC 5005 section 2) the entries that are not in it count as removed.
    """
    entries = _json_entries(data) if data[:1] == b"{" else _xml_entries(data)
    return None if entries is None else Parts(data, tuple(entries))


def lacking(whole: Parts, known: Collection[bytes]) -> bytes:
    """The document without the entries whose marks are known."""
    marked = list(zip(whole.entries, whole.marks, strict=True))
    if not marked:
        return whole.data
    if whole.data[:1] == b"{":
        kept = b",".join(whole.data[start:stop] for (start, stop), mark in marked if mark not in known)
        return whole.data[: whole.entries[0][0]] + kept + whole.data[whole.entries[-1][1] :]
    pieces, reached = [], 0
    for (start, stop), mark in marked:
        if mark in known:
            pieces.append(whole.data[reached:start].rstrip())
            reached = stop
    return b"".join(pieces) + whole.data[reached:]


def _mark(entry: bytes) -> bytes:
    return hashlib.blake2b(entry, digest_size=_MARK).digest()


def _json_entries(data: bytes) -> list[tuple[int, int]] | None:
    try:
        head = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        items = msgspec.json.decode(head.get("items", b"[]"), type=list[msgspec.Raw])
    except msgspec.MsgspecError:
        return None
    if b'"complete":true' in bytes(head.get("_backissue", b"")).replace(b" ", b""):
        return None
    found, reached = [], data.find(bytes(head.get("items", b"")))
    for item in items:
        start = data.index(bytes(item), reached)
        reached = start + len(bytes(item))
        found.append((start, reached))
    return found


def _xml_entries(data: bytes) -> list[tuple[int, int]] | None:
    parser = expat.ParserCreate(namespace_separator=" ")
    around: list[str] = []
    found: list[tuple[int, int]] = []
    begun = 0
    complete = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal begun, complete
        local = name.rpartition(" ")[2]
        if _PLACES.get(local) == around:
            begun = parser.CurrentByteIndex
        complete = complete or (local == "complete" and len(around) <= 2)
        around.append(local)

    def end(name: str) -> None:
        local = around.pop()
        if _PLACES.get(local) == around:
            stop = parser.CurrentByteIndex  # where the end tag begins; of an empty element, where it ends
            found.append((begun, data.index(b">", stop) + 1 if data[stop : stop + 2] == b"</" else stop))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        return None
    return None if complete else found
