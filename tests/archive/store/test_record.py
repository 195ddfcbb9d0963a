"""The contract of every store: every document and every version is kept, once, with its times."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.store import Observation, Recorded, Store
from feeds.model import Category, Charset, Entry, Feed, Person, Text, Tombstone
from tests.support.archive import (
    URL,
    an_article,
    an_entry,
    asked,
    hour,
    no_feed,
    not_modified,
    open_archive,
    parsed,
    same_again,
    shown,
    told,
)
from tests.support.items import FULL, NOON

Step = Callable[[int, datetime], Observation]


def documents(tmp_path: Path) -> list[tuple[Any, ...]]:
    """The documents as rows: first and last hour, how often, and the bytes' size."""
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db:
        return db.execute(
            "SELECT CAST(substr(first_at, 12, 2) AS INTEGER) - 12, CAST(substr(last_at, 12, 2) AS INTEGER) - 12, times,"
            " blob.size, format IS NOT NULL FROM document JOIN blob ON blob.id = blob ORDER BY document.id"
        ).fetchall()


def versions(store: Store, entry: int = 1) -> list[tuple[float, float, bool]]:
    """The versions of an entry: hours first and last seen, and which is current."""
    return [
        ((one.first_seen - NOON).total_seconds() / 3600, (one.last_seen - NOON).total_seconds() / 3600, one.current)
        for one in store.history(entry)
    ]


# --- documents ---------------------------------------------------------------------------------------------------


def doc(body: bytes) -> Step:
    return lambda feed, at: shown(feed, at, an_entry(), body=body)


def again(body: bytes) -> Step:
    return lambda feed, at: same_again(shown(feed, at, an_entry(), body=body), at)


def elsewhere(body: bytes) -> Step:
    return lambda feed, at: same_again(shown(feed, at, an_entry(), body=body, url="https://cdn.example/"), at)


def failed(feed: int, at: datetime) -> Observation:
    return Observation(feed=feed, at=at, poll=asked(at, failures=1, error="503"))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([doc(b"a")], [(0, 0, 1, 1, 1)], id="one"),
        pytest.param([doc(b"a"), again(b"a"), again(b"a")], [(0, 2, 3, 1, 1)], id="the same again"),
        pytest.param([doc(b"a"), not_modified, not_modified], [(0, 2, 3, 1, 1)], id="304"),
        pytest.param([doc(b"a"), failed, not_modified], [(0, 2, 2, 1, 1)], id="failure"),
        pytest.param(
            [doc(b"a"), doc(b"bb"), doc(b"a")], [(0, 0, 1, 1, 1), (1, 1, 1, 2, 1), (2, 2, 1, 1, 1)], id="a, b, a"
        ),
        pytest.param([doc(b"a"), no_feed], [(0, 0, 1, 1, 1), (1, 1, 1, 18, 0)], id="a page"),
        pytest.param([doc(b"a"), no_feed, no_feed], [(0, 0, 1, 1, 1), (1, 2, 2, 18, 0)], id="the same page"),
        pytest.param(
            [doc(b"a"), no_feed, not_modified], [(0, 2, 2, 1, 1), (1, 1, 1, 18, 0)], id="304 means the feed, not a page"
        ),
        pytest.param(
            [doc(b"a"), no_feed, again(b"a")],
            [(0, 0, 1, 1, 1), (1, 1, 1, 18, 0), (2, 2, 1, 1, 1)],
            id="back after a page, and not parsed again",
        ),
        pytest.param(
            [doc(b"a"), elsewhere(b"a"), again(b"a")],
            [(0, 2, 2, 1, 1), (1, 1, 1, 1, 1)],
            id="from another address",
        ),
        pytest.param([not_modified, failed], [], id="nothing came"),
    ],
)
def test_documents_are_kept_as_they_came(
    store: Store, feed: int, tmp_path: Path, steps: list[Step], expected: list[tuple[int, ...]]
) -> None:
    told(store, *(step(feed, hour(number)) for number, step in enumerate(steps)))
    assert documents(tmp_path) == expected
    assert store.totals().documents == len(expected)


def test_a_document_is_kept_as_it_came(store: Store, feed: int) -> None:
    observation = shown(feed, NOON, an_entry())
    told(store, observation, same_again(observation, hour(2)))
    [document] = store.documents()
    assert document.served == observation.served
    assert (document.feed, document.first_at, document.last_at, document.times) == (feed, NOON, hour(2), 2)
    assert (document.format, document.problems) == ("Atom 1.0", ("something",))
    assert document.charset == Charset(used="utf-8")


