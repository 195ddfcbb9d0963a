"""Looking after an archive: how much it holds, and whether all of it is still what was stored."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from zstandard import ZstdError

from archive.store import blobs
from archive.store.database import Database
from archive.store.values import Totals

_MOST = 20  # of one kind of damage; whoever has more of it needs no longer list


def totals(db: Database, path: Path) -> Totals:
    """How much the archive holds."""
    live = "feed WHERE removed IS NULL"
    tables = {"feeds": live, "entries": "entry", "versions": "version", "documents": "document"}
    counts = {name: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for name, table in tables.items()}
    files = (path, path.with_name(f"{path.name}-wal"))
    return Totals(**counts, bytes=sum(file.stat().st_size for file in files if file.exists()))


def examine(db: Database) -> Iterator[str]:
    """What is wrong, a sentence each: pages, indexes, links between rows, and bytes that do not fit their hash."""
    for check in (_pages, _links, _current, _indexed, _blobs):
        try:
            yield from check(db)
        except sqlite3.DatabaseError as error:
            # What stands on a broken page cannot be read; what stands on the others can.
            if error.sqlite_errorname.partition("_")[2].partition("_")[0] not in ("CORRUPT", "NOTADB"):
                raise
            yield f"SQLite finds: {error}"


def _pages(db: Database) -> Iterator[str]:
    for (text,) in db.execute(f"PRAGMA integrity_check({_MOST})").fetchall():
        yield from (
            f"SQLite finds: {line}" for line in text.splitlines() if line not in ("ok", "*** in database main ***")
        )


def _links(db: Database) -> Iterator[str]:
    for table, row, parent, _ in db.execute("PRAGMA foreign_key_check").fetchmany(_MOST):
        yield f"row {row} of {table} names a row of {parent} that is not there"


def _current(db: Database) -> Iterator[str]:
    query = (
        "SELECT entry.id FROM entry LEFT JOIN edition ON edition.id = entry.edition AND edition.entry = entry.id"
        " WHERE edition.id IS NULL LIMIT ?"
    )
    for (entry,) in db.execute(query, (_MOST,)):
        yield f"entry {entry} has no current version"


def _indexed(db: Database) -> Iterator[str]:
    (missing,) = db.execute(
        "SELECT count(*) FROM entry JOIN edition ON edition.id = entry.edition"
        " LEFT JOIN indexed ON indexed.entry = entry.id AND indexed.version = edition.version"
        " WHERE indexed.row IS NULL OR indexed.row NOT IN (SELECT rowid FROM search)"
    ).fetchone()
    if missing:
        yield f"{missing} entries are missing from the search index"


def _blobs(db: Database) -> Iterator[str]:
    for number, digest, size, codec, data, base in db.execute(
        "SELECT id, sha256, size, codec, CAST(data AS BLOB), base FROM blob"
    ):
        try:
            body = blobs.read(db.conn, codec, data, base)
        except (ZstdError, MemoryError):
            yield f"blob {number} cannot be uncompressed"
            continue
        if len(body) != size or hashlib.sha256(body).digest() != digest:
            yield f"blob {number} does not hold the bytes that were stored"
