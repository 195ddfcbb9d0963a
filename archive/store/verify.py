"""Recomputing the whole log from the rows, to find the first one that is not what it was.

Everything is read once, in the order of the log, and no more is held than what one transaction added.
"""

from __future__ import annotations

import hashlib
import sqlite3
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from archive.proof.merkle import Growing
from archive.proof.note import Checkpoint, ProofError, Verifier, checked, is_by, read
from archive.store import blobs
from archive.store.checkpoints import origin
from archive.store.errors import StoreError, explained
from archive.store.following import astray
from archive.store.leaves import BROKEN, TABLES, Leaf, Logged, Row, hashed
from archive.store.log import KEPT, first_leaf, kept, reach_of, text_of, unpacked
from archive.store.onlooking import onlooking
from archive.store.tree import Lowest, check_nodes
from archive.store.values import Altered, Verified

_ROOM = 64_000_000  # bytes of bodies kept at hand, since later ones are differences to them

Advance = Callable[[], None]


class _Fault(Exception):  # noqa: N818  # it leaves many loops at once, and no one but `verify` sees it
    def __init__(self, table: str, number: int, what: str) -> None:
        super().__init__(table, number, what)
        self.altered = Altered(table, number, what)


def verify(
    path: Path, *, since: Checkpoint | None, keys: Sequence[Verifier], advance: Advance, still: bool = False
) -> Verified:
    """Whether all that the log has is there as it was; `advance` hears of each row of the log.

    The archive must go on from the checkpoint `since` and from all that stand in it, and one of `keys`, if any are
    given, must have signed each of these. `still` says that nobody else has the file open. Raises StoreError for an
    archive that cannot be read at all.
    """
    with explained(path), closing(_logged_archive(path, still=still)) as db:
        db.execute("BEGIN")
        tree, lowest = Growing(), Lowest(db)
        wanted: list[tuple[Checkpoint, int]] = []
        try:
            wanted = sorted([*_signed(db, keys), *([(since, 0)] if since else [])], key=lambda one: one[0].size)
            if since and since.origin != origin(db):
                raise _Fault("log", 1, f"is not of the log that the checkpoint is of, {since.origin}")
            _roots(db, tree, lowest, iter(wanted), advance)
            _nothing_more(db)
            if wrong := astray(db):
                raise _Fault("entry", *wrong)
            if broken := check_nodes(db, lowest):
                raise _Fault("log_node", broken[1], f"of level {broken[0]} is not the hash of what is below it")
        except _Fault as fault:
            return Verified(tree.size, tree.root(), 0, _with_owner(db, fault.altered))
        return Verified(tree.size, tree.root(), len(wanted))


def rows_of_log(path: Path) -> int:
    """In how many steps `verify` goes."""
    with explained(path), closing(_logged_archive(path, still=False)) as db:
        return int(db.execute("SELECT count(*) FROM log").fetchone()[0])


def _logged_archive(path: Path, *, still: bool) -> sqlite3.Connection:
    db = onlooking(path, still=still)
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'log'").fetchone():
        return db
    version = db.execute("PRAGMA user_version").fetchone()[0]
    db.close()
    raise StoreError(str(path), f"has no log (schema {version})", "'backissue check' gives it one")


def _signed(db: sqlite3.Connection, keys: Sequence[Verifier]) -> Iterator[tuple[Checkpoint, int]]:
    """The checkpoints that stand in the archive, with their numbers, once its first leaf is what it was."""
    name = _origin(db)
    rows = db.execute("SELECT id, size, note FROM log_checkpoint ORDER BY id").fetchall()
    for place, (number, size, note) in enumerate(rows, 1):
        if place != number:
            raise _Fault("log_checkpoint", place, "was removed")
        try:
            found = checked(note, *keys) if keys else read(note)
        except (ProofError, UnicodeError) as error:
            raise _Fault("log_checkpoint", number, _why_not(note, keys)) from error
        if found.size != size or found.origin != name:
            raise _Fault("log_checkpoint", number, "is of another log")
        yield found, number


def _why_not(note: str, keys: Sequence[Verifier]) -> str:
    with suppress(ProofError, UnicodeError):
        if not any(is_by(note, key) for key in keys):
            return "is signed by another key, which is to be named, too (--key), or is not what was signed"
    return "is not what was signed"


