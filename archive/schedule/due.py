"""When a feed is asked next. Pure arithmetic: the clock is an argument, and chance is a function of the feed's address.

The operator's interval, or the feed's own pace, is the start. What the publisher asks for (max-age, ttl,
sy:updatePeriod, skipHours, skipDays, Retry-After) only ever makes it later; no more than a week is heeded, so that a
publisher who asks for years does not silence the feed. All rules that bear on it are told, not only the last word.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

from archive.store.values import Rule
from config.settings import Schedule
from feeds.model import Feed

RISK = "risk: entries may pass through the feed's window unseen"
PAUSES = "the feed's skipHours or skipDays"
RETRY = "Retry-After"

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_SPREAD = 0.05  # how much later than due, at most, so that feeds added together part ways
_JITTER = 0.1  # likewise after failures, so that a host that was down is not asked for all its feeds at one moment
_LONGEST_WAIT = timedelta(days=7)  # the most that is heeded of what a publisher asks for
_MOST_DOUBLINGS = 12
# Somebody who is not let in, or finds nothing, comes back ever more seldom, but does.
_AWAY = {401, 403, 404}
_BUSY = {429, 503}


class Due(Struct, frozen=True):
    """When to ask next (aware UTC), in words which rule decided, and all rules that bear on it, in order of weight."""

    at: datetime
    reason: str
    rules: tuple[Rule, ...] = ()


class Hints(Struct, frozen=True, kw_only=True):
    """What the publisher says of the next visit; `max_age` in seconds, `retry_after` aware UTC."""

    max_age: int | None = None
    retry_after: datetime | None = None
    feed: Feed | None = None


class Pace(Struct, frozen=True):
    """What a feed's past suggests: how long to wait, by which rule.

    `safe` is the longest wait that lets hardly any entry pass through the feed's window unseen.
    """

    wait: timedelta
    name: str
    safe: timedelta | None = None


def after_success(
    now: datetime,
    schedule: Schedule,
    own: int | None,
    hints: Hints,
    url: str,
    *,
    pace: Pace | None = None,
    unconditional: bool = False,
) -> Due:
    """When to ask again after an answer. `own` is the feed's own interval in minutes, which stands above `pace`.

    Where every request is `unconditional`, as the server's 304 cannot be relied on, a day is the least.
    """
    if own is not None:
        waits = [_Wait(timedelta(minutes=own), "the feed's own interval")]
    else:
        most = timedelta(minutes=schedule.maximum)
        usual = _Wait(timedelta(minutes=schedule.interval), "schedule.interval")
        waits = [_Wait(min(pace.wait, most), pace.name) if pace else usual]
        waits.append(_Wait(timedelta(minutes=schedule.minimum), "schedule.minimum"))
        if unconditional:
            waits.append(_Wait(_DAY, "its server's 304 cannot be relied on, and whole documents are asked for daily"))
    waits += _wishes(hints)
    return _decided(now, waits, 1 + _chance(url) * _SPREAD, hints, url, pace.safe if pace else None)


def after_failure(
    now: datetime,
    schedule: Schedule,
    own: int | None,
    hints: Hints,
    url: str,
    failures: int,
    *,
    status: int | None = None,
) -> Due:
    """When to try again after so many failures in a row (1 is the first): twice as long after each.

    A day (schedule.maximum) is the longest, but a week where the feed is not found or refused (404, 403, 401). A
    server that is busy (429, 503) is left alone for an hour at least.
    """
    base = timedelta(minutes=own if own is not None else max(schedule.interval, schedule.minimum))
    if status in _BUSY:
        base = max(base, _HOUR)
    most = max(timedelta(minutes=schedule.maximum), base, _LONGEST_WAIT if status in _AWAY else base)
    wait = min(base * 2 ** min(failures - 1, _MOST_DOUBLINGS), most)
    chance = _chance(f"{url} {failures}") * _JITTER
    # At the longest wait chance makes it shorter, so that it never is longer than that.
    factor = 1 + chance if wait * (1 + chance) <= most or wait * (1 - chance) < base else 1 - chance
    times = "1 failure" if failures == 1 else f"{failures} failures in a row"
    waits = [_Wait(wait * factor, f"waiting longer after {times}")]
    return _decided(now, waits + _wishes(hints), 1, hints, url, None)


class _Wait(NamedTuple):
    """How long a rule wants us to wait."""

    wait: timedelta
    name: str


def _decided(
    now: datetime, waits: Sequence[_Wait], spread: float, hints: Hints, url: str, safe: timedelta | None
) -> Due:
    """The longest of the waits, or later where the server wants no visit yet, or the feed none at that hour."""
    asked = [Due(now + each.wait * spread, each.name) for each in waits]
    if hints.retry_after and hints.retry_after > now:
        # Who was told to wait comes a little later than those of its host that were not asked for that reason.
        wait = min(hints.retry_after - now, _LONGEST_WAIT)
        asked.append(Due(now + wait * (1 + _chance(url) * _SPREAD), RETRY))
    due = max(asked, key=lambda one: one.at)
    moved = _outside_pauses(due.at, hints.feed, url)
    reason = due.reason if moved == due.at else f"{due.reason}, moved by {PAUSES}"
    rules = [Rule(one.reason, one.at, one is due and moved == due.at) for one in asked]
    if hints.feed and (hints.feed.skip_hours or hints.feed.skip_days):
        rules.append(Rule(PAUSES, moved, moved != due.at))
    if safe is not None and moved > now + safe:
        rules.append(Rule(RISK, now + safe))
    return Due(moved, reason, tuple(rules))


def _wishes(hints: Hints) -> list[_Wait]:
    """How long the publisher wants us to wait, by each of its ways to say so."""
    wishes = []
    if hints.max_age:
        wishes.append(_Wait(timedelta(seconds=hints.max_age), "Cache-Control max-age or Expires"))
    if hints.feed and hints.feed.ttl:
        wishes.append(_Wait(timedelta(minutes=min(max(hints.feed.ttl, 0), 10**6)), "the feed's ttl"))
    if hints.feed and hints.feed.update_period in _PERIODS:
        frequency = max(1, hints.feed.update_frequency or 1)
        wishes.append(_Wait(_PERIODS[hints.feed.update_period] / frequency, "the feed's sy:updatePeriod"))
    return [wish if wish.wait <= _LONGEST_WAIT else _Wait(_LONGEST_WAIT, f"a week of {wish.name}") for wish in wishes]


def _outside_pauses(start: datetime, feed: Feed | None, url: str) -> datetime:
    """The same, or soon after the first full hour after it that is in neither skipHours nor skipDays (GMT)."""
    hours, days = (set(feed.skip_hours), set(feed.skip_days)) if feed else (set(), set())
    at = start
    for _ in range(24 * 7 + 1):
        if at.hour not in hours and _DAYS[at.weekday()] not in days:
            return start if at == start else at + _HOUR * _chance(url) * _SPREAD
        at = at.replace(minute=0, second=0, microsecond=0) + _HOUR
    return start  # it wants never to be asked; then it is asked as the rest says


def _chance(text: str) -> float:
    """A number from 0 to 1 that is always the same for a text."""
    return zlib.crc32(text.encode()) / 2**32
