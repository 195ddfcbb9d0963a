"""Who runs an archive: one process at a time, which is known by its number, its host and since when.

The lock is the system's, on a file beside the archive, so it ends with the process that holds it, however that ends.
What stands in the file is for those who are refused.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from archive.store.errors import StoreError
from archive.store.holders import is_gone, myself
from archive.store.schema import check_place
from config.errors import reason_of

_LARGEST = 10_000  # bytes; of a file that somebody else put there no more is read


class Runner(Struct, frozen=True):
    """A process that runs an archive. `since` is aware UTC; `mark` tells it from a later one of its number."""

    pid: int
    host: str
    since: datetime
    mark: str = ""


@contextmanager
def running(archive: Path, now: datetime) -> Iterator[None]:
    """Run the archive for as long as the block lasts. Raises StoreError if another process does, or if it has no place.

    Where there are no such locks (Windows, some network disks), nobody is refused.
    """
    check_place(archive, create=True)
    path = _beside(archive)
    try:
        handle = _locked(path)
    except OSError as error:
        reason = f"cannot be held for this run ({reason_of(error)}: {path})"
        raise StoreError(str(archive), reason, "check the rights of that file and of its folder") from error
    if handle is None:
        raise StoreError(str(archive), _taken(_read(path)), "stop that one first, or name another archive")
    try:
        me = Runner(os.getpid(), socket.gethostname(), now.replace(microsecond=0), myself())
        with suppress(OSError):  # on a full disk; the lock holds without it
            os.ftruncate(handle, 0)
            os.pwrite(handle, msgspec.json.encode(me), 0)
        yield
    finally:
        # While it is held: whoever waits in between has another file, and finds that out.
        with suppress(OSError):
            path.unlink(missing_ok=True)
        os.close(handle)


def runner(archive: Path) -> Runner | None:
    """Who runs the archive now, so far as can be told from here."""
    found = _read(_beside(archive))
    return None if found is None or is_gone(found.mark) else found


def _beside(archive: Path) -> Path:
    """The file of the lock: one for an archive, under whatever names it is known."""
    real = archive.resolve()
    return real.with_name(f"{real.name}.run")


def _locked(path: Path) -> int | None:
    """The open file, locked; None if another process has it. Raises OSError."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not _lock(handle):
                os.close(handle)
                return None
            if _is_still(path, handle):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # whoever held it has ended, and taken its file away, since it was opened


def _lock(handle: int) -> bool:
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno != errno.EWOULDBLOCK
    return True


def _is_still(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _read(path: Path) -> Runner | None:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_LARGEST), type=Runner)
    except (OSError, msgspec.MsgspecError):
        return None


def _taken(other: Runner | None) -> str:
    if other is None:
        return "is run by another process already"
    return f"is run already, by process {other.pid} on {other.host} since {other.since:%Y-%m-%d %H:%M:%S} UTC"