def _origin(db: sqlite3.Connection) -> str:
    row = db.execute("SELECT leaves FROM log WHERE size = 1").fetchone()
    with suppress(*BROKEN, LookupError):
        if row == (kept(hashed([first_leaf(db)])),):
            return origin(db)
    raise _Fault("log", 1, "is not what the archive's settings say, for whom and when it was made; they never change")


def _roots(
    db: sqlite3.Connection,
    tree: Growing,
    lowest: Lowest,
    wanted: Iterator[tuple[Checkpoint, int]],
    advance: Advance,
) -> None:
    """Goes through the log, and sees that it has the roots that were signed."""
    due = next(wanted, None)
    for leaves in _logged(db):
        for leaf in leaves:
            tree.add(leaf)
            lowest.add(leaf)
            while due and due[0].size <= tree.size:
                checkpoint, number = due
                if checkpoint.size != tree.size or checkpoint.root != tree.root():
                    where = "signed in the archive" if number else "given"
                    what = f"was exchanged since the checkpoint {where}: the root of its leaves is another one"
                    raise _Fault("log", checkpoint.size, what)
                due = next(wanted, None)
        advance()
    if due:
        what = f"ends here; a checkpoint has {due[0].size} leaves: the newest were removed"
        raise _Fault("log", tree.size, what)


def _logged(db: sqlite3.Connection) -> Iterator[list[bytes]]:
    """The leaves of each row of the log, made of what stands in the tables and compared with what is kept of them."""
    before, known = [0] * len(TABLES), 0
    bodies = _Bodies(db)
    for size, text, stored, checks in db.execute(
        "SELECT size, reach, leaves, CAST(checks AS BLOB) FROM log ORDER BY size"
    ):
        reach = _reach(size, text, stored, known, before)
        first = [] if known else hashed([first_leaf(db)])
        yield first or _Row(db, bodies, before, reach).compared(stored, checks)
        before, known = reach, size


def _reach(size: int, text: str, leaves: bytes, known: int, before: Sequence[int]) -> list[int]:
    try:
        reach = reach_of(text)
        fits = len(leaves) == (size - known) * KEPT and len(reach) == len(TABLES)
        fits = fits and all(type(now) is int and was <= now for was, now in zip(before, reach, strict=True))
        if fits and text == text_of(reach):
            return reach
    except BROKEN:
        pass
    raise _Fault("log", size, "was altered, or one before it was removed")


class _Place(NamedTuple):
    table: str
    number: int


class _Row:
    """What stands in the tables for one row of the log."""

    def __init__(self, db: sqlite3.Connection, bodies: _Bodies, before: Sequence[int], reach: Sequence[int]) -> None:
        self._db = db
        self._bodies = bodies
        self._ranges = [one for one in zip(TABLES, before, reach, strict=True) if one[1] < one[2]]

    def compared(self, leaves: bytes, checks: bytes) -> list[bytes]:
        """The whole leaves; raises the fault that there is, if there is one."""
        said, stored = _split(leaves), unpacked(checks)
        places: list[_Place] = []
        hashes: list[bytes] = []
        checked = 0
        for table, start, stop in self._ranges:
            last = start
            for row in self._db.execute(table.between, (start or -(1 << 63), stop)):
                if table.leaf:
                    places.append(_Place(table.name, row[0]))
                    hashes.append(_hash(table.leaf, row))
                if table.check:
                    self._check(table, row, stored[checked : checked + 2], last)
                    checked += 1
                last = row[0]
        starts = [one[:KEPT] for one in hashes]
        if said != starts:
            raise self._told(said, starts, places)
        if checked != len(stored):
            raise _Fault("blob", next(stop for table, _, stop in self._ranges if table.check), "was removed")
        return hashes

    def _check(self, table: Logged, row: Row, stored: array[int], last: int) -> None:
        """Looks at how the row is stored: by its own check, and the next one, which tells if one before it is gone."""
        assert table.check
        now = _check(table.check, row)
        if stored[:1].tolist() != [now]:
            if stored[1:].tolist() == [now]:
                raise _Fault(table.name, last + 1, "was removed")
            raise _Fault(table.name, row[0], f"is not stored as it was{_whose(self._db, table, row[0])}")
        if table.name == "blob" and not self._bodies.is_whole(row):
            what = f"does not hold the bytes that its SHA-256 is of{_whose(self._db, table, row[0])}"
            raise _Fault(table.name, row[0], what)

    def _told(self, said: Sequence[bytes], hashes: Sequence[bytes], places: Sequence[_Place]) -> _Fault:
        """What is the matter with the first row that is not as the log has it."""
        here = next((place for place, pair in enumerate(zip(said, hashes, strict=False)) if pair[0] != pair[1]), None)
        if here is None:
            here = min(len(said), len(hashes))
        if here == len(hashes) or hashes[here] in said[here + 1 :]:
            return _Fault(*self._missing(places[:here]), "was removed")
        if here == len(said) or said[here] in hashes[here + 1 :]:
            return _Fault(*places[here], "was inserted out of order: the log has none there")
        missing = self._missing(places[:here])
        if len(said) > len(hashes) and missing != places[here]:
            return _Fault(*missing, "was removed")
        return _Fault(*places[here], "was altered: it is not what was stored")

    def _missing(self, places: Sequence[_Place]) -> _Place:
        """The row that should stand after these: numbers have no gaps, as a rule."""
        for table, start, stop in self._ranges:
            last = max((one.number for one in places if one.table == table.name), default=start)
            if table.leaf and last < stop:
                return _Place(table.name, last + 1)
        return places[-1] if places else _Place("log", 0)


