"""Looks that were made ready ahead, and those with the forms of entries alone, leave the rows that others do."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.store import Observation
from archive.store.ready import bare, forms, skimmed
from benchmarks.material import feed as made_feed
from feeds.model import Category, Entry, Feed, Person, Text, Tombstone
from feeds.parse import parse
from tests.support.archive import an_entry, hour, no_feed, not_modified, open_archive, prepared, shown
from tests.support.items import FULL, NOON

TWICE = an_entry(1, "Twice", updated=hour(-2))
DOCUMENTS: dict[str, list[Entry]] = {
    "some": [an_entry(3), an_entry(2), an_entry(1)],
    "all there can be": [FULL, an_entry(1)],
    "none": [],
    "no guid": [an_entry(2, id=None), an_entry(1, id=None, link=None), an_entry(3, id=None, link=None, title=None)],
    "guids that are no IRI": [an_entry(2, id="2"), an_entry(1, id="1")],
    "the same twice": [TWICE, TWICE],
    "two contents under one guid": [TWICE, an_entry(1, "Once", updated=hour(-3))],
    "one guid for all": [an_entry(1, id="x"), an_entry(2, id="x"), an_entry(3, id="x")],
    "one text for all": [an_entry(1, content=Text("a")), an_entry(2, content=Text("a"))],
    "dates": [an_entry(2, published=hour(-5)), an_entry(1, updated=hour(9))],
    "names and tags": [an_entry(1, authors=(Person(name="É. Zola"),), categories=(Category("roman"),))],
}
WORDS = ("text", "zola", "roman", "entry")


def rows(path: Path) -> dict[str, Any]:
    """All that an archive holds, and what is found in it."""
    with closing(sqlite3.connect(path)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found: dict[str, Any] = {
            name: db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
            for name in tables
            if not name.startswith("search")
        }
        for word in WORDS:
            found[word] = db.execute("SELECT rowid FROM search WHERE search MATCH ?", (word,)).fetchall()
        return found


def but_log(rows: dict[str, Any]) -> dict[str, Any]:
    """All that does not tell which rows were added together."""
    return {name: found for name, found in rows.items() if name != "log"}


def recorded(path: Path, batches: Sequence[Sequence[Observation]], feeds: int) -> tuple[Any, ...]:
    """What came of recording the batches into a new archive, and its rows."""
    store = open_archive(path)
    for number in range(feeds):
        store.subscribe(f"https://f{number}.example/feed", kind="remote", now=NOON)
    told = [store.record(batch) for batch in batches]
    assert not list(store.examine())
    store.close()
    return told, rows(path)


def skim(seen: Observation) -> Observation:
    """The observation with as little of its entries at hand as there can be."""
    if seen.parsed is None:
        return seen
    return replace(skimmed(seen, forms(seen.parsed.entries)), parsed=bare(seen.parsed))


def both(tmp_path: Path, batches: Sequence[Sequence[Observation]], feeds: int) -> None:
    """Make sure that the batches leave the same behind, made ready or not, and with all texts at hand or not."""
    ahead = [[prepared(seen) for seen in batch] for batch in batches]
    short = [[replace(seen, parsed=seen.parsed and bare(seen.parsed)) for seen in batch] for batch in ahead]
    expected = recorded(tmp_path / "a.sqlite", batches, feeds)
    assert recorded(tmp_path / "b.sqlite", ahead, feeds) == expected
    assert recorded(tmp_path / "c.sqlite", short, feeds) == expected
    assert recorded(tmp_path / "d.sqlite", [list(map(skim, batch)) for batch in batches], feeds) == expected


@pytest.mark.parametrize("entries", DOCUMENTS.values(), ids=DOCUMENTS)
def test_one_document(tmp_path: Path, entries: list[Entry]) -> None:
    both(tmp_path, [[shown(1, NOON, *entries)]], 1)


def test_all_in_one_batch(tmp_path: Path) -> None:
    batch = [shown(number, NOON, *entries) for number, entries in enumerate(DOCUMENTS.values(), 1)]

    told, kept = recorded(tmp_path / "a.sqlite", [[prepared(seen) for seen in batch]], len(batch))
    each, alone = recorded(tmp_path / "b.sqlite", [[seen] for seen in batch], len(batch))

    assert [one.new for one in told[0]] == [one.new for [one] in each]
    assert len(kept["log"]) < len(alone["log"])
    kept, alone = but_log(kept), but_log(alone)
    assert {name: len(found) for name, found in kept.items()} == {name: len(found) for name, found in alone.items()}


def test_what_was_met_before(tmp_path: Path) -> None:
    first = [shown(number, NOON, *entries) for number, entries in enumerate(DOCUMENTS.values(), 1)]
    second = [shown(number, hour(1), an_entry(9), *entries) for number, entries in enumerate(DOCUMENTS.values(), 1)]

    both(tmp_path, [[seen] for seen in [*first, *second, *first]], len(DOCUMENTS))


def test_the_same_feed_twice_in_a_batch(tmp_path: Path) -> None:
    both(tmp_path, [[shown(1, NOON, an_entry(1)), shown(1, hour(1), an_entry(2), an_entry(1))]], 1)


@pytest.mark.parametrize("before", [no_feed(1, NOON, b"<html>"), not_modified(1, NOON)], ids=["a page", "304"])
def test_after_something_else(tmp_path: Path, before: Observation) -> None:
    both(tmp_path, [[before], [shown(1, hour(1), an_entry(1))]], 1)


@pytest.mark.parametrize("meta", [Feed(title="All", complete=True), Feed(title="Named", updated=NOON)])
def test_what_the_feed_says_of_itself(tmp_path: Path, meta: Feed) -> None:
    gone = Tombstone(ref="tag:source.example,2026:1")
    both(tmp_path, [[shown(1, NOON, an_entry(1), meta=meta, tombstones=[gone])]], 1)


def test_whole_documents(tmp_path: Path) -> None:
    batch = []
    for number in range(1, 6):
        body = made_feed(number, entries=7)
        seen = shown(number, NOON, body=body, url=f"https://f{number}.example/feed")
        batch.append(replace(seen, parsed=parse(body, f"https://f{number}.example/feed"), windowed=True))

    both(tmp_path, [batch], 5)


ENTRIES = st.builds(
    Entry,
    id=st.none() | st.sampled_from(["1", "2", "3\0", "https://s.example/1"]),
    link=st.none() | st.sampled_from(["https://s.example/1", "https://s.example/2"]),
    title=st.none() | st.sampled_from(["A", "B"]),
    content=st.none() | st.sampled_from([Text("x"), Text("<p>y</p>", "html"), Text("long " * 50)]),
    updated=st.none() | st.sampled_from([hour(-1), hour(-2)]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(ENTRIES, max_size=5), min_size=1, max_size=4), st.permutations(range(4)))
def test_any_history_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, windows: list[list[Entry]], hours: list[int]
) -> None:
    looks = [shown(1, hour(at), *entries) for at, entries in zip(hours, windows, strict=False)]
    both(tmp_path_factory.mktemp("a"), [[seen] for seen in looks], 1)
