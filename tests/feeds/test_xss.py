"""Hostile markup in every field of every format comes out inert; looked at without a browser."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from lxml import etree

from config.settings import FORMATS, Channel, Format, Site
from feeds.clean import clean
from feeds.parse import parse
from feeds.write import render
from feeds.write.entry_page import Around, entry_page
from feeds.write.html import channel_page
from tests.support import hostile
from tests.support.items import a_document, an_item
from tests.support.xss import Vector, executable, vectors

WRITERS = {"atom": hostile.atom, "rss": hostile.rss, "json": hostile.jsonfeed}
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
ADDRESS = "https://source.example/feed"


def test_the_table_is_large_and_of_all_kinds() -> None:
    kinds = Counter(vector.kind for vector in vectors())

    assert sum(kinds.values()) >= 250
    assert len(kinds) == 19
    assert min(kinds.values()) >= 4
    assert len({(vector.kind, vector.name) for vector in vectors()}) == len(vectors())


def test_the_check_finds_what_is_not_cleaned() -> None:
    """All but those whose markup is inert in a page: texts and addresses for other fields."""
    harmless = {vector.name for vector in vectors() if not executable(vector.html)}

    assert (
        harmless
        == {
            "bare address of a script",
            "address of a script with an authority",
            "bare data address",
            "web address with a quote",
            "web address with a script as its query",
        }
        & harmless
    )
    assert len(harmless) <= 5


@pytest.mark.parametrize("base", [None, "https://source.example/a/b"])
def test_a_body_is_inert(base: str | None) -> None:
    found = {vector.name: executable(clean(vector.html, base)) for vector in vectors()}

    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("format", FORMATS)
def test_every_field_is_inert(format: Format) -> None:
    """In each format that it may come in, and each that it goes out in."""
    found = {vector.name: published(vector, number, format) for number, vector in enumerate(vectors())}

    assert {name: faults for name, faults in found.items() if faults} == {}


def published(vector: Vector, number: int, format: Format) -> list[str]:
    """What of a hostile feed could run once it is published: on its page, in bodies and addresses of the feeds."""
    parsed = parse(WRITERS[format](vector, number), ADDRESS)
    assert len(parsed.entries) == 2
    facts = {"feed_title": parsed.feed.title or "", "feed_id": parsed.feed.id or "", "feed_link": parsed.feed.link}
    items = [an_item(place, entry, **facts) for place, entry in enumerate(parsed.entries, 1)]
    document = a_document(*items, title=parsed.feed.title or "T", description=parsed.feed.subtitle or "")
    site = Site(title=document.title, images=True)
    faults = executable(channel_page(document, site).decode())
    for item in items:
        channel = Channel(name="all", title=document.title)
        faults += executable(entry_page(item, channel, site, Around("2026-11", "2026-11")).decode())
    for one in json.loads(render(document, "json"))["items"]:
        faults += executable(one.get("content_html", ""))
    for name in ("rss", "atom"):
        root = etree.fromstring(render(document, name))
        for element in root.iter():
            in_item = element.getparent() is not None and element.getparent().tag == "item"
            is_html = element.get("type") == "html" or (in_item and element.tag in ("description", CONTENT))
            faults += executable(element.text or "") if is_html else []
            faults += [f"{key}={value}" for key, value in element.attrib.items() if is_script(value, key)]
            faults += [f"<{element.tag}>"] if "xhtml" in element.tag else []
    return faults


def is_script(value: str, key: str) -> bool:
    """Whether the value is an address that runs or holds a document."""
    addressed = key in ("href", "url", "src", "uri", "scheme", "domain", "ref", "isPermaLink")
    return addressed and value.strip().lower().startswith(("javascript:", "data:", "vbscript:"))
