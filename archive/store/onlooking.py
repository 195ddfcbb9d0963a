"""Opening an archive to look at it alone: nothing of it is changed, and it may lie where nothing can be written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from archive.store.errors import StoreError
from archive.store.schema import APPLICATION_ID, check_place, migrations


def onlooking(path: Path, *, still: bool = False) -> sqlite3.Connection:
    """A connection that changes nothing; `still` says that nobody else has the file open.

    Texts that are none any more come out as other texts. Raises StoreError for a file that is no archive.
    """
    check_place(path, create=False)
    # On a disk that cannot be written there is no room for the index of the write-ahead log; an empty one needs none.
    wal = path.with_name(f"{path.name}-wal")
    for choice in ("immutable=1",) if still else ("mode=rw", "immutable=1"):
        db = sqlite3.connect(f"{path.resolve().as_uri()}?{choice}", uri=True, isolation_level=None)
        db.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        try:
            db.execute("PRAGMA query_only = ON")
            _know(db, path)
            return db
        except BaseException as error:
            db.close()
            again = choice != "immutable=1" and not (wal.exists() and wal.stat().st_size)
            if not (
                again and getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY"))
            ):
                raise
    raise AssertionError("the last one is given or raises")


def _know(db: sqlite3.Connection, path: Path) -> None:
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise StoreError(str(path), "is no archive of Backissue's", "name another file")
    if version > len(migrations()):
        raise StoreError(str(path), f"was made by a newer Backissue (schema {version})", "update Backissue")
