"""Walking into a feed's past over HTTP: what is taken in, what ends it, and that it goes on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.backfill import Asking, Bounds, Filled, fill_gaps, walk
from archive.backfill.bounds import read_progress
from archive.fetch import Fetcher
from archive.schedule import Asking as Polling
from archive.schedule import poll
from archive.store import FeedRecord
from archive.store.sqlite import SqliteStore
from config.settings import Http, Schedule
from tests.support.archive import open_archive
from tests.support.items import NOON
from tests.support.past import page, put_archive, put_pages
from tests.support.server import FeedServer

HERE = Http(timeout=5.0, gap=0)
OPEN = Http(timeout=5.0, gap=0, allow_private=("127.0.0.1", "localhost"))
WORDPRESS = "https://wordpress.org/?v=6.4"


class Reader:
    """An archive that follows one feed, and asks for its past."""

    def __init__(self, store: SqliteStore, http: Http = HERE) -> None:
        self.store = store
        self.http = http
        self.at = NOON

    def follow(self, url: str) -> FeedRecord:
        self.store.subscribe(url, kind="remote", now=self.at)
        return self.poll()

    def poll(self) -> FeedRecord:
        """Ask the feed."""

        async def ask(client: Fetcher) -> None:
            await poll(self.store, Polling(get=client.get, now=self.now, schedule=Schedule()), feeds=[1])

        self._run(ask)
        return self.feed()

    def feed(self) -> FeedRecord:
        [feed] = self.store.feeds()
        return feed

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def walk(self, pages: int = 100, size: int = 10**8, **values: Any) -> Filled:
        """Fetch the past."""
        found: list[Filled] = []

        async def go(client: Fetcher) -> None:
            bounds = Bounds(pages, timedelta(seconds=60), size)
            found.append(await walk(self.store, self.feed(), Asking(get=client.get, now=self.now), bounds, **values))

        self._run(go)
        return found[0]

    def fill(self, bounds: Bounds | None = None, **values: Any) -> Filled | None:
        found: list[Filled | None] = []

        async def go(client: Fetcher) -> None:
            asking = Asking(get=client.get, now=self.now)
            found.append(await fill_gaps(self.store, self.feed(), asking, bounds or Bounds(), **values))

        self._run(go)
        return found[0]

    def _run(self, work: Callable[[Fetcher], Any]) -> None:
        async def go() -> None:
            async with Fetcher(self.http, now=self.now, version="0") as client:
                await work(client)

        asyncio.run(go())

    def numbers(self) -> list[int]:
        """The entries that the archive has, by their numbers."""
        found = self.store.entries(limit=1000)
        return sorted(int((one.entry.id or "").rpartition(":")[2]) for one in found)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        yield Reader(store)


def test_archive_documents_are_followed_to_the_first(reader: Reader, feed_server: FeedServer) -> None:
    reader.follow(put_archive(feed_server, 5))
    assert reader.numbers() == list(range(13, 19)) == [13, 14, 15, 16, 17, 18]
    filled = reader.walk()
    assert reader.numbers() == list(range(1, 19))
    assert (filled.ended, filled.left, filled.new) == ("it is the first page", False, 12)
    assert [one.address for one in filled.pages] == [feed_server.url(f"/archive/{n}") for n in (5, 4, 3, 2, 1)]
    assert {one.way for one in filled.pages} == {"prev-archive"}


def test_what_is_current_stays_so(reader: Reader, feed_server: FeedServer) -> None:
    url = put_archive(feed_server, 2)
    before = page([6, 5, 4], {"prev-archive": feed_server.url("/archive/1")}, text="as it was")
    feed_server.put("/archive/2", before)
    feed = reader.follow(url)
    filled = reader.walk()
    record = reader.store.find_entry("urn:n:6")
    assert record
    assert record.in_window
    assert record.entry.content and record.entry.content.value == "Text 6"
    assert record.versions == 2
    current, older = sorted(reader.store.history(record.id), key=lambda one: not one.current)
    assert older.entry.content and older.entry.content.value == "Text as it was"
    assert current.copy and (current.copy.how, current.copy.url) == ("polled", url)
    assert older.copy and (older.copy.how, older.copy.detail) == ("backfilled", "prev-archive")
    assert older.copy.url == feed_server.url("/archive/2")
    assert older.copy.at == filled.pages[0].at
    assert [one.edited for one in filled.pages] == [3, 0]
    after = reader.feed()
    assert after.meta == feed.meta
    assert after.poll == feed.poll
    first = reader.store.find_entry("urn:n:1")
    assert first and (first.in_window, first.left_why) == (False, "seen once")
    reader.poll()
    again = reader.store.find_entry("urn:n:6")
    assert again and again.in_window


@pytest.mark.parametrize(
    ("system", "addresses", "end"),
    [
        ("WordPress 6.4", ["/feed", "/feed?paged=2", "/feed?paged=3"], "/feed?paged=4"),
        (
            "Blogger",
            ["/feed", "/feed?start-index=4&max-results=100", "/feed?start-index=7&max-results=100"],
            "/feed?start-index=10&max-results=100",
        ),
        ("Ghost 5", ["/feed", "/feed/2/", "/feed/3/"], "/feed/4/"),
        ("Drupal 10", ["/feed", "/feed?page=1", "/feed?page=2"], "/feed?page=3"),
        ("Joomla! - x", ["/feed", "/feed?start=3", "/feed?start=6"], "/feed?start=9"),
    ],
)
@pytest.mark.parametrize("ends", ["404", "empty", "the first once more"])
def test_systems_page_by_habit(
    reader: Reader, feed_server: FeedServer, system: str, addresses: list[str], end: str, ends: str
) -> None:
    reader.follow(put_pages(feed_server, addresses, generator=system))
    if ends == "404":
        feed_server.error(end, 404)
    else:
        feed_server.put(end, page([] if ends == "empty" else [9, 8, 7], generator=system))
    filled = reader.walk()
    assert reader.numbers() == list(range(1, 10))
    assert not filled.left
    assert "no more pages" in filled.ended or "no other pages" in filled.ended
    assert len(feed_server.requests) == 4


def test_a_system_that_does_not_page_after_all_costs_one_request(reader: Reader, feed_server: FeedServer) -> None:
    reader.follow(put_pages(feed_server, ["/feed"], generator=WORDPRESS))
    assert reader.walk().ended == "the site shows no other pages"
    assert len(feed_server.requests) == 2
    assert reader.walk(habits=False).pages == ()


def test_pages_are_followed_and_a_missing_one_is_gone_round(reader: Reader, feed_server: FeedServer) -> None:
    addresses = ["/feed", *(f"/page/{number}" for number in range(2, 7))]
    reader.follow(put_pages(feed_server, addresses, links=True))
    feed_server.remove("/page/4")
    filled = reader.walk()
    assert [one.address.rpartition("/")[2] for one in filled.pages] == ["2", "3", "4", "6", "5"]
    assert [bool(one.error) for one in filled.pages] == [False, False, True, False, False]
    assert not read_progress(reader.store.backfill(1)).whole
    assert reader.numbers() == [1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16, 17, 18]


def test_a_missing_archive_document_is_told_and_tried_again(reader: Reader, feed_server: FeedServer) -> None:
    reader.follow(put_archive(feed_server, 4))
    body = feed_server._routes["/archive/2"].body
    feed_server.remove("/archive/2")
    filled = reader.walk()
    assert filled.ended == f"{feed_server.url('/archive/2')}: the server answered 404 (Not Found)"
    assert filled.left
    feed_server.put("/archive/2", body)
    filled = reader.walk()
    assert [one.address.rpartition("/")[2] for one in filled.pages] == ["2", "1"]
    assert reader.numbers() == list(range(1, 16))


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_that_is_busy_is_asked_again_the_next_time(
    reader: Reader, feed_server: FeedServer, status: int
) -> None:
    reader.follow(put_archive(feed_server, 3))
    body = feed_server._routes["/archive/1"].body
    feed_server.error("/archive/1", status)
    filled = reader.walk()
    assert f"the server answered {status}" in filled.ended
    assert filled.left
    feed_server.put("/archive/1", body)
    assert reader.walk().ended == "it is the first page"


def test_no_circle_is_gone_round_twice_not_even_over_hosts(reader: Reader, feed_server: FeedServer) -> None:
    reader.http = OPEN
    here, there = feed_server.url("/a"), feed_server.url("/b", "localhost")
    feed_server.put("/feed", page([9, 8], {"prev-archive": here}))
    feed_server.put("/a", page([7, 6], {"prev-archive": there}))
    feed_server.put("/b", page([5, 4], {"prev-archive": feed_server.url("/a", "127.0.0.1") + "#again"}))
    reader.follow(feed_server.url("/feed"))
    filled = reader.walk()
    assert (len(filled.pages), filled.ended) == (2, f"it leads back to {here}#again")
    assert not filled.left
    # The same two documents under ever new names: what came before ends it.
    feed_server.put("/b", page([5, 4], {"prev-archive": feed_server.url("/a?again", "localhost")}))
    filled = reader.walk(again=True)
    assert len(filled.pages) == 3
    assert "shows what was shown before" in filled.ended


def test_a_feed_that_leads_to_itself_is_not_asked(reader: Reader, feed_server: FeedServer) -> None:
    feed_server.put("/feed", page([2, 1], {"prev-archive": feed_server.url("/feed")}))
    reader.follow(feed_server.url("/feed"))
    assert reader.walk().ended == f"it leads back to {feed_server.url('/feed')}"
    assert len(feed_server.requests) == 1


def test_only_the_feeds_own_server_may_be_of_the_own_network(reader: Reader, feed_server: FeedServer) -> None:
    feed_server.put("/feed", page([9, 8], {"prev-archive": feed_server.url("/a")}))
    feed_server.put("/a", page([7, 6], {"prev-archive": feed_server.url("/b", "localhost")}))
    feed_server.put("/b", page([5, 4]))
    reader.follow(feed_server.url("/feed"))
    filled = reader.walk()
    assert [one.error is None for one in filled.pages] == [True, False]
    assert filled.pages[1].error and "not on the public internet" in filled.pages[1].error
    assert feed_server.asked("/b") == []


def test_credentials_go_to_the_feeds_own_server_alone(reader: Reader, feed_server: FeedServer) -> None:
    reader.http = OPEN
    put_archive(feed_server, 2)
    feed_server.put("/archive/2", page([6, 5, 4], {"prev-archive": feed_server.url("/archive/1", "localhost")}))
    reader.follow(feed_server.url("/feed").replace("//", "//ann:secret@"))
    assert len(reader.walk().pages) == 2
    asked = [("authorization" in seen.headers, seen.path) for seen in feed_server.requests]
    assert asked == [(True, "/feed"), (True, "/archive/2"), (False, "/archive/1")]


@pytest.mark.parametrize(("pages", "size"), [(2, 10**8), (100, 1200)])
def test_a_walk_is_bounded_and_goes_on(reader: Reader, feed_server: FeedServer, pages: int, size: int) -> None:
    reader.follow(put_archive(feed_server, 6))
    walks = []
    while not walks or walks[-1].left:
        walks.append(reader.walk(pages=pages, size=size))
        assert reader.store.unfinished(reader.at) == ([1] if walks[-1].left else [])
    assert len(walks) >= 3
    assert all(len(one.pages) <= 3 for one in walks)
    assert [one.path for one in feed_server.requests[1:]] == [f"/archive/{number}" for number in (6, 5, 4, 3, 2, 1)]
    assert reader.numbers() == list(range(1, 22))


def test_time_is_a_bound_too(reader: Reader, feed_server: FeedServer) -> None:
    reader.follow(put_archive(feed_server, 3))
    found: list[Filled] = []

    async def go(client: Fetcher) -> None:
        asking = Asking(get=client.get, now=reader.now)
        found.append(await walk(reader.store, reader.feed(), asking, Bounds(time=timedelta(0))))

    reader._run(go)
    assert (found[0].pages, found[0].left) == ((), True)


def test_whoever_is_told_to_stop_gives_the_page_up_and_goes_on_later(reader: Reader, feed_server: FeedServer) -> None:
    reader.follow(put_archive(feed_server, 3))
    body = feed_server._routes["/archive/2"].body
    feed_server.hang("/archive/2")

    async def go(client: Fetcher) -> None:
        stop = asyncio.Event()
        asking = Asking(get=client.get, now=reader.now)
        going = asyncio.create_task(walk(reader.store, reader.feed(), asking, Bounds(), stop=stop))
        while not feed_server.asked("/archive/2"):
            await asyncio.sleep(0.01)
        stop.set()
        filled = await going
        assert (len(filled.pages), filled.left) == (1, True)

    reader._run(go)
    feed_server.put("/archive/2", body)
    assert [one.address.rpartition("/")[2] for one in reader.walk().pages] == ["2", "1"]


def test_what_was_had_whole_is_not_asked_again_but_what_came_since(reader: Reader, feed_server: FeedServer) -> None:
    reader.follow(put_archive(feed_server, 3))
    assert reader.walk().ended == "it is the first page"
    count = len(feed_server.requests)
    assert (reader.walk().ended, len(feed_server.requests)) == ("the rest is here already", count)
    put_archive(feed_server, 5)
    reader.poll()
    filled = reader.walk()
    assert [one.address.rpartition("/")[2] for one in filled.pages] == ["5", "4"]
    assert filled.ended == "the rest is here already"
    assert (reader.walk().pages, reader.numbers()) == ((), list(range(1, 19)))


def test_an_archive_document_that_changed_is_told_and_both_are_kept(reader: Reader, feed_server: FeedServer) -> None:
    reader.follow(put_archive(feed_server, 2))
    reader.walk()
    feed_server.put("/archive/1", page([3, 2, 1, 0], text="mended"))
    filled = reader.walk(again=True)
    assert [(one.changed, one.new, one.edited) for one in filled.pages] == [(False, 0, 0), (True, 1, 3)]
    assert reader.numbers()[0] == 0
    bodies = [one.served.body for one in reader.store.documents() if one.served.url.endswith("/archive/1")]
    assert len(bodies) == 2


@pytest.mark.parametrize("body", [b"<html>gone</html>", b""])
def test_a_page_that_is_no_feed_is_missing(reader: Reader, feed_server: FeedServer, body: bytes) -> None:
    reader.follow(put_archive(feed_server, 2))
    feed_server.put("/archive/1", body, content_type="text/html")
    filled = reader.walk()
    assert filled.pages[-1].error
    assert filled.left
    assert reader.numbers() == list(range(4, 10))


# --- gaps --------------------------------------------------------------------------------------------------------


def put_newer(server: FeedServer, pages: int, size: int = 3) -> None:
    """The feed after so much time that nothing of it is as it was: only its last entries, all else in its archive."""
    put_archive(server, pages, size)
    newest = range((pages + 1) * size, pages * size, -1)
    server.put("/feed", page(newest, {"prev-archive": server.url(f"/archive/{pages}")}))


def test_a_gap_is_filled_from_the_feeds_archive(reader: Reader, feed_server: FeedServer) -> None:
    put_newer(feed_server, 2)
    reader.follow(feed_server.url("/feed"))
    assert reader.fill() is None
    put_newer(feed_server, 9)
    reader.poll()
    [gap] = reader.store.gaps()
    filled = reader.fill()
    assert filled
    assert filled.ended == "it reached what was known"
    assert [one.address.rpartition("/")[2] for one in filled.pages] == ["9", "8", "7", "6", "5", "4", "3"]
    assert reader.numbers() == list(range(7, 31))
    [gap] = reader.store.gaps()
    assert gap.filled
    assert gap.by == feed_server.url("/archive/3")
    assert reader.fill() is None
    assert reader.store.watches()[0].holes == ()


def test_a_gap_is_not_filled_if_the_way_breaks_off(reader: Reader, feed_server: FeedServer) -> None:
    put_newer(feed_server, 2)
    reader.follow(feed_server.url("/feed"))
    put_newer(feed_server, 9)
    feed_server.remove("/archive/5")
    reader.poll()
    filled = reader.fill()
    assert filled and filled.pages[-1].error
    assert [gap.filled for gap in reader.store.gaps()] == [None]
    assert reader.store.backfill(1) is None
    assert reader.store.unfinished(reader.at, gap=True) == []
    assert reader.store.unfinished(reader.at + timedelta(days=1, hours=1), gap=True) == [1]


def test_filling_a_gap_goes_on_where_it_was(reader: Reader, feed_server: FeedServer) -> None:
    put_newer(feed_server, 2)
    reader.follow(feed_server.url("/feed"))
    put_newer(feed_server, 9)
    reader.poll()
    fills = [reader.fill(bounds=Bounds(pages=3)) for _ in range(3)]
    assert [fill and len(fill.pages) for fill in fills] == [3, 3, 1]
    assert [gap.filled is None for gap in reader.store.gaps()] == [False]
    assert len({seen.path for seen in feed_server.requests if seen.path != "/feed"}) == 7


def test_what_failed_is_tried_again_ever_more_seldom(reader: Reader, feed_server: FeedServer) -> None:
    reader.follow(put_archive(feed_server, 2))
    feed_server.remove("/archive/2")
    rests = []
    for _ in range(7):
        reader.walk()
        again = read_progress(reader.store.backfill(1)).again
        assert again
        rests.append(round((again - reader.at) / timedelta(days=1)))
    assert rests == [1, 2, 4, 8, 16, 30, 30]


def test_a_pinned_entry_on_a_page_does_not_fill_a_gap(reader: Reader, feed_server: FeedServer) -> None:
    feed_server.put("/feed", page([0, 3, 2, 1], generator=WORDPRESS))
    reader.follow(feed_server.url("/feed"))
    feed_server.put("/feed", page([0, 20, 19, 18], generator=WORDPRESS))
    feed_server.put("/feed?paged=2", page([0, 17, 16, 15], generator=WORDPRESS))
    feed_server.put("/feed?paged=3", page([0, 14, 13, 12], generator=WORDPRESS))
    feed_server.error("/feed?paged=4", 500)
    reader.at += timedelta(days=9)
    reader.poll()
    assert len(reader.store.gaps()) == 1
    filled = reader.fill()
    assert filled and len(filled.pages) == 3
    assert [gap.filled for gap in reader.store.gaps()] == [None]
