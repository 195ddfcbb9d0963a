"""The feed behind an address, asked for over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from archive.fetch import Fetcher, FetchError
from archive.find import Found, find
from config.settings import Http
from feeds.parse import NotAFeed
from tests.support.home import rss
from tests.support.items import NOON
from tests.support.server import FeedServer

RSS = "application/rss+xml"


def found(url: str) -> Found:
    async def ask() -> Found:
        settings = Http(allow_private_addresses=True, timeout=5)
        async with Fetcher(settings, now=lambda: NOON, version="0") as fetcher:
            return await find(fetcher.get, url)

    return asyncio.run(ask())


def link(href: str, kind: str = RSS, rel: str = "alternate") -> str:
    return f'<link rel="{rel}" type="{kind}" href="{href}">'


@pytest.mark.parametrize(
    "head, headers, path, others",
    [
        (link("/main"), {}, "/main", ()),
        (link("main"), {}, "/main", ()),
        (link("/main") + link("/other"), {}, "/main", ("/other",)),
        (link("/gone") + link("/main"), {}, "/main", ("/gone",)),
        (link("/page") + link("/main"), {}, "/main", ("/page",)),
        ("", {"Link": f'</main>; rel="alternate"; type="{RSS}"'}, "/main", ()),
        (link("/other"), {"Link": f'</main>; rel="alternate"; type="{RSS}"'}, "/main", ("/other",)),
        ("", {"Link": '</style>; rel="stylesheet"'}, "/feed", ()),
        ("", {}, "/feed", ()),
        (link("/gone"), {}, "/feed", ()),
    ],
)
def test_the_feed_of_a_page(
    head: str, headers: Mapping[str, str], path: str, others: tuple[str, ...], feed_server: FeedServer
) -> None:
    feed_server.put("/", f"<html><head>{head}</head><body>Hi</body></html>", content_type="text/html", headers=headers)
    feed_server.put("/page", "<p>no feed</p>", content_type="text/html")
    for name in ("/main", "/other", "/feed"):
        feed_server.put(name, rss(name, "one"))
    seen = found(feed_server.url("/"))
    assert (seen.url, seen.parsed.feed.title) == (feed_server.url(path), path)
    assert seen.others == tuple(feed_server.url(other) for other in others)


@pytest.mark.parametrize("status, moved", [(301, True), (308, True), (302, False), (307, False)])
def test_an_address_that_moved_for_good_is_exchanged(status: int, moved: bool, feed_server: FeedServer) -> None:
    feed_server.redirect("/old", "/new", status)
    feed_server.put("/new", rss("New", "one"))
    assert found(feed_server.url("/old")).url == feed_server.url("/new" if moved else "/old")


@pytest.mark.parametrize(
    "head, reason",
    [
        ("", "is a web page that names no feed, and none is in the usual places"),
        (link("/gone"), "is a web page, but the feed {url}gone could not be read"),
        (link("/gone") + link("/page"), "is a web page, but no feed it names could be read"),
    ],
)
def test_a_page_without_a_feed(head: str, reason: str, feed_server: FeedServer) -> None:
    feed_server.put("/", f"<html><head>{head}</head><body>Hi</body></html>", content_type="text/html")
    feed_server.put("/page", "<p>no feed</p>", content_type="text/html")
    with pytest.raises(NotAFeed) as caught:
        found(feed_server.url("/"))
    assert caught.value.reason == reason.format(url=feed_server.url("/"))
    assert caught.value.remedy and "'backissue ingest'" in caught.value.remedy
    assert len(feed_server.requests) < 15


def test_what_is_no_page_is_not_searched(feed_server: FeedServer) -> None:
    feed_server.put("/", b"\0\1" * 50)
    with pytest.raises(NotAFeed):
        found(feed_server.url("/"))
    feed_server.error("/", 404)
    with pytest.raises(FetchError, match="404"):
        found(feed_server.url("/"))
    assert len(feed_server.requests) == 2
