"""WARC: warcio reads it, digests hold, and what the archive keeps stands in it to the letter."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive.export.warc import write_warc
from archive.store import Choice
from archive.store.sqlite import SqliteStore
from archive.warcs import FEED
from tests.archive.export.conftest import OTHER
from tests.support.archive import URL, hour

BIN = Path(sys.executable).parent


def warc(store: SqliteStore, *, compressed: bool = True, choice: Choice | None = None) -> bytes:
    file = io.BytesIO()
    with store.snapshot() as source:
        write_warc(file, source, choice or Choice(), now=hour(30), software="Backissue/1", compressed=compressed)
    return file.getvalue()


def records(data: bytes) -> list[tuple[Any, bytes]]:
    found = []
    for record in ArchiveIterator(io.BytesIO(data), check_digests=True):
        body = record.content_stream().read()
        assert record.digest_checker.passed is not False, record.digest_checker.problems
        found.append((record, body))
    return found


@pytest.mark.parametrize("compressed", [False, True])
def test_all_that_was_served_stands_in_it(store: SqliteStore, tmp_path: Path, compressed: bool) -> None:
    data = warc(store, compressed=compressed)
    found = records(data)
    path = tmp_path / "out.warc"
    path.write_bytes(data)
    check = subprocess.run([BIN / "warcio", "check", "-v", path], capture_output=True, text=True, check=False)

    assert check.returncode == 0 and "pass" in check.stdout, check.stdout
    assert data.startswith(b"\x1f\x8b" if compressed else b"WARC/1.1\r\n")
    assert {record.rec_headers.protocol for record, _ in found} == {"WARC/1.1"}
    names = [record.rec_headers.get_header("WARC-Record-ID") for record, _ in found]
    assert len(set(names)) == len(names)
    for record, _ in found:  # what these name is there
        for field in ("WARC-Refers-To", "WARC-Concurrent-To"):
            assert record.rec_headers.get_header(field) in {None, *names}
    bodies = {record.rec_headers.get_header("WARC-Payload-Digest"): body for record, body in found if body}
    told = [
        bodies[record.rec_headers.get_header("WARC-Payload-Digest")]
        for record, _ in found
        if record.rec_type in ("response", "resource", "revisit")
    ]
    expected = [one.served.body for one in store.documents() for _ in range(2 if one.times > 1 else 1)]
    assert told == expected


def test_kinds_of_records(store: SqliteStore) -> None:
    found = records(warc(store))
    kinds = [record.rec_type for record, _ in found]
    assert kinds[:5] == ["warcinfo", "response", "request", "metadata", "revisit"]
    assert kinds.count("response") == 2 and kinds.count("resource") == 3
    assert kinds.count("revisit") == 3  # the end of a run, the same from another address, and the same once more
    response = found[1][0]
    assert response.http_headers.statusline == "200 OK"
    assert response.http_headers.headers[:2] == [("ETag", '"1"'), ("etag", "W/2")]
    request = found[2][0]
    assert (request.http_headers.protocol, request.http_headers.statusline) == ("GET", "/feed.xml HTTP/1.1")
    assert request.http_headers.get_header("Host") == "source.example"
    assert b"times: 3\r\n" in found[3][1] and f"feed: {URL}\r\n".encode() in found[3][1]
    again = next(record for record, _ in found if record.rec_headers.get_header("WARC-Target-URI") == quoted(OTHER))
    assert again.rec_type == "revisit"
    assert again.rec_headers.get_header("WARC-Refers-To-Target-URI") == URL
    assert again.http_headers.get_header("ETag") == '"1"'
    article = next(record for record, _ in found if "desk" in (record.rec_headers.get_header("WARC-Target-URI") or ""))
    assert article.rec_headers.get_header("WARC-Target-URI") == "file:///desk/a%20b%C3%A9.txt"
    assert article.rec_headers.get_header(FEED) == "file:///desk"


def quoted(url: str) -> str:
    return url.replace("ä", "%C3%A4")


def test_the_same_archive_gives_the_same_bytes(store: SqliteStore) -> None:
    assert warc(store) == warc(store)


def test_a_choice(store: SqliteStore) -> None:
    found = records(warc(store, choice=Choice(frozenset([2]))))
    assert [record.rec_type for record, _ in found] == ["warcinfo", "response", "request", "metadata"]
