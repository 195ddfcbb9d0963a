"""`backfill`, and what `add` and a pass fetch of a feed's past by themselves."""

from __future__ import annotations

import signal
from contextlib import closing
from datetime import UTC, datetime

from archive.store.sqlite import SqliteStore
from tests.support.archive import open_archive
from tests.support.home import Home, opml, wait_for
from tests.support.past import HOUR, START, page, put_archive, put_pages
from tests.support.server import FeedServer
from tests.support.wayback import Wayback

NO = '[site]\nauthor = "Ann"\n[http]\nallow_private_addresses = true\n[backfill]\nadding = "no"\ngaps = "no"\n'
WORDPRESS = "WordPress 6.4"


def entries(home: Home) -> int:
    return len(home.json("list", "--entries", "--limit", "1000")["entries"])


def the_store(home: Home) -> SqliteStore:
    return open_archive(home.folder / "backissue.sqlite")


def test_adding_a_feed_fetches_what_it_leads_to(home: Home, feed_server: FeedServer) -> None:
    text = home("add", put_archive(feed_server, 4)).stdout
    assert "Kept 6 new entries of 6 (Atom 1.0)" in text
    assert text.splitlines()[-1].startswith("Feed 1, Numbers: 4 pages by prev-archive (")
    assert text.endswith("9 new entries; it is the first page\n")
    assert entries(home) == 15


def test_adding_a_feed_tries_no_habits_unless_told_to(home: Home, feed_server: FeedServer) -> None:
    url = put_pages(feed_server, ["/feed", "/feed?paged=2"], generator=WORDPRESS)
    feed_server.error("/feed?paged=3", 404)
    assert home.json("add", url)["backfill"] is None
    home.configure(NO.replace('adding = "no"', 'adding = "all"'))
    other = feed_server.url("/feed", "localhost")
    assert home.json("add", other)["backfill"]["new"] == 3


def test_nothing_is_fetched_where_that_is_not_wanted(home: Home, feed_server: FeedServer) -> None:
    home.configure(NO)
    home("add", put_archive(feed_server, 4))
    home("archive", "1")
    assert {one.path for one in feed_server.requests} == {"/feed"}


def test_backfill_by_hand(home: Home, feed_server: FeedServer) -> None:
    home.configure(NO)
    home("add", put_pages(feed_server, ["/feed", "/feed?paged=2", "/feed?paged=3"], generator=WORDPRESS))
    feed_server.error("/feed?paged=4", 404)
    text = home("backfill", "1", "--pages", "1").stdout
    assert "1 page by pages of WordPress" in text
    assert text.endswith("3 new entries; there is more: run it once more\n")
    told = home.json("backfill", "1")["feeds"][0]
    assert (told["new"], told["left"], told["ended"]) == (3, False, "there are no more pages")
    assert told["pages"][0]["address"] == feed_server.url("/feed?paged=3")
    assert entries(home) == 9
    shown = home.json("show", "urn:n:1")["copy"]
    assert (shown["how"], shown["detail"], shown["url"]) == (
        "backfilled",
        "pages of WordPress",
        told["pages"][0]["address"],
    )
    assert shown["at"] == told["pages"][0]["at"]
    assert f"backfilled (pages of WordPress), {shown['url']}" in home("show", "urn:n:1").stdout
    assert f"Version 1: backfilled (pages of WordPress), {shown['url']}" in home("history", "urn:n:1").stdout
    assert home.json("history", "urn:n:1")["versions"][0]["copy"] == shown
    assert home.json("show", "urn:n:9")["copy"]["how"] == "polled"


def test_what_cannot_be_fetched_is_told_in_a_line(home: Home, feed_server: FeedServer) -> None:
    home.configure(NO)
    home("add", put_archive(feed_server, 2))
    feed_server.remove("/archive/2")
    result = home("backfill", "1", code=1)
    assert f"Failed: {feed_server.url('/archive/2')}: the server answered 404 (Not Found)\n" in result.stderr
    assert "is no feed of this archive" in home("backfill", "nothing", code=1).stderr
    home.write("ferry.txt", "The ferry is back")
    home("ingest", "ferry.txt")
    assert "holds articles, which have no past elsewhere" in home("backfill", "2", code=1).stderr
    assert home("backfill").stdout == "No gap is to be filled; name a feed to fetch its past\n"


def test_one_that_is_killed_goes_on_where_it_was(home: Home, feed_server: FeedServer) -> None:
    home.configure(NO)
    home("add", put_archive(feed_server, 9))
    for number in range(1, 10):
        body = feed_server._routes[f"/archive/{number}"].body
        feed_server.put(f"/archive/{number}", body, delay=0.15)
    process = home.start("backfill", "1")
    wait_for(lambda: len([one for one in feed_server.requests if one.path.startswith("/archive")]) >= 4)
    process.kill()
    process.wait()
    before = [one.path for one in feed_server.requests if one.path.startswith("/archive")]
    home("backfill", "1")
    after = [one.path for one in feed_server.requests if one.path.startswith("/archive")][len(before) :]
    assert after[0] in before[-2:]  # at most the one under way, and one not written down yet, come again
    assert {*before, *after} == {f"/archive/{number}" for number in range(1, 10)}
    assert len(before) + len(after) <= 11
    assert entries(home) == 30


