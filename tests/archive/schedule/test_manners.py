"""Weeks of polling, seen by a publisher who scores every request: real polls, a real archive, a clock that is ours."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from archive.fetch import Fetcher
from archive.schedule import Asking, poll
from archive.schedule.due import GAP
from archive.store import FeedRecord, Store
from config.settings import Http, Schedule
from tests.support.archive import open_archive
from tests.support.items import HOUR, NOON
from tests.support.publisher import Answer, Play, Publisher, Visit, http_date, kept

_LIFETIME = 12  # passes
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
AGENT = r"Backissue/1\.2 \(\+https://operator\.example/about; 3 subscribers\)"
HTTP = Http(allow_private_addresses=True, timeout=5.0, contact="https://operator.example/about")


@dataclass
class Reader:
    """Backissue over simulated time. It is started anew every few passes, and goes on from what the archive holds."""

    path: Path
    at: datetime = NOON
    http: Http = HTTP

    def now(self) -> datetime:
        return self.at

    def follow(self, url: str, interval: int | None = None) -> int:
        with closing(open_archive(self.path)) as store:
            return store.subscribe(url, kind="remote", now=self.at, interval=interval)

    def feeds(self) -> dict[int, FeedRecord]:
        with closing(open_archive(self.path)) as store:
            return {feed.id: feed for feed in store.feeds()}

    def kinds(self, feed: int) -> list[str]:
        with closing(open_archive(self.path)) as store:
            return [event.kind for event in store.events(feed)]

    def live(self, time: timedelta) -> None:
        """Poll whenever a feed is due, and after each start a minute before, to see that none is."""
        end = self.at + time
        while self.at < end:
            with closing(open_archive(self.path)) as store:
                for again in range(_LIFETIME):
                    due = [feed.poll.next_due for feed in store.feeds() if feed.poll and not feed.poll.gone]
                    if not due or min(due) >= end:
                        self.at = end
                        return
                    if not again:
                        self.at = max(self.at, min(due) - MINUTE)
                        self.poll(store)
                    self.at = max(self.at, min(due))
                    self.poll(store)

    def poll(self, store: Store) -> None:
        """One pass."""

        async def ask() -> None:
            async with Fetcher(self.http, now=self.now, version="1.2", subscribers=3) as fetcher:
                asking = Asking(get=fetcher.get, now=self.now, schedule=Schedule(), full_fetch=self.http.full_fetch)
                await poll(store, asking)

        asyncio.run(ask())


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path / "a.sqlite")


@pytest.fixture
def publisher(reader: Reader) -> Iterator[Publisher]:
    with Publisher(reader.now, AGENT) as publisher:
        yield publisher


def rss(at: datetime, extra: str = "", every: timedelta = DAY) -> bytes:
    """A feed with an item a day, or as often as that."""
    last = int((at - NOON) / every) + 3
    items = "".join(f"<item><guid>{n}</guid><title>Item {n}</title></item>" for n in range(last, last - 3, -1))
    head = f"<title>News</title><link>https://s.example/</link><description>d</description>{extra}"
    sy = "xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
    return f"<rss version='2.0' {sy}><channel>{head}{items}</channel></rss>".encode()


def waits(answer: Callable[[Visit], Answer], wait: timedelta) -> Callable[[Visit], Answer]:
    """The same answers, after which nobody may come for so long."""

    def play(visit: Visit) -> Answer:
        given = answer(visit)
        given.wait = wait
        return given

    return play


def says(extra: str) -> Callable[[Visit], Answer]:
    return kept(lambda at: rss(at, extra))


def fresh_by_expires(visit: Visit) -> Answer:
    answer = kept(rss)(visit)
    answer.headers["Expires"] = http_date(visit.at + 5 * HOUR)
    return answer


def none_but(tag: str, *values: object) -> str:
    name = tag.removeprefix("skip").removesuffix("s").lower()
    return f"<{tag}>" + "".join(f"<{name}>{value}</{name}>" for value in values) + f"</{tag}>"


def new_tags_by_304(visit: Visit) -> Answer:
    """A server that gives a fresh validator with every 304 (RFC 9111 section 4.3.4)."""
    fields = {"ETag": f'"{visit.number}"'} | ({"Last-Modified": "first"} if visit.number == 1 else {})
    return Answer(304 if "if-none-match" in visit.headers else 200, rss(NOON), fields)


def one_validator(name: str, value: str) -> Callable[[Visit], Answer]:
    def answer(visit: Visit) -> Answer:
        asked = {"ETag": "if-none-match", "Last-Modified": "if-modified-since"}[name]
        return Answer(304 if visit.headers.get(asked) == value else 200, rss(NOON), {name: value})

    return answer


def loses_its_validators(visit: Visit) -> Answer:
    return kept(rss)(visit) if visit.number < 20 else Answer(200, rss(visit.at))


def busy(status: int, *, date: bool) -> Callable[[Visit], Answer]:
    """Every fifth visit the server wants to be left alone for seven hours."""

    def answer(visit: Visit) -> Answer:
        if visit.number % 5:
            return kept(rss)(visit)
        end = (visit.at + 7 * HOUR).replace(microsecond=0)
        value = http_date(end) if date else str(7 * 3600)
        return Answer(status, b"busy", {"Retry-After": value}, end - visit.at if date else 7 * HOUR)

    return answer


def closed_nights(at: datetime) -> bool:
    return at.hour < 9


def closed_weekends(at: datetime) -> bool:
    return at.weekday() >= 5


PLAYS: dict[str, Play | Callable[[Visit], Answer]] = {
    "plain": kept(rss),
    "never the same": kept(lambda at: rss(at, f"<generator>{at}</generator>")),
    "max-age": waits(kept(rss, **{"Cache-Control": "public, max-age=14400"}), 4 * HOUR),
    "Expires": waits(fresh_by_expires, 5 * HOUR),
    "three days": waits(kept(rss, **{"Cache-Control": "max-age=259200"}), 3 * DAY),
    "short max-age": waits(kept(rss, **{"Cache-Control": "max-age=1"}), HOUR),
    "no-cache": waits(kept(rss, **{"Cache-Control": "no-cache"}), HOUR),
    "ttl": waits(says("<ttl>300</ttl>"), 5 * HOUR),
    "sy": waits(says("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"), 6 * HOUR),
    "weekly": waits(says("<sy:updatePeriod>weekly</sy:updatePeriod>"), 7 * DAY),
    "nights": Play(says(none_but("skipHours", *range(9))), closed=closed_nights),
    "weekends": Play(says(none_but("skipDays", "Saturday", "Sunday")), closed=closed_weekends),
    "nights and ttl": Play(
        waits(says("<ttl>400</ttl>" + none_but("skipHours", *range(9))), 400 * MINUTE), closed=closed_nights
    ),
    "new tags": new_tags_by_304,
    "only a tag": one_validator("ETag", "not even quoted"),
    "only a date": one_validator("Last-Modified", "yesterday, or so"),
    "lost": loses_its_validators,
    "429 seconds": busy(429, date=False),
    "503 date": busy(503, date=True),
    "500 now and then": lambda visit: Answer(500) if visit.number % 7 == 0 else kept(rss)(visit),
    "gone": lambda visit: Answer(410) if visit.number > 9 else kept(rss)(visit),
}


@pytest.mark.parametrize("name", PLAYS)
def test_full_marks_over_eight_days(reader: Reader, publisher: Publisher, name: str) -> None:
    feed = reader.follow(publisher.put("/feed", PLAYS[name]))
    reader.live(8 * DAY)

    asked, poll = len(publisher.visits), reader.feeds()[feed].poll
    assert publisher.marks() == (asked, asked), publisher.faults[:5]
    assert publisher.faults == []
    assert asked > 1
    assert poll
    assert not poll.lies
    if name == "gone":
        assert (asked, reader.kinds(feed), poll.reason) == (10, ["gone"], "never again: the server answered 410")


def test_all_of_them_together_are_asked_one_by_one(reader: Reader, publisher: Publisher) -> None:
    for number, play in enumerate(PLAYS.values()):
        reader.follow(publisher.put(f"/{number}", play))
    reader.live(DAY)
    asked = len(publisher.visits)
    assert publisher.marks() == (asked, asked), publisher.faults[:5]
    assert asked > 150


def test_never_sooner_than_a_quarter_of_an_hour_unless_the_operator_says_so(
    reader: Reader, publisher: Publisher
) -> None:
    often = reader.follow(publisher.put("/often", waits(kept(rss), 5 * MINUTE)), interval=5)
    reader.follow(publisher.put("/usual", waits(kept(rss), HOUR)))
    reader.live(DAY / 2)
    assert publisher.faults == []
    assert len(publisher.seen("/often")) > 120
    assert 10 < len(publisher.seen("/usual")) <= 13
    assert (poll := reader.feeds()[often].poll) and poll.reason == "the feed's own interval"


def test_a_feed_that_is_not_found_is_asked_ever_more_seldom_over_weeks(reader: Reader, publisher: Publisher) -> None:
    reader.follow(publisher.put("/feed", lambda visit: Answer(404)))
    reader.live(60 * DAY)
    gaps = [later.at - earlier.at for earlier, later in pairwise(publisher.seen("/feed"))]
    assert publisher.faults == []
    assert len(gaps) < 20
    assert all(later > earlier * 1.5 for earlier, later in pairwise(gaps[:7]))
    assert all(6 * DAY < gap <= 7 * DAY for gap in gaps[8:])


@pytest.mark.parametrize("status", [500, 502, 503, 429, 400])
def test_failures_back_off_up_to_a_day(reader: Reader, publisher: Publisher, status: int) -> None:
    reader.follow(publisher.put("/feed", lambda visit: Answer(status, wait=HOUR)))
    reader.live(10 * DAY)
    gaps = [later.at - earlier.at for earlier, later in pairwise(publisher.seen("/feed"))]
    assert publisher.faults == []
    assert all(later > earlier * 1.5 for earlier, later in pairwise(gaps[:5]))
    assert all(0.9 * DAY <= gap <= DAY for gap in gaps[6:])
    assert len(set(gaps)) == len(gaps)


@pytest.mark.parametrize(
    ("statuses", "moves"),
    [
        ((301,), True),
        ((308,), True),
        ((301, 308), True),
        ((302,), False),
        ((303,), False),
        ((307,), False),
        ((301, 302), False),
        ((307, 308), False),
    ],
)
def test_only_permanent_redirects_move_a_feed(
    reader: Reader, publisher: Publisher, statuses: tuple[int, ...], moves: bool
) -> None:
    feed = reader.follow(publisher.put("/0", kept(rss)))
    reader.live(2 * HOUR)
    new = publisher.put(f"/{len(statuses)}", Play(kept(rss), whole=50))  # once more when it has become the address
    for number, status in enumerate(statuses):
        to = {"Location": f"/{number + 1}"}
        publisher.put(f"/{number}", Play(lambda visit, s=status, t=to: Answer(s, b"", t), whole=1))  # type: ignore[misc]
    redirected = reader.at
    reader.live(5 * DAY)

    asked = [visit.at for visit in publisher.seen("/0") if visit.answer.status == statuses[0]]
    assert publisher.faults == []
    assert reader.feeds()[feed].url == (new if moves else publisher.url("/0"))
    assert reader.kinds(feed) == (["moved"] if moves else [])
    if not moves:
        assert len(asked) > 100
        return
    assert redirected + DAY < asked[-1] < redirected + DAY + 3 * HOUR
    first = next(visit for visit in publisher.seen(f"/{len(statuses)}") if visit.at > asked[-1])
    # The validators were the old address's; from then on the new one's are sent.
    assert "if-none-match" not in first.headers
    assert "if-none-match" in publisher.visits[-1].headers
    assert [event for event in reader.kinds(feed) if event == "moved"] == ["moved"]


def redirected(target: str, until: int = 10**9) -> Play:
    def answer(visit: Visit) -> Answer:
        return Answer(301, b"", {"Location": target}) if visit.number < until else kept(rss)(visit)

    return Play(answer, whole=1)


def test_a_redirect_that_is_taken_back_or_leads_to_no_feed_moves_nothing(reader: Reader, publisher: Publisher) -> None:
    publisher.put("/new", kept(rss))
    publisher.put("/page", lambda visit: Answer(200, b"<html>sold</html>", {"Content-Type": "text/html"}))
    back = reader.follow(publisher.put("/back", redirected("/new", until=9)))
    page = reader.follow(publisher.put("/sold", redirected("/page")))
    reader.live(4 * DAY)
    feeds = reader.feeds()
    assert [feeds[back].url, feeds[page].url] == [publisher.url("/back"), publisher.url("/sold")]
    assert (poll := feeds[back].poll) and (poll.moved_to, poll.moved_since) == (None, None)


def test_a_feed_does_not_move_onto_another(reader: Reader, publisher: Publisher) -> None:
    there = reader.follow(publisher.put("/new", kept(rss)))
    here = reader.follow(publisher.put("/old", redirected("/new")))
    reader.live(4 * DAY)
    feeds = reader.feeds()
    assert (feeds[here].url, feeds[there].url) == (publisher.url("/old"), publisher.url("/new"))
    assert reader.kinds(here) == ["double"]
    assert feeds[here].entries == feeds[there].entries > 0


def test_an_address_that_a_feed_has_left_still_stands_for_it(reader: Reader, publisher: Publisher) -> None:
    feed = reader.follow(publisher.put("/old", redirected("/new")))
    publisher.put("/new", kept(rss))
    reader.live(2 * DAY)
    assert reader.follow(publisher.url("/old")) == feed
    with closing(open_archive(reader.path)) as store:
        assert (found := store.find_feed(publisher.url("/old"))) and found.url == publisher.url("/new")
        assert len(store.feeds()) == 1


def always_304(visit: Visit) -> Answer:
    """It never looks at what has changed, and its tag is always the same."""
    return Answer(304 if visit.headers.keys() & {"if-none-match"} else 200, rss(visit.at), {"ETag": '"1"'})


def always_304_and_dated(visit: Visit) -> Answer:
    """It never looks at what has changed, though its tags do change."""
    body = rss(visit.at).decode()
    for number in range(1, 60):
        date = http_date(NOON + (number - 3) * DAY)
        body = body.replace(f"<guid>{number}</guid>", f"<guid>{number}</guid><pubDate>{date}</pubDate>")
    etag = f'"{hash(body)}"'
    return Answer(304 if visit.headers.keys() & {"if-none-match"} else 200, body.encode(), {"ETag": etag})


@pytest.mark.parametrize("play", [always_304, always_304_and_dated])
def test_a_server_whose_304_lies_is_found_out_and_asked_for_all_once_a_day(
    reader: Reader, publisher: Publisher, play: Callable[[Visit], Answer]
) -> None:
    feed = reader.follow(publisher.put("/feed", Play(play, whole=1)))
    reader.live(7 * DAY)
    caught = publisher.seen("/feed")[99]
    assert reader.kinds(feed) == ["gap", "lies"]  # days went by unseen
    assert "if-none-match" not in caught.headers
    later = publisher.seen("/feed")[100:]
    assert len(later) >= 2
    assert not any(visit.headers.keys() & {"if-none-match", "if-modified-since"} for visit in later)
    assert all(after.at - before.at >= DAY for before, after in pairwise([caught, *later]))
    assert (record := reader.feeds()[feed]).poll
    assert record.poll.lies
    assert record.entries >= 8
    assert record.poll.reason and "304" in record.poll.reason


def test_a_feed_that_lost_entries_is_asked_sooner_until_none_are(reader: Reader, publisher: Publisher) -> None:
    def bursts(at: datetime) -> bytes:
        """An entry each four hours, but ten an hour at the end of the first day, and three are shown."""
        past = at - NOON
        busy = min(max(past - DAY, timedelta(0)), 3 * HOUR)
        return rss(NOON + ((past - busy) / (4 * HOUR) + busy / (6 * MINUTE)) * DAY)

    feed = reader.follow(publisher.put("/feed", kept(bursts)))
    reader.live(DAY + 2.5 * HOUR)
    hurried = reader.feeds()[feed].poll
    reader.live(2 * DAY)
    assert publisher.faults == []
    assert set(reader.kinds(feed)) == {"gap"}
    assert hurried and GAP in {rule.name for rule in hurried.rules}
    waits = [(visit.at, after.at - visit.at) for visit, after in pairwise(publisher.seen("/feed"))]
    assert min(wait for at, wait in waits if at < NOON + DAY) >= HOUR
    assert max(wait for at, wait in waits if NOON + DAY + HOUR < at < NOON + DAY + 3 * HOUR) < 0.6 * HOUR
    assert min(wait for at, wait in waits if at > NOON + DAY + 8 * HOUR) >= HOUR


def test_whoever_answers_in_full_or_makes_noise_does_not_lie(reader: Reader, publisher: Publisher) -> None:
    def full(visit: Visit) -> Answer:
        return Answer(200, rss(visit.at), {"ETag": '"1"'})

    def noisy(visit: Visit) -> Answer:
        body = rss(NOON) + f"<!-- made at {visit.at} -->".encode()
        return Answer(304 if "if-none-match" in visit.headers else 200, body, {"ETag": '"1"'})

    reader.http = Http(allow_private_addresses=True, contact=HTTP.contact, full_fetch=10)
    numbers = [reader.follow(publisher.put(f"/{play.__name__}", Play(play, whole=10))) for play in (full, noisy)]
    reader.live(3 * DAY)
    assert publisher.faults == []
    assert [(poll := reader.feeds()[number].poll) and poll.lies for number in numbers] == [False, False]


@pytest.mark.parametrize(("full_fetch", "without"), [(0, []), (1, [*range(2, 26)]), (10, [10, 20])])
def test_how_often_the_whole_is_asked_for(
    reader: Reader, publisher: Publisher, full_fetch: int, without: list[int]
) -> None:
    reader.http = Http(allow_private_addresses=True, contact=HTTP.contact, full_fetch=full_fetch)
    reader.follow(publisher.put("/feed", Play(kept(lambda at: rss(NOON)), whole=1)))
    reader.live(26 * HOUR)
    plain = [visit.number for visit in publisher.visits[:25] if "if-none-match" not in visit.headers]
    assert plain == [1, *without]


def test_a_loop_and_a_dead_host_touch_no_other(reader: Reader, publisher: Publisher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}/feed"
    good = reader.follow(publisher.put("/good", waits(kept(rss), HOUR)))
    publisher.put("/b", Play(lambda visit: Answer(302, b"", {"Location": "/a"}, timedelta(0)), whole=1))
    looped = reader.follow(publisher.put("/a", Play(lambda visit: Answer(302, b"", {"Location": "/b"}), whole=1)))
    down = reader.follow(dead)
    reader.live(2 * DAY)
    assert publisher.faults == []
    feeds = reader.feeds()
    assert len(publisher.seen("/good")) > 44
    assert (poll := feeds[good].poll) and poll.failures == 0
    for number, word in ((looped, "in a circle"), (down, "refused")):
        poll = feeds[number].poll
        assert poll and poll.error and word in poll.error
        assert poll.failures == 6


def test_one_feeds_retry_after_counts_for_its_whole_host(reader: Reader, publisher: Publisher) -> None:
    publisher.put("/busy", lambda visit: Answer(429, b"", {"Retry-After": "7200"}, 2 * HOUR))
    numbers = [reader.follow(publisher.put(f"/{name}", kept(rss))) for name in "ab"]
    reader.follow(publisher.url("/busy"))
    last = [reader.follow(publisher.put(f"/{name}", kept(rss))) for name in "cd"]
    with closing(open_archive(reader.path)) as store:
        reader.poll(store)
    feeds = reader.feeds()
    assert [len(publisher.seen(f"/{name}")) for name in "abcd"] == [1, 1, 0, 0]
    for number in last:
        poll = feeds[number].poll
        assert poll and poll.next_due == NOON + 2 * HOUR
        assert (poll.failures, poll.last_polled, poll.answers) == (0, None, 0)
        assert poll.error and "wants no visit before 2026-11-24 14:00 UTC" in poll.error
    assert all((poll := feeds[number].poll) and poll.error is None for number in numbers)
    reader.live(3 * HOUR)
    assert [len(publisher.seen(f"/{name}")) >= 1 for name in "cd"] == [True, True]
