"""What publishing may ask of an archive: the same of SQLite's as of the one in memory that its own tests use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.store.sqlite import SqliteStore
from feeds.channel import ChannelState, EntrySource, Item, Page
from feeds.model import Feed
from tests.support.archive import URL, an_article, an_entry, hour, open_archive, shown, told
from tests.support.items import NOON
from tests.support.memory import MemoryArchive

META = Feed(id="tag:source.example,2026:feed", title="La Source", link="https://source.example/", language="fr")


def items(first: int, last: int) -> list[Item]:
    """What an archive makes of entries that come one an hour."""
    return [
        Item(
            id=str(an_entry(number).id),
            version=number,
            number=1,
            entry=an_entry(number),
            first_seen=hour(number),
            changed=hour(number),
            feed_url=URL,
            feed_title="La Source",
            feed_id=META.id,
            feed_link=META.link,
            feed_language="fr",
            feed_tags=("a", "b"),
        )
        for number in range(first, last + 1)
    ]


def in_memory(folder: Path, count: int) -> EntrySource:
    return MemoryArchive(items(1, count))


def in_sqlite(folder: Path, count: int) -> EntrySource:
    store = open_archive(folder / "a.sqlite")
    feed = store.subscribe(URL, kind="remote", now=NOON, tags=["a", "b"])
    told(store, *(shown(feed, hour(number), an_entry(number), meta=META) for number in range(1, count + 1)))
    return store


@pytest.fixture(params=[in_memory, in_sqlite])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[int], EntrySource]]:
    """Makes an archive that holds so many entries."""
    made: list[EntrySource] = []

    def archive(count: int) -> EntrySource:
        made.append(request.param(tmp_path, count))
        return made[-1]

    yield archive
    for one in made:
        if isinstance(one, SqliteStore):
            one.close()


def numbers(found: Iterator[Item]) -> list[int]:
    return [item.version for item in found]


def test_an_archive_tells_all_of_its_items(make: Callable[[int], EntrySource]) -> None:
    source = make(3)
    assert list(source.versions_after(0)) == items(1, 3)
    assert list(source.versions_after(1)) == items(2, 3)
    assert list(source.versions_after(3)) == []


@pytest.mark.parametrize("count", [499, 500, 501, 1203])
def test_long_archives_are_read_to_the_end(make: Callable[[int], EntrySource], count: int) -> None:
    source = make(count)
    everything = list(range(1, count + 1))
    assert numbers(source.versions_after(0)) == everything
    source.extend_channel("a", everything, cursor=count, selection="s")
    assert numbers(source.channel_items("a", 0, count)) == everything
    assert numbers(source.channel_items("a", 3, count - 3)) == everything[3:-3]


@pytest.mark.parametrize("count", [0, 1, 1200])
def test_places_are_those_of_the_items(make: Callable[[int], EntrySource], count: int) -> None:
    source = make(count)

    assert list(source.places_after(0)) == [(item.version, item.place) for item in source.versions_after(0)]
    assert list(source.places_after(count - 1)) == [
        (one.version, one.place) for one in source.versions_after(count - 1)
    ]


def test_a_new_channel_has_no_state(make: Callable[[int], EntrySource]) -> None:
    source = make(1)
    assert source.channel_state("a") == ChannelState()
    assert list(source.channel_items("a", 0, 9)) == []
    assert list(source.channel_pages("a")) == []


def test_a_log_grows_in_the_order_given(make: Callable[[int], EntrySource]) -> None:
    source = make(5)
    source.extend_channel("a", [3, 1], cursor=3, selection="s")
    source.extend_channel("b", [5], cursor=5, selection="t")
    source.extend_channel("a", [2], cursor=4, selection="s")

    assert source.channel_state("a") == ChannelState(cursor=4, selection="s", length=3)
    assert numbers(source.channel_items("a", 0, 3)) == [3, 1, 2]
    assert numbers(source.channel_items("a", 1, 2)) == [1]
    assert numbers(source.channel_items("a", 2, 99)) == [2]
    assert numbers(source.channel_items("b", 0, 9)) == [5]
    assert list(source.channel_items("a", 1, 2)) == items(1, 1)


def test_extending_twice_is_extending_once(make: Callable[[int], EntrySource]) -> None:
    source = make(4)
    for _ in range(2):
        source.extend_channel("a", [1, 2], cursor=2, selection="s")
    source.extend_channel("a", [2, 4, 1, 3], cursor=4, selection="s")

    assert source.channel_state("a") == ChannelState(cursor=4, selection="s", length=4)
    assert numbers(source.channel_items("a", 0, 4)) == [1, 2, 4, 3]


def test_dropped_items_keep_their_position(make: Callable[[int], EntrySource]) -> None:
    source = make(4)
    source.extend_channel("a", [1, 2, 3], cursor=3, selection="s")
    source.extend_channel("a", [], cursor=3, selection="t", dropped=[2, 4])

    assert source.channel_state("a") == ChannelState(cursor=3, selection="t", length=3)
    assert numbers(source.channel_items("a", 0, 3)) == [1, 3]
    source.extend_channel("a", [2, 4], cursor=4, selection="s", dropped=[1])
    assert numbers(source.channel_items("a", 0, 4)) == [2, 3, 4]


def test_pages(make: Callable[[int], EntrySource]) -> None:
    source = make(4)
    source.extend_channel("a", [1, 2, 3, 4], cursor=4, selection="s")
    source.close_page("a", Page(1, 0, 2))
    source.close_page("a", Page(2, 2, 3))

    assert list(source.channel_pages("a")) == [Page(1, 0, 2), Page(2, 2, 3)]
    assert source.channel_state("a") == ChannelState(cursor=4, selection="s", length=4, pages=2, closed=3)
    source.extend_channel("a", [4], cursor=5, selection="s")
    assert source.channel_state("a").closed == 3


# --- what only a real archive does ---------------------------------------------------------------------------------


def test_edits_are_items_of_their_own(tmp_path: Path) -> None:
    store = in_sqlite(tmp_path, 1)
    assert isinstance(store, SqliteStore)
    told(store, *(shown(1, hour(at), an_entry(1, text)) for at, text in ((2, "new"), (3, "Text"))))

    found = list(store.versions_after(0))
    assert list(store.places_after(0)) == [(one.version, one.place) for one in found]
    assert [(one.version, one.number, one.changed) for one in found] == [
        (number, number, hour(number)) for number in (1, 2, 3)
    ]
    assert {(one.id, one.first_seen) for one in found} == {(an_entry(1).id, hour(1))}
    assert [one.entry for one in found] == [an_entry(1), an_entry(1, "new"), an_entry(1)]
    store.close()


def test_items_show_their_feed_as_it_is_called_now(tmp_path: Path) -> None:
    store = open_archive(tmp_path / "a.sqlite")
    local = store.subscribe("local:notes", kind="local", now=NOON, title="Notes", tags=["x"])
    told(store, an_article(local, NOON, an_entry(), "/a.md"))
    store.subscribe("local:notes", kind="local", now=NOON, title="My notes")

    [item] = store.versions_after(0)
    assert (item.feed_title, item.feed_tags, item.feed_url, item.local) == ("My notes", ("x",), "local:notes", True)
    store.close()


def test_an_archive_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    store = in_sqlite(tmp_path, 700)
    found = store.versions_after(0)
    assert next(found).version == 1
    store.extend_channel("a", [1], cursor=1, selection="s")
    assert [item.version for item in found] == list(range(2, 701))
    assert isinstance(store, SqliteStore)
    store.close()
