"""`ingest`, `archive` and `publish`: what a pass does, and what it tells."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from tests.support.home import ARTICLE, Home, opml, put_feeds, rss
from tests.support.server import FeedServer

FOLDERS = "[http]\nallow_private_addresses = true\n[[folders]]\npath = 'articles'\nsource = 'Desk'\ntags = ['own']\n"


def table(text: str) -> dict[str, list[int]]:
    """The closing table: all, new, changed, unchanged, failed by row."""
    rows = [line.split() for line in text.splitlines()]
    return {row[0]: [int(cell) for cell in row[1:]] for row in rows if row and row[0] in ("feeds", "articles")}


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    """The bytes and times of all published files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_the_same_twice_changes_nothing_and_an_edit_is_a_version(home: Home) -> None:
    home.write("a/ferry.txt", ARTICLE)
    home.write("a/lamp.md", "# The lamp\n\nIt is lit.\n")
    home.write("a/page.html", "<h1>The page</h1><p>It is turned.</p>")
    assert "3 new, 0 changed, 0 unchanged, 0 failed" in home("ingest", "a").stdout
    before = home.contents()
    assert "0 new, 0 changed, 3 unchanged, 0 failed" in home("ingest", "a").stdout
    os.utime(home.folder / "a/ferry.txt", (1, 1))
    home("ingest", home.folder / "a/ferry.txt", "a")
    assert home.contents() == before
    home.write("a/ferry.txt", ARTICLE.replace("nine", "ten"))
    assert "0 new, 1 changed, 2 unchanged, 0 failed" in home("ingest", "a").stdout
    assert len(home.json("history", "1")["versions"]) == 2


def test_a_pass_asks_takes_in_publishes_and_tells(home: Home, feed_server: FeedServer) -> None:
    put_feeds(feed_server, 4)
    feed_server.error("/2", 500)
    feed_server.put("/3", "<p>no feed</p>", content_type="text/html")
    home.configure(FOLDERS)
    home.write("articles/ferry.txt", ARTICLE)
    home.write("articles/empty.txt", "")
    home.write("list.opml", opml([feed_server.url(f"/{number}") for number in range(4)]))
    home("import", "list.opml")
    first = home("archive")
    assert table(first.stdout) == {"feeds": [4, 2, 0, 0, 2], "articles": [2, 1, 0, 0, 1]}
    assert "2 new entries and 0 edits from feeds\n8 documents written to " in first.stdout
    failed = [line for line in first.stderr.splitlines() if line.startswith("Failed: ")]
    assert len(failed) == 3
    assert any("the server answered 500 (Internal Server Error)" in line for line in failed)
    published = state(home.folder / "public")
    second = home("archive")
    assert table(second.stdout) == {"feeds": [0] * 5, "articles": [2, 0, 0, 1, 1]}
    assert "0 documents written to " in second.stdout
    assert state(home.folder / "public") == published
    feed_server.put("/0", rss("Feed 0", "item-0", "more", text="New text"))
    third = home("archive", "Feed 0", "2")
    assert table(third.stdout)["feeds"] == [2, 1, 0, 1, 0]
    assert "1 new entry and 1 edit from feeds" in third.stdout


def test_an_entry_that_leaves_the_window_goes_into_an_archive_document(home: Home, feed_server: FeedServer) -> None:
    home.configure("[http]\nallow_private_addresses = true\n[[channels]]\nname = 'all'\ntitle = 'All'\nentries = 2\n")
    feed_server.put("/a", rss("A", "one", "two", "three"))
    home("archive", feed_server.url("/a"))
    feed_server.put("/a", rss("A", "four", "five", "six"))
    home("archive", "A")
    documents = [path.read_text() for path in sorted((home.folder / "public/all/archive").glob("*.atom"))]
    archived = [text for text in documents if "<fh:archive/>" in text]  # the one that is open is still in the live one
    live = (home.folder / "public/all/feed.atom").read_text()
    for title in ("one", "two", "three", "four", "five", "six"):
        assert sum(f">{title}</title>" in text for text in (*archived, live)) == 1