def test_ctrl_c_ends_it_cleanly(home: Home, feed_server: FeedServer) -> None:
    home.configure(NO)
    home("add", put_archive(feed_server, 3))
    feed_server.hang("/archive/2")
    process = home.start("backfill", "1")
    wait_for(lambda: feed_server.asked("/archive/2"))
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert error.strip() == "stopped; all that came is saved, and the next backfill goes on from here"
    with closing(the_store(home)) as store:
        assert store.unfinished(datetime.now(UTC)) == [1]


def newer(server: FeedServer, pages: int) -> None:
    """The feed after a long time: nothing is left of what it showed, but in its archive."""
    put_archive(server, pages)
    shown = range((pages + 1) * 3, pages * 3, -1)
    server.put("/feed", page(shown, {"prev-archive": server.url(f"/archive/{pages}")}))


def test_a_pass_fills_gaps_and_goes_on_with_what_is_unfinished(home: Home, feed_server: FeedServer) -> None:
    newer(feed_server, 2)
    home.write("list.opml", opml([feed_server.url("/feed")]))
    home("import", "list.opml")
    told = home.json("archive")
    assert told["backfilled"] == [{"feed": 1, "pages": 2, "new": 6}]
    newer(feed_server, 7)
    text = home("archive", "1").stdout
    assert "12 older entries from 5 earlier pages\n" in text
    assert [one["filled"] is None for one in home.json("gaps")["gaps"]] == [False]
    assert home("gaps", "--open").stdout == "No gap is known\n"
    assert home.json("status")["feeds"][0]["gaps"] == 0
    assert entries(home) == 24


def test_a_pass_goes_on_with_what_the_last_one_left(home: Home, feed_server: FeedServer) -> None:
    home.configure(NO.replace('adding = "no"', "pages = 2"))
    home.write(
        "list.opml", f'<opml version="2.0"><body><outline xmlUrl="{put_archive(feed_server, 5)}"/></body></opml>'
    )
    home("import", "list.opml")
    fetched = [[one["pages"] for one in home.json("archive")["backfilled"]] for _ in range(4)]
    assert fetched == [[2], [2], [1], []]
    assert entries(home) == 18


def test_copies_in_a_web_archive(home: Home, feed_server: FeedServer) -> None:
    feed_server.put("/feed", page([9, 8, 7]))
    with Wayback() as wayback:
        place = f'web_archive = "{wayback.cdx}"\ncopies = "{wayback.copies}"\n'
        home.configure(f'[site]\nauthor = "Ann"\n[backfill]\n{place}')  # named by the operator, and so may be anywhere
        home("add", feed_server.url("/feed"))
        assert home("backfill", "1", "--web-archive", "--links-only").stdout.endswith("has no copy that is not here\n")
        wayback.keep(START + 4 * HOUR, feed_server.url("/feed"), page([4, 3, 2]))
        wayback.keep(START + 2 * HOUR, feed_server.url("/feed"), page([2, 1]))
        wayback.keep(START, feed_server.url("/feed"), b"<html>", mime="text/html")
        shown_at = feed_server.url("/feed")
        result = home("backfill", "1", "--web-archive")
        assert "Feed 1, Numbers: 2 pages by web archive (" in result.stdout
        assert "4 new entries; all copies were asked for\n" in result.stdout
        assert f"Failed: {wayback.copies.format(timestamp='20240101000000', url=shown_at)}: " in result.stderr
        shown = home.json("show", "urn:n:1")["copy"]
        assert (shown["how"], shown["at"], shown["detail"]) == ("web archive", "2024-01-01T02:00:00Z", wayback.cdx)
        assert [one["start"] for one in home.json("coverage")["feeds"]] == ["2024-01-01T02:00:00Z"]
        history = home("history", "urn:n:1").stdout
        assert f"Version 1: web archive ({wayback.cdx}), {shown['url']}, 2024-01-01 02:00 UTC" in history


def test_articles_by_the_sitemap(home: Home, feed_server: FeedServer) -> None:
    home.configure(NO)
    link = feed_server.url("/2024/ferry")
    item = f"<item><guid>1</guid><title>Ferry</title><link>{link}</link></item>"
    feed_server.put("/feed", f"<rss version='2.0'><channel><title>News</title>{item}</channel></rss>")
    text = "After nine years the ferry crosses the river again, with a cat on board and a band on the deck. " * 4
    page = (
        f"<html><head><title>Bridge</title></head><body><article><h1>Bridge</h1><p>{text}</p></article></body></html>"
    )
    feed_server.put("/2023/bridge", page, content_type="text/html")
    feed_server.put("/sitemap.xml", f"{link}\n{feed_server.url('/2023/bridge')}\n", content_type="text/plain")
    home("add", feed_server.url("/feed"))
    assert "1 page by sitemap (" in home("backfill", "1", "--sitemap").stdout
    assert home.json("show", feed_server.url("/2023/bridge"))["copy"]["detail"] == "sitemap"
    assert entries(home) == 2
