"""What counts as an edit, and what is only noise."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.history import fingerprint, form
from archive.history.fingerprint import VERSION
from feeds.model import Category, Enclosure, Entry, Extension, Person, Source, Text
from tests.support.items import FULL

HTML = '<p class="a" id=\'x\'>One &amp; two <a href="https://s.example/p?a=1" rel="me">three</a></p> <p>four</p>'


def html(value: str, base: Entry = FULL) -> Entry:
    return replace(base, content=Text(value))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(HTML.replace('class="a" id=\'x\'', 'id="x" class="a"'), id="attribute order"),
        pytest.param(HTML.replace("'x'", "x"), id="no quotes"),
        pytest.param(HTML.replace("<p", "<P").replace("class", "CLASS"), id="capitals"),
        pytest.param(HTML.replace("> <", ">\n\t <"), id="white space between tags"),
        pytest.param(HTML.replace("> <", "><"), id="no white space between tags"),
        pytest.param(f"\n{HTML}  ", id="white space around"),
        pytest.param(HTML.replace("One ", "One\n   "), id="white space within"),
        pytest.param(HTML.replace("One", "<!-- cached\n12:00 -->One"), id="comment"),
        pytest.param(f"<!-- 1 -->{HTML} <!-- 2 -->", id="comments around"),
        pytest.param(HTML.replace("?a=1", "?a=1&amp;utm_source=feed"), id="tracking, written as it must be"),
        pytest.param(HTML.replace("?a=1", "?utm_source=feed&a=1&fbclid=2"), id="tracking, written as it is"),
        pytest.param(HTML.replace("https://", "http://"), id="http for https"),
        pytest.param(HTML.replace("&amp;", "&#38;"), id="numbered entity"),
        pytest.param(HTML.replace("&amp;", "&#x26;"), id="hexadecimal entity"),
        pytest.param(HTML.replace("&amp;", "&"), id="bare ampersand"),
    ],
)  # fmt: skip
def test_noise_in_a_text(other: str) -> None:
    assert fingerprint(html(HTML)) == fingerprint(html(other))
    assert form(html(HTML))[1] != form(html(other))[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>caf&eacute; &mdash; x</p>", "<p>café — x</p>"),
        ("<p>caf&#233;</p>", "<p>café</p>"),
        ("<p>a&nbsp;b</p>", "<p>a\xa0b</p>"),
        ("<br/>a<hr />", "<br>a<hr>"),
        ("caf&eacute;", "café"),
    ],
)
def test_noise_in_spelling(one: str, other: str) -> None:
    assert fingerprint(html(one)) == fingerprint(html(other))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"id": "tag:other,2026:1"}, id="another id"),
        pytest.param({"link": f"{FULL.link}&utm_campaign=x"}, id="tracking link"),
        pytest.param({"title": f"  {FULL.title}\n"}, id="white space around the title"),
        pytest.param({"origins": {"title": "inferred"}}, id="where a field is from"),
    ],
)
def test_noise_in_a_field(values: dict[str, object]) -> None:
    assert fingerprint(replace(FULL, **values)) == fingerprint(FULL)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"content": Text(HTML.replace("three", "threes"))}, id="one letter more"),
        pytest.param({"content": Text(HTML.replace("One", "one"))}, id="a capital less"),
        pytest.param({"content": Text(HTML.replace(" <p>four</p>", ""))}, id="shorter"),
        pytest.param({"content": Text(HTML.replace("a=1", "a=2"))}, id="where a link leads"),
        pytest.param({"content": Text(HTML.replace("a=1", "a=1#part"))}, id="what part a link leads to"),
        pytest.param({"content": Text(HTML.replace("&amp;", "&lt;"))}, id="another entity"),
        pytest.param({"content": Text(HTML.replace("One &amp; two", "One <b>&amp;</b> two"))}, id="markup"),
        pytest.param({"content": Text(HTML, "text")}, id="text for HTML"),
        pytest.param({"content": Text(HTML, language="de")}, id="the text's language"),
        pytest.param({"content": None}, id="no text"),
        pytest.param({"summary": Text("<p>Another</p>")}, id="summary"),
        pytest.param({"title": "Another"}, id="title"),
        pytest.param({"title": None}, id="no title"),
        pytest.param({"link": "https://source.example/other"}, id="link"),
        pytest.param({"published": FULL.published and FULL.published + timedelta(seconds=1)}, id="published"),
        pytest.param({"updated": FULL.updated and FULL.updated + timedelta(seconds=1)}, id="updated"),
        pytest.param({"categories": (*FULL.categories, Category("new"))}, id="a new tag"),
        pytest.param({"enclosures": FULL.enclosures[:1]}, id="an enclosure less"),
        pytest.param({"enclosures": (Enclosure("https://source.example/c.mp3"),)}, id="another enclosure"),
        pytest.param({"authors": (Person("Zoë"),)}, id="author"),
        pytest.param({"rights": "©"}, id="rights"),
        pytest.param({"extra": {"k": "v"}}, id="something extra"),
    ],
)  # fmt: skip
def test_edits(values: dict[str, object]) -> None:
    before = replace(FULL, content=Text(HTML))
    assert fingerprint(replace(before, **values)) != fingerprint(before)


def test_pre_keeps_its_lines() -> None:
    assert fingerprint(html("<pre>if a:\n    b</pre>")) != fingerprint(html("<pre>if a: b</pre>"))


def test_what_is_no_html_is_compared_as_it_stands() -> None:
    one, other = (replace(FULL, content=Text(value, "text")) for value in ("a &amp; b", "a & b"))
    assert fingerprint(one) != fingerprint(other)


def test_a_fingerprint_tells_its_rule() -> None:
    assert fingerprint(FULL)[:1] == VERSION
    assert len(fingerprint(FULL)) == 17


SCRAPS = st.lists(
    st.sampled_from(
        [*HTML.split(" "), "<!--", "-->", "<", ">", '"', "'", "=", "<a href=", "&", "&amp", "http://[", "é"]
    )
    | st.text(max_size=4)
).map(" ".join)


@settings(deadline=None)
@given(SCRAPS)
def test_any_text_has_a_fingerprint_that_stays(value: str) -> None:
    seen = fingerprint(html(value))
    assert fingerprint(html(f" {value}\n")) == seen
    assert fingerprint(html(value.replace(" ", "\t "))) == seen
    assert fingerprint(replace(html(value), id="x", link=f"{FULL.link}&utm_medium=rss")) == seen


@pytest.mark.parametrize("scrap", ["<!--", "<a", "<pre", "<a b=", "x" * 50 + "<", "&amp", '<a "', "<a  ", "a" * 9])
def test_long_texts_are_read_to_their_end(scrap: str) -> None:
    # Of a size that would take minutes where time grows with its square.
    assert fingerprint(html("<" + scrap * 40_000)) != fingerprint(html("<a " + scrap * 40_000))


def test_what_came_to_be_read_later_is_no_edit() -> None:
    """Entries that were archived before these fields were read must not look edited at the next poll."""
    before = replace(FULL, source=Source("O", "urn:o"))
    now = replace(
        before,
        extensions=(Extension("podcast:person", "Zoë", (("role", "host"),)),),
        source=Source("O", "urn:o", updated=FULL.updated, authors=(Person("Ann"),), rights="© Ann"),
    )
    assert fingerprint(before) == fingerprint(now)
    assert form(before) != form(now)


def test_fingerprints_are_those_of_earlier_releases() -> None:
    """What is archived is compared with what comes: these must never change."""
    assert fingerprint(Entry()).hex() == "012afb9b83f9314e5d029766197f539792"
    assert fingerprint(FULL).hex() == "017ed9de7d1693fad147d1ab3bb1448e1d"
