"""What the pages of a channel were made of: a small SQLite file beside them, in which neighbours are found at once.

An entry's place is the day of its publication; of those of one instant, the order in which they came. A month's entries
stand on pages of bounded length, in the order of their arrival: whatever comes later, only the last page of its month
changes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from feeds.channel import Item
from feeds.files import PublishError
from feeds.write.archive_pages import Part, Row
from feeds.write.entry_page import WITHDRAWN, Around, Neighbour
from feeds.write.ready import ready
from feeds.write.values import language_tag, page_name, plain

_VERSION = 1
_MUCH = 5000  # changed rows
_LONGEST = 500  # entries on a page of a month
_SCHEMA = """
CREATE TABLE made (face TEXT, selection TEXT, position INTEGER, round INTEGER, sweeping INTEGER);
CREATE TABLE entry (
    page TEXT PRIMARY KEY, version INTEGER, position INTEGER, date TEXT, born INTEGER, month TEXT, part INTEGER,
    title TEXT, language TEXT, round INTEGER, stale INTEGER
) WITHOUT ROWID;
CREATE INDEX entry_date ON entry (date, born);
CREATE INDEX entry_part ON entry (month, part);
CREATE INDEX entry_stale ON entry (position) WHERE stale;
CREATE TABLE part (
    month TEXT, number INTEGER, entries INTEGER, stale INTEGER, PRIMARY KEY (month, number)
) WITHOUT ROWID;
INSERT INTO made VALUES ('', '', 0, 0, 0);
"""
_NEIGHBOUR = "SELECT page, title, language FROM entry WHERE (date, born)"
_EARLIER = f"{_NEIGHBOUR} < (?, ?) ORDER BY date DESC, born DESC LIMIT 1"
_LATER = f"{_NEIGHBOUR} > (?, ?) ORDER BY date, born LIMIT 1"


class Stale(Struct, frozen=True):
    """An entry whose page has to be written: its latest version stands at `position` of the log."""

    page: str
    position: int
    date: str
    born: int
    month: str
    part: int


def edition_of(path: Path, page: str) -> int | None:
    """The version of the entry that a page shows, by the index in that file; None if there is no such page."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as db:
            row = db.execute("SELECT version FROM entry WHERE page = ?", (page,)).fetchone()
    except sqlite3.Error:
        return None
    return row and int(row[0])


