"""Markup of strangers as a part of a page: what HTML has given up is gone, and no text is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.clean import clean
from feeds.html import to_text
from feeds.write.body import page_body

CASES = [
    ("<p>a &lt; b &amp; c</p>", "<p>a &lt; b &amp; c</p>"),
    (
        "<center><tt>a</tt> <strike>b</strike> <big>c</big></center>",
        "<div><code>a</code> <s>b</s> <span>c</span></div>",
    ),
    ("<main><section><nav>a</nav></section></main>", "<div><div><div>a</div></div></div>"),
    ('<td align="right" colspan="2">a</td>', '<td colspan="2">a</td>'),
    ('<img src="https://x.example/a.png" width="100%">', '<img src="https://x.example/a.png" alt="" loading="lazy">'),
    (
        '<img alt="A cat" src="https://x.example/a b.png" width="20">',
        '<img alt="A cat" src="https://x.example/a%20b.png" width="20" loading="lazy">',
    ),
    (
        '<img alt="" srcset="https://x.example/a.png 100w">',
        '<img alt="" srcset="https://x.example/a.png 100w" loading="lazy" sizes="100vw">',
    ),
    ('<a href="javascript:alert(1)">a</a>', "<a>a</a>"),
    ('<time datetime="2026-11-24">a</time><time>b</time>', '<time datetime="2026-11-24">a</time><span>b</span>'),
    ('<time datetime="soon">a</time>', "<span>a</span>"),
    ('<data>a</data><data value="7">b</data>', '<span>a</span><data value="7">b</data>'),
    ('<p lang="x y" dir="up" title="a &quot;b&quot;">a</p>', '<p title="a &quot;b&quot;">a</p>'),
    ("<h1>a</h1><h3>b</h3><h6>c</h6><h2>d</h2>", "<h2>a</h2><h3>b</h3><h4>c</h4><h3>d</h3>"),
    ("<h4>a</h4><h2>b</h2>", "<h2>a</h2><h2>b</h2>"),
    ('<h2 id="a">a</h2><h2 id="a">b</h2><h2 id="content">c</h2>', '<h2 id="a">a</h2><h2>b</h2><h2>c</h2>'),
    ('<ol start="3" type="a"><li value="x">a</li></ol>', '<ol start="3" type="a"><li>a</li></ol>'),
]


@pytest.mark.parametrize(("html", "expected"), CASES)
def test_markup_that_html_has(html: str, expected: str) -> None:
    assert page_body(html) == expected


def test_headings_go_below_those_of_the_page() -> None:
    assert page_body("<h1>a</h1><h2>b</h2>", level=3) == "<h3>a</h3><h4>b</h4>"
    assert page_body("".join(f"<h{level}>a</h{level}>" for level in range(1, 7)), level=4).count("<h6>") == 4


PIECES = st.lists(
    st.sampled_from(
        ["<h1>", "</h1>", "<h4 id=a>", "</h4>", "<time>", "</time>", '<time datetime="2026-11">', "<data>", "</data>"]
    )
    | st.sampled_from(
        ["<center>", "</center>", "<p title='a > b'>", "</p>", "<img src=//x.example/a>", "text", " &", "<"]
    )
    | st.text(max_size=5),
    max_size=12,
).map("".join)


@given(PIECES)
def test_no_text_is_lost_and_every_tag_is_closed(html: str) -> None:
    cleaned = clean(html, "https://x.example/")
    body = page_body(cleaned)

    assert to_text(body).split() == to_text(cleaned).split()
    assert page_body(body) == body
    opened: list[str] = []
    for end, name in re.findall(r'<(/?)([a-z0-9]+)(?: [^\s"=]+="[^"]*")*>', body):
        if not end and name not in ("img", "br"):
            opened.append(name)
        elif end:
            assert opened.pop() == name
    assert opened == []
