"""Getting the files that entries show: what is new is looked through, and what is missing is asked for.

    channels ─look→ index ─due→ Fetcher ─→ partial/… ─whole, allowed→ files/ab/abcd….jpg

A file that breaks off is gone on with where it broke off, if the server has the same file still (RFC 9110 section
13.1.5: If-Range). What cannot be had is tried again a few times, later each time.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from archive.fetch import Fetcher, FetchError, Request
from archive.fetch.headers import first
from archive.media.index import Copy, Index, Pending
from archive.media.kinds import is_still, kind_of, suffix_of
from archive.media.wanted import Wish, files_of
from archive.store import Store
from config.errors import BackissueError
from config.settings import Media
from feeds.select import selector

_AT_ONCE = 8
_AGAIN = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7))
_WHEN_FULL = timedelta(days=1)
_STEP = 500
_START = 1000  # bytes that tell what a file is
_TELLING = 250_000  # bytes that come before a bar moves
_FOR_NOW = frozenset({408, 425, 429})

Bar = Callable[[int], AbstractContextManager["Advance"]]


class Advance(Protocol):
    """What a bar hears of: a file, and how many are done by that; 0 while it comes."""

    def __call__(self, name: str, steps: int = 1) -> None: ...


class Kept(Struct, frozen=True, kw_only=True):
    """What came of it: files kept now with their bytes, files that could not be had, and those not asked for yet."""

    files: int = 0
    bytes: int = 0
    failed: int = 0
    waiting: int = 0
    errors: tuple[str, ...] = ()


class RefusedError(BackissueError):
    """A file is not to be kept."""


def look(index: Index, store: Store, wishes: Iterable[Wish]) -> None:
    """Take down what the channels' entries show that came since. Raises StoreError, MediaError.

    Where something else is wished for than before, all of them are looked through anew; what was published already
    shows its files late.
    """
    for wish in wishes:
        channel, selection, belongs = wish.channel.name, wish.selection, selector(wish.channel)
        cursor = index.looked(channel, selection)
        published = 0 if cursor else store.channel_state(channel).cursor
        if not cursor:
            index.forget(channel)
        found: list[tuple[int, str, str]] = []
        seen = 0
        for item in store.versions_after(cursor):
            cursor, seen = item.version, seen + 1
            if belongs(item):
                found += [(item.version, item.id, url) for url in files_of(item, wish.of(item))]
            if seen % _STEP == 0:
                index.look(channel, selection, cursor, found, published)
                found.clear()
        index.look(channel, selection, cursor, found, published)


async def keep(
    index: Index, fetcher: Fetcher, limits: Media, now: Callable[[], datetime], stop: asyncio.Event, bar: Bar
) -> Kept:
    """Ask for what is due, for so long as the limits allow; the rest waits. Raises MediaError."""
    due, errors = index.due(now()), list[str]()
    clock = asyncio.get_running_loop().time
    end, room, came = clock() + limits.seconds, _Room(limits.total_bytes - index.total()), [0, 0]
    queue = iter(due)
    with bar(len(due)) as advance:

        async def work() -> None:
            for one in queue:
                if stop.is_set() or clock() > end:
                    return
                try:
                    copy = await _one(index, fetcher, one, room, limits, advance)
                    came[0], came[1] = came[0] + 1, came[1] + copy.size
                except _FullError as error:
                    errors.append(str(error))
                    index.fail(one.url, str(error), now() + _WHEN_FULL)
                except (FetchError, RefusedError) as error:
                    errors.append(str(error))
                    next_try = _next_try(one, error, now())
                    index.fail(one.url, str(error), next_try)
                    if next_try is None:
                        index.partial(one.url).unlink(missing_ok=True)
                advance(one.url)

        await asyncio.gather(*(work() for _ in range(min(_AT_ONCE, len(due)))))
    told = tuple(dict.fromkeys(errors))
    return Kept(files=came[0], bytes=came[1], failed=len(errors), waiting=index.waiting(), errors=told)


async def _one(index: Index, fetcher: Fetcher, one: Pending, room: _Room, limits: Media, advance: Advance) -> Copy:
    """The copy of a file, got now. Raises FetchError, RefusedError."""
    partial = index.partial(one.url)
    have = partial.stat().st_size if one.validator and partial.is_file() else 0
    sink = _Sink(one.url, partial, have, (limits.file_bytes, room), lambda validator: index.began(one.url, validator))
    sink.heard = lambda size: advance(f"{size / 1e6:.1f} MB of {one.url.rpartition('/')[2] or one.url}", 0)
    fields = {"Range": f"bytes={have}-", "If-Range": one.validator or ""} if have else {}
    request = Request(url=one.url, accept="media", fields=fields, sink=sink, seconds=limits.seconds)
    with sink:
        response = await fetcher.get(request)
        sink.close()
        if response.status == 416:  # there is no more of it: what lies there is of another file
            partial.unlink(missing_ok=True)
            index.began(one.url, None)
        if response.status not in (200, 206):
            raise _StatusError(one.url, response.status)
        copy = await asyncio.to_thread(_moved, index, one.url, response.content_type)
        index.keep(one.url, copy)
        room.take(copy.size)
    return copy


class _FullError(RefusedError):
    """There is no room for more files."""


class _Room:
    """How many bytes may still be kept, and how many of them are on their way."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.coming = 0

    def take(self, size: int) -> None:
        """Count bytes as kept."""
        self.left -= size

    def check(self, folder: Path) -> None:
        """Raises _FullError where what comes would be too much."""
        if self.coming > self.left:
            raise _FullError(str(folder), "holds all that it may", "raise media.total_bytes to keep more")


