"""What `backissue serve` shows, taken by clients that are not ours."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import zip_longest
from pathlib import Path

import feedparser
import pytest
from lxml import html

from archive.store import Observation, Store
from config.settings import FORMATS, Channel, Site
from feeds.model import Category, Charset, Entry, Feed, ParsedFeed, Text
from feeds.opml import read_opml
from feeds.publish import publish
from tests.support.newsroom import Newsroom, free_port
from tests.support.programs import program
from tests.support.walk import Walker

START = datetime(2026, 11, 1, tzinfo=UTC)
TITLES = {
    "« L’été » à Paris: 1 < 2 & 3 > 2",
    "Tom &amp; Jerry, to the letter",
    "日本語のタイトル",
    "عنوان بالعربية",
    "An emoji 🎣 and a no-break\u00a0space",
    "<script>alert(1)</script>",
}


def an_entry(number: int, text: str, when: datetime | None = None) -> Entry:
    return Entry(
        id=f"tag:source.example,2026:{number}",
        title=f"Entry {number}",
        link=f"https://source.example/{number}",
        content=Text(f"<p>{text}</p>"),
        published=when,
        categories=(Category("news"),),
    )


def keep(store: Store, entries: Iterable[Entry], at: datetime) -> None:
    """Record entries of one feed, as if it had been polled at that time."""
    feed = store.subscribe("https://source.example/feed", kind="remote", now=START, title="La Source")
    document = ParsedFeed(format="atom10", feed=Feed(), entries=tuple(entries), charset=Charset(used="utf-8"))
    store.record([Observation(feed=feed, at=at, parsed=document, windowed=False)])


def test_the_whole_past_is_found_while_publishing_goes_on(tmp_path: Path) -> None:
    """A reader that begins at the live document gets every entry in its newest version, however often it steps."""
    dice, port = random.Random(5005), free_port()
    newsroom = Newsroom(tmp_path)
    newsroom.configure()
    channel = Channel(name="all", title="All", entries=4)
    site = Site(base_url=f"http://127.0.0.1:{port}/")
    texts: dict[int, str] = {}
    clock = START

    with newsroom.store() as store, newsroom.serving(port) as address:

        def go_on(most: int = 5) -> None:
            """Something new, something edited (dated by its source or not), and all of it published."""
            nonlocal clock
            for _ in range(dice.randint(0, most)):
                clock += timedelta(minutes=dice.randint(1, 90))
                number = dice.randint(1, len(texts) + 2)
                texts[number] = f"{number} at {clock}"
                keep(store, [an_entry(number, texts[number], dice.choice([None, START]))], clock)
            publish(channel, site, store, newsroom.public, authority=store.authority)

        def known(reader: Walker) -> dict[str, str]:
            return {identity: text for identity, (_, text) in reader.entries.items()}

        go_on(most=150)
        readers = [Walker(f"{address}all/feed.{format}") for format in FORMATS]
        late = [Walker(reader.subscription) for reader in readers]
        for _ in range(4):
            before = {f"tag:source.example,2026:{number}" for number in texts}
            for _step in zip_longest(*(reader.walk() for reader in readers)):
                go_on()
            assert [before - reader.entries.keys() for reader in readers] == [set()] * 3
        for reader in (*readers, *late):
            list(reader.walk())
            assert len(reader.archives) > 5
            assert known(reader) == {f"tag:source.example,2026:{one}": f"<p>{text}</p>" for one, text in texts.items()}
            assert reader.walk_forth() == reader.entries


class Served:
    """A newsroom whose two channels are published, and served at `address`."""

    def __init__(self, room: Newsroom, address: str) -> None:
        self.room, self.address, self.items = room, address, room.items()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A channel of everything, and one in Arabic."""
    newsroom, port = Newsroom(tmp_path_factory.mktemp("newsroom")), free_port()
    channels = "".join(
        f'[[channels]]\nname = "{name}"\ntitle = "{title}"\n{more}'
        for name, title, more in (("all", "Everything & all", ""), ("ar", "أخبار", 'language = "ar"\n'))
    )
    newsroom.configure(site=f'base_url = "http://127.0.0.1:{port}/"', channels=channels)
    entries = [
        Entry(id=f"tag:source.example,2026:{number}", title=title, link=f"https://source.example/{number}")
        for number, title in enumerate(sorted(TITLES))
    ]
    with newsroom.store() as store:
        keep(store, entries, START)
    newsroom.run("publish")
    with newsroom.serving(port) as address:
        yield Served(newsroom, address)


