"""When which version stood in its feed's window: spans, open while it still does."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class Span(NamedTuple):
    """A stay in the window that has not ended."""

    id: int
    entry: int
    fingerprint: bytes


def standing(db: sqlite3.Connection, feed: int) -> list[Span]:
    """The feed's open spans."""
    rows = db.execute(
        "SELECT span.id, span.entry, version.fingerprint FROM span JOIN version ON version.id = span.version"
        " WHERE span.feed = ? AND span.closed IS NULL",
        (feed,),
    )
    return [Span(*row) for row in rows]


def start(db: sqlite3.Connection, feed: int, entry: int, version: int, at: str) -> None:
    """The version stands in the window from now on, if it did not already."""
    found = db.execute(
        "SELECT 1 FROM span WHERE feed = ? AND entry = ? AND version = ? AND closed IS NULL", (feed, entry, version)
    ).fetchone()
    if not found:
        db.execute("INSERT INTO span (feed, entry, version, opened) VALUES (?, ?, ?, ?)", (feed, entry, version, at))


def end(db: sqlite3.Connection, span: int, at: str, last_seen: str, reason: str) -> None:
    """The span ended: missed first at `at`, seen last at `last_seen`."""
    db.execute(
        "UPDATE span SET closed = ?, last_seen = max(opened, ?), reason = ? WHERE id = ?", (at, last_seen, reason, span)
    )


def end_all(db: sqlite3.Connection, feed: int, entry: int, at: str, last_seen: str, reason: str) -> None:
    """All versions of an entry left the window."""
    db.execute(
        "UPDATE span SET closed = ?, last_seen = max(opened, ?), reason = ?"
        " WHERE feed = ? AND entry = ? AND closed IS NULL",
        (at, last_seen, reason, feed, entry),
    )


def sighting(db: sqlite3.Connection, feed: int, entry: int, version: int, at: str) -> None:
    """The version was seen at one instant of the past, unless a span tells of that already."""
    told = db.execute(
        "SELECT 1 FROM span WHERE entry = ? AND version = ? AND opened <= ?3 AND (closed IS NULL OR last_seen >= ?3)",
        (entry, version, at),
    ).fetchone()
    if not told:
        db.execute(
            "INSERT INTO span (feed, entry, version, opened, last_seen, closed, reason)"
            " VALUES (?, ?, ?, ?4, ?4, ?4, 'seen once')",
            (feed, entry, version, at),
        )
