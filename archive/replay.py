"""Old copies of a feed into the archive, as if they had been served at the time that their names tell.

Copies come from backups, from other programs' caches or from web archives. They are taken in in the order of their
times; those from before what is known of the feed already add what they alone hold, and change nothing that is current.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from msgspec import Struct

from archive.store import Observation, Recorded, Served, Store
from archive.store.values import REPLAYED
from config.errors import BackissueError, reason_of
from feeds.parse import NotAFeed, parse

_BATCH = 50
# 2024-05-01T12:30:00Z with any signs between, or none (20240501123000, as web archives have it), or the date alone.
_TIME = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])"
    r"(?:[-_.T ]?([01]\d|2[0-3])[-_.:h]?([0-5]\d)(?:[-_.:m]?([0-5]\d))?)?(?!\d)"
)
_SECONDS = re.compile(r"(?<!\d)(1\d{9})(?!\d)")


class ReplayError(BackissueError):
    """A folder or file holds no old copy of a feed that can be taken in."""


class Copy(Struct, frozen=True):
    """A file with an old copy, and when that was served (aware UTC)."""

    path: Path
    at: datetime


class Replayed(Struct, frozen=True):
    """What came of a copy: what it changed, or why it could not be read."""

    copy: Copy
    recorded: Recorded | None = None
    error: str | None = None


def copies(folder: Path, now: datetime) -> tuple[list[Copy], list[ReplayError]]:
    """The copies in a folder, the oldest first, and the files whose names tell no time or one to come.

    Raises ReplayError for a folder that is none, or holds no copy.
    """
    try:
        files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise ReplayError(str(folder), f"cannot be read ({reason_of(error)})") from error
    if not folder.is_dir():
        raise ReplayError(str(folder), "is no folder", "name a folder of old copies of a feed")
    found: list[Copy] = []
    refused: list[ReplayError] = []
    for path in files:
        at = time_of(path.name)
        if at is None:
            remedy = "name it by when it was served, such as 2024-05-01T12-30-00Z.xml"
            refused.append(ReplayError(str(path), "tells no time in its name", remedy))
        elif at > now:
            refused.append(ReplayError(str(path), "tells a time that is still to come", "correct its name"))
        else:
            found.append(Copy(path, at))
    if not found:
        raise ReplayError(
            str(folder), "holds no copies whose names tell a time", "name them such as 2024-05-01T12-30-00Z.xml"
        )
    return sorted(found, key=lambda copy: (copy.at, copy.path)), refused


def time_of(name: str) -> datetime | None:
    """The time in a file's name, aware UTC: a date, with or without a time of day, or seconds since 1970."""
    if match := _TIME.search(name):
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            return None
    seconds = _SECONDS.search(name)
    return datetime.fromtimestamp(int(seconds[1]), UTC) if seconds else None


def replay(
    store: Store,
    feed: int,
    url: str,
    found: Iterable[Copy],
    *,
    done: Callable[[Replayed], None] = lambda replayed: None,
) -> list[Replayed]:
    """Take copies of a feed in, in the order given; gives what came of each. `done` hears of each once it is kept.

    A copy that is no feed is kept as it is, and told of. Raises StoreError.
    """
    replayed: list[Replayed] = []
    waiting = iter(found)
    while batch := list(islice(waiting, _BATCH)):
        for one in _batch(store, feed, url, batch):
            replayed.append(one)
            done(one)
    return replayed


def _batch(store: Store, feed: int, url: str, batch: Sequence[Copy]) -> Iterator[Replayed]:
    looked = [_look(feed, url, copy) for copy in batch]
    recorded = iter(store.record([one for one, _ in looked if one]))
    for copy, (observation, error) in zip(batch, looked, strict=True):
        kept = next(recorded) if observation else None
        yield Replayed(copy, None if error else kept, error)


def _look(feed: int, url: str, copy: Copy) -> tuple[Observation | None, str | None]:
    """What the copy tells, and what is wrong with it."""
    try:
        body = copy.path.read_bytes()
    except OSError as error:
        return None, f"cannot be read ({reason_of(error)})"
    served = Served(body=body, url=url, request_headers=((REPLAYED, copy.path.name),))
    try:
        parsed = parse(body, url)
    except NotAFeed as error:
        return Observation(feed=feed, at=copy.at, served=served), error.reason
    return Observation(feed=feed, at=copy.at, served=served, parsed=parsed, windowed=parsed.is_window), None
