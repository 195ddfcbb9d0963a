"""Items and documents for tests, with values that a test does not have to name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from config.settings import FORMATS
from feeds.channel import Item
from feeds.model import Category, Enclosure, Entry, Link, Person, Source, Text
from feeds.write import Document, Links

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOME = "https://b.example/news/"

# Every field has a value, in French typography.
FULL = Entry(
    id="tag:source.example,2026:7",
    link="https://source.example/2026/été-à-paris?a=1&b=2",
    title="« L’été » à Paris: 1 < 2 & 3 > 2",
    summary=Text("<p>Un <em>résumé</em> — court.</p>"),
    content=Text(
        '<p>« Bonjour » à <a href="/ici">tous</a> &amp; toutes; a &lt; b ]]&gt;</p>', base="https://source.example/"
    ),
    authors=(Person("Zoë Élan", "zoe@source.org", "https://source.example/zoe"), Person("Bao Nguyễn")),
    contributors=(Person("Chloé"),),
    published=NOON - 3 * HOUR,
    updated=NOON - 2 * HOUR,
    categories=(Category("villes/paris", "https://source.example/tags", "Paris"), Category("été")),
    enclosures=(
        Enclosure("https://source.example/a.mp3", "audio/mpeg", 4321, "Le son", 61),
        Enclosure("https://source.example/b.mp4"),
    ),
    links=(
        Link("https://other.example/", "via", title="Vu là"),
        Link("https://source.example/7.pdf", type="application/pdf"),
    ),
    language="fr",
    image="https://source.example/7.jpg",
    rights="© Zoë Élan",
    comments="https://source.example/7#comments",
    in_reply_to=("tag:source.example,2026:6",),
    word_count=9,
    reading_minutes=1,
)


def an_item(version: int = 1, entry: Entry | None = None, **values: Any) -> Item:
    """An item of a remote feed, first seen at noon; `version` tells it from others."""
    entry = entry or Entry(
        id=f"tag:source.example,2026:{version}",
        link=f"https://source.example/{version}",
        title=f"Entry {version}",
        content=Text(f"<p>Text {version}</p>"),
        published=NOON - HOUR,
    )
    facts: dict[str, Any] = {
        "id": entry.id or f"tag:b.example,2026:{version}",
        "version": version,
        "number": 1,
        "first_seen": NOON,
        "changed": NOON,
        "feed_url": "https://source.example/feed.xml",
        "feed_title": "La Source",
        "feed_id": "tag:source.example,2026:feed",
        "feed_link": "https://source.example/",
        "feed_language": "en",
    }
    return Item(**{**facts, "entry": entry, **values})


def a_document(*items: Item, **values: Any) -> Document:
    """A live document of a channel "news" in English."""
    facts: dict[str, Any] = {
        "id": "tag:b.example,2026:news",
        "title": "News & « Nouvelles »",
        "site": HOME,
        "links": {format: Links(self=f"{HOME}feed.{format}") for format in FORMATS},
        "updated": NOON,
        "description": "What is new",
        "author": "The Editor",
        "email": "editor@b.example",
    }
    return Document(**{**facts, "items": items, **values})


FROM_A_PLANET = Source("Le Blog", "https://blog.example/id", "https://blog.example/", "https://blog.example/feed")
