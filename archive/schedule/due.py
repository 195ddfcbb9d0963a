"""When a feed is asked next. Pure arithmetic: the clock is an argument, and chance is a function of the feed's address.

The operator's interval, or the feed's rhythm, is the start. What the publisher asks for (max-age, ttl,
sy:updatePeriod, skipHours, skipDays, Retry-After) only ever makes it later; no more than a week is heeded, so that a
publisher who asks for years does not silence the feed. All rules that bear on it are told, not only the last word.

By the rhythm alone nobody is asked more than hourly (schedule.polite). Two things allow more, down to the minimum: a
publisher who names a shorter time, and a window through which entries would be lost.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import Struct, structs

from archive.store.values import PollState, Rule
from config.settings import Schedule
from feeds.model import Feed

RISK = "risk: entries may pass through the feed's window unseen"
PAUSES = "the feed's skipHours or skipDays"
RETRY = "Retry-After"
GAP = "a gap: entries passed between two visits"
RHYTHM = "the feed's rhythm"  # what the names of paces begin with
SPREAD = 0.05  # how much later than due, at most, so that feeds added together part ways

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
_RHYTHM_SPREAD = timedelta(minutes=5)  # the same for a rhythm, which parts them already
_JITTER = 0.1  # likewise after failures, so that a host that was down is not asked for all its feeds at one moment
_LONGEST_WAIT = timedelta(days=7)  # the most that is heeded of what a publisher asks for
_MOST_DOUBLINGS = 12
_INTERVAL, _POLITE, _MINIMUM = "schedule.interval", "schedule.polite", "schedule.minimum"
_MAX_AGE, _TTL, _PERIOD = "Cache-Control max-age or Expires", "the feed's ttl", "the feed's sy:updatePeriod"
_A_WEEK = "a week of "
_WISHES = {f"{week}{name}" for name in (_MAX_AGE, _TTL, _PERIOD) for week in ("", _A_WEEK)}
_REST = {_INTERVAL, _POLITE, _MINIMUM, PAUSES, RISK, GAP}
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
    """What a feed's past suggests: how long to wait, by which rule (RHYTHM and more).

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
    hurry: timedelta | None = None,
    unconditional: bool = False,
) -> Due:
    """When to ask again after an answer. `own` is the feed's own interval in minutes, which stands above `pace`.

    `hurry` is the longest that we would wait of our own accord, as entries passed between two visits.
    Where every request is `unconditional`, as the server's 304 cannot be relied on, a day is the least.
    """
    wishes = _wishes(hints)
    if own is not None:
        waits = [_Wait(timedelta(minutes=own), "the feed's own interval")]
    else:
        waits = _paced(schedule, pace, wishes, hurry)
        if unconditional:
            waits.append(_Wait(_DAY, "its server's 304 cannot be relied on, and whole documents are asked for daily"))
    return _decided(now, waits + wishes, _chance(url) * SPREAD, hints, url, pace.safe if pace else None)


def repaced(poll: PollState, schedule: Schedule, pace: Pace, meta: Feed | None, url: str) -> PollState:
    """The feed due as it would be if that pace had been known at the last visit, which was a success."""
    now = poll.last_polled
    assert now is not None
    rest = [rule for rule in poll.rules if rule.at and rule.name not in _REST and not rule.name.startswith(RHYTHM)]
    asked = _asked(now, _paced(schedule, pace, _wished(poll, url), hurried(poll, url)), _chance(url) * SPREAD)
    asked += [Due(rule.at, rule.name) for rule in rest if rule.at]
    due = _latest(now, asked, meta, url, pace.safe)
    return structs.replace(poll, next_due=due.at, reason=due.reason, rules=due.rules)


def hurried(poll: PollState, url: str) -> timedelta | None:
    """The longest that we would have waited after the last visit, as entries had passed; None where none had."""
    now, part = poll.last_polled, 1 + _chance(url) * SPREAD
    return next(((rule.at - now) / part for rule in poll.rules if now and rule.at and rule.name == GAP), None)


def least(schedule: Schedule, poll: PollState, url: str) -> timedelta:
    """How long a feed is left alone at least where no entries are at stake, by what its publisher said last."""
    wishes = _wished(poll, url)
    return max(_courtesy(schedule, wishes), max((wish.wait for wish in wishes), default=_HOUR * 0))


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
    return _decided(now, waits + _wishes(hints), 0, hints, url, None)


class _Wait(NamedTuple):
    """How long a rule wants us to wait."""

    wait: timedelta
    name: str


def _wished(poll: PollState, url: str) -> list[_Wait]:
    """How long the publisher wanted us to wait after the last visit."""
    now, part = poll.last_polled, 1 + _chance(url) * SPREAD
    return [_Wait((rule.at - now) / part, rule.name) for rule in poll.rules if now and rule.at and rule.name in _WISHES]


