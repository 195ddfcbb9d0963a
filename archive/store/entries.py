"""Reading entries: lists, one entry, its versions; as they are now, or as they were known at an instant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from archive.history import plain_link
from archive.store import blobs, heads
from archive.store.database import Database
from archive.store.faces import Face, faces
from archive.store.times import from_text, to_text
from archive.store.values import Copy, EntryRecord, VersionRecord, way
from feeds.model import Entry

_COLUMNS = """
    SELECT entry.id, entry.public_id, entry.feed, entry.first_seen, entry.date, edition.at AS changed,
        version.words, blob.sha256, blob.codec, blob.data, blob.base,
"""
_ROWS = """
    JOIN version ON version.id = edition.version
    JOIN blob ON blob.id = version.blob
"""
# Versions of an entry are its own and those of entries that were merged into it, but for those that were moved away.
_OWN = """
    (version.entry = entry.id OR version.entry IN (SELECT id FROM entry AS part WHERE part.merged = entry.id))
    AND NOT EXISTS (SELECT 1 FROM moved_version WHERE moved_version.version = version.id)
"""
_NOW = f"""
    {_COLUMNS}
        (SELECT count(DISTINCT fingerprint) FROM version WHERE {_OWN}) AS versions,
        EXISTS (SELECT 1 FROM span WHERE span.feed = entry.feed AND span.entry = entry.id AND span.closed IS NULL)
            AS in_window,
        (SELECT json_array(span.closed, span.reason) FROM span WHERE span.entry = entry.id
            ORDER BY span.closed DESC, span.reason = 'edited', span.id DESC LIMIT 1) AS gone,
        (SELECT json_array(coalesce(deletion.at, deletion.seen), deletion.reason) FROM deletion
            WHERE deletion.entry = entry.id AND (deletion.reason IN ('withdrawn', 'restored') OR NOT EXISTS (
                SELECT 1 FROM span WHERE span.entry = entry.id AND span.opened > deletion.seen))
            ORDER BY deletion.id DESC LIMIT 1) AS deleted
    FROM entry JOIN edition ON edition.id = entry.edition {_ROWS}
    WHERE entry.merged IS NULL
"""
# :at is compared with `date` too, which is never later than first_seen: so the index leads past what came after it.
_THEN = f"""
    {_COLUMNS}
        (SELECT count(DISTINCT fingerprint) FROM version WHERE {_OWN} AND version.first_seen <= :at) AS versions,
        EXISTS (SELECT 1 FROM span WHERE span.entry = entry.id AND span.opened <= :at
            AND (span.closed IS NULL OR span.closed > :at)) AS in_window,
        (SELECT json_array(span.closed, span.reason) FROM span WHERE span.entry = entry.id AND span.opened <= :at
            ORDER BY span.closed DESC, span.reason = 'edited', span.id DESC LIMIT 1) AS gone,
        (SELECT json_array(coalesce(deletion.at, deletion.seen), deletion.reason) FROM deletion
            WHERE deletion.entry = entry.id AND deletion.seen <= :at AND (deletion.reason IN ('withdrawn', 'restored')
                OR NOT EXISTS (SELECT 1 FROM span WHERE span.entry = entry.id AND span.opened > deletion.seen
                AND span.opened <= :at))
            ORDER BY deletion.id DESC LIMIT 1) AS deleted
    FROM entry JOIN edition ON edition.id = (SELECT then_.id FROM edition AS then_
        WHERE then_.entry = entry.id AND then_.at <= :at ORDER BY then_.at DESC, then_.id DESC LIMIT 1) {_ROWS}
    WHERE entry.merged IS NULL AND entry.first_seen <= :at AND entry.date <= :at
"""
# From when until when each version of :entry was seen, by what was known at :at.
_STAYS = """
    SELECT span.version, min(span.opened) AS opened, max(CASE
        WHEN span.closed <= :at THEN span.last_seen
        WHEN feed.kind = 'local' THEN (SELECT max(min(last_at, :at)) FROM document
            WHERE document.feed = span.feed AND document.url = served.url AND document.status IS NULL
            AND first_at <= :at)
        WHEN :now THEN (SELECT last_at FROM document WHERE document.id = poll.window)
        ELSE min(coalesce(span.last_seen, :at), (SELECT max(min(last_at, :at)) FROM document
            WHERE document.feed = span.feed AND first_at <= :at AND format IS NOT NULL)) END) AS last_seen
    FROM span JOIN version AS seen ON seen.id = span.version JOIN feed ON feed.id = span.feed
    LEFT JOIN poll ON poll.feed = span.feed LEFT JOIN document AS served ON served.id = seen.document
    WHERE (span.entry = :entry OR span.entry IN (SELECT id FROM entry AS part WHERE part.merged = :entry))
        AND span.opened <= :at GROUP BY span.version
