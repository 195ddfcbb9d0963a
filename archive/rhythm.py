"""When a feed is worth asking, learnt from when its entries came. Pure arithmetic; docs/scheduling.md has the model.

    arrivals ─► learn ─► Rhythm ─► next_visit(price) ─► Wish: a time, why, and the risk that entries are lost by then

Times inside are hours since 1970 (UTC, so that no clock is ever put forward or back), rates are entries per hour.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice

import msgspec
from msgspec import Struct, structs

RISK = 0.001  # how likely more may come before the next visit than the feed shows

_SLOW, _FAST = 112 * 24.0, 14 * 24.0  # for how long the shape of a week, and the level, is remembered (e-folding)
_PRIOR_COUNT, _PRIOR_HOURS = 0.5, 12.0  # what is believed of a feed that nothing is known of: an entry a day
_TRUST = 3.0  # how many entries the long run counts for beside the last two weeks
_EVEN = (0.05, 0.25, 1.0, 4.0, 16.0)  # entries that count for an even spread in each cell: how even is learnt, too
_WAIT_PRIOR = 4.0  # entries that say that it does not matter how long ago the last one was
_SLOT = 6.0  # hours over which entries are counted to see how much they come in bursts
_SLOT_PRIOR, _BURST_PRIOR = 5.0, 2.0
_MOST_EMPTY = 28  # so many slots without an entry count in a row; a feed that sleeps is not bursty
_EDGES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)  # hours since the entry before
_EAGER = 6.0  # how many times as likely as by the clock alone an entry is taken to be at most
_SIZES = (24, 7, len(_EDGES) + 1, len(_EDGES) + 1)
_LONG_AGO = 20.0  # e-foldings after which nothing is left of a count, whatever is asked of it
_CALM = 0.2  # how much slower than its fastest a feed is taken to be at most, whatever the hour
_ROUNDED = 1 - 1e-6  # times are kept to the microsecond; rounding must not lead past the bound
_FINE = 20  # rates that are closer than 5 % cost the same
_LARGEST_WINDOW = 200  # a feed that shows more is taken to show so many
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Rhythm(Struct, frozen=True, kw_only=True):
    """What is known of when a feed's entries come; a value that can be stored.

    `window` is how many entries it shows (0: not known). Counts fade with time and stand as of `at`: `slow` and `fast`
    are all entries, `hours` and `days` (Monday first) those of an hour and a weekday, `waits` those that came so long
    after the one before (see _EDGES) and `chances` how many would have by the clock alone. `squares` and `means` tell
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
    waits: tuple[float, ...] = (0.0,) * (len(_EDGES) + 1)
    chances: tuple[float, ...] = (0.0,) * (len(_EDGES) + 1)
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


class Outlook(Struct, frozen=True):
    """What is to be expected of a feed in a span of time: so many entries, `spread` being the variance over that mean.

    `sure` is how many entries the rate rests on (the shape of its Gamma distribution).
    """

    mean: float
    spread: float
    sure: float


class Wish(Struct, frozen=True):
    """When a feed should be asked next (aware UTC), what decided, and how likely entries are lost by then.

    why: rhythm (the expected delay is worth a request by then), window (more might come than the feed shows), minimum,
    maximum. `safe` is until when the risk stays below RISK, None where that is later than all that was looked at.
    """

    at: datetime
    why: str
    risk: float
    safe: datetime | None = None


def arrival(published: datetime | None, seen: datetime, before: datetime | None) -> datetime:
    """When an entry came, which was seen first at one visit and not yet at the one before (None: there was none).

    Its own date counts so far as it can be true: feeds show entries with dates of last year, or of tomorrow.
    """
    at = seen if published is None else min(published, seen)
    return at if before is None else min(max(at, before), seen)


def rhythm_of(arrivals: Iterable[datetime], now: datetime, window: int) -> Rhythm:
    """The rhythm of a feed that shows so many entries, from all arrivals that are known."""
    return learn(Rhythm(), arrivals, now, window=window)


