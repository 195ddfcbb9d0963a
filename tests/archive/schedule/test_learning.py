"""Learning from the archive after polling: what is learnt, when it counts, and that it is no poll's business."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from archive.fetch import Response
from archive.rhythm import Rhythm, price_of
from archive.schedule import learn, look
from archive.schedule.learning import cost, per_day
from archive.schedule.pacing import read_rhythm
from archive.store import FeedRecord, PollState
from archive.store.sqlite import SqliteStore
from config.settings import Schedule
from tests.support.archive import an_entry, asked, hour, not_modified, open_archive, shown, told
from tests.support.items import HOUR, NOON

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SCHEDULE = Schedule()
URL = "https://source.example/feed.xml"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        yield store


def read(at: datetime, **values: object) -> PollState:
    """A success that brought a document."""
    return asked(at, **{"last_success": at, "last_changed": at, "reason": "schedule.interval", **values})


def daily(store: SqliteStore, url: str = URL, count: int = 20) -> int:
    """A feed that had an entry a day, polled once."""
    feed = store.subscribe(url, kind="remote", now=NOON)
    entries = [
        an_entry(number, id=f"{url}#{number}", published=NOON - number * DAY - 3 * HOUR) for number in range(count)
    ]
    told(store, shown(feed, NOON, *entries, poll=read(NOON)))
    return feed


def all_of_it(store: SqliteStore, schedule: Schedule = SCHEDULE, now: datetime = NOON) -> None:
    assert learn(store, schedule, now, lambda: False)
    assert store.lessons(9) == []


def state(store: SqliteStore, feed: int) -> PollState:
    [poll] = [one.poll for one in store.feeds() if one.id == feed]
    assert poll
    return poll


def rhythm(store: SqliteStore, feed: int) -> Rhythm:
    known = read_rhythm(store.rhythm(feed) or "")
    assert known
    return known


def test_a_first_poll_is_learnt_from_and_moves_the_next_one(store: SqliteStore) -> None:
    feed = daily(store)
    assert (store.rhythm(feed), state(store, feed).next_due) == (None, hour(1))
    all_of_it(store)
    poll = state(store, feed)
    assert (rhythm(store, feed).window, rhythm(store, feed).seen) == (20, 20)
    assert poll.reason == "the feed's rhythm"
    assert poll.next_due > hour(2)  # it comes at nine
    assert 0.5 < per_day(rhythm(store, feed), NOON) < 1.5
    assert [one.expected for one in store.health(NOON)] == [pytest.approx(per_day(rhythm(store, feed), NOON), rel=0.01)]


def test_what_came_since_is_added_and_nothing_is_counted_twice(store: SqliteStore) -> None:
    feed = daily(store)
    all_of_it(store)
    late = an_entry(100, published=hour(-20)), an_entry(101, published=hour(22))
    told(store, shown(feed, hour(24), *late, poll=read(hour(24))))
    all_of_it(store)
    assert rhythm(store, feed).seen == 22
    told(store, shown(feed, hour(25), *late, an_entry(1, "Edited", published=hour(-24)), poll=read(hour(25))))
    all_of_it(store)
    assert rhythm(store, feed).seen == 22


def test_polls_that_bring_nothing_are_no_lesson_until_the_plan_is_over(store: SqliteStore) -> None:
    feed = daily(store)
    all_of_it(store)
    known, plan = store.rhythm(feed), state(store, feed).plan
    told(store, not_modified(feed, hour(5)))
    before = state(store, feed)
    assert before.plan == plan
    told(store, replace(not_modified(feed, hour(5)), poll=read(hour(5), last_changed=NOON)))
    all_of_it(store)
    assert (store.rhythm(feed), state(store, feed).plan) == (known, plan)
    told(store, replace(not_modified(feed, hour(80)), poll=read(hour(80), last_changed=NOON)))
    all_of_it(store)
    assert store.rhythm(feed) == known
    assert state(store, feed).plan != plan
    assert state(store, feed).next_due != hour(81)


def test_what_cannot_be_read_is_learnt_anew_from_all_that_is_known(store: SqliteStore, tmp_path: Path) -> None:
    feed = daily(store)
    all_of_it(store)
    known = rhythm(store, feed)
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db:
        db.execute("UPDATE rhythm SET known = '{\"hours\":[1]}', planned = ''")
        db.commit()
    all_of_it(store)
    assert rhythm(store, feed) == known


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"failures": 2, "error": "no answer"}, id="fails"),
        pytest.param({"last_success": NOON, "last_polled": NOON}, id="interval of its own"),
    ],
)
def test_whoever_is_asked_for_another_reason_stays_due(store: SqliteStore, values: dict[str, object]) -> None:
    feed = daily(store)
    if "failures" not in values:
        store.subscribe(URL, kind="remote", now=NOON, interval=600)
    told(store, replace(not_modified(feed, NOON), poll=read(NOON, next_due=hour(9), **values)))
    all_of_it(store)
    assert state(store, feed).next_due == hour(9)
    assert rhythm(store, feed).seen == 20


def test_a_young_feed_has_no_thin_window(store: SqliteStore) -> None:
    feed = daily(store, count=2)
    all_of_it(store)
    assert rhythm(store, feed).window == 10
    two = an_entry(9, published=hour(29)), an_entry(8, published=hour(28))
    told(store, shown(feed, hour(30), *two, poll=read(hour(30))))
    all_of_it(store)
    assert rhythm(store, feed).window == 2


def test_it_stops_when_it_is_enough_and_goes_on_the_next_time(store: SqliteStore) -> None:
    feeds = [daily(store, f"{URL}?{number}", 2) for number in range(3)]
    assert not learn(store, SCHEDULE, NOON, lambda: True)
    assert [bool(store.rhythm(feed)) for feed in feeds] == [True, False, False]
    all_of_it(store)
    assert [bool(store.rhythm(feed)) for feed in feeds] == [True] * 3


def test_a_feed_that_was_asked_meanwhile_keeps_its_due_time(store: SqliteStore) -> None:
    feed = daily(store)

    def enough() -> bool:
        told(store, replace(not_modified(feed, hour(1)), poll=read(hour(1), last_changed=NOON)))
        return True

    learn(store, SCHEDULE, NOON, enough)
    assert state(store, feed).next_due == hour(2)


def test_a_restart_asks_no_sooner(store: SqliteStore, tmp_path: Path) -> None:
    feed = daily(store)
    all_of_it(store)
    due = state(store, feed).next_due
    with closing(open_archive(tmp_path / "a.sqlite")) as again:
        all_of_it(again, now=hour(1))
        assert state(again, feed).next_due == due
        assert again.claim(now=due - MINUTE, limit=9, lease=HOUR) == []


def test_the_budget_sets_the_price_once_a_day(store: SqliteStore) -> None:
    usual, tight = price_of(HOUR), Schedule(budget=2)
    for number in range(8):
        daily(store, f"{URL}?{number}")
    assert cost(store, SCHEDULE, NOON) == usual
    assert cost(store, Schedule(budget=100), NOON) == usual  # there is more of it than they need
    unknown = cost(store, tight, NOON)
    assert unknown > 10 * usual
    all_of_it(store)
    known = cost(store, tight, NOON)
    assert known != unknown  # more is known
    for number in range(8, 12):
        daily(store, f"{URL}?{number}")
    assert cost(store, tight, hour(23)) == known
    assert cost(store, tight, hour(25)) != known
    assert cost(store, Schedule(budget=3), hour(25)) < cost(store, tight, hour(25))


# Sixty days, through the functions that poll


class Made:
    """A feed over time: what its document is at an instant, and when what is new in it came."""

    def __init__(self, times: list[datetime], window: int) -> None:
        self.times, self.window = sorted(times), window

    def document(self, at: datetime) -> bytes:
        came = [time for time in self.times if time <= at][-self.window :]
        items = "".join(
            f"<item><guid>{URL}#{self.times.index(time)}</guid><title>{self.times.index(time)}</title>"
            f"<pubDate>{time:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
            for time in reversed(came)
        )
        return (
            '<?xml version="1.0"?><rss version="2.0"><channel><title>Made</title><link>https://source.example/</link>'
            f"<description>d</description>{items}</channel></rss>"
        ).encode()


def morning(dice: random.Random) -> list[datetime]:
    """About nine, most days."""
    start = datetime(2026, 1, 1, tzinfo=NOON.tzinfo)
    return [
        start + timedelta(days=day, hours=9, minutes=5 + dice.gauss(0, 10))
        for day in range(-20, 60)
        if dice.random() > 0.05
    ]


def bursts(dice: random.Random) -> list[datetime]:
    """Now and then in office hours something happens, and is told in several entries."""
    start, times = datetime(2026, 1, 1, tzinfo=NOON.tzinfo), []
    for day in range(-20, 60):
        if dice.random() < 0.5:
            event = start + timedelta(days=day, hours=dice.uniform(8, 18))
            times += [event + timedelta(hours=dice.expovariate(1.5)) for _ in range(dice.randint(4, 9))]
    return times


def polled(store: SqliteStore, made: Made, schedule: Schedule) -> list[datetime]:
    """The visits of sixty days, each as a poll makes it: claimed, looked at, written down, learnt from."""
    feed = store.subscribe(URL, kind="remote", now=datetime(2026, 1, 1, tzinfo=NOON.tzinfo))
    now, end = datetime(2026, 1, 1, tzinfo=NOON.tzinfo), datetime(2026, 3, 2, tzinfo=NOON.tzinfo)
    visits: list[datetime] = []
    while now < end:
        [claimed] = store.claim(now=now, limit=1, lease=HOUR)
        store.record([look(claimed, answered(claimed, made.document(now), now), now, schedule)])
        learn(store, schedule, now, lambda: False)
        visits.append(now)
        now = state(store, feed).next_due
    return visits


def answered(feed: FeedRecord, body: bytes, at: datetime) -> Response:
    tag = f'"{hash(body)}"'
    same = feed.poll is not None and feed.poll.etag == tag
    return Response(
        url=URL,
        final_url=URL,
        status=304 if same else 200,
        body=b"" if same else body,
        headers=(("ETag", tag),),
        request_headers=(("If-None-Match", "x"),),
        at=at,
        elapsed=0.1,
    )


def mean_delay(times: list[datetime], visits: list[datetime]) -> timedelta:
    """From when entries came to the visit that found them, of those that came after the first visit."""
    late = [min(visit for visit in visits if visit >= time) - time for time in times if visits[0] < time <= visits[-1]]
    return sum(late, timedelta()) / len(late)


@pytest.mark.parametrize(("kind", "ratio"), [(morning, 0.6), (bursts, 0.8)])
def test_sixty_days_against_polling_at_one_interval_with_as_many_requests(
    store: SqliteStore, kind: Callable[[random.Random], list[datetime]], ratio: float
) -> None:
    made = Made(kind(random.Random(7)), 15)
    visits = polled(store, made, Schedule(polite=15))
    assert all(b - a >= 15 * MINUTE for a, b in pairwise(visits))
    step = (visits[-1] - visits[0]) / (len(visits) - 1)
    even = [visits[0] + step * number for number in range(len(visits))]
    mine, theirs = mean_delay(made.times, visits), mean_delay(made.times, even)
    assert mine <= ratio * theirs
    [feed] = store.feeds()
    first = [time for time in made.times if time <= visits[0]][-made.window :]
    assert feed.entries == len(first) + sum(visits[0] < time <= visits[-1] for time in made.times)
