"""Raw documents: every distinct answer as it came, with its headers and times. Nothing here reads what is in them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from archive.store import blobs, heads
from archive.store.times import from_text, to_text
from archive.store.values import DocumentRecord, Headers, Observation, Served
from feeds.model import Charset, Feed, ParsedFeed

_ROWS = (
    "SELECT document.id, document.feed, url, status, first_at, last_at, times, format, charset, problems, heads,"
    " request_headers, response_headers, blob.sha256, blob.size, blob.codec, blob.data, blob.base"
    " FROM document JOIN blob ON blob.id = document.blob"
)
_BARE = _ROWS.replace("blob.codec, blob.data, blob.base", "'raw', x'', NULL")
_ARTICLE = "AND status IS NULL"  # those alone have an index by their address


def keep(db: sqlite3.Connection, seen: Observation) -> int:
    """The number of the document that came; one row for a run of equal answers from an address.

    A run ends where the feed says something else, from whatever address.
    """
    served = seen.served
    assert served is not None
    digest, at = served.sha256, to_text(seen.at)
    latest = db.execute(
        "SELECT document.id, blob.sha256, document.last_at, document.blob FROM document"
        " JOIN blob ON blob.id = document.blob"
        f" WHERE document.feed = ? AND document.url = ? {_sort(seen, served)}"
        " ORDER BY document.id DESC LIMIT 1",
        (seen.feed, served.url),
    ).fetchone()
    goes_on = latest and latest[1] == digest and latest[2] <= at
    if goes_on and seen.windowed:
        goes_on = not db.execute(
            "SELECT 1 FROM document WHERE feed = ? AND id > ? AND blob <> ?", (seen.feed, latest[0], latest[3])
        ).fetchone()
    again = latest[0] if goes_on else _same_then(db, seen.feed, digest, at)
    if again:
        db.execute("UPDATE document SET last_at = max(last_at, ?), times = times + 1 WHERE id = ?", (at, again))
        return int(again)
    cursor = db.execute(
        "INSERT INTO document (feed, blob, url, status, first_at, last_at, heads, format, charset, problems)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            seen.feed,
            blobs.put(db, served.body, latest and latest[3], digest),
            served.url,
            served.status,
            at,
            at,
            heads.pack(served.request_headers, served.response_headers),
            *_how_read(db, seen),
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _sort(seen: Observation, served: Served) -> str:
    """Which documents a run goes on from: what was asked for goes on from such, what was brought from what was."""
    if served.status:
        return "AND status IS NOT NULL"
    return "" if seen.windowed else _ARTICLE


def same_again(db: sqlite3.Connection, seen: Observation) -> None:
    """A 304: the last document was served once more."""
    db.execute(
        "UPDATE document SET last_at = max(last_at, ?), times = times + 1"
        " WHERE id = (SELECT document FROM poll WHERE feed = ?)",
        (to_text(seen.at), seen.feed),
    )


def last_seen(db: sqlite3.Connection, seen: Observation, *, before: int | None = None) -> str:
    """When what this document replaces was served last: the feed's window, or the article at that address.

    `before` is the document's own number where it is among those that are known.
    """
    if seen.keys is None:
        row = db.execute(
            "SELECT last_at FROM poll JOIN document ON document.id = poll.window WHERE poll.feed = ?", (seen.feed,)
        ).fetchone()
    else:
        row = db.execute(
            f"SELECT last_at FROM document WHERE feed = ? AND url = ? {_ARTICLE} AND id < coalesce(?, id + 1)"
            " ORDER BY id DESC LIMIT 1",
            (seen.feed, seen.served and seen.served.url, before),
        ).fetchone()
    return str(row[0]) if row else ""


def documents(db: sqlite3.Connection, feed: int | None, after: int, limit: int) -> list[DocumentRecord]:
    """The documents with greater numbers, in order, with their bytes."""
    rows = db.execute(
        f"{_ROWS} WHERE document.id > ? AND (?2 IS NULL OR document.feed = ?2) ORDER BY document.id LIMIT ?3",
        (after, feed, limit),
    ).fetchall()
    return [_record(db, row) for row in rows]


def by_number(db: sqlite3.Connection, numbers: Sequence[int], *, bodies: bool) -> list[DocumentRecord]:
    """The documents with these numbers, in order; without their bytes these are empty, and not read."""
    rows = db.execute(
        f"{_ROWS if bodies else _BARE} WHERE document.id IN (SELECT value FROM json_each(?)) ORDER BY document.id",
        (json.dumps(list(numbers)),),
    ).fetchall()
    return [_record(db, row) for row in rows]


def body(db: sqlite3.Connection, digest: bytes) -> bytes | None:
    """The bytes with that SHA-256, if they are kept."""
    row = db.execute("SELECT id FROM blob WHERE sha256 = ?", (digest,)).fetchone()
    return blobs.get(db, row[0]) if row else None


def digests(db: sqlite3.Connection, feed: int) -> dict[str, bytes]:
    """The SHA-256 of the last document from each address of a feed."""
    rows = db.execute(
        "SELECT url, sha256 FROM document JOIN blob ON blob.id = document.blob WHERE feed = ? ORDER BY document.id",
        (feed,),
    )
    return dict(rows.fetchall())


def _same_then(db: sqlite3.Connection, feed: int, digest: bytes, at: str) -> int | None:
    """The document that was served then already, by what is known: it is learnt of once more."""
    blob = db.execute("SELECT id FROM blob WHERE sha256 = ?", (digest,)).fetchone()
    row = (
        blob
        and db.execute(
            "SELECT id FROM document WHERE feed = ? AND first_at <= ?2 AND last_at >= ?2 AND blob = ?3",
            (feed, at, blob[0]),
        ).fetchone()
    )
    return row and int(row[0])


def how_parsed(parsed: ParsedFeed) -> tuple[str, str, str]:
    """The format, charset and problems of a document that was parsed, as they are stored."""
    return parsed.format, msgspec.json.encode(parsed.charset).decode(), json.dumps(parsed.problems)


def meta(feed: Feed) -> tuple[bytes, str]:
    """What a document says of its feed, as JSON, and the digest of that."""
    # A date that moves with every document says nothing about the feed itself.
    body = msgspec.json.encode(msgspec.structs.replace(feed, updated=None, published=None), order="deterministic")
    return hashlib.blake2b(body, digest_size=16).digest(), body.decode()


def _how_read(db: sqlite3.Connection, seen: Observation) -> tuple[str | None, str | None, str]:
    """The document's format, charset and problems; bytes that were not parsed again are as they were before."""
    if seen.parsed:
        return how_parsed(seen.parsed)
    row: tuple[str | None, str | None, str] | None = None
    if seen.poll and seen.poll.error is None:
        row = db.execute(
            "SELECT format, charset, problems FROM poll JOIN document ON document.id = poll.document"
            " WHERE poll.feed = ?",
            (seen.feed,),
        ).fetchone()
    return row or (None, None, "[]")


def _record(db: sqlite3.Connection, row: tuple[Any, ...]) -> DocumentRecord:
    number, feed, url, status, first, last, times, kind, charset, problems, packed, asked, answered = row[:13]
    digest, size, codec, data, base = row[13:]
    request, response = heads.unpack(packed) if packed else (_old(asked), _old(answered))
    return DocumentRecord(
        id=number,
        feed=feed,
        first_at=from_text(first),
        last_at=from_text(last),
        times=times,
        format=kind,
        charset=msgspec.json.decode(charset, type=Charset) if charset else None,
        problems=tuple(json.loads(problems)),
        sha256=digest.hex(),
        size=size,
        served=Served(
            body=blobs.read(db, codec, data, base),
            url=url,
            status=status,
            request_headers=request,
            response_headers=response,
        ),
    )


def _old(text: str) -> Headers:
    return tuple((name, value) for name, value in json.loads(text))
