"""What fetching the past may cost, what it needs from outside, and what came of it: values."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from archive.backfill.ways import Step
from archive.fetch import Request, Response
from config.settings import Limits


class Bounds(Struct, frozen=True):
    """How much may be fetched at a time; what is left over is fetched the next time."""

    pages: int = 100
    time: timedelta = timedelta(minutes=10)
    size: int = 100_000_000


class Asking(Struct, frozen=True, kw_only=True):
    """What is needed from outside: a way to get documents (it may raise FetchError), the clock, limits of reading."""

    get: Callable[[Request], Awaitable[Response]]
    now: Callable[[], datetime]
    limits: Limits = Limits()


class Page(Struct, frozen=True, kw_only=True):
    """A page that was fetched: by which way, what it held, what of that was new, or why it could not be read.

    `at` is the time of the copy (aware UTC); `changed` says that its address gave something else before.
    """

    address: str
    way: str
    at: datetime | None = None
    entries: int = 0
    new: int = 0
    edited: int = 0
    size: int = 0
    changed: bool = False
    error: str | None = None


class Filled(Struct, frozen=True, kw_only=True):
    """What came of fetching a feed's past: its pages, why it ended, whether there is more to fetch (`left`)."""

    feed: int
    pages: tuple[Page, ...] = ()
    ended: str = ""
    left: bool = False

    @property
    def new(self) -> int:
        """How many entries were new."""
        return sum(page.new for page in self.pages)


class Progress(Struct, frozen=True, kw_only=True):
    """How far a walk has come, as the archive keeps it.

    `step` is the page to ask for next, None once it ended for the reason in `ended`; `seen` are the addresses asked so
    far, `bodies` the digests of what came, `last` is the last page of all so far as one was named. `whole` says that
    it went back to the beginning, `broken` that a page was missing on the way. `until` is how far back it goes where it
    is for a gap; `again` is when a pass may try once more what failed so many `tries` (aware UTC).
    """

    step: Step | None = None
    seen: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()
    last: str | None = None
    ended: str = ""
    whole: bool = False
    broken: bool = False
    until: datetime | None = None
    again: datetime | None = None
    tries: int = 0

    def to_json(self) -> str:
        """The progress as JSON."""
        return msgspec.json.encode(self).decode()


def read_progress(text: str | None) -> Progress:
    """The progress that was kept; a fresh one where there is none, or another version's."""
    try:
        return msgspec.json.decode(text, type=Progress) if text else Progress()
    except msgspec.DecodeError:
        return Progress()
