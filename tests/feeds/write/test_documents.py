"""Documents in every format: valid, the same bytes each time, and nothing that a source says can spoil them."""

from __future__ import annotations

import json
import locale
import re
from datetime import UTC, datetime
from typing import Any

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from config.settings import FORMATS, Format
from feeds.model import Category, Enclosure, Entry, Link, Person, Source, Text
from feeds.write import Links, render, renderings
from tests.support.items import FROM_A_PLANET, FULL, HOME, HOUR, NOON, a_document, an_item
from tests.support.readback import address
from tests.support.rules import ATOM, broken_atom, broken_json, broken_rss

CHECKS = {"rss": broken_rss, "atom": broken_atom, "json": broken_json}
ANY = st.text(st.characters(exclude_categories=()), max_size=12) | st.sampled_from(
    [
        "",
        " ",
        "\x00",
        "\ud800",
        "]]>",
        "&nbsp;<b>",
        "<![CDATA[",
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "http://[",
        "%",
        "a@b.example",
    ]
)
MAYBE = st.none() | ANY
TIME = st.none() | st.datetimes(timezones=st.just(UTC))
URL = ANY | st.builds("https://x.example/{}".format, ANY)
TEXT = st.none() | st.builds(Text, ANY, st.sampled_from(["html", "text"]), st.none() | URL)
ENTRY = st.builds(
    Entry,
    id=MAYBE,
    link=URL,
    title=MAYBE,
    summary=TEXT,
    content=TEXT,
    authors=st.lists(st.builds(Person, MAYBE, MAYBE, URL), max_size=2).map(tuple),
    contributors=st.lists(st.builds(Person, MAYBE, MAYBE, URL), max_size=2).map(tuple),
    published=TIME,
    updated=TIME,
    categories=st.lists(st.builds(Category, ANY, URL, MAYBE), max_size=2).map(tuple),
    enclosures=st.lists(
        st.builds(Enclosure, URL, MAYBE, st.none() | st.integers(), MAYBE, st.none() | st.integers()), max_size=2
    ).map(tuple),
    links=st.lists(st.builds(Link, URL, ANY | st.just("alternate"), MAYBE, MAYBE, MAYBE), max_size=3).map(tuple),
    language=MAYBE,
    image=URL,
    rights=MAYBE,
    comments=URL,
    source=st.none() | st.builds(Source, MAYBE, URL, URL, URL),
    in_reply_to=st.lists(ANY, max_size=2).map(tuple),
)
CONTENT = '<p>« Bonjour » à <a href="https://source.example/ici">tous</a> &amp; toutes; a &lt; b ]]&gt;</p>'


def problems(document: Any) -> dict[str, list[str]]:
    return {
        format: broken for format, data in renderings(document, FORMATS).items() if (broken := CHECKS[format](data))
    }


@pytest.mark.parametrize(
    "document",
    [
        a_document(),
        a_document(an_item(1), an_item(2)),
        a_document(an_item(entry=FULL)),
        a_document(an_item(entry=FULL, local=True)),
        a_document(an_item(entry=Entry(), id="tag:b.example,2026:bare")),
        a_document(an_item(entry=Entry(title="Only a title"), id="tag:b.example,2026:t", local=True)),
        a_document(an_item(entry=Entry(content=Text("<p>Only text</p>")), id="tag:b.example,2026:c")),
        a_document(an_item(entry=Entry(summary=Text("Plain & simple", "text")), id="tag:b.example,2026:s")),
        a_document(an_item(entry=Entry(id="https://x.example/1", link="https://x.example/1", source=FROM_A_PLANET))),
        a_document(
            an_item(entry=Entry(authors=(Person(email="a@b.example"), Person(url="https://b.example/"))), id="tag:b:1")
        ),
        a_document(an_item(1), title="\x00", description="", author="", email="no mail", language="pt-BR"),
        a_document(an_item(1), archive=True, complete=True, hubs=("https://hub.example/",)),
    ],
)
def test_documents_keep_the_rules(document: Any) -> None:
    assert problems(document) == {}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    entries=st.lists(ENTRY, max_size=2),
    feed=st.tuples(ANY, MAYBE, MAYBE, MAYBE),
    seen=TIME.filter(bool),
    head=st.tuples(ANY, ANY, ANY),
    local=st.booleans(),
)
def test_nothing_a_source_says_spoils_a_document(
    entries: list[Entry], feed: tuple[str, Any, Any, Any], seen: datetime, head: tuple[str, str, str], local: bool
) -> None:
    items = [
        an_item(
            number, entry, id=f"tag:b.example,2026:{number}", first_seen=seen, changed=seen, local=local,
            feed_title=feed[0], feed_id=feed[1], feed_link=feed[2], feed_language=feed[3],
        )
        for number, entry in enumerate(entries, 1)
    ]  # fmt: skip
    document = a_document(*items, title=head[0], description=head[1], author=head[2])

    assert problems(document) == {}


