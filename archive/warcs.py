"""Reading web archives (WARC 0.17 to 1.1, ARC 1.0; gzip or not): answers, and what is damaged, one after another.

warcio reads the records. What it stumbles over is passed: reading goes on at the next record that can be found. Nothing
here takes more memory than one answer may.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from msgspec import Struct
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader, DecompressingBufferedReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecordLoader
from warcio.statusandheaders import StatusAndHeadersParserException

from archive.fetch import headers
from archive.fetch.decode import Body, TooLargeError, UndecodableError
from archive.store import Headers
from config.errors import BackissueError, reason_of
from feeds.dates import parse_date

ORIGINAL = "X-Archive-Orig-"  # before the names of fields that told how a body was sent
FEED = "Backissue-Feed"  # the feed that an answer belongs to, where its own address is another
WAY = "Backissue-Way"  # how an answer came here where it was not asked for by polling
TAKEN_IN = "taken in"  # a way: it is an article, and no answer
ARTICLE = "article"  # what such a record is put aside as
_GZIP = b"\x1f\x8b\x08"
_BLOCK = 1 << 16
_LONGEST_LINE = 1 << 16
_MOST_LINES = 1000  # of a record's head and the answer's
_MOST_STUMBLES = 200  # one after another, until it is no web archive that goes on
_ASIDE = {"warcinfo", "request", "metadata", "conversion", "continuation", "arc_header"}
# What warcio stumbles with.
_DAMAGE = (
    ArchiveLoadFailed,
    StatusAndHeadersParserException,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    zlib.error,
)
_ARC_DATE = re.compile(r"\d{14}", re.ASCII)


class WarcError(BackissueError):
    """A web archive cannot be read."""


class Answer(Struct, frozen=True, kw_only=True):
    """An answer that was kept: `body` has its codings undone, and is None for one that `refers` to another's.

    `at` is when it came (aware UTC), `name` the record's, `offset` where that begins. `digest` is that of the
    payload, as the record has it.
    `feed` is the address of its feed, where that is another, and `way` how it came, if a Backissue wrote the file.
    `refers` is the address and the time of the answer that had the same body, so far as the record tells them.
    """

    name: str
    offset: int
    url: str
    at: datetime
    status: int | None
    headers: Headers = ()
    body: bytes | None = None
    digest: str | None = None
    refers: tuple[str | None, str | None] = (None, None)
    date: str = ""
    feed: str | None = None
    way: str | None = None


class Trouble(Struct, frozen=True):
    """A record that was passed over, and why; `offset` is where it begins in the file, or about so."""

    offset: int
    reason: str


class Aside(Struct, frozen=True):
    """A record that no document can come from: `request` and the like, failures, other protocols."""

    kind: str


def records(file: BinaryIO, *, limit: int, now: datetime) -> Iterator[Answer | Trouble | Aside]:
    """All that is in the file, in its order; `limit` is how many bytes an answer may have.

    Nothing that stands in the file makes it raise; only reading the file may (OSError).
    """
    head = file.read(3)
    if not head:
        yield Trouble(0, "is empty")
        return
    start, stumbled, zipped = 0, 0, head == _GZIP
    while True:
        file.seek(start)
        found = _Records(file)
        try:
            for record in found:
                stumbled = 0
                yield _read(record, start, limit, now)
                found.get_record_offset()  # reads to the record's end
                start = max(found.offset, start + 1)
                if found.cut_off():
                    yield Trouble(start, "is longer or shorter than its head tells")
            return
        except _OneMemberError:
            yield from _whole(file, limit, now)
            return
        except (
            ArchiveLoadFailed,
            ValueError,
            TypeError,
            AttributeError,
            EOFError,
            zlib.error,
            RecursionError,
        ) as error:
            if not stumbled:
                yield Trouble(start, f"is damaged or no record ({_short(error)})")
            stumbled += 1
        following = _next(file, start + 1, zipped)
        if following is None:
            return
        if stumbled == _MOST_STUMBLES:
            yield Trouble(following, "what follows is no web archive")
            return
        start = following


class _OneMemberError(Exception):
    """All records were compressed together, which warcio does not read."""


class _Bounded(DecompressingBufferedReader):  # type: ignore[misc]
    """Reads lines of no more than so many bytes, and not more than so many of them for a record."""

    lines = 0  # of the head under way; below 0 between two records
    decompressor: Any

    def readline(self, length: int | None = None) -> bytes:
        line = bytes(super().readline(min(length or _LONGEST_LINE, _LONGEST_LINE)))
        self.lines += 1
        # warcio gives less than it was asked for where a line spans blocks.
        if (len(line) >= _LONGEST_LINE // 4 and line[-1:] != b"\n") or self.lines > _MOST_LINES:
            raise ArchiveLoadFailed("its head is too long")
        if self.lines > 1 and line.startswith(b"WARC/"):
            raise ArchiveLoadFailed("its head is cut off")
        return line

    def _decompress(self, data: bytes) -> bytes:
        try:
            return bytes(self.decompressor.decompress(data)) if self.decompressor and data else data
        except zlib.error as error:
            if self.num_block_read:
                raise ArchiveLoadFailed("its compression is damaged") from error
            self.decompressor = None  # it is not compressed
            return data


class _Loader(ArcWarcRecordLoader):  # type: ignore[misc]
    """warcio's, which would log what it mends."""

    def _ensure_target_uri_format(self, rec_headers: Any) -> str | None:
        url = rec_headers.get_header("WARC-Target-URI")
        if url is not None:
            url = url.removeprefix("<").removesuffix(">").replace(" ", "%20")
            rec_headers.replace_header("WARC-Target-URI", url)
        return url if url is None else str(url)


