"""Old copies: what a document says that comes after later ones are known. It is added, and takes its place in time.

What an entry said before such a document it says again at the next instant at which that was seen.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from archive.history import Known, Seen, by_entry
from archive.store import spans
from archive.store.index import Index
from archive.store.times import from_text, to_text
from archive.store.values import Observation, Recorded
from archive.store.versions import Place, date_of, make_current, new_entry, point_to, version_of


def read_late(
    db: sqlite3.Connection, seen: Observation, looked: Sequence[Seen], known: Mapping[str, Known], place: Place
) -> Recorded:
    """Take in a document from before what is known already; nobody leaves a window by it."""
    at, new, edited = to_text(seen.at), 0, 0
    touched: list[int] = []
    for same in by_entry(looked, known):
        current = same[-1]
        before = known.get(current.key.value)
        if before is None:
            entry = new_entry(db, seen, current, place.authority)
            make_current(db, entry, version_of(db, entry, current, place, at), current, at, place.words)
            new += 1
        else:
            entry = before.entry
        count = _versions(db, entry)
        for one in same:
            version = version_of(db, entry, one, place, at)
            if one is current:
                _say(db, seen.feed, entry, version, one, at, place.words)
            spans.sighting(db, seen.feed, entry, version, at)
        edited += before is not None and count < _versions(db, entry)
        touched.append(entry)
    return Recorded(
        feed=seen.feed, new=new, edited=edited, unchanged=len(touched) - new - edited, entries=tuple(touched)
    )


def read_past(
    db: sqlite3.Connection, seen: Observation, looked: Sequence[Seen], known: Mapping[str, Known], place: Place
) -> Recorded:
    """Take in a document that was served now and holds what came before: what is current stays so."""
    at, new, edited = to_text(seen.at), 0, 0
    touched: list[int] = []
    met: list[int] = []
    for same in by_entry(looked, known):
        current = same[-1]
        before = known.get(current.key.value)
        entry = before.entry if before else new_entry(db, seen, current, place.authority)
        count = _versions(db, entry)
        versions = [version_of(db, entry, one, place, at) for one in same]
        if before is None:
            make_current(db, entry, versions[-1], current, at, place.words)
            spans.sighting(db, seen.feed, entry, versions[-1], at)
            new += 1
        else:
            met.append(entry)
            edited += count < _versions(db, entry)
        touched.append(entry)
    return Recorded(
        feed=seen.feed,
        new=new,
        edited=edited,
        unchanged=len(touched) - new - edited,
        entries=tuple(touched),
        known_since=_known_since(db, met, len(touched)),
    )


def _known_since(db: sqlite3.Connection, met: Sequence[int], shown: int) -> datetime | None:
    """Since when what it shows is known; one entry alone among others may be pinned, and tells nothing."""
    rows = db.execute(
        "SELECT first_seen FROM entry WHERE id IN (SELECT value FROM json_each(?)) ORDER BY first_seen LIMIT 2",
        (json.dumps(met),),
    ).fetchall()
    return from_text(rows[-1][0]) if rows and len(rows) >= min(2, shown) else None


def keep_late_meta(db: sqlite3.Connection, feed: int, at: str, digest: bytes, body: str) -> None:
    """What the feed said of itself at an instant of the past, and again what it had said before."""
    before = db.execute(
        "SELECT fingerprint, body FROM feed_version WHERE feed = ? AND first_seen <= ?"
        " ORDER BY first_seen DESC, id DESC LIMIT 1",
        (feed, at),
    ).fetchone()
    if before and before[0] == digest:
        return
    add = "INSERT INTO feed_version (feed, first_seen, fingerprint, body) VALUES (?, ?, ?, ?)"
    db.execute(add, (feed, at, digest, body))
    again = before and _next_document(db, feed, at)
    if (
        again
        and not db.execute(
            "SELECT 1 FROM feed_version WHERE feed = ? AND first_seen > ? AND first_seen <= ?", (feed, at, again)
        ).fetchone()
    ):
        db.execute(add, (feed, again, *before))


def _say(db: sqlite3.Connection, feed: int, entry: int, version: int, one: Seen, at: str, index: Index) -> None:
    """The version is what the entry said at an instant before what is known of it already, or between."""
    before = db.execute(
        "SELECT version, key FROM edition WHERE entry = ? AND at <= ? ORDER BY at DESC, id DESC LIMIT 1", (entry, at)
    ).fetchone()
    add = "INSERT INTO edition (entry, version, at, key, late) VALUES (?, ?, ?, ?, 1)"
    if before is None or before[0] != version:
        again = before and _next_sighting(db, feed, entry, before[0], at)
        db.execute(add, (entry, version, at, one.key.value))
        if (
            again
            and not db.execute(
                "SELECT 1 FROM edition WHERE entry = ? AND at > ? AND at <= ?", (entry, at, again)
            ).fetchone()
        ):
            db.execute(add, (entry, before[0], again, before[1]))
        _settle(db, entry, version, one, index)
    db.execute(
        "UPDATE entry SET first_seen = min(first_seen, ?1), date = min(date, ?2) WHERE id = ?3",
        (at, date_of(one.entry, at), entry),
    )


def _settle(db: sqlite3.Connection, entry: int, version: int, one: Seen, index: Index) -> None:
    """Point the entry to what it said last."""
    edition, said = db.execute(
        "SELECT id, version FROM edition WHERE entry = ? AND version NOT IN (SELECT version FROM moved_version)"
        " ORDER BY at DESC, id DESC LIMIT 1",
        (entry,),
    ).fetchone()
    if said == version:
        point_to(db, entry, edition, one.entry, one.form, index)
    else:
        db.execute("UPDATE entry SET edition = ? WHERE id = ?", (edition, entry))


def _next_sighting(db: sqlite3.Connection, feed: int, entry: int, version: int, at: str) -> str | None:
    """When an entry was seen next with that version after an instant, so far as is known."""
    rows = db.execute(
        "SELECT opened FROM span WHERE entry = ? AND version = ? AND (closed IS NULL OR last_seen > ?)"
        " ORDER BY opened LIMIT 1",
        (entry, version, at),
    ).fetchall()
    return max(rows[0][0], _next_document(db, feed, at) or "") if rows else None


def _next_document(db: sqlite3.Connection, feed: int, at: str) -> str | None:
    """When the feed is known to have been read next after an instant."""
    (found,) = db.execute(
        "SELECT min(CASE WHEN first_at > ?1 THEN first_at ELSE last_at END) FROM document"
        " WHERE feed = ?2 AND last_at > ?1 AND format IS NOT NULL",
        (at, feed),
    ).fetchone()
    return None if found is None else str(found)


def _versions(db: sqlite3.Connection, entry: int) -> int:
    return int(db.execute("SELECT count(*) FROM version WHERE entry = ?", (entry,)).fetchone()[0])
