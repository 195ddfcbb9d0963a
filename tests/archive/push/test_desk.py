"""The desk over a real archive: what it asks of hubs, what it answers, and what it takes in. The clock is ours."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from archive.fetch import FetchError, Response
from archive.push import Desk
from archive.push.signature import sign
from archive.reparse import read
from archive.store import Observation, PollState, Push, Recorded, Served
from archive.store.sqlite import SqliteStore
from config.settings import Schedule
from feeds.parse import parse
from tests.support.archive import URL, hour
from tests.support.home import rss
from tests.support.items import HOUR, NOON

HUB = "https://hub.example/"
LINKS = (("Content-Type", "application/rss+xml"), ("Link", f'<{HUB}>; rel="hub", <{URL}>; rel="self"'))


class Watched(SqliteStore):
    """An archive in which something else happens once, while something is recorded."""

    meanwhile: Callable[[], object] | None = None

    def record(self, observations: Iterable[Observation]) -> list[Recorded]:
        found = super().record(observations)
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            meanwhile()
        return found


class House:
    """An archive, its desk, a clock, and hubs that answer with `status` and remember what they were asked."""

    def __init__(self, path: Path) -> None:
        self.now = NOON
        self.room = 1_000_000
        self.store = Watched(path, now=NOON, authority="b.example")
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.status = 202
        self.error: Exception | None = None
        self.open()

    def open(self) -> None:
        """As it is after a start of the program."""
        self.desk = Desk(
            self.store,
            base="https://b.example/feeds/",
            now=lambda: self.now,
            schedule=Schedule(),
            limit=100_000,
            short=lambda size: size > self.room,
        )

    def follow(self, *titles: str, headers: tuple[tuple[str, str], ...] = LINKS, url: str = URL, **poll: Any) -> int:
        """The feed, asked now."""
        feed = self.store.subscribe(url, kind="remote", now=self.now)
        body = rss("News", *titles)
        state = PollState(
            **{
                "next_due": self.now + HOUR,
                "last_polled": self.now,
                "last_success": self.now,
                "last_status": 200,
                **poll,
            }
        )
        self.store.record(
            [
                Observation(
                    feed=feed,
                    at=self.now,
                    served=Served(body=body, url=url, status=200, response_headers=headers),
                    parsed=parse(body, url),
                    poll=state,
                )
            ]
        )
        return feed

    async def post(self, url: str, form: Mapping[str, str]) -> Response:
        self.forms.append((url, dict(form)))
        if self.error:
            raise self.error
        return Response(
            url=url, final_url=url, status=self.status, headers=(), request_headers=(), body=b"", at=self.now, elapsed=0
        )

    def tend(self) -> list[dict[str, str]]:
        """What hubs are asked now."""
        self.forms.clear()
        asyncio.run(self.desk.tend(self.post))
        return [form for _, form in self.forms]

    @property
    def push(self) -> Push:
        [(push, _)] = self.store.pushes()
        return push

    @property
    def due(self) -> datetime:
        poll = self.store.feeds()[0].poll
        assert poll
        return poll.next_due

    def verify(self, mode: str = "subscribe", lease: int = 864_000) -> int:
        """The hub asks whether it was meant; gives the status."""
        said = {"hub.mode": mode, "hub.topic": self.push.topic, "hub.challenge": "c", "hub.lease_seconds": lease}
        return self.desk.answer(self.push.token, urlencode(said).encode()).status

    def deliver(self, body: bytes, *, secret: str | None = None, **headers: str) -> bool:
        """The hub delivers."""
        signature = sign("sha256", secret or self.push.secret, body)
        fields = {"Content-Type": "application/rss+xml", "X-Hub-Signature": signature, **headers}
        return self.desk.accept(self.push, tuple(fields.items()), body)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "a.sqlite")
    yield made
    made.store.close()


@pytest.fixture
def pushed(house: House) -> House:
    """A house whose feed the hub pushes."""
    house.follow("one")
    house.tend()
    assert house.verify() == 200
    return house


def test_a_feed_that_names_a_hub_is_asked_for_once(house: House) -> None:
    assert house.tend() == []
    house.follow("one")
    [form] = house.tend()

    assert form["hub.mode"], form["hub.topic"] == ("subscribe", URL)
    assert form["hub.callback"] == f"https://b.example/feeds/_push/{house.push.token}"
    assert (form["hub.secret"], form["hub.lease_seconds"]) == (house.push.secret, "864000")
    assert len(house.push.token) == 43 and len(house.push.secret) < 200 and house.push.token != house.push.secret
    assert house.forms[0][0] == HUB
    assert house.push.state == "asked"
    assert house.tend() == []
    assert repr(house.push) == f"<Push {house.push.feed} asked>"


def test_feeds_without_a_hub_are_left_alone(house: House) -> None:
    house.follow("one", headers=())

    assert house.tend() == [] == house.store.pushes()


def test_a_feed_that_is_followed_no_more_or_gone_is_not_asked_for(house: House) -> None:
    feed = house.follow("one")
    house.store.unsubscribe(feed, NOON)
    house.follow("one", url=f"{URL}?2", gone=NOON)

    assert house.tend() == [] == house.store.pushes()


def test_it_is_left_to_the_hub_that_has_agreed(pushed: House) -> None:
    assert pushed.push.expires == NOON + timedelta(days=10)
    assert pushed.due == hour(24)  # it was asked in this instant: nothing can be missing
    pushed.tend()
    assert pushed.due == hour(24)


def test_what_came_before_the_hub_agreed_is_asked_for(house: House) -> None:
    house.follow("one")
    house.tend()
    house.now = hour(0.5)
    assert house.verify() == 200
    house.tend()
    assert house.due == hour(1)
    house.now = hour(1)
    house.follow("one")
    house.tend()
    assert house.due == hour(25)


def test_after_a_start_it_is_asked_as_if_there_were_no_hub_then_less(pushed: House) -> None:
    pushed.tend()
    pushed.now = hour(3)
    pushed.open()
    assert pushed.tend() == []
    assert pushed.due == hour(1)  # what was pushed while nobody was here is lost
    pushed.follow("one")
    pushed.tend()
    assert pushed.due == hour(27)


def test_a_denial_ends_the_calm_and_is_asked_again_in_a_week(pushed: House) -> None:
    pushed.tend()
    said = urlencode({"hub.mode": "denied", "hub.topic": URL, "hub.reason": "no"}).encode()
    assert pushed.desk.answer(pushed.push.token, said).status == 200
    assert (pushed.push.state, pushed.push.reason, pushed.due) == ("denied", "no", hour(1))
    assert pushed.tend() == []
    old = pushed.push
    pushed.now += timedelta(days=7)
    assert len(pushed.tend()) == 1
    assert (pushed.push.state, pushed.push.token == old.token) == ("asked", False)


def test_the_lease_is_renewed_and_stands_meanwhile(pushed: House) -> None:
    token, secret = pushed.push.token, pushed.push.secret
    pushed.now += timedelta(days=8)
    [form] = pushed.tend()
    assert form["hub.mode"] == "subscribe" and form["hub.secret"] == secret and form["hub.callback"].endswith(token)
    assert pushed.push.state == "verified"
    assert pushed.tend() == []
    assert pushed.verify() == 200
    assert pushed.push.expires == NOON + timedelta(days=18)


def test_a_lease_that_ends_ends_the_calm(pushed: House) -> None:
    pushed.error = FetchError(HUB, "refused", "the server refused the connection")
    pushed.verify(lease=7200)
    pushed.tend()
    assert pushed.due == hour(2)
    pushed.now = hour(2)
    pushed.tend()
    assert pushed.due == hour(1)
    assert pushed.push.reason == "the server refused the connection"


@pytest.mark.parametrize(("status", "state"), [(400, "denied"), (404, "denied"), (408, "asked"), (429, "asked"),
                                               (500, "asked"), (302, "asked")])  # fmt: skip
def test_a_hub_that_refuses(status: int, state: str, house: House) -> None:
    house.status = status
    house.follow("one")
    house.tend()
    assert (house.push.state, house.push.reason) == (state, f"the hub answered {status}")
    assert house.tend() == []
    house.status, house.now = 202, house.now + timedelta(days=7)
    assert len(house.tend()) == 1


def test_a_fault_of_ours_with_one_hub_stops_no_other(house: House) -> None:
    house.error = RuntimeError("oh")
    house.follow("one")
    house.follow("one", url=f"{URL}?2", headers=(("Link", '<https://new.example/>; rel="hub"'),))
    assert len(house.tend()) == 2
    assert {push.reason for push, _ in house.store.pushes()} == {"a fault of Backissue (RuntimeError: oh)"}


def test_a_renewal_that_is_refused_leaves_what_is_left(pushed: House) -> None:
    pushed.status, pushed.now = 404, NOON + timedelta(days=8)
    pushed.tend()
    assert (pushed.push.state, pushed.push.reason) == ("verified", "the hub answered 404")


def test_a_feed_that_is_removed_is_unsubscribed(pushed: House) -> None:
    pushed.store.unsubscribe(pushed.push.feed, NOON)
    [form] = pushed.tend()
    assert (form["hub.mode"], form["hub.topic"]) == ("unsubscribe", URL)
    assert pushed.verify() == 404
    assert pushed.verify("unsubscribe") == 200
    assert pushed.tend() == []
    token = pushed.push.token
    pushed.store.subscribe(URL, kind="remote", now=NOON)  # taken up again
    assert [form["hub.mode"] for form in pushed.tend()] == ["subscribe"]
    assert pushed.push.token != token


def test_so_it_is_after_a_start(pushed: House) -> None:
    pushed.store.unsubscribe(pushed.push.feed, NOON)
    pushed.open()
    assert [form["hub.mode"] for form in pushed.tend()] == ["unsubscribe"]


def test_a_feed_that_names_its_hub_no_more_is_unsubscribed(pushed: House) -> None:
    pushed.now = hour(1)
    pushed.follow("two", headers=())
    assert [form["hub.mode"] for form in pushed.tend()] == ["unsubscribe"]
    assert pushed.due == hour(2)


def test_another_hub_or_topic_is_another_subscription(pushed: House) -> None:
    pushed.now, old = hour(1), pushed.push
    links = (("Link", f'<https://new.example/>; rel="hub", <{URL}>; rel="self"'),)
    pushed.follow("two", headers=links)
    assert len(pushed.tend()) == 1
    assert (pushed.push.hub, pushed.push.state) == ("https://new.example/", "asked")
    assert pushed.desk.find(old.token) is None
    assert pushed.desk.answer(old.token, b"").status == 404


def test_a_delivery_goes_through_the_door_of_polls(pushed: House) -> None:
    pushed.tend()
    pushed.now = hour(2)
    assert pushed.deliver(rss("A hub's head", "two"))
    assert pushed.due == hour(2)  # in case that we end right now
    assert pushed.desk.wait(0)
    [told] = pushed.desk.take_in()

    assert (told.outcome, told.recorded.new, told.error) == ("new", 1, None)
    assert pushed.due == hour(24)
    assert not pushed.desk.wait(0) and pushed.desk.take_in() == []
    assert (pushed.push.pushed, pushed.push.reason) == (hour(2), None)
    entries = {one.entry.title: one for one in pushed.store.entries()}
    assert {title: one.in_window for title, one in entries.items()} == {"one": True, "two": True}
    [feed] = pushed.store.feeds()
    assert feed.title == "News"  # what it says of itself is learnt by asking it
    assert feed.poll and (feed.poll.last_polled, feed.poll.last_success) == (NOON, NOON)
    *_, document = pushed.store.documents()
    assert (document.served.body, document.served.url, document.served.status) == (
        rss("A hub's head", "two"),
        URL,
        None,
    )
    assert document.served.request_headers == (("Backissue-Pushed-By", HUB),)


def test_an_end_before_it_is_taken_in_costs_a_visit_and_no_entry(pushed: House) -> None:
    pushed.tend()
    pushed.now = hour(2)
    assert pushed.deliver(rss("News", "two"))
    pushed.open()  # as after a kill -9: what lay on the desk is gone
    pushed.tend()
    assert pushed.due == hour(2)
    pushed.now = hour(3)
    pushed.follow("two", "one")
    pushed.tend()
    assert pushed.due == hour(27)


def test_a_delivery_that_comes_while_others_are_taken_in_keeps_it_due(pushed: House) -> None:
    pushed.tend()
    pushed.now = hour(2)
    pushed.deliver(rss("News", "two"))
    pushed.store.meanwhile = lambda: pushed.deliver(rss("News", "three"))
    assert len(pushed.desk.take_in()) == 1
    assert pushed.due == hour(2)
    assert len(pushed.desk.take_in()) == 1
    assert pushed.due == hour(24)


def test_the_next_visit_finds_the_same_and_what_has_left(pushed: House) -> None:
    pushed.deliver(rss("News", "two"))
    pushed.desk.take_in()
    pushed.now = hour(24)
    pushed.follow("two")
    entries = {one.entry.title: one for one in pushed.store.entries()}
    assert {title: (one.in_window, one.versions) for title, one in entries.items()} == {
        "one": (False, 1),
        "two": (True, 1),
    }


def test_what_was_delivered_and_then_served_are_two_documents(pushed: House) -> None:
    """Else reading them again could not tell which of them was the feed's window."""
    pushed.now = hour(1)
    pushed.deliver(rss("News", "two"))
    pushed.desk.take_in()
    pushed.now = hour(2)
    pushed.follow("two")
    windows = []
    for document in pushed.store.documents():
        seen = read(document, "remote")
        assert seen
        windows.append((document.served.status, seen.windowed))
    assert windows == [(200, True), (None, False), (200, True)]


