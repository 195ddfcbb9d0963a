"""The published files as they are at this moment: found, read once and kept, compressed once and kept.

A file is known by its version: device, inode, time of change and size. Publishing replaces files by a rename, so each
change is a new version; an answer is made from one version only, whatever happens to the name meanwhile.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import stat
from collections import OrderedDict
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from backissue.web.media import Media, media
from backissue.web.standing import START, Standing, standing
from feeds.compressed import SMALLEST, compress, read_copy

_LARGEST = 4_000_000  # bytes; what is larger is read from the disk as it goes out, and is not compressed
_OVERHEAD = 1000  # bytes that keeping anything costs
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL}
_TAGS = {"identity": "", "gzip": "-gz", "br": "-br"}


class Version(NamedTuple):
    """What tells one state of a file from another; the time is in nanoseconds."""

    device: int
    inode: int
    modified: int
    size: int


class File(Struct, frozen=True):
    """A file in one version. `path` is relative to the folder; `body` is None where the file is too large to keep."""

    path: str
    version: Version
    media: Media
    digest: str
    body: bytes | None
    standing: Standing | None = None

    @property
    def size(self) -> int:
        """In bytes, uncompressed."""
        return self.version.size

    @property
    def modified(self) -> int:
        """In whole seconds since 1970."""
        return self.version.modified // 1_000_000_000

    @property
    def codings(self) -> tuple[str, ...]:
        """The content codings it can go out in."""
        worthwhile = self.media.text and self.body is not None and len(self.body) >= SMALLEST
        return ("br", "gzip", "identity") if worthwhile else ("identity",)

    def etag(self, coding: str) -> str:
        """The strong entity tag in that coding: digest of the bytes, then the coding (RFC 9110 section 8.8.3.3).

        It is known without compressing, so a 304 costs no more than a look at the file. That another release of a
        compressor could give other bytes does no harm: ranges are given of uncompressed files only.
        """
        return f'"{self.digest}{_TAGS[coding]}"'


class Files:
    """The files below a folder, with at most `memory` bytes of them kept at hand."""

    def __init__(self, root: Path, memory: int) -> None:
        self._root = str(root.absolute())
        self._kept = _Kept(memory)
        self._underway: dict[tuple[str, str, Version], asyncio.Future[Any]] = {}

    def look(self, path: str) -> Version | Literal["folder"] | None:
        """What lies at a relative path; None if nothing does. Raises OSError where that cannot be told."""
        try:
            found = os.stat(f"{self._root}/{path}")  # noqa: PTH116 - asked for at every request
        except ValueError:  # a name that this system cannot have
            return None
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise
        if stat.S_ISDIR(found.st_mode):
            return "folder"
        return _version(found) if stat.S_ISREG(found.st_mode) else None

    async def file(self, path: str) -> File | Literal["folder"] | None:
        """The file at a relative path; None if there is none to show (a link may lead outside). Raises OSError."""
        version = self.look(path)
        if version is None or version == "folder":
            return version
        kept = self._kept.get((path, "identity"), version)
        if isinstance(kept, File):
            return kept
        try:
            file: File = await self._once((path, "identity", version), lambda: self._read(path))
        except FileNotFoundError:
            return None
        self._kept.put((path, "identity"), file.version, file, len(file.body or b""))
        return file

    def ready(self, path: str) -> File | None:
        """The file as it is now, if it has been read already. Raises OSError."""
        version = self.look(path)
        if not isinstance(version, tuple):
            return None
        kept = self._kept.get((path, "identity"), version)
        return kept if isinstance(kept, File) else None

    def ready_in(self, file: File, coding: str) -> bytes | None:
        """The bytes of the file in one of its codings, if they are at hand."""
        if coding == "identity":
            return file.body
        kept = self._kept.get((file.path, coding), file.version)
        return kept if isinstance(kept, bytes) else None

    async def encoded(self, file: File, coding: str) -> bytes:
        """The bytes of a file that is small enough to keep, in one of its codings."""
        kept = self.ready_in(file, coding)
        if kept is not None:
            return kept
        encoded: bytes = await self._once((file.path, coding, file.version), lambda: self._encode(file, coding))
        self._kept.put((file.path, coding), file.version, encoded, len(encoded))
        return encoded

    async def open(self, file: File) -> FileIO | None:
        """The file opened to be read in pieces; None if it is another version by now. Raises OSError."""
        try:
            handle = await asyncio.to_thread(self._open, file.path)
        except FileNotFoundError:
            return None
        if _version(os.fstat(handle.fileno())) == file.version:
            return handle
        handle.close()
        return None

    async def _once(self, key: tuple[str, str, Version], make: Callable[[], Any]) -> Any:
        """Do it in a thread, and only once for all who ask for it meanwhile."""
        task = self._underway.get(key)
        if task is None:
            task = asyncio.ensure_future(asyncio.to_thread(make))
            self._underway[key] = task
            task.add_done_callback(lambda _: self._underway.pop(key))
        return await asyncio.shield(task)

    def _read(self, path: str) -> File:
        with self._open(path) as handle:
            version = _version(os.fstat(handle.fileno()))
            if version.size <= _LARGEST:
                start = body = handle.read()
                # The length read is the one to tell, should someone be writing to the file without a rename.
                version, digest = version._replace(size=len(body)), hashlib.sha256(body)
            else:
                start, body = handle.read(START), None
                handle.seek(0)
                digest = hashlib.file_digest(handle, "sha256")
        kind = media(path)
        return File(path, version, kind, digest.hexdigest()[:32], body, standing(kind, start))

    def _encode(self, file: File, coding: str) -> bytes:
        """The copy that lies beside the file, if it was published with one, else made here."""
        assert file.body is not None
        return read_copy(Path(self._root, file.path), file.body, coding) or compress(file.body, coding)

    def _open(self, path: str) -> FileIO:
        """Open a regular file, with links followed; what they reach outside or under hidden names counts as missing."""
        root = os.path.realpath(self._root)
        real = Path(os.path.realpath(f"{root}/{path}"))
        if not real.is_relative_to(root) or any(part.startswith(".") for part in real.relative_to(root).parts):
            raise FileNotFoundError(path)
        handle = open(real, "rb", buffering=0, opener=_opener)  # noqa: SIM115
        if stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
            return handle
        handle.close()
        raise FileNotFoundError(path)


class _Kept:
    """Values by key and version, up to so many bytes; what was not asked for the longest goes first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0
        self._values: OrderedDict[tuple[str, str], tuple[Version, object, int]] = OrderedDict()

    def get(self, key: tuple[str, str], version: Version) -> object | None:
        held = self._values.get(key)
        if held is None or held[0] != version:
            return None
        self._values.move_to_end(key)
        return held[1]

    def put(self, key: tuple[str, str], version: Version, value: object, size: int) -> None:
        self._drop(key)
        self._values[key] = (version, value, size + _OVERHEAD)
        self._used += size + _OVERHEAD
        while self._used > self._limit:
            self._drop(next(iter(self._values)))

    def _drop(self, key: tuple[str, str]) -> None:
        _, _, size = self._values.pop(key, (None, None, 0))
        self._used -= size


def _version(found: os.stat_result) -> Version:
    return Version(found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)


def _opener(path: str, flags: int) -> int:
    # A link or a pipe put there in this instant is neither followed nor waited for.
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