def test_documents_like_each_other_take_little_room_and_come_back_whole(
    store: Store, feed: int, tmp_path: Path
) -> None:
    dice = random.Random(1)
    noise = "".join(dice.choices("abcdefgh ", k=40_000))
    bodies = [f"{noise[: number * 100]}<edit {number}>{noise[number * 100 :]}".encode() for number in range(150)]
    told(store, *(shown(feed, hour(number), body=body) for number, body in enumerate(bodies)))
    assert [document.served.body for document in store.documents(feed=feed)] == bodies
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db:
        [(stored, deepest)] = db.execute("SELECT sum(length(data)), max(depth) FROM blob")
    assert stored < 10 * 40_000
    assert 1 < deepest <= 40


def test_the_last_document_of_each_address(store: Store, feed: int) -> None:
    told(store, shown(feed, NOON, body=b"a"), shown(feed, hour(1), body=b"b"), shown(feed, hour(1), body=b"c", url="x"))
    assert {url: digest.hex()[:4] for url, digest in store.digests(feed).items()} == {URL: "3e23", "x": "2e7d"}
    assert store.digests(99) == {}


# --- entries and versions ----------------------------------------------------------------------------------------


def test_an_entry_comes_back_as_it_was_said(store: Store, feed: int) -> None:
    entry = replace(FULL, extra={"itunes:season": "2"}, categories=(Category("a", None, "Ä"),), authors=(Person("Z"),))
    [done] = told(store, shown(feed, NOON, entry))

    assert done == Recorded(feed=feed, new=1, entries=(1,))
    [record] = store.entries()
    assert record.entry == entry
    assert store.history(1)[0].entry == entry
    assert (record.id, record.public_id, record.feed, record.feed_url) == (1, entry.id, feed, URL)
    assert (record.feed_title, record.first_seen, record.date, record.changed) == (
        "La Source",
        NOON,
        entry.published,
        NOON,
    )
    assert (record.versions, record.in_window, record.deleted) == (1, True, None)
    assert record.words == store.history(1)[0].words == 6
    assert record.sha256 == store.history(1)[0].sha256


@pytest.mark.parametrize(
    ("texts", "expected", "new_edited"),
    [
        pytest.param("aaa", [(0, 2, True)], "100000", id="unchanged"),
        pytest.param("ab", [(0, 0, False), (1, 1, True)], "1001", id="edit"),
        pytest.param("aaab", [(0, 2, False), (3, 3, True)], "10000001", id="edit after a while"),
        pytest.param("aba", [(0, 2, True), (1, 1, False)], "100101", id="edit back"),
        pytest.param("abab", [(0, 2, False), (1, 3, True)], "10010101", id="to and fro"),
        pytest.param("a-a", [(0, 2, True)], "100000", id="left and returned"),
        pytest.param("a-b", [(0, 0, False), (2, 2, True)], "100001", id="left and returned edited"),
        pytest.param("ab-", [(0, 0, False), (1, 1, True)], "100100", id="left"),
        pytest.param("a---", [(0, 0, True)], "10000000", id="left for long"),
        pytest.param("ahha", [(0, 3, True)], None, id="pages between"),
        pytest.param("ahh", [(0, 0, True)], None, id="pages since"),
        pytest.param("ahh-", [(0, 0, True)], None, id="pages, then gone"),
        pytest.param("ae", [(0, 0, True)], None, id="an empty feed since"),
        pytest.param("aee-", [(0, 0, True)], None, id="an empty feed, then gone"),
        pytest.param("aea", [(0, 2, True)], None, id="an empty feed between"),
        pytest.param("a33", [(0, 2, True)], None, id="304"),
        pytest.param("a3b", [(0, 1, False), (2, 2, True)], None, id="304, then an edit"),
        pytest.param("a3-", [(0, 1, True)], None, id="304, then gone"),
        pytest.param("aex", [(0, 0, True)], None, id="an empty feed, and 304 for that"),
        pytest.param("aff", [(0, 0, True)], None, id="failures"),
    ],
)
def test_every_version_and_its_times(
    store: Store, feed: int, texts: str, expected: list[tuple[float, float, bool]], new_edited: str | None
) -> None:
    other = an_entry(2)
    for number, text in enumerate(texts):
        at = hour(number)
        match text:
            case "-":
                seen = shown(feed, at, other)
            case "h":
                seen = no_feed(feed, at)
            case "e":
                seen = shown(feed, at, body=b"empty")
            case "3" | "x":
                seen = not_modified(feed, at)
            case "f":
                seen = failed(feed, at)
            case _:
                seen = shown(feed, at, an_entry(1, text))
        [done] = told(store, seen)
        if new_edited and text != "-":
            assert f"{done.new}{done.edited}" == new_edited[2 * number : 2 * number + 2]
    assert versions(store) == expected
    assert store.entries()[-1].in_window == (texts[-1] != "-")


