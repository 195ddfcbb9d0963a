"""One SQLite file that needs nothing of ours: every table plain, every text and body as it is.

An archive keeps its bodies compressed, as differences of each other. Here they are not, so that `sqlite3`, Datasette or
a spreadsheet can open the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from archive.export.columns import BODY, Column
from archive.export.output import ExportError, whole_file
from archive.export.tables import TABLES, plain
from archive.store import Choice, Snapshot

_TYPES = {"integer": "INTEGER", "boolean": "INTEGER", "number": "REAL"}
_KEYS = {
    "feeds": "PRIMARY KEY (feed)",
    "documents": "PRIMARY KEY (document), FOREIGN KEY (feed) REFERENCES feeds (feed)",
    "versions": "PRIMARY KEY (entry, version), FOREIGN KEY (feed) REFERENCES feeds (feed)",
}
_MORE = """
    CREATE INDEX versions_feed ON versions (feed, date);
    CREATE INDEX versions_link ON versions (link);
    CREATE INDEX documents_feed ON documents (feed, first_seen);
    CREATE VIEW entries AS SELECT * FROM versions WHERE current;
"""


def write_sqlite(
    path: Path, source: Snapshot, choice: Choice, *, done: Callable[[str], None] = lambda name: None
) -> int:
    """Write the chosen feeds, versions and documents with their bytes; gives how many rows that made.

    The table `columns` says what each column means. Raises ExportError and StoreError.
    """
    with whole_file(path) as temporary, closing(sqlite3.connect(temporary, isolation_level=None)) as db:
        try:
            return _fill(db, source, choice, done)
        except sqlite3.OperationalError as error:  # such as a full disk
            raise ExportError(str(path), f"cannot be written ({error})", "name a place with room") from error


def _fill(db: sqlite3.Connection, source: Snapshot, choice: Choice, done: Callable[[str], None]) -> int:
    # Nothing is lost with this file if its making is broken off, so that no journal is needed.
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("BEGIN")
    db.execute('CREATE TABLE columns ("table" TEXT, name TEXT, kind TEXT, meaning TEXT, PRIMARY KEY ("table", name))')
    rows = _table(db, "feeds", TABLES["feeds"], source.feeds(choice), done)
    rows += _table(db, "documents", (*TABLES["documents"], BODY), source.documents(choice), done)
    rows += _table(db, "versions", TABLES["versions"], source.told(choice), done)
    for statement in filter(str.strip, _MORE.split(";")):
        db.execute(statement)
    db.execute("COMMIT")
    return rows


def _table(
    db: sqlite3.Connection,
    name: str,
    columns: tuple[Column[Any], ...],
    things: Iterable[Any],
    done: Callable[[str], None],
) -> int:
    shape = ", ".join(f'"{one.name}" {"BLOB" if one is BODY else _TYPES.get(one.kind, "TEXT")}' for one in columns)
    db.execute(f"CREATE TABLE {name} ({shape}, {_KEYS[name]})")
    db.executemany(
        "INSERT INTO columns VALUES (?, ?, ?, ?)", [(name, one.name, one.kind, one.meaning) for one in columns]
    )
    insert, count = f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", 0  # noqa: S608
    for count, thing in enumerate(things, 1):  # noqa: B007
        db.execute(insert, [plain(one.of(thing)) for one in columns])
        done("")
    return count
