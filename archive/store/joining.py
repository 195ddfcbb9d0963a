"""Joining entries that are one, and parting them again. Nothing is lost on the way: rows are only pointed elsewhere."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

import msgspec

from archive.history import form
from archive.store import blobs
from archive.store.errors import StoreError
from archive.store.index import Index
from archive.store.times import from_text, to_text
from archive.store.values import Alias, Joining
from archive.store.versions import add_version, point_to, public_id
from feeds.model import Entry

_decode = msgspec.json.Decoder(Entry).decode


def aliases(db: sqlite3.Connection, entry: int) -> list[Alias]:
    """The keys that an entry is known by, the first one first."""
    rows = db.execute(
        "SELECT key, rule, confidence, since FROM identity WHERE entry = ? ORDER BY since, confidence DESC, key",
        (entry,),
    ).fetchall()
    return [Alias(key, rule, confidence, from_text(since)) for key, rule, confidence, since in rows]


def joinings(db: sqlite3.Connection, entry: int) -> list[Joining]:
    """What was joined with the entry and parted from it, the oldest first."""
    rows = db.execute(
        "SELECT at, action, entry, other, keys FROM joining WHERE entry = ?1 OR other = ?1 ORDER BY id", (entry,)
    ).fetchall()
    return [
        Joining(from_text(at), action, one, other, tuple(json.loads(keys))) for at, action, one, other, keys in rows
    ]


def merge(db: sqlite3.Connection, entry: int, into: int, now: datetime) -> None:
    """Make one entry part of another: its keys, versions and place in the window are the other's from now on.

    Raises StoreError for entries of two feeds, and for one that is part of another already.
    """
    (feed, merged), (other_feed, other_merged) = _state(db, entry), _state(db, into)
    if entry == into:
        raise StoreError(f"entry {entry}", "cannot be merged into itself", "name two entries")
    if merged or other_merged:
        part = entry if merged else into
        raise StoreError(f"entry {part}", f"is part of entry {merged or other_merged}", "split it off first")
    if feed != other_feed:
        raise StoreError(f"entries {entry} and {into}", "are of two feeds", "merge entries of one feed")
    keys = [key for (key,) in db.execute("SELECT key FROM identity WHERE entry = ? ORDER BY key", (entry,))]
    db.execute("UPDATE identity SET entry = ? WHERE entry = ?", (into, entry))
    db.execute("UPDATE entry SET merged = ?1 WHERE id = ?2 OR merged = ?2", (into, entry))
    db.execute("UPDATE span SET entry = ? WHERE entry = ? AND closed IS NULL", (into, entry))
    _note(db, now, "merge", entry, into, keys)


def split(db: sqlite3.Connection, entry: int, key: str, now: datetime, authority: str) -> int:
    """Part from an entry what came under one of its keys; gives the number of the entry that has it now.

    An entry that was merged by hand is itself again. Of one that was recognised by a rule, the versions that came under
    the key become a new entry's. Raises StoreError if the entry has no such key, or no other.
    """
    names = [alias.value for alias in aliases(db, entry)]
    if key not in names:
        raise StoreError(key, f"is no key of entry {entry}", "'backissue history' lists its keys")
    if len(names) == 1:
        raise StoreError(key, f"is the only key of entry {entry}", "there is nothing to part")
    other, keys = _merged_with(db, entry, key) or (_new(db, entry, key, now, authority), [key])
    db.executemany("UPDATE identity SET entry = ? WHERE entry = ? AND key = ?", [(other, entry, one) for one in keys])
    db.execute("UPDATE entry SET merged = NULL WHERE id = ?", (other,))
    index = Index()
    _move_versions(db, entry, other, keys, index)
    _settle(db, entry, index)
    _settle(db, other, index)
    index.write(db)
    _note(db, now, "split", entry, other, keys)
    return other


def _state(db: sqlite3.Connection, entry: int) -> tuple[int, int | None]:
    row = db.execute("SELECT feed, merged FROM entry WHERE id = ?", (entry,)).fetchone()
    if row is None:
        raise StoreError(f"entry {entry}", "is not in this archive", "'backissue list --entries' shows them")
    return int(row[0]), row[1]


def _merged_with(db: sqlite3.Connection, entry: int, key: str) -> tuple[int, list[str]] | None:
    """The entry that came into this one with that key by hand, and all keys that it brought."""
    for other, keys in db.execute(
        "SELECT joining.entry, keys FROM joining"
        " JOIN entry ON entry.id = joining.entry AND entry.merged = joining.other"
        " WHERE action = 'merge' AND other = ? ORDER BY joining.id DESC",
        (entry,),
    ):
        if key in json.loads(keys):
            return int(other), json.loads(keys)
    return None


def _new(db: sqlite3.Connection, entry: int, key: str, now: datetime, authority: str) -> int:
    """A new entry for what came under the key."""
    rows = _editions(db, entry, [key])
    if not rows:
        raise StoreError(key, f"brought nothing to entry {entry} that it had not", "there is nothing to part")
    feed, at = db.execute("SELECT feed FROM entry WHERE id = ?", (entry,)).fetchone()[0], rows[0]["at"]
    identity = public_id(db, feed, _body(db, rows[0]["blob"]), key, authority)
    date = db.execute("SELECT date FROM entry WHERE id = ?", (entry,)).fetchone()[0]
    cursor = db.execute(
        "INSERT INTO entry (feed, public_id, first_seen, date) VALUES (?, ?, ?, ?)", (feed, identity, at, min(date, at))
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _move_versions(db: sqlite3.Connection, entry: int, other: int, keys: list[str], index: Index) -> None:
    """Give the other entry what came under its keys: copies, as rows of versions stay as they are."""
    copies: dict[int, int] = {}
    for row in _editions(db, entry, keys):
        version, blob = row["version"], row["blob"]
        if version not in copies:
            own = db.execute(
                "SELECT id FROM version WHERE entry = ? AND fingerprint = ?", (other, row["fingerprint"])
            ).fetchone()
            facts = (row["first_seen"], row["document"], row["fingerprint"], blob, _body(db, blob))
            copies[version] = own[0] if own else add_version(db, other, *facts, index)
        db.execute(
            "INSERT INTO edition (entry, version, at, key, late) VALUES (?, ?, ?, ?, ?)",
            (other, copies[version], row["at"], row["key"], row["late"]),
        )
    for version, copy in copies.items():
        shared = db.execute(
            "SELECT 1 FROM edition WHERE entry = ? AND version = ? AND key NOT IN (SELECT value FROM json_each(?))",
            (entry, version, json.dumps(keys)),
        ).fetchone()
        if not shared:
            db.execute("INSERT INTO moved_version (version, copy) VALUES (?, ?)", (version, copy))
            db.execute("UPDATE span SET entry = ?, version = ? WHERE version = ?", (other, copy, version))


def _editions(db: sqlite3.Connection, entry: int, keys: list[str]) -> list[dict[str, Any]]:
    """The entry's editions that came under one of the keys, in order."""
    names = ("at", "key", "late", "version", "first_seen", "document", "fingerprint", "blob")
    rows = db.execute(
        "SELECT edition.at, edition.key, edition.late, version.id, version.first_seen, version.document,"
        " version.fingerprint, version.blob FROM edition JOIN version ON version.id = edition.version"
        " WHERE edition.entry = ? AND edition.key IN (SELECT value FROM json_each(?))"
        " AND version.id NOT IN (SELECT version FROM moved_version) ORDER BY edition.at, edition.id",
        (entry, json.dumps(keys)),
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _settle(db: sqlite3.Connection, entry: int, index: Index) -> None:
    """Point the entry to the latest edition that is still its own, and to its own first sighting."""
    row = db.execute(
        "SELECT edition.id, version.blob FROM edition JOIN version ON version.id = edition.version"
        " WHERE edition.entry = ? AND version.id NOT IN (SELECT version FROM moved_version)"
        " ORDER BY edition.at DESC, edition.id DESC LIMIT 1",
        (entry,),
    ).fetchone()
    if row is None:
        raise StoreError(f"entry {entry}", "would have no version left", "there is nothing to part")
    body = _body(db, row[1])
    point_to(db, entry, row[0], body, form(body)[1], index)


def _body(db: sqlite3.Connection, blob: int) -> Entry:
    return _decode(blobs.get(db, blob))


def _note(db: sqlite3.Connection, now: datetime, action: str, entry: int, other: int, keys: list[str]) -> None:
    db.execute(
        "INSERT INTO joining (at, action, entry, other, keys) VALUES (?, ?, ?, ?, ?)",
        (to_text(now), action, entry, other, json.dumps(keys)),
    )
