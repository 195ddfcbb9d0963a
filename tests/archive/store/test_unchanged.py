"""Looks that brought nothing new, written down together, leave the rows that others do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.store import Observation
from tests.archive.store.test_fresh import but_log, recorded
from tests.support.archive import an_entry, asked, hour, no_feed, not_modified, same_again, shown

Look = Callable[[datetime], Observation]


def served(at: datetime, body: bytes = b"one", **values: str) -> Observation:
    return shown(1, at, an_entry(2), an_entry(1), body=body, **values)


LOOKS: dict[str, Look] = {
    "a document": served,
    "another with the same entries": lambda at: served(at, b"two"),
    "the same bytes": lambda at: same_again(served(at), at),
    "the other's bytes": lambda at: same_again(served(at, b"two"), at),
    "the same bytes from elsewhere": lambda at: same_again(served(at, url="https://other.example/feed"), at),
    "not modified": lambda at: not_modified(1, at),
    "a page": lambda at: no_feed(1, at),
    "gone": lambda at: replace(not_modified(1, at), poll=asked(at, error="410", gone=at)),
    "an empty document": lambda at: shown(1, at, body=b"none"),
    "its bytes": lambda at: same_again(shown(1, at, body=b"none"), at),
}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(sorted(LOOKS)), st.sampled_from([-1, 1, 1, 1])), max_size=8))
def test_any_history(tmp_path_factory: pytest.TempPathFactory, looks: list[tuple[str, int]]) -> None:
    folder = tmp_path_factory.mktemp("a")
    at, history = 0, []
    for name, hours in looks:
        at += hours
        history.append(LOOKS[name](hour(at)))

    # Two looks at one feed in a batch go the long way.
    told, alone = recorded(folder / "alone.sqlite", [[seen] for seen in history], 1)
    together, batch = recorded(folder / "batch.sqlite", [history], 1)

    assert [one for batch in told for one in batch] == together[0]
    assert but_log(alone) == but_log(batch)


def test_many_feeds_in_a_batch(tmp_path: Path) -> None:
    kinds = ("not modified", "the same bytes", "the same bytes from elsewhere", "a page")
    feeds = range(1, len(kinds) + 1)
    first = [replace(served(hour(0)), feed=feed) for feed in feeds]
    again = [replace(LOOKS[name](hour(1)), feed=feed) for feed, name in zip(feeds, kinds, strict=True)]

    together = recorded(tmp_path / "batch.sqlite", [first, again], len(kinds))
    alone = recorded(tmp_path / "alone.sqlite", [first, *([seen] for seen in again)], len(kinds))

    assert but_log(together[1]) == but_log(alone[1])
