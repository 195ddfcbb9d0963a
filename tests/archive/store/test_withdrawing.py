"""Entries taken back by hand, and given back."""

from __future__ import annotations

import pytest

from archive.store import Store, StoreError
from feeds.channel import Item, Withdrawn
from tests.support.archive import an_article, an_entry, hour, told
from tests.support.archive import shown as shown_in
from tests.support.items import NOON


def said(store: Store) -> list[tuple[str, int, Withdrawn | None]]:
    """What publishing hears: title, number of the edition, and whether it is taken back."""
    return [_facts(item) for item in store.versions_after(0)]


def _facts(item: Item) -> tuple[str, int, Withdrawn | None]:
    return item.entry.title or "", item.number, item.withdrawn


def test_it_is_said_by_an_edition_of_its_own(store: Store, feed: int) -> None:
    told(store, shown_in(feed, hour(1), an_entry(1)))
    before = store.history(1)
    store.withdraw(1, hour(2), "by mistake")
    taken = Withdrawn(hour(2), "by mistake")

    assert said(store) == [("Entry 1", 1, None), ("Entry 1", 2, taken)]
    record = store.find_entry("1")
    assert record and (record.deleted, record.deleted_why, record.versions) == (hour(2), "withdrawn", 1)
    assert store.history(1) == before

    store.restore(1, hour(3))
    assert said(store) == [("Entry 1", 1, None), ("Entry 1", 2, taken), ("Entry 1", 3, None)]
    record = store.find_entry("1")
    assert record and (record.deleted, record.deleted_why) == (None, None)
    then = store.find_entry("1", as_of=hour(2))
    assert then and then.deleted == hour(2)


def test_an_edit_leaves_it_withdrawn(store: Store, feed: int) -> None:
    told(store, shown_in(feed, hour(1), an_entry(1)))
    store.withdraw(1, hour(2))
    told(store, shown_in(feed, hour(3), an_entry(1, title="Edited")))

    assert said(store)[-1] == ("Edited", 3, Withdrawn(hour(2)))
    record = store.find_entry("1")
    assert record and record.deleted_why == "withdrawn"
    store.restore(1, hour(4))
    assert said(store)[-1] == ("Edited", 4, None)


def test_it_holds_for_articles_and_for_no_other_entry(store: Store) -> None:
    local = store.subscribe("local:notes", kind="local", now=NOON)
    for number in (1, 2):
        told(store, an_article(local, hour(number), an_entry(number), f"{number}.md"))
    store.withdraw(1, hour(3))

    assert [item.withdrawn for item in store.versions_after(0)] == [None, None, Withdrawn(hour(3))]
    assert [item.withdrawn for item in store.versions_after(0, as_of=hour(2))] == [None, None]
    assert not list(store.examine())


def test_nothing_is_done_twice(store: Store, feed: int) -> None:
    told(store, shown_in(feed, hour(1), an_entry(1)))
    with pytest.raises(StoreError, match="entry 1: is not withdrawn; there is nothing to undo"):
        store.restore(1, hour(2))
    store.withdraw(1, hour(2))
    with pytest.raises(StoreError, match="entry 1: is withdrawn already; 'backissue withdraw --undo' gives it back"):
        store.withdraw(1, hour(3))
    store.restore(1, hour(4))
    store.withdraw(1, hour(5))
    assert said(store)[-1] == ("Entry 1", 4, Withdrawn(hour(5)))
