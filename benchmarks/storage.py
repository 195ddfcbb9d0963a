"""Storage: what a feed costs that was polled a thousand times, one of its thirty entries edited each time.

The measure is what cannot be done without: each distinct content of an entry compressed by itself, and the documents as
the archive keeps them, which is mostly as differences.
"""

from __future__ import annotations

import random
import re
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

from zstandard import ZstdCompressor

from archive.store import Observation, PollState, Served, blobs, open_store
from benchmarks.material import feed
from feeds.parse import parse

_URL = "https://f1.example/feed.xml"
_START = datetime(2026, 1, 1, tzinfo=UTC)


class Room(NamedTuple):
    """Bytes: the feed, an empty archive and this one, documents and contents as they must be, and the largest parts."""

    polls: int
    size: int
    empty: int
    file: int
    documents: int
    contents: int
    parts: list[tuple[str, int]]

    def __str__(self) -> str:
        need = self.documents + self.contents
        said = f"store {self.polls} documents of {self.size // 1000} kB, 1 edit in 30 entries each"
        cost = self.file - self.empty
        lines = [f"{said:<54} {cost:>12,} bytes   needed {need:>12,} bytes   {cost / need:6.2f} x"]
        lines.append(f"    {self.file / need:.2f} x with the {self.empty:,} bytes of an archive that is empty")
        lines.append(f"    {self.contents:,} for contents, {self.documents:,} for documents; what takes the room:")
        return "\n".join([*lines, *(f"    {size:>12,} {name}" for name, size in self.parts)])


def results(polls: int = 1000) -> list[Room]:
    """The room that the archive's file takes when it is closed, for a feed of 55 kB and one of 86."""
    return [_room(polls, body) for body in (920, 1800)]


def _room(polls: int, body: int) -> Room:
    with tempfile.TemporaryDirectory() as folder:
        path, empty = Path(folder, "archive.sqlite"), Path(folder, "empty.sqlite")
        document = feed(1, body=body)
        _live(path, polls, document.decode())
        open_store(empty, now=_START, authority="bench.example").close()
        return _measured(path, polls, len(document), empty.stat().st_size)


def _live(path: Path, polls: int, document: str) -> None:
    chance = random.Random(5)
    with closing(open_store(path, now=_START, authority="bench.example")) as store:
        number = store.subscribe(_URL, kind="remote", now=_START)
        for poll in range(polls):
            if poll:
                document = _edited(document, poll, chance)
            store.record([_observation(number, document.encode(), poll)])


def _edited(document: str, poll: int, chance: random.Random) -> str:
    """With a few words of one entry changed."""
    items = re.split("(?=<item>)", document)
    place = chance.randrange(1, len(items))
    start = items[place].index("<content:encoded>")
    words = items[place][start:].split(" ")
    for at in chance.sample(range(1, len(words) - 1), 4):
        if words[at].isalpha():
            words[at] = f"edit{poll}"
    text = " ".join(words).replace("content:encoded>", f"content:encoded>{poll} ", 1)
    items[place] = items[place][:start] + text
    return "".join(items)


def _observation(number: int, body: bytes, poll: int) -> Observation:
    at = _START + timedelta(hours=poll)
    asked = (("User-Agent", "Backissue/0.1.0"), ("If-None-Match", f'"{poll}"'))
    answered = (
        ("Date", format_datetime(at)),
        ("ETag", f'"{poll + 1}"'),
        ("Content-Type", "application/rss+xml; charset=utf-8"),
        ("Content-Length", str(len(body))),
    )
    served = Served(body=body, url=_URL, status=200, request_headers=asked, response_headers=answered)
    state = PollState(next_due=at, last_polled=at, last_status=200)
    return Observation(feed=number, at=at, served=served, parsed=parse(body, _URL), poll=state)


def _measured(path: Path, polls: int, size: int, empty: int) -> Room:
    compress = ZstdCompressor(3).compress
    with closing(sqlite3.connect(path)) as db:
        (documents,) = db.execute(
            "SELECT sum(length(data)) FROM blob WHERE id IN (SELECT blob FROM document)"
        ).fetchone()
        bodies = [row[0] for row in db.execute("SELECT DISTINCT blob FROM version")]
        contents = sum(len(compress(blobs.get(db, body))) for body in bodies)
        parts = _parts(db)
    return Room(polls, size, empty, path.stat().st_size, documents, contents, parts)


def _parts(db: sqlite3.Connection) -> list[tuple[str, int]]:
    """The largest tables and indexes; none where SQLite was built without what tells."""
    try:
        return db.execute(
            "SELECT name, sum(pgsize) AS size FROM dbstat GROUP BY name ORDER BY size DESC LIMIT 10"
        ).fetchall()
    except sqlite3.OperationalError:
        return []
