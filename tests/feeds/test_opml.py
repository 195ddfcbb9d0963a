from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from config.errors import BackissueError
from feeds.html import one_line
from feeds.opml import OpmlError, Subscription, read_opml, write_opml

URL = "https://example.org/feed"


def opml(body: str, head: str = "<head/>", version: str = "2.0") -> bytes:
    return f'<opml version="{version}">{head}<body>{body}</body></opml>'.encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", []),
        (
            f'<outline text="T" title="U" type="rss" xmlUrl="{URL}" htmlUrl="https://example.org/" language="fr" '
            'description="D"/>',
            [Subscription(feed_url=URL, title="U", site_url="https://example.org/", language="fr", description="D")],
        ),
        (f'<outline text="T" xmlUrl="{URL}"/>', [Subscription(feed_url=URL, title="T")]),
        (f'<outline xmlUrl="{URL}"/>', [Subscription(feed_url=URL, title=URL)]),
        (f'<outline text="" title=" " xmlUrl=" {URL} "/>', [Subscription(feed_url=URL, title=URL)]),
        (f'<outline text="T" xmlurl="{URL}"/>', [Subscription(feed_url=URL, title="T")]),
        (f'<OUTLINE TEXT="T" XMLURL="{URL}"></OUTLINE>', [Subscription(feed_url=URL, title="T")]),
        (f'<outline text="two&#10; lines" xmlUrl="{URL}"/>', [Subscription(feed_url=URL, title="two lines")]),
        (
            f'<outline text="A"><outline title="B"><outline text="T" xmlUrl="{URL}"/></outline></outline>',
            [Subscription(feed_url=URL, title="T", tags=("A", "B"))],
        ),
        (
            f'<outline text="T" xmlUrl="{URL}" category="x, y z,/News/World"/>',
            [Subscription(feed_url=URL, title="T", tags=("x", "y z", "News", "World"))],
        ),
        (
            f'<outline text="A"><outline text="T" xmlUrl="{URL}"/></outline>'
            f'<outline text="B"><outline text="other" xmlUrl="{URL}"/></outline>',
            [Subscription(feed_url=URL, title="T", tags=("A", "B"))],
        ),
        (
            '<outline text="T" xmlUrl="feed://example.org/x"/>',
            [Subscription(feed_url="http://example.org/x", title="T")],
        ),
        (f'<outline text="T" xmlUrl="feed:{URL}"/>', [Subscription(feed_url=URL, title="T")]),
        ('<outline text="T" xmlUrl="example.org/x"/>', [Subscription(feed_url="http://example.org/x", title="T")]),
        ('<outline text="T" xmlUrl="javascript:x"/><outline text="U" xmlUrl="file:///etc/passwd"/>', []),
        ('<outline text="T" xmlUrl="feed"/><outline text="U" xmlUrl=""/>', []),
        (f'<outline text="T" isComment="true"><outline text="U" xmlUrl="{URL}"/></outline>', []),
        ('<outline text="T" type="link" url="https://example.org/"/>', []),
        (
            f'<outline text="A &amp; B" xmlUrl="{URL}?a=1&amp;b=2"/>',
            [Subscription(feed_url=f"{URL}?a=1&b=2", title="A & B")],
        ),
        (f'<outline text="A & B" xmlUrl="{URL}?a=1&b=2"/>', [Subscription(feed_url=f"{URL}?a=1&b=2", title="A & B")]),
        (
            f'<outline text="&eacute;&hellip; &unknown;" xmlUrl="{URL}"/>',
            [Subscription(feed_url=URL, title="é… &unknown;")],
        ),
        (f'<!-- <outline xmlUrl="x"/> --><outline text="T" xmlUrl="{URL}">', [Subscription(feed_url=URL, title="T")]),
    ],
)
def test_outlines_are_read(body: str, expected: list[Subscription]) -> None:
    assert read_opml(opml(body)) == expected


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0", "", "9"])
def test_every_version_is_read(version: str) -> None:
    assert len(read_opml(opml(f'<outline text="T" xmlUrl="{URL}"/>', version=version))) == 1


