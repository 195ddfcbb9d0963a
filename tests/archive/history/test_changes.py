"""What a document changes: old knowledge and new entries, a row each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from archive.history import Changes, Key, Known, Seen, changes
from feeds.model import Entry

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def seen(key: str, content: str = "1", form: str | None = None, updated: int | None = None) -> Seen:
    entry = Entry(title=key, updated=None if updated is None else NOON + timedelta(hours=updated))
    return Seen(Key(key, "guid"), entry, b"", (form or content).encode(), content.encode())


def known(number: int, content: str = "1", form: str | None = None, *, in_window: bool = True) -> Known:
    return Known(number, (form or content).encode(), content.encode(), in_window)


def told(found: Changes) -> list[tuple[str, str, str]]:
    return [(change.kind, change.seen.key.value, change.seen.fingerprint.decode()) for change in found.changes]


@pytest.mark.parametrize(
    ("before", "now", "expected", "unchanged"),
    [
        pytest.param({}, [], [], 0, id="nothing"),
        pytest.param({}, [seen("a")], [("new", "a", "1")], 0, id="new"),
        pytest.param({"a": known(1)}, [seen("a")], [], 1, id="unchanged"),
        pytest.param({"a": known(1)}, [seen("a", "2")], [("edited", "a", "2")], 0, id="edited"),
        pytest.param({"a": known(1, "2")}, [seen("a", "1")], [("edited", "a", "1")], 0, id="edited back"),
        pytest.param({"a": known(1)}, [seen("a", "1", "x")], [("noise", "a", "1")], 0, id="noise"),
        pytest.param({"a": known(1, in_window=False)}, [seen("a")], [("returned", "a", "1")], 0, id="returned"),
        pytest.param(
            {"a": known(1, in_window=False)}, [seen("a", "2")], [("edited", "a", "2")], 0, id="returned, and edited"
        ),
        pytest.param(
            {"a": known(1, in_window=False)}, [seen("a", "1", "x")], [("returned", "a", "1")], 0, id="and noisy"
        ),
        pytest.param(
            {},
            [seen("c"), seen("b"), seen("a")],
            [("new", "a", "1"), ("new", "b", "1"), ("new", "c", "1")],
            0,
            id="oldest first",
        ),
        pytest.param({}, [seen("a"), seen("a")], [("new", "a", "1")], 0, id="twice the same"),
        pytest.param(
            {}, [seen("a", "2"), seen("a", "1")], [("new", "a", "2"), ("aside", "a", "1")], 0, id="the first is current"
        ),
        pytest.param(
            {},
            [seen("a", "1", updated=1), seen("a", "3", updated=3), seen("a", "2", updated=2)],
            [("new", "a", "3"), ("aside", "a", "1"), ("aside", "a", "2")],
            0,
            id="the newest is current",
        ),
        pytest.param(
            {"a": known(1)}, [seen("a"), seen("a", "2")], [("aside", "a", "2")], 1, id="one beside the known one"
        ),
        pytest.param(
            {"a": known(1), "b": known(1)},
            [seen("b", "2"), seen("a", "1")],
            [("edited", "b", "2"), ("aside", "a", "1")],
            0,
            id="two keys of one entry",
        ),
    ],
)
def test_changes(
    before: dict[str, Known], now: Sequence[Seen], expected: list[tuple[str, str, str]], unchanged: int
) -> None:
    found = changes(before, now, {one.entry: one for one in before.values() if one.in_window})
    assert told(found) == expected
    assert (found.unchanged, found.left) == (unchanged, ())


def test_what_left() -> None:
    window = {number: known(number) for number in (3, 1, 2)}
    assert changes({"a": window[2]}, [seen("a"), seen("b")], window).left == (1, 3)


def test_articles_one_by_one_are_no_window() -> None:
    found = changes({"a": known(1, in_window=False)}, [seen("a")], None)
    assert (told(found), found.unchanged, found.left) == ([], 1, ())