class Index:
    """The index of one channel. What it is told is durable at the end, and now and then before where it is much."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._kept = db.total_changes
        self._face, self._selection, self.position, self._round, self._sweeping = db.execute(
            "SELECT * FROM made"
        ).fetchone()

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator[Index]:
        """The index in that file, which is made where it is missing or another release's. Raises PublishError."""
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous = NORMAL")
                if db.execute("PRAGMA user_version").fetchone() != (_VERSION,):
                    _make(db)
                db.execute("BEGIN IMMEDIATE")
                yield cls(db)
        except sqlite3.Error as error:
            remedy = "remove it and publish again: the pages are then made anew"
            if isinstance(error, sqlite3.OperationalError):  # what hinders is not the file's own
                remedy = "see that this user can write there and that the disk has room, then publish again"
            raise PublishError(str(path), f"cannot be used ({error})", remedy) from error

    def begin(self, face: str, selection: str) -> None:
        """Go on where the last run ended; from the start, where pages look different or other entries belong."""
        if (face, selection) != (self._face, self._selection):
            self._face, self._selection, self.position = face, selection, 0
            self._round, self._sweeping = self._round + 1, 1
            self._db.execute("UPDATE part SET stale = 1")
            self._keep()

    def take(self, position: int, item: Item) -> None:
        """Take an item of the log; an older version of what is known already changes nothing."""
        page = page_name(item.id)
        found = self._one("SELECT version, round, date, born, title, language FROM entry WHERE page = ?", page)
        if found and found[0] > item.version:
            self._db.execute(
                "UPDATE entry SET stale = stale OR round < ?1, round = ?1 WHERE page = ?2", (self._round, page)
            )
            return
        date, born = _text(item.date), found[3] if found else position
        title, language = plain(item.entry.title) or ready(item).name, language_tag(item.language)
        if item.withdrawn:
            title, language = WITHDRAWN, "en"
        if found and found[2] != date:
            self._leave(page)
        if found is None or found[2] != date:
            self._enter(page, date, born)
        elif (found[4], found[5]) != (title, language):
            self._touch(page)
        self._db.execute(
            "UPDATE entry SET version = ?, position = ?, title = ?, language = ?, round = ?, stale = 1 WHERE page = ?",
            (item.version, position, title, language, self._round, page),
        )

    def reached(self, position: int) -> None:
        """All of the log before that position has been taken."""
        self.position = position
        self._keep()

    def leavers(self) -> list[str]:
        """The files of entries that belong no longer, and of months that nothing is left of."""
        pages: list[str] = []
        if self._sweeping:
            pages = [row[0] for row in self._db.execute("SELECT page FROM entry WHERE round < ?", (self._round,))]
        for page in pages:
            self._leave(page)
        return [f"entries/{page}.html" for page in pages] + [f"archive/{part.page}.html" for part in self._empty()]

    def swept(self) -> None:
        """The files of the leavers are gone."""
        for part in self._empty():
            self._touch_beside(part)
            self._db.execute("DELETE FROM part WHERE month = ? AND number = ?", (part.month, part.number))
        self._sweeping = 0
        self._keep()

    def touch(self, pages: Iterable[str]) -> None:
        """These pages, if there are such, have to be written."""
        self._db.executemany("UPDATE entry SET stale = 1 WHERE page = ?", [(page,) for page in pages])

    def stale_entries(self, limit: int) -> list[Stale]:
        """Entries whose pages have to be written, in the order of the log."""
        rows = self._db.execute(
            "SELECT page, position, date, born, month, part FROM entry WHERE stale ORDER BY position LIMIT ?", (limit,)
        )
        return [Stale(*row) for row in rows]

    def around(self, one: Stale) -> Around:
        """Where an entry stands."""
        before, after = (self._neighbour(one.date, one.born, later=later) for later in (False, True))
        return Around(
            one.month,
            Part(one.month, one.part, 0).page,
            before and Neighbour(*before),
            after and Neighbour(*after),
        )

    def written_entries(self, written: Sequence[Stale]) -> None:
        """These pages are as they should be."""
        self._db.executemany("UPDATE entry SET stale = 0 WHERE page = ?", [(one.page,) for one in written])
        self._keep()

    def parts(self) -> list[Part]:
        """The pages of months, in the order of time."""
        return [
            Part(*row) for row in self._db.execute("SELECT month, number, entries FROM part ORDER BY month, number")
        ]

    def stale_parts(self) -> list[Part]:
        """The pages of months that have to be written."""
        rows = self._db.execute("SELECT month, number, entries FROM part WHERE stale ORDER BY month, number")
        return [Part(*row) for row in rows]

    def beside(self, part: Part) -> tuple[Part | None, Part | None]:
        """The pages of months before and after."""
        key = (part.month, part.number)
        start = "SELECT month, number, entries FROM part WHERE (month, number)"
        before = self._one(f"{start} < (?, ?) ORDER BY month DESC, number DESC LIMIT 1", *key)
        after = self._one(f"{start} > (?, ?) ORDER BY month, number LIMIT 1", *key)
        return before and Part(*before), after and Part(*after)

    def rows(self, part: Part) -> list[Row]:
        """The entries on a page of a month, the earliest first."""
        rows = self._db.execute(
            "SELECT page, title, date, language FROM entry WHERE month = ? AND part = ? ORDER BY date, born",
            (part.month, part.number),
        )
        return [Row(page, title, datetime.fromisoformat(date), language) for page, title, date, language in rows]

    def written_parts(self) -> None:
        """All pages of months are as they should be."""
        self._db.execute("UPDATE part SET stale = 0 WHERE stale")
        self._keep(all=True)

    def _empty(self) -> list[Part]:
        return [Part(*row) for row in self._db.execute("SELECT month, number, entries FROM part WHERE entries = 0")]

    def _enter(self, page: str, date: str, born: int) -> None:
        """Give an entry its place, on the last page of its month."""
        month = date[:7]
        last = self._one("SELECT number, entries FROM part WHERE month = ? ORDER BY number DESC LIMIT 1", month)
        number = last[0] if last and last[1] < _LONGEST else last[0] + 1 if last else 1
        if last is None or number != last[0]:
            self._db.execute("INSERT INTO part VALUES (?, ?, 0, 1)", (month, number))
            self._touch_beside(Part(month, number, 0))
        self._db.execute(
            "UPDATE part SET entries = entries + 1, stale = 1 WHERE month = ? AND number = ?", (month, number)
        )
        self._db.execute(
            "INSERT INTO entry (page, date, born, month, part) VALUES (?, ?, ?, ?, ?)",
            (page, date, born, month, number),
        )
        self._touch(page)

    def _leave(self, page: str) -> None:
        """Take an entry from its place."""
        self._touch(page)
        month, number = self._one("SELECT month, part FROM entry WHERE page = ?", page)
        self._db.execute(
            "UPDATE part SET entries = entries - 1, stale = 1 WHERE month = ? AND number = ?", (month, number)
        )
        self._db.execute("DELETE FROM entry WHERE page = ?", (page,))

    def _touch(self, page: str) -> None:
        """What names the entry has to be written: the pages beside its own, and its month's."""
        date, born, month, number = self._one("SELECT date, born, month, part FROM entry WHERE page = ?", page)
        for later in (False, True):
            if beside := self._neighbour(date, born, later=later):
                self._db.execute("UPDATE entry SET stale = 1 WHERE page = ?", beside[:1])
        self._db.execute("UPDATE part SET stale = 1 WHERE month = ? AND number = ?", (month, number))

    def _touch_beside(self, part: Part) -> None:
        for one in self.beside(part):
            if one:
                self._db.execute("UPDATE part SET stale = 1 WHERE month = ? AND number = ?", (one.month, one.number))

    def _neighbour(self, date: str, born: int, *, later: bool) -> Any:
        return self._one(_LATER if later else _EARLIER, date, born)

    def _one(self, query: str, *values: object) -> Any:
        return self._db.execute(query, values).fetchone()

    def _keep(self, *, all: bool = False) -> None:
        """Make what was told durable, if that is much: a disk takes longer for one promise than all the rest does."""
        if not all and self._db.total_changes - self._kept < _MUCH:
            return
        self._db.execute(
            "UPDATE made SET face = ?, selection = ?, position = ?, round = ?, sweeping = ?",
            (self._face, self._selection, self.position, self._round, self._sweeping),
        )
        self._db.execute("COMMIT")
        self._db.execute("BEGIN IMMEDIATE")
        self._kept = self._db.total_changes


def _make(db: sqlite3.Connection) -> None:
    for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        db.execute(f"DROP TABLE {name}")
    db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")


def _text(when: datetime) -> str:
    """Sorts as the instants do."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")
