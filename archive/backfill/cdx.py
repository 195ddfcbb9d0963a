"""Which copies a web archive has, as its CDX interface tells. Pure: what to ask, what was answered, what to fetch.

Answers come in the forms that are in use: a JSON list of lists with the names in the first (the Wayback Machine), an
object a line (pywb), lines of key, time and object (CDXJ), and plain columns (CDX of 7, 9, 10 or 11).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from archive.backfill.habits import with_query

_LIMIT = 5000  # captures in an answer
_TIME = re.compile(r"\d{14}")
_START = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest")
_COLUMNS = {
    7: (*_START, "length"),
    9: (*_START, "redirect", "offset", "filename"),
    10: (*_START, "redirect", "meta", "offset", "filename"),
    11: (*_START, "redirect", "meta", "length", "offset", "filename"),
}
_HEAD = "CDX "  # of a file that names its columns by letters, which are those above
_NAMES = {"url": "original", "status": "statuscode", "mime": "mimetype"}  # as pywb has them
_SAME_AGAIN = "warc/revisit"

Span = tuple[datetime, datetime]


class Capture(Struct, frozen=True):
    """A copy: when it was taken (aware UTC), of which address, what that answered, and the digest of the bytes."""

    at: datetime
    original: str
    status: str = "200"
    mime: str = ""
    digest: str = ""

    @property
    def timestamp(self) -> str:
        """Its time as web archives write it."""
        return f"{self.at.year:04}{self.at:%m%d%H%M%S}"


class Listing(Struct, frozen=True):
    """What an answer tells: the copies, and where the next answer goes on."""

    captures: tuple[Capture, ...]
    resume: str | None = None


def query(server: str, url: str, resume: str | None = None) -> str:
    """The address that lists the copies of a feed; `resume` is where the last answer left off."""
    values = {"url": bare(url), "output": "json", "collapse": "digest", "limit": str(_LIMIT), "showResumeKey": "true"}
    return with_query(server, **values, **({"resumeKey": resume} if resume else {}))


def address(template: str, capture: Capture) -> str:
    """The address of a copy's bytes."""
    return template.replace("{timestamp}", capture.timestamp).replace("{url}", capture.original)


def bare(url: str) -> str:
    """An address without the credentials that may be in it, which are nobody else's business."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))


def read_listing(body: bytes) -> Listing:
    """The copies that an answer lists. Raises ValueError for one that is no such list."""
    text = body.decode("utf-8", "replace").strip()
    if not text:
        return Listing(())
    try:
        return _of_rows(json.loads(text)) if text.startswith("[") else _of_lines(text)
    except (AttributeError, RecursionError) as error:
        raise ValueError("no list of copies") from error


def _of_lines(text: str) -> Listing:
    captures, resume, lines = [], None, text.splitlines()
    for number, line in enumerate(lines):
        if not line.strip():
            # A blank line stands before the key to go on with, and that is the end.
            resume = next((one.strip() for one in lines[number + 1 :] if one.strip()), None)
            break
        if not line.startswith(_HEAD):
            captures.append(_of_line(line))
    return Listing(tuple(one for one in captures if one), resume)


def chosen(
    captures: Iterable[Capture], proven: Collection[Span], known: Collection[str], template: str, now: datetime
) -> list[Capture]:
    """The copies worth fetching, the newest first.

    Those whose answer was a document, at times when it is not `proven` anyway that nothing passed, each content once
    for as long as it stood, and none whose address is `known`.
    """
    found: list[Capture] = []
    last = None
    for one in sorted(captures, key=lambda capture: capture.at):
        if one.status not in ("200", "-", "") or one.at > now:
            continue
        if one.mime == _SAME_AGAIN or (one.digest and one.digest == last):
            continue
        last = one.digest
        if any(start <= one.at <= end for start, end in proven) or address(template, one) in known:
            continue
        found.append(one)
    return found[::-1]


def _of_rows(rows: object) -> Listing:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise ValueError("no list of lists")
    if not rows:
        return Listing(())
    names, *rest = rows
    resume = None
    if len(rest) >= 2 and rest[-2] == [] and len(rest[-1]) == 1:
        resume, rest = _text(rest[-1][0]), rest[:-2]
    return Listing(tuple(_captures(dict(zip(map(str, names), row, strict=False)) for row in rest)), resume)


def _of_line(line: str) -> Capture | None:
    if line.startswith("{"):
        return next(_captures([json.loads(line)]), None)
    parts = line.split(" ")
    if len(parts) > 2 and parts[2].startswith("{"):
        facts = json.loads(line.split(" ", 2)[2])
        return next(_captures([{"timestamp": parts[1], **facts}]), None)
    if len(parts) not in _COLUMNS:
        raise ValueError("no line of an index of copies")
    return next(_captures([dict(zip(_COLUMNS[len(parts)], parts, strict=True))]), None)


def _captures(rows: Iterable[Mapping[str, object]]) -> Iterator[Capture]:
    for row in rows:
        facts = {_NAMES.get(name, name): _text(value) for name, value in row.items()}
        at = _time(facts.get("timestamp", ""))
        if at and _is_of_the_web(facts.get("original", "")):
            yield Capture(
                at,
                facts["original"],
                facts.get("statuscode", "200"),
                facts.get("mimetype", ""),
                facts.get("digest", ""),
            )


def _text(value: object) -> str:
    """What JSON says, without halves of characters, which no address can hold."""
    return str(value).encode("utf-8", "replace").decode()


def _is_of_the_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


def _time(text: str) -> datetime | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def proven_spans(start: datetime, end: datetime, holes: Sequence[Span]) -> list[Span]:
    """The parts of that time that are no holes, but for their ends."""
    edges = [start, *(edge for hole in holes for edge in hole), end]
    return [(edges[place], edges[place + 1]) for place in range(0, len(edges) - 1, 2)]
