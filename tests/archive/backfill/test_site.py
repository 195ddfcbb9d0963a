"""Articles of a site by its sitemap: which of its pages are meant, and what becomes of them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.backfill import Asking, Bounds, Filled, site
from archive.backfill.shapes import like, shape
from archive.fetch import Fetcher
from archive.reparse import reparse
from config.settings import Http
from feeds.sitemap import Place
from tests.archive.backfill.test_walk import Reader
from tests.support.archive import open_archive
from tests.support.items import NOON
from tests.support.server import FeedServer

S = "https://s.example"
TEXT = "The ferry crosses the river again after nine years, with a cat on board and a band that plays on the deck."


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{S}/2024/05/a-title/", ("s.example", "4 digits", "2 digits", "word")),
        (f"{S}/2024/05/a-title.html", ("s.example", "4 digits", "2 digits", "word.html")),
        ("http://www.s.example/?p=1", ("s.example",)),
        (f"{S}/news/12345", ("s.example", "word", "number")),
        ("https://[s.example/2024/05/a-title/", ()),
    ],
)
def test_the_shape_of_an_address(url: str, expected: tuple[str, ...]) -> None:
    assert shape(url) == expected


@pytest.mark.parametrize(
    ("links", "pages", "expected"),
    [
        (["/2024/05/a", "/2024/06/b"], ["/2019/01/c", "/about", "/tag/x", "/2024/05/a/", "/2019/1/d"], ["/2019/01/c"]),
        (["/blog/a", "/blog/b", "/blog/c"], ["/blog/d", "/tag/e", "/blog/x/y"], ["/blog/d"]),
        (["/blog/a"], ["/blog/d", "/news/e"], ["/blog/d", "/news/e"]),
        (["/a-title"], ["/another", "/one/two"], ["/another"]),
        (["/a.html"], ["/b.html", "/c"], ["/b.html"]),
        ([], ["/a"], []),
    ],
)
def test_pages_that_are_like_articles(links: list[str], pages: list[str], expected: list[str]) -> None:
    found = like([Place(S + page) for page in pages], [S + link for link in links])
    assert [place.url.removeprefix(S) for place in found] == expected


def test_the_latest_come_first_and_other_hosts_are_left_alone() -> None:
    day = datetime(2024, 5, 1, tzinfo=UTC)
    places = [
        Place(f"{S}/a"),
        Place(f"{S}/b", day),
        Place(f"{S}/c", day + timedelta(days=1)),
        Place("https://o.example/d"),
    ]
    assert [place.url[-1] for place in like(places, [f"{S}/x", "http://["])] == ["c", "b", "a"]
    assert like([Place("https://[::x/e")], ["http://["]) == []


class Visitor(Reader):
    """A reader who looks at a site."""

    def site(self, pages: int = 100) -> Filled:
        found: list[Filled] = []

        async def go(client: Fetcher) -> None:
            asking, bounds = Asking(get=client.get, now=self.now), Bounds(pages, timedelta(seconds=60))
            found.append(await site(self.store, self.feed(), asking, bounds))

        self._run(go)
        return found[0]

    def titles(self) -> list[str]:
        return sorted(one.entry.title or "" for one in self.store.entries(limit=100))


@pytest.fixture
def visitor(tmp_path: Path, feed_server: FeedServer) -> Iterator[Visitor]:
    """Who follows a feed with one of the site's four articles."""
    items = f"<item><guid>4</guid><title>Four</title><link>{feed_server.url('/2024/four')}</link></item>"
    head = f"<title>News</title><link>{feed_server.url('/')}</link>"
    feed_server.put("/feed", f"<rss version='2.0'><channel>{head}{items}</channel></rss>")
    for number, name in enumerate(("one", "two", "three", "four"), 1):
        date = f"<meta property='article:published_time' content='2024-01-0{number}T10:00:00Z'>"
        put_page(feed_server, f"/2024/{name}", f"{name.title()}", date)
    put_page(feed_server, "/about", "About us")
    places = ["/", "/about", "/tag/x", *(f"/2024/{name}" for name in ("one", "two", "three", "four", "five"))]
    put_sitemap(feed_server, "/sitemap.xml", places)
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        visitor = Visitor(store, Http(timeout=5.0, gap=0))
        visitor.follow(feed_server.url("/feed"))
        yield visitor


