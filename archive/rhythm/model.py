"""What is known of when a feed's entries come, as a value; and how its times are told.

Times inside are hours since 1970 (UTC, so that no clock is ever put forward or back), rates are entries per hour.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

EDGES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)  # hours since the entry before
_SIZES = (24, 7, len(EDGES) + 1, len(EDGES) + 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Rhythm(Struct, frozen=True, kw_only=True):
    """What is known of when a feed's entries come; a value that can be stored.

    `window` is how many entries it shows (0: not known). Counts fade with time and stand as of `at`: `slow` and `fast`
    are all entries, `hours` and `days` (Monday first) those of an hour and a weekday, `waits` those that came so long
    after the one before (see EDGES) and `chances` how many would have by the clock alone. `squares` and `means` tell
    how far counts of six hours strayed from what was expected, `slot` and `slot_count` are the six hours under way.
    `recent` are the last arrivals, `fastest` the shortest time in which half a window came.
    """

    window: int = 0
    since: float | None = None
    at: float | None = None
    seen: int = 0
    slow: float = 0.0
    fast: float = 0.0
    hours: tuple[float, ...] = (0.0,) * 24
    days: tuple[float, ...] = (0.0,) * 7
    waits: tuple[float, ...] = (0.0,) * (len(EDGES) + 1)
    chances: tuple[float, ...] = (0.0,) * (len(EDGES) + 1)
    squares: float = 0.0
    means: float = 0.0
    slot: int | None = None
    slot_count: int = 0
    recent: tuple[float, ...] = ()
    fastest: float | None = None

    def to_json(self) -> str:
        """The rhythm as JSON, about a kilobyte."""
        return msgspec.json.encode(self).decode()

    @staticmethod
    def from_json(text: bytes | str) -> Rhythm:
        """The rhythm that `to_json` wrote. Raises msgspec.DecodeError."""
        return msgspec.json.decode(text, type=Rhythm)

    def __post_init__(self) -> None:
        if (len(self.hours), len(self.days), len(self.waits), len(self.chances)) != _SIZES:
            raise ValueError("a rhythm has 24 hours, 7 days and so many waits and chances as there are edges")


def last_arrival(rhythm: Rhythm) -> datetime | None:
    """When an entry came last, so far as is known."""
    return EPOCH + rhythm.recent[-1] * HOUR if rhythm.recent else None


def hours_of(at: datetime) -> float:
    return (at - EPOCH) / HOUR


def weekday_of(at: float) -> int:
    return (int(at // 24) + 3) % 7


def wait_of(hours: float) -> int:
    for number, edge in enumerate(EDGES):
        if hours < edge:
            return number
    return len(EDGES)