def test_the_same_delivery_again_changes_nothing(pushed: House) -> None:
    for _ in range(3):
        pushed.deliver(rss("News", "two"))
    assert [(one.recorded.new, one.outcome) for one in pushed.desk.take_in()] == [
        (1, "new"),
        (0, "unchanged"),
        (0, "unchanged"),
    ]
    assert len(list(pushed.store.documents())) == 2


def test_an_edit_comes_by_a_delivery(pushed: House) -> None:
    pushed.deliver(rss("News", "one", text="Better text"))
    [told] = pushed.desk.take_in()
    assert (told.outcome, told.recorded.edited) == ("changed", 1)


@pytest.mark.parametrize("state", ["asked", "verified"])
def test_a_forged_delivery_changes_nothing_but_is_noted(state: str, house: House) -> None:
    house.follow("one")
    house.tend()
    if state == "verified":
        house.verify()
    house.tend()
    due = house.due
    assert not house.deliver(rss("News", "two"), secret="another")
    assert not house.desk.wait(0)
    assert (house.due, house.push.state) == (due, state)
    assert house.push.reason == "a delivery was ignored: its signature is not by our secret"


def test_a_delivery_that_is_no_feed_makes_it_be_asked(pushed: House) -> None:
    pushed.tend()
    pushed.now = hour(2)
    assert pushed.deliver(b"there is something new", **{"Content-Type": "text/plain"})
    [told] = pushed.desk.take_in()
    assert told.outcome == "failed" and told.error and told.error.startswith("a delivery was no feed: ")
    assert pushed.push.reason == told.error
    pushed.tend()
    assert pushed.due == hour(2)
    pushed.follow("two")  # asked, so all is well again
    pushed.tend()
    assert pushed.due == hour(26)


