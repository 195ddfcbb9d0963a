"""Which items a channel's filters let through."""

from __future__ import annotations

from typing import Any

import pytest

from config.settings import Channel
from feeds.model import Category, Entry, Person, Text
from feeds.select import fingerprint, matches
from tests.support.items import an_item

ENTRY = Entry(
    title="L’Été à la plage",
    summary=Text("<p>Climate&nbsp;change, and <b>C++</b></p>"),
    content=Text("東京タワーは赤い summer-time naïve", "text"),
    authors=(Person("Zoë Élan", "zoe@b.example"),),
    categories=(Category("Voyages", label="On the road"),),
    language="fr-CA",
)
ITEM = an_item(entry=ENTRY, feed_tags=("Family",))


def channel(**filters: Any) -> Channel:
    return Channel(name="news", title="News", **filters)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, True),
        ({"feeds": ("https://source.example/feed.xml",)}, True),
        ({"feeds": ("la source",)}, True),
        ({"feeds": ("source",)}, False),
        ({"feeds": ("nowhere", "LA SOURCE")}, True),
        ({"tags": ("voyages",)}, True),
        ({"tags": ("on the  road",)}, True),
        ({"tags": ("family",)}, True),
        ({"tags": ("voyage",)}, False),
        ({"authors": ("zoë élan",)}, True),
        ({"authors": ("ZOE@b.example",)}, True),
        ({"authors": ("Zoë",)}, False),
        ({"languages": ("fr",)}, True),
        ({"languages": ("FR-ca",)}, True),
        ({"languages": ("fr-CA-x",)}, False),
        ({"languages": ("f",)}, False),
        ({"languages": ("en", "fr")}, True),
        ({"words": ("ete",)}, True),
        ({"words": ("L'ÉTÉ",)}, True),
        ({"words": ("et",)}, False),
        ({"words": ("climate change",)}, True),
        ({"words": ("climate-change",)}, False),
        ({"words": ("c++",)}, True),
        ({"words": ("c",)}, True),
        ({"words": ("summer",)}, True),
        ({"words": ("naive",)}, True),
        ({"words": ("東京",)}, True),
        ({"words": ("大阪",)}, False),
        ({"words": ("b",)}, False),
        ({"words": ("",)}, False),
        ({"words": ("ete",), "languages": ("en",)}, False),
        ({"words": ("ete",), "languages": ("fr",), "tags": ("family",), "authors": ("Zoë Élan",)}, True),
    ],
)
def test_filters(filters: dict[str, Any], expected: bool) -> None:
    assert matches(channel(**filters), ITEM) is expected


def test_an_entry_without_language_has_its_feeds() -> None:
    item = an_item(entry=Entry(), feed_language="de-AT", id="tag:b:1")

    assert matches(channel(languages=("de",)), item)
    assert not matches(channel(languages=("de",)), an_item(entry=Entry(), feed_language=None, id="tag:b:1"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (channel(), Channel(name="other", title="Other", description="x", entries=3, formats=("rss",)), True),
        (channel(words=("a", "b")), channel(words=("B", "á")), True),
        (channel(languages=("fr_CA",)), channel(languages=("fr-ca",)), True),
        (channel(words=("a",)), channel(tags=("a",)), False),
        (channel(words=("a",)), channel(words=("a", "b")), False),
        (channel(tags=("a",)), channel(), False),
    ],
)
def test_the_fingerprint_is_of_the_filters_alone(one: Channel, other: Channel, same: bool) -> None:
    assert (fingerprint(one) == fingerprint(other)) is same
