"""`export` beyond subscriptions: as people type it, broken off, into pipes, and mistyped."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.archive import URL, an_entry, hour, open_archive, shown, told
from tests.support.home import ARTICLE, Home, rss, wait_for
from tests.support.server import FeedServer


def test_each_format_is_written_and_counted(home: Home) -> None:
    home.write("ferry.txt", ARTICLE)
    home("ingest", "ferry.txt")
    words = ["--warc", "a.warc.gz", "--jsonl", "a.jsonl", "--csv", "a.csv", "--parquet", "a.parquet"]
    words += ["--sqlite", "a.sqlite", "--bagit", "bag", "--feed", "1", "--since", "2020-01-01"]
    said = home("export", *words).stdout.splitlines()
    assert said[:2] == ["3 records written to a.warc.gz", "1 row written to a.jsonl"]
    assert len(said) == 6
    facts = home.json("export", "--jsonl", "b.jsonl", "--table", "documents")
    assert facts == {"written": [{"format": "jsonl", "target": "b.jsonl", "count": 1}]}
    streamed = home("export", "--jsonl", "-")
    assert json.loads(streamed.stdout)["title"] == "The ferry is back"
    assert streamed.stderr == "1 row written to -\n"
    assert home("export", "--csv", "-", "--feed", "1", "--until", "2020-01-01").stdout.count("\n") == 1
    assert sorted(one.name for one in home.folder.iterdir() if one.name.startswith(".")) == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["a.opml", "--csv", "a.csv"], "names a file besides"),
        (["--csv", "-", "--jsonl", "-"], "is asked for twice"),
        (["--csv", "-", "--json"], "is asked for twice"),
        (["--sqlite", "-"], "is no stream"),
        (["--csv", "none/a.csv"], "lies in a folder that does not exist"),
        (["--csv", "."], "is a folder"),
        (["--bagit", "full"], "is there already"),
        (["--feed", "1"], "choose from the archive"),
        (["--csv", "a.csv", "--feed", "nobody"], "is no feed of this archive"),
        (["--csv", "a.csv", "--since", "2090-01-01"], "is still to come"),
        (["--csv", "a.csv", "--table", "nothing"], "is not one of"),
    ],
)
def test_what_cannot_be_meant_is_one_line(home: Home, words: list[str], reason: str) -> None:
    home.write("full/file", "x")
    home.write("ferry.txt", ARTICLE)
    home("ingest", "ferry.txt")
    result = home("export", *words, code=2 if reason in ("is still to come", "is not one of") else 1)
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_what_is_broken_off_leaves_what_was_there(home: Home, number: signal.Signals) -> None:
    """Broken off in the middle, the file is as it was; the next one takes its place."""
    _fill(home.folder / "backissue.sqlite")
    target, temporary = home.write("out.sqlite", "before"), home.folder / ".out.sqlite.tmp"
    process = home.start("export", "--sqlite", "out.sqlite")
    wait_for(lambda: temporary.exists() and temporary.stat().st_size > 0)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == (-9 if number == signal.SIGKILL else 130), said
    assert target.read_text() == "before"
    assert temporary.exists() == (number == signal.SIGKILL)
    home("export", "--sqlite", "out.sqlite")
    assert not temporary.exists()
    with closing(sqlite3.connect(target)) as db:
        assert db.execute("SELECT count(*) FROM documents").fetchone() == (60,)


def _fill(path: Path) -> None:
    """An archive that takes a while to write, as its documents are large."""
    store = open_archive(path)
    feed = store.subscribe(URL, kind="remote", now=hour(0))
    texts = [f"{number} " * 150_000 for number in range(60)]
    for number, text in enumerate(texts):
        told(store, shown(feed, hour(number), an_entry(1, f"Edit {number}"), body=text.encode()))
    store.close()


def test_a_web_archive_goes_round(home: Home, feed_server: FeedServer) -> None:
    feed_server.put("/0", rss("Feed 0", "item-0"))
    url = feed_server.url("/0")
    home("add", url)
    feed_server.put("/0", rss("Feed 0", "item-0", text="Other text"))
    home("archive", url)
    home("export", "--warc", "all.warc.gz")
    away = home.folder / "away"
    home("init", away)
    there = ("--config", away / "backissue.toml")
    assert "1 feed not known here passed over" in home(*there, "import", "--warc", "all.warc.gz").stdout
    assert "0 feeds added" not in home(*there, "import", "--warc", "all.warc.gz", "--new", "archive").stdout
    assert home.json(*there, "list")["feeds"] == []
    assert [one["entry"]["summary"]["value"] for one in home.json(*there, "history", "1")["versions"]] == [
        one["entry"]["summary"]["value"] for one in home.json("history", "1")["versions"]
    ]
    again = home.json(*there, "import", "--warc", "all.warc.gz")
    assert (again["feeds"][url]["copies"], again["feeds"][url]["new"], again["troubles"]) == (2, 0, [])
    home.write("junk.warc", b"WARC/1.0\r\nno: head\r\n\r\n")
    result = home(*there, "import", "--warc", "junk.warc", code=1)
    assert result.stderr.startswith("Passed over: junk.warc, at byte 0: ") and result.stderr.count("\n") == 1
    home.write("empty.warc", b"")
    assert home(*there, "import", "--warc", "empty.warc", code=1).stderr == (
        "Passed over: empty.warc, at byte 0: is empty\n"
    )
    assert "is about web archives" in home("import", "all.warc.gz", "--new", "follow", code=1).stderr
    assert "is one list too many" in home("import", "a.opml", "b.opml", code=1).stderr
