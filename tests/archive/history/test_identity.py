"""Who an entry is: the traps of the field, a row each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.history import keys, plain_link
from feeds.model import Entry, Text

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
A, B = "https://s.example/a", "https://s.example/b"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def e(id: str | None = None, link: str | None = None, title: str | None = None, **values: object) -> Entry:
    return Entry(id=id, link=link, title=title, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([e("1", A, "T")], ["guid:1"], id="guid stands above all"),
        pytest.param([e("http://s.example/a"), e("https://s.example/a")], None, id="guids are compared to the letter"),
        pytest.param([e(" 1"), e("1")], ["guid: 1", "guid:1"], id="white space in a guid counts"),
        pytest.param([e(None, A, "T")], ["link://s.example/a"], id="no guid"),
        pytest.param([e("", A)], ["link://s.example/a"], id="empty guid"),
        pytest.param([e(None, "http://www.s.example/a/")], ["link://s.example/a"], id="http, www and slash"),
        pytest.param([e(None, A + "?utm_source=x&id=3&fbclid=y")], ["link://s.example/a?id=3"], id="tracking"),
        pytest.param(
            [e(None, A + "#xtor=RSS-1"), e(None, A + "#utm_source=x")], ["link://s.example/a"] * 2, id="in fragment"
        ),
        pytest.param(
            [e(None, A + "#v1"), e(None, A + "#v2")], ["link://s.example/a#v1", "link://s.example/a#v2"], id="one page"
        ),
        pytest.param(
            [e(None, A + "?q=%E8"), e(None, A + "?q=%E9")],
            ["link://s.example/a?q=%E8", "link://s.example/a?q=%E9"],
            id="a query that is not UTF-8",
        ),
        pytest.param([e(None, "https://[bad/")], ["link:https://[bad/"], id="no address"),
        pytest.param([e(None, None, "T")], ["title:T"], id="title only"),
        pytest.param([e(content=Text(""))], [f"content:{EMPTY}"], id="nothing at all"),
        pytest.param([e("1", A, "T"), e("1", A, "T")], ["guid:1"] * 2, id="duplicate, equal"),
        pytest.param([e("1", A, "T"), e("1", A + "?utm_medium=x", "U")], ["guid:1"] * 2, id="duplicate, edited"),
        pytest.param(
            [e("1", title="T", content=Text("a")), e("1", title="T", content=Text("b"))],
            ["guid:1"] * 2,
            id="duplicate without link, other content",
        ),
        pytest.param(
            [e(A, A, "T", updated=NOON), e(A, A, "U", updated=NOON - timedelta(1))],
            [f"guid:{A}"] * 2,
            id="two versions of one Atom entry",
        ),
    ],
)
def test_keys_of_a_feed_that_can_be_trusted(entries: list[Entry], expected: list[str] | None) -> None:
    found, trusted = keys(entries)
    assert trusted
    assert [key.value for key in found] == (expected or [f"guid:{entry.id}" for entry in entries])


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param(
            [e("1", A), e("1", B), e("2", A)],
            [f"guid+link:{number} //s.example/{name}" for number, name in ("1a", "1b", "2a")],
            id="a guid for several links",
        ),
        pytest.param(
            [e("1", None, "T"), e("1", None, "U"), e("1", None, None)],
            ["guid+title:1 T", "guid+title:1 U", f"guid+title:1 {EMPTY}"],
            id="a guid for several titles",
        ),
        pytest.param(
            [e("http://s.example", "https://s.example/", "T"), e("http://s.example", "https://s.example/", "U")],
            ["guid+title:http://s.example T", "guid+title:http://s.example U"],
            id="the front page for all",
        ),
        pytest.param([e("1", A), e("1", B), e(None, A), e(None, None, "T")], None, id="those without guid stay"),
    ],
)
def test_keys_when_trust_is_lost(entries: list[Entry], expected: list[str] | None) -> None:
    found, trusted = keys(entries)
    assert not trusted
    if expected:
        assert [key.value for key in found] == expected
    else:
        assert [key.value for key in found[2:]] == ["link://s.example/a", "title:T"]
    assert keys(entries[:1], guids_trusted=trusted) == ([found[0]], False)


TEXTS = st.none() | st.sampled_from(["", "1", "2", A, B, "https://s.example", "http://[", "é\x00"])


@settings(deadline=None)
@given(st.lists(st.builds(Entry, id=TEXTS, link=TEXTS, title=TEXTS)), st.booleans())
def test_every_entry_has_a_key_that_stays(entries: list[Entry], before: bool) -> None:
    found, trusted = keys(entries, guids_trusted=before)
    assert len(found) == len(entries)
    assert keys(entries, guids_trusted=trusted) == (found, trusted)
    assert keys(entries[::-1], guids_trusted=before) == (found[::-1], trusted)


@settings(deadline=None)
@given(st.text())
def test_a_plain_link_stays_one(url: str) -> None:
    assert isinstance(plain_link(url), str)


@settings(deadline=None)
@given(st.from_regex(r"\Ahttps?://(www\.)?[!-~]{0,9}(/[ -~]{0,9})?\Z"))
def test_the_short_way_is_the_long_way(url: str) -> None:
    long = plain_link(url.replace("http", "HTTP", 1))
    assert plain_link(url) == (url if long.startswith("HTTP") else long)
