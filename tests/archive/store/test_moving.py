"""What an answer showed of a feed's server: a move, a doubt that came true, an address that stands for another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from archive.store import Event, PollState, Store
from tests.support.archive import URL, an_entry, asked, hour, not_modified, shown, told
from tests.support.items import NOON

NEW = "https://new.example/feed.xml"


def poll_of(store: Store, url: str) -> PollState:
    feed = store.find_feed(url)
    assert feed
    assert feed.poll
    return feed.poll


def test_a_move_keeps_all_but_the_validators(store: Store, feed: int) -> None:
    told(store, shown(feed, NOON, an_entry(1)))
    told(store, replace(not_modified(feed, hour(30)), moved_to=NEW))

    found = store.find_feed(NEW)
    assert found
    assert found.poll
    assert (found.id, found.url, found.entries) == (feed, NEW, 1)
    assert (found.poll.etag, found.poll.last_modified, found.poll.moved_to, found.poll.moved_since) == (None,) * 4
    assert found.poll.sha256  # so that the same bytes at the new address are no news
    assert store.events(feed) == [Event(hour(30), "moved", URL)]
    assert [event.kind for event in store.events(feed)] == ["moved"]


def test_addresses_that_were_left_still_stand_for_the_feed(store: Store, feed: int) -> None:
    newest = "https://newest.example/feed.xml"
    told(store, replace(not_modified(feed, hour(1)), moved_to=NEW))
    told(store, replace(not_modified(feed, hour(2)), moved_to=newest))
    for name in (URL, NEW, newest):
        assert (found := store.find_feed(name)) and found.id == feed
        assert store.subscribe(name, kind="remote", now=hour(3), title="Ours") == feed
    assert [one.given_title for one in store.feeds()] == ["Ours"]


def test_an_address_that_is_taken_again_is_its_new_owners(store: Store, feed: int) -> None:
    told(store, replace(not_modified(feed, hour(1)), moved_to=NEW))
    told(store, replace(not_modified(feed, hour(2)), moved_to=URL))
    assert (found := store.find_feed(URL)) and found.id == feed
    other = store.subscribe("https://other.example/", kind="remote", now=NOON)
    told(store, replace(not_modified(other, hour(3)), moved_to=NEW))
    assert (found := store.find_feed(NEW)) and found.id == other


def test_a_feed_does_not_move_onto_another_and_it_is_told_once(store: Store, feed: int) -> None:
    other = store.subscribe(NEW, kind="remote", now=NOON)
    for number in (1, 2, 3):
        told(store, replace(not_modified(feed, hour(number)), moved_to=NEW))
    assert (found := store.find_feed(URL)) and found.id == feed
    assert (found := store.find_feed(NEW)) and found.id == other
    assert poll_of(store, URL).etag == '"1"'
    assert store.events(feed) == [Event(hour(1), "double", NEW)]


@pytest.mark.parametrize(
    ("text", "lies"),
    [pytest.param("Text", False, id="nothing new"), pytest.param("Other", True, id="an edit that a 304 hid")],
)
def test_a_doubt_comes_true_where_the_document_brings_news(store: Store, feed: int, text: str, lies: bool) -> None:
    told(store, shown(feed, NOON, an_entry(1)))
    doubt = asked(hour(2), lies=True, next_due=hour(26), reason="daily")
    told(store, replace(shown(feed, hour(2), an_entry(1, text), body=b"other bytes"), doubt=doubt))
    poll = poll_of(store, URL)
    assert (poll.lies, poll.next_due) == ((True, hour(26)) if lies else (False, hour(3)))
    assert poll.sha256
    assert [event.kind for event in store.events(feed)] == (["lies"] if lies else [])


def test_health(store: Store, feed: int) -> None:
    entries = [an_entry(number, published=NOON - timedelta(days=number)) for number in range(1, 57)]
    told(store, shown(feed, NOON, *entries))
    quiet = store.subscribe(NEW, kind="remote", now=NOON)
    [claimed] = store.claim(now=NOON, limit=9, lease=timedelta(minutes=10), feeds=[quiet])
    first, second = store.health(NOON)
    assert (first.feed, first.per_day, first.gaps, first.leased_until) == (feed, 0.964, 0, None)
    assert (second.feed, second.per_day, second.leased_until) == (claimed.id, 0.0, NOON + timedelta(minutes=10))
    assert store.health(hour(1))[1].leased_until is None
