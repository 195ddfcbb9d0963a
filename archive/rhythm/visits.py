"""When to ask next: once a request is worth the delay that has gathered, and before a window has run over."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice

from msgspec import Struct

from archive.rhythm.model import EDGES, HOUR, Rhythm, hours_of, wait_of, weekday_of
from archive.rhythm.rates import PRIOR_COUNT, PRIOR_HOURS, burst_of, chances, level_of, shape_of, sure_of, week

RISK = 0.001  # how likely more may come before the next visit than the feed shows
_WAIT_PRIOR = 4.0  # entries that say that it does not matter how long ago the last one was
_EAGER = 6.0  # how many times as likely as by the clock alone an entry is taken to be at most
_CALM = 0.2  # how much slower than its fastest a feed is taken to be at most, whatever the hour
_ROUNDED = 1 - 1e-6  # times are kept to the microsecond; rounding must not lead past the bound
_FINE = 20  # rates that are closer than 5 % cost the same

_Piece = tuple[float, float, float, float, float]


class Wish(Struct, frozen=True):
    """When a feed should be asked next (aware UTC), what decided, and how likely entries are lost by then.

    why: rhythm (the expected delay is worth a request by then), window (more might come than the feed shows), minimum,
    maximum. `safe` is until when the risk stays below RISK, None where that is later than all that was looked at.
    """

    at: datetime
    why: str
    risk: float
    safe: datetime | None = None


def price_of(interval: timedelta) -> float:
    """What a request may cost, in entry-hours of delay, for an unknown feed to be asked at that interval."""
    return PRIOR_COUNT / PRIOR_HOURS * (interval / HOUR) ** 2 / 2


def price_for(rhythms: Iterable[Rhythm], now: datetime, *, budget: float, least: timedelta, most: timedelta) -> float:
    """The price at which all the feeds together need so many requests an hour; the least one if they need fewer."""
    roots = Counter(round(math.log(rate / 2) * _FINE) for rhythm in rhythms for rate in week(rhythm, now))
    pairs = [(math.exp(place / _FINE / 2), count / 168) for place, count in roots.items()]
    fastest, slowest = HOUR / least, HOUR / most
    low, high = 1e-9, 1e9
    for _ in range(45):
        price = math.sqrt(low * high)
        share = 1 / math.sqrt(price)
        asked = sum(count * min(max(root * share, slowest), fastest) for root, count in pairs)
        low, high = (price, high) if asked > budget else (low, price)
    return high


def next_visit(rhythm: Rhythm, now: datetime, *, price: float, least: timedelta, most: timedelta) -> Wish:
    """When to ask next, after all that came until now was seen: between `least` and `most` from now.

    It is time when the delay that is expected to have gathered (entry-hours) has reached the price of a request, or
    when more entries might have come than the feed shows; `least` stands above both, and the risk says what that costs.
    """
    start, soonest, latest = hours_of(now), least / HOUR, max(least, most) / HOUR
    worth = _worth(_course(rhythm, start, start + latest), price)
    wait, why = (latest, "maximum") if worth is None else (worth - start, "rhythm")
    course = list(_course(rhythm, start, hours_of(now + max(wait, soonest) * HOUR)))
    safe = _safe(rhythm, start, course)
    if safe is not None and safe - start < wait:
        wait, why = safe - start, "window"
    if wait < soonest:
        wait, why = soonest, "minimum"
    at = now + wait * HOUR
    lost = _risk(rhythm, start, _until(course, hours_of(at)))
    return Wish(at, why, lost, None if safe is None else now + (safe - start) * HOUR)


def risk(rhythm: Rhythm, now: datetime, at: datetime) -> float:
    """How likely more entries come from now until then than the feed shows."""
    start = hours_of(now)
    return _risk(rhythm, start, _course(rhythm, start, hours_of(at)))


def _worth(course: Iterable[_Piece], price: float) -> float | None:
    """When the delay that is expected to have gathered since the start reaches the price (entry-hours)."""
    late = waiting = 0.0
    for at, step, rate, _, _ in course:
        after = late + waiting * step + rate * step * step / 2
        if after >= price:
            return min(at + step, at + _root(rate / 2, waiting, late - price))
        late, waiting = after, waiting + rate * step
    return None


def _risk(rhythm: Rhythm, start: float, course: Iterable[_Piece]) -> float:
    """How likely more come in that time than the feed shows."""
    if rhythm.window <= 0:
        return 0.0
    mean = sum(step * bound for _, step, _, bound, _ in course)
    return _overflow(mean, rhythm.window, burst_of(rhythm) + mean / sure_of(rhythm, max(start, rhythm.at or 0.0)))


def _safe(rhythm: Rhythm, start: float, course: Iterable[_Piece]) -> float | None:
    """Until when no more comes than the feed shows, both by the rates and by the fastest that it ever was."""
    if rhythm.window <= 0:
        return None
    tolerated = _most_expected(
        rhythm.window, math.ceil(burst_of(rhythm) * 10), math.floor(sure_of(rhythm, max(start, rhythm.at or 0.0)))
    )
    expected = pace = 0.0
    fastest = math.inf if rhythm.fastest is None else rhythm.fastest
    for at, step, _, bound, relative in course:
        if expected + bound * step > tolerated or pace + relative * step > fastest:
            return at + max(0.0, min((tolerated - expected) / bound, (fastest - pace) / relative))
        expected, pace = expected + bound * step, pace + relative * step
    return None


@lru_cache(maxsize=4096)
def _most_expected(window: int, burst: int, sure: int) -> float:
    low, high = 0.0, float(window)
    for _ in range(24):
        mean = (low + high) / 2
        low, high = (low, mean) if _overflow(mean, window, burst / 10 + mean / sure) > RISK else (mean, high)
    return low * _ROUNDED


def _overflow(mean: float, window: int, burst: float) -> float:
    """The chance that more come than the window holds: negative binomial of that mean, the variance `burst` x as large.

    Poisson where that is 1. A mean above the window is taken for certain loss.
    """
    if mean >= window:
        return 1.0
    if mean <= 0:
        return 0.0
    total = sum(islice(chances(mean, burst), window + 1))
    return min(1.0, max(0.0, 1 - total))


def _until(course: Iterable[_Piece], end: float) -> Iterator[_Piece]:
    """The course as far as that time."""
    for at, step, *rates in course:
        if at >= end:
            return
        yield (at, min(step, end - at), rates[0], rates[1], rates[2])


def _course(rhythm: Rhythm, start: float, end: float) -> Iterator[_Piece]:
    """The time from start to end in pieces: begin, length, expected rate, a rate to be safe with, its part of the peak.

    Rates change with the hour, and with the span of time since the last entry.

    The safe rate is that of the busiest hour around, and the feed is not taken to rest because it just spoke.
    """
    level, (hours, days) = level_of(rhythm, max(start, rhythm.at or 0.0)), shape_of(rhythm)
    seen, chance = sum(rhythm.waits), sum(rhythm.chances)
    usual = seen / chance if chance > 0 else 1.0
    factors = [
        min(_EAGER, (_WAIT_PRIOR + came) / (_WAIT_PRIOR + usual * due))
        for came, due in zip(rhythm.waits, rhythm.chances, strict=True)
    ]
    around = [max(hours[hour - 1], hours[hour], hours[(hour + 1) % 24]) for hour in range(24)]
    peak = max(hours) * max(days)
    last = rhythm.recent[-1] if rhythm.recent else math.inf
    at = start
    while at < end:
        hour, day, wait = int(at) % 24, weekday_of(at), wait_of(at - last)
        edge = last + EDGES[wait] if last <= at and wait < len(EDGES) else math.inf
        until = min(end, math.floor(at) + 1.0, edge if edge > at else math.inf)
        factor = factors[wait] if last <= at else 1.0
        safe = around[hour] * days[day]
        yield (
            at,
            until - at,
            level * hours[hour] * days[day] * factor,
            level * safe * max(1.0, factor),
            min(1.0, max(_CALM, safe / peak)),
        )
        at = until


def _root(square: float, linear: float, constant: float) -> float:
    """Where square x^2 + linear x + constant, which is negative at 0 and grows, is 0."""
    if square <= 0:
        return -constant / linear if linear > 0 else 0.0
    return (-linear + math.sqrt(max(0.0, linear * linear - 4 * square * constant))) / (2 * square)
