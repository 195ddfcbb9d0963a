"""What SQLite complains of, said so that a person knows what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.errors import BackissueError


class StoreError(BackissueError):
    """The archive cannot be opened, read or written."""


_REMEDIES = {
    "SQLITE_NOTADB": ("is not an archive", "name Backissue's own file, or a new one"),
    "SQLITE_BUSY": ("is locked by another program", "wait until it has ended and try again"),
    "SQLITE_LOCKED": ("is locked by another program", "wait until it has ended and try again"),
    "SQLITE_READONLY": ("cannot be written", "check the rights of the file and of its folder"),
    "SQLITE_CANTOPEN": ("cannot be opened", "check the rights of the file and of its folder"),
    "SQLITE_PERM": ("cannot be opened", "check the rights of the file and of its folder"),
    "SQLITE_FULL": ("the disk is full; nothing of this step was kept", "make room and try again"),
    "SQLITE_IOERR": ("the disk gave an error", "check the disk, then run 'backissue check'"),
    "SQLITE_CORRUPT": ("is damaged", "run 'backissue check', and restore a backup if it says so"),
}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns SQLite's own errors about the file into a StoreError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        for prefix, (reason, remedy) in _REMEDIES.items():
            if name.startswith(prefix):
                raise StoreError(str(path), reason, remedy) from error
        raise
