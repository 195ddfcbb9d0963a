"""What is known of the files that entries show: a small SQLite file beside the archive, and the copies beside that.

    backissue.media/index.sqlite          which address gave which file, what is still to be asked for, and by whom
    backissue.media/files/ab/abcd….jpg    copies by their SHA-256
    backissue.media/partial/…             what has come of a file so far

It is made of the archive alone: without it, all that is still there to be had is asked for again.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from archive.store.times import to_text
from config.errors import BackissueError

_VERSION = 2
_SCHEMA = """
CREATE TABLE file (
    url TEXT PRIMARY KEY, kept TEXT, size INTEGER, type TEXT, tries INTEGER NOT NULL DEFAULT 0, next_try TEXT,
    validator TEXT, error TEXT
) WITHOUT ROWID;
CREATE INDEX file_due ON file (next_try) WHERE next_try IS NOT NULL;
CREATE INDEX file_kept ON file (kept) WHERE kept IS NOT NULL;
CREATE TABLE looked (channel TEXT PRIMARY KEY, selection TEXT NOT NULL, cursor INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE mention (
    channel TEXT NOT NULL, url TEXT NOT NULL, entry TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (channel, url, entry)
) WITHOUT ROWID;
CREATE INDEX mention_entry ON mention (channel, entry);
"""
# Which entries were published before the file was there: what shows them is to be written anew.
_SECOND = "ALTER TABLE mention ADD COLUMN late INTEGER NOT NULL DEFAULT 0;"
_SMALLEST_TIME = ""  # before all others


class MediaError(BackissueError):
    """The copies of files could not be read or written."""


class Copy(Struct, frozen=True):
    """A file that is kept: the name of its copy ("ab/abcd….jpg"), its size in bytes, and its media type."""

    name: str
    size: int
    type: str


class Pending(Struct, frozen=True):
    """A file to ask for: how often that was tried, and the validator of what has come of it."""

    url: str
    tries: int
    validator: str | None = None


class Index:
    """The index in a folder; made where it is missing. For one thread at a time."""

    def __init__(self, folder: Path, db: sqlite3.Connection) -> None:
        self.folder = folder
        self._db = db

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Index]:
        """The index in that folder. Raises MediaError."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in ("files", "partial"):
                (folder / name).mkdir(exist_ok=True)
            with closing(sqlite3.connect(folder / "index.sqlite", isolation_level=None)) as db:
                db.execute("PRAGMA journal_mode = WAL")
                (made,) = db.execute("PRAGMA user_version").fetchone()
                if made < _VERSION:
                    steps = (_SCHEMA, _SECOND)[made:]
                    db.executescript(f"BEGIN; {' '.join(steps)} PRAGMA user_version = {_VERSION}; COMMIT;")
                yield cls(folder, db)
        except (OSError, sqlite3.Error) as error:
            remedy = "see that this user can write there and that the disk has room"
            raise MediaError(str(folder), f"cannot be used ({error})", remedy) from error

    def looked(self, channel: str, selection: str) -> int:
        """Up to which version a channel's entries were looked through under that selection."""
        row = self._db.execute("SELECT selection, cursor FROM looked WHERE channel = ?", (channel,)).fetchone()
        return int(row[1]) if row and row[0] == selection else 0

    def forget(self, channel: str) -> None:
        """Forget what the channel's entries show, before they are looked through anew."""
        self._db.execute("BEGIN")
        self._db.execute("DELETE FROM looked WHERE channel = ?", (channel,))
        self._db.execute("DELETE FROM mention WHERE channel = ?", (channel,))
        self._db.execute("COMMIT")

    def look(
        self, channel: str, selection: str, cursor: int, found: Iterable[tuple[int, str, str]], published: int
    ) -> None:
        """Take down what was found up to that version: versions, entries' ids and the addresses that they show.

        Entries up to the version `published` have been published without that.
        """
        self._db.execute("BEGIN")
        for version, entry, url in found:
            self._db.execute("INSERT OR IGNORE INTO file (url, next_try) VALUES (?, ?)", (url, _SMALLEST_TIME))
            self._db.execute(
                "INSERT INTO mention (channel, url, entry, version, late) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET version = max(version, excluded.version), late = max(late, excluded.late)",
                (channel, url, entry, version, version <= published),
            )
        self._db.execute(
            "INSERT INTO looked VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET selection = excluded.selection,"
            " cursor = excluded.cursor",
            (channel, selection, cursor),
        )
        self._db.execute("COMMIT")

    def settled(self, channel: str, selection: str) -> int:
        """Up to which version all that a channel's entries show was asked for once at least."""
        (first,) = self._db.execute(
            "SELECT min(version) FROM mention JOIN file USING (url) WHERE channel = ? AND tries = 0 AND kept IS NULL",
            (channel,),
        ).fetchone()
        cursor = self.looked(channel, selection)
        return min(cursor, int(first) - 1) if first is not None else cursor

    def due(self, now: datetime) -> list[Pending]:
        """What is to be asked for now, first what never was; nothing that no entry is known to show any more."""
        rows = self._db.execute(
            "SELECT url, tries, validator FROM file WHERE next_try <= ?"
            " AND EXISTS (SELECT 1 FROM mention WHERE mention.url = file.url) ORDER BY next_try, url",
            (to_text(now),),
        )
        return [Pending(*row) for row in rows]

    def copies(self, urls: Iterable[str]) -> dict[str, Copy]:
        """Those of the addresses whose files are kept."""
        found = {}
        for url in urls:
            row = self._db.execute("SELECT kept, size, type FROM file WHERE url = ?", (url,)).fetchone()
            if row and row[0]:
                found[url] = Copy(*row)
        return found

    def shown_by(self, channel: str, entry: str) -> list[Copy]:
        """The copies that no other entry of the channel shows."""
        rows = self._db.execute(
            "SELECT DISTINCT kept, size, type FROM mention JOIN file USING (url) WHERE channel = ?1 AND entry = ?2"
            " AND kept IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mention AS other JOIN file AS same"
            "   ON same.url = other.url WHERE same.kept = file.kept AND other.channel = ?1 AND other.entry <> ?2)",
            (channel, entry),
        )
        return [Copy(*row) for row in rows]

    def total(self) -> int:
        """How many bytes are kept."""
        row = self._db.execute("SELECT sum(size) FROM (SELECT DISTINCT kept, size FROM file WHERE kept IS NOT NULL)")
        return int(row.fetchone()[0] or 0)

    def waiting(self) -> int:
        """How many files were never asked for."""
        row = self._db.execute(
            "SELECT count(*) FROM file WHERE next_try = ? AND url IN (SELECT url FROM mention)", (_SMALLEST_TIME,)
        )
        return int(row.fetchone()[0])

    def keep(self, url: str, copy: Copy) -> None:
        """The file at that address is kept now; entries that were not waiting for it show it late."""
        self._db.execute("BEGIN")
        self._db.execute(
            "UPDATE mention SET late = 1 WHERE url = ?1 AND (SELECT tries FROM file WHERE url = ?1) > 0", (url,)
        )
        self._db.execute(
            "UPDATE file SET kept = ?, size = ?, type = ?, next_try = NULL, validator = NULL, error = NULL,"
            " tries = tries + 1 WHERE url = ?",
            (copy.name, copy.size, copy.type, url),
        )
        self._db.execute("COMMIT")

    def late(self, channel: str) -> list[str]:
        """The ids of entries that were published before what they show was there, and it is now."""
        rows = self._db.execute(
            "SELECT DISTINCT entry FROM mention JOIN file USING (url)"
            " WHERE channel = ? AND late AND kept IS NOT NULL ORDER BY entry",
            (channel,),
        )
        return [entry for (entry,) in rows]

    def told(self, channel: str) -> None:
        """These entries were published anew."""
        self._db.execute(
            "UPDATE mention SET late = 0 WHERE channel = ? AND late"
            " AND (SELECT kept FROM file WHERE file.url = mention.url) IS NOT NULL",
            (channel,),
        )

    def fail(self, url: str, error: str, next_try: datetime | None) -> None:
        """The file could not be had; it is asked for again then, or never."""
        self._db.execute(
            "UPDATE file SET tries = tries + 1, error = ?, next_try = ? WHERE url = ?",
            (error, next_try and to_text(next_try), url),
        )

    def began(self, url: str, validator: str | None) -> None:
        """A part of the file may lie there; the validator tells whether the rest will be of the same."""
        self._db.execute("UPDATE file SET validator = ? WHERE url = ?", (validator, url))

    def path(self, copy: Copy) -> Path:
        """Where a copy lies."""
        return self.folder / "files" / copy.name

    def partial(self, url: str) -> Path:
        """Where what has come of a file lies."""
        return self.folder / "partial" / hashlib.sha256(url.encode()).hexdigest()[:32]


def addresses(copies: Mapping[str, Copy], home: str) -> dict[str, str]:
    """The addresses of copies, by those of the originals."""
    return {url: f"{home}media/{copy.name}" for url, copy in copies.items()}
