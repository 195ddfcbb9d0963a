"""Feed readers as they are, subscribed to a served folder."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from backissue.web import app, running
from feeds.files import write
from tests.support.programs import program

ITEM = (
    "<item><title>{0}</title><guid isPermaLink='false'>tag:example.org,2026:{0}</guid>"
    "<description>t</description></item>"
)


class Served:
    """A feed that is served, and the lines that its requests left."""

    def __init__(self, public: Path, address: str, lines: list[str]) -> None:
        self._path = public / "all/feed.rss"
        self._age = 3600
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self.url = f"{address}all/feed.rss"
        self._lines = lines

    def publish(self, *titles: str, age: int | None = None) -> None:
        """Replace the feed, so many seconds ago by its time; else a minute after the last one."""
        items = "".join(map(ITEM.format, titles))
        head = "<title>All</title><link>http://127.0.0.1/</link><description>d</description>"
        padding = f"<!-- {'text ' * 500} -->"
        write(self._path, f"<rss version='2.0'>{padding}<channel>{head}{items}</channel></rss>".encode())
        self._age -= 60
        when = int(time.time()) - (self._age if age is None else age)
        os.utime(self._path, (when, when))

    @property
    def answers(self) -> list[str]:
        """The statuses so far."""
        return [line.split()[3].rstrip(",") for line in self._lines if "/all/feed.rss" in line]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    lines: list[str] = []
    with running(app(tmp_path / "public"), "127.0.0.1", 0, log=lines.append) as address:
        feed = Served(tmp_path / "public", address, lines)
        feed.publish("one")
        yield feed


def test_feedparser(served: Served) -> None:
    first = feedparser.parse(served.url)
    assert (first.status, [entry.title for entry in first.entries]) == (200, ["one"])
    assert first.headers["content-encoding"] == "gzip"
    assert first.encoding == "utf-8"

    assert feedparser.parse(served.url, etag=first.etag).status == 304
    assert feedparser.parse(served.url, modified=first.modified).status == 304
    assert feedparser.parse(served.url, modified=datetime(2020, 1, 1, tzinfo=UTC)).status == 200
    assert feedparser.parse(served.url, etag='"other"', modified=first.modified).status == 200

    served.publish("two", "one")
    second = feedparser.parse(served.url, etag=first.etag, modified=first.modified)
    assert (second.status, [entry.title for entry in second.entries]) == (226, ["two"])  # it asks for what it lacks
    assert feedparser.parse(served.url, etag=second.etag, modified=second.modified).status == 304


@pytest.fixture
def newsboat(served: Served, tmp_path: Path) -> Callable[[], set[str]]:
    """Has newsboat reload the feed, and gives the titles that it then has."""
    path = program("newsboat")
    (tmp_path / "urls").write_text(served.url + "\n")
    cache = tmp_path / "cache.db"

    def reload() -> set[str]:
        command = [path, "-u", tmp_path / "urls", "-c", cache, "-C", "/dev/null", "-x", "reload"]
        subprocess.run(command, check=True, capture_output=True, timeout=30, env={"HOME": str(tmp_path)})
        with closing(sqlite3.connect(cache)) as connection:
            return {title for (title,) in connection.execute("select title from rss_item")}

    return reload


@pytest.mark.client
def test_newsboat(served: Served, newsboat: Callable[[], set[str]]) -> None:
    # It keeps validators from the second reload on only.
    assert [newsboat() for _ in range(3)] == [{"one"}] * 3
    assert served.answers == ["200", "200", "304"]
    served.publish("two", "one")
    assert newsboat() == {"one", "two"}
    assert newsboat() == {"one", "two"}
    assert served.answers[3:] == ["226", "304"]
    served.publish("three", "two")
    assert newsboat() == {"one", "two", "three"}
    assert served.answers[5:] == ["226"]


@pytest.mark.client
def test_newsboat_misses_nothing_of_a_busy_second(served: Served, newsboat: Callable[[], set[str]]) -> None:
    newsboat()
    time.sleep(1 - time.time() % 1)
    served.publish("two", "one", age=0)
    assert newsboat() == {"one", "two"}
    assert newsboat() == {"one", "two"}
    served.publish("three", "two", "one", age=0)
    assert newsboat() == {"one", "two", "three"}


@pytest.mark.client
def test_sfeed(served: Served, tmp_path: Path) -> None:
    update = program("sfeed_update")
    (tmp_path / "sfeedrc").write_text(f'sfeedpath="{tmp_path}/feeds"\nfeeds() {{\n\tfeed t "{served.url}"\n}}\n')

    def titles() -> list[str]:
        subprocess.run([update, tmp_path / "sfeedrc"], check=True, capture_output=True, timeout=30)
        return [line.split("\t")[1] for line in (tmp_path / "feeds/t").read_text().splitlines()]

    assert titles() == ["one"]
    served.publish("two", "one")
    assert sorted(titles()) == ["one", "two"]
    assert set(served.answers) == {"200"}
