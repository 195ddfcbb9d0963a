"""Altering one byte of an archive, as somebody would who may write its file: no trigger is in the way."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

from msgspec import Struct

# What may change at any time, and is not bound (docs/proof.md).
UNBOUND = {"document": {"last_at", "times"}, "log_checkpoint": {"at"}}
BOUND = {
    "entry": {"feed", "public_id", "first_seen", "edition", "merged"},
    "feed": {"id", "url", "kind", "added"},
    "setting": {"value"},
}
TABLES = (
    "blob",
    "document",
    "version",
    "edition",
    "feed_version",
    "deletion",
    "event",
    "joining",
    "moved_version",
    "entry",
    "feed",
    "setting",
    "log",
    "log_node",
    "log_checkpoint",
)


class Tampered(Struct, frozen=True):
    """What was altered: a value of a row, and where it stands."""

    table: str
    row: int
    column: str
    before: Any
    after: Any


def unlocked(path: Path) -> None:
    """Takes the triggers and links away that are in the way of whoever goes through SQLite."""
    with closing(sqlite3.connect(path)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.commit()


@contextmanager
def tampered(path: Path, dice: Random) -> Iterator[Tampered]:
    """One byte of one value is another one meanwhile."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("PRAGMA synchronous = OFF")
        done = None
        while done is None:
            done = _alter(db, dice)
        yield done
        key, number = _key(done.table), done.row
        if done.column == key:
            number = done.after
        db.execute(f"UPDATE {done.table} SET {done.column} = ? WHERE {key} = ?", (done.before, number))


def columns(db: sqlite3.Connection, table: str) -> list[str]:
    """The columns that are bound."""
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    return [name for name in names if name not in UNBOUND.get(table, ()) and name in BOUND.get(table, names)]


def _key(table: str) -> str:
    return {"log": "size", "log_node": "number", "setting": "key"}.get(table, "id")


def _alter(db: sqlite3.Connection, dice: Random) -> Tampered | None:
    table = dice.choice(TABLES)
    key, column = _key(table), dice.choice(columns(db, table))
    where = (
        "WHERE key IN ('authority', 'created')"
        if table == "setting"
        else "WHERE level = 4"
        if table == "log_node"
        else ""
    )
    number, before = dice.choice(db.execute(f"SELECT {key}, {column} FROM {table} {where}").fetchall())
    after = _other(before, dice)
    if after is None or (table == "log_node" and column != "hash"):
        return None
    if table == "feed" and column == "url" and _moved(db, number):
        return None
    try:
        # A text may be one no more: it is put there as the bytes that it is.
        value = "CAST(? AS TEXT)" if isinstance(before, str) else "?"
        db.execute(f"UPDATE {table} SET {column} = {value} WHERE {key} = ?", (after, number))
    except sqlite3.IntegrityError:
        return None
    return Tampered(table, number, column, before, after)


def _moved(db: sqlite3.Connection, feed: int) -> bool:
    return bool(db.execute("SELECT 1 FROM event WHERE feed = ? AND kind = 'moved'", (feed,)).fetchone())


def _other(value: Any, dice: Random) -> Any:
    """The value with one byte of it changed; None for one that has none."""
    if isinstance(value, int):
        return value ^ (1 << dice.randrange(16))
    data = bytearray(value.encode() if isinstance(value, str) else value or b"")
    if not data:
        return None
    place = dice.randrange(len(data))
    data[place] = dice.choice([byte for byte in range(256) if byte != data[place]])
    return bytes(data)
