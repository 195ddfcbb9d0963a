"""Entries under new guids and addresses: which are recognised, by which rule, and which are left alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.history import Key, Newcomer, Resident, recognised
from feeds.model import Entry, Text
from tests.support.items import HOUR, NOON

A, B = "https://s.example/a", "https://s.example/b"
LONG = Text("<p>" + "Four hundred swallows sat along the wire outside the post office. " * 5 + "</p>")


def e(id: str | None, link: str | None = None, title: str | None = None, **values: Any) -> Entry:
    return Entry(id=id, link=link, title=title, **values)


def newcomers(*entries: Entry) -> list[Newcomer]:
    return [Newcomer(Key(f"guid:{entry.id}", "guid"), entry) for entry in entries]


def residents(entries: Sequence[Entry]) -> list[Resident]:
    return [Resident(number, frozenset({f"guid:{one.id}"}), one) for number, one in enumerate(entries)]


@pytest.mark.parametrize(
    ("now", "known", "rule"),
    [
        pytest.param(e("https://s.example/1"), [e("http://s.example/1")], "the guid but for", id="http to https"),
        pytest.param(e("https://s.example/1"), [e("https://www.s.example/1")], "the guid but for", id="www"),
        pytest.param(e(f"{A}?utm_source=x"), [e(A)], "the guid but for", id="tracking in the guid"),
        pytest.param(e("new", A, "T"), [e("old", A, "T")], "link and title", id="a new guid, same link and title"),
        pytest.param(e("new", A, "T"), [e("old", "http://www.s.example/a/", "T")], "link and title", id="link respelt"),
        pytest.param(
            e("new", A, "U", published=NOON), [e("old", A, "T", published=NOON)], "link and date", id="title edited too"
        ),
        pytest.param(e("new", "https://t.example/a", "T"), [e("old", A, "T")], "path and title", id="another host"),
        pytest.param(
            e("new", B, "T", published=NOON), [e("old", A, "T", published=NOON)], "title and date", id="a new platform"
        ),
        pytest.param(
            e("new", B, "U", content=LONG), [e("old", A, "T", content=LONG)], "the whole text", id="same text"
        ),
        pytest.param(e("new", A, "T"), [e("1", A, "S"), e("2", A, "T")], "link and title", id="of two one is alike"),
    ],
)
def test_recognised(now: Entry, known: list[Entry], rule: str) -> None:
    [(key, found)] = recognised(newcomers(now), residents(known)).items()
    assert key == f"guid:{now.id}"
    assert found.number == len(known) - 1
    assert found.rule.startswith(rule)
    assert 0.7 < found.confidence < 1


@pytest.mark.parametrize(
    ("now", "known"),
    [
        pytest.param([e("new", A, "U")], [e("old", A, "T")], id="another title, no date"),
        pytest.param([e("new", B, "T")], [e("old", A, "T")], id="another link, no date"),
        pytest.param([e("new", None, "T")], [e("old", None, "T")], id="only a title"),
        pytest.param([e("new", A)], [e("old", A)], id="only a link"),
        pytest.param([e("new", "https://t.example/", "T")], [e("old", "https://s.example/", "T")], id="front pages"),
        pytest.param([e("New-1")], [e("new-1")], id="guids that are no addresses"),
        pytest.param([e("new", B, "T", published=NOON)], [e("old", A, "T", published=NOON + HOUR)], id="another hour"),
        pytest.param([e("new", content=Text("Short"))], [e("old", content=Text("Short"))], id="a short text"),
        pytest.param([e("new", A, "T")], [e("1", A, "T"), e("2", A, "T")], id="two could be meant"),
        pytest.param([e("x", A, "T"), e("y", A, "T")], [e("old", A, "T")], id="two could mean it"),
        pytest.param([e("new", A, "T")], [], id="nothing known"),
        pytest.param([], [e("old", A, "T")], id="nobody new"),
    ],
)
def test_left_alone(now: list[Entry], known: list[Entry]) -> None:
    assert recognised(newcomers(*now), residents(known)) == {}


def test_a_site_that_moved_whole() -> None:
    old = [e(f"http://old.example/?p={n}", f"http://old.example/?p={n}", f"Entry {n}") for n in range(30)]
    new = [e(f"https://new.example/?p={n}", f"https://new.example/?p={n}", f"Entry {n}") for n in range(30)]

    found = recognised(newcomers(*new), residents(old))

    assert {key: one.number for key, one in found.items()} == {f"guid:{one.id}": n for n, one in enumerate(new)}


ENTRIES = st.lists(
    st.builds(
        Entry,
        id=st.sampled_from(["a", "b", A, f"{A}?utm_x=1", "http://s.example/a"]),
        link=st.sampled_from([None, A, B, "https://[", "mailto:x"]),
        title=st.sampled_from([None, "", "T", "U"]),
        published=st.sampled_from([None, NOON]),
        content=st.sampled_from([None, LONG]),
    ),
    max_size=6,
)


@given(ENTRIES, ENTRIES)
def test_nobody_is_taken_for_two(now: list[Entry], known: list[Entry]) -> None:
    news = [Newcomer(Key(f"{number}", "guid"), entry) for number, entry in enumerate(now)]

    found = recognised(news, residents(known))

    numbers = [one.number for one in found.values()]
    assert len(set(numbers)) == len(numbers)
    assert set(found) <= {one.key.value for one in news}
