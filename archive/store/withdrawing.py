"""Entries that are taken back by hand, and given back. Each is an edition of its own, so subscribers hear of it.

Nothing is lost by it: versions stay as they are, and so does what was published and closed before.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from archive.store.errors import StoreError
from archive.store.times import to_text

_SAID = """
    (SELECT json_array(deletion.reason, deletion.at, deletion.comment) FROM deletion
        WHERE deletion.entry = edition.entry {} AND deletion.reason IN ('withdrawn', 'restored')
        ORDER BY deletion.id DESC LIMIT 1)
"""
# What was said last of the entry that an edition is of: by the time of that edition, and by now.
STANDING = _SAID.format("AND deletion.seen <= edition.at")
STANDING_NOW = _SAID.format("")


def withdraw(db: sqlite3.Connection, entry: int, now: datetime, reason: str | None) -> None:
    """Take an entry back. Raises StoreError if it is already."""
    if is_withdrawn(db, entry):
        raise StoreError(f"entry {entry}", "is withdrawn already", "'backissue withdraw --undo' gives it back")
    say(db, entry, now, "withdrawn", reason)


def restore(db: sqlite3.Connection, entry: int, now: datetime) -> None:
    """Give an entry back. Raises StoreError if it is not withdrawn."""
    if not is_withdrawn(db, entry):
        raise StoreError(f"entry {entry}", "is not withdrawn", "there is nothing to undo")
    say(db, entry, now, "restored", None)


def is_withdrawn(db: sqlite3.Connection, entry: int) -> bool:
    """Whether the entry is taken back."""
    row = db.execute(
        "SELECT reason FROM deletion WHERE entry = ? AND reason IN ('withdrawn', 'restored') ORDER BY id DESC LIMIT 1",
        (entry,),
    ).fetchone()
    return row is not None and row[0] == "withdrawn"


def say(db: sqlite3.Connection, entry: int, now: datetime, what: str, reason: str | None) -> None:
    """Write down what befell an entry by hand, and make it known: "withdrawn" or "restored"."""
    at = to_text(now)
    db.execute(
        "INSERT INTO deletion (entry, seen, at, reason, comment) VALUES (?, ?, ?, ?, ?)", (entry, at, at, what, reason)
    )
    edition = db.execute(
        "INSERT INTO edition (entry, version, at, key) SELECT entry, version, ?, key FROM edition"
        " WHERE id = (SELECT edition FROM entry WHERE id = ?) RETURNING id",
        (at, entry),
    ).fetchone()
    db.execute("UPDATE entry SET edition = ? WHERE id = ?", (edition[0], entry))
