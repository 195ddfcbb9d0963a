"""The contract of every store: feeds, and who polls them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from archive.store import Store
from feeds.model import Feed
from tests.support.archive import URL, an_entry, asked, hour, no_feed, not_modified, shown, told
from tests.support.items import NOON

LEASE = timedelta(minutes=10)


def several(store: Store, count: int) -> list[int]:
    return [store.subscribe(f"https://f.example/{number}", kind="remote", now=NOON) for number in range(count)]


def claimed(store: Store, at: float = 0, limit: int = 100, feeds: list[int] | None = None) -> list[int]:
    return [one.id for one in store.claim(now=hour(at), limit=limit, lease=LEASE, feeds=feeds)]


def test_a_feed_as_it_is_made(store: Store) -> None:
    number = store.subscribe(URL, kind="remote", now=NOON, title="Mine", tags=["a", "é"], interval=30)

    [feed] = store.feeds()
    assert (feed.id, feed.url, feed.kind, feed.added, feed.removed) == (number, URL, "remote", NOON, None)
    assert (feed.title, feed.tags, feed.guids_trusted, feed.meta, feed.entries) == ("Mine", ("a", "é"), True, None, 0)
    assert feed.poll
    assert (feed.poll.next_due, feed.poll.interval, feed.poll.failures) == (NOON, 30, 0)
    assert (feed.poll.etag, feed.poll.sha256, feed.poll.validated, feed.poll.last_polled) == (None, None, None, None)


def test_subscribing_again_changes_only_what_is_given(store: Store) -> None:
    number = store.subscribe(URL, kind="remote", now=NOON, title="Mine", tags=["a"], interval=30)

    assert store.subscribe(URL, kind="remote", now=hour(1)) == number
    [feed] = store.feeds()
    assert (feed.title, feed.tags, feed.added, feed.poll and feed.poll.interval) == ("Mine", ("a",), NOON, 30)
    store.subscribe(URL, kind="remote", now=hour(2), title="Yours", tags=["b"], interval=None)
    [feed] = store.feeds()
    assert (feed.title, feed.tags, feed.poll and feed.poll.interval) == ("Yours", ("b",), None)


def test_a_feed_that_is_removed_and_taken_up_again(store: Store, feed: int) -> None:
    told(store, shown(feed, NOON, an_entry()))
    store.unsubscribe(feed, hour(1))

    assert store.feeds() == []
    [removed] = store.feeds(removed=True)
    assert (removed.removed, removed.entries) == (hour(1), 1)
    assert claimed(store, 9) == claimed(store, 9, feeds=[feed]) == []
    assert len(store.entries()) == 1
    assert store.subscribe(URL, kind="remote", now=hour(2)) == feed
    [again] = store.feeds()
    assert (again.removed, again.added, again.poll and again.poll.etag) == (None, NOON, '"1"')
    assert claimed(store, 9) == [feed]


def test_some_feeds_by_their_numbers(store: Store) -> None:
    one, gone, other = (store.subscribe(f"https://{name}.example/", kind="remote", now=NOON) for name in "abc")
    store.unsubscribe(gone, NOON)

    assert [feed.id for feed in store.feeds(only=[other, gone, one, 99])] == [one, other]
    assert [feed.id for feed in store.feeds(only=[gone], removed=True, counted=False)] == [gone]
    assert store.feeds(only=[]) == []


def test_a_feed_that_was_gone_is_asked_once_it_is_taken_up_again(store: Store, feed: int) -> None:
    told(store, replace(not_modified(feed, NOON), poll=asked(NOON, gone=NOON, next_due=hour(500))))
    store.subscribe(URL, kind="remote", now=hour(1))
    assert claimed(store, 1000) == []

    store.unsubscribe(feed, hour(1))
    store.subscribe(URL, kind="remote", now=hour(2))
    assert claimed(store, 2) == [feed]


def test_a_feed_that_is_not_there_is_no_error(store: Store) -> None:
    store.unsubscribe(99, NOON)
    store.release([99])
    assert claimed(store, feeds=[99]) == []


def test_local_feeds_are_not_polled(store: Store) -> None:
    number = store.subscribe("local:notes", kind="local", now=NOON)

    assert [(one.kind, one.poll) for one in store.feeds()] == [("local", None)]
    assert claimed(store) == claimed(store, feeds=[number]) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (URL, 1),
        ("1", 1),
        ("La Source", 1),
        ("LA SOURCE", 1),
        ("Given", 2),
        ("given", 2),
        ("Their own", 2),
        ("2", 2),
        ("https://s.example/2", 2),
        ("3", 3),
        ("Source", None),
        ("", None),
        ("0", None),
        ("'", None),
    ],
)
def test_finding_a_feed(store: Store, feed: int, name: str, found: int | None) -> None:
    other = store.subscribe("https://s.example/2", kind="remote", now=NOON, title="Given")
    third = store.subscribe("https://s.example/3", kind="remote", now=NOON, title="2")
    told(
        store,
        shown(feed, NOON, an_entry(), meta=Feed(title="La Source")),
        shown(other, NOON, an_entry(2), meta=Feed(title="Their own")),
    )

    record = store.find_feed(name)
    assert (record and record.id) == found
    assert (feed, other, third) == (1, 2, 3)


def test_feeds_tell_what_they_said_of_themselves_last(store: Store, feed: int) -> None:
    told(
        store,
        shown(feed, hour(0), an_entry(), meta=Feed(title="Old", updated=NOON)),
        shown(feed, hour(1), an_entry(), meta=Feed(title="Old", updated=hour(1))),
        shown(feed, hour(2), an_entry(), meta=Feed(title="New", ttl=60)),
    )
    [record] = store.feeds()
    assert record.meta == Feed(title="New", ttl=60)
    assert record.title == "New"


# --- who polls ---------------------------------------------------------------------------------------------------


def test_two_claims_never_give_the_same_feed(store: Store) -> None:
    numbers = several(store, 10)

    assert claimed(store, limit=4) == numbers[:4]
    assert claimed(store, limit=4) == numbers[4:8]
    assert claimed(store, limit=4) == numbers[8:]
    assert claimed(store, limit=4) == claimed(store, feeds=numbers) == []


def test_a_lease_ends(store: Store) -> None:
    numbers = several(store, 2)
    assert claimed(store) == numbers
    assert claimed(store, 9.9 / 60) == []
    assert claimed(store, 10 / 60) == numbers


@pytest.mark.parametrize("ahead", [24, 0.5])
def test_a_clock_that_was_set_back_lets_no_feed_wait_for_it(store: Store, feed: int, ahead: float) -> None:
    store.record([shown(feed, hour(ahead), an_entry(1))])  # due an hour later

    assert claimed(store, 0) == claimed(store, 0.9) == []
    assert claimed(store, 1.5) == [feed]


def test_what_is_given_back_can_be_claimed(store: Store) -> None:
    numbers = several(store, 3)
    claimed(store)
    store.release(numbers[1:])
    assert claimed(store) == numbers[1:]


def test_what_was_due_first_is_asked_first(store: Store) -> None:
    numbers = several(store, 3)
    told(store, *(not_modified(number, hour(3 - number)) for number in numbers))
    assert claimed(store, 9) == numbers[::-1]


def test_given_feeds_need_not_be_due_but_free(store: Store) -> None:
    numbers = several(store, 4)
    told(store, *(not_modified(number, NOON) for number in numbers))
    assert claimed(store) == []
    assert claimed(store, feeds=numbers[:2]) == numbers[:2]
    assert claimed(store, feeds=[*numbers[1:], 99]) == numbers[2:]
    assert claimed(store, feeds=[]) == []


def test_recording_ends_the_lease(store: Store, feed: int) -> None:
    claimed(store)
    told(store, replace(not_modified(feed, NOON), poll=asked(NOON, next_due=hour(0.01))))
    assert claimed(store, 0.02) == [feed]


def test_a_claim_tells_how_the_feed_stands(store: Store, feed: int) -> None:
    state = asked(
        NOON,
        etag='W/"a,b"',
        last_modified="tuesday",
        last_success=NOON,
        last_changed=NOON,
        reason="because",
        next_due=hour(2),
    )
    told(store, replace(shown(feed, NOON, an_entry(), body=b"x", url="https://cdn.example/"), poll=state))
    [record] = store.claim(now=hour(2), limit=1, lease=LEASE)
    sha256 = bytes.fromhex("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
    assert record.poll == replace(state, sha256=sha256, validated="https://cdn.example/")
    assert record.meta == Feed(title="La Source")


@pytest.mark.parametrize("values", [{"failures": 3, "error": "no"}, {"gone": hour(1)}, {"last_status": None}])
def test_what_is_told_of_a_poll_is_kept(store: Store, feed: int, values: dict[str, object]) -> None:
    state = asked(hour(1), **values)
    told(store, shown(feed, NOON, an_entry()), replace(not_modified(feed, hour(1)), poll=state))
    [record] = store.feeds()
    assert record.poll
    assert replace(record.poll, sha256=None, validated=None) == state


def test_a_page_in_a_feeds_place_does_not_touch_what_the_next_answer_is_compared_with(store: Store, feed: int) -> None:
    told(store, shown(feed, NOON, an_entry()))
    [before] = store.feeds()
    told(store, no_feed(feed, hour(1)))
    [after] = store.feeds()
    assert before.poll
    assert after.poll
    assert (after.poll.sha256, after.poll.validated) == (before.poll.sha256, before.poll.validated)
    assert after.poll.error == "is no feed"
    assert store.totals().documents == 2


def test_the_operators_interval_outlives_a_poll(store: Store) -> None:
    number = store.subscribe(URL, kind="remote", now=NOON, interval=7)
    told(store, not_modified(number, NOON))
    [record] = store.feeds()
    assert record.poll
    assert record.poll.interval == 7
