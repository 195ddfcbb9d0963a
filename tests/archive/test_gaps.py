"""What may have passed between two visits: when nothing can have, and how many it may be."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.gaps import is_joined, is_reset, is_thin, likely, voice
from archive.rhythm import Rhythm, chances, outlook, silence
from tests.support.items import HOUR, NOON
from tests.support.rhythms import rhythm_of

DAY = timedelta(days=1)
NEW = None


def by_number(*numbers: int) -> dict[int, str]:
    """Dates in the order of the numbers."""
    return {number: f"2026-01-{number:02}" for number in numbers}


@pytest.mark.parametrize(
    ("before", "now", "joined"),
    [
        pytest.param([4, 3, 2, 1], [NEW, 4, 3, 2], True, id="pushed down by one"),
        pytest.param([4, 3, 2, 1], [NEW, NEW, NEW, 4], True, id="the newest is the last"),
        pytest.param([4, 3, 2, 1], [NEW, NEW, NEW, NEW], False, id="nothing is left"),
        pytest.param([1, 4, 3, 2], [1, NEW, NEW, NEW], False, id="only a pinned one, on top"),
        pytest.param([4, 3, 2, 1], [NEW, NEW, NEW, 1], False, id="only one that outlived the newer, at the end"),
        pytest.param([4, 3, 2, 1], [4, NEW, NEW, NEW], False, id="only one that was brought up again"),
        pytest.param([1, 4, 3, 2], [1, NEW, 4, 3], True, id="a pinned one, and others"),
        pytest.param([4, 3, 2, 1], [NEW, 3, 2, 1], True, id="the newest was taken back"),
        pytest.param([2, 1], [NEW, 1], False, id="the newest of two is gone"),
        pytest.param([4, 3, 2, 1], [NEW, 3, 4, 2], True, id="two changed places"),
    ],
)
def test_what_both_show_may_prove_that_nothing_passed(before: list[int], now: list[int | None], joined: bool) -> None:
    dates = by_number(*before)
    assert is_joined(before, now, dates, newest_first=True) is joined
    assert is_joined(before[::-1], now[::-1], dates, newest_first=False) is joined


@given(st.integers(2, 12), st.integers(0, 15), st.booleans())
def test_a_plain_window_is_joined_exactly_if_not_all_of_it_was_pushed_out(size: int, came: int, pinned: bool) -> None:
    entries = list(range(1, 60))[-size:][::-1]
    window = [*[NEW] * came, *entries][:size]
    top = [0] if pinned else []
    assert is_joined([*top, *entries], [*top, *window], by_number(0, *entries), newest_first=True) is (came < size)


@pytest.mark.parametrize(
    ("hours", "reset"),
    [([1, -1, -2, -3], True), ([2, 1, -1, -2], True), ([3, 2, 1, -1], False), ([-1], False), ([None, None], False)],
)
def test_other_guids_are_told_from_a_gap_by_dates(hours: list[int | None], reset: bool) -> None:
    assert is_reset(NOON, [None if hour is None else NOON + hour * HOUR for hour in hours], 4) is reset


def steady(step: timedelta, window: int, count: int = 200, end: datetime = NOON) -> Rhythm:
    """The rhythm of a feed that brings an entry each so often."""
    return rhythm_of([end - step * number for number in range(count, 0, -1)], end, window)


@pytest.mark.parametrize(
    ("step", "wait", "new", "thin"),
    [
        pytest.param(DAY, HOUR, 1, False, id="as is to be expected"),
        pytest.param(DAY, HOUR, 9, True, id="more than the rate explains"),
        pytest.param(HOUR, HOUR, 2, False, id="a busy feed"),
        pytest.param(HOUR, 10 * HOUR, 9, True, id="the rate alone fills the window"),
    ],
)
def test_an_overlap_that_proves_nothing_is_held_against_the_rate(
    step: timedelta, wait: timedelta, new: int, thin: bool
) -> None:
    assert is_thin(steady(step, 10), NOON, NOON + wait, new=new, window=10) is thin


@pytest.mark.parametrize("dated", [True, False])
def test_how_many_are_missing_is_told_as_well_as_it_says(dated: bool) -> None:
    """Poisson feeds, and a visit after far too long: the truth lies in four of five ranges, and the mean is right."""
    dice, inside, missing, told, runs = random.Random(3), 0, 0, 0, 120
    for _ in range(runs):
        rate, window, hours = dice.choice([0.2, 0.5, 2.0]), dice.choice([10, 25]), 24 * dice.choice([4, 6, 9])
        arrivals, at = [], -60 * 24.0
        while (at := at + dice.expovariate(rate)) < hours:
            arrivals.append(at)
        rhythm = rhythm_of([NOON + at * HOUR for at in arrivals if at < 0], NOON, window)
        came = [at for at in arrivals if at >= 0]
        if len(came) < window:
            runs -= 1
            continue
        dates = [NOON + at * HOUR if dated else None for at in came[-window:]]
        found = likely(rhythm, NOON, NOON + hours * HOUR, dates)
        inside += found.low <= len(came) - window <= found.high
        missing, told = missing + len(came) - window, told + found.size
    assert inside / runs > 0.75
    assert told == pytest.approx(missing, rel=0.15)


def test_a_feed_that_nothing_is_known_of_is_judged_by_what_it_shows() -> None:
    dates: list[datetime | None] = [NOON + 96 * HOUR - number * HOUR for number in range(24)]
    found = likely(Rhythm(), NOON, NOON + 96 * HOUR, dates)
    assert 24 < found.low < found.size < found.high < 80  # what is believed beforehand is an entry a day


@given(st.floats(0.01, 3000), st.floats(1, 40), st.integers(0, 300))
def test_how_many_are_missing_is_always_a_range(mean: float, hours: float, count: int) -> None:
    rhythm = rhythm_of([NOON - number * HOUR * 24 / mean for number in range(30)], NOON, 10)
    found = likely(rhythm, NOON, NOON + hours * HOUR, [None] * count)
    assert 0 <= found.low <= found.high
    assert found.low - 1 <= found.size <= found.high + found.size * 0.5 + 1


@given(st.floats(0, 50), st.floats(1, 9))
def test_chances_add_up(mean: float, spread: float) -> None:
    terms = list(islice(chances(mean, spread), 2500))
    assert sum(terms) == pytest.approx(1, abs=1e-6)
    assert sum(number * term for number, term in enumerate(terms)) == pytest.approx(mean, abs=1e-3)


@pytest.mark.parametrize(
    ("step", "quiet", "silent"),
    [pytest.param(HOUR, 4, 48, id="hourly"), pytest.param(DAY, 3, 9, id="daily"), (7 * DAY, 3, 14)],
)
def test_a_silent_feed_is_told_from_a_quiet_one(step: timedelta, quiet: int, silent: int) -> None:
    rhythm = steady(step, 10, count=60)
    told = [voice(silence(rhythm, NOON + step * (steps - 1))) for steps in (0, quiet, silent)]
    assert told[0] == "active"
    assert told[1] in ("active", "quiet")
    assert told[2] == "silent"


def test_a_feed_that_never_spoke_is_not_silent() -> None:
    assert voice(silence(Rhythm(), NOON)) == "unknown"
    assert outlook(Rhythm(), NOON, NOON + DAY).mean == pytest.approx(1)  # what is believed of such a feed
