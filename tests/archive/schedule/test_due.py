"""When a feed is asked next: a row for each rule, and what holds for all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.schedule import Hints, after_failure, after_success
from config.settings import Schedule
from feeds.model import Feed
from tests.support.items import NOON

URL = "https://source.example/feed.xml"  # spread by 3.9 %
HOURLY = Schedule()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SPREAD = 0.05
AGE, PERIOD = "Cache-Control max-age or Expires", "the feed's sy:updatePeriod"
MORE = f"schedule.maximum ({PERIOD} asks for more)"


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def within(at: datetime, wait: timedelta, now: datetime = NOON) -> bool:
    """Whether that is the wait, and no more than the spread later."""
    return now + wait <= at <= now + wait * (1 + SPREAD)


@pytest.mark.parametrize(
    ("schedule", "own", "hints", "wait", "reason"),
    [
        (Schedule(), None, Hints(), 60, "schedule.interval"),
        (Schedule(interval=5), None, Hints(), 15, "schedule.minimum"),
        (Schedule(interval=5, minimum=1), None, Hints(), 5, "schedule.interval"),
        (Schedule(), 5, Hints(), 5, "the feed's own interval"),
        (Schedule(), 9999, Hints(), 9999, "the feed's own interval"),
        (Schedule(), None, Hints(max_age=7200), 120, AGE),
        (Schedule(), None, Hints(max_age=60), 60, "schedule.interval"),
        (Schedule(), None, Hints(max_age=0), 60, "schedule.interval"),
        (Schedule(), 5, Hints(max_age=600), 10, AGE),
        (Schedule(), None, Hints(max_age=2**31), 1440, f"schedule.maximum ({AGE} asks for more)"),
        (Schedule(), 9999, Hints(max_age=2**31), 9999, "the feed's own interval"),
        (Schedule(), None, Hints(feed=Feed(ttl=90)), 90, "the feed's ttl"),
        (Schedule(), None, Hints(feed=Feed(ttl=10**30)), 1440, "schedule.maximum (the feed's ttl asks for more)"),
        (Schedule(), None, Hints(feed=Feed(ttl=-(10**30))), 60, "schedule.interval"),
        (Schedule(), None, Hints(feed=Feed(update_period="daily", update_frequency=4)), 360, PERIOD),
        (Schedule(), None, Hints(feed=Feed(update_period="hourly")), 60, "schedule.interval"),
        (Schedule(), None, Hints(feed=Feed(update_period="yearly")), 1440, MORE),
        (Schedule(), None, Hints(feed=Feed(update_period="daily", update_frequency=0)), 1440, PERIOD),
        (Schedule(), None, Hints(feed=Feed(update_period="daily", update_frequency=-3)), 1440, PERIOD),
        (Schedule(), None, Hints(feed=Feed(update_period="fortnightly")), 60, "schedule.interval"),
        (Schedule(), None, Hints(max_age=7200, feed=Feed(ttl=90)), 120, AGE),
        (Schedule(), None, Hints(max_age=5400, feed=Feed(ttl=120)), 120, "the feed's ttl"),
        (Schedule(maximum=30), None, Hints(), 60, "schedule.interval"),
    ],
)  # fmt: skip
def test_after_an_answer(schedule: Schedule, own: int | None, hints: Hints, wait: float, reason: str) -> None:
    due = after_success(NOON, schedule, own, hints, URL)
    assert within(due.at, minutes(wait))
    assert due.reason == reason


@pytest.mark.parametrize(
    ("own", "retry", "at", "reason"),
    [
        (None, 5 * MINUTE, None, "schedule.interval"),
        (None, 3 * HOUR, 3 * HOUR, "Retry-After"),
        (None, 6 * DAY, 6 * DAY, "Retry-After"),
        (None, 400 * DAY, 7 * DAY, "Retry-After"),
        (None, -5 * DAY, None, "schedule.interval"),
        (14 * 1440, 400 * DAY, None, "the feed's own interval"),
    ],
)
def test_retry_after(own: int | None, retry: timedelta, at: timedelta | None, reason: str) -> None:
    due = after_success(NOON, HOURLY, own, Hints(retry_after=NOON + retry), URL)
    assert due.at == NOON + at if at else within(due.at, minutes(own or 60))
    assert due.reason == reason


@pytest.mark.parametrize(
    ("failures", "own", "wait", "reason"),
    [
        (1, None, 60, "waiting longer after 1 failure"),
        (2, None, 120, "waiting longer after 2 failures in a row"),
        (3, None, 240, "waiting longer after 3 failures in a row"),
        (5, None, 960, "waiting longer after 5 failures in a row"),
        (6, None, 1440, "waiting longer after 6 failures in a row"),
        (10**9, None, 1440, "waiting longer after 1000000000 failures in a row"),
        (1, 5, 5, "waiting longer after 1 failure"),
        (4, 5, 40, "waiting longer after 4 failures in a row"),
        (40, 5, 1440, "waiting longer after 40 failures in a row"),
        (1, 9999, 9999, "waiting longer after 1 failure"),
        (9, 9999, 9999, "waiting longer after 9 failures in a row"),
    ],
)
def test_after_failures(failures: int, own: int | None, wait: float, reason: str) -> None:
    due = after_failure(NOON, HOURLY, own, Hints(), URL, failures)
    assert within(due.at, minutes(wait))
    assert due.reason == reason


@pytest.mark.parametrize(
    ("failures", "own", "retry", "at"),
    [
        (1, None, 10 * MINUTE, None),
        (1, None, 5 * HOUR, 5 * HOUR),
        (1, None, 400 * DAY, 7 * DAY),
        (1, 14 * 1440, 400 * DAY, None),
    ],
)
def test_retry_after_a_failure(failures: int, own: int | None, retry: timedelta, at: timedelta | None) -> None:
    due = after_failure(NOON, HOURLY, own, Hints(retry_after=NOON + retry), URL, failures)
    assert due.at == NOON + at if at else within(due.at, minutes(own or 60))


EVENING = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # a Tuesday
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@pytest.mark.parametrize(
    ("now", "hours", "days", "expected"),
    [
        pytest.param(NOON, (14,), (), None, id="another hour"),
        pytest.param(NOON, (13,), (), NOON + 2 * HOUR, id="this hour"),
        pytest.param(NOON, (13, 14, 15, 17), (), NOON + 4 * HOUR, id="several hours"),
        pytest.param(EVENING, (23, 0, 1, 2, 3), (), datetime(2026, 11, 25, 4, tzinfo=UTC), id="over midnight"),
        pytest.param(NOON, tuple(range(24)), (), None, id="all hours"),
        pytest.param(NOON, (), ("Tuesday",), datetime(2026, 11, 25, tzinfo=UTC), id="this day"),
        pytest.param(NOON, (), ("Tuesday", "Wednesday"), datetime(2026, 11, 26, tzinfo=UTC), id="two days"),
        pytest.param(NOON, (0, 1), ("Tuesday",), datetime(2026, 11, 25, 2, tzinfo=UTC), id="day and hours"),
        pytest.param(NOON, (), DAYS, None, id="all days"),
        pytest.param(NOON, (), DAYS[:1] + DAYS[2:], None, id="all days but this"),
        pytest.param(NOON, (), DAYS[:6], datetime(2026, 11, 29, tzinfo=UTC), id="all days but Sunday"),
        pytest.param(NOON, tuple(range(23)), DAYS[:6], datetime(2026, 11, 29, 23, tzinfo=UTC), id="one hour a week"),
        pytest.param(NOON, (99, -1), ("Someday",), None, id="nonsense"),
    ],
)
@pytest.mark.parametrize("failed", [False, True])
def test_pauses(
    now: datetime, hours: tuple[int, ...], days: tuple[str, ...], expected: datetime | None, failed: bool
) -> None:
    hints = Hints(feed=Feed(skip_hours=hours, skip_days=days))
    due = after_failure(now, HOURLY, None, hints, URL, 1) if failed else after_success(now, HOURLY, None, hints, URL)
    if expected:
        assert expected <= due.at < expected + minutes(60 * SPREAD)
        assert due.reason.endswith(", moved by the feed's skipHours or skipDays")
    else:
        assert within(due.at, HOUR, now)


def test_feeds_part_ways_and_each_goes_its_own() -> None:
    urls = [f"https://source.example/{number}" for number in range(100)]
    times = [after_success(NOON, HOURLY, None, Hints(), url).at for url in urls]
    assert len(set(times)) == 100
    assert times == [after_success(NOON, HOURLY, None, Hints(), url).at for url in urls]
    paused = Hints(feed=Feed(skip_hours=(13,)))
    assert len({after_success(NOON, HOURLY, None, paused, url).at for url in urls}) == 100


FEEDS = st.builds(
    Feed,
    ttl=st.none() | st.integers(),
    skip_hours=st.lists(st.integers(0, 23)).map(tuple),
    skip_days=st.lists(st.sampled_from(DAYS)).map(tuple),
    update_period=st.none() | st.sampled_from(["hourly", "daily", "weekly", "monthly", "yearly", "?"]),
    update_frequency=st.none() | st.integers(),
)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
HINTS = st.builds(
    Hints, max_age=st.none() | st.integers(0, 2**31), retry_after=st.none() | TIMES, feed=st.none() | FEEDS
)
SCHEDULES = st.tuples(st.integers(1, 9999), st.integers(1, 9999), st.integers(1, 9999)).map(
    lambda three: Schedule(interval=three[0], minimum=three[1], maximum=three[2])
)


@settings(deadline=None)
@given(TIMES, SCHEDULES, st.none() | st.integers(1, 525_600), HINTS, st.text(), st.integers(0, 50))
def test_never_too_soon_and_never_too_late(
    now: datetime, schedule: Schedule, own: int | None, hints: Hints, url: str, failures: int
) -> None:
    if failures:
        due = after_failure(now, schedule, own, hints, url, failures)
    else:
        due = after_success(now, schedule, own, hints, url)
    least = minutes(own if own is not None else max(schedule.interval, schedule.minimum))
    assert due.at >= now + least
    if hints.retry_after:
        assert due.at >= min(hints.retry_after, now + 7 * DAY)
    longest = max(least, minutes(schedule.maximum)) * (1 + SPREAD)
    # A pause moves it by no more than a week and its hour.
    assert due.at <= now + max(longest, 7 * DAY) + 7 * DAY + HOUR
    assert due.reason
