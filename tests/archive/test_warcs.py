"""Web archives of others: what crawlers write is read, what is damaged is told once, and reading goes on after it."""

from __future__ import annotations

import gzip
import io
import zlib
from datetime import UTC, datetime
from typing import Any

import brotli
import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.warcs import Answer, Aside, Trouble, records
from tests.support.items import NOON

URL = "https://s.example/feed"
RSS = b"<rss version='2.0'><channel><title>News</title></channel></rss>"
Found = Answer | Trouble | Aside


def read(data: bytes, limit: int = 1_000_000) -> list[Found]:
    return list(records(io.BytesIO(data), limit=limit, now=NOON))


def answers(data: bytes, limit: int = 1_000_000) -> list[Answer]:
    return [one for one in read(data, limit) if isinstance(one, Answer)]


def troubles(data: bytes, limit: int = 1_000_000) -> list[str]:
    return [one.reason for one in read(data, limit) if isinstance(one, Trouble)]


def record(
    body: bytes = RSS,
    *,
    url: str = URL,
    kind: str = "response",
    fields: tuple[tuple[str, str], ...] = (("Content-Type", "application/rss+xml"),),
    status: str = "200 OK",
    date: str = "2024-05-01T12:30:00Z",
    zipped: bool = False,
    version: str = "1.0",
    **head: str,
) -> bytes:
    """A record as a crawler writes it."""
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=zipped, warc_version=version)
    http: Any = StatusAndHeaders(status, list(fields), protocol="HTTP/1.1") if kind == "response" else None
    named = {"WARC-Date": date, **{name.replace("_", "-"): value for name, value in head.items()}}
    made = writer.create_warc_record(
        url, kind, payload=io.BytesIO(body), length=len(body), warc_headers_dict=named, http_headers=http
    )
    writer.write_record(made)
    return file.getvalue()


def raw(payload: bytes, *head: str, length: int | None = None) -> bytes:
    """A record without digests, with the head as given."""
    lines = "".join(f"{line}\r\n" for line in (f"Content-Length: {len(payload) if length is None else length}", *head))
    return f"WARC/1.0\r\n{lines}\r\n".encode() + payload + b"\r\n\r\n"


HEAD = ("WARC-Type: response", f"WARC-Target-URI: {URL}", "WARC-Date: 2024-05-01T12:30:00Z")
HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


def chunked(body: bytes) -> bytes:
    return b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (body[:9], body[9:], b""))


def packed_together(*parts: bytes) -> bytes:
    return gzip.compress(b"".join(parts))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(record(), id="plain"),
        pytest.param(record(zipped=True), id="gzip"),
        pytest.param(record(version="1.1", date="2024-05-01T12:30:00.000000Z"), id="WARC 1.1"),
        pytest.param(packed_together(record(), record()), id="all in one gzip member"),
        pytest.param(record(url=f"<{URL}>"), id="address in brackets, as an old wget has it"),
        pytest.param(record(gzip.compress(RSS), fields=(("Content-Encoding", "gzip"),)), id="Content-Encoding: gzip"),
        pytest.param(record(brotli.compress(RSS), fields=(("Content-Encoding", "br"),)), id="Content-Encoding: br"),
        pytest.param(record(zlib.compress(RSS), fields=(("Content-Encoding", "deflate"),)), id="deflate"),
        pytest.param(record(RSS, fields=(("Content-Encoding", "gzip"),)), id="a coding that was undone already"),
        pytest.param(record(chunked(RSS), fields=(("Transfer-Encoding", "chunked"),)), id="chunked"),
        pytest.param(record(RSS, fields=(("Transfer-Encoding", "chunked"),)), id="chunks that were undone already"),
        pytest.param(raw(HTTP + b"\r\n" + RSS, *HEAD), id="without digests"),
        pytest.param(raw(b"HTTP/2 200\r\n\r\n" + RSS, *HEAD), id="HTTP/2"),
        pytest.param(raw(HTTP + b"\r\n" + RSS, *HEAD, "WARC-Payload-Digest: md7:xyz"), id="a digest nobody knows"),
        pytest.param(
            b"filedesc://a.arc 0.0.0.0 20240501123000 text/plain 20\n1 0 X\nURL IP T L\n \n\n\n"
            + f"{URL} 1.2.3.4 20240501123000 text/xml {len(HTTP) + 2 + len(RSS)}\n".encode()
            + HTTP
            + b"\r\n"
            + RSS
            + b"\n",
            id="ARC",
        ),
    ],
)
def test_what_crawlers_write_is_read(data: bytes) -> None:
    found = answers(data)[0]

    assert (found.url, found.at, found.body) == (URL, datetime(2024, 5, 1, 12, 30, tzinfo=UTC), RSS)
    assert found.status == 200
    assert troubles(data) == []


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (record(status="404 Not Found"), "failure"),
        (record(b"1.2.3.4", url="dns:s.example", kind="resource"), "other address"),
        (record(b"a: b", kind="metadata"), "metadata"),
    ],
)
def test_what_no_document_comes_from_is_passed_in_silence(data: bytes, kind: str) -> None:
    assert read(data) == [Aside(kind)]


