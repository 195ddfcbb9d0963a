"""`status`, `explain` and /metrics."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.home import Home, rss
from tests.support.server import FeedServer


@pytest.fixture
def feeds(home: Home, feed_server: FeedServer) -> Home:
    """A home that follows a good feed, one that fails, one that is gone, and has taken an article in."""
    text = rss("News", "one", "two").replace(b"<item>", b"<ttl>180</ttl><item>", 1)
    for name in ("good", "bad", "gone"):
        feed_server.put(f"/{name}", text.replace(b"News", name.encode()))
        home("add", feed_server.url(f"/{name}"))
    feed_server.error("/bad", 500)
    feed_server.error("/gone", 410)
    home("archive", "2", "3", code=1)
    home.write("ferry.txt", "The ferry is back")
    home("ingest", "ferry.txt")
    return home


def test_status(feeds: Home, feed_server: FeedServer) -> None:
    text = feeds("status").stdout
    lines = text.splitlines()
    head = ["feed", "title", "state", "asked (UTC)", "next (UTC)", "decided by", "a day", "failures", "gaps"]
    assert [one for one in lines[0].split("  ") if one.strip()] == head or all(word in lines[0] for word in head)
    assert "good" in lines[1]
    assert "the feed's ttl" in lines[1]
    assert "failing" in lines[2]
    assert "waiting longer after 1 failure" in lines[2] or "the feed's ttl" in lines[2]
    assert "gone" in lines[3]
    assert "never again: the server answered 410" in lines[3]
    assert "bad: the server answered 500 (Internal Server Error)" in lines
    assert lines[-1] == "3 feeds: 1 ok, 1 failing, 1 gone; 0 due now"


def test_status_for_machines(feeds: Home, feed_server: FeedServer) -> None:
    told = feeds.json("status")
    assert [(one["feed"], one["state"], one["failures"], one["gaps"]) for one in told["feeds"]] == [
        (1, "ok", 0, 0),
        (2, "failing", 1, 0),
        (3, "gone", 1, 0),
    ]
    good, _, gone = told["feeds"]
    assert (good["per_day"], good["last_status"], good["answers"], good["at_risk"]) == (0.071, 200, 1, False)
    assert good["expected"] == pytest.approx(1, abs=0.1)  # as long as hardly anything is known
    assert good["next_due"] > good["last_polled"]
    assert (gone["next_due"], gone["error"]) == (None, "the server says that it is gone for good (410)")
    assert [rule["rule"] for rule in good["rules"] if rule["decided"]] == ["the feed's ttl"]
    assert told["totals"]["entries"] == 7
    assert [one["feed"] for one in feeds.json("status", "--failing")["feeds"]] == [2, 3]


def test_nothing_is_followed(home: Home) -> None:
    home.write("ferry.txt", "The ferry is back")
    home("ingest", "ferry.txt")
    assert home("status").stdout == "No feed is followed yet. 'backissue add URL' follows one\n"
    error = home("explain", "1", code=1).stderr
    assert error.endswith("holds articles, and is asked by nobody; 'backissue list' shows the feeds\n")


def test_explain(feeds: Home, feed_server: FeedServer) -> None:
    text = feeds("explain", "good").stdout
    assert "UTC, by the feed's ttl" in text
    decided = [line for line in text.splitlines() if line.startswith("*")]
    assert len(decided) == 1
    assert "the feed's ttl" in decided[0]
    for name in ("the feed's rhythm", "schedule.polite", "schedule.minimum"):
        assert name in text
    assert "its rhythm, by 0 entries: 1 a day are to be expected, most around" in text
    assert "it shows 10 entries at a time" in text
    assert "as long as nothing new comes, its rhythm asks for visits at 20" in text
    rhythm = feeds.json("explain", "good")["rhythm"]
    assert (rhythm["entries"], rhythm["window"]) == (0, 10)
    assert rhythm["visits"] == sorted(rhythm["visits"])
    assert len(rhythm["visits"]) > 5
    assert "since the ETag last received; in 98 answers for the whole" in text

    assert "it failed 1 time in a row" in feeds("explain", "2").stdout
    text = feeds("explain", feed_server.url("/gone")).stdout
    assert "Next poll: never again: the server answered 410" in text
    assert "'backissue archive 3' asks once more" in text
    feeds("remove", "1")
    assert "Next poll: never; it was removed on" in feeds("explain", "1").stdout
    assert feeds.json("explain", "1")["feed"] is None
    told = feeds.json("explain", "2")
    assert told["feed"]["failures"] == 1
    assert any("doubles each time" in note for note in told["notes"])
    assert "is no feed of this archive" in feeds("explain", "nobody", code=1).stderr


def test_explain_tells_of_moves_pauses_and_the_operators_word(home: Home, feed_server: FeedServer) -> None:
    pauses = b"<skipHours><hour>3</hour></skipHours><skipDays><day>Sunday</day></skipDays><item>"
    feed_server.put("/new", rss("New", "one").replace(b"<item>", pauses, 1), etag=False)
    feed_server.redirect("/old", "/new", 308)
    home.configure(
        '[site]\nauthor = "Ann"\n[http]\nallow_private_addresses = true\nfull_fetch = 0\n'
        f'[[sources]]\nurl = "{feed_server.url("/old")}"\ninterval = 5\n'
    )
    home("archive")
    text = home("explain", "1").stdout
    assert "by the feed's own interval" in text
    assert "stands above schedule.minimum" in text
    assert "it wants no visit in hours 3 (GMT) and on Sunday" in text
    assert f"it redirects for good to {feed_server.url('/new')}, and has that address if it still does after" in text
    assert "gave nothing to ask by" in text
    home("add", feed_server.url("/new"))
    assert "which feed 2 has already" in home("explain", "1").stdout


def scraped(address: str) -> tuple[dict[str, float], str]:
    with urllib.request.urlopen(f"{address}metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        assert answer.headers["Cache-Control"] == "no-store"
        text = answer.read().decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {sample.name + "".join(sorted(sample.labels.values())): sample.value for sample in samples}, text


def test_metrics(feeds: Home, feed_server: FeedServer) -> None:
    process = feeds.start("serve", "--port", "0", "--json")
    assert process.stdout
    address = json.loads(process.stdout.readline())["address"]
    found, text = scraped(address)
    states = {name: found[f"backissue_feeds{name}"] for name in ("ok", "new", "failing", "gone")}
    assert states == {"ok": 1, "new": 0, "failing": 1, "gone": 1}
    assert (found["backissue_entries"], found["backissue_answers_total"], found["backissue_failures"]) == (7, 5, 2)
    assert found["backissue_last_poll_timestamp_seconds"] > 1.7e9
    assert found["backissue_archive_bytes"] > 10_000
    assert 0.9 < found["backissue_expected_entries_per_day"] < 3.3  # an entry a day of each feed learnt so far
    assert "backissue_passes_total" not in found
    # Numbers alone: no address, no title, no path of this machine.
    for secret in ("127.0.0.1", "good", "/bad", str(feeds.folder), "Ann"):
        assert secret not in text
    request = urllib.request.Request(f"{address}metrics", method="POST")
    with pytest.raises(urllib.error.HTTPError, match="405") as caught:
        urllib.request.urlopen(request, timeout=10)
    assert caught.value.headers["Allow"] == "GET, HEAD"
    caught.value.close()


def test_metrics_of_a_run_and_without_an_archive(home: Home, feed_server: FeedServer) -> None:
    feed_server.put("/a", rss("News", "one"))
    home("add", feed_server.url("/a"))
    process = home.start("run", "--port", "0", "--json")
    assert process.stdout
    address = json.loads(process.stdout.readline())["address"]
    while not (found := scraped(address)[0])["backissue_passes_total"]:
        pass
    assert found["backissue_failed_passes_total"] == 0
    assert found["backissue_last_pass_timestamp_seconds"] > 1.7e9


@pytest.mark.parametrize(("metrics", "status"), [("true", 503), ("false", 404)])
def test_metrics_that_cannot_be_had(home: Home, metrics: str, status: int) -> None:
    home.configure(f'[site]\nauthor = "Ann"\n[serve]\nmetrics = {metrics}\n')
    public = Path(home.folder, "public")
    public.mkdir()
    (public / "index.html").write_text("<!DOCTYPE html><title>x</title>")
    process = home.start("serve", "--port", "0", "--json")
    assert process.stdout
    address = json.loads(process.stdout.readline())["address"]
    with pytest.raises(urllib.error.HTTPError, match=str(status)) as caught:
        urllib.request.urlopen(f"{address}metrics", timeout=10)
    caught.value.close()


def test_a_configuration_goes_on_to_hold_when_a_feed_moves(home: Home, feed_server: FeedServer) -> None:
    old, new = feed_server.url("/old"), feed_server.url("/new")
    home.configure(
        '[site]\nauthor = "Ann"\n[http]\nallow_private_addresses = true\n'
        f'[[sources]]\nurl = "{old}"\ninterval = 5\n[[channels]]\nname = "x"\ntitle = "X"\nfeeds = ["{old}"]\n'
    )
    feed_server.redirect("/old", "/new", 301)
    feed_server.put("/new", rss("News", "one"))
    home("archive")
    # The first sight of the redirect is made two days old.
    with closing(sqlite3.connect(home.folder / "backissue.sqlite")) as db, db:
        db.execute("UPDATE poll SET moved_since = '2026-01-01T00:00:00.000000Z'")
    home("archive", old)
    feed_server.put("/new", rss("News", "one", "two"))
    home("archive", old)
    assert [(feed["id"], feed["url"]) for feed in home.json("list")["feeds"]] == [(1, new)]
    shown = json.loads((home.folder / "public/x/feed.json").read_text(encoding="utf-8"))["items"]
    assert sorted(item["title"] for item in shown) == ["one", "two"]
    assert "moved:" in home("show", "feed:1").stdout
    home("remove", old)
    assert home.json("list")["feeds"] == []
