"""Copies from a web archive: at their time, from which copy, once, and what they prove."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.backfill import Asking, Bounds, Filled, copies
from archive.fetch import Fetcher
from config.settings import Http
from tests.archive.backfill.test_walk import Reader
from tests.support.archive import open_archive
from tests.support.items import NOON
from tests.support.past import page
from tests.support.server import FeedServer
from tests.support.wayback import Wayback

DAY = timedelta(days=1)


class Librarian(Reader):
    """A reader who asks a web archive."""

    def copies(self, wayback: Wayback, pages: int = 100, **values: Any) -> Filled:
        found: list[Filled] = []

        async def go(client: Fetcher) -> None:
            asking, bounds = Asking(get=client.get, now=self.now), Bounds(pages, timedelta(seconds=60))
            places = {"server": wayback.cdx, "template": wayback.copies, **values}
            found.append(await copies(self.store, self.feed(), asking, bounds, **places))

        self._run(go)
        return found[0]


@pytest.fixture
def wayback() -> Iterator[Wayback]:
    with Wayback() as wayback:
        yield wayback


@pytest.fixture
def reader(tmp_path: Path, feed_server: FeedServer) -> Iterator[Librarian]:
    """A reader who follows a feed of three entries."""
    feed_server.put("/feed", page([9, 8, 7]))
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        reader = Librarian(store, Http(timeout=5.0, gap=0))
        reader.follow(feed_server.url("/feed"))
        yield reader


def test_copies_are_taken_in_at_their_time(reader: Librarian, wayback: Wayback, feed_server: FeedServer) -> None:
    url = feed_server.url("/feed")
    wayback.keep(NOON - 9 * DAY, url, page([3, 2, 1]))
    wayback.keep(NOON - 6 * DAY, url.replace("http://", "http://www."), page([5, 4, 3], text="as it was"))
    wayback.keep(NOON - 3 * DAY, url, page([9, 8, 7], text="before"))
    filled = reader.copies(wayback)
    assert (filled.new, filled.left, filled.ended) == (5, False, "all copies were asked for")
    assert [one.at for one in filled.pages] == [NOON - 3 * DAY, NOON - 6 * DAY, NOON - 9 * DAY]
    assert reader.numbers() == [1, 2, 3, 4, 5, 7, 8, 9]
    first = reader.store.find_entry("urn:n:1")
    assert first and first.first_seen == NOON - 9 * DAY
    current = reader.store.find_entry("urn:n:9")
    assert current and current.in_window
    assert current.entry.content and current.entry.content.value == "Text 9"
    old, new = reader.store.history(current.id)
    assert new.copy and (new.copy.how, new.current) == ("polled", True)
    assert old.copy and old.entry.content
    assert (old.copy.how, old.copy.detail, old.copy.at) == ("web archive", wayback.cdx, NOON - 3 * DAY)
    assert old.copy.url == wayback.copies.format(timestamp="20261121120000", url=url)
    then = reader.store.find_entry("urn:n:9", as_of=NOON - 2 * DAY)
    assert then and then.entry.content and then.entry.content.value == "Text before"


@pytest.mark.parametrize("output", ["json", "objects", "columns"])
def test_what_was_had_is_not_fetched_again(
    reader: Librarian, wayback: Wayback, feed_server: FeedServer, output: str
) -> None:
    wayback.output = output
    for day in range(9, 1, -1):
        wayback.keep(NOON - day * DAY, feed_server.url("/feed"), page([20 + day // 2]))  # each content at two days
    wayback.keep(NOON - 30 * DAY, feed_server.url("/feed"), b"moved", status=301)
    wayback.keep(NOON - 40 * DAY, feed_server.url("/other"), page([1]))
    found = [reader.copies(wayback, pages=3) for _ in range(3)]
    assert [len(one.pages) for one in found] == [3, 1, 0]
    assert [one.left for one in found] == [True, False, False]
    assert found[-1].ended == f"{wayback.cdx} has no copy that is not here"
    assert len(wayback.fetched()) == len(set(wayback.fetched())) == 4


def test_long_lists_are_read_to_their_end(reader: Librarian, wayback: Wayback, feed_server: FeedServer) -> None:
    wayback.most = 3
    for day in range(10, 1, -1):
        wayback.keep(NOON - day * DAY, feed_server.url("/feed"), page([20 + day]))
    assert len(reader.copies(wayback).pages) == 9
    assert sum("/cdx" in path for path in wayback.asked) == 3


def test_only_what_is_not_proven_is_asked_for_and_gaps_are_bridged(
    reader: Librarian, wayback: Wayback, feed_server: FeedServer
) -> None:
    url = feed_server.url("/feed")
    reader.at = NOON + 10 * DAY
    feed_server.put("/feed", page([30, 29, 28]))
    reader.poll()
    [gap] = reader.store.gaps()
    reader.at = NOON + 20 * DAY
    feed_server.put("/feed", page([31, 30, 29]))
    reader.poll()
    wayback.keep(NOON + 15 * DAY, url, page([31, 30, 29, 28]))
    wayback.keep(NOON + 2 * DAY, url, page([15, 14, 9]))
    wayback.keep(NOON + 5 * DAY, url, page([20, 19, 18]))
    reader.copies(wayback)
    assert wayback.fetched() == ["20261129120000", "20261126120000"]
    assert [one.filled for one in reader.store.gaps()] == [None]
    for day, numbers in ((3, [18, 16, 15]), (7, [28, 21, 20])):
        wayback.keep(NOON + day * DAY, url, page(numbers))
    reader.copies(wayback)
    [filled] = reader.store.gaps()
    assert filled.filled
    assert (filled.by, filled.since, filled.until) == (f"copies in {wayback.cdx}", gap.since, gap.until)
    assert reader.store.watches()[0].holes == ()


def test_the_nearest_copy_is_of_its_own_time(reader: Librarian, wayback: Wayback, feed_server: FeedServer) -> None:
    url = feed_server.url("/feed")
    wayback.keep(NOON - 3 * DAY, url, page([3]))
    listed = wayback.listed
    wayback.listed = lambda query: listed(query).replace(b"20261121120000", b"20261121130000")  # type: ignore[method-assign]
    filled = reader.copies(wayback)
    assert [one.at for one in filled.pages] == [NOON - 3 * DAY]


def test_copies_that_cannot_be_read_are_told(reader: Librarian, wayback: Wayback, feed_server: FeedServer) -> None:
    url = feed_server.url("/feed")
    wayback.keep(NOON - 3 * DAY, url, b"<html>captcha</html>", mime="text/html")
    wayback.keep(NOON - 4 * DAY, url, page([3]))
    filled = reader.copies(wayback)
    assert [one.error is None for one in filled.pages] == [False, True]
    assert filled.left
    assert reader.numbers() == [3, 7, 8, 9]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ((503, b"busy"), "the server answered 503 (Service Unavailable)"),
        ((200, b"<html>"), "what it answered is no list of copies; check backfill.web_archive"),
        ((200, b'[["a"], {}]'), "what it answered is no list of copies; check backfill.web_archive"),
    ],
)
def test_an_index_that_is_none_is_told(
    reader: Librarian, wayback: Wayback, broken: tuple[int, bytes], told: str
) -> None:
    wayback.broken = broken
    found = reader.copies(wayback)
    assert [one.error for one in found.pages] == [told]
    assert found.ended == f"{wayback.cdx} did not tell which copies it has"


def test_an_index_that_knows_nothing(reader: Librarian, wayback: Wayback) -> None:
    assert reader.copies(wayback).pages == ()
    wayback.broken = (404, b"no captures")
    assert reader.copies(wayback).pages == ()


def test_a_feed_that_moved_is_looked_for_at_both_addresses(
    reader: Librarian, wayback: Wayback, feed_server: FeedServer
) -> None:
    feed_server.put("/new", page([9, 8, 7]))
    feed_server.redirect("/feed", "/new", 301)
    for _ in range(3):
        reader.at += 2 * DAY
        reader.poll()
    assert reader.feed().url == feed_server.url("/new")
    wayback.keep(NOON - 3 * DAY, feed_server.url("/feed"), page([3]))
    wayback.keep(NOON - 2 * DAY, feed_server.url("/new"), page([4]))
    reader.copies(wayback)
    assert reader.numbers() == [3, 4, 7, 8, 9]