BROKEN = {
    "a wrong digest": (record(WARC_Block_Digest="sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), "the digest that it tells"),
    "no time": (record(date="soon"), "tells no time"),
    "a time to come": (record(date="2090-01-01T00:00:00Z"), "still to come"),
    "of no kind": (raw(b"x", "WARC-Type: poem", *HEAD[1:]), "not known"),
    "too large": (record(b"<rss>" + b" " * 3000), "more than 2,000 bytes"),
    "a bomb": (record(gzip.compress(b" " * 9000), fields=(("Content-Encoding", "gzip"),)), "when it is decompressed"),
    "no such coding": (record(b"\x00\x01", fields=(("Content-Encoding", "gzip"),)), "compressed as gzip"),
    "no record": (b"Once upon a time\r\n\r\n", "damaged or no record"),
    "a head without an end": (b"WARC/1.0\r\n" + b"a" * 70_000, "damaged or no record"),
    "many lines": (b"WARC/1.0\r\n" + b"a: b\r\n" * 3000, "damaged or no record"),
    "a length that is none": (raw(b"", *HEAD, length=-3), "damaged or no record"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("zipped", [False, True])
def test_what_is_broken_is_told_once_and_the_next_is_read(name: str, zipped: bool) -> None:
    broken, reason = BROKEN[name]
    parts = [record(b"<a/>"), broken, record(b"<b/>"), record(b"<c/>")]
    data = b"".join(gzip.compress(part) for part in parts) if zipped else b"".join(parts)

    told = troubles(data, limit=2000)
    assert [one.body for one in answers(data, limit=2000)][:1] == [b"<a/>"]
    assert [one.body for one in answers(data, limit=2000)][-1] == b"<c/>"
    assert reason in " ".join(told)
    assert len(told) <= 2 and not any("\n" in one for one in told)


@pytest.mark.parametrize("place", range(20, 900, 40))
@pytest.mark.parametrize("zipped", [False, True])
def test_a_hole_in_a_file_takes_no_more_than_what_was_in_it(place: int, zipped: bool) -> None:
    parts = [record(f"<a>{number}</a>".encode(), zipped=zipped) for number in range(6)]
    data = bytearray(b"".join(parts))
    data[place : place + 30] = b"\x00" * 30
    touched = [
        number
        for number in range(6)
        if sum(map(len, parts[:number])) < place + 30 + 4 and sum(map(len, parts[: number + 1])) > place
    ]
    found = {one.body for one in answers(bytes(data))}

    assert found >= {f"<a>{number}</a>".encode() for number in range(6) if number not in touched}


def test_a_file_that_ends_in_the_middle(tmp_path: Any) -> None:
    whole = record() + record(b"<b/>")
    for end in range(len(record()) + 10, len(whole) - 8, 7):
        found = answers(whole[:end])
        assert found[0].body == RSS
        assert all(one.body in (RSS, b"<b/>") for one in found)