@pytest.mark.parametrize(
    "document",
    [
        f'<opml><outline text="T" xmlUrl="{URL}"/></opml>',
        f'<opml version="2.0"><head><title>x</head><body><outline text="T" xmlUrl="{URL}"/>',
        f'\n\n<?xml version="1.0"?>\n<opml><body><outline text="T" xmlUrl="{URL}"/></body></opml>',
        f'<!DOCTYPE opml SYSTEM "http://127.0.0.1:1/opml.dtd"><opml><outline text="T" xmlUrl="{URL}"/></opml>',
        f'<OPML><BODY><OUTLINE TEXT="T" XMLURL="{URL}"/></BODY></OPML>',
        f'<opml xmlns="http://opml.org/spec2"><body><outline text="T" xmlUrl="{URL}"/></body></opml>',
        f'<opml><body><outline text="\x01T\x0c" xmlUrl="{URL}"/></body></opml>',
        f'<opml><body><outline text="T" xmlUrl="{URL}"/></body></opml> and more',
    ],
)
def test_loose_documents_are_read(document: str) -> None:
    assert read_opml(document.encode()) == [Subscription(feed_url=URL, title="T")]


@pytest.mark.parametrize(
    ("declared", "actual"),
    [
        (None, "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("utf-8", "windows-1252"),
        (None, "windows-1252"),
        ("iso-8859-1", "iso-8859-1"),
        ("windows-1252", "utf-8-sig"),
        ("utf-16", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-8", "utf-16-le"),
        ("utf-8", "utf-16-be"),
        ("no-such-charset", "utf-8"),
        ("idna", "utf-8"),
        ("hex", "utf-8"),
    ],
)
def test_wrong_encodings_are_seen_through(declared: str | None, actual: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    document = f'{declaration}<opml><body><outline text="L’été à Zürich" xmlUrl="{URL}"/></body></opml>'
    if actual == "iso-8859-1":
        document = document.replace("’", "'")
    assert read_opml(document.encode(actual))[0].title.replace("'", "’") == "L’été à Zürich"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"", "my.opml: is empty; export the subscriptions from your feed reader as OPML"),
        (b" \n", "my.opml: is empty; export the subscriptions from your feed reader as OPML"),
        (b"hello", "my.opml: is no OPML: it holds no XML; export the subscriptions from your feed reader as OPML"),
        (
            b"<html><body>x",
            "my.opml: is no OPML: its root is <html>, not <opml>; "
            "export the subscriptions from your feed reader as OPML",
        ),
        (
            b"<rss version='2.0'/>",
            "my.opml: is a feed (its root is <rss>), no list of feeds; add its address as a source instead",
        ),
        (
            b"<feed xmlns='http://www.w3.org/2005/Atom'/>",
            "my.opml: is a feed (its root is <feed>), no list of feeds; add its address as a source instead",
        ),
    ],
)
def test_what_is_no_opml_is_told(body: bytes, line: str) -> None:
    with pytest.raises(OpmlError) as caught:
        read_opml(body, "my.opml")
    assert str(caught.value) == line
    assert isinstance(caught.value, BackissueError)


BILLION = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))
ATTACKS = {
    "billion laughs": f'<!DOCTYPE opml [<!ENTITY l0 "lol">{BILLION}]>',
    "quadratic": f'<!DOCTYPE opml [<!ENTITY l29 "{"x" * 100_000}">]>',
    "file": '<!DOCTYPE opml [<!ENTITY l29 SYSTEM "file:///etc/passwd">]>',
    "parameter": '<!DOCTYPE opml [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x; <!ENTITY l29 "secret">]>',
    "default attribute": '<!DOCTYPE opml [<!ENTITY l29 "x"><!ATTLIST outline title CDATA "&l29;secret">]>',
    "bracket in a value": '<!DOCTYPE opml [<!ENTITY x "]>"><!ENTITY l29 SYSTEM "file:///etc/passwd">]>',
    "behind a comment": '<!-- <!DOCTYPE x> --><!DOCTYPE opml [<!ENTITY l29 "secret">]>',
    "many openings": "<!DOCTYPE opml [" * 20_000,
}