def test_addresses_that_fail_do_not_stop_the_others(home: Home, feed_server: FeedServer) -> None:
    (url,) = put_feeds(feed_server, 1)
    missing = feed_server.url("/missing")
    result = home("archive", missing, url)
    assert table(result.stdout)["feeds"] == [2, 1, 0, 0, 1]
    assert result.stderr == (
        f"Failed: {missing}: the server answered 404 (Not Found); check the address, or try again later\n"
    )
    assert len(feed_server.asked("/0")) == 1
    only = home("archive", missing, code=1)
    assert table(only.stdout)["feeds"] == [1, 0, 0, 0, 1]
    assert home.json("archive", missing, code=1)["refused"]
    feed_server.remove("/0")
    assert table(home("archive", "1", code=1).stdout)["feeds"] == [1, 0, 0, 0, 1]


def test_whoever_asks_too_soon_is_told_when_it_is_due(home: Home, feed_server: FeedServer) -> None:
    home("archive", *put_feeds(feed_server, 2))
    line = home("archive").stdout.splitlines()[-1]
    assert line.startswith("No feed is due before 20") and line.endswith("'backissue archive FEED' asks one now")


def test_a_watched_folder_may_be_empty_or_vanish(home: Home) -> None:
    home.configure(FOLDERS)
    (home.folder / "articles").mkdir()
    assert table(home("archive").stdout)["articles"] == [0] * 5
    home.write("articles/ferry.txt", ARTICLE)
    home("archive")
    shutil.rmtree(home.folder / "articles")
    result = home("archive", code=1)
    (line,) = result.stderr.splitlines()
    assert line == f"Failed: {home.folder}/articles: does not exist; check the spelling"
    assert home.json("list")["feeds"][0]["entries"] == 1
    assert ">The ferry is back<" in (home.folder / "public/all/feed.rss").read_text()


def test_a_file_from_another_clock_is_taken_in(home: Home) -> None:
    home.configure(FOLDERS)
    path = home.write("articles/ferry.txt", ARTICLE)
    os.utime(path, (time.time() + 90_000,) * 2)
    assert table(home("archive").stdout)["articles"] == [1, 1, 0, 0, 0]


def test_an_article_of_a_watched_folder_is_one_however_it_comes(home: Home) -> None:
    home.configure(FOLDERS)
    home.write("articles/ferry.txt", ARTICLE)
    home("ingest", "articles/ferry.txt")
    assert table(home("archive").stdout)["articles"] == [1, 0, 0, 1, 0]
    assert len(home.json("list", "--entries")["entries"]) == 1


def test_publishing_twice_writes_nothing(home: Home) -> None:
    home.write("ferry.txt", ARTICLE)
    home("ingest", "ferry.txt")
    home("publish")
    before = state(home.folder / "public")
    assert {"all/feed.rss", "all/feed.atom", "all/feed.json", "all/index.html", "index.html"} <= set(before)
    assert [one["written"] for one in home.json("publish")["channels"]] == [0]
    assert state(home.folder / "public") == before


def test_a_channel_that_cannot_be_written_does_not_keep_the_others(home: Home) -> None:
    channels = "".join(f"[[channels]]\nname = '{name}'\ntitle = '{name}'\n" for name in ("a", "b", "c"))
    home.configure(channels)
    home.write("ferry.txt", ARTICLE)
    home("ingest", "ferry.txt")
    home.write("public/b", "a file in the way")
    for command, mark in (("publish", "Error: "), ("archive", "Failed: ")):
        result = home(command, code=1)
        (line,) = [line for line in result.stderr.splitlines() if line.startswith(mark)]
        assert f"{home.folder}/public/b" in line and "a file is in the way; move it" in line
        assert (home.folder / "public/a/feed.rss").exists() and (home.folder / "public/c/feed.rss").exists()


@pytest.mark.parametrize("where", ["public", "public/all", "public/all/feed.rss", "public/index.html"])
def test_something_else_in_the_public_folder(where: str, home: Home) -> None:
    home.write("ferry.txt", ARTICLE)
    home("ingest", "ferry.txt")
    path = home.folder / where
    path.parent.mkdir(parents=True, exist_ok=True)
    if "." in path.name:
        path.mkdir()
    else:
        path.write_text("in the way")
    lines = home("publish", code=1).stderr.splitlines()
    assert lines and all(line.startswith(f"Error: {home.folder}/public") and "; " in line for line in lines)
