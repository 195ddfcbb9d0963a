"""What is published of an archive, channel by channel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree

from backissue.release import publish_all
from config.settings import Channel, Settings, Site
from feeds.model import Category, Extension, Feed
from tests.support.archive import URL, an_entry, hour, open_archive, shown, told
from tests.support.home import Home
from tests.support.items import NOON
from tests.support.rules import ITUNES, broken_rss
from tests.support.server import FeedServer

OTHER = "https://other.example/feed.xml"


def test_what_is_read_again_is_published_anew(home: Home) -> None:
    home.write("one.txt", "One\n\nWords of the first.\n")
    home("ingest", "one.txt")
    home("publish")
    [page] = (home.folder / "public/all/entries").glob("*.html")
    paths = [home.folder / "public/all/feed.rss", page]
    before = [path.read_bytes() for path in paths]
    for path in paths:  # as an earlier release wrote it, which read less
        path.write_bytes(path.read_bytes().replace(b"first", b"f"))
    home("reparse")
    home("publish")
    assert [path.read_bytes() for path in paths] != before
    home("reparse", "--apply")
    home("publish")
    assert [path.read_bytes() for path in paths] == before


def test_after_a_restore_new_entries_have_their_pages_and_copies(home: Home, feed_server: FeedServer) -> None:
    home.configure('[http]\nallow_private_addresses = true\n[[folders]]\npath = "in"\nmedia = "images"\n')
    png = b"\x89PNG\r\n\x1a\n" + bytes(99)

    def article(name: str) -> None:
        feed_server.put(f"/{name}.png", png + name.encode(), content_type="image/png")
        home.write(f"in/{name}.md", f"# {name}\n\nWords, and a picture ![of it]({feed_server.url(f'/{name}.png')}).\n")
        home("ingest", f"in/{name}.md")

    article("one")
    home("publish")
    home("backup", "copy.sqlite")
    for name in ("two", "three"):
        article(name)
    home("publish")
    home("restore", "copy.sqlite")
    article("four")
    home("publish")
    items = json.loads((home.folder / "public/all/feed.json").read_bytes())["items"]
    assert [one["title"] for one in items] == ["four", "one"]
    assert all("/all/media/" in one["content_html"] for one in items)
    assert len(list((home.folder / "public/all/entries").glob("*.html"))) >= 2
    index = (home.folder / "public/all/archive/index.html").read_text()
    month = next((home.folder / "public/all/archive").glob("2*.html")).read_text()
    assert ("four" in index + month, "three" in month) == (True, False)


@pytest.mark.parametrize(
    ("terms", "extra", "own", "said"),
    [
        (("fun", "Arts", "Books"), {"itunes:explicit": "yes"}, "", [("Arts", "Books"), "true"]),
        (("News", "Sports"), {"itunes:type": "serial"}, "", [("News", None), "false"]),
        (("News",), {"itunes:type": "serial"}, "Arts", [("Arts", None), "false"]),
        (("News",), {}, "", [None, None]),
        (("fun",), {"itunes:type": "serial"}, "", [None, None]),
    ],
)
def test_a_channel_of_a_podcast_is_one(
    tmp_path: Path, terms: tuple[str, ...], extra: dict[str, str], own: str, said: list[object]
) -> None:
    channel = Channel(name="all", title="A", feeds=(URL,), podcast=own)
    settings = Settings(root=str(tmp_path), site=Site(base_url="https://b.example/", author="E"), channels=(channel,))
    store = open_archive(tmp_path / "a.sqlite")
    head = Feed(title="Pod", extra=extra, categories=tuple(map(Category, terms)), image="https://pod.example/a.png")
    told(store, shown(store.subscribe(URL, kind="remote", now=NOON), hour(1), an_entry(1), meta=head))
    publish_all(settings, store, (channel,))
    store.close()
    document = (tmp_path / "public/all/feed.rss").read_bytes()
    assert broken_rss(document) == []
    top = etree.fromstring(document)[0]
    category = top.find(f"{ITUNES}category")
    names = None if category is None else (category.get("text"), category[0].get("text") if len(category) else None)
    assert [names, top.findtext(f"{ITUNES}explicit")] == said
    assert (top.findtext("image/url") == "https://pod.example/a.png") == (names is not None and not own)


def test_a_podcast_speaks_for_itself_where_a_channel_shows_all_of_it_alone(tmp_path: Path) -> None:
    whole = {"all": (), "one": (URL,), "two": (URL, OTHER), "unknown": (URL, "nobody"), "some": (URL,)}
    channels = tuple(
        Channel(name=name, title=name, feeds=feeds, words=("Text",) if name == "some" else ())
        for name, feeds in whole.items()
    )
    site = Site(title="S", base_url="https://b.example/", author="E")
    settings = Settings(root=str(tmp_path), site=site, channels=channels)
    locked = Extension("podcast:locked", "yes", (("owner", "a@pod.example"),))
    head = Feed(title="Pod", extra={"podcast:guid": "917393e3"}, extensions=(locked,))
    store = open_archive(tmp_path / "a.sqlite")
    for url in (URL, OTHER):
        told(store, shown(store.subscribe(url, kind="remote", now=NOON), hour(1), an_entry(1), meta=head))
    assert publish_all(settings, store, channels).errors == ()
    said = {}
    for name in whole:
        feed = json.loads((tmp_path / f"public/{name}/feed.json").read_bytes())
        said[name] = [one["name"] for one in feed["_backissue"].get("podcast", ())]
    assert said == {"all": [], "one": ["podcast:locked", "podcast:guid"], "two": [], "unknown": [], "some": []}
    stood = (tmp_path / "public/one/feed.rss").read_bytes()
    changed = Feed(title="Pod", extra={"podcast:guid": "917393e3", "podcast:medium": "music"})
    told(store, shown(1, hour(2), an_entry(1), meta=changed))
    publish_all(settings, store, channels)
    now = (tmp_path / "public/one/feed.rss").read_bytes()
    assert b"<podcast:medium>music</podcast:medium>" in now
    assert b"<podcast:medium>" not in stood
    store.close()
