"""Feed readers of other people subscribe to what `backissue serve` gives, and poll it again.

Each has to show titles, dates, texts and enclosures as they were archived, and to be answered with 304 when it asks
again. Where a reader is not installed its tests skip themselves.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from archive.store import Observation, Store
from config.settings import Format
from feeds.model import Charset, Enclosure, Entry, Feed, ParsedFeed, Person, Text
from tests.support.home import wait_for
from tests.support.newsroom import Newsroom, free_port
from tests.support.programs import program
from tests.support.recorder import Recorder, recording

pytestmark = pytest.mark.client

SEEN = datetime(2026, 11, 1, 12, tzinfo=UTC)
MOON = datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC)
SOUND = "https://source.example/sound.mp3?a=1&b=2"


def entry(number: int, title: str, text: str, published: datetime, *files: Enclosure) -> Entry:
    """An entry of « La Source »."""
    return Entry(
        id=f"tag:source.example,2026:{number}",
        link=f"https://source.example/{number}?a=1&b=2",
        title=title,
        content=Text(text),
        published=published,
        authors=(Person("Zoë Élan"),),
        enclosures=files,
    )


ENTRIES = (
    entry(
        1,
        "« L’été » à Paris: 1 < 2 & 3 > 2",
        "<p>Un <em>texte</em> &eacute;crit&nbsp;: a &lt; b &amp;&amp; c</p>",
        datetime.fromisoformat("2026-10-30T23:30:00-05:00").astimezone(UTC),
    ),
    entry(
        2,
        "日本語のタイトル",
        "<p>本文です。<b>強調</b></p>",
        datetime.fromisoformat("2026-10-29T01:00:00+09:00").astimezone(UTC),
    ),
    entry(3, "عنوان بالعربية", '<p dir="rtl">نص عربي <a href="https://source.example/ar">رابط</a></p>', SEEN),
    entry(4, "To the moon 🚀", "<p>Before there were feeds</p>", MOON),
    entry(
        5, "A sound", "<p>Listen</p>", datetime(2026, 10, 1, tzinfo=UTC), Enclosure(SOUND, "audio/mpeg", 4321, None, 61)
    ),
)
LATER = entry(6, "One more", "<p>Later</p>", datetime(2026, 11, 2, tzinfo=UTC))
BY_TITLE = {one.title: one for one in ENTRIES}


class Desk:
    """A newsroom that is served; `address` is its public one, and `log` tells what readers asked for."""

    def __init__(self, room: Newsroom, address: str, log: Recorder) -> None:
        self.room, self.address, self.log = room, address, log

    def publish(self, *entries: Entry, at: datetime = SEEN) -> None:
        """Take the entries in, as if they had been found at that time, and publish."""
        with self.room.store() as store:
            keep(store, entries, at)
        self.room.run("publish")

    def url(self, format: Format) -> str:
        """Where the channel is read in a format."""
        return f"{self.address}all/feed.{format}"

    def statuses(self, format: Format) -> list[int]:
        """How each request for the channel was answered."""
        return self.log.statuses(f"/all/feed.{format}")


def keep(store: Store, entries: tuple[Entry, ...], at: datetime) -> None:
    """Record the entries of one feed, the oldest first."""
    feed = store.subscribe("https://source.example/feed", kind="remote", now=SEEN, title="La Source")
    document = ParsedFeed(format="atom10", feed=Feed(), entries=entries, charset=Charset(used="utf-8"))
    store.record([Observation(feed=feed, at=at, parsed=document, windowed=False)])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "newsroom").mkdir()
    room, port, behind = Newsroom(tmp_path / "newsroom"), free_port(), free_port()
    room.configure(
        site=f'base_url = "http://127.0.0.1:{port}/"\ntitle = "The News"',
        channels='[[channels]]\nname = "all"\ntitle = "Everything & all"\n',
    )
    with recording(port, behind) as log:
        desk = Desk(room, f"http://127.0.0.1:{port}/", log)
        desk.publish(*ENTRIES)
        with room.serving(behind):
            yield desk


def seconds(when: datetime | None) -> int:
    """Seconds since 1970."""
    assert when
    return int(when.timestamp())


def words(text: str) -> str:
    """What is shown of an HTML text, with single spaces."""
    return " ".join(html.fragment_fromstring(text, create_parent="div").text_content().split())


def rows(database: Path, query: str) -> list[dict[str, Any]]:
    """What a reader keeps in its own database."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def text_of(entry: Entry) -> str:
    """What is to be shown of an entry's text."""
    assert entry.content
    return words(entry.content.value)


