"""A rhythm is learnt from arrivals: counts that fade with time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

from msgspec import structs

from archive.rhythm.model import EDGES, Rhythm, hours_of, wait_of, weekday_of
from archive.rhythm.rates import FAST, SLOW, Clock, sure_of

_SLOT = 6.0  # hours over which entries are counted to see how much they come in bursts
_MOST_EMPTY = 28  # so many slots without an entry count in a row; a feed that sleeps is not bursty
_LARGEST_WINDOW = 200  # a feed that shows more is taken to show so many


def arrival(published: datetime | None, seen: datetime, before: datetime | None) -> datetime:
    """When an entry came, which was seen first at one visit and not yet at the one before (None: there was none).

    Its own date counts so far as it can be true: feeds show entries with dates of last year, or of tomorrow.
    """
    at = seen if published is None else min(published, seen)
    return at if before is None else min(max(at, before), seen)


def learn(rhythm: Rhythm, arrivals: Iterable[datetime], now: datetime, *, window: int | None = None) -> Rhythm:
    """The rhythm after these new arrivals. A date in the future is taken for now, a clock that went back for none."""
    at = max(hours_of(now), rhythm.at or 0.0)
    times = sorted(min(hours_of(one), at) for one in arrivals)
    shown = min(rhythm.window if window is None else window, _LARGEST_WINDOW)
    since = rhythm.since if rhythm.since is not None else (times[0] if times else at)
    # The clock starts with the first entry of all, which therefore is none that came while it ran.
    counted = times if rhythm.since is not None else times[1:]
    after = _counted(structs.replace(rhythm, window=shown, since=since, at=at), rhythm.at, counted)
    after = structs.replace(after, seen=rhythm.seen + len(times))
    return _timed(_spaced(_slotted(after, counted), times), times)


def _counted(rhythm: Rhythm, before: float | None, times: list[float]) -> Rhythm:
    """The rhythm with its counts as of now, these arrivals among them."""
    at = rhythm.at or 0.0
    fade = math.exp(-(at - before) / SLOW) if before is not None else 1.0
    fade_fast = math.exp(-(at - before) / FAST) if before is not None else 1.0
    hours, days = [fade * one for one in rhythm.hours], [fade * one for one in rhythm.days]
    slow, fast = fade * rhythm.slow, fade_fast * rhythm.fast
    for time in times:
        weight = math.exp(-(at - time) / SLOW)
        hours[int(time) % 24] += weight
        days[weekday_of(time)] += weight
        slow += weight
        fast += math.exp(-(at - time) / FAST)
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
    at, clock = rhythm.at or 0.0, Clock(rhythm, times[-1] if times else 0.0)
    waits, chances = list(rhythm.waits), list(rhythm.chances)
    for time in times:
        if last is not None and time >= last:
            weight = math.exp(-(at - time) / SLOW)
            waits[wait_of(time - last)] += weight
            for number, (low, high) in enumerate(zip((0.0, *EDGES), (*EDGES, math.inf), strict=True)):
                if low >= time - last:
                    break
                chances[number] += weight * clock.expected(last + low, min(last + high, time))
        last = time if last is None else max(last, time)
    return structs.replace(rhythm, waits=tuple(waits), chances=tuple(chances))


def _slotted(rhythm: Rhythm, times: list[float]) -> Rhythm:
    """The rhythm with what these arrivals tell of bursts: how far a count strays from its expectation."""
    at = times[-1] if times else 0.0
    clock, sure = Clock(rhythm, at), sure_of(rhythm, at)
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