def _paced(
    schedule: Schedule, pace: Pace | None, wishes: Sequence[_Wait], hurry: timedelta | None = None
) -> list[_Wait]:
    """How long the operator, and the feed's rhythm, want us to wait; less where entries passed."""
    minimum = _Wait(timedelta(minutes=schedule.minimum), _MINIMUM)
    if pace is None:
        wait = _Wait(timedelta(minutes=schedule.interval), _INTERVAL)
    else:
        wait = _Wait(min(pace.wait, timedelta(minutes=schedule.maximum)), pace.name)
    if hurry is not None and hurry < wait.wait:
        return [_Wait(hurry, GAP), minimum]
    if pace is None:
        return [wait, minimum]
    courtesy = _courtesy(schedule, wishes)
    if pace.safe is not None:
        courtesy = min(courtesy, pace.safe / (1 + SPREAD))
    return [wait, _Wait(courtesy, _POLITE), minimum] if courtesy > minimum.wait else [wait, minimum]


def _courtesy(schedule: Schedule, wishes: Sequence[_Wait]) -> timedelta:
    """How long we leave a feed alone of our own accord: less where its publisher names a shorter time."""
    usual = timedelta(minutes=max(schedule.minimum, min(schedule.polite, schedule.interval)))
    named = max((wish.wait for wish in wishes), default=usual)
    return usual if named >= usual else timedelta(minutes=schedule.minimum)


def _asked(now: datetime, waits: Sequence[_Wait], spread: float) -> list[Due]:
    """The times that these waits make, which part by a part of each."""
    most = {True: _RHYTHM_SPREAD, False: _LONGEST_WAIT}
    return [
        Due(now + each.wait + min(each.wait * spread, most[each.name.startswith(RHYTHM)]), each.name) for each in waits
    ]


def _decided(
    now: datetime, waits: Sequence[_Wait], spread: float, hints: Hints, url: str, safe: timedelta | None
) -> Due:
    """The longest of the waits, or later where the server wants no visit yet, or the feed none at that hour."""
    asked = _asked(now, waits, spread)
    if hints.retry_after and hints.retry_after > now:
        # Who was told to wait comes a little later than those of its host that were not asked for that reason.
        wait = min(hints.retry_after - now, _LONGEST_WAIT)
        asked.append(Due(now + wait * (1 + _chance(url) * SPREAD), RETRY))
    return _latest(now, asked, hints.feed, url, safe)


def _latest(now: datetime, asked: Sequence[Due], feed: Feed | None, url: str, safe: timedelta | None) -> Due:
    """The last of these times, or later where the feed wants no visit at that hour; and all rules."""
    due = max(asked, key=lambda one: one.at)
    moved = _outside_pauses(due.at, feed, url)
    reason = due.reason if moved == due.at else f"{due.reason}, moved by {PAUSES}"
    rules = [Rule(one.reason, one.at, one is due and moved == due.at) for one in asked]
    if feed and (feed.skip_hours or feed.skip_days):
        rules.append(Rule(PAUSES, moved, moved != due.at))
    if safe is not None and moved > now + safe:
        rules.append(Rule(RISK, now + safe))
    return Due(moved, reason, tuple(rules))


def _wishes(hints: Hints) -> list[_Wait]:
    """How long the publisher wants us to wait, by each of its ways to say so."""
    wishes = []
    if hints.max_age:
        wishes.append(_Wait(timedelta(seconds=hints.max_age), _MAX_AGE))
    if hints.feed and hints.feed.ttl:
        wishes.append(_Wait(timedelta(minutes=min(max(hints.feed.ttl, 0), 10**6)), _TTL))
    if hints.feed and hints.feed.update_period in _PERIODS:
        frequency = max(1, hints.feed.update_frequency or 1)
        wishes.append(_Wait(_PERIODS[hints.feed.update_period] / frequency, _PERIOD))
    return [wish if wish.wait <= _LONGEST_WAIT else _Wait(_LONGEST_WAIT, f"{_A_WEEK}{wish.name}") for wish in wishes]


def _outside_pauses(start: datetime, feed: Feed | None, url: str) -> datetime:
    """The same, or soon after the first full hour after it that is in neither skipHours nor skipDays (GMT)."""
    hours, days = (set(feed.skip_hours), set(feed.skip_days)) if feed else (set(), set())
    at = start
    for _ in range(24 * 7 + 1):
        if at.hour not in hours and _DAYS[at.weekday()] not in days:
            return start if at == start else at + _HOUR * _chance(url) * SPREAD
        at = at.replace(minute=0, second=0, microsecond=0) + _HOUR
    return start  # it wants never to be asked; then it is asked as the rest says


def _chance(text: str) -> float:
    """A number from 0 to 1 that is always the same for a text."""
    return zlib.crc32(text.encode()) / 2**32