def test_browsers_and_readers_find_every_feed_from_every_page(site: Served) -> None:
    found = set()
    for page in ("", "all/", "ar/"):
        tree = html.document_fromstring(_body(site.address + page).decode("utf-8"))
        tree.make_links_absolute(site.address + page)
        links = {(link.get("href"), link.get("type")) for link in tree.iterfind(".//link[@rel='alternate']")}
        assert {href for href, _ in links} <= {anchor.get("href") for anchor in tree.iterfind(".//a")}
        found |= links
    listed = {one.feed_url for one in read_opml(_body(f"{site.address}channels.opml"), "channels.opml")}
    for href, kind in found:
        with urllib.request.urlopen(href, timeout=10) as response:
            assert response.headers.get_content_type() == kind
            assert 'rel="self"' in (body := response.read().decode()) or f'"feed_url": "{href}"' in body
            assert href in body

    assert len(found) == 6
    assert listed == {f"{site.address}all/feed.rss", f"{site.address}ar/feed.rss"}


def test_a_second_backissue_follows_the_first_by_its_page(site: Served, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    second = Newsroom(tmp_path / "second")
    second.configure()
    followed = second.facts("add", f"{site.address}all/")

    assert followed["feed"]["url"].startswith(f"{site.address}all/feed.")
    # What a title of RSS means by "&amp;amp;" is anybody's guess; ours is that nobody means to show "&amp;".
    assert {(item.id, item.entry.title) for item in second.items().values()} == {
        (item.id, item.entry.title and unescape(item.entry.title)) for item in site.items.values()
    }


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_feedparser_lists_the_right_titles(site: Served, format: str) -> None:
    parsed = feedparser.parse(f"{site.address}all/feed.{format}", sanitize_html=False)

    assert not parsed.bozo
    assert {entry.title for entry in parsed.entries} == TITLES


@pytest.mark.client
@pytest.mark.parametrize("format", ["rss", "atom"])
def test_newsboat_lists_the_right_titles(site: Served, tmp_path: Path, format: str) -> None:
    newsboat = program("newsboat")
    (tmp_path / "urls").write_text(f"{site.address}all/feed.{format}\n")
    command = [newsboat, "-u", tmp_path / "urls", "-c", tmp_path / "cache", "-C", "/dev/null", "-x", "reload"]
    subprocess.run(command, check=True, capture_output=True, timeout=30, env={"HOME": str(tmp_path)})
    with closing(sqlite3.connect(tmp_path / "cache")) as cache:
        rows = cache.execute("SELECT title, guid, url, pubDate FROM rss_item").fetchall()
        (name,) = cache.execute("SELECT title FROM rss_feed").fetchone()

    assert name == "Everything & all"
    assert {title for title, *_ in rows} == TITLES
    assert {guid for _, guid, *_ in rows} == site.items.keys()
    assert {link for *_, link, _ in rows} == {item.entry.link for item in site.items.values()}
    assert {when for *_, when in rows} == {int(START.timestamp())}


@pytest.mark.client
@pytest.mark.parametrize("format", ["rss", "atom"])
def test_sfeed_lists_the_right_titles(site: Served, tmp_path: Path, format: str) -> None:
    sfeed = program("sfeed_update")
    rc = tmp_path / "sfeedrc"
    url = f"{site.address}all/feed.{format}"
    rc.write_text(f'sfeedpath="{tmp_path}/feeds"\nfeeds() {{\n\tfeed t "{url}"\n}}\n')
    subprocess.run([sfeed, rc], check=True, capture_output=True, timeout=30)
    lines = (tmp_path / "feeds/t").read_text(encoding="utf-8").splitlines()
    fields = [line.split("\t") for line in lines]

    assert {title for _, title, *_ in fields} == TITLES
    assert {when for when, *_ in fields} == {str(int(START.timestamp()))}
    assert {link for _, _, link, *_ in fields} == {item.entry.link for item in site.items.values()}
    assert {row[5] for row in fields} == site.items.keys()


def _body(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as response:
        body: bytes = response.read()
        return body