def learn(rhythm: Rhythm, arrivals: Iterable[datetime], now: datetime, *, window: int | None = None) -> Rhythm:
    """The rhythm after these new arrivals. A date in the future is taken for now, a clock that went back for none."""
    at = max(_hours(now), rhythm.at or 0.0)
    times = sorted(min(_hours(one), at) for one in arrivals)
    shown = min(rhythm.window if window is None else window, _LARGEST_WINDOW)
    since = rhythm.since if rhythm.since is not None else (times[0] if times else at)
    # The clock starts with the first entry of all, which therefore is none that came while it ran.
    counted = times if rhythm.since is not None else times[1:]
    after = _counted(structs.replace(rhythm, window=shown, since=since, at=at), rhythm.at, counted)
    after = structs.replace(after, seen=rhythm.seen + len(times))
    return _timed(_spaced(_slotted(after, counted), times), times)


def price_of(interval: timedelta) -> float:
    """What a request may cost, in entry-hours of delay, for an unknown feed to be asked at that interval."""
    return _PRIOR_COUNT / _PRIOR_HOURS * (interval / HOUR) ** 2 / 2


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
    start, soonest, latest = _hours(now), least / HOUR, max(least, most) / HOUR
    worth = _worth(_course(rhythm, start, start + latest), price)
    wait, why = (latest, "maximum") if worth is None else (worth - start, "rhythm")
    course = list(_course(rhythm, start, _hours(now + max(wait, soonest) * HOUR)))
    safe = _safe(rhythm, start, course)
    if safe is not None and safe - start < wait:
        wait, why = safe - start, "window"
    if wait < soonest:
        wait, why = soonest, "minimum"
    at = now + wait * HOUR
    lost = _risk(rhythm, start, _until(course, _hours(at)))
    return Wish(at, why, lost, None if safe is None else now + (safe - start) * HOUR)


def risk(rhythm: Rhythm, now: datetime, at: datetime) -> float:
    """How likely more entries come from now until then than the feed shows."""
    start = _hours(now)
    return _risk(rhythm, start, _course(rhythm, start, _hours(at)))


def week(rhythm: Rhythm, now: datetime) -> list[float]:
    """Entries per hour to be expected in each hour of a week, from Monday 00:00 UTC on."""
    return _week(rhythm, max(_hours(now), rhythm.at or 0.0))


def outlook(rhythm: Rhythm, start: datetime, end: datetime, known: datetime | None = None) -> Outlook:
    """How many entries are to be expected between two times, by what was known then (None: at the first of them)."""
    first, last, at = _hours(start), _hours(max(start, end)), _hours(known or start)
    mean, sure = _Clock(rhythm, at).expected(first, last), _sure(rhythm, at)
    return Outlook(mean, _burst(rhythm) + mean / sure, sure)


def last_arrival(rhythm: Rhythm) -> datetime | None:
    """When an entry came last, so far as is known."""
    return EPOCH + rhythm.recent[-1] * HOUR if rhythm.recent else None


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


# What is learnt


def _counted(rhythm: Rhythm, before: float | None, times: list[float]) -> Rhythm:
    """The rhythm with its counts as of now, these arrivals among them."""
    at = rhythm.at or 0.0
    fade = math.exp(-(at - before) / _SLOW) if before is not None else 1.0
    fade_fast = math.exp(-(at - before) / _FAST) if before is not None else 1.0
    hours, days = [fade * one for one in rhythm.hours], [fade * one for one in rhythm.days]
    slow, fast = fade * rhythm.slow, fade_fast * rhythm.fast
    for time in times:
        weight = math.exp(-(at - time) / _SLOW)
        hours[int(time) % 24] += weight
        days[_weekday(time)] += weight
        slow += weight
        fast += math.exp(-(at - time) / _FAST)
    return structs.replace(
        rhythm,
        hours=tuple(hours),
        days=tuple(days),
        slow=slow,
        fast=fast,
        waits=tuple(fade * one for one in rhythm.waits),
        chances=tuple(fade * one for one in rhythm.chances),
        squares=fade * rhythm.squares,
        means=fade * rhythm.means,
    )


