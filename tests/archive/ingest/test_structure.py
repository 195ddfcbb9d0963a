"""Anchors, sections, leads and first sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.ingest.language import guess_language
from archive.ingest.structure import anchors, first_sentence, lead, outline, slug
from feeds.model import Section


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("L’été à Paris : 3 idées !", "l-été-à-paris-3-idées"),
        ("Ein Maß für Straße", "ein-maß-für-straße"),
        ("Зачем убирают рельсы", "зачем-убирают-рельсы"),
        ("من يشتري اليوم؟", "من-يشتري-اليوم"),
        ("橋が架かる前", "橋が架かる前"),
        ("हिन्दी समाचार", "हिन्दी-समाचार"),
        ("e\u0301te\u0301", "été"),
        ("* * *", "section"),
        ("", "section"),
        ("word " * 40, "-".join(["word"] * 16)),
    ],
)
def test_slugs(text: str, anchor: str) -> None:
    assert slug(text) == anchor


def test_anchors_are_unique() -> None:
    assert list(anchors(["a", "a", "a 2", "A!", "b"])) == ["a", "a-2", "a-2-2", "a-3", "b"]


def test_links_to_headings_that_exchange_their_anchors() -> None:
    html = '<p><a href="#b">to A</a> <a href="#a">to B</a></p><h2 id="b">A</h2><h2 id="a">B</h2>'
    result = '<p><a href="#a">to A</a> <a href="#b">to B</a></p><h2 id="a">A</h2><h2 id="b">B</h2>'
    assert outline(html)[0] == result


def test_many_equal_headings() -> None:
    html, sections = outline("".join(f'<h2 id="x{n}">Again</h2><p><a href="#x{n}">a</a></p>' for n in range(20_000)))
    assert sections[-1].anchor == "again-20000"
    assert html.endswith('<p><a href="#again-20000">a</a></p>')


@given(st.lists(st.text(max_size=10), max_size=20))
def test_any_anchors_are_unique_and_stable(headings: list[str]) -> None:
    found = list(anchors(headings))
    assert len(set(found)) == len(headings)
    assert found == list(anchors(headings))
    assert all(anchor and not set(anchor) & set(" \"'<>&#") for anchor in found)


@pytest.mark.parametrize(
    ("html", "result", "sections"),
    [
        ("<h1>A</h1><p>b</p><h3>C</h3>", '<h2 id="a">A</h2><p>b</p><h3 id="c">C</h3>', [("A", "a", 2), ("C", "c", 3)]),
        ('<p><a href="#x">b</a></p><h4 id="x" lang="fr">Dé</h4>',
         '<p><a href="#dé">b</a></p><h2 id="dé" lang="fr">Dé</h2>',
         [("Dé", "dé", 2)]),
        ("<h2>A <em>b</em> &amp; c</h2>", '<h2 id="a-b-c">A <em>b</em> &amp; c</h2>', [("A b & c", "a-b-c", 2)]),
        ("<h2> </h2><p>a</p>", " <p>a</p>", []),
        ("<p>a</p>", "<p>a</p>", []),
    ],
)  # fmt: skip
def test_outline(html: str, result: str, sections: list[tuple[str, str, int]]) -> None:
    assert outline(html) == (result, tuple(Section(*section) for section in sections))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One sentence.</p><p>Two.</p>", "One sentence."),
        ("<p>One sentence.</p>", None),
        ("<p>1991</p><p>Photo: X/AFP</p><p>The <b>text</b>.</p><p>More.</p>", "The text."),
        ("<p>a<br>b<br>c</p><p>Text.</p>", None),
        ("<ul><li>a</li></ul>", None),
        ("<p>Text.</p><ul><li>a</li></ul>", "Text."),
    ],
)
def test_leads(html: str, text: str | None) -> None:
    assert lead(html) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("It rained. We stayed.", "It rained"),
        ("Was it rain? We stayed.", "Was it rain?"),
        ("M. Martin est parti. Il pleut.", "M. Martin est parti"),
        ("« Il pleut ! » dit-il.", "« Il pleut !"),
        ("雨が降った。家にいた。", "雨が降った"),
        ("The figure is 3.5 per cent. Really.", "The figure is 3.5 per cent"),
        ("no end", "no end"),
    ],
)
def test_first_sentences(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Le facteur du village a pris sa retraite lundi, après quarante ans de tournées.", "fr"),
        ("Der Briefträger des Dorfes ist nach vierzig Jahren in den Ruhestand gegangen.", "de"),
        ("東京で会議が開かれた。参加者は三十人だった。", "ja"),
        ("Hello", None),
        ("", None),
        ("12 34 56 78 90 - 12345, 2345; 34 5 45 (345) 345 !" * 5, None),
        ("qx zv kj wq xz jv qk zx vw kq jz xv wz qj kx" * 5, None),
    ],
)
def test_languages(text: str, language: str | None) -> None:
    assert guess_language(text) == language
