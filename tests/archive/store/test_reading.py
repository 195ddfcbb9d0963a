"""The contract of every store: lists of entries, finding one, and searching them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from archive.store import Store, StoreError
from archive.store.schema import connect
from archive.store.search import search
from feeds.model import Category, Person, Text
from tests.support.archive import URL, an_article, an_entry, hour, open_archive, shown, told
from tests.support.items import NOON


def paged(store: Store, limit: int, feed: int | None = None) -> list[int]:
    """The numbers of all entries, page by page."""
    found: list[int] = []
    while page := store.entries(feed=feed, before=found[-1] if found else None, limit=limit):
        assert len(page) <= limit
        found += [record.id for record in page]
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_miss_nothing_and_repeat_nothing(store: Store, feed: int, limit: int) -> None:
    other = store.subscribe("https://other.example/", kind="remote", now=NOON)
    # Many share a date, and the order of arrival is another than that of the dates.
    told(store, shown(feed, NOON, *(an_entry(one, published=hour(-(one * 7 % 5))) for one in range(1, 16))))
    told(store, shown(other, hour(1), *(an_entry(one, published=hour(-(one % 3))) for one in range(20, 30))))
    records = store.entries(limit=1000)

    assert [record.id for record in records] == paged(store, limit)
    assert len(records) == 25
    assert [(one.date, one.id) for one in records] == sorted(((one.date, one.id) for one in records), reverse=True)
    assert paged(store, limit, feed) == [one.id for one in records if one.feed == feed]


def test_what_comes_meanwhile_does_not_move_the_next_page(store: Store, feed: int) -> None:
    told(store, shown(feed, NOON, *(an_entry(one, published=hour(-one)) for one in range(1, 5))))
    first = store.entries(limit=2)
    told(store, shown(feed, hour(1), an_entry(9)))
    rest = store.entries(before=first[-1].id)
    assert [one.entry.title for one in (*first, *rest)] == ["Entry 1", "Entry 2", "Entry 3", "Entry 4"]


def test_pages_after_an_entry_that_is_not_there(store: Store, feed: int) -> None:
    told(store, shown(feed, NOON, an_entry()))
    assert store.entries(before=99) == []
    assert store.entries(feed=99) == []
    assert store.history(99) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("1", 1),
        ("2", 2),
        ("tag:source.example,2026:1", 1),
        ("guid 2", 2),
        ("https://source.example/1", 1),
        ("http://www.source.example/1/?utm_source=x", 1),
        ("https://source.example/2", 2),
        ("https://source.example/", None),
        ("guid", None),
        ("99", None),
        ("0", None),
        ("٣", None),
        ("9" * 30, None),
        ("", None),
        ("a\x00b", None),
    ],
)
def test_finding_an_entry(store: Store, feed: int, name: str, found: int | None) -> None:
    told(store, shown(feed, NOON, an_entry(2, id="guid 2"), an_entry(1)))
    record = store.find_entry(name)
    assert (record and record.id) == found
    public = store.entries(limit=1)[0].public_id
    assert store.find_entry(public) == store.entries(limit=1)[0]


def test_of_several_with_a_link_the_newest_is_found(store: Store, feed: int) -> None:
    told(store, shown(feed, NOON, *(an_entry(one, link="https://s.example/", published=hour(-one)) for one in (2, 1))))
    found = store.find_entry("https://s.example/")
    assert found
    assert found.entry.title == "Entry 1"


# --- search ------------------------------------------------------------------------------------------------------

TEXTS = {
    1: "Un <b>été</b> à Paris, l’œuvre complète",
    2: "Summer in the city: an ete of code",
    3: "<p>The quick brown fox</p><p>jumps over the lazy dog</p>",
    4: "Ångström and naïve Zürich",
    5: "C++ and foo_bar at http://s.example/x?y=1",
    6: "Việt Nam, Привет, 東京 東京都",
}


@pytest.fixture
def library(store: Store, feed: int) -> Store:
    told(
        store,
        shown(
            feed,
            NOON,
            *(an_entry(number, title=f"Title{number}", content=Text(text)) for number, text in TEXTS.items()),
            an_entry(7, title="Fox", content=Text("a < b"), authors=(Person("Zoë Élan"),)),
            an_entry(8, title="Tags", content=None, categories=(Category("x", None, "Gärten"), Category("plain"))),
        ),
    )
    return store


def hits(store: Store, words: str) -> set[int]:
    found = store.search(words)
    assert [one.score for one in found] == sorted(one.score for one in found)
    return {int(str(one.record.entry.id).rpartition(":")[2]) for one in found}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ete", {1, 2}),
        ("été", {1, 2}),
        ("ÉTÉ", {1, 2}),
        ("e\u0301te", {1, 2}),
        ("angstrom", {4}),
        ("zürich naive", {4}),
        ("viet", {6}),
        ("ПРИВЕТ", {6}),
        ("東京", {6}),
        ("quick lazy", {3}),
        ("quick city", set()),
        ("quick OR city", {2, 3}),
        ("fox NOT lazy", {7}),
        ("(quick OR city) AND fox", {3}),
        ('"brown fox"', {3}),
        ('"fox brown"', set()),
        ('"fox jumps"', {3}),
        ("jump*", {3}),
        ("jump", set()),
        ("zoe", {7}),
        ("garten", {8}),
        ("plain", {8}),
        ("title: title3", {3}),
        ("title : fox", {7}),
        ("c++", {5}),
        ("foo_bar", {5}),
        ("http://s.example/x?y=1", {5}),
        ("it's", set()),
        ("fox -lazy", {3}),
        ("and", {4, 5}),
        ("AND", {4, 5}),
        ("c++ AND foo", {5}),
        ("NEAR(quick fox)", {3}),
        ("NEAR(quick fox, 1)", {3}),
        ("NEAR(quick dog, 2)", set()),
        ("unknownword", set()),
        ('"open', set()),
    ],
)
def test_search(library: Store, words: str, expected: set[int]) -> None:
    assert hits(library, words) == expected


@pytest.mark.parametrize("words", ["", "   ", '"', "*", "++", "()", "…", "_", "\x00", "\n" * 999])
def test_a_search_without_a_word_is_refused(store: Store, words: str) -> None:
    with pytest.raises(StoreError) as caught:
        store.search(words)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


HOSTILE = st.lists(
    st.text(max_size=5)
    | st.sampled_from(
        [
            "AND",
            "OR",
            "NOT",
            "NEAR",
            "NEAR(",
            "(",
            ")",
            '"',
            "*",
            "^",
            ":",
            "-",
            "+",
            "{",
            "}",
            ",",
            "fox",
            "title",
            "\0",
        ]
    ),
    max_size=12,
).map(" ".join)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Store:  # type: ignore[misc]
    with closing(open_archive(tmp_path_factory.mktemp("a") / "a.sqlite")) as store:
        feed = store.subscribe(URL, kind="remote", now=NOON)
        told(store, shown(feed, NOON, *(an_entry(one, content=Text(text)) for one, text in TEXTS.items())))
        yield store  # type: ignore[misc]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE | st.text(alphabet=st.characters(), max_size=30))
def test_any_text_can_be_looked_for(small: Store, words: str) -> None:
    try:
        for hit in small.search(words):
            assert len(hit.snippet) % 2
            assert all(hit.snippet[1::2])
    except StoreError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "words",
    [
        "(" * 2000 + "a" + ")" * 2000,
        "(" * 200 + "fox" + ")" * 200,
        "fox " * 5000,
        " NOT ".join(["fox"] * 2000),
        " OR ".join(["fox"] * 2000),
        "NEAR(" + "fox " * 500 + ")",
        "f" * 100_000,
        '"' + "fox " * 5000 + '"',
        "fox\ud800",
        "fox\x00dog",
        "\ud800",
    ],
)
def test_hostile_searches(small: Store, words: str) -> None:
    try:
        small.search(words)
    except StoreError as error:
        assert len(str(error)) < 300
        assert "\n" not in str(error)
        str(error).encode()


def test_only_current_versions_are_found(store: Store, feed: int) -> None:
    told(store, shown(feed, hour(0), an_entry(text="apple")))
    assert len(store.search("apple")) == 1
    told(store, shown(feed, hour(1), an_entry(text="pear")))
    assert (len(store.search("apple")), len(store.search("pear"))) == (0, 1)
    told(store, shown(feed, hour(2), an_entry(text="apple")))
    assert (len(store.search("apple")), len(store.search("pear"))) == (1, 0)
    told(store, shown(feed, hour(3), an_entry(2)))
    assert len(store.search("apple")) == 1


def test_search_within_a_feed_and_no_more_than_asked(library: Store, feed: int) -> None:
    other = library.subscribe("local:notes", kind="local", now=NOON)
    told(library, an_article(other, NOON, an_entry(text="fox"), "/a.md"))
    assert len(library.search("fox")) == 3
    assert len(library.search("fox", limit=2)) == 2
    assert [one.record.feed for one in library.search("fox", feed=other)] == [other]
    assert len(library.search("fox", feed=feed)) == 2


def test_the_title_weighs_most(store: Store, feed: int) -> None:
    told(store, shown(feed, NOON, an_entry(1, text="whale whale"), an_entry(2, title="whale"), an_entry(3)))
    assert [hit.record.entry.id for hit in store.search("whale")] == [an_entry(2).id, an_entry(1).id]


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        ("fox", "The <b>fox</b> &amp; the Fox", ("The ", "fox", " & the ", "Fox", "")),
        ("ete", "L’été, étés", ("L’", "été", ", étés")),
        ("et*", "L’été, étés", ("L’", "été", ", ", "étés", "")),
        ('"quick fox"', "quick fox", ("", "quick", " ", "fox", "")),
        ("fox NOT cat", "fox", ("", "fox", "")),
        ("foo_bar", "a foo_bar", ("a ", "foo", "_", "bar", "")),
        ("entry", "no such word here", ("no such word here",)),
        ("fox", "a" * 100 + " fox " + "b" * 100, ("… ", "fox", " " + "b" * 100)),
        ("fox", "word " * 100 + "fox" + " word" * 100, None),
        ("fox", "x" * 500 + " fox", None),
        ("entry", "y" * 1000, None),
    ],
)
def test_snippets(store: Store, feed: int, words: str, text: str, expected: tuple[str, ...] | None) -> None:
    told(store, shown(feed, NOON, an_entry(1, content=Text(f"<p>{text}</p>"))))
    [hit] = store.search(words)
    if expected:
        assert hit.snippet == expected
    assert sum(map(len, hit.snippet)) < 300
    assert ("fox" in words) == ("fox" in hit.snippet[1::2] or "Fox" in hit.snippet)


def test_what_is_not_looked_for_alone_is_no_search(store: Store, feed: int) -> None:
    told(store, shown(feed, NOON, an_entry(1, "ferry")))
    with pytest.raises(StoreError, match=r"begins with NOT.*; put what is looked for before it"):
        store.search("NOT ferry")
    assert store.search("entry NOT ferry") == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("fox", [6, 2, 7, 5, 3, 1], id="titles first, then the newest"),
        pytest.param("fox ferry", [7, 3], id="with a rare word"),
        pytest.param("fox NOT ferry", [6, 2, 5, 1], id="with an operator"),
        pytest.param("fox OR owl", [6, 4, 2, 7, 5, 3, 1], id="either"),
        pytest.param("fox c++ (", [], id="no query of FTS5"),
    ],
)
def test_words_that_stand_everywhere(tmp_path: Path, words: str, expected: list[int]) -> None:
    titles = {2: "The fox", 4: "An owl", 6: "Fox again"}
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        feed = store.subscribe(URL, kind="remote", now=NOON)
        for number in range(1, 8):
            text = "ferry fox" if number in (3, 7) else "owl" if number == 4 else "fox"
            title = titles.get(number, f"Entry {number}")
            told(store, shown(feed, hour(number), an_entry(number, text, title=title)))
    with closing(connect(tmp_path / "a.sqlite", now=NOON, authority="")) as connection:
        hits = search(Database(connection), words, feed=None, limit=10, everywhere=2)
        assert [hit.record.id for hit in hits] == expected
        assert [hit.record.id for hit in search(Database(connection), words, feed=None, limit=1, everywhere=2)] == (
            expected[:1]
        )
