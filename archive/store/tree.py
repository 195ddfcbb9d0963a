"""The Merkle tree over the log: its root and the hashes that prove things, when somebody asks.

Hashes of whole subtrees of 16, 256, ... leaves are kept at each checkpoint, so that what is asked next takes no more
than what came since.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice

from archive.proof.merkle import Span, leaf_hash, node_hash, root_of
from archive.store.errors import StoreError
from archive.store.leaves import BROKEN, TABLES, Logged, encoded
from archive.store.log import kept, leaves_of, reach_of

_STEP = 4  # levels from one that is kept to the next
_WIDE = 1 << _STEP
_VERIFY = "run 'backissue verify'"


class Tree:
    """The tree as the log of a connection has it now; reads only."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.size = int(db.execute("SELECT coalesce(max(size), 0) FROM log").fetchone()[0])
        self._kept = dict(db.execute("SELECT level, max(number) + 1 FROM log_node GROUP BY level").fetchall())

    def root(self, size: int) -> bytes:
        """The root of the first so many leaves."""
        return self._subtree(0, size) if size else root_of(())

    def hashes(self, spans: Iterable[Span]) -> list[bytes]:
        """The hashes of these subtrees."""
        return [self._subtree(start, stop) for start, stop in spans]

    def leaves(self, start: int, stop: int) -> Iterator[bytes]:
        """The hashes of these leaves. Raises StoreError where the archive no longer holds what they are of."""
        last = self._db.execute("SELECT reach FROM log WHERE size <= ? ORDER BY size DESC LIMIT 1", (start,)).fetchone()
        before = reach_of(last[0] if last else "[]")
        rows = self._db.execute("SELECT size, reach, leaves FROM log WHERE size > ? ORDER BY size", (start,))
        for size, text, stored in rows:
            reach = reach_of(text)
            found = self._found(before, reach)
            if kept(found) != stored:
                raise StoreError(f"the log, up to leaf {size}", "is not of what the archive holds", _VERIFY)
            first = size - len(found)
            yield from found[max(start, first) - first : min(stop, size) - first]
            if size >= stop:
                return
            before = reach

    def _found(self, before: list[int], reach: list[int]) -> list[bytes]:
        try:
            return leaves_of(self._db, before, reach)
        except BROKEN:  # `kept` tells
            return []

    def _subtree(self, start: int, stop: int) -> bytes:
        count = stop - start
        level = count.bit_length() - 1
        whole = count == 1 << level
        if whole and level and level % _STEP == 0 and start >> level < self._kept.get(level, 0):
            row = self._db.execute("SELECT hash FROM log_node WHERE level = ? AND number = ?", (level, start >> level))
            return bytes(row.fetchone()[0])
        if count <= _WIDE or start >= self._kept.get(_STEP, 0) * _WIDE:
            return root_of(self.leaves(start, stop))
        middle = start + (1 << ((count - 1).bit_length() - 1))
        return node_hash(self._subtree(start, middle), self._subtree(middle, stop))


def keep_nodes(db: sqlite3.Connection) -> None:
    """Write down the hashes of the subtrees that have become whole. Runs inside the caller's transaction."""
    tree, level = Tree(db), _STEP
    count = tree.size // _WIDE
    while count:
        (kept,) = db.execute("SELECT coalesce(max(number) + 1, 0) FROM log_node WHERE level = ?", (level,)).fetchone()
        start, stop = kept * _WIDE, count * _WIDE
        below = tree.leaves(start, stop) if level == _STEP else _nodes(db, level - _STEP, start, stop)
        rows = ((level, number, root_of(islice(below, _WIDE))) for number in range(kept, count))
        db.executemany("INSERT INTO log_node (level, number, hash) VALUES (?, ?, ?)", rows)
        level, count = level + _STEP, count // _WIDE


