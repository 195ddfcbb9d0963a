"""Reading entries: lists, one entry, its versions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlite_utils import Database

from archive.history import plain_link
from archive.store.blobs import unpack
from archive.store.faces import Face, faces
from archive.store.times import from_text
from archive.store.values import EntryRecord, VersionRecord
from feeds.model import Entry

_ENTRY = """
    SELECT entry.id, entry.public_id, entry.feed, entry.first_seen, entry.date, edition.at AS changed,
        version.words, blob.sha256, blob.codec, blob.data,
        (SELECT count(*) FROM version WHERE version.entry = entry.id) AS versions,
        EXISTS (SELECT 1 FROM span WHERE span.feed = entry.feed AND span.entry = entry.id AND span.closed IS NULL)
            AS in_window,
        (SELECT coalesce(deletion.at, deletion.seen) FROM deletion
            WHERE deletion.entry = entry.id AND deletion.seen >= edition.at ORDER BY deletion.id DESC LIMIT 1)
            AS deleted
    FROM entry
    JOIN edition ON edition.id = entry.edition
    JOIN version ON version.id = edition.version
    JOIN blob ON blob.id = version.blob
"""
_decode = msgspec.json.Decoder(Entry).decode


def entries(db: Database, *, feed: int | None, before: int | None, limit: int) -> list[EntryRecord]:
    """Entries, the newest first; `before` is the id of the last one of the page before (keyset paging)."""
    wanted = []
    if feed is not None:
        wanted.append("entry.feed = :feed")
    if before is not None:
        wanted.append("(entry.date, entry.id) < (SELECT date, id FROM entry WHERE id = :before)")
    where = f"WHERE {' AND '.join(wanted)}" if wanted else ""
    query = f"{_ENTRY} {where} ORDER BY entry.date DESC, entry.id DESC LIMIT :limit"
    return records(db, db.query(query, {"feed": feed, "before": before, "limit": limit}))


def entries_by_id(db: Database, ids: Sequence[int]) -> list[EntryRecord]:
    """The entries with these ids, in the same order."""
    rows = db.query(f"{_ENTRY} WHERE entry.id IN (SELECT value FROM json_each(:ids))", {"ids": json.dumps(list(ids))})
    found = {record.id: record for record in records(db, rows)}
    return [found[one] for one in ids if one in found]


def find_entry(db: Database, name: str) -> EntryRecord | None:
    """The entry with that number, public id, guid or link; of several with that link the newest."""
    number = int(name) if name.isascii() and name.isdecimal() and len(name) < 19 else None
    for query, value in (
        ("SELECT id FROM entry WHERE id = ?", number),
        ("SELECT id FROM entry WHERE public_id = ?", name),
        ("SELECT entry FROM identity WHERE key = ? ORDER BY entry DESC", f"guid:{name}"),
        ("SELECT id FROM entry WHERE link = ? ORDER BY date DESC, id DESC", plain_link(name)),
    ):
        row = db.execute(query, (value,)).fetchone()
        if row:
            return next(iter(entries_by_id(db, [row[0]])), None)
    return None


def history(db: Database, entry: int) -> list[VersionRecord]:
    """All versions of an entry, the oldest first."""
    rows = db.query(
        "SELECT version.number, version.first_seen, version.words, version.document,"
        " blob.sha256, blob.codec, blob.data,"
        " version.id = (SELECT edition.version FROM edition JOIN entry ON entry.edition = edition.id"
        "   WHERE entry.id = version.entry) AS current,"
        " (SELECT max(coalesce(span.last_seen, (SELECT last_at FROM document WHERE document.id = poll.window),"
        "   (SELECT max(last_at) FROM document WHERE document.feed = span.feed AND document.url = served.url)))"
        "   FROM span LEFT JOIN poll ON poll.feed = span.feed LEFT JOIN document AS served"
        "   ON served.id = version.document WHERE span.version = version.id) AS last_seen"
        " FROM version JOIN blob ON blob.id = version.blob WHERE version.entry = ? ORDER BY version.number",
        (entry,),
    )
    return [
        VersionRecord(
            number=row["number"],
            first_seen=from_text(row["first_seen"]),
            last_seen=from_text(row["last_seen"] or row["first_seen"]),
            current=bool(row["current"]),
            words=row["words"],
            sha256=row["sha256"].hex(),
            document=row["document"],
            entry=_decode(unpack(row["codec"], row["data"])),
        )
        for row in rows
    ]


def records(db: Database, rows: Iterable[dict[str, Any]]) -> list[EntryRecord]:
    """The entries of rows of `_ENTRY`."""
    found = list(rows)
    known = faces(db, {row["feed"] for row in found})
    return [_record(row, known[row["feed"]]) for row in found]


def _record(row: dict[str, Any], face: Face) -> EntryRecord:
    return EntryRecord(
        id=row["id"],
        public_id=row["public_id"],
        feed=row["feed"],
        feed_url=face.url,
        feed_title=face.title,
        first_seen=from_text(row["first_seen"]),
        date=from_text(row["date"]),
        changed=from_text(row["changed"]),
        versions=row["versions"],
        words=row["words"],
        sha256=row["sha256"].hex(),
        in_window=bool(row["in_window"]),
        deleted=from_text(row["deleted"]),
        entry=_decode(unpack(row["codec"], row["data"])),
    )
