"""A feed's rhythm: what is learnt of it, and when it should be asked next."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import ValidationError, structs

from archive.rhythm import (
    RISK,
    Rhythm,
    Wish,
    arrival,
    learn,
    next_visit,
    price_for,
    price_of,
    risk,
    week,
)
from tests.support.items import HOUR, NOON  # a Tuesday
from tests.support.rhythms import rhythm_of

MINUTE, DAY, WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(weeks=1)
LEAST, MOST = 15 * MINUTE, DAY
PRICE = price_of(HOUR)


def visit(rhythm: Rhythm, now: datetime = NOON, **values: object) -> Wish:
    return next_visit(rhythm, now, **{"price": PRICE, "least": LEAST, "most": MOST, **values})  # type: ignore[arg-type]


def every(step: timedelta, count: int, last: datetime = NOON, jitter: timedelta = 0 * MINUTE) -> list[datetime]:
    """So many arrivals, the last one at a time."""
    dice = random.Random(7)
    return [last - step * number + jitter * dice.uniform(-1, 0) for number in range(count)]


def total(rhythm: Rhythm, now: datetime) -> float:
    """Entries expected in a week."""
    return sum(week(rhythm, now))


# Little is known


def test_a_feed_that_nothing_is_known_of_is_asked_at_the_usual_interval() -> None:
    wish = visit(rhythm_of([], NOON, 20))
    assert abs(wish.at - (NOON + HOUR)) < MINUTE
    assert wish.why == "rhythm"


@pytest.mark.parametrize("interval", [20 * MINUTE, HOUR, 3 * HOUR])
def test_the_usual_interval_is_the_price(interval: timedelta) -> None:
    wish = visit(Rhythm(), price=price_of(interval))
    assert abs(wish.at - (NOON + interval)) < MINUTE


@pytest.mark.parametrize(("ago", "expected"), [((), 7.0), ((6,), 7.0), ((1, 6), 7.0)])
def test_one_or_two_arrivals_move_the_prior_little(ago: tuple[int, ...], expected: float) -> None:
    rhythm = rhythm_of([NOON - one * HOUR for one in ago], NOON, 20)
    assert expected / 3 < total(rhythm, NOON) < expected * 3
    flat = total(rhythm, NOON) / 168
    assert all(flat / 3 < one < flat * 3 for one in week(rhythm, NOON))


def test_evidence_takes_over_from_the_prior() -> None:
    rates = [total(rhythm_of(every(HOUR, count), NOON, 20), NOON) for count in (0, 2, 10, 100, 1000)]
    assert rates == sorted(rates)
    assert 160 < rates[-1] < 170


def test_silence_is_evidence() -> None:
    rhythm = rhythm_of([], NOON, 20)
    rates = [total(rhythm, NOON + days * DAY) for days in (0, 1, 7, 30, 365)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.2


# What is learnt


def office_hours(number: int) -> list[datetime]:
    """Twenty entries on each of so many days, between nine and five, and none at weekends."""
    dice, start = random.Random(3), NOON.replace(hour=0)
    days = [start - day * DAY for day in range(1, number + 1)]
    return [day + dice.uniform(9, 17) * HOUR for day in days if day.weekday() < 5 for _ in range(20)]


def test_hours_and_weekdays_are_learnt() -> None:
    rates = week(rhythm_of(office_hours(60), NOON, 30), NOON)
    busy = [rates[day * 24 + hour] for day in range(5) for hour in range(9, 17)]
    nights = [rates[day * 24 + hour] for day in range(5) for hour in (*range(8), *range(18, 24))]
    sundays = rates[6 * 24 :]
    assert min(busy) > 20 * max(nights)
    assert min(busy) > 10 * max(sundays)
    assert sum(busy) == pytest.approx(100, rel=0.15)


def test_hours_are_those_of_utc() -> None:
    """On both sides of the day on which Europe puts its clocks back; there is none on which UTC does."""
    last = datetime(2026, 11, 1, 9, tzinfo=UTC)
    rates = week(rhythm_of(every(DAY, 40, last), last, 10), last)
    assert {hour % 24 for hour, one in enumerate(rates) if one > max(rates) / 2} == {9}
    zone = datetime.fromisoformat("2026-11-01T11:00:00+02:00").tzinfo
    assert rhythm_of([one.astimezone(zone) for one in every(DAY, 40, last)], last, 10) == rhythm_of(
        every(DAY, 40, last), last, 10
    )


def test_hours_that_were_not_watched_are_not_taken_for_quiet() -> None:
    rates = week(rhythm_of(every(3 * MINUTE, 40), NOON, 40), NOON)
    assert max(rates) < 2 * min(rates)


def test_what_was_is_forgotten() -> None:
    old = rhythm_of(every(DAY, 300, NOON - 365 * DAY), NOON - 365 * DAY, 10)
    assert total(old, NOON) < 0.3 < total(old, NOON - 365 * DAY)


def test_bit_by_bit_is_near_to_all_at_once() -> None:
    arrivals = sorted(office_hours(40))
    whole = rhythm_of(arrivals, NOON, 30)
    parts = Rhythm(window=30)
    for number in range(0, len(arrivals), 7):
        some = arrivals[number : number + 7]
        parts = learn(parts, some, some[-1])
    parts = learn(parts, [], NOON)
    assert parts.seen == whole.seen
    assert parts.fastest == pytest.approx(whole.fastest)
    assert week(parts, NOON) == pytest.approx(week(whole, NOON), rel=0.02)
    assert abs(visit(parts).at - visit(whole).at) < 10 * MINUTE


# The kinds


@pytest.mark.parametrize(
    ("arrivals", "window", "now", "low", "high"),
    [
        pytest.param(office_hours(60), 30, NOON, 14, 16, id="newsroom at noon"),
        pytest.param(office_hours(60), 30, NOON.replace(hour=1), 60, 480, id="newsroom at night"),
        pytest.param(every(DAY, 60, jitter=9 * MINUTE), 10, NOON + HOUR, 240, 1440, id="daily, just after"),
        pytest.param(every(DAY, 60, jitter=9 * MINUTE), 10, NOON + 23.5 * HOUR, 14, 40, id="daily, just before"),
        pytest.param(every(WEEK, 60, jitter=9 * MINUTE), 10, NOON + DAY, 720, 1440, id="weekly, the day after"),
        pytest.param(every(WEEK, 60, jitter=9 * MINUTE), 10, NOON + 6.98 * DAY, 14, 60, id="weekly, just before"),
        pytest.param(every(30 * DAY, 10, NOON - 900 * DAY), 10, NOON, 300, 1440, id="silent"),
        pytest.param(every(4 * HOUR, 300, NOON - 90 * DAY), 10, NOON, 200, 1440, id="dying"),
        pytest.param(every(HOUR / 6, 300, jitter=HOUR / 6), 15, NOON, 14, 20, id="aggregator"),
    ],
)
def test_the_next_visit(arrivals: list[datetime], window: int, now: datetime, low: float, high: float) -> None:
    rhythm = learn(rhythm_of(arrivals, max(NOON, max(arrivals)), window), [], now)
    wish = next_visit(rhythm, now, price=PRICE, least=LEAST, most=MOST)
    assert low * MINUTE <= wish.at - now <= high * MINUTE


def test_the_window_forces_visits_that_the_delay_does_not() -> None:
    arrivals = every(HOUR / 4, 600, jitter=HOUR / 4)
    wide, thin = (visit(rhythm_of(arrivals, NOON, window), price=100.0) for window in (200, 10))
    assert wide.why == "rhythm"
    assert thin.why == "window"
    assert thin.at < wide.at
    assert thin.risk <= RISK
    assert thin.safe == thin.at


def test_bursts_shorten_what_is_safe() -> None:
    """As many entries, but ten at a time."""
    calm = rhythm_of(every(2 * HOUR, 400, jitter=2 * HOUR), NOON, 15)
    bursts = rhythm_of(
        [one + number * MINUTE for one in every(20 * HOUR, 40, NOON - DAY) for number in range(10)], NOON, 15
    )
    horizon = NOON + 4 * HOUR
    assert risk(bursts, NOON, horizon) > 10 * risk(calm, NOON, horizon)
    assert visit(bursts, price=100.0).at < visit(calm, price=100.0).at


def test_a_visit_that_comes_too_late_says_so() -> None:
    rhythm = rhythm_of(every(MINUTE, 600), NOON, 5)
    wish = visit(rhythm)
    assert wish.why == "minimum"
    assert wish.at == NOON + LEAST
    assert wish.risk > 0.99
    assert wish.safe is not None
    assert wish.safe < wish.at


def test_a_window_that_is_not_known_bounds_nothing() -> None:
    rhythm = rhythm_of(every(MINUTE, 600), NOON, 0)
    assert risk(rhythm, NOON, NOON + DAY) == 0
    assert visit(rhythm).safe is None


# Dates as feeds have them


@pytest.mark.parametrize(
    ("published", "before", "expected"),
    [
        pytest.param(None, None, NOON, id="no date, first visit"),
        pytest.param(None, NOON - HOUR, NOON, id="no date"),
        pytest.param(NOON - HOUR / 2, NOON - HOUR, NOON - HOUR / 2, id="between the visits"),
        pytest.param(NOON - 9 * DAY, NOON - HOUR, NOON - HOUR, id="shown long after its date"),
        pytest.param(NOON - 9 * DAY, None, NOON - 9 * DAY, id="there from the first"),
        pytest.param(NOON + 9 * DAY, NOON - HOUR, NOON, id="a date in the future"),
        pytest.param(NOON + 9 * DAY, None, NOON, id="a date in the future, first visit"),
        pytest.param(NOON - HOUR, NOON + HOUR, NOON, id="a clock that went back"),
    ],
)
def test_when_an_entry_came(published: datetime | None, before: datetime | None, expected: datetime) -> None:
    assert arrival(published, NOON, before) == expected


def test_all_entries_with_one_date() -> None:
    rhythm = rhythm_of([NOON - DAY] * 40, NOON, 20)
    assert rhythm.fastest is None
    wish = visit(rhythm)
    assert LEAST <= wish.at - NOON <= MOST
    later = learn(rhythm, [NOON + DAY] * 20, NOON + DAY)
    assert later.fastest == pytest.approx(48)  # a batch comes whole: only the time to the one before says something


def test_a_date_in_the_future_is_now() -> None:
    assert rhythm_of([NOON + 400 * DAY], NOON, 10) == rhythm_of([NOON], NOON, 10)


def test_a_clock_that_went_back() -> None:
    rhythm = rhythm_of(every(DAY, 20), NOON, 10)
    earlier = NOON - 30 * DAY
    after = learn(rhythm, [earlier], earlier)
    assert after.at == rhythm.at
    wish = visit(after, earlier)
    assert earlier + LEAST <= wish.at <= earlier + MOST


def test_it_can_be_stored() -> None:
    rhythm = rhythm_of(office_hours(60), NOON, 30)
    text = rhythm.to_json()
    assert Rhythm.from_json(text) == rhythm
    assert len(text) < 3000
    assert Rhythm.from_json(b"{}") == Rhythm()
    with pytest.raises(ValidationError):
        Rhythm.from_json(b'{"hours": [1]}')


# The budget


def test_a_budget_is_kept() -> None:
    """As many feeds as requests an hour: the busy ones get more of them, by the root of their rates."""
    rhythms = [rhythm_of(every(HOUR * 2**number, 60), NOON, 60) for number in range(-2, 8)]
    prices = [
        price_for(rhythms, NOON, budget=budget, least=LEAST, most=MOST) for budget in (2.0, 5.0, 10.0, 20.0, 1000.0)
    ]
    assert prices == sorted(prices, reverse=True)
    flat = [structs.replace(one, hours=(0.0,) * 24, days=(0.0,) * 7) for one in rhythms]
    price = price_for(flat, NOON, budget=10.0, least=MINUTE, most=30 * DAY)
    asked = [(2 * price / week(one, NOON)[0]) ** -0.5 for one in flat]
    assert sum(asked) == pytest.approx(10, rel=0.01)
    assert price_for([], NOON, budget=1.0, least=LEAST, most=MOST) < 1e-6


# What holds for all


TIMES = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ARRIVALS = st.lists(TIMES | st.integers(0, 300).map(lambda number: NOON - number * HOUR / 10), max_size=60)
WINDOWS = st.integers(0, 120)
PRICES = st.floats(1e-9, 1e9)
WAITS = st.integers(1, 3000).map(lambda number: number * MINUTE)
RHYTHMS = st.builds(rhythm_of, ARRIVALS, st.just(NOON), WINDOWS)


@settings(deadline=None)
@given(RHYTHMS, TIMES, PRICES, WAITS, WAITS)
@example(Rhythm(window=1, since=0.0, at=0.0), datetime(2025, 1, 1, tzinfo=UTC), 1.0, MINUTE, 8 * MINUTE)
@example(rhythm_of([], NOON, 1), datetime(2025, 1, 1, tzinfo=UTC), 1.0, MINUTE, 8 * MINUTE)
def test_never_too_soon_never_too_late_and_never_past_the_bound(
    rhythm: Rhythm, now: datetime, price: float, least: timedelta, most: timedelta
) -> None:
    wish = next_visit(rhythm, now, price=price, least=least, most=most)
    assert now + least <= wish.at <= now + max(least, most)
    assert wish.risk <= RISK or wish.why == "minimum"
    assert wish.risk == risk(rhythm, now, wish.at)
    if wish.safe and wish.why != "minimum":
        assert wish.at <= wish.safe
    assert wish == next_visit(Rhythm.from_json(rhythm.to_json()), now, price=price, least=least, most=most)


@settings(deadline=None)
@given(RHYTHMS, PRICES, st.floats(1, 1e6))
def test_a_dearer_request_is_never_made_sooner(rhythm: Rhythm, price: float, more: float) -> None:
    assert visit(rhythm, price=price).at <= visit(rhythm, price=price * more).at


@settings(deadline=None)
@given(RHYTHMS, PRICES, st.floats(1, 1000))
def test_more_arrivals_are_never_asked_for_later(rhythm: Rhythm, price: float, times: float) -> None:
    """More of them in the same hours of the week, that is."""
    more = structs.replace(rhythm, slow=rhythm.slow * times, fast=rhythm.fast * times)
    assert _only_rate(visit, more, price) <= _only_rate(visit, rhythm, price)


def _only_rate(when: Callable[..., Wish], rhythm: Rhythm, price: float) -> datetime:
    return when(structs.replace(rhythm, window=0), price=price).at


@settings(deadline=None)
@given(RHYTHMS, st.integers(1, 100))
def test_a_thinner_window_is_never_safe_for_longer(rhythm: Rhythm, thinner: int) -> None:
    thin, wide = (structs.replace(rhythm, window=size) for size in (thinner, thinner + 20))
    assert risk(thin, NOON, NOON + DAY) >= risk(wide, NOON, NOON + DAY) - 1e-12
    assert visit(thin).at <= visit(wide).at


@settings(deadline=None)
@given(ARRIVALS, ARRIVALS, WINDOWS)
def test_the_order_of_arrivals_does_not_matter(first: list[datetime], second: list[datetime], window: int) -> None:
    both = [*first, *second]
    assert rhythm_of(both, NOON, window) == rhythm_of(reversed(both), NOON, window)


@settings(deadline=None)
@given(RHYTHMS, TIMES)
def test_rates_are_numbers(rhythm: Rhythm, now: datetime) -> None:
    rates = week(rhythm, now)
    assert len(rates) == 168
    assert all(0 < one < 1e6 for one in rates)