class _Bodies:
    """The bytes of blobs: some are kept at hand, since the next ones are differences to them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._room = _ROOM

    def is_whole(self, row: Row) -> bool:
        """Whether a blob's row holds the bytes that its size and SHA-256 tell of."""
        number, size, codec, base, _, data = row
        try:
            body = blobs.unpack(codec, data) if base is None else blobs.patched(data, self._body(base))
            (digest,) = self._db.execute("SELECT sha256 FROM blob WHERE id = ?", (number,)).fetchone()
        except BROKEN:
            return False
        self._keep(number, body)
        return bool(len(body) == size and hashlib.sha256(body).digest() == digest)

    def _body(self, number: int) -> bytes:
        found = self._kept.get(number)
        if found is None:
            found = blobs.get(self._db, number)
            self._keep(number, found)
        else:
            self._kept.move_to_end(number)
        return found

    def _keep(self, number: int, body: bytes) -> None:
        if number not in self._kept and len(body) <= _ROOM // 8:
            self._kept[number] = body
            self._room -= len(body)
        while self._room < 0:
            self._room += len(self._kept.popitem(last=False)[1])


def _nothing_more(db: sqlite3.Connection) -> None:
    """Sees that no table goes on where the log ends."""
    row = db.execute("SELECT reach FROM log ORDER BY size DESC LIMIT 1").fetchone()
    for table, reach in zip(TABLES, reach_of(row[0]) if row else [0] * len(TABLES), strict=True):
        more = db.execute(f"SELECT min(id) FROM {table.name} WHERE id > ?", (reach,)).fetchone()[0]
        if more is not None:
            raise _Fault(table.name, more, "was inserted past the log, which does not have it")


def _whose(db: sqlite3.Connection, table: Logged, number: int) -> str:
    """Whose body a blob is, to be told."""
    if table.name != "blob":
        return ""
    for name in ("document", "version"):
        row = db.execute(f"SELECT id FROM {name} WHERE blob = ? LIMIT 1", (number,)).fetchone()
        if row:
            return f": it is the body of {name} {row[0]}"
    return ""


def _with_owner(db: sqlite3.Connection, one: Altered) -> Altered:
    """The fault with the entry or feed that the row is of, by which people know it."""
    with suppress(sqlite3.Error):
        for owner in ("entry", "feed"):
            if owner in [row[1] for row in db.execute(f"PRAGMA table_info({one.table})")]:
                row = db.execute(f"SELECT {owner} FROM {one.table} WHERE id = ?", (one.number,)).fetchone()
                return Altered(one.table, one.number, f"(of {owner} {row[0]}) {one.what}") if row else one
    return one


def _hash(make: Callable[[Row], Leaf], row: Row) -> bytes:
    try:
        return hashed([make(row)])[0]
    except BROKEN:
        return b""


def _check(make: Callable[[Row], int], row: Row) -> int:
    try:
        return make(row)
    except BROKEN:
        return -1


def _split(leaves: bytes) -> list[bytes]:
    return [leaves[start : start + KEPT] for start in range(0, len(leaves), KEPT)]