def test_bytes_that_were_not_parsed_again_keep_the_window(store: Store, feed: int) -> None:
    first = shown(feed, hour(0), an_entry())
    told(store, first, no_feed(feed, hour(1)), same_again(first, hour(2)), not_modified(feed, hour(3)))
    assert versions(store) == [(0, 3, True)]


def test_numbers_of_what_changed(store: Store, feed: int) -> None:
    one, two, three = (an_entry(number) for number in (1, 2, 3))
    done = told(
        store,
        shown(feed, hour(0), two, one),
        shown(feed, hour(1), three, replace(two, title="New")),
        shown(feed, hour(2), three, two, one),
    )
    assert [(one.new, one.edited, one.unchanged, one.left, one.entries) for one in done] == [
        (2, 0, 0, 0, (1, 2)),
        (1, 1, 0, 1, (2, 3)),
        (0, 1, 2, 0, (1, 2)),
    ]


def test_an_edit_that_shrinks_loses_nothing(store: Store, feed: int) -> None:
    long = an_entry(text="long " * 5000)
    told(store, shown(feed, hour(0), long), shown(feed, hour(1), replace(long, content=None)))
    assert [one.entry for one in store.history(1)] == [long, replace(long, content=None)]
    assert [one.words for one in store.history(1)] == [5001, 0]


def test_noise_makes_no_version(store: Store, feed: int) -> None:
    entry = an_entry(content=Text('<p class="a" id="b">T</p>'))
    noisy = replace(entry, content=Text('<p id="b" class="a">T</p> <!-- 2 -->'))
    told(store, shown(feed, hour(0), entry), shown(feed, hour(1), noisy), shown(feed, hour(2), noisy))
    assert versions(store) == [(0, 2, True)]
    assert store.entries()[0].entry == entry


def test_two_contents_under_one_guid_are_both_kept(store: Store, feed: int) -> None:
    one, two = an_entry(text="one"), an_entry(text="two")
    told(store, shown(feed, hour(0), one, two), shown(feed, hour(1), one, two, an_entry(2)))
    assert [one.entry.content for one in store.history(1)] == [one.content, two.content]
    assert versions(store) == [(0, 1, True), (0, 1, False)]

    told(store, shown(feed, hour(2), one), shown(feed, hour(3), one))
    assert versions(store) == [(0, 3, True), (0, 1, False)]
    told(store, shown(feed, hour(4), two))
    assert versions(store) == [(0, 3, False), (0, 4, True)]


def test_a_guid_for_everything_merges_nothing(store: Store, feed: int) -> None:
    entries = [an_entry(number, id="1") for number in (1, 2, 3)]
    told(store, shown(feed, hour(0), *entries), shown(feed, hour(1), an_entry(4, id="1"), *entries))
    assert [record.entry.title for record in store.entries()] == ["Entry 4", "Entry 1", "Entry 2", "Entry 3"]
    assert store.totals().versions == 4
    assert not store.feeds()[0].guids_trusted


def test_trust_that_is_lost_makes_no_entry_anew(store: Store, feed: int) -> None:
    entries = [an_entry(number) for number in (1, 2, 3)]
    doubled = [an_entry(4, id="x"), an_entry(5, id="x")]
    done = told(store, shown(feed, hour(0), *entries), shown(feed, hour(1), *doubled, *entries))
    assert [(one.new, one.unchanged, one.left) for one in done] == [(3, 0, 0), (2, 3, 0)]
    [done] = told(store, shown(feed, hour(2), *doubled, *entries, an_entry(6)))
    assert (done.new, done.unchanged, done.left) == (1, 5, 0)


