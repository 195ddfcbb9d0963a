"""Copies of an archive: made while it is used, looked through before they count, and put back in its place.

A copy appears under its name by one rename, once it is on the disk and all of it was read again. Who subscribed with
the archive's own hub is in a file beside it, and so in one beside the copy.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from archive.proof.note import Verifier
from archive.store.errors import StoreError, explained
from archive.store.onlooking import onlooking
from archive.store.running import running
from archive.store.schema import check_place
from archive.store.verify import verify
from config.errors import reason_of
from feeds.files import synced

_STEP = 2_000  # pages that are copied at once: 8 MB

Said = Callable[[str], None]


class Copied(Struct, frozen=True):
    """A copy: where it lies, its bytes, and how many leaves its log has; None in archives from before there was one.

    `hub` is where the hub's subscriptions lie, if there are any.
    """

    path: Path
    bytes: int
    leaves: int | None
    hub: Path | None = None


class Restored(Struct, frozen=True):
    """What was put in the archive's place, and where the former archive lies now, if there was one."""

    copy: Copied
    kept: Path | None


def hub_record(archive: Path) -> Path:
    """The file beside an archive that remembers who subscribed with its hub (`archive.push.hub`)."""
    return archive.with_name(f"{archive.name}.hub")


def back_up(archive: Path, target: Path, keys: Sequence[Verifier] = (), *, replace: bool, said: Said) -> Copied:
    """Copy the archive as it stands at this instant, whoever writes to it meanwhile. `said` hears of each step.

    The copy is its owner's alone. Raises StoreError if it cannot be made or is not whole, and leaves nothing behind.
    """
    check_place(archive, create=False)
    for one in (target, hub_record(target)):
        if one.exists() and (not replace or not one.is_file() or one.samefile(archive)):
            raise StoreError(str(one), "is there already", "name another file, or give --replace for a former backup")
    if not target.parent.is_dir():
        raise StoreError(str(target), "lies in a folder that does not exist", "make that, or name another")
    with _unfinished(target) as partial:
        with explained(archive), closing(onlooking(archive)) as source, closing(sqlite3.connect(partial)) as copy:
            source.execute("BEGIN")
            source.execute("SELECT 1 FROM sqlite_master").fetchone()  # from now on all steps see this instant
            source.backup(copy, pages=_STEP, progress=lambda _, left, all_: said(f"copied {1 - left / all_:.0%}"))
        leaves = _looked_through(archive, partial, keys, said)
        hub = _take_along(hub_record(archive), hub_record(target))
        _settle(partial, target)
        return Copied(target, target.stat().st_size, leaves, hub)


def restore(archive: Path, source: Path, now: datetime, keys: Sequence[Verifier] = (), *, said: Said) -> Restored:
    """Put a copy of `source` in the archive's place; what lies there now is kept beside it.

    Subscriptions with the hub stay as they are where none lie beside the source. Raises StoreError, with nothing
    changed, if the archive is in use, or if the copy is not whole.
    """
    if archive.exists() and source.exists() and source.samefile(archive):
        raise StoreError(str(source), "is the archive itself", "name a backup")
    check_place(archive, create=True)
    ready = archive.with_name(f"{archive.name}.restored")
    with running(archive, now):
        kept = None
        if archive.exists():
            _nobody_else(archive)
        try:
            copy = back_up(source, ready, keys, replace=True, said=said)
            if archive.exists():
                kept = archive.with_name(f"{archive.name}.before-{now:%Y%m%dT%H%M%S}")
                _nobody_else(archive)
                for end in ("", "-wal", ".hub") if copy.hub else ("", "-wal"):
                    with suppress(FileNotFoundError):
                        archive.with_name(archive.name + end).rename(kept.with_name(kept.name + end))
                archive.with_name(f"{archive.name}-shm").unlink(missing_ok=True)
            if copy.hub:
                _settle(copy.hub, hub_record(archive))
            _settle(ready, archive)
        finally:
            ready.unlink(missing_ok=True)
            hub_record(ready).unlink(missing_ok=True)
    return Restored(Copied(archive, copy.bytes, copy.leaves, copy.hub and hub_record(archive)), kept)


def _take_along(hub: Path, target: Path) -> Path | None:
    """Copies the subscriptions, its owner's alone; where there are none, those of a former backup go."""
    try:
        known = hub.read_bytes()
    except FileNotFoundError:
        target.unlink(missing_ok=True)
        return None
    with _unfinished(target) as partial:
        partial.write_bytes(known)
        _settle(partial, target)
    return target


def _looked_through(source: Path, path: Path, keys: Sequence[Verifier], said: Said) -> int | None:
    """Reads all of a copy; gives the leaves of its log. Raises StoreError, about its source, if it is not whole."""
    said("checking the pages")
    with explained(source), closing(onlooking(path, still=True)) as db:
        found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        logged = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'log'").fetchone()
    if found != "ok":
        raise _damaged(source, f"SQLite finds: {found}")
    if not logged:
        return None
    said("verifying the log")
    verified = verify(path, since=None, keys=keys, advance=lambda: None, still=True)
    if verified.fault:
        raise _damaged(source, str(verified.fault))
    return verified.leaves


def _damaged(source: Path, what: str) -> StoreError:
    return StoreError(
        str(source), f"is not whole: {what}", "nothing was copied; 'backissue verify' and 'check' tell more"
    )


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """A new file beside the target, its owner's alone, which does not outlast the block."""
    path = target.with_name(f".{target.name}.partial")
    ends = [path.with_name(path.name + end) for end in ("", "-journal", "-wal", "-shm")]
    try:
        for one in ends:
            one.unlink(missing_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield path
    except OSError as error:
        reason = f"cannot be written ({reason_of(error)})"
        raise StoreError(str(target), reason, "name another place, or make room") from error
    finally:
        for one in ends:
            with suppress(OSError):
                one.unlink(missing_ok=True)


def _settle(path: Path, target: Path) -> None:
    """Gives a file its name, once it is on the disk."""
    synced(path)
    path.replace(target)
    synced(target.parent)


def _nobody_else(archive: Path) -> None:
    """Sees that no other process has the archive open; what its write-ahead log holds goes into its file."""
    with closing(sqlite3.connect(archive, isolation_level=None, timeout=1)) as db:
        try:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("BEGIN EXCLUSIVE")
            db.execute("COMMIT")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise StoreError(str(archive), "is in use", "stop whoever has it open, and try again") from error
            # A damaged archive is what backups are for.