class Lowest:
    """Compares the hashes that are kept of the lowest subtrees with the leaves, as these come by."""

    def __init__(self, db: sqlite3.Connection) -> None:
        rows = db.execute("SELECT number, hash FROM log_node WHERE level = ? ORDER BY number", (_STEP,))
        self._kept = enumerate(rows)
        self._leaves: list[bytes] = []
        self._broken: int | None = None

    def add(self, leaf: bytes) -> None:
        """The next leaf."""
        self._leaves.append(leaf)
        if len(self._leaves) == _WIDE:
            self._compare()
            self._leaves.clear()

    def broken(self) -> int | None:
        """The number of the first one that is not that of its leaves, once all leaves came by."""
        self._compare()
        return self._broken

    def _compare(self) -> None:
        place, (number, held) = next(self._kept, (0, (None, b"")))
        if number is not None and self._broken is None and (number != place or held != root_of(self._leaves)):
            self._broken = number


def check_nodes(db: sqlite3.Connection, lowest: Lowest) -> tuple[int, int] | None:
    """The level and number of the first hash that is kept and is not that of what is below it.

    `lowest` has seen all leaves.
    """
    levels = db.execute("SELECT DISTINCT level FROM log_node ORDER BY level").fetchall()
    for (level,) in levels:
        if level == _STEP:
            number = lowest.broken()
            if number is not None:
                return level, number
            continue
        (count,) = db.execute("SELECT count(*) FROM log_node WHERE level = ?", (level,)).fetchone()
        rows = db.execute("SELECT number, hash FROM log_node WHERE level = ? ORDER BY number", (level,))
        below = _nodes(db, level - _STEP, 0, count * _WIDE)
        for place, (number, held) in enumerate(rows):
            if number != place or level % _STEP or level <= 0 or held != root_of(islice(below, _WIDE)):
                return level, number
    return None


def find(db: sqlite3.Connection, name: str, number: int) -> tuple[int, bytes]:
    """Where in the log the row of a table stands, from 0, and what its leaf says.

    Raises StoreError if the log has none, or another one.
    """
    place = next(place for place, table in enumerate(TABLES) if table.name == name)
    size, reach = _row_with(db, place, number)
    before = db.execute("SELECT size, reach FROM log WHERE size < ? ORDER BY size DESC LIMIT 1", (size,)).fetchone()
    index, start = before[0], reach_of(before[1])
    row = db.execute(TABLES[place].between, (number - 1, number)).fetchone()
    if row is None or start[place] >= number:
        raise StoreError(f"{name} {number}", "is not in the archive", "name one that is")
    for table, low, high in zip(TABLES[:place], start, reach, strict=False):
        index += _count(db, table, low, high) if table.leaf else 0
    index += _count(db, TABLES[place], start[place], number - 1)
    made = TABLES[place].leaf
    assert made
    says = encoded(made(row))
    if next(Tree(db).leaves(index, index + 1), None) != leaf_hash(says):
        raise StoreError(f"{name} {number}", "is not what its leaf in the log says", _VERIFY)
    return index, says


def _row_with(db: sqlite3.Connection, place: int, number: int) -> tuple[int, list[int]]:
    """The size and reach of the first row of the log that reaches that number."""
    low, high = 1, int(db.execute("SELECT max(size) FROM log").fetchone()[0])
    while True:
        size, text = db.execute(
            "SELECT size, reach FROM log WHERE size >= ? ORDER BY size LIMIT 1", ((low + high) // 2,)
        ).fetchone()
        reach = reach_of(text)
        if low >= high:
            return size, reach
        if reach[place] >= number:
            high = (low + high) // 2
        else:
            low = size + 1


def _count(db: sqlite3.Connection, table: Logged, start: int, stop: int) -> int:
    query = f"SELECT count(*) FROM {table.name} WHERE id > ? AND id <= ?"
    return int(db.execute(query, (start, stop)).fetchone()[0])


def _nodes(db: sqlite3.Connection, level: int, start: int, stop: int) -> Iterator[bytes]:
    query = "SELECT hash FROM log_node WHERE level = ? AND number >= ? AND number < ? ORDER BY number"
    return (row[0] for row in db.execute(query, (level, start, stop)))