def put_page(server: FeedServer, path: str, title: str, head: str = "") -> None:
    article = f"<article><h1>{title}</h1><p>{TEXT}</p><p>{TEXT} {title}</p></article>"
    body = f"<html><head><title>{title}</title>{head}</head><body>{article}</body></html>"
    server.put(path, body, content_type="text/html; charset=utf-8")


def put_sitemap(server: FeedServer, path: str, places: list[str], packed: bool = False) -> None:
    urls = "".join(f"<url><loc>{server.url(place)}</loc></url>" for place in places)
    body = f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{urls}</urlset>".encode()
    server.put(path, gzip.compress(body) if packed else body, content_type="application/xml")


def test_articles_that_the_feed_let_go_of_are_taken_in(visitor: Visitor, feed_server: FeedServer) -> None:
    filled = visitor.site()
    assert visitor.titles() == ["Four", "One", "Three", "Two"]
    assert filled.ended == "all pages of the sitemap were asked for"
    assert [one.address for one in filled.pages if one.error] == [feed_server.url("/2024/five")]
    one = visitor.store.find_entry(feed_server.url("/2024/one"))
    assert one
    assert one.entry.published == datetime(2024, 1, 1, 10, tzinfo=UTC)
    assert one.entry.origins["published"] == "declared"
    [version] = visitor.store.history(one.id)
    assert version.copy
    assert (version.copy.how, version.copy.detail) == ("backfilled", "sitemap")
    assert (version.copy.url, version.copy.at > NOON) == (feed_server.url("/2024/one"), True)
    feed = visitor.feed()
    assert feed.meta and feed.meta.title == "News"
    assert not feed_server.asked("/about")


def test_what_is_here_is_not_fetched_again(visitor: Visitor, feed_server: FeedServer) -> None:
    feed_server.remove("/2024/five")
    put_page(feed_server, "/2024/five", "Five")
    assert [len(visitor.site(pages=2).pages) for _ in range(3)] == [2, 2, 0]
    assert visitor.site().ended == "no page is missing"
    assert sum(one.path.startswith("/2024") for one in feed_server.requests) == 4


def test_the_feed_showing_it_again_is_the_same_entry(visitor: Visitor, feed_server: FeedServer) -> None:
    visitor.site()
    link = feed_server.url("/2024/one")
    items = f"<item><guid>1</guid><title>One</title><link>{link}</link></item>"
    feed_server.put("/feed", f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>")
    visitor.poll()
    assert visitor.titles() == ["Four", "One", "Three", "Two"]
    one = visitor.store.find_entry(link)
    assert one and one.in_window


def test_robots_txt_leads_to_sitemaps_of_sitemaps(visitor: Visitor, feed_server: FeedServer) -> None:
    feed_server.remove("/sitemap.xml")
    index, again = feed_server.url("/maps/index.xml"), feed_server.url("/maps/a.xml.gz")
    feed_server.put("/robots.txt", f"User-agent: *\nSitemap: {index}\n", content_type="text/plain")
    body = f"<sitemapindex><sitemap><loc>{index}</loc></sitemap><sitemap><loc>{again}</loc></sitemap></sitemapindex>"
    feed_server.put("/maps/index.xml", body)
    put_sitemap(feed_server, "/maps/a.xml.gz", ["/2024/two"], packed=True)
    assert [one.address for one in visitor.site().pages] == [feed_server.url("/2024/two")]
    assert len(feed_server.asked("/maps/index.xml")) == 1


def test_a_site_without_a_sitemap(visitor: Visitor, feed_server: FeedServer) -> None:
    feed_server.put("/sitemap.xml", gzip.compress(b"<urlset/>")[:-9])
    assert visitor.site().ended == "the site has no sitemap that names pages"


def test_reading_again_keeps_articles(visitor: Visitor, tmp_path: Path) -> None:
    visitor.site()
    before = visitor.titles()
    visitor.store.close()
    assert reparse(tmp_path / "a.sqlite", NOON, replace=True).differences == ()
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        visitor.store = store
        assert visitor.titles() == before
