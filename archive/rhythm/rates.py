"""What a rhythm says: entries per hour, how sure that is, and how many are to be expected in a span of time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from msgspec import Struct

from archive.rhythm.model import Rhythm, hours_of, last_arrival

# For how long the shape of a week, and the level, is remembered (hours, e-folding).
SLOW, FAST = 112 * 24.0, 14 * 24.0
# What is believed of a feed that nothing is known of: an entry a day.
PRIOR_COUNT, PRIOR_HOURS = 0.5, 12.0
_TRUST = 3.0  # how many entries the long run counts for beside the last two weeks
_EVEN = (0.05, 0.25, 1.0, 4.0, 16.0)  # entries that count for an even spread in each cell: how even is learnt, too
_SLOT_PRIOR, _BURST_PRIOR = 5.0, 2.0
_LONG_AGO = 20.0  # e-foldings after which nothing is left of a count, whatever is asked of it


class Outlook(Struct, frozen=True):
    """What is to be expected of a feed in a span of time: so many entries, `spread` being the variance over that mean.

    `sure` is how many entries the rate rests on (the shape of its Gamma distribution).
    """

    mean: float
    spread: float
    sure: float


def week(rhythm: Rhythm, now: datetime) -> list[float]:
    """Entries per hour to be expected in each hour of a week, from Monday 00:00 UTC on."""
    return rates_of(rhythm, max(hours_of(now), rhythm.at or 0.0))


def outlook(rhythm: Rhythm, start: datetime, end: datetime, known: datetime | None = None) -> Outlook:
    """How many entries are to be expected between two times, by what was known then (None: at the first of them)."""
    first, last, at = hours_of(start), hours_of(max(start, end)), hours_of(known or start)
    mean, sure = Clock(rhythm, at).expected(first, last), sure_of(rhythm, at)
    return Outlook(mean, burst_of(rhythm) + mean / sure, sure)


def silence(rhythm: Rhythm, now: datetime) -> float | None:
    """How likely a feed of that rhythm says nothing for as long as it has by now; None where it never said anything."""
    last = last_arrival(rhythm)
    if last is None or now <= last:
        return None if last is None else 1.0
    ahead = outlook(rhythm, last, now)
    return next(chances(ahead.mean, ahead.spread))


def chances(mean: float, spread: float) -> Iterator[float]:
    """How likely 0, 1, 2 … come: negative binomial of that mean, its variance `spread` times that; Poisson for 1."""
    over = spread - 1
    if over < 1e-9:
        term, size, ratio = math.exp(-mean), mean, 0.0
    else:
        size, ratio = mean / over, over / spread
        term = math.exp(-size * math.log(spread))
    number = 0
    while True:
        yield term
        term *= size / (number + 1) if ratio == 0.0 else (size + number) / (number + 1) * ratio
        number += 1


def level_of(rhythm: Rhythm, at: float) -> float:
    """Entries per hour: the last two weeks, with the long run as their prior, which has a prior of its own (Gamma)."""
    known = max(0.0, at - rhythm.since) if rhythm.since is not None else 0.0
    slow = (PRIOR_COUNT + rhythm.slow * _fade(rhythm, at, SLOW)) / (PRIOR_HOURS + _memory(known, SLOW))
    # A silence longer than that memory is evidence all the same.
    watched = max(_memory(known, FAST), at - rhythm.recent[-1] if rhythm.recent else 0.0)
    return (_TRUST + rhythm.fast * _fade(rhythm, at, FAST)) / (_TRUST / slow + watched)


def sure_of(rhythm: Rhythm, at: float) -> float:
    """The shape of the level's Gamma distribution: how many entries it rests on."""
    return _TRUST + rhythm.fast * _fade(rhythm, at, FAST)


def shape_of(rhythm: Rhythm) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The hours of the day and the days of the week, each with a mean of 1, even so far as little is known."""
    at, since = rhythm.at or 0.0, rhythm.since if rhythm.since is not None else rhythm.at or 0.0
    day = _evened(rhythm.hours, _watched(since, at, 1, 24))
    return day, _evened(rhythm.days, _watched(since + 72, at + 72, 24, 7))


def rates_of(rhythm: Rhythm, at: float) -> list[float]:
    """The rates of the 168 hours of a week."""
    level, (hours, days) = level_of(rhythm, at), shape_of(rhythm)
    return [level * day * hour for day in days for hour in hours]


def burst_of(rhythm: Rhythm) -> float:
    """The variance of a count over its mean: 1 where entries come independently (Poisson), more in bursts."""
    burst = (_SLOT_PRIOR * _BURST_PRIOR + rhythm.squares) / (_SLOT_PRIOR + rhythm.means)
    # Beyond twice the window, more variance would mean less risk: all in one burst that hardly ever comes.
    return max(1.0, min(burst, 2.0 * rhythm.window))


class Clock:
    """How many entries are to be expected between two times, by the hour and the day alone."""

    def __init__(self, rhythm: Rhythm, at: float) -> None:
        self._sums = [0.0]
        for one in rates_of(rhythm, at):
            self._sums.append(self._sums[-1] + one)

    def expected(self, start: float, end: float) -> float:
        return self._until(end) - self._until(start)

    def _until(self, at: float) -> float:
        weeks, hours = divmod(at - 96.0, 168.0)  # 1970 began on a Thursday: the first Monday was four days later
        hour = int(hours)
        sums = self._sums
        return weeks * sums[168] + sums[hour] + (hours - hour) * (sums[hour + 1] - sums[hour])


def _fade(rhythm: Rhythm, at: float, memory: float) -> float:
    """What is left then of counts that stand as of `rhythm.at`; more than 1 for a time before."""
    return math.exp(min(_LONG_AGO, ((rhythm.at or at) - at) / memory))


def _memory(known: float, fading: float) -> float:
    """Hours that were watched, with the same fading as the entries."""
    return fading * (1 - math.exp(-known / fading))


def _watched(start: float, end: float, size: int, cells: int) -> tuple[float, ...]:
    """How much was seen of each hour of the day (size 1) or weekday (size 24), as parts of all that was seen.

    After some weeks all have been seen alike, and before that, what is forgotten is too little to matter.
    """
    whole, rest = divmod(end - start, size * cells)
    if whole >= 8:
        return (1 / cells,) * cells
    seen = [whole * size] * cells
    at = start
    while rest > 1e-9:
        step = min(rest, (math.floor(at / size) + 1) * size - at)
        seen[int(at // size) % cells] += step
        at, rest = at + step, rest - step
    return tuple(one / (end - start) for one in seen) if end > start else (1 / cells,) * cells


@lru_cache(maxsize=4096)
def _evened(counts: tuple[float, ...], watched: tuple[float, ...]) -> tuple[float, ...]:
    """How busy each cell is beside the mean, which is 1.

    Counts are Poisson, busyness Gamma with a mean of 1. How even it is is not known either: the answer is the mean over
    several priors, each as heavy as it makes the counts likely (Bayesian model averaging).
    """
    total = sum(counts)
    pairs = [(count, total * part) for count, part in zip(counts, watched, strict=True)]
    likely = [
        sum(math.lgamma(even + count) - (even + count) * math.log(even + mean) for count, mean in pairs)
        + len(pairs) * (even * math.log(even) - math.lgamma(even))
        for even in _EVEN
    ]
    most = max(likely)
    weights = [math.exp(one - most) for one in likely]
    busy = [
        sum(weight * (count + even) / (mean + even) for weight, even in zip(weights, _EVEN, strict=True))
        for count, mean in pairs
    ]
    scale = len(busy) / sum(busy)
    return tuple(scale * one for one in busy)
