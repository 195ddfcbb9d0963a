"""Polling, against a real server and into a real archive."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from archive.fetch import Fetcher, Request, Response
from archive.schedule import Asking, Polled, poll
from archive.store import Observation, Recorded, StoreError
from archive.store.sqlite import SqliteStore
from config.settings import Http, Schedule
from tests.support.archive import hour, open_archive
from tests.support.items import NOON
from tests.support.server import FeedServer

ROOT = Path(__file__).resolve().parents[3]
HERE = Http(allow_private_addresses=True, timeout=5.0, per_host=50)
LEASE = timedelta(minutes=10)


def rss(number: int, items: int = 2) -> str:
    one = "<item><guid>{0}-{1}</guid><title>Item {1} of {0}</title><description>words {1}</description></item>"
    text = "".join(one.format(number, item) for item in range(items, 0, -1))
    return f"<rss version='2.0'><channel><title>Feed {number}</title><link>http://s/</link>{text}</channel></rss>"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        yield store


def subscribed(store: SqliteStore, server: FeedServer, count: int) -> list[int]:
    """So many feeds of the server, which serves them all."""
    for number in range(1, count + 1):
        server.put(f"/{number}", rss(number), etag=f'W/"{number},a b"', last_modified="Tue, 24 nov 2026 11:00:00 +0000")
    urls = [server.url(f"/{number}") for number in range(1, count + 1)]
    return [store.subscribe(url, kind="remote", now=NOON) for url in urls]


def run(
    store: Any,
    at: float = 0,
    *,
    http: Http = HERE,
    stop_after: int | None = None,
    get: Callable[[Request], Any] | None = None,
    **values: Any,
) -> list[Polled]:
    """A pass at that hour; `stop_after` so many feeds it is told to stop."""

    def now() -> datetime:
        return hour(at)

    async def ask() -> list[Polled]:
        stop, heard = asyncio.Event(), 0

        def done(polled: Polled) -> None:
            nonlocal heard
            heard += 1
            if heard == stop_after:
                stop.set()

        async with Fetcher(http, now=now, version="0") as fetcher:
            asking = Asking(get=get or fetcher.get, now=now, schedule=Schedule(), per_host=http.per_host)
            found = await poll(store, asking, done=done, stop=stop, **values)
        assert heard == len(found)
        assert stop.is_set() == (stop_after is not None)
        return found

    return asyncio.run(asyncio.wait_for(ask(), 60))


def outcomes(found: Iterable[Polled]) -> dict[int, str]:
    return {polled.feed.id: polled.outcome for polled in found}


def test_many_feeds_twice(store: SqliteStore, feed_server: FeedServer) -> None:
    numbers = subscribed(store, feed_server, 60)

    assert outcomes(run(store)) == dict.fromkeys(numbers, "new")
    assert len(feed_server.requests) == 60
    totals = store.totals()
    assert (totals.entries, totals.documents) == (120, 60)
    assert run(store, 0.5) == []

    again = run(store, 2)
    assert outcomes(again) == dict.fromkeys(numbers, "unchanged")
    assert len(feed_server.requests) == 120
    for seen in feed_server.requests[60:]:
        assert seen.status == 304
        assert seen.headers["if-none-match"] == f'W/"{seen.path[1:]},a b"'
        assert seen.headers["if-modified-since"] == "Tue, 24 nov 2026 11:00:00 +0000"
    assert store.totals().documents == 60
    assert all(feed.poll and feed.poll.last_success == hour(2) for feed in store.feeds())
    assert list(store.examine()) == []


def test_more_feeds_than_are_claimed_at_once(store: SqliteStore, feed_server: FeedServer) -> None:
    numbers = subscribed(store, feed_server, 450)
    assert outcomes(run(store)) == dict.fromkeys(numbers, "new")
    assert outcomes(run(store, 0.1, feeds=[*numbers, *numbers])) == dict.fromkeys(numbers, "unchanged")
    assert len(feed_server.requests) == 900


def test_a_host_with_many_feeds_takes_no_places_of_others(store: SqliteStore, feed_server: FeedServer) -> None:
    """The feeds of a busy host were added first, more of them than may be under way; then those of another one."""
    busy = subscribed(store, feed_server, 500)
    others = [
        store.subscribe(feed_server.url(f"/{number}").replace("127.0.0.1", "localhost"), kind="remote", now=NOON)
        for number in range(1, 21)
    ]
    one_at_a_time = structs.replace(HERE, per_host=1, gap=0)

    order = [polled.feed.id for polled in run(store, http=one_at_a_time)]

    assert sorted(order) == [*busy, *others]
    assert max(map(order.index, others)) < 300


def test_given_feeds_that_others_hold_do_not_hide_those_behind_them(
    store: SqliteStore, feed_server: FeedServer
) -> None:
    numbers = subscribed(store, feed_server, 220)
    store.claim(now=NOON, limit=210, lease=LEASE)
    assert outcomes(run(store, feeds=numbers)) == dict.fromkeys(numbers[210:], "new")


def test_what_changed(store: SqliteStore, feed_server: FeedServer) -> None:
    subscribed(store, feed_server, 3)
    run(store)
    feed_server.put("/1", rss(1, 3))
    feed_server.put("/2", rss(2).replace("words 1", "other words"))
    feed_server.put("/3", rss(3), etag="changed")

    found = {polled.feed.id: polled for polled in run(store, 2)}
    assert outcomes(found.values()) == {1: "new", 2: "changed", 3: "unchanged"}
    assert [(one.new, one.edited, one.unchanged) for one in (found[n].recorded for n in (1, 2, 3))] == [
        (1, 0, 2),
        (0, 1, 1),
        (0, 0, 0),
    ]
    assert all(polled.next_due and polled.next_due > hour(3) for polled in found.values())


def test_every_kind_of_failure_is_that_feeds_alone(store: SqliteStore, feed_server: FeedServer) -> None:
    subscribed(store, feed_server, 8)
    feed_server.error("/1", 404)
    feed_server.error("/2", 503, {"Retry-After": "36000"})
    feed_server.put("/3", "<html><body>no</body></html>", content_type="text/html")
    feed_server.raw("/4", b"nonsense\r\n\r\n")
    feed_server.raw("/5", b"")
    feed_server.redirect("/6", "/6")
    feed_server.error("/7", 410)

    found = {polled.feed.id: polled for polled in run(store)}
    assert outcomes(found.values()) == dict.fromkeys(range(1, 8), "failed") | {8: "new"}
    assert all(polled.error and "\n" not in polled.error for number, polled in found.items() if number < 8)
    assert found[2].next_due
    assert hour(10) <= found[2].next_due < hour(11)
    assert store.totals().documents == 2

    # 410 is not asked again but by name; the others are, when they are due.
    later = run(store, 1000)
    assert sorted(outcomes(later)) == [1, 2, 3, 4, 5, 6, 8]
    assert len(feed_server.asked("/7")) == 1
    feed_server.put("/7", rss(7))
    assert outcomes(run(store, 1001, feeds=[7])) == {7: "new"}
    assert 7 in outcomes(run(store, 2000))


def test_a_feed_that_moves_is_asked_politely(store: SqliteStore, feed_server: FeedServer) -> None:
    [number] = subscribed(store, feed_server, 1)
    feed_server.put("/new", rss(1), etag='"new"')
    feed_server.redirect("/1", "/middle")
    feed_server.redirect("/middle", "/new")
    assert outcomes(run(store)) == {number: "new"}
    assert outcomes(run(store, 2)) == {number: "unchanged"}
    assert [seen.headers.get("if-none-match") for seen in feed_server.asked("/new")] == [None, '"new"']
    assert "if-none-match" not in feed_server.asked("/1")[1].headers


def test_a_host_that_hangs_delays_nobody(store: SqliteStore, feed_server: FeedServer) -> None:
    subscribed(store, feed_server, 30)
    feed_server.hang("/hangs")
    store.subscribe(feed_server.url("/hangs", "localhost"), kind="remote", now=NOON - LEASE)
    heard: list[tuple[float, str]] = []
    start = time.monotonic()

    async def ask() -> None:
        async with Fetcher(
            Http(allow_private_addresses=True, timeout=4.0, per_host=1), now=lambda: NOON, version="0"
        ) as fetcher:
            asking = Asking(get=fetcher.get, now=lambda: NOON, schedule=Schedule())
            await poll(store, asking, done=lambda polled: heard.append((time.monotonic() - start, polled.outcome)))

    asyncio.run(ask())
    assert sorted(outcome for _, outcome in heard) == ["failed"] + ["new"] * 30
    assert max(when for when, outcome in heard if outcome == "new") < 3.9
    [hanging] = [feed.poll for feed in store.feeds() if "hangs" in feed.url]
    assert "longer than 4 s" in str(hanging and hanging.error)


def test_a_stop_writes_what_came_and_gives_back_the_rest(store: SqliteStore, feed_server: FeedServer) -> None:
    numbers = subscribed(store, feed_server, 10)
    for number in (3, 6, 9):
        feed_server.hang(f"/{number}")
    found = run(store, stop_after=7)

    assert outcomes(found) == {number: "new" for number in numbers if number % 3}
    assert [feed.id for feed in store.claim(now=NOON, limit=99, lease=LEASE)] == [3, 6, 9]
    assert store.totals().entries == 14


def test_a_stop_before_the_start(store: SqliteStore, feed_server: FeedServer) -> None:
    subscribed(store, feed_server, 2)

    async def ask() -> list[Polled]:
        stop = asyncio.Event()
        stop.set()
        async with Fetcher(HERE, now=lambda: NOON, version="0") as fetcher:
            return await poll(store, Asking(get=fetcher.get, now=lambda: NOON, schedule=Schedule()), stop=stop)

    assert asyncio.run(ask()) == []
    assert feed_server.requests == []


def test_a_pass_that_is_cancelled_gives_its_feeds_back(store: SqliteStore, feed_server: FeedServer) -> None:
    subscribed(store, feed_server, 2)
    feed_server.hang("/1")
    feed_server.hang("/2")
    with pytest.raises(TimeoutError):

        async def ask() -> None:
            async with Fetcher(HERE, now=lambda: NOON, version="0") as fetcher:
                asking = Asking(get=fetcher.get, now=lambda: NOON, schedule=Schedule())
                await asyncio.wait_for(poll(store, asking), 0.5)

        asyncio.run(ask())
    assert [feed.id for feed in store.claim(now=NOON, limit=9, lease=LEASE)] == [1, 2]


# --- faults ------------------------------------------------------------------------------------------------------


class Faulty:
    """A store with a fault of its own for some feeds; all else is the real one's."""

    def __init__(self, store: SqliteStore, fault: Callable[[Observation], Exception | None]) -> None:
        self._store = store
        self._fault = fault
        self.calls = 0

    def record(self, observations: Iterable[Observation]) -> list[Recorded]:
        self.calls += 1
        seen = list(observations)
        for one in seen:
            if fault := self._fault(one):
                raise fault
        return self._store.record(seen)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_a_fault_in_one_feed_does_not_stop_the_others(
    store: SqliteStore, feed_server: FeedServer, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = subscribed(store, feed_server, 20)
    faulty = Faulty(store, lambda seen: KeyError("x") if seen.feed == 5 and seen.parsed else None)
    with caplog.at_level(logging.CRITICAL):
        found = {polled.feed.id: polled for polled in run(faulty)}

    assert outcomes(found.values()) == dict.fromkeys(numbers, "new") | {5: "failed"}
    assert "a fault of Backissue (KeyError: 'x')" in str(found[5].error)
    assert "please report it" in str(found[5].error)
    assert store.totals().entries == 38
    assert [feed.id for feed in store.feeds() if feed.poll and feed.poll.failures] == [5]


def test_a_feed_whose_failure_cannot_be_written_either(
    store: SqliteStore, feed_server: FeedServer, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = subscribed(store, feed_server, 20)
    with caplog.at_level(logging.CRITICAL):
        found = run(Faulty(store, lambda seen: KeyError("x") if seen.feed == 5 else None))

    assert outcomes(found) == dict.fromkeys(numbers, "new") | {5: "failed"}
    assert store.claim(now=hour(0.1), limit=9, lease=LEASE) == []
    assert [feed.id for feed in store.claim(now=hour(0.2), limit=9, lease=LEASE)] == [5]


def test_a_fault_while_asking_is_that_feeds_alone(
    store: SqliteStore, feed_server: FeedServer, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = subscribed(store, feed_server, 5)

    async def get(request: Request) -> Response:
        async with Fetcher(HERE, now=lambda: NOON, version="0") as fetcher:
            if request.url.endswith("/3"):
                raise RecursionError
            return await fetcher.get(request)

    with caplog.at_level(logging.CRITICAL):
        found = run(store, get=get)
    assert outcomes(found) == dict.fromkeys(numbers, "new") | {3: "failed"}


@pytest.mark.parametrize("count", [3, 400])
def test_a_full_disk_ends_the_pass(store: SqliteStore, feed_server: FeedServer, count: int) -> None:
    subscribed(store, feed_server, count)
    full = Faulty(store, lambda seen: StoreError("a.sqlite", "the disk is full"))
    start = time.monotonic()
    with pytest.raises(StoreError, match="the disk is full"):
        run(full)
    assert time.monotonic() - start < 20
    assert full.calls == 1
    assert len(feed_server.requests) <= 400
    # What had been asked is given back, so far as it was still under way; the rest was never taken.
    assert store.totals().entries == 0


def test_a_disk_that_is_full_when_the_pass_is_told_to_stop(store: SqliteStore, feed_server: FeedServer) -> None:
    subscribed(store, feed_server, 400)
    slow = threading.Event()

    def fault(seen: Observation) -> Exception | None:
        slow.wait(1.0)  # until the queue behind is full and the stop has come
        return StoreError("a.sqlite", "the disk is full")

    async def ask() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.7, stop.set)
        async with Fetcher(HERE, now=lambda: NOON, version="0") as fetcher:
            asking = Asking(get=fetcher.get, now=lambda: NOON, schedule=Schedule())
            await poll(Faulty(store, fault), asking, stop=stop)  # type: ignore[arg-type]

    with pytest.raises(StoreError, match="the disk is full"):
        asyncio.run(asyncio.wait_for(ask(), 20))


def test_a_real_full_disk(tmp_path: Path, feed_server: FeedServer) -> None:
    resource = pytest.importorskip("resource")
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        subscribed(store, feed_server, 3)
        feed_server.put("/2", rss(2).replace("words 1", random.Random(1).randbytes(1_000_000).hex()))
    if child := os.fork():
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    else:  # pragma: no cover
        code = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
            run(open_archive(tmp_path / "a.sqlite"))
        except StoreError as error:
            code = 7 if "disk" in str(error) else 8
        finally:
            os._exit(code)
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        assert list(store.examine()) == []
        assert outcomes(run(store, 1))[2] == "new"


# --- leases ------------------------------------------------------------------------------------------------------

CLAIM = """
import sys, time
from datetime import timedelta
from pathlib import Path
from tests.support.archive import NOON, open_archive
store = open_archive(Path(sys.argv[1]))
print(len(store.claim(now=NOON, limit=99, lease=timedelta(minutes=10))), flush=True)
time.sleep(60)
"""


def test_a_killed_pass_is_done_again_at_once(tmp_path: Path, store: SqliteStore, feed_server: FeedServer) -> None:
    numbers = subscribed(store, feed_server, 3)
    child = subprocess.Popen(
        [sys.executable, "-c", CLAIM, tmp_path / "a.sqlite"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdout
    assert child.stdout.readline() == "3\n"
    assert run(store) == []
    child.kill()
    child.wait(10)
    child.stdout.close()
    assert outcomes(run(store)) == dict.fromkeys(numbers, "new")


def test_two_passes_at_once_ask_each_feed_once(tmp_path: Path, store: SqliteStore, feed_server: FeedServer) -> None:
    numbers = subscribed(store, feed_server, 40)
    found: list[Polled] = []

    def other() -> None:
        with closing(open_archive(tmp_path / "a.sqlite")) as second:
            found.extend(run(second))

    thread = threading.Thread(target=other)
    thread.start()
    mine = run(store)
    thread.join()
    assert sorted(polled.feed.id for polled in (*mine, *found)) == numbers
    assert len(feed_server.requests) == 40
