"""`show`, `search` and `history`."""

from __future__ import annotations

import pytest

from tests.support.home import ARTICLE, Home, rss
from tests.support.server import FeedServer


@pytest.fixture
def library(home: Home, feed_server: FeedServer) -> Home:
    """A home with three articles and a feed."""
    home.write("ferry.txt", ARTICLE)
    home.write("coree.txt", "Le traité de Corée\n\nLa Corée du Nord a signé, dit l'été à Séoul, un traité de paix.\n")
    home.write("code.md", "# C++ and more\n\nThe language c++ is old, and so is lamp-keeper's work.\n")
    home("ingest", "ferry.txt", "coree.txt", "code.md")
    feed_server.put("/a", rss("La Source", "ferry"))
    home("add", feed_server.url("/a"))
    return home


@pytest.mark.parametrize(
    "words, found",
    [
        (("ferry",), [4, 1]),
        (("FERRY", "cat"), [1]),
        (("coree", "ETE"), [2]),
        (('"nord a signe"',), [2]),
        (('"signe nord"',), []),
        (("crois*",), []),
        (("cross*",), [1]),
        (("ferry", "NOT", "cat"), [4]),
        (("cat", "OR", "coree"), [1, 2]),
        (("(cat OR coree) AND river",), [1]),
        (("c++",), [3]),
        (("lamp-keeper",), [3]),
        (("ferry AND",), [4, 1]),
        (("ferry)",), [4, 1]),
        (('"ferry',), [4, 1]),
        (("nope:ferry",), []),
        (("ferry", "--feed", "La Source"), [4]),
        (("ferry", "--limit", "1"), [4]),
        (("l'été",), [2]),
        (("--", "-x"), []),
        (("' ; DROP TABLE entry --",), None),
        (("NEAR(", "ferry"), None),
        (("a" * 5000,), []),
        (("ferry " * 2000,), None),
    ],
)
def test_search_takes_whatever_is_typed(words: tuple[str, ...], found: list[int] | None, library: Home) -> None:
    options = words if "--" not in words else ("--json", *words)
    hits = library.json("search", *words)["hits"] if options == words else None
    if hits is None:
        assert library("search", *words).stdout == "Nothing found\n"
    elif found is not None:
        assert sorted(hit["record"]["id"] for hit in hits) == sorted(found)


def test_a_snippet_shows_the_word_where_it_stands(library: Home) -> None:
    text = library("search", "coree", "paix").stdout
    assert "Le traité de Corée" in text and "un traité de paix" in text
    (hit,) = library.json("search", "paix")["hits"]
    assert hit["snippet"][1::2] == ["paix"]


@pytest.mark.parametrize("name", ["4", "https://source.example/ferry", "ferry"])
def test_an_entry_has_several_names(name: str, library: Home) -> None:
    assert library.json("show", name)["entry"]["id"] == 4


@pytest.mark.parametrize("name", ["feed:2", "La Source", "la source", "{url}"])
def test_a_feed_has_several_names(name: str, library: Home, feed_server: FeedServer) -> None:
    url = feed_server.url("/a")
    assert library.json("show", name.format(url=url))["feed"]["url"] == url
    text = library("show", name.format(url=url)).stdout
    assert f"address:    {url}\n" in text and "asked:      20" in text and "next:       20" in text


def test_show_tells_where_each_field_comes_from(library: Home) -> None:
    text = library("show", "1").stdout
    assert text.startswith("The ferry is back (derived)\n") and "language:   en (inferred)\n" in text
    assert " words, 1 minute to read (derived)\n" in text
    assert "After nine years" in library("show", "1", "--text").stdout
    assert library("show", "1", "--html").stdout.startswith("<p>After nine years")


def test_versions_and_edits_back_and_forth(library: Home) -> None:
    edited = ARTICLE.replace("nine", "ten")
    for text in (edited, ARTICLE, edited):
        library.write("ferry.txt", text)
        assert "changed" in library("ingest", "ferry.txt").stdout
    versions = library.json("history", "1")["versions"]
    assert [(one["number"], one["current"]) for one in versions] == [(1, False), (2, True)]
    assert "nine years" in library("show", "1", "--version", "1", "--text").stdout
    assert "ten years" in library("show", "1", "--version", "2", "--text").stdout
    assert "ten years" in library("show", "1", "--text").stdout
    rows = library("history", "1").stdout.splitlines()
    assert rows[0] == "The ferry is back" and rows[1].startswith("version  now") and rows[4] == ""
    assert rows[3].split()[1] == "*" and rows[3].endswith("content")
    library("publish")
    live = (library.folder / "public/all/feed.atom").read_text()
    assert "ten years" in live and live.count("<entry") == 4
