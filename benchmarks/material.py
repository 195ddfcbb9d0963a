"""Feeds to measure with, made from a seed: the same bytes on every machine, nothing of anybody else's."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from feeds.model import Category, Entry, Person, Text

_START = datetime(2026, 11, 24, 12, tzinfo=UTC)
_BODIES = 5000
_WORDS = [
    "the",
    "harbour",
    "river",
    "lamp",
    "keeper",
    "ferry",
    "swallow",
    "tide",
    "morning",
    "letter",
    "bridge",
    "station",
    "winter",
    "market",
    "school",
    "garden",
    "engine",
    "window",
    "bread",
    "rope",
    "bell",
    "island",
    "wind",
    "paper",
    "road",
    "stone",
    "light",
    "evening",
    "story",
    "singer",
    "clock",
    "l’été",
    "où",
    "déjà",
    "naïve",
    "über",
    "größe",
    "straße",
    "mañana",
    "señor",
    "город",
    "река",
    "山",
    "川",
]


def feed(number: int, entries: int = 30, body: int = 920) -> bytes:
    """An RSS 2.0 feed; about 55 kB with 30 entries."""
    chance = random.Random(number)
    items = "".join(_item(chance, number, index, body) for index in range(entries))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/'
        'content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>Feed {number}</title><link>https://f{number}.example/</link><description>About {number}</description>"
        f"<language>en</language>{items}</channel></rss>"
    ).encode()


def another(number: int, which: int) -> bytes:
    """An item newer than those of the feed: the one of that number from 1 on."""
    return _item(random.Random((number + 1) * 10_000 + which), number, -which, 920).encode()


def entries(count: int, body: int = 2000) -> Iterator[Entry]:
    """Entries that came one after another, each with a body of about so many characters, for as many as are wanted."""
    chance = random.Random(7)
    bodies = [_paragraphs(chance, body) for _ in range(min(count, _BODIES))]
    for index in range(count):
        when = _START - timedelta(minutes=11) * (count - index)
        yield Entry(
            id=f"tag:bench.example,2026:{index}",
            link=f"https://bench.example/{index}",
            title=_sentence(chance),
            content=Text(f"<p>{_sentence(chance)}</p>\n{bodies[index % _BODIES]}"),
            authors=(Person(name=f"Writer {index % 7}"),),
            categories=(Category(chance.choice(_WORDS)),),
            published=when,
            updated=when,
        )


def _item(chance: random.Random, feed: int, index: int, body: int) -> str:
    link = f"https://f{feed}.example/{index}"
    date = format_datetime(_START - timedelta(hours=7 * index + feed % 5))
    html = _paragraphs(chance, body)
    return (
        f'<item><title>{_sentence(chance)}</title><link>{link}</link><guid isPermaLink="true">{link}</guid>'
        f"<pubDate>{date}</pubDate><dc:creator>Writer {index % 4}</dc:creator><category>{chance.choice(_WORDS)}"
        f"</category><description>{escape(html[:200])}</description><content:encoded>{escape(html)}"
        "</content:encoded></item>"
    )


def _paragraphs(chance: random.Random, length: int) -> str:
    text = ""
    while len(text) < length:
        text += (
            f'<p>{_sentence(chance)} <a href="https://x.example/{chance.randrange(999)}">{_sentence(chance)}</a></p>\n'
        )
    return text


def _sentence(chance: random.Random) -> str:
    return " ".join(chance.choices(_WORDS, k=chance.randrange(6, 16))).capitalize()