def run(*command: str | Path, home: Path, **more: str) -> str:
    """What the program prints; it sees a home of its own and no proxy."""
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **more}
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True)
    return done.stdout.decode()


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_newsboat(desk: Desk, tmp_path: Path, format: Format) -> None:
    """It sends its validators from the third time on, and `A-IM: feed` with them: then it gets only what it lacks.

    Times before 1970 come out 2^32 seconds late: it keeps them without a sign.
    """
    newsboat = program("newsboat")
    (tmp_path / "urls").write_text(desk.url(format) + "\n")

    def reload() -> dict[str, dict[str, Any]]:
        files = ("-u", tmp_path / "urls", "-c", tmp_path / "cache", "-C", "/dev/null")
        run(newsboat, *files, "-x", "reload", home=tmp_path)
        return {row["title"]: row for row in rows(tmp_path / "cache", "SELECT * FROM rss_item")}

    shown = reload()
    assert shown.keys() == BY_TITLE.keys()
    for title, row in shown.items():
        archived = BY_TITLE[title]
        assert (row["guid"], row["url"], row["author"]) == (archived.id, archived.link, "Zoë Élan")
        assert row["pubDate"] == seconds(archived.published) % 2**32
        assert words(row["content"]) == text_of(archived)
        files = [(one.url, one.type) for one in archived.enclosures] or [("", "")]
        assert [(row["enclosure_url"], row["enclosure_type"])] == files
    reload()
    assert reload() == shown
    assert desk.statuses(format) == [200, 200, 304]

    desk.publish(LATER, at=datetime(2026, 11, 2, 1, tzinfo=UTC))
    assert reload().keys() == BY_TITLE.keys() | {LATER.title}
    assert desk.statuses(format)[3:] == [226]


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_sfeed(desk: Desk, tmp_path: Path, format: Format) -> None:
    """It never sends validators, so it is never answered with 304."""
    sfeed = program("sfeed_update")
    rc = tmp_path / "sfeedrc"
    rc.write_text(f'sfeedpath="{tmp_path}/feeds"\nfeeds() {{\n\tfeed t "{desk.url(format)}"\n}}\n')

    def update() -> dict[str, list[str]]:
        run(sfeed, rc, home=tmp_path)
        lines = (tmp_path / "feeds/t").read_text(encoding="utf-8").splitlines()
        return {fields[1]: fields for fields in (line.split("\t") for line in lines)}

    shown = update()
    assert shown.keys() == BY_TITLE.keys()
    for title, (when, _, link, content, kind, identity, author, *more) in shown.items():
        archived = BY_TITLE[title]
        assert (link, identity, author, kind) == (archived.link, archived.id, "Zoë Élan", "html")
        assert when == str(seconds(archived.published))
        assert words(content) == text_of(archived)
        assert more[0] == "".join(one.url for one in archived.enclosures)
    assert update() == shown
    assert desk.statuses(format) == [200, 200]


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_gpodder(desk: Desk, tmp_path: Path, format: Format) -> None:
    """A podcast client."""
    gpodder = program("gpo")
    home = {"home": tmp_path, "GPODDER_HOME": str(tmp_path / "gpodder")}

    def episodes() -> dict[str, dict[str, Any]]:
        return {row["title"]: row for row in rows(tmp_path / "gpodder/Database", "SELECT * FROM episode")}

    run(gpodder, "subscribe", desk.url(format), **home)
    shown = episodes()
    assert shown.keys() == BY_TITLE.keys()
    for title, row in shown.items():
        archived = BY_TITLE[title]
        assert (row["guid"], row["link"]) == (archived.id, archived.link)
        assert row["published"] == seconds(archived.published)
        assert words(row["description_html"]) == text_of(archived)
        for one in archived.enclosures:
            assert (row["url"], row["mime_type"], row["file_size"]) == (one.url, one.type, one.length)
    run(gpodder, "update", **home)
    assert episodes() == shown
    assert desk.statuses(format) == [200, 304]


