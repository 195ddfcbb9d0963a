"""Publishing: all three formats of a channel, cleaned and with its archive documents, against feedgen's two formats."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from feedgen.feed import FeedGenerator

from archive.store import Observation, Store, open_store
from benchmarks.material import items
from benchmarks.measure import Result, Side, compare
from config.settings import Channel, Site
from feeds.channel import Item
from feeds.model import Charset, Feed, ParsedFeed
from feeds.publish import publish

_COUNT = 3000
_NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_CHANNEL = Channel(name="all", title="All")


def results(rounds: int) -> list[Result]:
    """The ratios for a first publication, and for one more entry."""
    material = items(_COUNT)
    work = Path(tempfile.mkdtemp())
    store = open_store(work / "archive.sqlite", now=_NOW, authority="bench.example")
    try:
        number = store.subscribe("https://bench.example/feed", kind="remote", now=_NOW)
        _record(store, number, material[1:])
        whole = Side("feedgen, the whole feed, two formats", lambda: _feedgen(material))
        first = compare(
            f"publish {_COUNT} entries, three formats",
            "entries",
            Side("backissue", lambda: _first(store, work)),
            whole,
            rounds,
        )
        added = iter(items(_COUNT + 10 * (rounds + 2))[_COUNT:])
        _first(store, work)

        def one_more() -> float:
            _record(store, number, [next(added)])
            publish(_CHANNEL, Site(), store, work / "public", authority=store.authority)
            return 1

        again = Side("feedgen, the whole feed again", lambda: _feedgen(material) / _COUNT)
        return [first, compare("publish one more entry", "times", Side("backissue", one_more), again, rounds)]
    finally:
        store.close()
        shutil.rmtree(work)


def _record(store: Store, number: int, found: list[Item]) -> None:
    entries = tuple(item.entry for item in found)
    parsed = ParsedFeed(format="bench", feed=Feed(), entries=entries, charset=Charset(used="utf-8"))
    store.record([Observation(feed=number, at=_NOW, parsed=parsed, windowed=False)])


def _first(store: Store, work: Path) -> float:
    """The first publication into an empty folder; the log of the channel stands already, its documents do not."""
    shutil.rmtree(work / "public", ignore_errors=True)
    publish(_CHANNEL, Site(), store, work / "public", authority=store.authority)
    return _COUNT


def _feedgen(found: list[Item]) -> float:
    feed = FeedGenerator()
    feed.id("tag:bench.example,2026:all")
    feed.title("All")
    feed.link(href="https://bench.example/", rel="alternate")
    feed.description("All")
    for item in found:
        entry, one = item.entry, feed.add_entry(order="append")
        one.id(entry.id)
        one.title(entry.title)
        one.link(href=entry.link)
        one.content(entry.content.value if entry.content else "", type="html")
        one.published(entry.published)
        one.updated(entry.updated)
        one.author(name=entry.authors[0].name)
        one.category(term=entry.categories[0].term)
    feed.rss_str()
    feed.atom_str()
    return len(found)
