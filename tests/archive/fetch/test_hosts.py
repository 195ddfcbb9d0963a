"""robots.txt, Retry-After for a whole host, and the rest between two requests, against a real server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from archive.fetch import Fetcher, FetchError, Hosts, Request
from archive.fetch.address import is_near
from archive.fetch.hosts import read_robots
from config.settings import Http
from tests.support.server import FeedServer

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HEEDING = Http(allow_private_addresses=True, timeout=2.0, robots=True)
FEED = b"<rss version='2.0'><channel><title>News</title></channel></rss>"


def outcomes(*urls: str, hosts: Hosts, at: datetime = NOON, settings: Http = HEEDING) -> list[int | str]:
    """The status of each answer, or the kind of its error."""

    async def one(fetcher: Fetcher, url: str) -> int | str:
        try:
            return (await fetcher.get(Request(url=url))).status
        except FetchError as error:
            return error.kind

    async def ask() -> list[int | str]:
        async with Fetcher(settings, now=lambda: at, version="1", hosts=hosts) as fetcher:
            return list(await asyncio.gather(*(one(fetcher, url) for url in urls)))

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("rules", "feed", "other"),
    [
        ("", 200, 200),
        ("User-agent: *\nDisallow: /feed", "robots", 200),
        ("User-agent: *\nDisallow: /\n\nUser-agent: backissue\nDisallow: /other", 200, "robots"),
        ("User-agent: *\nDisallow: /\nAllow: /feed", 200, "robots"),
        ("User-agent: Backissue\nDisallow: /*.xml$", "robots", 200),
        ("<html>not found, said with 200</html>", 200, 200),
        ("\xff\x00" * 300_000, 200, 200),
    ],
)
def test_rules(feed_server: FeedServer, rules: str, feed: int | str, other: int | str) -> None:
    feed_server.put("/robots.txt", rules.encode("latin-1"), content_type="text/plain")
    feed_server.put("/feed.xml", FEED)
    feed_server.put("/other", FEED)
    assert outcomes(feed_server.url("/feed.xml"), feed_server.url("/other"), hosts=Hosts()) == [feed, other]
    assert len(feed_server.asked("/robots.txt")) == 1
    assert len(feed_server.asked("/feed.xml")) == (feed == 200)


@pytest.mark.parametrize(
    ("status", "outcome", "again_after"),
    [(404, 200, 24), (403, 200, 24), (410, 200, 24), (429, "robots", 1), (500, "robots", 1), (503, "robots", 1)],
)
def test_robots_that_cannot_be_had(feed_server: FeedServer, status: int, outcome: int | str, again_after: int) -> None:
    feed_server.error("/robots.txt", status)
    feed_server.put("/feed", FEED)
    hosts, url = Hosts(), feed_server.url("/feed")
    for hours, asked in ((0, 1), (again_after - 0.1, 1), (again_after, 2)):
        assert outcomes(url, hosts=hosts, at=NOON + hours * HOUR) == [outcome]
        assert len(feed_server.asked("/robots.txt")) == asked


def test_robots_are_not_asked_for_unless_wanted(feed_server: FeedServer) -> None:
    feed_server.put("/robots.txt", b"User-agent: *\nDisallow: /")
    feed_server.put("/feed", FEED)
    assert outcomes(feed_server.url("/feed"), hosts=Hosts(), settings=Http(allow_private_addresses=True)) == [200]
    assert feed_server.asked("/robots.txt") == []


def test_robots_behind_a_redirect_and_of_where_a_redirect_leads(feed_server: FeedServer) -> None:
    feed_server.redirect("/robots.txt", "/real.txt", 302)
    feed_server.put("/real.txt", b"User-agent: *\nDisallow: /secret")
    feed_server.redirect("/feed", "/secret")
    feed_server.put("/secret", FEED)
    assert outcomes(feed_server.url("/feed"), hosts=Hosts()) == ["robots"]
    assert feed_server.asked("/secret") == []


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", ["3600", "Tue, 24 Nov 2026 13:00:00 GMT"])
def test_a_busy_host_is_left_alone_by_whoever_comes_later(feed_server: FeedServer, status: int, value: str) -> None:
    feed_server.error("/busy", status, {"Retry-After": value})
    feed_server.put("/feed", FEED)
    hosts, plain = Hosts(), Http(allow_private_addresses=True)
    assert outcomes(feed_server.url("/busy"), feed_server.url("/feed"), hosts=hosts, settings=plain) == [
        status,
        "resting",
    ]
    assert outcomes(feed_server.url("/feed"), hosts=hosts, at=NOON + 0.9 * HOUR, settings=plain) == ["resting"]
    assert outcomes(feed_server.url("/feed"), hosts=hosts, at=NOON + HOUR, settings=plain) == [200]
    # Another port is another server.
    with FeedServer() as neighbour:
        neighbour.put("/feed", FEED)
        assert outcomes(neighbour.url("/feed"), hosts=hosts, settings=plain) == [200]


@pytest.mark.parametrize(
    ("status", "headers"),
    [(503, {}), (404, {"Retry-After": "60"}), (503, {"Retry-After": "-1"}), (429, {"Retry-After": "soon"})],
)
def test_others_are_asked_on(feed_server: FeedServer, status: int, headers: dict[str, str]) -> None:
    feed_server.error("/busy", status, headers)
    feed_server.put("/feed", FEED)
    assert outcomes(feed_server.url("/busy"), feed_server.url("/feed"), hosts=Hosts()) == [status, 200]


def test_a_host_that_does_not_answer_is_asked_three_times_not_for_each_of_its_feeds(feed_server: FeedServer) -> None:
    feed_server.hang("/hangs")
    feed_server.put("/feed", FEED)
    plain = Http(allow_private_addresses=True, timeout=0.3)
    urls = [feed_server.url(f"/hangs?{number}") for number in range(40)]
    with FeedServer() as neighbour:
        neighbour.put("/feed", FEED)
        found = outcomes(*urls, neighbour.url("/feed"), hosts=Hosts(), settings=plain)
    assert found == ["timeout"] * 3 + ["down"] * 37 + [200]
    assert len(feed_server.requests) == 3


def test_a_host_that_answers_now_and_then_is_asked_on(feed_server: FeedServer) -> None:
    feed_server.hang("/hangs")
    feed_server.put("/feed", FEED)
    plain = Http(allow_private_addresses=True, timeout=0.3)
    urls = [feed_server.url("/feed" if number % 3 == 2 else "/hangs") for number in range(9)]
    assert outcomes(*urls, hosts=Hosts(), settings=plain) == ["timeout", "timeout", 200] * 3


def test_a_host_rests_a_week_at_most() -> None:
    hosts = Hosts()
    hosts.rest("h:80", NOON + 9999 * HOUR, NOON)
    hosts.rest("h:80", NOON + HOUR, NOON)
    assert hosts.resting("h:80", NOON) == NOON + timedelta(days=7)
    assert hosts.resting("h:80", NOON + timedelta(days=7)) is None
    assert hosts.resting("g:80", NOON) is None


def test_a_body_without_end_is_cut() -> None:
    assert read_robots(200, b"Allow: /\n" * 200_000, NOON).allows("https://s.example/feed")


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("LOCALHOST.", True),
        ("a.localhost", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("192.168.0.1", True),
        ("fd00::1", True),
        ("93.184.215.14", False),
        ("2606:2800:21f::1", False),
        ("example.org", False),
        ("localhost.example.org", False),
        ("nas", True),
        ("nas.local", True),
        ("wiki.internal", True),
        ("router.home.arpa.", True),
        ("local.example", False),
        ("", False),
    ],
)
def test_who_is_near(host: str, near: bool) -> None:
    assert is_near(host) == near
