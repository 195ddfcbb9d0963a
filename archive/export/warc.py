"""Documents as WARC 1.1 (ISO 28500:2017): what was asked, what was answered, and what the archive knows of it.

    an answer              response, with its request where that was kept, and metadata
    the same bytes again   revisit (identical payload), of another document or at the end of a run of equal answers
    an article, a copy, what a hub brought: its server was not asked    resource, and metadata

The archive keeps bodies with their codings undone, and header fields to the letter; status lines, the request line and
Host are made anew. Fields that describe the codings are named X-Archive-Orig-..., and Content-Length is that of the
body here. Of all answers of a run but the first, only how many they were and when the last came is known.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from http import HTTPStatus
from io import BytesIO
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.store import Choice, DocumentRecord, FeedRecord, Headers, Snapshot
from archive.store.times import to_text
from archive.store.values import way
from archive.warcs import FEED, ORIGINAL, WAY

_SENT = {"transfer-encoding", "content-encoding", "content-length"}
_ASKED = ("polled", "backfilled")
_OURS = "Backissue-"  # fields that the archive keeps with a document, and nobody sent
_CONFORMS = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"


class _Letter(StatusAndHeaders):  # type: ignore[misc]
    """A head that keeps its letters: warcio would write those beyond ASCII as %XX."""

    def to_ascii_bytes(self, filter_func: Any = None) -> bytes:
        """The head in UTF-8."""
        return bytes(self.to_bytes(filter_func))


def write_warc(
    file: BinaryIO,
    source: Snapshot,
    choice: Choice,
    *,
    now: datetime,
    software: str,
    compressed: bool,
    done: Callable[[str], None] = lambda name: None,
) -> int:
    """Write the chosen documents; gives how many records that made. `done` hears of each document.

    `compressed` makes each record a gzip member of its own. The same archive, choice and time give the same bytes.
    Raises StoreError.
    """
    made = _Records(WARCWriter(file, gzip=compressed, warc_version="1.1"), source, choice)
    made.begin(now, software)
    for document in source.documents(choice):
        made.add(document)
        done(document.served.url)
    return made.count


class _Records:
    def __init__(self, writer: Any, source: Snapshot, choice: Choice) -> None:
        self._writer = writer
        self._authority = source.authority
        self._feeds = {feed.id: feed for feed in source.feeds(choice)}
        self._repeated = source.repeated(choice)
        self._said: dict[str, dict[str, str]] = {}  # by SHA-256: the response that later ones refer to
        self._last: dict[str, str] = {}
        self.count = 0

    def begin(self, now: datetime, software: str) -> None:
        fields = {"software": software, "format": "WARC File Format 1.1", "conformsTo": _CONFORMS}
        fields["description"] = f"Feeds kept in the archive {self._authority}; content and transfer codings are undone"
        record = self._writer.create_warc_record(
            "",
            "warcinfo",
            payload=BytesIO(_fields(fields.items())),
            length=len(_fields(fields.items())),
            warc_headers_dict={"WARC-Record-ID": self._id("warcinfo", to_text(now)), "WARC-Date": to_text(now)},
        )
        self._write(record)

    def add(self, document: DocumentRecord) -> None:
        """The records of a document."""
        how, copy = way(document.served.request_headers, document.served.status)
        written = self._answer(document) if how in _ASKED else self._resource(document)
        self._metadata(document, how, copy, written)
        if how in _ASKED and document.times > 1 and document.last_at > document.first_at:
            self._again(document)

    def _answer(self, document: DocumentRecord) -> str:
        """A response, or a revisit of one with the same body, and its request; gives the record's name."""
        served, at = document.served, to_text(document.first_at)
        head = _Letter(_status(served.status or 0), _received(served.response_headers, document.size), "HTTP/1.1")
        named = self._named(document, "response")
        known = self._said.get(document.sha256)
        if known:
            record = self._revisit(document, named, at, known, head)
        else:
            record = self._writer.create_warc_record(
                _uri(served.url),
                "response",
                payload=BytesIO(served.body),
                length=len(served.body),
                warc_headers_dict=named,
                http_headers=head,
            )
            digest = record.rec_headers.get_header("WARC-Payload-Digest")
            self._remember(document, named["WARC-Record-ID"], at, digest)
        self._write(record)
        asked = [field for field in served.request_headers if not field[0].startswith(_OURS)]
        if asked:
            self._request(document, asked, named["WARC-Record-ID"], at)
        return named["WARC-Record-ID"]

    def _request(self, document: DocumentRecord, asked: list[tuple[str, str]], response: str, at: str) -> None:
        parts = urlsplit(_uri(document.served.url))
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = [] if any(name.lower() == "host" for name, _ in asked) else [("Host", parts.netloc.rpartition("@")[2])]
        record = self._writer.create_warc_record(
            _uri(document.served.url),
            "request",
            warc_headers_dict={
                "WARC-Record-ID": self._id("request", document.id),
                "WARC-Date": at,
                "WARC-Concurrent-To": response,
            },
            http_headers=_Letter(f"{path} HTTP/1.1", [*host, *asked], "GET"),
        )
        self._write(record)

    def _resource(self, document: DocumentRecord) -> str:
        served = document.served
        kind = next((value for name, value in served.response_headers if name.lower() == "content-type"), None)
        named = self._named(document, "resource")
        record = self._writer.create_warc_record(
            _uri(served.url),
            "resource",
            payload=BytesIO(served.body),
            length=len(served.body),
            warc_content_type=" ".join((kind or "application/octet-stream").split()),
            warc_headers_dict=named,
        )
        self._write(record)
        return named["WARC-Record-ID"]

    def _again(self, document: DocumentRecord) -> None:
        """The last of a run of equal answers, of which nothing is known but its time."""
        at = to_text(document.last_at)
        named = {**self._named(document, "again"), "WARC-Date": at}
        known = self._said.get(document.sha256) or self._last
        self._write(self._revisit(document, named, at, known, None))

    def _revisit(
        self, document: DocumentRecord, named: dict[str, str], at: str, known: dict[str, str], head: _Letter | None
    ) -> Any:
        return self._writer.create_revisit_record(
            _uri(document.served.url),
            known["digest"],
            known["uri"],
            known["at"],
            http_headers=head,
            warc_headers_dict={**named, "WARC-Refers-To": known["id"], "WARC-Date": at},
        )

    def _metadata(self, document: DocumentRecord, how: str, copy: str | None, about: str) -> None:
        feed = self._feeds[document.feed]
        facts = {
            "feed": feed.url,
            "feedTitle": feed.title,
            "how": how,
            "copy": copy,
            "firstSeen": to_text(document.first_at),
            "lastSeen": to_text(document.last_at),
            "times": str(document.times),
            "feedFormat": document.format,
            "charset": document.charset and document.charset.used,
            "sha256": document.sha256,
        }
        kept = [(name, value) for name, value in facts.items() if value]
        kept += [(name, value) for name, value in document.served.request_headers if name.startswith(_OURS)]
        body = _fields(kept)
        record = self._writer.create_warc_record(
            _uri(document.served.url),
            "metadata",
            payload=BytesIO(body),
            length=len(body),
            warc_headers_dict={
                "WARC-Record-ID": self._id("metadata", document.id),
                "WARC-Date": to_text(document.first_at),
                "WARC-Refers-To": about,
            },
        )
        self._write(record)

    def _remember(self, document: DocumentRecord, name: str, at: str, digest: str) -> None:
        self._last = {"id": name, "uri": _uri(document.served.url), "at": at, "digest": digest}
        if document.sha256 in self._repeated:
            self._said[document.sha256] = self._last

    def _named(self, document: DocumentRecord, kind: str) -> dict[str, str]:
        feed: FeedRecord = self._feeds[document.feed]
        other = {} if feed.url == document.served.url else {FEED: _one_line(feed.url)}
        how, _ = way(document.served.request_headers, document.served.status)
        came = {} if how == "polled" else {WAY: how}
        return {"WARC-Record-ID": self._id(kind, document.id), "WARC-Date": to_text(document.first_at), **other, **came}

    def _id(self, kind: str, number: object) -> str:
        return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'tag:{self._authority}:{kind}:{number}')}>"

    def _write(self, record: Any) -> None:
        self._writer.write_record(record)
        self.count += 1


def _received(headers: Headers, size: int) -> list[tuple[str, str]]:
    """The answer's fields as they hold for the body here; one that told nothing of how it was sent is left so."""
    kept = [(f"{ORIGINAL}{name}" if name.lower() in _SENT else name, _one_line(value)) for name, value in headers]
    renamed = any(name.startswith(ORIGINAL) for name, _ in kept)
    return [*kept, ("Content-Length", str(size))] if renamed else kept


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _fields(pairs: Iterable[tuple[str, str]]) -> bytes:
    """application/warc-fields."""
    return "".join(f"{name}: {_one_line(value)}\r\n" for name, value in pairs).encode()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _uri(url: str) -> str:
    """The address with nothing in it that would end a line of a record's head."""
    return quote(url, safe="!#$%&'()*+,/:;=?@[]~")
