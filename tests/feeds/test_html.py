from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.html import clean_text, escape, excerpt, excerpt_of, one_line, paragraphs, to_text

any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", ""),
        ("  plain \n text ", "plain text"),
        ("a &amp; b &lt;c&gt; &eacute; &#8217;", "a & b <c> é ’"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<p>one\n  two</p>\n\n<div>three</div>", "one two\n\nthree"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("a<br><br><br>b", "a\n\nb"),
        ("<p>a<br></p><p>b</p>", "a\n\nb"),
        ("<ul><li>a</li> <li>b<li>c</ul>d", "a\nb\nc\n\nd"),
        ("<table><tr><td>a</td><td>b</td></tr>\n<tr><th>c</th></tr></table>", "a b\nc"),
        ("<b>a</b><i>b</i> <u>c</u>", "ab c"),
        ("a <b> b </b> c", "a b c"),
        ("x<script>if (a < b) {}</script>y<style>p{}</style>z", "xyz"),
        ("x<!-- <p> -->y<!-->z<!---->w", "xyzw"),
        ("<script>never closed", ""),
        ("<iframe src=x />kept", "kept"),
        ('<img alt="a > b" src="x">text', "text"),
        ("<a title='<p>'>x</a>", "x"),
        ("1 < 2, I <3 you", "1 < 2, I <3 you"),
        ("cut in a tag <a href='x", "cut in a tag"),
        ("a\u00a0b\u202fc\u00a0 d", "a\u00a0b\u202fc\u00a0 d"),
        ("a&nbsp;b", "a\u00a0b"),
        ("<p>x</p><pre>\n  a\n\n\tb  <i>c</i>\n</pre>y", "x\n\n  a\n\n\tb  c\n\ny"),
        ("<pre>a&#10;b\r\nc</pre>", "a\nb\nc"),
        ("a\x00b\x04c\ud800d&#4;e", "abcde"),
        ("&amp;lt;p&amp;gt;", "&lt;p&gt;"),
        ("<H1>Title</H1>text", "Title\n\ntext"),
        ("<math><mi>x</mi><annotation>TeX</annotation></math>", "x"),
    ],
)
def test_to_text_gives(html: str, expected: str) -> None:
    assert to_text(html) == expected
    assert excerpt_of(html) == excerpt(expected)


_PIECES = "<p> </p> <br> <li> <td> <pre> </pre> <b> <!--x--> <title> a &amp; &#12; &#xFFFE; &#10; &#1; &nbsp; < & é 漢"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*_PIECES.split(), " ", "\n", "\t", "\x01", "\x0c", "\x06"]), max_size=20).map("".join))
def test_an_excerpt_of_html_is_that_of_its_text(html: str) -> None:
    assert excerpt_of(html, 12) == excerpt(to_text(html), 12)


@settings(max_examples=200, deadline=None)
@given(any_text)
def test_escaped_text_reads_back(text: str) -> None:
    assert to_text(escape(text)) == one_line(text)
    assert to_text(f"<p>{escape(text)}</p>") == one_line(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \n", ""),
        (" a\r\n\tb   c ", "a b c"),
        ("«\u00a0a\u202f!\u00a0»", "«\u00a0a\u202f!\u00a0»"),
        ("a\x0cb", "ab"),
    ],
)
def test_one_line(text: str, expected: str) -> None:
    assert one_line(text) == expected


@settings(max_examples=200, deadline=None)
@given(any_text, st.integers(1, 40))
def test_an_excerpt_keeps_to_its_limit(text: str, limit: int) -> None:
    short = excerpt(text, limit)
    assert len(short) <= limit
    assert "\n" not in short


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 280, "short"),
        ("two\n\n lines", 280, "two lines"),
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two three", 8, "one two…"),
        ("one two, three", 9, "one two…"),
        ("Quoi\u00a0? Non\u202f: «\u00a0oui\u00a0»", 13, "Quoi\u00a0? Non…"),
        ("漢字だけの文章です", 5, "漢字だけ…"),
        ("A 漢字だけの文章です", 8, "A 漢字だけの…"),
        ("indivisible", 6, "indiv…"),
        ("cafe\u0301s", 5, "caf…"),
    ],
)
def test_excerpt_gives(text: str, limit: int, expected: str) -> None:
    assert excerpt(text, limit) == expected


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("one", "<p>one</p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("one\r\n \r\n\r\ntwo\r\nthree\n", "<p>one</p>\n<p>two\nthree</p>"),
        ('a < b & "c"', "<p>a &lt; b &amp; &quot;c&quot;</p>"),
    ],
)
def test_paragraphs_gives(text: str, html: str) -> None:
    assert paragraphs(text) == html


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\x00b\x0bc\x1fd", "abcd"),
        ("\t\n\r ~\x7f\x80\x85", "\t\n\r ~\x7f\x80\x85"),
        ("\ud7ff\ud800\udfff\ue000", "\ud7ff\ue000"),
        ("\ufffd\ufffe\uffff", "\ufffd"),
        ("\U00010000\U0001fffe\U0010ffff", "\U00010000\U0001fffe\U0010ffff"),
    ],
)
def test_xml_forbids(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned
