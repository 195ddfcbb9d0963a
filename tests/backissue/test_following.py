"""`add`, `remove`, `import`, `export` and `list`."""

from __future__ import annotations

from datetime import datetime

import pytest
from click.testing import CliRunner

from backissue.cli import main
from tests.support.home import Home, opml, put_feeds, rss
from tests.support.server import FeedServer

PAGE = """<html><head><title>A site</title>
<link rel="alternate" type="application/rss+xml" title="Main" href="/main.xml">
<link rel="alternate" type="application/atom+xml" title="Comments" href="/comments.xml"></head><body>Hi</body></html>"""


def addresses(home: Home) -> list[str]:
    return [feed["url"] for feed in home.json("list")["feeds"]]


def test_a_feed_is_followed_and_asked_but_once(home: Home, feed_server: FeedServer) -> None:
    feed_server.put("/main.xml", rss("Main", "one", "two"))
    url = feed_server.url("/main.xml")
    result = home("add", url, "--title", "Mine", "--tag", "a", "--tag", "b", "--interval", "90")
    assert result.stdout == f"Following feed 1: Mine ({url})\nKept 2 new entries of 2 (RSS 2.0)\n"
    feed = home.json("list")["feeds"][0]
    assert (feed["given_title"], feed["tags"], feed["poll"]["interval"]) == ("Mine", ["a", "b"], 90)
    home("archive")
    assert len(feed_server.asked("/main.xml")) == 1
    assert home("add", url).stdout == f"Feed 1 is followed already: Mine ({url})\n"
    home("add", url, "--title", "Other")
    feed = home.json("list")["feeds"][0]
    assert (feed["given_title"], feed["tags"], feed["poll"]["interval"]) == ("Other", ["a", "b"], 90)


@pytest.mark.parametrize("page", ["/", "/link"])
def test_the_feed_of_a_page_is_found(page: str, home: Home, feed_server: FeedServer) -> None:
    feed_server.put("/", PAGE, content_type="text/html")
    link = '</main.xml>; rel="alternate"; type="application/rss+xml"'
    feed_server.put("/link", "<p>Hi</p>", content_type="text/html", headers={"Link": link})
    feed_server.put("/main.xml", rss("Main", "one"))
    feed_server.put("/comments.xml", rss("Comments", "two"))
    result = home("add", feed_server.url(page))
    assert addresses(home) == [feed_server.url("/main.xml")]
    other = f"The page has another feed: {feed_server.url('/comments.xml')}\n"
    assert (other in result.stdout) == (page == "/")
    assert "followed already" in home("add", feed_server.url(page)).stdout


def test_html_served_where_a_feed_was_is_told_and_loses_nothing(home: Home, feed_server: FeedServer) -> None:
    feed_server.put("/main.xml", rss("Main", "one"))
    home("add", feed_server.url("/main.xml"))
    feed_server.put("/main.xml", PAGE, content_type="text/html")
    result = home("archive", "main", code=1)
    assert "Failed: Main (" in result.stderr and "is an HTML page, not a feed; look for" in result.stderr
    assert home.json("list")["feeds"][0]["entries"] == 1
    assert "failing (1)" in home("list").stdout


@pytest.mark.parametrize("name", ["{url}", "1", "main", " {url} ", "MAIN"])
def test_remove_ends_the_asking_and_keeps_the_past(name: str, home: Home, feed_server: FeedServer) -> None:
    feed_server.put("/main.xml", rss("Main", "one"))
    url = feed_server.url("/main.xml")
    home("add", url)
    assert home("remove", name.format(url=url)).stdout == "No longer following feed 1: Main (1 entry kept)\n"
    assert addresses(home) == []
    assert home("remove", "1").stdout.startswith("No longer following feed 1: Main since 20")
    assert home("search", "text").stdout
    assert "removed" in home("list", "--removed").stdout
    home("archive")
    assert len(feed_server.asked("/main.xml")) == 1
    home("archive", url)  # whoever names it wants it again
    assert addresses(home) == [url]


def test_a_source_of_the_configuration_cannot_be_removed_before_it_is_out_of_there(
    home: Home, feed_server: FeedServer
) -> None:
    (url,) = put_feeds(feed_server, 1)
    home.configure(f"[http]\nallow_private_addresses = true\n[[sources]]\nurl = '{url}'\n")
    home("archive")
    line = f"Error: {url}: is a source in backissue.toml; take it out there first, then remove it\n"
    assert home("remove", url, code=1).stderr == line
    home.configure("[http]\nallow_private_addresses = true\n")
    home("remove", url)
    home("archive")
    assert addresses(home) == []


def test_sources_are_followed_as_the_configuration_says_today(home: Home, feed_server: FeedServer) -> None:
    (url,) = put_feeds(feed_server, 1)
    wishes = [
        ("", ("Feed 0", None, [])),
        ("title = 'Mine'\ninterval = 90\ntags = ['a']\n", ("Mine", 90, ["a"])),
        ("title = 'Yours'\ninterval = 30\n", ("Yours", 30, [])),
        ("", ("Feed 0", None, [])),
    ]
    for text, (title, interval, tags) in wishes:
        home.configure(f"[http]\nallow_private_addresses = true\n[[sources]]\nurl = '{url}'\n{text}")
        home("archive")
        feed = home.json("list")["feeds"][0]
        assert (feed["given_title"] or feed["meta"]["title"]) == title
        assert (feed["poll"]["interval"], feed["tags"]) == (interval, tags)


def test_a_shorter_interval_holds_from_now_on(home: Home, feed_server: FeedServer) -> None:
    (url,) = put_feeds(feed_server, 1)

    def minutes_until_due(interval: int) -> float:
        home.configure(f"[http]\nallow_private_addresses = true\n[[sources]]\nurl = '{url}'\ninterval = {interval}\n")
        home("archive")
        poll = home.json("list")["feeds"][0]["poll"]
        wait = datetime.fromisoformat(poll["next_due"]) - datetime.fromisoformat(poll["last_success"])
        return wait.total_seconds() / 60

    waits = [minutes_until_due(interval) for interval in (600, 20, 600)]
    assert waits[0] >= 600 and waits[1:] == [20, 20]
    assert len(feed_server.asked("/0")) == 1


def test_import_takes_what_it_can(home: Home, feed_server: FeedServer) -> None:
    good = put_feeds(feed_server, 2)
    bad = ["https://", "not an address", "http://exa mple.org/", "javascript:alert(1)"]
    home.write("list.opml", opml([good[0], *bad, good[1], good[0], good[0] + "#top"]))
    result = home("import", "list.opml")
    assert result.stdout.startswith("2 feeds added, ")
    assert all(line.startswith("Passed over: ") for line in result.stderr.splitlines())
    assert addresses(home) == good
    assert home("import", "list.opml").stdout.startswith("0 feeds added, ")
    assert home("import", "-", input=opml(good)).stdout.startswith("0 feeds added, 2 followed already")
    assert len(home.json("archive")["feeds"]) == 2


def test_a_list_goes_round(home: Home, feed_server: FeedServer) -> None:
    urls = put_feeds(feed_server, 3)
    home("add", urls[0], "--title", "Été & <co>", "--tag", "news", "--tag", "north/sea")
    home("add", urls[1], "--tag", "news")
    home("add", urls[2])
    document = home("export").stdout
    facts = [(feed["url"], feed["tags"]) for feed in home.json("list")["feeds"]]
    away = home.folder / "away"
    home("init", away)
    away_words = ("--config", away / "backissue.toml")
    home(*away_words, "import", "-", input=document)
    assert sorted((feed["url"], feed["tags"]) for feed in home.json(*away_words, "list")["feeds"]) == sorted(facts)
    assert "Été & <co>" in home(*away_words, "list").stdout
    again = home(*away_words, "export").stdout
    assert (
        sorted(line for line in again.splitlines() if "xmlUrl" in line)
        == sorted(line for line in home("export").stdout.splitlines() if "xmlUrl" in line)
        or "description" in document
    )
    assert home("export", "list.opml").stdout == "3 feeds written to list.opml\n"
    assert (home.folder / "list.opml").read_text() == document


def test_east_asian_texts_stand_in_columns(home: Home, feed_server: FeedServer) -> None:
    feed_server.put("/a", rss("日本語のフィード", "見出し", "Über uns"))
    home("add", feed_server.url("/a"))
    head, *rows = home("list", "1").stdout.splitlines()

    def column(line: str, text: str) -> int:
        before = line[: line.index(text)]
        return sum(2 if ord(letter) > 0x2E80 else 1 for letter in before)

    assert {column(row, "日本語の") for row in rows} == {column(head, "feed")}


def test_the_next_page_of_entries_goes_on_where_the_last_one_ended(home: Home, feed_server: FeedServer) -> None:
    feed_server.put("/a", rss("A", *[f"item-{number}" for number in range(7)]))
    home("add", feed_server.url("/a"))
    seen: list[int] = []
    words: list[str] = []
    while found := home.json("list", "1", "--limit", "3", *words)["entries"]:
        seen += [one["id"] for one in found]
        words = ["--before", str(seen[-1])]
    assert sorted(seen) == [1, 2, 3, 4, 5, 6, 7] and seen == sorted(seen, reverse=True)
    assert "Older ones: --before" in home("list", "1", "--limit", "3").stdout
    assert "Older ones" not in home("list", "1", "--limit", "8").stdout


def test_output_is_no_riddle_where_nothing_is(home: Home) -> None:
    home("archive")
    assert home("list").stdout.startswith("Nothing is followed yet. 'backissue add URL' follows a feed")
    assert home("list", "--entries").stdout == "No entries\n"
    assert home("search", "x").stdout == "Nothing found\n"
    assert CliRunner().invoke(main, ["export"]).stdout.count("<outline") == 0
