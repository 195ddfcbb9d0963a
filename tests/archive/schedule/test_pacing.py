"""From documents to a pace: which entries count as new, and how the rhythm stands among the rules."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from archive.schedule import Hints, after_success
from archive.schedule.due import RISK
from archive.schedule.pacing import pace, read_rhythm, taken_in
from archive.schedule.rhythm import Rhythm
from config.settings import Schedule
from feeds.model import Entry, Feed
from tests.support.items import HOUR, NOON

URL = "https://source.example/feed.xml"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DAILY = Schedule(interval=60, minimum=15, maximum=1440)


def entries(*dates: datetime | None) -> list[Entry]:
    return [Entry(id=str(number), published=date) for number, date in enumerate(dates)]


def many(step: timedelta, count: int) -> list[Entry]:
    return entries(*(NOON - step * number for number in range(count)))


def test_the_first_document() -> None:
    rhythm = taken_in(Rhythm(), many(DAY, 10), NOON, None)
    assert (rhythm.window, rhythm.seen) == (10, 10)


def test_only_what_is_newer_counts_later() -> None:
    first = taken_in(Rhythm(), many(DAY, 10), NOON, None)
    shown = entries(NOON + 30 * MINUTE, *(NOON - DAY * number for number in range(9)))
    later = taken_in(first, shown, NOON + HOUR, NOON)
    assert later.seen == 11
    assert later.recent[-1] - first.recent[-1] == pytest.approx(0.5)
    assert taken_in(later, shown, NOON + 2 * HOUR, NOON + HOUR).seen == 11


def test_a_date_of_update_will_do() -> None:
    assert taken_in(Rhythm(), [Entry(id="1", updated=NOON), Entry(id="2", published=NOON - DAY)], NOON, None).seen == 2


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(entries(None, None, None), id="no dates"),
        pytest.param(entries(None, NOON, NOON - DAY), id="some dates"),
        pytest.param(entries(NOON, NOON, NOON), id="the time of the request for a date"),
    ],
)
def test_dates_that_tell_nothing(shown: list[Entry]) -> None:
    first = taken_in(Rhythm(), shown, NOON, None)
    assert (first.window, first.seen) == (3, 0)
    assert taken_in(first, shown, NOON + HOUR, NOON).seen == 1


def test_an_empty_document_tells_nothing() -> None:
    assert taken_in(Rhythm(), [], NOON, None) == Rhythm()


def test_a_feed_that_shows_all_it_ever_had() -> None:
    rhythm = taken_in(Rhythm(), many(HOUR, 5000), NOON, None)
    assert (rhythm.window, rhythm.seen) == (200, 300)


def test_nothing_is_paced_before_something_is_known() -> None:
    assert pace(Rhythm(), NOON, DAILY) is None


def test_a_busy_feed_is_asked_sooner_and_a_quiet_one_later_than_the_interval() -> None:
    busy = pace(taken_in(Rhythm(), many(10 * MINUTE, 30), NOON, None), NOON, DAILY)
    quiet = pace(taken_in(Rhythm(), many(90 * DAY, 10), NOON, None), NOON, DAILY)
    assert busy and quiet
    assert 15 * MINUTE <= busy.wait < HOUR < quiet.wait <= DAY
    due = after_success(NOON, DAILY, None, Hints(), URL, pace=busy)
    assert due.at - NOON < HOUR


def test_the_publisher_wins_and_the_risk_is_recorded() -> None:
    busy = pace(taken_in(Rhythm(), many(4 * MINUTE, 10), NOON, None), NOON, DAILY)
    assert busy
    assert busy.safe
    due = after_success(NOON, DAILY, None, Hints(feed=Feed(ttl=180)), URL, pace=busy)
    assert due.reason == "the feed's ttl"
    assert due.at >= NOON + 3 * HOUR
    assert [rule.at for rule in due.rules if rule.name == RISK] == [NOON + busy.safe]


def test_the_spread_of_due_times_does_not_lead_past_the_bound() -> None:
    rhythm = taken_in(Rhythm(), many(5 * MINUTE, 20), NOON, None)
    schedule = Schedule(interval=1440, minimum=1, maximum=1440)
    wish = pace(rhythm, NOON, schedule)
    assert wish
    assert wish.name == "the feed's rhythm and its window"
    for number in range(50):
        due = after_success(NOON, schedule, None, Hints(), f"{URL}?{number}", pace=wish)
        assert wish.safe
        assert due.at <= NOON + wish.safe
        assert RISK not in {rule.name for rule in due.rules}


def test_the_own_interval_of_a_feed_stands_above_its_rhythm() -> None:
    wish = pace(taken_in(Rhythm(), many(MINUTE, 10), NOON, None), NOON, DAILY)
    assert after_success(NOON, DAILY, 600, Hints(), URL, pace=wish).reason == "the feed's own interval"


def test_what_is_stored_comes_back_and_what_cannot_be_read_is_learnt_anew() -> None:
    rhythm = taken_in(Rhythm(), many(DAY, 10), NOON, None)
    assert read_rhythm(rhythm.to_json()) == rhythm
    assert read_rhythm(None) == read_rhythm('{"hours":[1]}') == read_rhythm("nonsense") == Rhythm()