class _Records(ArchiveIterator):  # type: ignore[misc]
    """warcio's iterator: bounded, silent, and one that says when all is in one gzip member."""

    INC_RECORD = ""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, check_digests=True)
        self.loader = _Loader(verify_http=False, arc2warc=False)
        self.reader = _Bounded(self.fh)
        self._errors = 0

    def cut_off(self) -> bool:
        """Whether the record that was read last did not end where it should."""
        before, self._errors = self._errors, self.err_count
        return bool(self.err_count > before)

    def _next_record(self, next_line: Any) -> Any:
        self.reader.lines = 0 if next_line is None else 1
        return super()._next_record(next_line)

    def _consume_blanklines(self) -> Any:
        self.reader.lines = -_MOST_LINES
        return super()._consume_blanklines()

    def _raise_invalid_gzip_err(self) -> None:
        raise _OneMemberError


def _whole(file: BinaryIO, limit: int, now: datetime) -> Iterator[Answer | Trouble | Aside]:
    """The records of a file that is one gzip member; what is damaged in it ends it."""
    file.seek(0)
    with gzip.GzipFile(fileobj=file) as plain:
        try:
            found = _Records(cast(BinaryIO, plain))
            for record in found:
                yield _read(record, found.offset, limit, now)
        except (*_DAMAGE, gzip.BadGzipFile) as error:
            yield Trouble(plain.tell(), f"is damaged or no record ({_short(error)})")


def _next(file: BinaryIO, start: int, zipped: bool) -> int | None:
    """Where the next record may begin: a gzip member, or a line with WARC/."""
    mark, ahead = (_GZIP, 0) if zipped else (b"\nWARC/", 1)
    file.seek(max(0, start - ahead))
    place, kept = file.tell(), b""
    while block := file.read(_BLOCK):
        window = kept + block
        found = window.find(mark)
        if found >= 0:
            return place - len(kept) + found + ahead
        kept, place = window[-len(mark) + 1 :], place + len(block)
    return None


def _read(record: Any, offset: int, limit: int, now: datetime) -> Answer | Trouble | Aside:
    """What a record is. It has been read to the end of its payload, or is passed over."""
    kind, head = str(record.rec_type), record.rec_headers
    length = head.get_header("Content-Length") or head.get_header("length") or ""
    if not length.isascii() or not length.isdecimal():
        raise ArchiveLoadFailed("it tells no length")  # where it ends is not known, and so is where the next begins
    if kind in _ASIDE:
        return Aside(kind)
    if kind not in ("response", "resource", "revisit"):
        return Trouble(offset, f"is of a kind that is not known ({_printable(kind)})")
    url = head.get_header("WARC-Target-URI") or head.get_header("uri") or ""
    if not url.startswith(("http://", "https://")):
        return Aside(ARTICLE if head.get_header(WAY) == TAKEN_IN else "other address")
    status, fields = _answered(record, kind)
    if kind != "resource" and status not in (200, 203, 226, None):
        return Aside("failure")
    date = head.get_header("WARC-Date") or head.get_header("archive-date") or ""
    at = _time(date)
    if at is None or at > now:
        return Trouble(offset, "tells no time" if at is None else "tells a time that is still to come")
    facts = {
        "name": (head.get_header("WARC-Record-ID") or "").strip("<>") or f"record at {offset}",
        "offset": offset,
        "url": url,
        "at": at,
        "status": status,
        "digest": head.get_header("WARC-Payload-Digest"),
        "date": date,
        "feed": head.get_header(FEED),
        "way": head.get_header(WAY),
    }
    if kind == "revisit":
        refers = (head.get_header("WARC-Refers-To-Target-URI"), head.get_header("WARC-Refers-To-Date"))
        return Answer(**facts, headers=_kept(fields), refers=refers)
    body = _body(record, fields, limit)
    return Trouble(offset, body) if isinstance(body, str) else Answer(**facts, headers=_kept(fields), body=body)


