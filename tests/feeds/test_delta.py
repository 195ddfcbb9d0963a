"""Documents without what somebody has already."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import FORMATS, Format
from feeds.channel import Item
from feeds.delta import lacking, parts
from feeds.model import Entry, Text
from feeds.write import render
from tests.support.items import FULL, a_document, an_item
from tests.support.rules import broken_atom, broken_json, broken_rss

CHECKS = {"rss": broken_rss, "atom": broken_atom, "json": broken_json}
HOSTILE = Entry(
    id="tag:x.example,2026:hostile",
    title='</entry></item> ]]> {"items": [1]} > \'',
    content=Text("</item><item>\n<entry>{}[]</entry> ]]> <b title='a > b'>", "text"),
)
ITEMS = [*(an_item(version) for version in range(1, 7)), an_item(9, FULL), an_item(10, HOSTILE)]
EDITED = [an_item(20 + n, Entry(id=f"tag:source.example,2026:{n}", title="Edited"), number=2) for n in range(1, 8)]


def a_feed(items: Iterable[Item], format: Format) -> bytes:
    return render(a_document(*items), format)


def entries(data: bytes) -> dict[str, object]:
    """The entries by their ids, as parsed."""
    if data[:1] == b"{":
        return {item["id"]: item for item in json.loads(data)["items"]}
    return {entry.id: dict(entry) for entry in feedparser.parse(data).entries}


def delta(old: bytes, new: bytes) -> bytes:
    before, now = parts(old), parts(new)
    assert before and now
    return lacking(now, set(before.marks))


@pytest.mark.parametrize("format", FORMATS)
@given(
    old=st.lists(st.sampled_from(ITEMS), unique_by=lambda item: item.id),
    new=st.lists(st.sampled_from([*ITEMS, *EDITED]), unique_by=lambda item: item.id),
)
@settings(max_examples=25)
def test_what_was_had_and_the_delta_are_the_whole(format: Format, old: list[Item], new: list[Item]) -> None:
    before, now = a_feed(old, format), a_feed(new, format)
    short = delta(before, now)

    assert CHECKS[format](short) == []
    had, lacked, whole = entries(before), entries(short), entries(now)
    assert {id: (had | lacked)[id] for id in whole} == whole
    assert lacked.keys() == {item.id for item in new if item not in old}


@pytest.mark.parametrize("format", FORMATS)
def test_a_delta_says_all_else_that_the_whole_says(format: Format) -> None:
    whole = a_feed(ITEMS, format)
    empty = delta(whole, whole)

    if format == "json":
        assert json.loads(empty) == json.loads(whole) | {"items": []}
    else:
        element = "item" if format == "rss" else "entry"
        without = re.sub(rf"\s*<{element}(?:\s[^>]*)?>.*?</{element}>".encode(), b"", whole, flags=re.DOTALL)
        assert empty == without


@pytest.mark.parametrize("format", FORMATS)
def test_to_who_has_nothing_all_is_new(format: Format) -> None:
    whole = a_feed(ITEMS, format)
    found = parts(whole)
    assert found
    assert len(found.marks) == len(set(found.marks)) == len(ITEMS)
    assert entries(lacking(found, set())) == entries(whole)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<rss><channel><item>",
        b"{",
        b'{"items": 1}',
        b"[1]",
        b'{"items": [{}], "_backissue": {"complete": true}}',
        b"<feed xmlns:fh='http://purl.org/syndication/history/1.0'><fh:complete/><entry/></feed>",
        b"<rss><channel><complete xmlns='http://purl.org/syndication/history/1.0'/><item/></channel></rss>",
    ],
)
def test_what_is_broken_or_complete_is_not_taken_apart(data: bytes) -> None:
    assert parts(data) is None


def test_entries_of_any_writing() -> None:
    data = b"<rss><channel><title>t</title><item/><item a='1>2' ></item >\n<item><x><item/></x></item></channel></rss>"
    found = parts(data)
    assert found
    assert [data[start:stop] for start, stop in found.entries] == [
        b"<item/>",
        b"<item a='1>2' ></item >",
        b"<item><x><item/></x></item>",
    ]
