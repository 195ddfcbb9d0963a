"""Writing the log: at the end of each transaction, one row that holds the leaves of what it added.

Rows of the tables in `leaves` are numbered as they come and never deleted, so those above the last row's reach are new.
Of each leaf's hash the start is kept, enough to name the row that is not what it was. What proves anything to others,
the tree and what is signed of it, is made of whole hashes, and these of the rows.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Mapping, Sequence
from sys import byteorder
from typing import NamedTuple

from archive.store.leaves import TABLES, ArchiveLeaf, Leaf, Logged, hashed

_REACHES = "SELECT " + ", ".join(f"(SELECT coalesce(max(id), 0) FROM {table.name})" for table in TABLES)
_LAST = "SELECT size, reach FROM log ORDER BY size DESC LIMIT 1"
_INSERT = "INSERT INTO log (size, reach, leaves, checks) VALUES (?, ?, ?, ?)"
KEPT = 12  # bytes of each leaf
_MANY = 10_000  # rows of a table in one row of the log: a migration finds millions


class Made(NamedTuple):
    """What is at hand of rows that were added to a table, so that they need not be read again.

    Those with the numbers above `start` and up to `stop`, all of them and in order.
    """

    start: int
    stop: int
    leaves: Sequence[Leaf] = ()
    checks: Sequence[int] = ()


def begin(db: sqlite3.Connection) -> None:
    """Write the first leaf, which says whose log it is."""
    db.execute(_INSERT, (1, "[]", kept(hashed([first_leaf(db)])), b""))


def begin_anew(db: sqlite3.Connection) -> None:
    """Write another first leaf, for an archive that is still being made and holds nothing."""
    (stays,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'log_stays'").fetchone()
    db.execute("DROP TRIGGER log_stays")
    db.execute("DELETE FROM log")
    db.execute(stays)
    begin(db)


def first_leaf(db: sqlite3.Connection) -> Leaf:
    """What the first leaf says."""
    facts = dict(db.execute("SELECT key, value FROM setting WHERE key IN ('authority', 'created')").fetchall())
    return ArchiveLeaf(0, facts["authority"], facts["created"])


def append(db: sqlite3.Connection, made: Mapping[str, Made] | None = None, *, most: int = _MANY) -> None:
    """Write the leaves of all rows that are not in the log yet. Runs inside the caller's transaction.

    `made` is what is at hand of them, by table; `most` is how many rows of a table go into one row of the log.
    """
    reached = list(db.execute(_REACHES).fetchone())
    size, text = db.execute(_LAST).fetchone()
    before = reach_of(text)
    while before != reached:
        leaves: list[bytes] = []
        checks = array("I")
        reach = [
            start if start == stop else _take(db, table, start, stop, made or {}, leaves, checks, most)
            for table, start, stop in zip(TABLES, before, reached, strict=True)
        ]
        if not leaves:
            return  # bytes that nothing refers to yet: they come with what does
        size += len(leaves)
        db.execute(_INSERT, (size, text_of(reach), kept(leaves), packed(checks)))
        before = reach


def leaves_of(db: sqlite3.Connection, before: Sequence[int], reach: Sequence[int]) -> list[bytes]:
    """The leaves of a row of the log, from what stands in the tables; `before` is the reach of the row before it."""
    if not any(reach):
        return hashed([first_leaf(db)])
    found: list[bytes] = []
    for table, start, stop in zip(TABLES, before, reach, strict=True):
        if table.leaf and start < stop:
            found += hashed(map(table.leaf, db.execute(table.between, (start, stop))))
    return found


def kept(leaves: Iterable[bytes]) -> bytes:
    """What is kept of the leaves."""
    return b"".join([leaf[:KEPT] for leaf in leaves])


def text_of(reach: Sequence[int]) -> str:
    """A reach as it is stored: without the tables at the end that hold nothing yet."""
    used = max((place for place, number in enumerate(reach, 1) if number), default=0)
    return json.dumps(list(reach[:used]), separators=(",", ":"))


def reach_of(text: str) -> list[int]:
    """The numbers of a `reach`, for each of today's tables."""
    found = json.loads(text)
    return [*found, *[0] * (len(TABLES) - len(found))]


def packed(checks: array[int]) -> bytes:
    """Checks as they are stored, four bytes each, the highest first."""
    numbers = checks[:]
    if byteorder == "little":
        numbers.byteswap()
    return numbers.tobytes()


def unpacked(checks: bytes) -> array[int]:
    """The checks that are stored so."""
    numbers = array("I", checks[: len(checks) // 4 * 4])
    if byteorder == "little":
        numbers.byteswap()
    return numbers


def _take(
    db: sqlite3.Connection,
    table: Logged,
    start: int,
    stop: int,
    made: Mapping[str, Made],
    leaves: list[bytes],
    checks: array[int],
    most: int,
) -> int:
    """Adds the leaves and checks of a table's new rows, or of so many; gives the number of the last of them."""
    ready = made.get(table.name)
    if ready and ready.start == start:
        leaves.extend(hashed(ready.leaves))
        checks.extend(ready.checks)
        start = ready.stop
    if start == stop:
        return stop
    if not table.leaf:  # all of them, since a row of the log needs a leaf
        assert table.check
        checks.extend(map(table.check, db.execute(table.between, (start, stop))))
        return stop
    rows = db.execute(f"{table.between} LIMIT {most}", (start, stop)).fetchall()
    leaves.extend(hashed(map(table.leaf, rows)))
    if table.check:
        checks.extend(map(table.check, rows))
    return int(rows[-1][0]) if len(rows) == most else stop