def test_a_compressed_delivery(pushed: House) -> None:
    body = gzip.compress(rss("News", "two"))
    pushed.deliver(body, **{"Content-Encoding": "gzip"})
    assert pushed.desk.take_in()[0].recorded.new == 1
    pushed.deliver(gzip.compress(bytes(10_000_000)), **{"Content-Encoding": "gzip"})
    [told] = pushed.desk.take_in()
    assert told.error == "a delivery was no feed: it is too large"
    pushed.deliver(b"damaged", **{"Content-Encoding": "gzip"})
    assert "compressed as gzip, but is not" in str(pushed.desk.take_in()[0].error)


def test_too_many_deliveries_at_once_are_asked_for_instead(pushed: House) -> None:
    pushed.now = hour(0.5)
    body = rss("News", "two") + b" " * 90_000
    assert [pushed.deliver(body) for _ in range(6)] == [True] * 6
    assert len(pushed.desk.take_in()) == 4


def test_what_there_is_no_room_for_is_asked_for_once_there_is(pushed: House) -> None:
    pushed.tend()
    pushed.now = hour(2)
    pushed.room = 100
    assert pushed.deliver(rss("News", "two"))
    assert pushed.desk.take_in() == []
    pushed.tend()
    assert pushed.due == hour(2), "it is asked when it may be"
    pushed.room = 1_000_000
    assert pushed.deliver(rss("News", "three"))
    assert [one.outcome for one in pushed.desk.take_in()] == ["new"]


def test_deliveries_of_a_removed_feed_are_dropped(pushed: House) -> None:
    pushed.deliver(rss("News", "two"))
    pushed.store.unsubscribe(pushed.push.feed, NOON)
    assert pushed.desk.take_in() == []


def test_many_hubs_are_asked_some_at_a_time(house: House) -> None:
    for number in range(60):
        links = (("Link", f'<{HUB}>; rel="hub"'),)
        house.follow("one", url=f"{URL}?{number}", headers=links)
    assert [len(house.tend()) for _ in range(4)] == [20, 20, 20, 0]
    assert all(push.asked.tzinfo is UTC for push, _ in house.store.pushes())
