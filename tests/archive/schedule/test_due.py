"""When a feed is asked next: a row for each rule, and what holds for all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.schedule import Hints, Pace, after_failure, after_success
from archive.schedule.due import GAP, PAUSES, RISK, hurried, repaced
from archive.store import PollState, Rule
from config.settings import Schedule
from feeds.model import Feed
from tests.support.items import NOON

URL = "https://source.example/feed.xml"  # spread by 3.9 %
HOURLY = Schedule()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SPREAD = 0.05
JITTER = 0.1
WEEK = 7 * 1440
DAILY = "its server's 304 cannot be relied on, and whole documents are asked for daily"
AGE, PERIOD = "Cache-Control max-age or Expires", "the feed's sy:updatePeriod"


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def within(at: datetime, wait: timedelta, now: datetime = NOON, spread: float = SPREAD) -> bool:
    """Whether that is the wait, and no more than the spread later."""
    return now + wait <= at <= now + wait * (1 + spread)


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
        (Schedule(), None, Hints(max_age=2 * 86400), 2880, AGE),
        (Schedule(), None, Hints(max_age=2**31), WEEK, f"a week of {AGE}"),
        (Schedule(), 20000, Hints(max_age=2**31), 20000, "the feed's own interval"),
        (Schedule(), 5, Hints(feed=Feed(ttl=20)), 20, "the feed's ttl"),
        (Schedule(), None, Hints(feed=Feed(ttl=90)), 90, "the feed's ttl"),
        (Schedule(), None, Hints(feed=Feed(ttl=10**30)), WEEK, "a week of the feed's ttl"),
        (Schedule(), None, Hints(feed=Feed(ttl=-(10**30))), 60, "schedule.interval"),
        (Schedule(), None, Hints(feed=Feed(update_period="daily", update_frequency=4)), 360, PERIOD),
        (Schedule(), None, Hints(feed=Feed(update_period="hourly")), 60, "schedule.interval"),
        (Schedule(), None, Hints(feed=Feed(update_period="weekly")), WEEK, PERIOD),
        (Schedule(), None, Hints(feed=Feed(update_period="yearly")), WEEK, f"a week of {PERIOD}"),
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
    assert within(due.at, at or minutes(own or 60))
    assert due.reason == reason


@pytest.mark.parametrize(
    ("failures", "own", "status", "wait", "reason"),
    [
        (1, None, None, 60, "waiting longer after 1 failure"),
        (2, None, None, 120, "waiting longer after 2 failures in a row"),
        (3, None, 500, 240, "waiting longer after 3 failures in a row"),
        (5, None, 410, 960, "waiting longer after 5 failures in a row"),
        (1, 5, None, 5, "waiting longer after 1 failure"),
        (4, 5, 500, 40, "waiting longer after 4 failures in a row"),
        (1, 5, 429, 60, "waiting longer after 1 failure"),
        (3, 5, 503, 240, "waiting longer after 3 failures in a row"),
        (6, None, 404, 1920, "waiting longer after 6 failures in a row"),
        (8, None, 403, 7680, "waiting longer after 8 failures in a row"),
        (1, 9999, None, 9999, "waiting longer after 1 failure"),
        (9, 20000, 404, 20000, "waiting longer after 9 failures in a row"),
    ],
)
def test_after_failures(failures: int, own: int | None, status: int | None, wait: float, reason: str) -> None:
    due = after_failure(NOON, HOURLY, own, Hints(), URL, failures, status=status)
    assert within(due.at, minutes(wait), spread=JITTER)
    assert due.reason == reason
    assert due.rules == (Rule(reason, due.at, True),)


@pytest.mark.parametrize(
    ("failures", "own", "status", "most"),
    [(6, None, None, 1440), (10**9, None, 500, 1440), (40, 5, 503, 1440), (9, None, 404, WEEK), (99, 5, 401, WEEK)],
)
def test_failures_wait_no_longer_than_a_day_or_a_week(
    failures: int, own: int | None, status: int | None, most: float
) -> None:
    times = [
        after_failure(NOON, HOURLY, own, Hints(), f"{URL}?{number}", failures, status=status).at
        for number in range(200)
    ]
    assert NOON + minutes(most) * (1 - JITTER) <= min(times)
    assert max(times) <= NOON + minutes(most)
    assert len(set(times)) == 200


def test_feeds_that_failed_together_come_back_apart_and_in_another_order_each_time() -> None:
    urls = [f"https://source.example/{number}" for number in range(50)]

    def order(failures: int) -> list[str]:
        return sorted(urls, key=lambda url: after_failure(NOON, HOURLY, None, Hints(), url, failures).at)

    assert order(1) == order(1)
    assert len({tuple(order(failures)) for failures in (1, 2, 3)}) == 3


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
    assert within(due.at, at or minutes(own or 60), spread=SPREAD if at else JITTER)


def test_what_the_publisher_wishes_holds_after_failures_too() -> None:
    due = after_failure(NOON, HOURLY, None, Hints(feed=Feed(ttl=600)), URL, 1)
    assert (due.at, due.reason) == (NOON + minutes(600), "the feed's ttl")


@pytest.mark.parametrize(
    ("pace", "hints", "wait", "reason", "risk"),
    [
        (Pace(minutes(90), "rhythm"), Hints(), 90, "rhythm", None),
        (Pace(minutes(20), "rhythm"), Hints(), 60, "schedule.polite", None),
        (Pace(minutes(20), "rhythm", minutes(42)), Hints(), 40, "schedule.polite", None),
        (Pace(minutes(20), "rhythm"), Hints(max_age=600), 20, "rhythm", None),
        (Pace(minutes(5), "rhythm"), Hints(max_age=600), 15, "schedule.minimum", None),
        (Pace(minutes(5), "rhythm"), Hints(max_age=600, feed=Feed(ttl=25)), 25, "the feed's ttl", None),
        (Pace(minutes(5), "rhythm"), Hints(max_age=600, feed=Feed(ttl=90)), 90, "the feed's ttl", None),
        (Pace(minutes(5), "window", minutes(6)), Hints(), 15, "schedule.minimum", 6),
        (Pace(minutes(9999), "rhythm"), Hints(), 1440, "rhythm", None),
        (Pace(minutes(30), "window", minutes(40)), Hints(feed=Feed(ttl=30)), 30, "window", None),
        (Pace(minutes(30), "window", minutes(40)), Hints(feed=Feed(ttl=180)), 180, "the feed's ttl", 40),
        (Pace(minutes(30), "window", minutes(40)), Hints(retry_after=NOON + HOUR), 60, "Retry-After", 40),
    ],
)
def test_the_publisher_stands_above_the_feeds_pace_and_the_risk_is_told(
    pace: Pace, hints: Hints, wait: float, reason: str, risk: float | None
) -> None:
    due = after_success(NOON, HOURLY, None, hints, URL, pace=pace)
    assert within(due.at, minutes(wait))
    assert due.reason == reason
    told = [rule for rule in due.rules if rule.name == RISK]
    assert told == ([Rule(RISK, NOON + minutes(risk))] if risk else [])
    # The operator's own word stands above the feed's pace.
    assert after_success(NOON, HOURLY, 5, Hints(), URL, pace=pace).reason == "the feed's own interval"


def test_a_server_whose_304_lies_is_asked_once_a_day() -> None:
    due = after_success(NOON, HOURLY, None, Hints(), URL, unconditional=True)
    assert within(due.at, DAY)
    assert due.reason == DAILY
    assert within(after_success(NOON, HOURLY, 90, Hints(), URL, unconditional=True).at, minutes(90))


def test_every_rule_is_told_and_one_has_decided() -> None:
    feed = Feed(ttl=90, update_period="daily", update_frequency=4, skip_hours=(18,))
    due = after_success(NOON, HOURLY, None, Hints(max_age=600, retry_after=NOON + HOUR, feed=feed), URL)
    assert [(rule.name, rule.decided) for rule in due.rules] == [
        ("schedule.interval", False),
        ("schedule.minimum", False),
        (AGE, False),
        ("the feed's ttl", False),
        (PERIOD, False),
        ("Retry-After", False),
        (PAUSES, True),
    ]
    assert (due.rules[-1].at, due.reason) == (due.at, f"{PERIOD}, moved by {PAUSES}")
    assert within(due.rules[3].at or NOON, minutes(90))


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
        assert expected <= due.at < expected + minutes(60 * JITTER)
        assert due.reason.endswith(", moved by the feed's skipHours or skipDays")
    else:
        assert within(due.at, HOUR, now, JITTER)


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
    longest = max(least, minutes(schedule.maximum), 7 * DAY) * (1 + JITTER)
    # A pause moves it by no more than a week and its hour.
    assert due.at <= now + longest + 7 * DAY + HOUR
    assert due.reason
    [decided] = [rule for rule in due.rules if rule.decided]
    assert decided.at == due.at
    assert max(rule.at for rule in due.rules if rule.at) == due.at


@pytest.mark.parametrize(
    ("pace", "own", "hints", "hurry", "wait", "reason"),
    [
        pytest.param(None, None, Hints(), 20, 20, GAP, id="sooner than the interval"),
        pytest.param(Pace(5 * HOUR, "the feed's rhythm"), None, Hints(), 40, 40, GAP, id="sooner than the rhythm"),
        pytest.param(None, None, Hints(), 4, 15, "schedule.minimum", id="the minimum stands above it"),
        pytest.param(None, None, Hints(max_age=7200), 20, 120, AGE, id="the publisher stands above it"),
        pytest.param(None, 300, Hints(), 20, 300, "the feed's own interval", id="the operator stands above it"),
        pytest.param(None, None, Hints(), 90, 60, "schedule.interval", id="it makes nothing later"),
    ],
)
def test_a_gap_brings_the_next_visit_forward(
    pace: Pace | None, own: int | None, hints: Hints, hurry: int, wait: int, reason: str
) -> None:
    due = after_success(NOON, HOURLY, own, hints, URL, pace=pace, hurry=minutes(hurry))
    assert due.reason == reason
    assert within(due.at, minutes(wait))


def test_what_is_learnt_after_a_gap_makes_no_visit_later() -> None:
    due = after_success(NOON, HOURLY, None, Hints(), URL, hurry=minutes(20))
    poll = PollState(next_due=due.at, last_polled=NOON, reason=due.reason, rules=due.rules)
    wait = hurried(poll, URL)
    assert wait and abs(wait - minutes(20)) < timedelta(seconds=1)
    after = repaced(poll, HOURLY, Pace(5 * HOUR, "the feed's rhythm"), None, URL)
    assert (after.reason, abs(after.next_due - due.at) < timedelta(seconds=1)) == (GAP, True)
    sooner = repaced(poll, HOURLY, Pace(minutes(16), "the feed's rhythm", safe=minutes(16)), None, URL)
    assert sooner.reason == "the feed's rhythm"
    assert sooner.next_due < due.at