def test_a_site_that_changes_its_guids_makes_no_entry_anew(store: Store, feed: int) -> None:
    before = [an_entry(number, id=f"http://s.example/?p={number}") for number in (1, 2, 3)]
    after = [replace(one, id=str(one.id).replace("http:", "https:")) for one in before]
    done = told(store, shown(feed, hour(0), *before), shown(feed, hour(1), *after), shown(feed, hour(2), *before))
    assert [(one.new, one.edited, one.unchanged, one.left) for one in done] == [(3, 0, 0, 0), *[(0, 0, 3, 0)] * 2]
    found = store.find_entry("https://s.example/?p=2")
    assert found
    assert found.public_id == "http://s.example/?p=2"


def test_one_page_for_all_entries_merges_nothing(store: Store, feed: int) -> None:
    entries = [an_entry(number, link="https://s.example/") for number in range(1, 6)]
    for number in range(4):
        told(store, shown(feed, hour(number), *entries[number : number + 2]))
    assert store.totals().entries == store.totals().versions == 5


def test_the_same_entry_in_two_feeds_is_two(store: Store, feed: int) -> None:
    other = store.subscribe("https://other.example/", kind="remote", now=NOON)
    told(store, shown(feed, NOON, an_entry()), shown(other, NOON, an_entry()))
    one, two = store.entries(feed=feed), store.entries(feed=other)
    assert (one[0].public_id, two[0].public_id[:14]) == ("tag:source.example,2026:1", "tag:b.example,")
    assert one[0].entry == two[0].entry


@pytest.mark.parametrize(
    ("id", "own"),
    [
        ("https://s.example/1", True),
        ("tag:s.example,2026:1", True),
        ("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", True),
        ("https://s.example/été", True),
        ("1", False),
        ("/relative", False),
        ("http://", False),
        ("tag:", False),
        ("a b:c", False),
        ("http://s.example/a b", False),
        ("http://[bad", False),
        ("https://s.example/100%", False),
        ("https://s.example/100%25", True),
        ("https://s.example/#a#b", False),
        ("tag:s.example,2026:\x7f", False),
        ("tag:s.example,2026:a\u00a0b", False),
        ("tag:s.example,2026:\ufffe", False),
        ("", False),
        (None, False),
    ],
)
def test_public_ids_stay_the_same_in_an_archive_made_anew(tmp_path: Path, id: str | None, own: bool) -> None:
    found = []
    for name in ("a", "b"):
        with closing(open_archive(tmp_path / name)) as store:
            told(store, shown(store.subscribe(URL, kind="remote", now=NOON), NOON, an_entry(id=id)))
            found.append(store.entries()[0].public_id)
            assert store.find_entry(found[-1])
    assert found[0] == found[1]
    assert found[0] == id if own else found[0].startswith("tag:b.example,2026:")


@pytest.mark.parametrize("id", ["a\x00b", "a\x00c", "é😀", '"', "\\u0000", "x" * 100_000])
def test_odd_ids_are_met_again(store: Store, feed: int, id: str) -> None:
    entry = an_entry(id=id, link=None)
    done = told(store, shown(feed, hour(0), entry), shown(feed, hour(1), entry, an_entry(2)))
    assert [(one.new, one.unchanged) for one in done] == [(1, 0), (1, 1)]
    found = store.find_entry(id)
    assert found
    assert found.entry == entry


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"published": hour(-3)}, hour(-3)),
        ({"updated": hour(-2)}, hour(-2)),
        ({"published": hour(-3), "updated": hour(-2)}, hour(-3)),
        ({"published": hour(3)}, NOON),
        ({}, NOON),
        ({"published": datetime.fromisoformat("0001-01-01T00:00:00Z")}, datetime.fromisoformat("0001-01-01T00:00:00Z")),
    ],
)
def test_dates(store: Store, feed: int, values: dict[str, datetime], expected: datetime) -> None:
    told(store, shown(feed, NOON, an_entry(**values)))
    [record] = store.entries()
    assert (record.date, record.entry) == (expected, an_entry(**values))


# --- deletions ---------------------------------------------------------------------------------------------------


def test_a_tombstone_marks_an_entry_and_keeps_it(store: Store, feed: int) -> None:
    told(store, shown(feed, hour(0), an_entry(1), an_entry(2)))
    stone = Tombstone(ref=str(an_entry(1).id), when=hour(0.5), by="me", comment="no")
    unknown = Tombstone(ref="tag:unknown", when=hour(0.5))
    told(store, *(shown(feed, hour(at), an_entry(2), tombstones=(stone, unknown)) for at in (1, 2)))

    deleted = {record.id: record.deleted for record in store.entries()}
    assert deleted == {2: hour(0.5), 1: None}
    assert [one.entry for one in store.history(2)] == [an_entry(1)]
    told(store, shown(feed, hour(3), an_entry(2), an_entry(1, "again")))
    assert [record.deleted for record in store.entries()] == [None, None]