@pytest.mark.parametrize("doctype", ATTACKS.values(), ids=ATTACKS.keys())
def test_no_entity_is_expanded(doctype: str) -> None:
    body = f'<?xml version="1.0"?>{doctype}<opml><outline text="&l29;{"&l29;" * 50}" xmlUrl="{URL}"/></opml>'
    try:
        found = read_opml(body.encode())
    except OpmlError:
        return
    assert all(subscription.title == "&l29;" * 51 for subscription in found)


def test_a_deep_outline_ends() -> None:
    body = '<outline text="x">' * 50_000 + f'<outline text="T" xmlUrl="{URL}"/>'
    assert len(read_opml(opml(body))) <= 1


def test_what_is_written() -> None:
    subscriptions = [
        Subscription(feed_url="https://a.example/f?x=1&y=2", title="A «é» & <b>", tags=("News", "World", "x,y")),
        Subscription(feed_url="https://b.example/", title="B", site_url="https://b.example/home", language="fr"),
        Subscription(feed_url="https://c.example/", title="", tags=("News",), description='says "hi"'),
    ]
    moment = datetime(2024, 2, 29, 13, 5, 9, tzinfo=timezone(timedelta(hours=1)))
    written = write_opml("My feeds", subscriptions, owner="Ada", owner_email="ada@example.org", updated=moment)
    root = etree.fromstring(written)
    assert root.tag == "opml"
    assert root.get("version") == "2.0"
    head = {element.tag: element.text for element in root[0]}
    assert parsedate_to_datetime(head.pop("dateModified")) == moment
    assert head == {
        "title": "My feeds",
        "ownerName": "Ada",
        "ownerEmail": "ada@example.org",
        "docs": "http://opml.org/spec2.opml",
    }
    news, second = root[1]
    assert dict(news.attrib) == {"text": "News"}
    assert dict(news[0].attrib) == {
        "text": "A «é» & <b>",
        "title": "A «é» & <b>",
        "type": "rss",
        "xmlUrl": "https://a.example/f?x=1&y=2",
        "category": "World,x;y",
    }
    assert dict(second.attrib) == {
        "text": "B",
        "title": "B",
        "type": "rss",
        "xmlUrl": "https://b.example/",
        "htmlUrl": "https://b.example/home",
        "language": "fr",
    }
    assert news[1].get("text") == "https://c.example/"
    assert news[1].get("description") == 'says "hi"'


def test_the_same_values_give_the_same_bytes() -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    once, twice = (write_opml("T", [Subscription(feed_url=URL, title="x")], updated=moment) for _ in range(2))
    assert once == twice


lines = st.text(max_size=12).map(one_line).filter(bool)
tags = st.lists(lines.filter(lambda tag: "," not in tag and tag.strip("/ ") == tag), unique=True, max_size=3).map(tuple)
paths = st.text("abc/é?=&%;", max_size=8)
subscriptions = st.builds(
    Subscription,
    feed_url=paths.map(lambda path: f"https://example.org/{path}"),
    title=lines,
    site_url=st.none() | paths.map(lambda path: f"http://example.org/{path}"),
    tags=tags,
    language=st.none() | st.sampled_from(["fr", "en-GB"]),
    description=st.none() | lines,
)
lists = st.lists(subscriptions, max_size=6, unique_by=lambda subscription: subscription.feed_url)


@settings(max_examples=150, deadline=None)
@given(lists, lines)
def test_round_trip(given_list: list[Subscription], title: str) -> None:
    written = write_opml(title, given_list, owner=title)
    found = read_opml(written)
    assert {each.feed_url: each for each in found} == {each.feed_url: each for each in given_list}
    # Folders gather what was apart, so the order settles after one turn.
    assert write_opml(title, found, owner=title) == written


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=80)
    | st.lists(
        st.sampled_from(
            [
                "<opml>",
                "</opml>",
                "<body>",
                "<outline",
                " text='",
                "xmlUrl='http://a.b/",
                "'",
                "/>",
                "&",
                "&x;",
                "é",
                "<!",
            ]
        ),
        max_size=15,
    ).map(lambda parts: "".join(parts).encode())
)
def test_any_bytes_are_read_or_refused_in_one_line(body: bytes) -> None:
    try:
        assert isinstance(read_opml(body), list)
    except OpmlError as error:
        assert "\n" not in str(error)
