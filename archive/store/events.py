"""What befell feeds, and what their publishers took back. Rows that are only ever added."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable

from archive.store.noted import event
from archive.store.times import to_text
from archive.store.values import Event, Observation
from feeds.model import Tombstone

ABSENCE = ("gone", "parked", "back")


def befell(db: sqlite3.Connection, feed: int, at: str, kind: str, detail: str | None) -> None:
    """Writes an event down, unless it is what the last one of its sort tells."""
    last = _last(db, feed, ABSENCE if kind in ABSENCE else (kind,))
    if last is None or last[0] != kind or (kind not in ABSENCE and last[1] != detail):
        db.execute("INSERT INTO event (feed, at, kind, detail) VALUES (?, ?, ?, ?)", (feed, at, kind, detail))


def is_away(db: sqlite3.Connection, feed: int) -> bool:
    """Whether the feed went away, and is not back."""
    last = _last(db, feed, ABSENCE)
    return last is not None and last[0] != "back"


def last_absence(db: sqlite3.Connection, feed: int) -> str:
    """When the feed went away or came back last; empty where it never did."""
    marks = ", ".join("?" * len(ABSENCE))
    row = db.execute(f"SELECT max(at) FROM event WHERE feed = ? AND kind IN ({marks})", (feed, *ABSENCE)).fetchone()
    return row[0] or ""


def _last(db: sqlite3.Connection, feed: int, kinds: Collection[str]) -> tuple[str, str | None] | None:
    """The kind and detail of the feed's last event of these kinds."""
    marks = ", ".join("?" * len(kinds))
    row: tuple[str, str | None] | None = db.execute(
        f"SELECT kind, detail FROM event WHERE feed = ? AND kind IN ({marks}) ORDER BY at DESC, id DESC LIMIT 1",
        (feed, *kinds),
    ).fetchone()
    return row


def events(db: sqlite3.Connection, feed: int) -> list[Event]:
    """All events of a feed, the oldest first."""
    rows = db.execute("SELECT at, kind, detail FROM event WHERE feed = ? ORDER BY at, id", (feed,)).fetchall()
    return [event(feed, at, kind, detail) for at, kind, detail in rows]


def mark_deleted(db: sqlite3.Connection, seen: Observation, tombstones: Iterable[Tombstone]) -> None:
    """Writes down the tombstones (RFC 6721) of entries of this feed, each once."""
    for tombstone in tombstones:
        when = to_text(tombstone.when) if tombstone.when else None
        row = db.execute(
            "SELECT entry FROM identity WHERE feed = ? AND key = ?", (seen.feed, f"guid:{tombstone.ref}")
        ).fetchone()
        if row and not _is_told(db, row[0], when):
            db.execute(
                "INSERT INTO deletion (entry, seen, at, reason, by, comment) VALUES (?, ?, ?, 'tombstone', ?, ?)",
                (row[0], to_text(seen.at), when, tombstone.by, tombstone.comment),
            )


def mark_gone_from_complete(db: sqlite3.Connection, entries: Iterable[int], at: str) -> None:
    """Writes down that entries left a feed that shows all there is (RFC 5005 section 2)."""
    db.executemany(
        "INSERT INTO deletion (entry, seen, at, reason) VALUES (?, ?, NULL, 'gone from a complete feed')",
        [(entry, at) for entry in entries],
    )


def _is_told(db: sqlite3.Connection, entry: int, when: str | None) -> bool:
    told = db.execute(
        "SELECT 1 FROM deletion WHERE entry = ? AND reason = 'tombstone' AND at IS ?", (entry, when)
    ).fetchone()
    return told is not None