@settings(max_examples=80, deadline=None)
@given(title=st.text(st.characters(exclude_categories=())))
def test_titles_come_back_to_the_letter(title: str) -> None:
    document = a_document(an_item(entry=Entry(title=title, content=Text("x")), id="tag:b.example,2026:1"))
    held = re.sub("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", title)
    expected = re.sub("[ \t\n\r\x85\u2028\u2029]+", " ", held).strip(" ")
    expected = "" if expected.isspace() else expected

    rss = etree.fromstring(render(document, "rss")).findtext("channel/item/title")
    atom = etree.fromstring(render(document, "atom")).findtext(f"{ATOM}entry/{ATOM}title")
    feed = json.loads(render(document, "json"))

    assert (rss or "") == expected
    assert atom == (expected or "x")
    assert feed["items"][0].get("title", "") == expected


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_document_gives_the_same_bytes(format: Format) -> None:
    document = a_document(an_item(entry=FULL), an_item(2))

    assert render(document, format) == render(document, format) == renderings(document, FORMATS)[format]


def test_bytes_do_not_depend_on_the_locale() -> None:
    document = a_document(an_item(entry=FULL))
    before = render(document, "rss")
    old = locale.setlocale(locale.LC_ALL)
    try:
        for name in ("fr_FR.UTF-8", "de_DE.UTF-8", "C.UTF-8"):
            try:
                locale.setlocale(locale.LC_ALL, name)
            except locale.Error:
                continue
            assert render(document, "rss") == before
    finally:
        locale.setlocale(locale.LC_ALL, old)


@pytest.mark.parametrize("format", FORMATS)
def test_typography_stands_as_itself(format: Format) -> None:
    text = "« L’été », naïve — façade… \u00a0日本語 🎉"
    document = a_document(an_item(entry=Entry(id="tag:b:1", title=text, content=Text(f"<p>{text}</p>"), rights=text)))

    assert render(document, format).decode("utf-8").count(text) >= 3


@pytest.mark.parametrize("format", FORMATS)
def test_an_entry_stands_once_in_its_newest_version(format: Format) -> None:
    old, new = an_item(1), an_item(5, an_item(1).entry, number=2, changed=NOON + HOUR)

    assert (
        render(a_document(old, new), format) == render(a_document(new, old), format) == render(a_document(new), format)
    )


@pytest.mark.parametrize("format", ["rss", "atom"])
@pytest.mark.parametrize("entry", [FULL, an_item(1).entry])
def test_feedparser_reads_what_was_written(format: Format, entry: Entry) -> None:
    parsed = feedparser.parse(render(a_document(an_item(entry=entry)), format))
    found = parsed.entries[0]

    assert not parsed.bozo
    assert (parsed.feed.title, parsed.feed.link, parsed.feed.generator) == ("News & « Nouvelles »", HOME, "Backissue")
    assert found.id == entry.id
    assert found.link == address(entry.link)
    assert found.title == entry.title
    assert datetime(*found.published_parsed[:6], tzinfo=UTC) == entry.published
    updated = entry.updated or entry.published
    changed = found.updated_parsed if "updated_parsed" in found else found.published_parsed
    assert datetime(*changed[:6], tzinfo=UTC) == updated
    assert [tag.term for tag in found.get("tags", [])] == [category.term for category in entry.categories]
    assert [person.name for person in found.get("authors", []) if person] == [one.name for one in entry.authors]
    assert [one.href for one in found.enclosures][:1] == [one.url for one in entry.enclosures][:1]
    assert entry.content is not None
    assert found.content[0].value == entry.content.value.replace('"/ici"', '"https://source.example/ici"')
    assert found.source.title == "La Source"


