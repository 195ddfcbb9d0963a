"""Files that are whole at every moment, and touched only when their bytes change."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from config.errors import BackissueError, reason_of

_TEMPORARY = ".tmp"
_REMEDIES = {
    errno.EACCES: "give this user the right to write there, or set another folder as storage.public",
    errno.ENOSPC: "make room on that disk and publish again; what was published before is intact",
    errno.ENOTDIR: "a file is in the way; move it, or set another folder as storage.public",
    errno.EISDIR: "a folder is in the way; move it and publish again",
    errno.ENAMETOOLONG: "set a shorter path as storage.public",
}
_REMEDIES |= {errno.EPERM: _REMEDIES[errno.EACCES], errno.EROFS: _REMEDIES[errno.EACCES]}
_REMEDIES |= {errno.EDQUOT: _REMEDIES[errno.ENOSPC], errno.EEXIST: _REMEDIES[errno.ENOTDIR]}


class PublishError(BackissueError):
    """A published file could not be read or written."""


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Make the folder and hold it: who else publishes there waits. Leftovers of a killed run are removed.

    The lock is the system's and ends with the process. Raises PublishError.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = None if sys.platform == "win32" else os.open(folder, os.O_RDONLY)
    try:
        if handle is not None:
            _lock(handle)
        with explained(folder):
            for stale in folder.glob(f".*{_TEMPORARY}"):
                stale.unlink(missing_ok=True)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def write(path: Path, data: bytes, modified: datetime | None = None) -> bool:
    """Give the file these bytes at one stroke, durably; False if it has them already. Raises PublishError.

    `modified` (aware) becomes its modification time, but where it takes another one's place it is younger than that, by
    a second at least: caches, readers and rsync tell by whole seconds whether a file changed. An unchanged file keeps
    its time. Where writing fails, the previous file stays as it was.
    """
    if holds(path, data):
        return False
    write_all({path: data}, modified)
    return True


def write_all(files: Mapping[Path, bytes], modified: datetime | None = None) -> None:
    """Give each file its bytes as `write` does, whether it has them already or not. Raises PublishError.

    They take their places in this order, once all are on the disk: to wait for several there takes little more time
    than to wait for one.
    """
    temporaries = {path: path.with_name(f".{path.name}{_TEMPORARY}") for path in files}
    try:
        for path, temporary in temporaries.items():
            with explained(path):
                temporary.write_bytes(files[path])
        for path, temporary in temporaries.items():
            with explained(path):
                synced(temporary)
        for path, temporary in temporaries.items():
            with explained(path):
                if modified is not None:
                    age = max(int(modified.timestamp()), _age(path) + 1)
                    os.utime(temporary, (age, age))
                temporary.replace(path)
    except BaseException:
        for temporary in temporaries.values():
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise


def read(path: Path) -> bytes | None:
    """The file's bytes, or None if there is no such file. Raises PublishError."""
    with explained(path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def holds(path: Path, data: bytes) -> bool:
    """Whether the file has just these bytes. Raises PublishError."""
    with explained(path):
        try:
            return path.stat().st_size == len(data) and path.read_bytes() == data
        except FileNotFoundError:
            return False


def settle(folder: Path) -> None:
    """Make the folder's new names durable, so that what is recorded of them elsewhere is true after a power cut."""
    with explained(folder):
        synced(folder)


def synced(path: Path) -> None:
    """Make a file's bytes, or a folder's names, durable. Raises OSError."""
    folder = path.is_dir()
    if folder and sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the system says of a path into a PublishError of one line."""
    try:
        yield
    except OSError as error:
        reason = reason_of(error)
        remedy = _REMEDIES.get(error.errno or 0, "see that the folder can be written to, then publish again")
        raise PublishError(str(path), f"cannot be written ({reason})", remedy) from error


def _age(path: Path) -> int:
    """The second in which the file was modified, since 1970; -1 if there is none."""
    try:
        return int(path.stat().st_mtime)
    except FileNotFoundError:
        return -1


def _lock(handle: int) -> None:
    if sys.platform != "win32":
        import fcntl

        with suppress(OSError):  # a file system without locks: there is no one to wait for then
            fcntl.flock(handle, fcntl.LOCK_EX)
