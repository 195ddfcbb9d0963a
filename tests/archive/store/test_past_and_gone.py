"""How entries leave and come back, what befalls feeds, and what was known at an instant: a case each."""

from __future__ import annotations

from datetime import datetime

import pytest
from msgspec.structs import replace

from archive.store import Store
from feeds.model import Entry, Feed
from tests.support.archive import an_entry, asked, hour, no_feed, not_modified, shown, told
from tests.support.items import HOUR, NOON


def dated(*numbers: int) -> list[Entry]:
    """Entries that were published in the order of their numbers."""
    return [an_entry(number, published=NOON - (50 - number) * HOUR) for number in numbers]


def how_it_left(store: Store, number: int) -> tuple[datetime | None, str | None]:
    found = store.find_entry(str(an_entry(number).id))
    assert found
    return found.left, found.left_why


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param([4, 3, 2, 1], [5, 4, 3, 2], "scrolled out", id="the newest first"),
        pytest.param([1, 2, 3, 4], [2, 3, 4, 5], "scrolled out", id="the oldest first"),
        pytest.param([0, 4, 3, 2, 1], [0, 5, 4, 3, 2], "scrolled out", id="an old one pinned on top"),
        pytest.param([4, 3, 1, 2], [4, 3, 2], "removed", id="from between"),
        pytest.param([2, 1], [4, 3], "scrolled out", id="all"),
    ],
)
def test_how_an_entry_left(store: Store, feed: int, before: list[int], after: list[int], expected: str) -> None:
    told(store, shown(feed, hour(0), *dated(*before)), shown(feed, hour(1), *dated(*after)))
    assert how_it_left(store, 1) == (hour(1), expected)


@pytest.mark.parametrize(
    ("looks", "gaps"),
    [
        pytest.param(
            [[2, 1], [4, 3]], ["nothing of its 2 entries was there at 2026-11-24T12:00:00.000000Z"], id="a gap"
        ),
        pytest.param(
            [[2, 1], [3]], ["nothing of its only entry was there at 2026-11-24T12:00:00.000000Z"], id="of one"
        ),
        pytest.param([[2, 1], [3, 2]], [], id="they share an entry"),
        pytest.param([[], [2, 1]], [], id="the first entries of all"),
        pytest.param([[2, 1], [], [3, 2]], [], id="empty in between"),
        pytest.param(
            [[2, 1], [], [4, 3]],
            ["nothing of its 2 entries was there at 2026-11-24T12:00:00.000000Z"],
            id="a gap behind an empty one",
        ),
    ],
)
def test_gaps_are_written_down(store: Store, feed: int, looks: list[list[int]], gaps: list[str]) -> None:
    told(store, *(shown(feed, hour(at), *dated(*numbers)) for at, numbers in enumerate(looks)))
    details = [event.detail or "" for event in store.events(feed) if event.kind == "gap"]
    assert [detail.partition("; about ")[0] for detail in details] == gaps
    [fare] = store.health(hour(9))
    assert fare.gaps == len(gaps)


def test_a_complete_feed_has_no_gaps(store: Store, feed: int) -> None:
    meta = Feed(title="All", complete=True)
    told(store, *(shown(feed, hour(at), an_entry(at), meta=meta) for at in range(2)))
    assert [event.kind for event in store.events(feed)] == ["complete"]


def test_other_guids_are_no_gap(store: Store, feed: int) -> None:
    anew = [replace(entry, id=f"urn:{entry.id}") for entry in dated(2, 1)]
    told(store, shown(feed, hour(0), *dated(2, 1)), shown(feed, hour(1), *anew))
    assert store.events(feed) == []


def test_an_entry_that_stood_twice_left_as_one_that_stood_once(store: Store, feed: int) -> None:
    entries = [an_entry(3), an_entry(2), an_entry(1), an_entry(1, "Former")]
    told(store, shown(feed, hour(0), *entries), shown(feed, hour(1), *entries[:3]), shown(feed, hour(2), *entries[:2]))
    assert how_it_left(store, 1) == (hour(2), "scrolled out")


