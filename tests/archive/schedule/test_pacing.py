"""From what came of a feed to its rhythm and its plan, and how the plan stands among the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from msgspec import structs

from archive.rhythm import Rhythm, price_of
from archive.schedule import Hints, Pace, after_success
from archive.schedule.due import RISK, least, repaced
from archive.schedule.pacing import Visit, end, pace, plan, read_rhythm, taken_in, to_json
from archive.store import Arrived, PollState
from config.settings import Schedule
from feeds.model import Feed
from tests.support.items import HOUR, NOON

URL = "https://source.example/feed.xml"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HOURLY = Schedule()
OFTEN = Schedule(polite=15)


def came(*dates: datetime | None, seen: datetime = NOON) -> list[Arrived]:
    return [Arrived(seen, date) for date in dates]


def many(step: timedelta, count: int) -> list[Arrived]:
    return came(*(NOON - step * number for number in range(count)))


def known(step: timedelta, count: int) -> Rhythm:
    return taken_in(Rhythm(), many(step, count), count)


def planned(rhythm: Rhythm, schedule: Schedule = OFTEN, now: datetime = NOON) -> tuple[Visit, ...]:
    return plan(
        rhythm,
        now,
        price=price_of(schedule.interval * MINUTE),
        least=least(schedule, PollState(next_due=now), URL),
        minimum=schedule.minimum * MINUTE,
        most=schedule.maximum * MINUTE,
    )


def paced(rhythm: Rhythm, schedule: Schedule = OFTEN) -> Pace:
    found = pace(to_json(planned(rhythm, schedule)), NOON)
    assert found
    return found


def test_the_first_document() -> None:
    rhythm = known(DAY, 10)
    assert (rhythm.window, rhythm.seen) == (10, 10)


def test_what_comes_later_is_added() -> None:
    first = known(DAY, 10)
    later = taken_in(first, came(NOON + 30 * MINUTE, seen=NOON + HOUR), 10)
    assert later.seen == 11
    assert later.recent[-1] - first.recent[-1] == pytest.approx(0.5)
    assert taken_in(later, [], 10) == later


def test_documents_that_were_not_learnt_from_one_by_one() -> None:
    both = [*many(DAY, 10), *came(NOON + 30 * MINUTE, seen=NOON + HOUR), *came(None, seen=NOON + 3 * HOUR)]
    one_by_one = taken_in(taken_in(taken_in(Rhythm(), both[:10], 10), both[10:11], 10), both[11:], 10)
    assert taken_in(Rhythm(), both, 10) == one_by_one


@pytest.mark.parametrize(
    "dates",
    [
        pytest.param((None, None, None), id="no dates"),
        pytest.param((None, NOON, NOON - DAY), id="some dates"),
        pytest.param((NOON - DAY, NOON - DAY, NOON - DAY), id="one date for all"),
    ],
)
def test_dates_that_tell_nothing(dates: Sequence[datetime | None]) -> None:
    first = taken_in(Rhythm(), came(*dates), 3)
    assert (first.window, first.seen) == (3, 0)
    assert taken_in(first, came(None, None, seen=NOON + HOUR), 3).seen == 1


def test_a_feed_that_shows_all_it_ever_had() -> None:
    assert taken_in(Rhythm(), many(HOUR, 300), 5000).window == 200


def test_nothing_is_paced_before_something_is_planned_or_when_the_plan_is_over() -> None:
    visits = planned(known(DAY, 10))
    assert pace(None, NOON) is None
    assert pace("nonsense", NOON) is None
    assert pace(to_json(visits), end(visits)) is None
    assert pace(to_json(visits), end(visits) - MINUTE)


def test_visits_are_planned_for_silence() -> None:
    visits = planned(known(90 * DAY, 10))
    waits = [b.at - a.at for a, b in pairwise(visits)]
    assert all(HOUR.total_seconds() < wait <= DAY.total_seconds() for wait in waits)
    assert end(visits) - NOON >= 2 * DAY
    # Whoever comes between two visits is asked at the next one.
    between = NOON + timedelta(seconds=(visits[0].at + visits[1].at) / 2 - NOON.timestamp())
    found = pace(to_json(visits), between)
    assert found
    assert int((between + found.wait).timestamp()) == visits[1].at


def test_a_busy_feed_is_asked_sooner_and_a_quiet_one_later_than_the_interval() -> None:
    busy, quiet = paced(known(10 * MINUTE, 30)), paced(known(90 * DAY, 10))
    assert 15 * MINUTE <= busy.wait < HOUR < quiet.wait <= DAY
    assert after_success(NOON, OFTEN, None, Hints(), URL, pace=busy).at - NOON < HOUR


@pytest.mark.parametrize(
    ("rhythm", "hints", "wait", "reason"),
    [
        pytest.param(known(20 * MINUTE, 200), Hints(), 60, "the feed's rhythm", id="of our own accord"),
        pytest.param(known(20 * MINUTE, 200), Hints(max_age=1200), 20, None, id="allowed"),
        pytest.param(known(6 * MINUTE, 20), Hints(), 42, "the feed's rhythm and its window", id="or entries are lost"),
    ],
)
def test_an_hour_is_polite(rhythm: Rhythm, hints: Hints, wait: float, reason: str | None) -> None:
    first = after_success(NOON, HOURLY, None, hints, URL)
    poll = PollState(next_due=first.at, rules=first.rules, last_polled=NOON)
    visits = plan(
        rhythm,
        NOON,
        price=price_of(15 * MINUTE),
        least=least(HOURLY, poll, URL),
        minimum=15 * MINUTE,
        most=DAY,
    )
    wish = pace(to_json(visits), NOON)
    assert wish
    due = after_success(NOON, HOURLY, None, hints, URL, pace=wish)
    # Of two rules that ask for the same time either may stand for both.
    assert reason in (None, due.reason)
    assert abs(repaced(poll, HOURLY, wish, None, URL).next_due - due.at) < timedelta(milliseconds=1)
    assert wait * MINUTE <= due.at - NOON <= 1.1 * wait * MINUTE


def test_the_publisher_wins_and_the_risk_is_recorded() -> None:
    busy = paced(known(4 * MINUTE, 10), HOURLY)
    assert busy.safe
    due = after_success(NOON, HOURLY, None, Hints(feed=Feed(ttl=180)), URL, pace=busy)
    assert due.reason == "the feed's ttl"
    assert due.at >= NOON + 3 * HOUR
    assert [rule.at for rule in due.rules if rule.name == RISK] == [NOON + busy.safe]


def test_the_spread_of_due_times_does_not_lead_past_the_bound() -> None:
    schedule = Schedule(interval=1440, minimum=1, maximum=1440)
    wish = paced(known(5 * MINUTE, 20), schedule)
    assert wish.name == "the feed's rhythm and its window"
    for number in range(50):
        due = after_success(NOON, schedule, None, Hints(), f"{URL}?{number}", pace=wish)
        assert wish.safe
        assert due.at <= NOON + wish.safe
        assert RISK not in {rule.name for rule in due.rules}


def test_the_own_interval_of_a_feed_stands_above_its_rhythm() -> None:
    wish = paced(known(MINUTE, 10))
    assert after_success(NOON, HOURLY, 600, Hints(), URL, pace=wish).reason == "the feed's own interval"


@pytest.mark.parametrize(
    "hints",
    [
        Hints(),
        Hints(max_age=600),
        Hints(max_age=7200),
        Hints(feed=Feed(ttl=90, skip_hours=(13, 14))),
        Hints(retry_after=NOON + 5 * HOUR),
        Hints(feed=Feed(ttl=10**6)),
    ],
)
@pytest.mark.parametrize("unconditional", [False, True])
def test_what_is_learnt_afterwards_counts_as_if_it_had_been_known(hints: Hints, unconditional: bool) -> None:
    wish = paced(known(4 * MINUTE, 10), HOURLY)
    first = after_success(NOON, HOURLY, None, hints, URL, unconditional=unconditional)
    poll = PollState(next_due=first.at, reason=first.reason, rules=first.rules, last_polled=NOON, last_success=NOON)
    after = repaced(poll, HOURLY, wish, hints.feed, URL)
    due = after_success(NOON, HOURLY, None, hints, URL, pace=wish, unconditional=unconditional)
    assert (after.next_due, after.reason, set(after.rules)) == (due.at, due.reason, set(due.rules))
    again = repaced(after, HOURLY, wish, hints.feed, URL)
    assert again == structs.replace(after, rules=again.rules)


def test_a_feed_is_left_alone_for_as_long_as_its_publisher_said_last() -> None:
    first = after_success(NOON, HOURLY, None, Hints(feed=Feed(ttl=180)), URL)
    asked = PollState(next_due=NOON, last_polled=NOON, rules=first.rules)
    assert abs(least(HOURLY, asked, URL) - 3 * HOUR) < timedelta(milliseconds=1)
    assert least(HOURLY, PollState(next_due=NOON), URL) == HOUR
    assert least(Schedule(interval=30), PollState(next_due=NOON), URL) == 30 * MINUTE


def test_what_is_stored_comes_back_and_what_cannot_be_read_is_told() -> None:
    rhythm = known(DAY, 10)
    assert read_rhythm(rhythm.to_json()) == rhythm
    assert read_rhythm(None) == Rhythm()
    assert read_rhythm('{"hours":[1]}') is read_rhythm("nonsense") is None
