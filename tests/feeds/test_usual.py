"""What is taken for clean HTML without a parser is what the sanitiser gives back as it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.clean import clean
from feeds.usual import is_clean

COMMENT = "<!---->"  # is dropped; what holds one is never taken for clean
NAMES = [
    "a",
    "b",
    "br",
    "cite",
    "code",
    "em",
    "i",
    "s",
    "small",
    "strong",
    "sub",
    "sup",
    "p",
    "h1",
    "h6",
    "blockquote",
    "div",
    "ul",
    "ol",
    "li",
    "pre",
    "table",
    "td",
    "span",
    "img",
    "svg",
]
SIGNS = [
    "",
    " ",
    "\n",
    "\t",
    "x",
    "été 日本",
    "&amp;",
    "&lt;",
    "&gt;",
    "&amp;lt;",
    "\u00a0",
    "&nbsp;",
    ">",
    "&",
    '"',
    "\x85",
]
TEXTS = st.sampled_from(SIGNS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
ADDRESSES = st.sampled_from(
    [
        "https://x.example/",
        "http://x.example/a?b=1&amp;c=2#d",
        "https://x.example",
        "https://x.example/été",
        "https://x.example/ a",
        "https://1.2.3.400/",
        "https://xn--a.example/",
        "https://x.example:99999/",
        "https://x.example/&quot;",
        "https://user@x.example/",
        "//x.example/",
        "/a",
        "javascript:alert(1)",
    ]
)
NAMED = st.sampled_from(NAMES)
TAGS = (
    NAMED.map("<{}>".format)
    | NAMED.map("</{}>".format)
    | ADDRESSES.map('<a href="{}">'.format)
    | st.sampled_from(["<p >", "<P>", "<br/>", '<a href="https://x.example/" rel="me">', "<p", "</p x>", "<", COMMENT])
)
NESTED = st.recursive(
    TEXTS,
    lambda inner: (
        st.builds("<{0}>{1}</{0}>".format, NAMED, inner)
        | st.builds('<a href="{}">{}</a>'.format, ADDRESSES, inner)
        | st.lists(inner, max_size=3).map("".join)
        | inner.map("{}<br>".format)
    ),
    max_leaves=12,
)


@settings(max_examples=600)
@given(NESTED | st.lists(TAGS | TEXTS, max_size=10).map("".join))
def test_the_sanitiser_would_give_it_back(html: str) -> None:
    for text in (html, clean(html + COMMENT)):
        if is_clean(text):
            assert clean(text) == clean(text + COMMENT)


@pytest.mark.parametrize(
    "html",
    [
        '<p>Text &amp; <em>more <a href="https://x.example/a?b&amp;c">là</a></em>.<br>\nB</p>\n<ul>\n<li>a</li></ul>',
        "<h2>H</h2><blockquote><p>a</p></blockquote><div><ol><li><p>b</p><ul><li>c</li></ul></li></ol></div>",
        "no markup at all",
    ],
)
def test_usual_texts_are_recognised(html: str) -> None:
    assert is_clean(html)
    assert clean(html + COMMENT) == html


@pytest.mark.parametrize(
    "html",
    [
        "<p>a<p>b</p></p>",
        '<a href="https://x.example/">a<b><a href="https://x.example/">b</a></b></a>',
        "<b><p>a</p></b>",
        "<ul>a<b>c</b></ul>",
        "<p>a</b></p>",
        "<p>a",
        "a</p>",
        "</></>",
        "<>a</>",
        "</p<p>>",
        "<b>a<i>b</b>c</i>",
        "<li>a</li>",
        '<p onclick="x">a</p>',
        '<a href="/a">a</a>',
        '<a href="https://[/">a</a>',
        "a > b",
        "&copy;",
        "<p>" * 200 + "</p>" * 200,
        "<div>" * 200 + "</div>" * 200,
        "<script>alert(1)</script>",
    ],
)
def test_nothing_else_is(html: str) -> None:
    assert not is_clean(html)