def _answered(record: Any, kind: str) -> tuple[int | None, Headers]:
    """The answer's status and header fields, as they stand."""
    answer = record.http_headers
    if answer is None:
        content = record.rec_headers.get_header("Content-Type")
        return None, (("Content-Type", content),) if kind == "resource" and content else ()
    code = answer.get_statuscode()
    return int(code) if code.isascii() and code.isdecimal() and len(code) == 3 else 0, tuple(answer.headers)


def _body(record: Any, fields: Headers, limit: int) -> bytes | str:
    """The payload with its codings undone, or why there is none."""
    raw = _all(record.raw_stream, limit)
    if raw is None:
        return f"has more than {limit:,} bytes"
    expected = record.payload_length if record.payload_length >= 0 else record.length
    if len(raw) < expected:
        return "is cut off"
    known = {name.lower(): value.lower() for name, value in fields}
    chunked = known.get("transfer-encoding", "").strip() == "chunked"
    # Crawlers do not agree on whether the payload's digest counts the chunks: the block's then stands for it.
    if [one for one in record.digest_checker.problems if one.startswith("block" if chunked else ("block", "payload"))]:
        return "does not have the digest that it tells"
    if chunked:
        plain = _all(ChunkedDataReader(io.BytesIO(raw)), limit)
        if plain is None:
            return f"has more than {limit:,} bytes"
        raw = plain
    return _decoded(raw, fields, limit)


def _decoded(raw: bytes, fields: Headers, limit: int) -> bytes | str:
    """The body without its content codings; some crawlers have undone them and left the field as it was."""
    try:
        body = Body(headers.codings(fields), limit)
        body.feed(raw)
        return body.finish()
    except TooLargeError:
        return f"has more than {limit:,} bytes when it is decompressed"
    except UndecodableError as error:
        return raw if raw.lstrip()[:1] in (b"<", b"{") else str(error)


def _all(stream: Any, limit: int) -> bytes | None:
    """What is in a stream, None if that is more than so many bytes."""
    parts: list[bytes] = []
    size = 0
    while part := stream.read(min(_BLOCK, limit + 1 - size)):
        parts.append(part)
        size += len(part)
        if size > limit:
            return None
    return b"".join(parts)


def _kept(fields: Headers) -> Headers:
    """The header fields of the answer as it was sent: what was named otherwise has its name again."""
    renamed = [name for name, _ in fields if name.startswith(ORIGINAL)]
    if not renamed:
        return fields
    return tuple((name.removeprefix(ORIGINAL), value) for name, value in fields if name.lower() != "content-length")


def _time(text: str) -> datetime | None:
    """A time of a WARC (W3C's profile of ISO 8601) or an ARC (14 digits), aware UTC."""
    if _ARC_DATE.fullmatch(text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:10]}:{text[10:12]}:{text[12:]}Z"
    found = parse_date(text) if text else None
    return found.astimezone(UTC) if found else None


def _short(error: BaseException) -> str:
    """An error of the reader in few words and one line."""
    return _printable(str(error)) or type(error).__name__


def _printable(text: str) -> str:
    """The beginning of a text as one line of what can be seen."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text[:200]).split())[:80]


def open_file(path: Path) -> BinaryIO:
    """The file, to be read. Raises WarcError."""
    try:
        if path.is_dir():
            raise WarcError(str(path), "is a folder", "name a WARC file")
        return path.open("rb")
    except OSError as error:
        raise WarcError(str(path), f"cannot be read ({reason_of(error)})") from error
