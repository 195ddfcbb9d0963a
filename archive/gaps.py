"""What may have passed unseen between two visits. Pure arithmetic; docs/gaps.md has the reasoning and its sources.

two windows ─► is_joined: does what both show prove that nothing passed in between?
Rhythm, times ─► is_thin: if not, could that be by the feed's rate? ─► likely: how many may have passed
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate, islice, takewhile
from typing import Literal

from msgspec import Struct

from archive.rhythm import HOUR, RISK, Outlook, Rhythm, chances, outlook

_TRUST = 3.0  # how many entries the rate from before counts for, beside those that the new window shows
_UNKNOWN, _UNKNOWN_HOURS = 0.5, 12.0  # and for how many, in which time, where nothing came yet
_EDGE = 0.1  # low and high leave out so much on each side
_SIDES = 1.2816  # so many standard deviations, where it is normal
_MOST = 20_000  # entries that are reckoned with
_NOT_SO_RARE = 0.25
SILENT = 0.01  # a silence that is less likely than that by the feed's rate is no chance any more


Voice = Literal["active", "quiet", "silent", "unknown"]


class Counted(Struct, frozen=True):
    """How many entries were seen to come in so many hours that were watched without a gap."""

    entries: int
    hours: float


class Likely(Struct, frozen=True):
    """How many entries may have passed: the mean, and between which numbers it is with four chances in five."""

    size: int
    low: int
    high: int


def is_joined(
    before: Sequence[int], now: Sequence[int | None], dates: Mapping[int, str], *, newest_first: bool
) -> bool:
    """Whether what the earlier window shows too proves that nothing passed between them.

    Both are entries in their documents' order, None for those never met before; `dates` are those of the earlier ones.
    A window is pushed out at its old end. So an entry proves it that stands there with nothing new behind it, unless
    it has outlived those that were newer: then it is pinned, or was brought up again, and tells nothing.
    """
    window, shown = (before, now) if newest_first else (before[::-1], now[::-1])
    at_the_end = set(takewhile(lambda entry: entry is not None, reversed(shown)))
    kept = set(shown)
    lead = 0  # of those newer that stayed over those that are gone
    for entry in sorted(window, key=lambda one: dates.get(one, ""), reverse=True):
        if entry in at_the_end and lead >= 0:
            return True
        lead += 1 if entry in kept else -1
    return False


def is_reset(newest: datetime, dates: Sequence[datetime | None], window: int) -> bool:
    """Whether a window of which nothing is known reaches back, by its dates, into the one before (up to `newest`).

    Then its entries have other guids and links now, but none passed: half of the smaller window is enough.
    """
    old = sum(date is not None and date <= newest for date in dates)
    return 2 * old >= min(window, len(dates)) > 0 and len(dates) > 1


def is_thin(
    rhythm: Rhythm, since: datetime, until: datetime, *, new: int, window: int, counted: Counted | None = None
) -> bool:
    """Whether an overlap that proves nothing by itself leaves room for more than was seen.

    It does where more came than the rate explains, or as many may have come by it as the feed shows (RISK). The rate is
    that of the rhythm, or of what was `counted`.
    """
    most = _quantile(_ahead(rhythm, since, until, counted), 1 - RISK)
    return new > most or most >= window


def likely(
    rhythm: Rhythm,
    since: datetime,
    until: datetime,
    dates: Sequence[datetime | None],
    counted: Counted | None = None,
) -> Likely:
    """How many entries came after one visit and were gone at the next, which showed new ones with these dates.

    Where all are dated, what is missing came before the oldest of them; the rate is that from before, mended by how
    fast those came. Else more came than were seen, by the rate from before: that of what was `counted`, as a rhythm
    knows of entries without dates only at which visits there were some.
    """
    known = [min(date, until) for date in dates if date]
    oldest = min(known, default=since)
    trust = min(_TRUST, _UNKNOWN + rhythm.seen)
    if len(known) == len(dates) and oldest > since:
        # The first of those seen is where its span begins, and none that came in it.
        seen, count = outlook(rhythm, oldest, until, since), len(known) - 1
        return _told(_mended(outlook(rhythm, since, oldest), (trust + count) / (trust + seen.mean), trust + count), 0)
    ahead, count = _ahead(rhythm, since, until, counted), len(dates)
    level = max(1.0, (trust + count) / (trust + ahead.mean))
    return _told(_mended(ahead, level, max(ahead.sure, trust + count)), count)


def _ahead(rhythm: Rhythm, since: datetime, until: datetime, counted: Counted | None) -> Outlook:
    """What is to be expected of the time between two visits."""
    learnt = outlook(rhythm, since, until)
    if counted is None:
        return learnt
    sure = _UNKNOWN + counted.entries
    mean = sure / (_UNKNOWN_HOURS + counted.hours) * ((until - since) / HOUR)
    return Outlook(mean, learnt.spread - learnt.mean / learnt.sure + mean / sure, sure)


def voice(chance: float | None) -> Voice:
    """What a silence of that chance is called: the feed is active, quiet, or fallen silent."""
    if chance is None:
        return "unknown"
    return "silent" if chance < SILENT else "quiet" if chance < _NOT_SO_RARE else "active"


def _mended(ahead: Outlook, level: float, sure: float) -> Outlook:
    """The same at another level, which rests on so many entries."""
    mean = ahead.mean * level
    return Outlook(mean, ahead.spread - ahead.mean / ahead.sure + mean / sure, sure)


def _told(ahead: Outlook, seen: int) -> Likely:
    """How many more than those seen there were, given that there were no less."""
    terms = list(islice(chances(ahead.mean, ahead.spread), seen, seen + _most(ahead)))
    total = sum(terms)
    if total <= 0:  # numbers beyond what floats can hold: far more than were to be expected, or far too few seen
        rest = max(0.0, ahead.mean - seen)
        away = _SIDES * math.sqrt(ahead.mean * ahead.spread)
        return Likely(round(rest), max(0, round(rest - away)), round(rest + away))
    sums = list(accumulate(terms))
    mean = sum(number * term for number, term in enumerate(terms)) / total
    low = next(number for number, part in enumerate(sums) if part >= _EDGE * total)
    high = next(number for number, part in enumerate(sums) if part >= (1 - _EDGE) * total)
    return Likely(round(mean), low, high)


def _quantile(ahead: Outlook, part: float) -> int:
    sums = accumulate(islice(chances(ahead.mean, ahead.spread), _most(ahead)))
    return sum(1 for _ in takewhile(lambda total: total < part, sums))


def _most(ahead: Outlook) -> int:
    """As many entries as need be looked at."""
    return min(_MOST, 50 + int(20 * ahead.mean + 20 * ahead.spread))