"""
_NEVER = "9999"  # stands after all times
_decode = msgspec.json.Decoder(Entry).decode


def entries(
    db: Database, *, feed: int | None, before: int | None, limit: int, as_of: datetime | None = None
) -> list[EntryRecord]:
    """Entries, the newest first; `before` is the id of the last one of the page before (keyset paging)."""
    wanted = ""
    if feed is not None:
        wanted += " AND entry.feed = :feed"
    if before is not None:
        wanted += " AND (entry.date, entry.id) < (SELECT date, id FROM entry WHERE id = :before)"
    values: dict[str, object] = {"feed": feed, "before": before, "limit": limit}
    return _found(db, f"{wanted} ORDER BY entry.date DESC, entry.id DESC LIMIT :limit", values, as_of)


def entries_by_id(db: Database, ids: Sequence[int], as_of: datetime | None = None) -> list[EntryRecord]:
    """The entries with these ids, in the same order."""
    wanted = " AND entry.id IN (SELECT value FROM json_each(:ids))"
    found = {record.id: record for record in _found(db, wanted, {"ids": json.dumps(list(ids))}, as_of)}
    return [found[one] for one in ids if one in found]


def find_entry(db: Database, name: str, as_of: datetime | None = None) -> EntryRecord | None:
    """The entry with that number, public id, guid or link; of several with that link the newest.

    A number or id of an entry that was merged into another finds that one.
    """
    number = int(name) if name.isascii() and name.isdecimal() and len(name) < 19 else None
    for query, value in (
        ("SELECT coalesce(merged, id) FROM entry WHERE id = ?", number),
        ("SELECT coalesce(merged, id) FROM entry WHERE public_id = ?", name),
        ("SELECT entry FROM identity WHERE key = ? ORDER BY entry DESC", f"guid:{name}"),
        ("SELECT id FROM entry WHERE link = ? AND merged IS NULL ORDER BY date DESC, id DESC", plain_link(name)),
    ):
        row = db.execute(query, (value,)).fetchone()
        if row:
            return next(iter(entries_by_id(db, [row[0]], as_of)), None)
    return None


def history(db: Database, entry: int, as_of: datetime | None = None) -> list[VersionRecord]:
    """All versions of an entry, the oldest first; the same content once, whichever part of the entry had it.

    As of an instant, what still stood then was last seen at that instant, or when its feed was last read before.
    """
    at = to_text(as_of) if as_of else _NEVER
    rows = db.query(
        "SELECT version.fingerprint, version.words, version.document, came.url, came.first_at, came.status, came.heads,"
        " came.request_headers, blob.sha256, blob.codec, blob.data, blob.base,"
        " version.id AS id, min(version.first_seen, coalesce(stay.opened, version.first_seen)) AS first_seen,"
        f" coalesce(stay.last_seen, version.first_seen) AS last_seen FROM entry JOIN version ON {_OWN}"
        " LEFT JOIN document AS came ON came.id = version.document"
        f" JOIN blob ON blob.id = version.blob LEFT JOIN ({_STAYS}) AS stay ON stay.version = version.id"
        " WHERE entry.id = :entry AND version.first_seen <= :at ORDER BY 14, version.id",
        {"entry": entry, "at": at, "now": as_of is None},
    )
    current = _current_fingerprint(db, entry, as_of)
    merged: dict[bytes, dict[str, Any]] = {}
    for row in rows:
        known = merged.setdefault(row["fingerprint"], row)
        known["last_seen"] = max(known["last_seen"], row["last_seen"])
    return [
        VersionRecord(
            number=number,
            first_seen=from_text(row["first_seen"]),
            last_seen=from_text(row["last_seen"]),
            current=digest == current,
            words=row["words"],
            sha256=row["sha256"].hex(),
            document=row["document"],
            copy=_copy(row),
            entry=_decode(blobs.read(db.conn, row["codec"], row["data"], row["base"])),
        )
        for number, (digest, row) in enumerate(merged.items(), 1)
    ]


def _copy(row: dict[str, Any]) -> Copy | None:
    """The copy that a version came from, by what its document tells of itself."""
    if row["url"] is None:
        return None
    asked = heads.unpack(row["heads"])[0] if row["heads"] else json.loads(row["request_headers"])
    how, detail = way(tuple((str(name), str(value)) for name, value in asked), row["status"])
    return Copy(row["url"], from_text(row["first_at"]), how, detail)


def _current_fingerprint(db: Database, entry: int, as_of: datetime | None) -> bytes | None:
    row = db.execute(
        "SELECT version.fingerprint FROM entry JOIN edition ON edition.id = CASE WHEN :at IS NULL THEN entry.edition"
        " ELSE (SELECT id FROM edition WHERE entry = :entry AND at <= :at ORDER BY at DESC, id DESC LIMIT 1) END"
        " JOIN version ON version.id = edition.version WHERE entry.id = :entry",
        {"entry": entry, "at": as_of and to_text(as_of)},
    ).fetchone()
    return row and bytes(row[0])


def _found(db: Database, wanted: str, values: dict[str, object], as_of: datetime | None) -> list[EntryRecord]:
    """The entries that `wanted`, the rest of the query, chooses."""
    rows = list(db.query(f"{_THEN if as_of else _NOW} {wanted}", {**values, "at": as_of and to_text(as_of)}))
    known = faces(db, {row["feed"] for row in rows}, as_of)
    return [_record(db, row, known[row["feed"]]) for row in rows]


def _record(db: Database, row: dict[str, Any], face: Face) -> EntryRecord:
    left, left_why = json.loads(row["gone"]) if row["gone"] and not row["in_window"] else (None, None)
    deleted, deleted_why = json.loads(row["deleted"]) if row["deleted"] else (None, None)
    if deleted_why == "restored":
        deleted = deleted_why = None
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
        left=from_text(left),
        left_why=left_why,
        deleted=from_text(deleted),
        deleted_why=deleted_why,
        entry=_decode(blobs.read(db.conn, row["codec"], row["data"], row["base"])),
    )