class _StatusError(RefusedError):
    """The server answered with something else than the file."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(url, f"the server answered with status {status}", "the entry keeps its address")
        self.status = status


class _Sink:
    """Writes what comes into a file, from where it broke off or anew; a context manager (`archive.fetch.message`)."""

    def __init__(
        self, url: str, path: Path, have: int, bounds: tuple[int, _Room], began: Callable[[str | None], None]
    ) -> None:
        self._url, self._path, self._have, self._began = url, path, have, began
        self._most, self._room = bounds
        self._file = path.open("ab")
        self._told = have
        self.heard: Callable[[int], None] = lambda size: None

    def __enter__(self) -> _Sink:
        self._room.coming += self._have
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._room.coming -= self._have

    def close(self) -> None:
        """All that came is in the file."""
        self._file.close()

    def begin(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        fields = tuple(headers)
        wanted = f"bytes {self._have}-"
        if status != 206 or not (first(fields, "Content-Range") or "").startswith(wanted):
            if status == 206:
                raise RefusedError(self._url, "the server sent another part than was asked for", "it is tried again")
            self._count(-self._have)
            self._file.truncate(0)
            etag = first(fields, "ETag")
            strong = etag if etag and etag.startswith('"') else None
            self._began(strong or first(fields, "Last-Modified"))
        length = first(fields, "Content-Length") or ""
        if length.isdecimal() and self._have + int(length) > self._most:
            raise self._too_large()

    def take(self, piece: bytes) -> None:
        self._count(len(piece))
        if self._have > self._most:
            self._file.truncate(0)
            raise self._too_large()
        self._room.check(self._path.parent.parent)
        self._file.write(piece)
        if self._have - self._told >= _TELLING:
            self._told = self._have
            self.heard(self._have)

    def _count(self, size: int) -> None:
        self._have += size
        self._room.coming += size

    def _too_large(self) -> RefusedError:
        reason = f"is larger than {self._most} bytes"
        return RefusedError(self._url, reason, "raise media.file_bytes or media.total_bytes to keep it")


def _moved(index: Index, url: str, said: str | None) -> Copy:
    """The file that has come whole, in its place. Raises RefusedError."""
    partial = index.partial(url)
    with partial.open("rb") as file:
        start = file.read(_START)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    kind = kind_of(said, start)
    suffix = suffix_of(kind)
    if suffix is None or (suffix == ".svg" and not is_still(partial.read_bytes())):
        partial.unlink()
        what = "an SVG picture that may run scripts" if suffix else f"{kind or 'no kind of file that is known'}"
        raise RefusedError(url, f"is {what}, which is not kept", "the entry keeps its address")
    copy = Copy(f"{digest[:2]}/{digest}{suffix}", partial.stat().st_size, kind)
    path = index.path(copy)
    path.parent.mkdir(exist_ok=True)
    partial.replace(path)
    return copy


def _next_try(one: Pending, error: BackissueError, now: datetime) -> datetime | None:
    """When to ask again; never for what is gone or not to be kept."""
    for_good = isinstance(error, RefusedError) and not (
        isinstance(error, _StatusError) and (error.status >= 500 or error.status in _FOR_NOW or error.status == 416)
    )
    if for_good or one.tries >= len(_AGAIN):
        return None
    until = error.until if isinstance(error, FetchError) else None
    return max(now + _AGAIN[one.tries], until or now)