def test_liferea(desk: Desk, tmp_path: Path) -> None:
    """A desktop program, in a window that nobody sees; it takes what it lacks alone (`A-IM: feed`), too."""
    with liferea(tmp_path, {"rss": desk.url("rss"), "atom": desk.url("atom")}):
        wait_for(lambda: set(desk.statuses("rss")[1:]) == set(desk.statuses("atom")[1:]) == {304})
        desk.publish(LATER, at=datetime(2026, 11, 2, 1, tzinfo=UTC))
        wait_for(lambda: all(226 in desk.statuses(format) for format in ("rss", "atom")))
        wait_for(lambda: all(desk.statuses(format)[-1] == 304 for format in ("rss", "atom")))
    database = tmp_path / ".local/share/liferea/liferea.db"
    shown = rows(database, "SELECT * FROM items")
    files = rows(database, "SELECT * FROM metadata WHERE key = 'enclosure'")

    assert desk.statuses("rss")[:2] == desk.statuses("atom")[:2] == [200, 304]
    for format in ("rss", "atom"):
        items = {row["title"]: row for row in shown if row["node_id"] == format}
        assert items.keys() == BY_TITLE.keys() | {LATER.title}
        for title, row in items.items():
            archived = BY_TITLE.get(title, LATER)
            assert (row["source_id"], row["source"]) == (archived.id, archived.link)
            assert row["date"] == seconds(archived.published)
            assert words(row["description"]) == text_of(archived)
            found = [file["value"] for file in files if file["item_id"] == row["item_id"]]
            assert found == [f"enc:0:{one.type}:{one.length}:{one.url}" for one in archived.enclosures]


@contextmanager
def liferea(home: Path, feeds: dict[str, str]) -> Iterator[None]:
    """Liferea with these feeds, told each second to look for news, with an X server and a message bus of its own."""
    commands = [program(name) for name in ("xvfb-run", "dbus-run-session", "liferea", "dbus-send")]
    outlines = "".join(
        f'<outline title="{name}" type="{name}" id="{name}" xmlUrl="{url}"/>' for name, url in feeds.items()
    )
    (home / ".config/liferea").mkdir(parents=True)
    (home / ".config/liferea/feedlist.opml").write_text(f'<opml version="1.0"><body>{outlines}</body></opml>')
    bus = f"{commands[3]} --session --print-reply --dest=org.gnome.feed.Reader /org/gnome/feed/Reader"
    script = home / "session.sh"
    script.write_text(
        f"{commands[2]} --disable-plugins --mainwindow-state=hidden & reader=$!\n"
        "trap 'kill $reader' TERM\n"
        f"while kill -0 $reader; do sleep 1; {bus} org.gnome.feed.Reader.Refresh; done\n"
    )
    environment = {
        "HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "GSETTINGS_BACKEND": "memory",
        "NO_AT_BRIDGE": "1", "LIBGL_ALWAYS_SOFTWARE": "1", "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
    }  # fmt: skip
    command = [commands[0], "--auto-servernum", commands[1], "--", "sh", script]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=home, env=environment, start_new_session=True, **quiet) as session:
        try:
            yield
        finally:
            os.killpg(session.pid, signal.SIGTERM)
