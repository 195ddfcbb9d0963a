"""JSON Feed, 1.0 and 1.1, as the specification has it and as sites have it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from feeds.model import Category, Enclosure, Entry, Feed, Link, ParsedFeed, Person, Text
from tests.feeds.parse.documents import URL, read

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FULL = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "B & <co>",
    "home_page_url": "/",
    "feed_url": URL,
    "description": "News",
    "user_comment": "Hello",
    "next_url": "?page=2",
    "icon": "/icon.png",
    "favicon": "/favicon.ico",
    "authors": [{"name": "Ed", "url": "/ed", "avatar": "/ed.png"}],
    "language": "en",
    "expired": True,
    "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
    "_x": {"about": "y"},
    "items": [
        {
            "id": "1",
            "url": "/1",
            "external_url": "https://o.example/1",
            "title": "One",
            "content_html": "<p>a</p>",
            "content_text": "a",
            "summary": "s",
            "image": "/1.png",
            "banner_image": "/b.png",
            "date_published": "2026-11-24T12:00:00Z",
            "date_modified": "2026-11-24T14:00:00+01:00",
            "authors": [{"name": "Zoë"}, {"name": "Bao", "url": "https://bao.example/"}],
            "tags": ["a", "b", "a"],
            "language": "fr",
            "attachments": [
                {
                    "url": "/a.mp3",
                    "mime_type": "audio/mpeg",
                    "title": "A",
                    "size_in_bytes": 9,
                    "duration_in_seconds": 61,
                }
            ],
            "_x": {"y": 1},
        }
    ],
}


def read_json(data: Any) -> ParsedFeed:
    return read(json.dumps(data))


def read_item(item: Any) -> Entry:
    (entry,) = read_json({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [item]}).entries
    return entry


def test_all_fields_are_read() -> None:
    parsed = read_json(FULL)
    assert parsed.format == "JSON Feed 1.1"
    assert parsed.problems == ()
    assert parsed.feed == Feed(
        title="B & <co>",
        link="https://b.example/",
        subtitle="News",
        authors=(Person("Ed", url="https://b.example/ed"),),
        language="en",
        image="https://b.example/icon.png",
        icon="https://b.example/favicon.ico",
        links=(
            Link(URL, "self"),
            Link("https://b.example/feeds/main?page=2", "next"),
            Link("https://hub.example/", "hub"),
        ),
        extra={"expired": "true", "user_comment": "Hello"},
    )
    assert parsed.entries == (
        Entry(
            id="1",
            link="https://b.example/1",
            title="One",
            summary=Text("s", "text", URL),
            content=Text("<p>a</p>", "html", URL),
            authors=(Person("Zoë"), Person("Bao", url="https://bao.example/")),
            published=NOON,
            updated=NOON.replace(hour=13),
            categories=(Category("a"), Category("b")),
            enclosures=(Enclosure("https://b.example/a.mp3", "audio/mpeg", 9, "A", 61),),
            links=(Link("https://o.example/1", "related"),),
            language="fr",
            image="https://b.example/1.png",
            extra={"banner_image": "https://b.example/b.png"},
        ),
    )


ITEMS: list[tuple[Any, Entry]] = [
    ({"id": 7}, Entry(id="7")),
    ({"id": 7.5}, Entry(id="7.5")),
    ({"id": "https://b.example/1"}, Entry(id="https://b.example/1", link="https://b.example/1")),
    ({"content_text": "a < b"}, Entry(content=Text("a < b", "text", URL))),
    ({"author": {"name": "Zoë"}}, Entry(authors=(Person("Zoë"),))),
    ({"authors": ["Zoë"]}, Entry(authors=(Person("Zoë"),))),
    ({"title": None, "tags": None, "attachments": None}, Entry()),
    ({"banner_image": "/b.png"}, Entry(image="https://b.example/b.png")),
    ({}, Entry()),
]


@pytest.mark.parametrize(("item", "entry"), ITEMS)
def test_an_item(item: Any, entry: Entry) -> None:
    assert read_item(item) == entry


ODD: list[tuple[Any, Entry, str]] = [
    ({"id": ["x"], "title": "T"}, Entry(title="T"), "id is no text (entry 1)"),
    ({"id": "1", "title": {}}, Entry(id="1"), "title is no text (entry 1)"),
    ({"id": "1", "tags": "a"}, Entry(id="1", categories=(Category("a"),)), "tags is no list (entry 1)"),
    ({"id": "1", "tags": [True]}, Entry(id="1"), "a tag is no text (entry 1)"),
    ({"id": "1", "attachments": [3]}, Entry(id="1"), "an author, attachment or hub is no object (entry 1)"),
    (
        {"id": "1", "date_published": "soon"},
        Entry(id="1", extra={"date_published": "soon"}),
        "a date cannot be read (entry 1: 'soon')",
    ),
    (
        {"id": "1", "attachments": [{"url": "/a", "size_in_bytes": -1}]},
        Entry(id="1", enclosures=(Enclosure("https://b.example/a"),)),
        "size_in_bytes is no number (entry 1)",
    ),
    ("text", Entry(), "an item is no object (entry 1)"),
]


@pytest.mark.parametrize(("item", "entry", "problem"), ODD)
def test_an_odd_value_costs_no_item(item: Any, entry: Entry, problem: str) -> None:
    parsed = read_json({"version": "https://jsonfeed.org/version/1", "items": [item, {"id": "2"}]})
    assert parsed.format == "JSON Feed 1.0"
    assert parsed.entries == (entry, Entry(id="2"))
    assert parsed.problems == (problem,)


def test_a_feed_without_a_version_but_with_items_is_read() -> None:
    assert read_json({"title": "T", "items": [{"id": "1"}]}).entries == (Entry(id="1"),)


def test_items_of_the_wrong_type_are_told() -> None:
    parsed = read_json({"version": "https://jsonfeed.org/version/1", "items": {"id": 1}})
    assert (parsed.entries, parsed.problems) == ((), ("items is no list (feed)",))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(codec: str) -> None:
    body = json.dumps({**FULL, "title": "été"}, ensure_ascii=False).encode(codec)
    assert read(body).feed.title == "été"


def test_the_last_of_two_equal_keys_counts() -> None:
    assert read('{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","id":"2"}]}').entries[0].id == "2"
