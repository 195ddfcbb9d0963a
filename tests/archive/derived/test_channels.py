"""Channels of corrections and deletions, over a real archive and published to real files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backissue.release import publish_all
from config.settings import Channel, Settings, Site, Storage
from feeds.model import Person, Text, Tombstone
from feeds.parse import parse
from tests.support.archive import URL, an_entry, hour, open_archive, shown, told
from tests.support.items import NOON
from tests.support.rules import broken_atom, broken_json, broken_rss

CHECKS = {"rss": broken_rss, "atom": broken_atom, "json": broken_json}


class Room:
    """An archive with one feed, and what is published of it."""

    def __init__(self, root: Path, *channels: Channel) -> None:
        self.root = root
        self.store = open_archive(root / "a.sqlite")
        self.feed = self.store.subscribe(URL, kind="remote", now=NOON)
        self.settings = settings(root, *channels)

    def publish(self, **values: Any) -> int:
        """Publish; gives how many files were written. All documents keep the rules."""
        release = publish_all(self.settings, self.store, self.settings.channels, **values)
        assert release.errors == ()
        for name, check in CHECKS.items():
            for path in (self.root / "public").rglob(f"*.{name}"):
                assert check(path.read_bytes()) == [], path
        return release.documents

    def json(self, channel: str) -> Any:
        return json.loads((self.root / "public" / channel / "feed.json").read_bytes())

    def titles(self, channel: str) -> list[str]:
        return [item["title"] for item in self.json(channel)["items"]]

    def all_text(self) -> str:
        """All that is published, but for archive documents that were closed."""
        paths = [path for path in (self.root / "public").rglob("*") if path.is_file() and path.name != ".pages"]
        return "\n".join(path.read_text("utf-8") for path in paths)


def settings(root: Path, *channels: Channel) -> Settings:
    site = Site(title="A Site", base_url="https://b.example/", author="The Editor")
    return Settings(root=str(root), site=site, storage=Storage(), channels=channels)


ENTRIES = Channel(name="all", title="All")
CORRECTIONS = Channel(name="fixed", title="Fixed", kind="corrections", entries=2)
DELETIONS = Channel(name="gone", title="Gone", kind="deletions")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path, ENTRIES, CORRECTIONS, DELETIONS)
    yield made
    made.store.close()


def test_each_edit_of_substance_is_told_with_its_difference(room: Room) -> None:
    first = an_entry(1, "The ferry sank", authors=(Person("Zoë"),))
    told(room.store, shown(room.feed, NOON, first))
    room.publish()
    assert room.titles("fixed") == []
    edited = an_entry(1, "The ferry did not sink", title="Entry one", authors=(Person("Zoë"),))
    told(room.store, shown(room.feed, hour(1), edited))
    dated = an_entry(1, "The ferry did not sink", title="Entry one", authors=(Person("Zoë"),), updated=hour(1.5))
    told(room.store, shown(room.feed, hour(2), dated))  # another date is no correction
    assert room.publish()
    [item] = room.json("fixed")["items"]
    assert item["title"] == "Corrected: Entry one"
    assert item["url"] == "https://source.example/1"
    assert item["date_published"] == "2026-11-24T13:00:00Z"
    assert "<p>The ferry <del>sank </del><ins>did not sink </ins>1</p>" in item["content_html"]
    assert item["_backissue"]["in_reply_to"] == ["tag:source.example,2026:1"]
    assert item["_backissue"]["source"]["title"] == "La Source"
    page = (room.root / "public" / "all" / "entries").glob("*.html")
    assert {f"https://b.example/all/entries/{one.name}" for one in page} == {
        link.href for link in entries(room, "fixed")[0].links if link.rel == "related"
    }
    assert room.publish() == 0


def entries(room: Room, channel: str) -> Any:
    return parse((room.root / "public" / channel / "feed.atom").read_bytes(), url="https://b.example/").entries


def test_ids_are_the_same_in_an_archive_made_anew(tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        room = Room(tmp_path / name, CORRECTIONS, DELETIONS)
        if name == "b":  # numbers are others here
            told(room.store, shown(room.feed, NOON, an_entry(7)))
        told(room.store, shown(room.feed, NOON, an_entry(1), windowed=False))
        told(room.store, shown(room.feed, hour(1), an_entry(1, "Edited"), windowed=False))
        tombstone = Tombstone("tag:source.example,2026:1", hour(1.5))
        told(room.store, shown(room.feed, hour(2), an_entry(2), tombstones=(tombstone,), windowed=False))
        room.publish()
        found.append([item["id"] for name in ("fixed", "gone") for item in room.json(name)["items"]])
        room.store.close()
    assert found[0] == found[1]
    assert len(set(found[0])) == 2


def test_corrections_are_a_log_with_archive_documents(room: Room) -> None:
    told(room.store, shown(room.feed, NOON, *(an_entry(number) for number in range(1, 10))))
    texts = {}
    for number in range(1, 10):
        told(room.store, shown(room.feed, hour(number), an_entry(number, f"Edit {number}"), windowed=False))
        room.publish()
        texts |= {item["id"]: item["content_html"] for item in room.json("fixed")["items"]}
    assert (room.root / "public/fixed/archive/000003.json").is_file()
    walked = {}
    document = room.json("fixed")
    while True:
        walked |= {item["id"]: item["content_html"] for item in document["items"]}
        if "next_url" not in document:
            break
        document = json.loads((room.root / "public" / document["next_url"].split("/", 3)[3]).read_bytes())
    assert walked == texts
    assert len(walked) == 9


def test_what_is_withdrawn_is_shown_nowhere_again(room: Room) -> None:
    told(room.store, shown(room.feed, NOON, an_entry(1, "Secret name"), an_entry(2)))
    told(room.store, shown(room.feed, hour(1), an_entry(1, "Secret address"), an_entry(2, "Two")))
    told(room.store, shown(room.feed, hour(2), an_entry(1, "Secret number"), an_entry(2, "Two")))
    room.publish()
    assert len(room.json("fixed")["items"]) == 3
    first = room.store.find_entry("tag:source.example,2026:1")
    assert first
    room.store.withdraw(first.id, hour(3), "By mistake")
    room.publish()
    assert "Secret" not in room.all_text()
    assert room.titles("fixed") == ["Corrected: Entry 2"]
    assert len(room.json("fixed")["_backissue"]["withdrawn"]) == 2
    assert room.titles("gone") == ["Withdrawn: an entry of 24 November 2026"]
    assert "By mistake" in room.json("gone")["items"][0]["content_html"]
    told(
        room.store, shown(room.feed, hour(4), an_entry(1, "Secret again"), an_entry(2, "Two"))
    )  # its publisher goes on
    room.publish()
    assert "Secret" not in room.all_text()
    assert room.publish() == 0

    room.store.restore(first.id, hour(5))
    room.publish()
    assert sorted(room.titles("fixed")) == ["Corrected: Entry 1", "Corrected: Entry 1", "Corrected: Entry 2"]
    assert room.titles("gone") == []
    assert len(room.json("gone")["_backissue"]["withdrawn"]) == 1
    pages = [path.read_text("utf-8") for path in (room.root / "public/fixed/entries").iterdir()]
    assert sum("Secret" in page for page in pages) == 2
    assert not any('content="withdrawn"' in page for page in pages)
    assert room.publish() == 0


def test_a_channel_made_after_a_withdrawal_does_not_show_it(tmp_path: Path) -> None:
    room = Room(tmp_path, CORRECTIONS, DELETIONS)
    tombstone = Tombstone("tag:source.example,2026:1", hour(1), comment="Secret reason")
    told(
        room.store,
        shown(room.feed, NOON, *(an_entry(number, "Secret", title=f"Secret {number}") for number in range(1, 9))),
        shown(room.feed, hour(1), *(an_entry(number, "Secret too") for number in range(1, 9)), tombstones=(tombstone,)),
    )
    for number in range(1, 9):
        entry = room.store.find_entry(f"tag:source.example,2026:{number}")
        assert entry
        room.store.withdraw(entry.id, hour(2))
    room.publish()
    assert list((tmp_path / "public/fixed/archive").glob("*.json"))
    assert "Secret" not in room.all_text()
    room.store.close()


def test_deletions_by_publishers_are_told_and_what_they_said_is_kept(room: Room) -> None:
    told(room.store, shown(room.feed, NOON, an_entry(1), an_entry(2), an_entry(3)))
    room.publish()
    tombstone = Tombstone("tag:source.example,2026:1", hour(0.5), comment="Not <true>")
    told(room.store, shown(room.feed, hour(1), an_entry(2), an_entry(3), tombstones=(tombstone,)))
    assert room.publish()
    [item] = room.json("gone")["items"]
    assert item["title"] == "Deleted: Entry 1"
    assert "La Source deleted this entry" in item["content_html"]
    assert "Not &lt;true&gt;" in item["content_html"]
    assert item["date_published"] == "2026-11-24T13:00:00Z"
    told(room.store, shown(room.feed, hour(2), an_entry(2), an_entry(3), tombstones=(tombstone,)))
    assert room.publish() == 0
    entry = room.store.find_entry("tag:source.example,2026:1")
    assert entry
    room.store.withdraw(entry.id, hour(3))  # and now we do not show it either
    room.publish()
    assert sorted(room.titles("gone")) == [
        "Deleted: an entry of 24 November 2026",
        "Withdrawn: an entry of 24 November 2026",
    ]
    assert "Not &lt;true" not in json.dumps(room.json("gone"))


def test_filters_look_at_the_entry_that_is_told_of(tmp_path: Path) -> None:
    channels = [
        Channel(name="fixed", title="F", kind="corrections", words=("ferry",)),
        Channel(name="gone", title="G", kind="deletions", feeds=("Another",)),
    ]
    room = Room(tmp_path, *channels)
    told(
        room.store,
        shown(room.feed, NOON, an_entry(1, "The ferry"), an_entry(2, "Corrected")),
        shown(room.feed, hour(1), an_entry(1, "The ferry sails"), an_entry(2, "Corrected ferryboat")),
        shown(room.feed, hour(2), an_entry(2), tombstones=(Tombstone("tag:source.example,2026:1"),)),
    )
    room.publish()
    assert room.titles("fixed") == ["Corrected: Entry 1"]
    assert room.titles("gone") == []
    room.settings = settings(tmp_path, Channel(name="fixed", title="F", kind="corrections", search="ferryboat"))
    room.publish()
    assert room.titles("fixed") == ["Corrected: Entry 2"]
    room.store.close()


def test_the_past_had_what_was_known_then(room: Room) -> None:
    told(
        room.store,
        shown(room.feed, NOON, an_entry(1)),
        shown(room.feed, hour(1), an_entry(1, "Edited")),
        shown(room.feed, hour(3), an_entry(1, "Edited again"), tombstones=(Tombstone("tag:source.example,2026:1"),)),
    )
    room.publish(as_of=hour(2))
    assert len(room.json("fixed")["items"]) == 1
    assert room.titles("gone") == []


def test_text_and_html_say_the_same(room: Room) -> None:
    told(
        room.store,
        shown(room.feed, NOON, an_entry(1, content=Text("One\n\nTwo & three\n\nFour", "text"))),
        shown(room.feed, hour(1), an_entry(1, content=Text("<p>One</p>\n<p>Two &amp; three</p><p>Four</p>"))),
    )
    room.publish()
    assert room.titles("fixed") == []  # nobody reads another text
    told(room.store, shown(room.feed, hour(2), an_entry(1, content=Text("<p>One</p><p>Two &lt;3</p><p>Four</p>"))))
    room.publish()
    [item] = room.json("fixed")["items"]
    assert "<p>[…]</p>" in item["content_html"]
    assert "<ins>&lt;3</ins>" in item["content_html"]
