"""When a feed is asked next. Pure arithmetic: the clock is an argument, and chance is a function of the feed's address.

The operator's interval is the start. What the publisher asks for (max-age, ttl, sy:updatePeriod, skipHours, skipDays,
Retry-After) only ever makes it longer; a bound keeps a publisher who asks for years from silencing the feed.
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from msgspec import Struct

from config.settings import Schedule
from feeds.model import Feed

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOUR = timedelta(hours=1)
_SPREAD = 0.05  # how much later than due, at most, so that feeds added together part ways
_LONGEST_WAIT = timedelta(days=7)  # the longest Retry-After that is heeded
_MOST_DOUBLINGS = 12


class Due(Struct, frozen=True):
    """When to ask next (aware UTC), and in words which rule decided."""

    at: datetime
    reason: str


class Hints(Struct, frozen=True, kw_only=True):
    """What the publisher says of the next visit; `max_age` in seconds, `retry_after` aware UTC."""

    max_age: int | None = None
    retry_after: datetime | None = None
    feed: Feed | None = None


def after_success(now: datetime, schedule: Schedule, own: int | None, hints: Hints, url: str) -> Due:
    """When to ask again after an answer. `own` is the feed's own interval in minutes, which stands above the rest."""
    most = timedelta(minutes=schedule.maximum)
    if own is not None:
        wait, reason = timedelta(minutes=own), "the feed's own interval"
    else:
        wait, reason = timedelta(minutes=schedule.interval), "schedule.interval"
        least = timedelta(minutes=schedule.minimum)
        if wait < least:
            wait, reason = least, "schedule.minimum"
    for wish, name in _wishes(hints):
        if min(wish, most) > wait:
            wait, reason = min(wish, most), name if wish <= most else f"schedule.maximum ({name} asks for more)"
    return _asked_for(Due(now + wait * (1 + _spread(url)), reason), now, hints, url)


def after_failure(now: datetime, schedule: Schedule, own: int | None, hints: Hints, url: str, failures: int) -> Due:
    """When to try again after so many failures in a row (1 is the first): twice as long after each."""
    base = timedelta(minutes=own if own is not None else max(schedule.interval, schedule.minimum))
    most = max(timedelta(minutes=schedule.maximum), base)
    wait = min(base * 2 ** min(failures - 1, _MOST_DOUBLINGS), most)
    times = "1 failure" if failures == 1 else f"{failures} failures in a row"
    return _asked_for(Due(now + wait * (1 + _spread(url)), f"waiting longer after {times}"), now, hints, url)


def _asked_for(due: Due, now: datetime, hints: Hints, url: str) -> Due:
    """The same, or later where the server wants no visit yet, or the feed none at that hour."""
    retry = min(hints.retry_after, now + _LONGEST_WAIT) if hints.retry_after else due.at
    return _outside_pauses(Due(retry, "Retry-After") if retry > due.at else due, hints.feed, url)


def _wishes(hints: Hints) -> list[tuple[timedelta, str]]:
    """How long the publisher wants us to wait, by each of its ways to say so."""
    wishes = []
    if hints.max_age:
        wishes.append((timedelta(seconds=hints.max_age), "Cache-Control max-age or Expires"))
    if hints.feed and hints.feed.ttl:
        wishes.append((timedelta(minutes=min(max(hints.feed.ttl, 0), 10**6)), "the feed's ttl"))
    if hints.feed and hints.feed.update_period in _PERIODS:
        frequency = max(1, hints.feed.update_frequency or 1)
        wishes.append((_PERIODS[hints.feed.update_period] / frequency, "the feed's sy:updatePeriod"))
    return wishes


def _outside_pauses(due: Due, feed: Feed | None, url: str) -> Due:
    """The same, or soon after the first full hour after it that is in neither skipHours nor skipDays (GMT)."""
    hours, days = (set(feed.skip_hours), set(feed.skip_days)) if feed else (set(), set())
    if not hours and not days:
        return due
    at = due.at
    for _ in range(24 * 7 + 1):
        if at.hour not in hours and _DAYS[at.weekday()] not in days:
            if at == due.at:
                return due
            return Due(at + _HOUR * _spread(url), f"{due.reason}, moved by the feed's skipHours or skipDays")
        at = at.replace(minute=0, second=0, microsecond=0) + _HOUR
    return due  # it wants never to be asked; then it is asked as the rest says


def _spread(url: str) -> float:
    return zlib.crc32(url.encode()) / 2**32 * _SPREAD