def _spaced(rhythm: Rhythm, times: list[float]) -> Rhythm:
    """The rhythm with how long after another entry these came, beside how long they would have by the clock alone."""
    last = rhythm.recent[-1] if rhythm.recent else None
    at, clock = rhythm.at or 0.0, _Clock(rhythm, times[-1] if times else 0.0)
    waits, chances = list(rhythm.waits), list(rhythm.chances)
    for time in times:
        if last is not None and time >= last:
            weight = math.exp(-(at - time) / _SLOW)
            waits[_wait(time - last)] += weight
            for number, (low, high) in enumerate(zip((0.0, *_EDGES), (*_EDGES, math.inf), strict=True)):
                if low >= time - last:
                    break
                chances[number] += weight * clock.expected(last + low, min(last + high, time))
        last = time if last is None else max(last, time)
    return structs.replace(rhythm, waits=tuple(waits), chances=tuple(chances))


def _slotted(rhythm: Rhythm, times: list[float]) -> Rhythm:
    """The rhythm with what these arrivals tell of bursts: how far a count strays from its expectation."""
    at = times[-1] if times else 0.0
    clock, sure = _Clock(rhythm, at), _sure(rhythm, at)
    slot, count, squares, means = rhythm.slot, rhythm.slot_count, rhythm.squares, rhythm.means
    first = int((rhythm.since or 0.0) // _SLOT) + 1  # of the one before, only a part was watched
    for time in times:
        here = int(time // _SLOT)
        if slot is None or here > slot:
            for number in range(max(slot, first), min(here, slot + 1 + _MOST_EMPTY)) if slot is not None else ():
                mean = clock.expected(number * _SLOT, (number + 1) * _SLOT)
                squares += max(0.0, (count - mean) ** 2 - mean * mean / sure)  # the level itself is only so well known
                means += mean
                count = 0
            slot, count = here, 0
        count += here == slot
    return structs.replace(rhythm, slot=slot, slot_count=count, squares=squares, means=means)


def _timed(rhythm: Rhythm, times: list[float]) -> Rhythm:
    """The rhythm with the shortest time in which half a window came.

    What comes at one instant comes whole, however often one asks: the time until the next arrival after it counts.
    """
    half = max(1, rhythm.window // 2)
    recent = [*rhythm.recent, *times]
    recent.sort()
    fastest = rhythm.fastest
    if rhythm.window > 0:
        for end in range(max(half, len(recent) - len(times)), len(recent)):
            span = recent[end] - recent[end - half]
            if span == 0:  # a batch, then: from it to what came before
                earlier = next((one for one in reversed(recent[: end - half]) if one < recent[end]), None)
                span = math.inf if earlier is None else recent[end] - earlier
            fastest = span if fastest is None else min(fastest, span)
    keep = recent[-max(half, 2) :]
    return structs.replace(rhythm, recent=tuple(keep), fastest=None if fastest == math.inf else fastest)


# What follows from it


def _level(rhythm: Rhythm, at: float) -> float:
    """Entries per hour: the last two weeks, with the long run as their prior, which has a prior of its own (Gamma)."""
    known = max(0.0, at - rhythm.since) if rhythm.since is not None else 0.0
    slow = (_PRIOR_COUNT + rhythm.slow * _fade(rhythm, at, _SLOW)) / (_PRIOR_HOURS + _memory(known, _SLOW))
    # A silence longer than that memory is evidence all the same.
    watched = max(_memory(known, _FAST), at - rhythm.recent[-1] if rhythm.recent else 0.0)
    return (_TRUST + rhythm.fast * _fade(rhythm, at, _FAST)) / (_TRUST / slow + watched)


def _sure(rhythm: Rhythm, at: float) -> float:
    """The shape of the level's Gamma distribution: how many entries it rests on."""
    return _TRUST + rhythm.fast * _fade(rhythm, at, _FAST)


def _fade(rhythm: Rhythm, at: float, memory: float) -> float:
    """What is left then of counts that stand as of `rhythm.at`; more than 1 for a time before."""
    return math.exp(min(_LONG_AGO, ((rhythm.at or at) - at) / memory))


def _memory(known: float, fading: float) -> float:
    """Hours that were watched, with the same fading as the entries."""
    return fading * (1 - math.exp(-known / fading))


def _shape(rhythm: Rhythm) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The hours of the day and the days of the week, each with a mean of 1, even so far as little is known."""
    at, since = rhythm.at or 0.0, rhythm.since if rhythm.since is not None else rhythm.at or 0.0
    day = _evened(rhythm.hours, _watched(since, at, 1, 24))
    return day, _evened(rhythm.days, _watched(since + 72, at + 72, 24, 7))


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


def _week(rhythm: Rhythm, at: float) -> list[float]:
    """The rates of the 168 hours of a week."""
    level, (hours, days) = _level(rhythm, at), _shape(rhythm)
    return [level * day * hour for day in days for hour in hours]


def _burst(rhythm: Rhythm) -> float:
    """The variance of a count over its mean: 1 where entries come independently (Poisson), more in bursts."""
    burst = (_SLOT_PRIOR * _BURST_PRIOR + rhythm.squares) / (_SLOT_PRIOR + rhythm.means)
    # Beyond twice the window, more variance would mean less risk: all in one burst that hardly ever comes.
    return max(1.0, min(burst, 2.0 * rhythm.window))


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
    return _overflow(mean, rhythm.window, _burst(rhythm) + mean / _sure(rhythm, max(start, rhythm.at or 0.0)))


def _safe(rhythm: Rhythm, start: float, course: Iterable[_Piece]) -> float | None:
    """Until when no more comes than the feed shows, both by the rates and by the fastest that it ever was."""
    if rhythm.window <= 0:
        return None
    tolerated = _most_expected(
        rhythm.window, math.ceil(_burst(rhythm) * 10), math.floor(_sure(rhythm, max(start, rhythm.at or 0.0)))
    )
    expected = pace = 0.0
    fastest = math.inf if rhythm.fastest is None else rhythm.fastest
    for at, step, _, bound, relative in course:
        if expected + bound * step > tolerated or pace + relative * step > fastest:
            return at + max(0.0, min((tolerated - expected) / bound, (fastest - pace) / relative))
        expected, pace = expected + bound * step, pace + relative * step
    return None


_Piece = tuple[float, float, float, float, float]


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
    level, (hours, days) = _level(rhythm, max(start, rhythm.at or 0.0)), _shape(rhythm)
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
        hour, day, wait = int(at) % 24, _weekday(at), _wait(at - last)
        edge = last + _EDGES[wait] if last <= at and wait < len(_EDGES) else math.inf
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


class _Clock:
    """How many entries are to be expected between two times, by the hour and the day alone."""

    def __init__(self, rhythm: Rhythm, at: float) -> None:
        self._sums = [0.0]
        for one in _week(rhythm, at):
            self._sums.append(self._sums[-1] + one)

    def expected(self, start: float, end: float) -> float:
        return self._until(end) - self._until(start)

    def _until(self, at: float) -> float:
        weeks, hours = divmod(at - 96.0, 168.0)  # 1970 began on a Thursday: the first Monday was four days later
        hour = int(hours)
        sums = self._sums
        return weeks * sums[168] + sums[hour] + (hours - hour) * (sums[hour + 1] - sums[hour])


def _wait(hours: float) -> int:
    for number, edge in enumerate(_EDGES):
        if hours < edge:
            return number
    return len(_EDGES)


def _root(square: float, linear: float, constant: float) -> float:
    """Where square x^2 + linear x + constant, which is negative at 0 and grows, is 0."""
    if square <= 0:
        return -constant / linear if linear > 0 else 0.0
    return (-linear + math.sqrt(max(0.0, linear * linear - 4 * square * constant))) / (2 * square)


def _weekday(at: float) -> int:
    return (int(at // 24) + 3) % 7


def _hours(at: datetime) -> float:
    return (at - EPOCH) / HOUR