def test_what_left_a_complete_feed_and_came_back_is_not_deleted(store: Store, feed: int) -> None:
    meta = Feed(title="All", complete=True)
    told(
        store,
        shown(feed, hour(0), an_entry(2), an_entry(1), meta=meta),
        shown(feed, hour(1), an_entry(2), meta=meta),
        shown(feed, hour(2), an_entry(2), an_entry(1), meta=meta),
    )
    for at, deleted in ((hour(0), None), (hour(1), hour(1)), (hour(2), None), (None, None)):
        found = store.find_entry(str(an_entry(1).id), as_of=at)
        assert found
        assert (found.deleted, found.in_window) == (deleted, deleted is None)


def test_what_befell_a_feed_is_told_once_for_each_matter(store: Store, feed: int) -> None:
    meta = Feed(title="All", complete=True)
    gone = shown(feed, hour(2), poll=asked(hour(2), gone=hour(2), error="410", failures=1))
    told(
        store,
        shown(feed, hour(0), an_entry(1), meta=meta),
        shown(feed, hour(1), an_entry(2), an_entry(1), meta=meta),
        replace(gone, served=None, parsed=None),
        shown(feed, hour(3), an_entry(3), an_entry(2), meta=meta),
        no_feed(feed, hour(4)),
        no_feed(feed, hour(5)),
        not_modified(feed, hour(6)),
    )
    assert [(event.kind, event.at) for event in store.events(feed)] == [
        ("complete", hour(0)),
        ("gone", hour(2)),
        ("back", hour(3)),
        ("parked", hour(4)),
        ("back", hour(6)),
    ]


def test_when_a_version_was_seen_last_by_what_was_known(store: Store, feed: int) -> None:
    told(
        store,
        shown(feed, hour(0), an_entry(1)),
        shown(feed, hour(1), an_entry(1, "Edited")),
        no_feed(feed, hour(2)),
        shown(feed, hour(3), an_entry(1)),
        shown(feed, hour(4), an_entry(2)),
    )
    for at, expected in (
        (0, [(0, 0)]),
        (1, [(0, 0), (1, 1)]),
        (2, [(0, 0), (1, 1)]),
        (3, [(0, 3), (1, 1)]),
        (9, [(0, 3), (1, 1)]),
    ):
        assert [(one.first_seen, one.last_seen) for one in store.history(1, as_of=hour(at))] == [
            (hour(first), hour(last)) for first, last in expected
        ]


def test_an_old_version_is_found_as_of_then_and_no_more_now(store: Store, feed: int) -> None:
    told(
        store,
        shown(feed, hour(0), an_entry(1, "whale"), an_entry(2, "whale")),
        shown(feed, hour(1), an_entry(1, "shark"), an_entry(2, "whale")),
    )
    told(store, shown(feed, hour(2), an_entry(1, "whale"), an_entry(2, "shark")))
    for at, expected in ((0, {1, 2}), (1, {2}), (2, {1}), (None, {1})):
        found = store.search("whale", as_of=None if at is None else hour(at))
        assert {hit.record.entry.title for hit in found} == {f"Entry {number}" for number in expected}
    assert len(store.search("whale", as_of=hour(0), limit=1)) == 1
    assert list(store.examine()) == []


def test_dates_by_the_clock_make_no_version_of_an_edit_that_is_taken_back(store: Store, feed: int) -> None:
    texts = ["Text", "Text", "Edited", "Text", "Edited"]
    for number, text in enumerate(texts):
        entries = [an_entry(one, text if one == 1 else "Text", published=hour(number - 99)) for one in (3, 2, 1)]
        told(store, shown(feed, hour(number), *entries))
    found = store.find_entry(str(an_entry(1).id))
    assert found
    assert [(one.first_seen, one.last_seen) for one in store.history(found.id)] == [
        (hour(0), hour(3)),
        (hour(2), hour(4)),
    ]


def test_a_run_of_documents_ends_where_another_address_says_something_else(store: Store, feed: int) -> None:
    said = [("a", "https://one.example/"), ("b", "https://two.example/"), ("a", "https://one.example/")]
    for number, (text, url) in enumerate(said):
        told(store, shown(feed, hour(number), an_entry(1, text), body=text.encode(), url=url))
    assert [(one.first_at, one.times) for one in store.documents()] == [(hour(0), 1), (hour(1), 1), (hour(2), 1)]
