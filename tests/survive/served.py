"""Feeds that go on step by step on a real server, and archives that follow them by the real command.

What an archive is after a step must be the same whatever happened on the way: all that it holds but for when it was
asked, and for the order in which feeds were written down, which the network decides.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from archive.fetch import Response
from archive.store import heads
from tests.support.archive import open_archive
from tests.support.lives import Guids, Item, Life, Step
from tests.support.server import FeedServer

ROOT = Path(__file__).resolve().parents[2]
BACKISSUE = Path(sys.executable).with_name("backissue")
_KINDS: tuple[tuple[Any, Guids], ...] = (
    ("rss", "permalink"),
    ("atom", "tag"),
    ("rss", "none"),
    ("atom", "permalink"),
    ("rss", "tag"),
)
_SLOW = 0.22  # seconds; a batch is written after 0.2
_CONFIG = """
[http]
allow_private_addresses = true
gap = 0
full_fetch = 0
[storage]
min_free = 0
[[channels]]
name = "all"
title = "All"
entries = 20
"""
_ENTRY = "(SELECT public_id FROM entry WHERE id = {0})"
_VERSION = "(SELECT number FROM version WHERE id = {0})"
_FEED = "(SELECT url FROM feed WHERE id = {0})"
_BYTES = "(SELECT hex(sha256) FROM document JOIN blob ON blob.id = blob WHERE document.id = {0})"
# All that is told without the times at which this archive asked; numbers of rows are told by what they stand for.
_QUERIES = {
    "feeds": "SELECT url, kind, removed, tags, guids_trusted, dates_trusted FROM feed",
    "what feeds say": f"SELECT {_FEED.format('feed')}, hex(fingerprint), body FROM feed_version",
    "documents": f"SELECT {_FEED.format('feed')}, hex(sha256), size, url, status, format, charset, problems, heads"
    " FROM document JOIN blob ON blob.id = blob",
    "entries": f"SELECT {_FEED.format('feed')}, public_id, link, hex(form), {_ENTRY.format('merged')} FROM entry",
    "keys": f"SELECT {_FEED.format('feed')}, key, rule, confidence, {_ENTRY.format('entry')} FROM identity",
    "versions": f"SELECT {_ENTRY.format('entry')}, number, hex(fingerprint), hex(sha256), words,"
    f" {_BYTES.format('document')} FROM version JOIN blob ON blob.id = blob",
    "editions": f"SELECT {_ENTRY.format('entry')}, group_concat({_VERSION.format('version')} || late ||"
    " coalesce(key, '')) FROM (SELECT * FROM edition ORDER BY id) GROUP BY entry",
    "windows": f"SELECT {_ENTRY.format('entry')}, {_VERSION.format('version')}, closed IS NULL, reason FROM span",
    "order in windows": f"SELECT {_FEED.format('poll.feed')}, (SELECT group_concat({_ENTRY.format('value')})"
    f" FROM json_each(shown)), {_BYTES.format('document')}, {_BYTES.format('window')} FROM poll",
    "deletions": f"SELECT {_ENTRY.format('entry')}, at, reason, by, comment FROM deletion",
    "events": f"SELECT {_FEED.format('feed')}, kind FROM event",
    "channel": f"SELECT channel, {_ENTRY.format('entry')}, {_VERSION.format('version')}, dropped"
    " FROM channel_item JOIN edition ON edition.id = edition",
    "found by a word": f"SELECT {_ENTRY.format('entry')} FROM search JOIN indexed ON indexed.row = search.rowid"
    " WHERE search MATCH 'river OR lamp'",
    "leaves": "SELECT max(size), (SELECT reach FROM log ORDER BY size DESC LIMIT 1) FROM log",
}


class Feeds:
    """Some feeds that live by the dice; `serve` makes the server answer as they are at a step."""

    def __init__(self, server: FeedServer, seed: int, steps: int) -> None:
        self.server = server
        self.steps = steps
        self.urls = [server.url(f"/{seed}-{number}") for number in range(len(_KINDS))]
        self._paths = [f"/{seed}-{number}" for number in range(len(_KINDS))]
        self._answers = [
            _lived(Life(style, guids, dated=number != 2, complete=False, seed=seed * 100 + number), steps, number > 0)
            for number, (style, guids) in enumerate(_KINDS)
        ]

    def serve(self, step: int) -> None:
        """Answer each feed as at that step, some of them slowly, so that a pass writes more than once."""
        for number, (path, answers) in enumerate(zip(self._paths, self._answers, strict=True)):
            answer = answers[step].answer
            assert isinstance(answer, Response)
            fields = dict(answer.headers)
            self.server.put(
                path,
                answer.body.replace(b"source.example", b"source%d.example" % number),  # each has ids of its own
                content_type=fields.pop("Content-Type"),
                etag=fields.pop("ETag"),
                headers=fields,
                status=answer.status,
                delay=_SLOW * (number % 2),
                encoding="gzip",
            )


def _lived(life: Life, steps: int, fails: bool) -> list[Step]:
    """What came of it, step by step: new entries, more than the window shows, edits, removals, pages in its place."""
    dice, taken = life.dice, list[Item]()
    life.now -= timedelta(days=90)  # a date that is still to come would be taken for that of the visit
    found: list[Step] = []
    life.publish(12)
    while len(found) < steps:
        at = dice.randrange(len(life.window))
        way = dice.choice(["new", "new", "edit", "back", "many", "gone", "again", "order", "same", "page", "503"])
        if way == "new":
            life.publish(dice.randrange(1, 5))
        elif way == "many":
            life.publish(16)
        elif way == "edit":
            life.edit(at, dice.choice(["title", "text", "shorter", "date", "link"]))
        elif way == "back" and life.window[at].number in life.known:
            life.edit_back(at, dice.randrange(9))
        elif way == "gone" and len(life.window) > 4:
            taken.append(life.remove(at))
        elif way == "again" and taken:
            life.bring_back(taken.pop())
        elif way == "order":
            life.reorder()
        life.roll(14)
        if way == "page" and found and fails:
            found.append(life.page())
        elif way == "503" and found and fails:
            found.append(life.failing(503))
        elif way == "same" and found:
            found.append(found[-1])
        else:
            found.append(life.serve(dice.randrange(64)))
    return found


class Room:
    """A folder with a configuration and an archive, in which the installed command is run; `clock` is its time."""

    def __init__(self, folder: Path, feeds: Feeds, clock: Path | None = None) -> None:
        self.folder = folder
        self.archive = folder / "backissue.sqlite"
        self.feeds = feeds
        self._clock = clock
        folder.mkdir(exist_ok=True)
        (folder / "backissue.toml").write_text(_CONFIG)

    def started(self) -> subprocess.Popen[str]:
        """A pass over all feeds, due or not, under way in a process of its own."""
        program: list[str | Path] = [BACKISSUE]
        if self._clock:
            program = [sys.executable, "-m", "tests.support.hastened", self._clock, self.folder / "backissue.toml"]
        return subprocess.Popen(
            [*program, "archive", *self.feeds.urls],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def passes(self) -> None:
        """A pass that completes: all feeds were asked, and what failed did so by its server."""
        with self.started() as process:
            _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
        assert "Passed over" not in said and "Traceback" not in said, said

    def holds(self) -> dict[str, Any]:
        """All that the archive holds and has published, sorted, without when."""
        with closing(sqlite3.connect(self.archive)) as db:
            rows = {name: db.execute(query).fetchall() for name, query in _QUERIES.items()}
        rows["documents"] = [(*row[:-1], repr(heads.unpack(row[-1]))) for row in rows["documents"]]
        # Which of their versions stand in which document is a matter of the order.
        shown = [json.loads(path.read_bytes())["items"] for path in sorted(self.folder.glob("public/all/**/*.json"))]
        rows["published"] = list({(one["id"],) for page in shown for one in page})
        return {name: sorted(found, key=repr) for name, found in rows.items()}

    def is_whole(self) -> None:
        """Sees that the archive opens, that SQLite finds nothing, and that `backissue verify` passes."""
        with closing(open_archive(self.archive, create=False)) as store:
            assert list(store.examine()) == []
        self.verifies()

    def verifies(self) -> None:
        """Sees that `backissue verify` passes."""
        done = subprocess.run([BACKISSUE, "verify"], cwd=self.folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith("Nothing was altered"), done.stdout


def undisturbed(folder: Path, feeds: Feeds) -> tuple[list[dict[str, Any]], float]:
    """What an archive holds after each step if nothing befalls it, and how many seconds a pass takes."""
    room, found, begun = Room(folder, feeds), [], time.monotonic()
    took = 0.0
    for step in range(feeds.steps):
        feeds.serve(step)
        begun = time.monotonic()
        room.passes()
        took += time.monotonic() - begun
        found.append(room.holds())
    room.is_whole()
    return found, took / feeds.steps


def instant(dice: Random, process: subprocess.Popen[str], feeds: Feeds, seconds: float) -> None:
    """Wait for a random instant of a pass: any, or, as often, one after its first request came."""
    asked = len(feeds.server.requests)
    if dice.random() < 0.5:
        while process.poll() is None and len(feeds.server.requests) == asked:
            time.sleep(0.001)
        seconds /= 2
    time.sleep(dice.uniform(0, seconds))
