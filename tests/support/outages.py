"""Made feeds that are now and then not asked for too long: are gaps told where there are some, and only there?

.venv/bin/python -m tests.support.outages --feeds 40 --seed 1
"""

from __future__ import annotations

import argparse
import random
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.schedule import learn
from archive.store.sqlite import SqliteStore
from config.settings import Schedule
from feeds.model import Entry
from tests.support.archive import an_entry, asked, hour, open_archive, shown, told

_LEARNT = 5  # visits, after which the rhythm is learnt anew


@dataclass
class Score:
    """What came of it: gaps found, missed and false, visits without one, and how well what is missing was told."""

    found: int = 0
    missed: int = 0
    false: int = 0
    visits: int = 0
    inside: int = 0
    reckoned: int = 0
    lost: int = 0

    def __str__(self) -> str:
        return (
            f"{self.visits:,} visits: {self.found:,} gaps found, {self.missed} missed, {self.false} false;"
            f" of {self.lost:,} lost entries {self.reckoned:,} told,"
            f" {self.inside / max(1, self.found):.0%} within the range"
        )


class _Feed:
    """A feed: entries come at random at some rate, with dates or not, and one may be pinned on top."""

    def __init__(self, dice: random.Random, days: int) -> None:
        self.rate = dice.choice([0.05, 0.2, 1, 4])  # an hour
        self.window = dice.choice([10, 15, 30])
        self.dated = dice.random() < 0.7
        self.pinned = dice.random() < 0.3
        self.hours = [-self.window / self.rate * 1.2]
        while self.hours[-1] < days * 24 / max(self.rate, 0.2):
            self.hours.append(self.hours[-1] + dice.expovariate(self.rate))

    def entries(self, now: float) -> tuple[list[int], list[Entry]]:
        """What it shows: the numbers of the entries that came by then, the newest first, and the entries."""
        numbers = [number for number, at in enumerate(self.hours) if at <= now][-self.window :][::-1]
        shown = [self._entry(number + 1, self.hours[number]) for number in numbers]
        return numbers, [self._entry(0, -9999), *shown] if self.pinned else shown

    def _entry(self, number: int, at: float) -> Entry:
        return an_entry(number, published=hour(at)) if self.dated else an_entry(number)


def simulate(feeds: int, seed: int, days: int = 60) -> Score:
    """So many feeds, each in an archive of its own, from its first visit to its last entry."""
    dice, score = random.Random(seed), Score()
    for _ in range(feeds):
        with TemporaryDirectory() as folder, closing(open_archive(Path(folder) / "a.sqlite")) as store:
            _live(store, _Feed(dice, days), dice, score)
    return score


def _live(store: SqliteStore, made: _Feed, dice: random.Random, score: Score) -> None:
    feed = store.subscribe("https://source.example/feed.xml", kind="remote", now=hour(0))
    safe, now, visits = made.window / made.rate, 0.0, 0
    before: list[int] = []
    while now < made.hours[-1]:
        numbers, entries = made.entries(now)
        at = hour(now)
        [recorded] = told(store, shown(feed, at, *entries, poll=asked(at, last_success=at, last_changed=at)))
        visits += 1
        if visits % _LEARNT == 0:
            learn(store, Schedule(), at, lambda: False)
        if before:
            _judge(store, score, recorded.gap, before, numbers)
        before = numbers
        # Mostly in time, and now and then for up to four windows not at all.
        now += safe * (dice.choice([0.1, 0.2, 0.3]) if dice.random() < 0.93 else dice.uniform(1.2, 4))


def _judge(store: SqliteStore, score: Score, gap: bool, before: list[int], now: list[int]) -> None:
    is_one = not set(before) & set(now)
    score.visits += 1
    score.found += is_one and gap
    score.missed += is_one and not gap
    score.false += gap and not is_one
    if is_one and gap:
        lost, last = min(now) - max(before) - 1, store.gaps()[-1]
        score.inside += (last.low or 0) <= lost <= (last.high or 0)
        score.reckoned += last.likely or 0
        score.lost += lost


def main() -> None:
    """Print the score."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.outages", description=__doc__)
    parser.add_argument("--feeds", type=int, default=40, help="how many feeds (40)")
    parser.add_argument("--seed", type=int, default=1, help="of the dice (1)")
    parser.add_argument("--days", type=int, default=60, help="how long each is asked (60)")
    given = parser.parse_args()
    print(simulate(given.feeds, given.seed, given.days))


if __name__ == "__main__":
    main()
