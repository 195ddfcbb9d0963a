"""Copies of what entries show: got from a real server, in pieces if need be, and published in their place."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.fetch import Fetcher
from archive.media import Index, Kept, Wish, keep, look
from archive.media.keep import Advance
from backissue.copies import keep_copies
from backissue.release import publish_all
from config.settings import Channel, Http, Keeping, Media, Settings, Site, Source
from feeds.model import Enclosure, Entry, Text
from tests.support.archive import URL, an_entry, hour, open_archive, shown, told
from tests.support.items import NOON
from tests.support.server import FeedServer

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
MP3 = b"ID3" + bytes(range(256)) * 40
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
EVIL = b'<svg xmlns="http://www.w3.org/2000/svg"><script>steal()</script></svg>'
CHANNEL = Channel(name="all", title="All", media="all")


class Room:
    """An archive, a server that has files, and a clock."""

    def __init__(self, root: Path, server: FeedServer) -> None:
        self.root, self.server, self.now = root, server, hour(9)
        self.channel, self.limits, self.http = CHANNEL, Media(), Http(allow_private_addresses=True, gap=0)
        self.store = open_archive(root / "a.sqlite")
        self.feed = self.store.subscribe(URL, kind="remote", now=NOON)
        self.sources: tuple[Source, ...] = ()

    @property
    def settings(self) -> Settings:
        site = Site(title="S", base_url="https://b.example/", author="E")
        return Settings(
            root=str(self.root), site=site, channels=(self.channel,), media=self.limits, sources=self.sources
        )

    def tell(self, at: datetime, *entries: Entry) -> None:
        told(self.store, shown(self.feed, at, *entries, windowed=False))

    def keep(self) -> Kept:
        def fetcher() -> Fetcher:
            return Fetcher(self.http, now=lambda: self.now, version="1")

        kept = keep_copies(
            self.settings, self.store, [self.channel], fetcher=fetcher, now=lambda: self.now, stop=threading.Event()
        )
        assert kept
        return kept

    def publish(self) -> list[Any]:
        release = publish_all(self.settings, self.store, [self.channel])
        assert release.errors == ()
        items: list[Any] = json.loads((self.root / "public/all/feed.json").read_bytes())["items"]
        return items

    def copy(self, data: bytes, suffix: str) -> Path:
        digest = hashlib.sha256(data).hexdigest()
        return self.root / f"public/all/media/{digest[:2]}/{digest}{suffix}"

    def address(self, data: bytes, suffix: str) -> str:
        return "https://b.example/" + str(self.copy(data, suffix).relative_to(self.root / "public"))

    def showing(self, *paths: str, number: int = 1, **values: Any) -> Entry:
        """An entry that shows pictures."""
        images = "".join(f'<img src="{self.server.url(path)}" alt="">' for path in paths)
        return an_entry(number, content=Text(f"<p>a</p>{images}"), **values)


@pytest.fixture
def room(tmp_path: Path, feed_server: FeedServer) -> Iterator[Room]:
    made = Room(tmp_path, feed_server)
    yield made
    made.store.close()


def test_an_entry_outlives_its_origin(room: Room) -> None:
    room.server.put("/a.png", PNG, content_type="image/png")
    room.server.put("/e.mp3", MP3, content_type="audio/mpeg")
    room.server.put("/t.png", PNG, content_type="image/png")
    sound = Enclosure(room.server.url("/e.mp3"), "audio/mpeg", 5, "E", 60)
    body = f'<p>a</p><img src="{room.server.url("/a.png")}" srcset="{room.server.url("/b.png")} 2x" alt="A & B">'
    room.tell(hour(1), an_entry(1, content=Text(body), enclosures=(sound,), image=room.server.url("/t.png")))
    assert room.publish() == []  # it waits for its files
    kept = room.keep()
    assert (kept.files, kept.failed, kept.waiting) == (3, 0, 0)
    [item] = room.publish()
    for path in ("/a.png", "/e.mp3", "/t.png"):
        room.server.remove(path)
    assert item["content_html"] == f'<p>a</p><img src="{room.address(PNG, ".png")}" alt="A &amp; B">'
    assert item["image"] == room.address(PNG, ".png")
    assert item["attachments"] == [
        {
            "url": room.address(MP3, ".mp3"),
            "mime_type": "audio/mpeg",
            "title": "E",
            "size_in_bytes": len(MP3),
            "duration_in_seconds": 60,
        }
    ]
    assert (room.copy(PNG, ".png").read_bytes(), room.copy(MP3, ".mp3").read_bytes()) == (PNG, MP3)
    page = next((room.root / "public/all/entries").glob("*.html")).read_text("utf-8")
    assert f'src="{room.address(PNG, ".png")}"' in page  # a picture of our own is shown
    assert "img-src 'self'" in page
    assert room.keep() == Kept()
    assert len(room.server.asked("/a.png")) == 1
    assert room.server.asked("/b.png") == []


def test_pictures_alone(room: Room) -> None:
    room.channel = Channel(name="all", title="All", media="images")
    room.server.put("/a.png", PNG, content_type="image/png")
    room.tell(hour(1), room.showing("/a.png", enclosures=(Enclosure(room.server.url("/e.mp3"), "audio/mpeg"),)))
    assert room.keep().files == 1
    [item] = room.publish()
    assert item["attachments"][0]["url"] == room.server.url("/e.mp3")
    assert room.server.asked("/e.mp3") == []


@pytest.mark.parametrize(
    ("channel", "feed", "kept"),
    [
        ("no", "images", {"/a.png"}),
        ("no", "all", {"/a.png", "/e.mp3"}),
        ("images", "all", {"/a.png", "/e.mp3"}),
        ("all", "images", {"/a.png"}),
        ("images", None, {"/a.png"}),
        ("all", "no", set()),
    ],
)
def test_what_a_feed_says_stands_above_its_channel(
    room: Room, channel: Keeping, feed: Keeping | None, kept: set[str]
) -> None:
    room.channel = Channel(name="all", title="All", media=channel)
    other = "https://other.example/feed.xml"
    room.sources = (Source(URL.replace("https://s", "HTTPS://S"), media=feed), Source(other, media="no"))
    for path, data, kind in (("/a.png", PNG, "image/png"), ("/e.mp3", MP3, "audio/mpeg")):
        room.server.put(path, data, content_type=kind)
    sound = Enclosure(room.server.url("/e.mp3"), "audio/mpeg")
    room.tell(hour(1), room.showing("/a.png", enclosures=(sound,)))
    told(
        room.store,
        shown(room.store.subscribe(other, kind="remote", now=NOON), hour(1), room.showing("/n.png", number=2)),
    )
    assert (room.keep().files if kept or channel != "no" else 0) == len(kept)
    text = json.dumps(room.publish())
    found = {
        path for path, copy in (("/a.png", (PNG, ".png")), ("/e.mp3", (MP3, ".mp3"))) if room.address(*copy) in text
    }
    assert found == kept
    assert room.server.url("/n.png") in text
    assert room.server.asked("/n.png") == []


def test_who_begins_to_keep_keeps_what_was_published_before_as_well(room: Room) -> None:
    room.channel = Channel(name="all", title="All")
    room.server.put("/a.png", PNG, content_type="image/png")
    room.tell(hour(1), room.showing("/a.png"))
    assert "/a.png" in json.dumps(room.publish())
    room.channel = CHANNEL
    room.limits = Media(seconds=1e-9)  # nothing is asked for by this pass
    room.keep()
    room.publish()
    room.limits = Media()
    room.keep()
    [item] = room.publish()
    own = room.address(PNG, ".png")
    assert own in item["content_html"]
    [page] = (room.root / "public/all/entries").glob("*.html")
    assert f'src="{own}"' in page.read_text("utf-8")


def test_what_nobody_wants_any_more_is_not_asked_for(room: Room) -> None:
    sound = Enclosure(room.server.url("/e.mp3"), "audio/mpeg")
    room.tell(hour(1), room.showing("/a.png", enclosures=(sound,)))
    room.limits = Media(seconds=1e-9)
    assert room.keep().waiting == 2
    room.channel, room.limits = Channel(name="all", title="All", media="images"), Media()
    kept = room.keep()
    assert (kept.failed, kept.waiting) == (1, 0)
    assert room.server.asked("/e.mp3") == []


def test_what_broke_off_is_gone_on_with(room: Room) -> None:
    head = b'HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nETag: "v1"\r\nContent-Length: %d\r\n\r\n' % len(PNG)
    room.server.raw("/a.png", head + PNG[:2000])
    room.tell(hour(1), room.showing("/a.png"))
    assert room.keep().failed == 1
    [item] = room.publish()  # it was asked for once: the entry waits no longer
    assert room.server.url("/a.png") in item["content_html"]
    rest = b"HTTP/1.1 206 Partial Content\r\nContent-Type: image/png\r\nContent-Range: bytes 2000-%d/%d\r\n" % (
        len(PNG) - 1,
        len(PNG),
    )
    room.server.raw("/a.png", rest + b"Content-Length: %d\r\n\r\n" % (len(PNG) - 2000) + PNG[2000:])
    assert room.keep() == Kept()  # not yet
    room.now += timedelta(hours=1)
    assert room.keep().files == 1
    [item] = room.publish()  # what came late takes its place in what is live, and on the page
    assert room.address(PNG, ".png") in item["content_html"]
    page = next((room.root / "public/all/entries").glob("*.html"))
    assert room.address(PNG, ".png") in page.read_text("utf-8")
    before = page.stat().st_mtime_ns
    room.publish()
    assert page.stat().st_mtime_ns == before
    seen = room.server.asked("/a.png")[-1].headers
    assert (seen["range"], seen["if-range"], seen["accept-encoding"]) == ("bytes=2000-", '"v1"', "identity")
    with Index.opened(room.settings.media_path) as index:
        assert index.path(index.copies([room.server.url("/a.png")])[room.server.url("/a.png")]).read_bytes() == PNG


def test_a_bar_tells_how_much_has_come_of_a_large_file(room: Room) -> None:
    room.server.put("/e.mp3", b"ID3" + bytes(700_000), content_type="audio/mpeg")
    room.tell(hour(1), an_entry(1, enclosures=(Enclosure(room.server.url("/e.mp3"), "audio/mpeg"),)))
    heard: list[tuple[str, int]] = []

    @contextmanager
    def bar(total: int) -> Iterator[Advance]:
        assert total == 1
        yield lambda name, steps=1: heard.append((name, steps))

    async def kept() -> Kept:
        with Index.opened(room.settings.media_path) as index:
            look(index, room.store, [Wish(CHANNEL)])
            async with Fetcher(room.http, now=lambda: room.now, version="1") as client:
                return await keep(index, client, room.limits, lambda: room.now, asyncio.Event(), bar)

    assert asyncio.run(kept()).files == 1
    *under_way, last = heard
    assert last == (room.server.url("/e.mp3"), 1)
    assert under_way  # once for a part at least, by how it comes over the network
    assert all(name.endswith("MB of e.mp3") and not steps for name, steps in under_way)


def test_another_file_is_got_anew(room: Room) -> None:
    head = b'HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nETag: "v1"\r\nContent-Length: 9999\r\n\r\n'
    room.server.raw("/a.png", head + b"\x89PNG\r\n\x1a\n" + b"old" * 500)
    room.tell(hour(1), room.showing("/a.png"))
    room.keep()
    room.server.put("/a.png", PNG, content_type="image/png")
    room.now += timedelta(hours=1)
    assert room.keep().files == 1
    room.publish()
    assert "range" in room.server.asked("/a.png")[-1].headers
    with Index.opened(room.settings.media_path) as index:
        [copy] = index.copies([room.server.url("/a.png")]).values()
        assert index.path(copy).read_bytes() == PNG


@pytest.mark.parametrize(
    ("body", "type", "said"),
    [
        (b"<!DOCTYPE html><p>sorry", "image/png", "is text/html, which is not kept"),
        (EVIL, "image/svg+xml", "is an SVG picture that may run scripts, which is not kept"),
        (b"MZ" * 600, "application/x-msdownload", "is application/x-msdownload, which is not kept"),
        (b"", "image/heic", "is image/heic, which is not kept"),
        (PNG * 4, "image/png", "is larger than 9000 bytes"),
    ],
)
def test_what_is_not_kept(room: Room, body: bytes, type: str, said: str) -> None:
    room.limits = Media(file_bytes=9000)
    room.server.put("/a", body, content_type=type)
    room.tell(hour(1), room.showing("/a"))
    kept = room.keep()
    assert kept.files == 0
    assert said in kept.errors[0]
    [item] = room.publish()
    assert room.server.url("/a") in item["content_html"]
    assert not (room.root / "public/all/media").exists()
    room.now += timedelta(days=90)
    assert room.keep() == Kept()  # for good


def test_a_body_without_end_is_cut_off(room: Room) -> None:
    room.limits = Media(file_bytes=9000)
    room.server.raw("/a", b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nConnection: close\r\n\r\n" + PNG * 9)
    room.tell(hour(1), room.showing("/a"))
    assert "is larger than 9000 bytes" in room.keep().errors[0]
    assert sum(path.stat().st_size for path in room.settings.media_path.rglob("partial/*")) == 0


def test_all_together_is_bounded(room: Room) -> None:
    room.limits = Media(total_bytes=len(PNG) + 10)
    for name in "ab":
        room.server.put(f"/{name}", PNG + name.encode(), content_type="image/png")
    room.tell(hour(1), room.showing("/a", "/b"))
    kept = room.keep()
    assert kept.files == 1
    assert "holds all that it may" in kept.errors[0]
    with Index.opened(room.settings.media_path) as index:
        assert index.total() <= room.limits.total_bytes


def test_what_cannot_be_had_is_tried_again_later_and_later(room: Room) -> None:
    room.server.error("/a", 503)
    room.server.error("/b", 404)
    room.tell(hour(1), room.showing("/a", "/b"))
    assert room.keep().failed == 2
    tries = 1
    for hours in (1, 6, 24, 24 * 7):
        room.now += timedelta(hours=hours)
        room.keep()
        tries += 1
        assert len(room.server.asked("/a")) == tries
    room.now += timedelta(days=900)
    assert room.keep() == Kept()
    assert len(room.server.asked("/b")) == 1


def test_nothing_in_a_private_network_is_asked(room: Room) -> None:
    room.http = Http(gap=0)
    room.server.put("/a.png", PNG, content_type="image/png")
    room.tell(hour(1), room.showing("/a.png"))
    assert room.keep().files == 0
    assert room.server.requests == []
    [item] = room.publish()
    assert room.server.url("/a.png") in item["content_html"]


def test_what_is_withdrawn_takes_its_files_along_unless_others_show_them(room: Room) -> None:
    for name, data in (("a", PNG), ("b", PNG + b"b")):
        room.server.put(f"/{name}", data, content_type="image/png")
    room.tell(hour(1), room.showing("/a", "/b"), room.showing("/a", number=2))
    room.keep()
    room.publish()
    assert room.copy(PNG + b"b", ".png").is_file()
    first = room.store.find_entry("tag:source.example,2026:1")
    assert first
    room.store.withdraw(first.id, hour(2))
    room.keep()
    room.publish()
    assert not room.copy(PNG + b"b", ".png").exists()
    assert room.copy(PNG, ".png").is_file()
    room.store.restore(first.id, hour(3))
    room.keep()
    assert room.address(PNG + b"b", ".png") in json.dumps(room.publish())
    assert room.copy(PNG + b"b", ".png").is_file()


def test_a_new_folder_gets_its_copies_again(room: Room) -> None:
    import shutil

    room.server.put("/a.png", SVG, content_type="image/svg+xml")
    room.tell(hour(1), room.showing("/a.png"))
    room.keep()
    room.publish()
    shutil.rmtree(room.root / "public")
    room.server.remove("/a.png")
    [item] = room.publish()
    assert room.address(SVG, ".svg") in item["content_html"]
    assert room.copy(SVG, ".svg").read_bytes() == SVG


def test_an_index_of_the_first_release_goes_on(room: Room) -> None:
    room.server.put("/a.png", PNG, content_type="image/png")
    room.tell(hour(1), room.showing("/a.png"))
    room.keep()
    with closing(sqlite3.connect(room.settings.media_path / "index.sqlite")) as db:
        db.executescript("ALTER TABLE mention DROP COLUMN late; PRAGMA user_version = 1")
    [item] = room.publish()
    assert room.address(PNG, ".png") in item["content_html"]