def test_a_tombstone_counts_in_its_own_feed_alone(store: Store, feed: int) -> None:
    other = store.subscribe("https://other.example/feed", kind="remote", now=hour(0))
    told(store, shown(feed, hour(0), an_entry(1)))
    stone = Tombstone(ref=str(an_entry(1).id), when=hour(0.5))
    told(store, shown(other, hour(1), an_entry(2), tombstones=(stone,)))

    assert {record.deleted for record in store.entries()} == {None}


# --- all or nothing ----------------------------------------------------------------------------------------------


def test_a_batch_that_fails_leaves_nothing(store: Store, feed: int) -> None:
    before = store.totals()
    good = shown(feed, NOON, an_entry(1))
    bad = replace(shown(feed, hour(1), an_entry(2)), poll=replace(asked(NOON), etag=object()))  # type: ignore[arg-type]
    with pytest.raises(sqlite3.Error):
        store.record([good, bad])
    assert replace(store.totals(), bytes=0) == replace(before, bytes=0)
    assert store.entries() == []
    assert told(store, good)[0].new == 1


def test_several_looks_in_one_batch_follow_each_other(store: Store, feed: int) -> None:
    done = store.record([shown(feed, hour(number), an_entry(1, text)) for number, text in enumerate("aba")])
    assert [(one.new, one.edited) for one in done] == [(1, 0), (0, 1), (0, 1)]
    assert versions(store) == [(0, 2, True), (1, 1, False)]


# --- articles ----------------------------------------------------------------------------------------------------


def test_articles_one_by_one_push_no_other_out(store: Store) -> None:
    desk = store.subscribe("local:notes", kind="local", now=NOON)
    done = told(
        store,
        an_article(desk, hour(0), an_entry(1, id=None), "/a.md"),
        an_article(desk, hour(1), an_entry(2, id=None), "/b.md"),
        an_article(desk, hour(2), an_entry(1, "edited", id=None), "/a.md"),
    )
    assert [(one.new, one.edited, one.left) for one in done] == [(1, 0, 0), (1, 0, 0), (0, 1, 0)]
    assert versions(store, 1) == [(0, 0, False), (2, 2, True)]
    assert versions(store, 2) == [(1, 1, True)]
    assert all(record.in_window for record in store.entries())


# --- whatever comes ----------------------------------------------------------------------------------------------

ENTRIES = st.builds(
    Entry,
    id=st.none() | st.sampled_from(["1", "2", "https://s.example/1"]),
    link=st.none() | st.sampled_from(["https://s.example/1", "https://s.example/2", "http://["]),
    title=st.none() | st.sampled_from(["A", "B"]),
    content=st.none() | st.sampled_from([Text("x"), Text("<p>y</p>")]),
    updated=st.none() | st.sampled_from([hour(-1), hour(-2)]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(ENTRIES, max_size=5), min_size=1, max_size=6))
def test_any_history_is_kept_whole(tmp_path_factory: pytest.TempPathFactory, windows: list[list[Entry]]) -> None:
    with closing(open_archive(tmp_path_factory.mktemp("a") / "a.sqlite")) as store:
        feed = store.subscribe(URL, kind="remote", now=NOON)
        for number, entries in enumerate(windows):
            store.record([shown(feed, hour(number), *entries)])
            again = store.record([replace(shown(feed, hour(number), *entries), parsed=parsed(*entries))])
            assert (again[0].new, again[0].edited, again[0].left) == (0, 0, 0)
            contents = {(one.title, one.content) for entries in windows[: number + 1] for one in entries}
            records = store.entries(limit=1000)
            kept = [one for record in records for one in store.history(record.id)]
            assert {(one.entry.title, one.entry.content) for one in kept} == contents
            assert all(one.first_seen <= one.last_seen <= hour(number) for one in kept)
            assert all(sum(one.current for one in store.history(record.id)) == 1 for record in records)
            assert sum(record.versions for record in records) == store.totals().versions
            assert store.feeds()[0].meta == Feed(title="La Source")
        assert list(store.examine()) == []
