"""A channel an entry at a time: whose turn it is, and what is shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from config.settings import FORMATS, Channel, Site
from feeds.channel import Item, Withdrawn
from feeds.drip import drip_document, due, next_turn, step_of
from feeds.model import Entry, Text
from feeds.parse import parse
from feeds.plan import Plan
from feeds.write import render
from tests.support.items import an_item
from tests.support.rules import broken_atom, broken_json, broken_rss

CHECKS = {"rss": broken_rss, "atom": broken_atom, "json": broken_json}
SITE = Site(title="A Site", base_url="https://b.example/", author="The Editor")
CHANNEL = Channel(name="serial", title="Serial", drip="1 day")
PLAN = Plan(CHANNEL, SITE, Path(), "b.example,2026")
DAY = date(2026, 11, 24)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
LONG_AGO = datetime(2009, 5, 1, 12, tzinfo=UTC)


def chapter(place: int, **values: Any) -> Item:
    entry = Entry(id=f"urn:{place}", title=f"Chapter {place}", content=Text("<p>a</p>"), published=LONG_AGO)
    return an_item(place, entry, **{"first_seen": LONG_AGO, "changed": LONG_AGO, **values})


@pytest.mark.parametrize(
    ("every", "hours", "turns"),
    [
        ("1 day", -1, 0),
        ("1 day", 0, 1),
        ("1 day", 23, 1),
        ("1 day", 24, 2),
        ("12 hours", 24, 3),
        ("2 weeks", 24 * 14, 2),
    ],
)
def test_turns(every: str, hours: int, turns: int) -> None:
    now = MIDNIGHT + timedelta(hours=hours)
    assert due(DAY, step_of(every), now) == turns
    assert next_turn(DAY, step_of(every), now) == MIDNIGHT + turns * step_of(every)


def shown(document: Any) -> list[tuple[str | None, datetime | None]]:
    for format in FORMATS:
        assert CHECKS[format](render(document, format)) == []
    return [(one.title, one.published) for one in parse(render(document, "atom"), url="https://b.example/").entries]


def test_an_entry_is_published_at_its_turn_and_says_when_it_was_first() -> None:
    document = drip_document(PLAN, DAY, 0, [chapter(1), chapter(2)])
    assert shown(document) == [("Chapter 2", MIDNIGHT + timedelta(days=1)), ("Chapter 1", MIDNIGHT)]
    assert document.id == "tag:b.example,2026:serial/drip/2026-11-24"
    assert document.title == "Serial, from 24 November 2026"
    assert document.links["atom"].self == "https://b.example/serial/drip/2026-11-24.atom"
    for format in ("rss", "atom"):
        assert b"<dcterms:created>2009-05-01T12:00:00Z</dcterms:created>" in render(document, format)
    assert b'"created": "2009-05-01T12:00:00Z"' in render(document, "json")
    assert b'href="../../feed.css"' in render(document, "atom")


def test_who_has_caught_up_gets_what_comes_when_it_comes() -> None:
    late = MIDNIGHT + timedelta(days=9, hours=7)
    document = drip_document(PLAN, DAY, 4, [chapter(5), chapter(6, first_seen=late, changed=late)])
    assert shown(document) == [("Chapter 6", late), ("Chapter 5", MIDNIGHT + timedelta(days=4))]


def test_nobody_comes_in_the_place_of_another() -> None:
    gone = chapter(2, withdrawn=Withdrawn(MIDNIGHT, "Sorry"))
    document = drip_document(PLAN, DAY, 0, [chapter(1), gone, None, chapter(4)])
    assert shown(document) == [("Chapter 4", MIDNIGHT + timedelta(days=3)), ("Chapter 1", MIDNIGHT)]
    assert b'ref="urn:2"' in render(document, "atom")


def test_an_edit_is_told_when_it_came() -> None:
    edited = MIDNIGHT + timedelta(days=2)
    document = drip_document(PLAN, DAY, 0, [chapter(1, number=2, changed=edited)])
    (one,) = parse(render(document, "atom"), url="https://b.example/").entries
    assert (one.published, one.updated and one.updated.replace(microsecond=0)) == (MIDNIGHT, edited)
    assert document.updated == edited


def test_before_the_day_there_is_nothing_yet() -> None:
    document = drip_document(PLAN, DAY, 0, [])
    assert shown(document) == []
    assert document.updated == MIDNIGHT


def test_it_stays_below_its_size() -> None:
    plan = replace(PLAN, channel=replace(CHANNEL, max_bytes=3000))
    document = drip_document(plan, DAY, 0, [chapter(number) for number in range(1, 30)])
    assert 1 <= len(document.items) <= 3
    assert document.items[0].entry.title == "Chapter 29"