def test_json_feed_says_what_the_entry_says() -> None:
    item = json.loads(render(a_document(an_item(entry=FULL)), "json"))["items"][0]

    assert item == {
        "id": FULL.id,
        "url": "https://source.example/2026/%C3%A9t%C3%A9-%C3%A0-paris?a=1&b=2",
        "title": FULL.title,
        "content_html": CONTENT,
        "summary": "Un résumé — court.",
        "image": "https://source.example/7.jpg",
        "date_published": "2026-11-24T09:00:00Z",
        "date_modified": "2026-11-24T10:00:00Z",
        "authors": [{"name": "Zoë Élan", "url": "https://source.example/zoe"}, {"name": "Bao Nguyễn"}],
        "tags": ["villes/paris", "été"],
        "language": "fr",
        "attachments": [
            {
                "url": "https://source.example/a.mp3",
                "mime_type": "audio/mpeg",
                "title": "Le son",
                "size_in_bytes": 4321,
                "duration_in_seconds": 61,
            },
            {"url": "https://source.example/b.mp4", "mime_type": "video/mp4"},
        ],
        "_backissue": {
            "source": {
                "title": "La Source",
                "id": "tag:source.example,2026:feed",
                "url": "https://source.example/",
                "feed_url": "https://source.example/feed.xml",
            },
            "rights": "© Zoë Élan",
            "comments": "https://source.example/7#comments",
            "in_reply_to": ["tag:source.example,2026:6"],
            "contributors": [{"name": "Chloé"}],
            "word_count": 9,
            "reading_minutes": 1,
            "links": [{"href": "https://other.example/", "rel": "via", "title": "Vu là"}],
        },
    }


def test_an_archive_document_knows_its_neighbours() -> None:
    links = {
        format: Links(
            self=f"{HOME}archive/2.{format}", current=f"{HOME}feed.{format}", prev_archive=f"{HOME}archive/1.{format}"
        )
        for format in FORMATS
    }
    document = a_document(an_item(1), links=links, archive=True)

    for format in ("rss", "atom"):
        parsed = feedparser.parse(render(document, format))
        found = {link.rel: link.href for link in parsed.feed.links}
        assert found["self"] == f"{HOME}archive/2.{format}"
        assert found["current"] == f"{HOME}feed.{format}"
        assert found["prev-archive"] == f"{HOME}archive/1.{format}"
        assert b"<fh:archive/>" in render(document, format)
    feed = json.loads(render(document, "json"))
    assert (feed["next_url"], feed["_backissue"]["current"]) == (f"{HOME}archive/1.json", f"{HOME}feed.json")


def test_addresses_that_run_scripts_are_left_out() -> None:
    entry = Entry(
        id="tag:b.example,2026:1",
        link="JavaScript:alert(1)",
        content=Text('<a href="javascript:alert(1)">a</a><img src=x onerror=alert(1)>'),
        enclosures=(Enclosure("data:text/html,hi"),),
        authors=(Person("A", url="javascript:alert(1)"),),
        image="vbscript:x",
        links=(Link("javascript:alert(1)", "related"),),
    )

    for format in FORMATS:
        text = render(a_document(an_item(entry=entry)), format).decode().lower()
        assert not [bad for bad in ("javascript:", "vbscript:", "data:", "onerror") if bad in text]


def test_a_copied_entry_without_authors_is_not_ascribed_to_us() -> None:
    document = a_document(an_item(1))
    source = etree.fromstring(render(document, "atom")).find(f"{ATOM}entry/{ATOM}source")

    assert source.findtext(f"{ATOM}author/{ATOM}name") == "La Source"
    assert source.findtext(ATOM + "id") == "tag:source.example,2026:feed"
    assert json.loads(render(document, "json"))["items"][0]["authors"][0]["name"] == "La Source"
