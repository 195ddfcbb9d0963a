"""What tests tell an archive: documents of a feed, without a network and with no more words than a test needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from archive.history import Key
from archive.store import Observation, PollState, Recorded, Served, Store
from archive.store.ready import packed, ready, with_ready
from archive.store.sqlite import SqliteStore
from feeds.model import Charset, Entry, Feed, ParsedFeed, Text, Tombstone
from tests.support.items import HOUR, NOON

URL = "https://source.example/feed.xml"


def hour(number: float) -> datetime:
    """That many hours after noon."""
    return NOON + number * HOUR


def open_archive(path: Path, **values: Any) -> SqliteStore:
    """The archive in a file, made at noon if need be."""
    return SqliteStore(path, **{"now": NOON, "authority": "b.example", **values})


def an_entry(number: int = 1, text: str = "Text", **values: Any) -> Entry:
    """An entry that its number tells from others."""
    facts: dict[str, Any] = {
        "id": f"tag:source.example,2026:{number}",
        "link": f"https://source.example/{number}",
        "title": f"Entry {number}",
        "content": Text(f"<p>{text} {number}</p>"),
    }
    return Entry(**{**facts, **values})


def parsed(*entries: Entry, tombstones: Iterable[Tombstone] = (), feed: Feed | None = None) -> ParsedFeed:
    """A document that holds these entries, the newest first."""
    return ParsedFeed(
        format="Atom 1.0",
        feed=feed or Feed(title="La Source"),
        entries=entries,
        tombstones=tuple(tombstones),
        charset=Charset(used="utf-8"),
        problems=("something",),
    )


def shown(feed: int, at: datetime, *entries: Entry, body: bytes | None = None, **values: Any) -> Observation:
    """The feed was asked and gave these entries; their texts make the body if none is given."""
    facts: dict[str, Any] = {name: values.pop(name) for name in ("tombstones",) if name in values}
    meta = values.pop("meta", None)
    document = parsed(*entries, feed=meta, **facts)
    served = Served(
        body=repr((entries, facts)).encode() if body is None else body,
        url=values.pop("url", URL),
        status=200,
        request_headers=(("User-Agent", "Backissue"),),
        response_headers=(("ETag", '"1"'), ("etag", "W/2")),
    )
    facts = {"served": served, "parsed": document, "poll": asked(at), "windowed": bool(entries), **values}
    return Observation(feed=feed, at=at, **facts)


def same_again(seen: Observation, at: datetime) -> Observation:
    """The same bytes once more, which are not parsed again."""
    return replace(seen, at=at, parsed=None, poll=asked(at))


def not_modified(feed: int, at: datetime) -> Observation:
    """A 304."""
    return Observation(feed=feed, at=at, poll=asked(at, last_status=304))


def no_feed(feed: int, at: datetime, body: bytes = b"<html>sorry</html>") -> Observation:
    """A page where a feed was expected."""
    return Observation(
        feed=feed, at=at, served=Served(body=body, url=URL, status=200), poll=asked(at, failures=1, error="is no feed")
    )


def an_article(feed: int, at: datetime, entry: Entry, path: str) -> Observation:
    """An article that was taken in from a file."""
    return Observation(
        feed=feed,
        at=at,
        served=Served(body=repr(entry).encode(), url=f"file://{path}"),
        parsed=parsed(entry),
        windowed=False,
        keys=(Key(f"path:{path}", "path"),),
    )


def asked(at: datetime, **values: Any) -> PollState:
    """How a feed stands after an answer, due in an hour."""
    return PollState(**{"next_due": at + HOUR, "last_polled": at, "last_status": 200, "etag": '"1"', **values})


def told(store: Store, *observations: Observation) -> list[Recorded]:
    """What each observation changed, recorded in a transaction of its own."""
    return [one for observation in observations for one in store.record([observation])]


def prepared(seen: Observation) -> Observation:
    """The observation, made ready for recording as a process that reads does it."""
    if seen.parsed is None or seen.served is None:
        return seen
    return with_ready(seen, packed(seen.served.body), ready(seen.parsed.entries))
