"""Polling by the feed's own rhythm against polling every hour: a year of made feeds, equal numbers of requests.

The generators are seeded, so that every machine sees the same year. An entry's delay runs from when it came into its
feed to the visit that found it; one that scrolled out of the window before any visit is lost.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from archive.rhythm import RISK, Rhythm, Wish, arrival, learn, next_visit, price_for

_START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
YEAR = 365 * 24.0
_PAST = 120 * 24.0  # the feeds have been there before
_HOUR = timedelta(hours=1)
_AHEAD = 168
LEAST, MOST = timedelta(minutes=15), timedelta(days=1)

Times = list[float]


@dataclass(frozen=True)
class Kind:
    """A kind of feed: how many entries it shows, whether it dates them, and when they come (hours since the start)."""

    name: str
    window: int
    make: Callable[[random.Random], Times]
    dated: bool = True


@dataclass
class Run:
    """What came of asking one feed for a year; delays in hours."""

    requests: int = 0
    lost: int = 0
    delays: list[float] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)
    gaps: int = 0  # visits before which more had come than the feed shows
    risky: int = 0  # visits of which the bound said that they might be

    @property
    def mean(self) -> float:
        return statistics.fmean(self.delays) if self.delays else math.nan

    @property
    def late(self) -> float:
        """What 95 in 100 delays stay below."""
        return sorted(self.delays)[int(len(self.delays) * 0.95)] if self.delays else math.nan


def _thinned(dice: random.Random, most: float, rate: Callable[[float], float]) -> Times:
    """An inhomogeneous Poisson process, by thinning (Lewis and Shedler 1979)."""
    times, at = [], -_PAST
    while (at := at + dice.expovariate(most)) < YEAR:
        if dice.random() * most < rate(at):
            times.append(at)
    return times


def _newsroom(dice: random.Random) -> Times:
    """Office hours, quiet weekends and nights; every third day an event brings ten entries in an hour or two."""

    def rate(at: float) -> float:
        hour, weekend = at % 24, (at // 24) % 7 >= 5
        by_day = 0.7 if weekend else 3.0
        return by_day if 7 <= hour < 20 else 0.15

    times = _thinned(dice, 3.0, rate)
    for event in _thinned(dice, 1 / 72, lambda at: 1 / 72):
        times += [event + dice.expovariate(1.2) for _ in range(dice.randint(5, 15))]
    return times


def _aggregator(dice: random.Random) -> Times:
    """Ten entries an hour, more by day, and bursts; all through a thin window."""
    times = _thinned(dice, 14.0, lambda at: 9.0 + 5.0 * math.sin((at % 24 - 8) / 24 * 2 * math.pi))
    for event in _thinned(dice, 1 / 96, lambda at: 1 / 96):
        times += [event + dice.expovariate(1.5) for _ in range(dice.randint(5, 15))]
    return times


def _daily(dice: random.Random) -> Times:
    """Five past nine, give or take some minutes; one day in twenty nothing."""
    days = range(-int(_PAST // 24), 365)
    return [day * 24 + 9.08 + dice.gauss(0, 0.2) for day in days if dice.random() > 0.05]


def _weekly(dice: random.Random) -> Times:
    return [week * 168 + 4 * 24 + 16 + dice.gauss(0, 0.7) for week in range(-int(_PAST // 168), 52)]


def _comic(dice: random.Random) -> Times:
    """Monday, Wednesday and Friday at five, without dates."""
    weeks = range(-int(_PAST // 168), 53)
    return [week * 168 + day * 24 + 5 + abs(dice.gauss(0, 0.1)) for week in weeks for day in (0, 2, 4)]


def _blog(dice: random.Random) -> Times:
    """Somebody who writes when they have the time, and then often twice: every entry may bring another soon after."""
    times = _thinned(dice, 0.6 / 24, lambda at: 0.6 / 24 if 8 <= at % 24 < 24 else 0.0)
    for time in times:
        if dice.random() < 0.4:
            times.append(time + dice.expovariate(1 / 3))
    return times


def _silent(dice: random.Random) -> Times:
    """Ten old entries, and two in a year for which nobody waits."""
    return [-(200.0 + day) * 24 for day in range(0, 1000, 100)] + [dice.uniform(0, YEAR) for _ in range(2)]


def _dying(dice: random.Random) -> Times:
    """Five entries a day at first, a third of that after each two months."""
    return _thinned(dice, 0.3, lambda at: 5 / 24 * math.exp(-max(at, 0.0) / (60 * 24)))


KINDS = (
    Kind("newsroom, bursty", 30, _newsroom),
    Kind("aggregator, thin window", 20, _aggregator),
    Kind("daily", 10, _daily),
    Kind("weekly", 10, _weekly),
    Kind("comic, undated", 10, _comic, dated=False),
    Kind("blog, irregular", 10, _blog),
    Kind("silent", 10, _silent),
    Kind("dying", 15, _dying),
)


FIVE = (KINDS[0], KINDS[2], KINDS[3], KINDS[6], KINDS[7])  # bursty newsroom, daily, weekly, silent, dying
BURSTY = (KINDS[0], KINDS[1], KINDS[5])


class Feed:
    """A feed as its visits see it."""

    def __init__(self, kind: Kind, seed: int) -> None:
        self.kind = kind
        self.times = sorted(one for one in kind.make(random.Random(f"{kind.name} {seed}")) if one < YEAR)
        self._next = 0
        self._last: float | None = None
        self.run = Run()
        self.rhythm = Rhythm(window=kind.window)
        self.wish: Wish | None = None
        self.visits: list[float] = []

    def visit(self, at: float) -> list[datetime]:
        """Ask; gives when what is new came, so far as that can be known."""
        first = self._next
        while self._next < len(self.times) and self.times[self._next] <= at:
            self._next += 1
        shown = self.times[max(first, self._next - self.kind.window) : self._next]
        before, self._last = self._last, at
        self.run.requests += 1
        self.visits.append(at)
        if before is not None:
            lost = self._next - first - len(shown)
            self.run.lost += lost
            self.run.gaps += lost > 0
            self.run.delays += [at - one for one in shown]
            self.run.arrived += shown
        dated = self.kind.dated
        if before is None and not dated:
            return []
        return [
            arrival(time_of(one) if dated else None, time_of(at), None if before is None else time_of(before))
            for one in shown
        ]


def fixed(kind: Kind, seed: int, interval: float = 1.0) -> Run:
    """A year of visits at one interval."""
    feed = Feed(kind, seed)
    at = random.Random(f"phase {kind.name} {seed}").uniform(0, interval)
    while at < YEAR:
        feed.visit(at)
        at += interval
    feed.visit(YEAR)
    return feed.run


def adaptive(kinds: tuple[Kind, ...], seed: int, *, least: timedelta = LEAST, share: float = 1.0) -> list[Feed]:
    """A year of visits by rhythm: of all these feeds together as many as one an hour for each, or a share of that.

    Once a day the price of a request is set so that what is left of the budget lasts to the end of the year.
    """
    feeds = [Feed(kind, seed) for kind in kinds]
    budget = int(share * len(feeds) * YEAR)
    due = [random.Random(f"phase {feed.kind.name} {seed}").uniform(0, 1) for feed in feeds]
    price, priced, spent = 0.0, -math.inf, 0
    while (at := min(due)) < YEAR and spent < budget:
        if at - priced >= 24:
            left = (budget - spent) / max(YEAR - at, 1.0)
            price = price_for([one.rhythm for one in feeds], time_of(at), budget=left, least=least, most=MOST)
            priced = at
        number = due.index(at)
        feed, now = feeds[number], time_of(at)
        new = feed.visit(at)
        spent += 1
        if new or feed.rhythm.at is None:
            feed.rhythm = learn(feed.rhythm, new, now)
        feed.wish = next_visit(feed.rhythm, now, price=price, least=least, most=MOST)
        feed.run.risky += feed.wish.risk > RISK
        # The budget stands above all: a week's requests ahead of the year is as far as it goes, at first.
        allowed = (spent - _AHEAD * len(feeds) * (1 - at / YEAR)) / budget * YEAR
        due[number] = max(at + (feed.wish.at - now) / _HOUR, allowed)
    for feed in feeds:
        feed.visit(YEAR)
    return feeds


def bounded(kind: Kind, seed: int) -> Run:
    """A year in which only the bound on losses says when to ask, however seldom that is."""
    feed, at = Feed(kind, seed), 0.5
    while at < YEAR:
        new, now = feed.visit(at), time_of(at)
        if new or feed.rhythm.at is None:
            feed.rhythm = learn(feed.rhythm, new, now)
        wish = next_visit(feed.rhythm, now, price=1e9, least=timedelta(minutes=1), most=timedelta(days=30))
        feed.run.risky += wish.risk > RISK
        at += (wish.at - now) / _HOUR
    return feed.run


@dataclass(frozen=True)
class Year:
    """What one seed gave: every hour; by rhythm together, the five, hourly at most, alone; by the bound."""

    fixed: tuple[Run, ...]
    together: tuple[Run, ...]
    five: tuple[Run, ...]
    hourly: tuple[Run, ...]
    alone: tuple[Run, ...]
    bounded: tuple[Run, ...]


def one_year(seed: int) -> Year:
    """A year of all kinds in every way."""
    return Year(
        fixed=tuple(fixed(kind, seed) for kind in KINDS),
        together=tuple(feed.run for feed in adaptive(KINDS, seed)),
        five=tuple(feed.run for feed in adaptive(FIVE, seed)),
        hourly=tuple(feed.run for feed in adaptive(KINDS, seed, least=_HOUR, share=0.5)),
        alone=tuple(adaptive((kind,), seed)[0].run for kind in KINDS),
        bounded=tuple(bounded(kind, seed) for kind in BURSTY),
    )


def time_of(at: float) -> datetime:
    return _START + timedelta(hours=at)


def joined(runs: list[Run]) -> Run:
    """The runs as one."""
    return Run(
        requests=sum(run.requests for run in runs),
        lost=sum(run.lost for run in runs),
        delays=[delay for run in runs for delay in run.delays],
    )
