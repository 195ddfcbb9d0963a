"""What former versions of live documents held, so that a subscriber gets only what it lacks (RFC 3229, `A-IM: feed`).

Each version that is served is remembered by the digest in its entity tag: the marks of its entries, eight bytes each.
What was published and replaced unseen, or served before the program was started, nobody is answered from: these get
the whole document, which is never wrong.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Iterable

from msgspec import Struct

from backissue.web.files import File
from feeds.compressed import compress
from feeds.delta import Parts, lacking, parts

_VERSIONS = 64  # of a document that are remembered
_DELTAS = 64  # answers that are kept at hand
_MARK = 8  # bytes
_CODED = re.compile(r"-(?:gz|br)\Z")
_MEMBER = re.compile(
    r"[ \t]*feed[ \t]*(?:;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?", re.ASCII | re.IGNORECASE
)


class Delta(Struct, frozen=True):
    """A document without what the holder of the version with the tag `base` has; `body` is in the coding asked for."""

    base: str
    body: bytes


class Former:
    """The versions of live documents that were served."""

    def __init__(self) -> None:
        self._documents: dict[str, OrderedDict[str, bytes]] = {}
        self._deltas: OrderedDict[tuple[str, str, str, str], bytes] = OrderedDict()

    async def learn(self, file: File) -> None:
        """Remember what a version of a live document holds."""
        versions = self._documents.setdefault(file.path, OrderedDict())
        if file.digest in versions or file.body is None:
            return
        whole = await asyncio.to_thread(parts, file.body)
        versions[file.digest] = b"".join(whole.marks) if whole else b""
        while len(versions) > _VERSIONS:
            versions.popitem(last=False)

    async def delta(self, file: File, tags: Iterable[str], coding: str) -> Delta | None:
        """What is new to the holder of a version with one of these tags (without quotes); None if that is all of it."""
        versions = self._documents.get(file.path, OrderedDict())
        base = next((tag for tag in tags if _CODED.sub("", tag) in versions), None)
        if base is None or file.body is None:
            return None
        key = (file.path, file.digest, _CODED.sub("", base), coding)
        body = self._deltas.get(key)
        if body is None:
            body = await asyncio.to_thread(_made, file.body, versions[key[2]], coding)
            self._deltas[key] = body
            while len(self._deltas) > _DELTAS:
                self._deltas.popitem(last=False)
        return Delta(base, body) if body else None


def wanted(field: str) -> bool:
    """Whether an A-IM field takes the instance manipulation "feed" (RFC 3229 section 10.5.3)."""
    found = [match for match in map(_MEMBER.fullmatch, field.split(",")) if match]
    return bool(found) and float(found[0][1] or 1) > 0


def _made(data: bytes, marks: bytes, coding: str) -> bytes:
    """The delta in that coding; nothing where the document cannot be taken apart, or all of it is new."""
    known = {marks[start : start + _MARK] for start in range(0, len(marks), _MARK)}
    whole: Parts | None = parts(data)
    body = lacking(whole, known) if whole and known else data
    if body == data:
        return b""
    return body if coding == "identity" else compress(body, coding)
