"""Opening an archive: is it one, is it whole, is its schema today's. Migrations are numbered .sql files."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from datetime import datetime
from importlib import resources
from pathlib import Path

from archive.store import log
from archive.store.errors import StoreError, explained
from archive.store.times import to_text
from config.errors import reason_of

# New entries go to places all over the indexes: with SQLite's own 2 MB a page is read again for nearly every row.
_CACHE_KIB = 32_000
# Bytes that SQLite's log keeps once it is written back: a large batch would leave it as large as that for good.
_LOG_KEPT = 8_000_000
_LOGGED = 6  # archives have a log since this schema
APPLICATION_ID = 0x42495353  # "BISS": tells our archives from other SQLite files


def connect(
    path: Path, *, now: datetime, authority: str, create: bool = True, wait: float = 10.0
) -> sqlite3.Connection:
    """A connection to the archive, made or migrated as needed, in WAL mode and without implicit transactions.

    `authority` (a host name) goes into the tag: URIs that a new archive mints (RFC 4151); an archive keeps the one it
    was made with. `wait` is for how many seconds another program's lock is borne with. Raises StoreError for a file
    that is no archive, is newer than this program, locked or not writable.
    """
    check_place(path, create)
    with explained(path):
        if create:
            _claim(path)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=wait)
        try:
            _prepare(connection, path, now, authority, create, wait)
        except BaseException:
            connection.close()
            raise
    return connection


def check_place(path: Path, create: bool) -> None:
    """Raises StoreError where no archive can be, or none is that is not to be made."""
    try:
        if path.is_dir():
            raise StoreError(str(path), "is a folder", "name the archive's file")
        if path.exists():
            return
        if not create:
            raise _missing(path)
        if not path.parent.is_dir():
            raise StoreError(str(path), f"the folder {path.parent} does not exist", "make it or name another archive")
    except OSError as error:
        reason = f"cannot be opened ({reason_of(error)})"
        raise StoreError(str(path), reason, "check its name, and the rights of it and of its folder") from error


def _claim(path: Path) -> None:
    """Make the file, if there is none, for its owner alone: it holds passwords of addresses, and the secrets of hubs.

    The files that SQLite puts beside it get the same rights. Where it cannot be made, SQLite says why.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _missing(path: Path) -> StoreError:
    return StoreError(str(path), "there is no archive here", "make one with 'backissue archive' or name another")


def migrations() -> list[str]:
    """The migrations in order; an archive's user_version counts how many of them it has had."""
    folder = resources.files("archive.store").joinpath("sql")
    return [
        file.read_text("utf-8")
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name[0].isdigit()
    ]


def _prepare(
    connection: sqlite3.Connection, path: Path, now: datetime, authority: str, create: bool, wait: float
) -> None:
    connection.execute("BEGIN")  # so that all three are of the same moment, whoever makes the archive meanwhile
    application, version, tables = (
        connection.execute(query).fetchone()[0]
        for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
    )
    connection.execute("COMMIT")
    if application != APPLICATION_ID and (application or tables):
        raise StoreError(
            str(path), "is an SQLite file, but not one of Backissue's", "name another file for the archive"
        )
    if not (version or create):
        raise _missing(path)
    scripts = migrations()
    if version > len(scripts):
        raise StoreError(
            str(path),
            f"was made by a newer Backissue (schema {version}, this one knows {len(scripts)})",
            "update Backissue",
        )
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute(f"PRAGMA journal_size_limit = {_LOG_KEPT}")
    if version == len(scripts):
        connection.execute("PRAGMA synchronous = NORMAL")
        return
    _log_ahead(connection, wait)
    connection.execute("PRAGMA synchronous = NORMAL")
    if version:
        backup(connection, path.with_name(f"{path.name}.schema-{version}.bak"))
    _migrate(connection, scripts, now, authority)


def _log_ahead(connection: sqlite3.Connection, wait: float) -> None:
    """Switch to WAL mode. Of several that do so at once SQLite refuses some without waiting, whatever its timeout."""
    end = time.monotonic() + wait
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= end:
                raise
        time.sleep(0.01)


def _migrate(connection: sqlite3.Connection, scripts: list[str], now: datetime, authority: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated while this one waited for the lock.
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        for script in scripts[version:]:
            for statement in _statements(script):
                connection.execute(statement)
        if version == 0:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.executemany(
                "INSERT INTO setting VALUES (?, ?)",
                [("authority", f"{authority},{now.year}"), ("created", to_text(now))],
            )
        if version < _LOGGED:
            log.begin(connection)
        log.append(connection)  # what older archives hold, and tables that are in the log from now on
        connection.execute(f"PRAGMA user_version = {len(scripts)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def backup(connection: sqlite3.Connection, target: Path) -> None:
    """A copy of the archive as it stands, made while others may go on reading it; for its owner alone, too."""
    _claim(target)
    with closing(sqlite3.connect(target)) as copy:
        connection.backup(copy)


def _statements(script: str) -> list[str]:
    # executescript() would commit first; a migration must be one transaction.
    found, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    return found
