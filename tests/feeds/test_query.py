"""Saved searches: what they find in an entry's texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Channel
from feeds.model import Category, Entry, Person, Text
from feeds.query import query
from feeds.select import fingerprint, matches, takes_all
from tests.support.items import an_item

TITLE, TEXT = "The Ferry crosses", "After nine years the boat crosses the river Élan again; a cat came aboard."


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ferry", True),
        ("FERRY cat", True),
        ("ferry dog", False),
        ("elan", True),
        ('"river elan"', True),
        ('"elan river"', False),
        ('"crosses after"', False),  # words of different texts
        ("boa*", True),
        ("boa", False),
        ('"nine ye"*', True),
        ("dog OR cat", True),
        ("dog OR cow", False),
        ("ferry NOT cat", False),
        ("ferry NOT dog", True),
        ("ferry AND (dog OR boat)", True),
        ("(ferry dog) OR (cat boat)", True),
        ("dog OR cat NOT ferry", False),
        ("ferry not dog", False),  # small letters: words
        ("(ferry", True),  # no right expression: plain words
        ("OR", False),
        ("", False),
        ("ferry -- cat", True),
    ],
)
def test_what_is_found(search: str, found: bool) -> None:
    assert query(search)([TITLE, TEXT]) is found


@given(st.text(alphabet='ab"*() ORANDT|\u0301', max_size=40), st.text(max_size=20))
def test_any_search_has_an_answer(search: str, text: str) -> None:
    assert query(search)([text]) in (True, False)


def test_nesting_without_end_has_an_answer() -> None:
    assert query("(" * 5000 + "ferry")([TITLE])


def test_a_channel_of_a_saved_search() -> None:
    entry = Entry(
        title=TITLE, content=Text(f"<p>{TEXT}</p>"), authors=(Person("Zoë"),), categories=(Category("harbour"),)
    )
    item = an_item(1, entry)
    plain = Channel(name="a", title="A")
    for search in ("ferry cat", "zoe", "harbour NOT dog"):
        channel = Channel(name="a", title="A", search=search)
        assert matches(channel, item)
        assert not takes_all(channel)
        assert fingerprint(channel) != fingerprint(plain)
    assert not matches(Channel(name="a", title="A", search="ferry NOT zoe"), item)
