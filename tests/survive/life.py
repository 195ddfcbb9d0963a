"""What an archive goes through: a history that is the same each time, told by a process that may be killed.

`python -m tests.survive.life ARCHIVE SEED COUNT` goes on from where the archive is, a batch a transaction, and prints
the number of each once it is kept.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from archive.store import Observation
from archive.store.sqlite import SqliteStore
from archive.store.verify import verify
from tests.support.archive import an_entry, hour, no_feed, not_modified, open_archive, prepared, same_again, shown

FEEDS = 5


def batches(seed: int, count: int) -> Iterator[list[Observation]]:
    """Looks at some feeds: first ones, new entries, edits, the same again, pages in a feed's place."""
    dice = Random(seed)
    windows: dict[int, list[tuple[int, str]]] = {feed: [] for feed in range(1, FEEDS + 1)}
    last: dict[int, Observation] = {}
    for number in range(count):
        batch = []
        for feed, window in windows.items():
            way = dice.choice(["new", "new", "edit", "same", "304", "page"]) if feed in last else "new"
            if way == "new":
                window.insert(0, (number, "word " * dice.randrange(400)))
                del window[12:]
            elif way == "edit":
                place = dice.randrange(len(window))
                window[place] = (window[place][0], "edited " * dice.randrange(300))
            if way in ("new", "edit"):
                seen = shown(feed, hour(number), *(an_entry(one, text, id=f"{feed}-{one}") for one, text in window))
                batch.append(seen if feed in last else prepared(seen))
                last[feed] = seen
            else:
                others = {"same": same_again(last[feed], hour(number)), "304": not_modified(feed, hour(number))}
                batch.append(others.get(way) or no_feed(feed, hour(number), b"<html>%d</html>" % number))
        yield batch


def open_life(path: Path) -> SqliteStore:
    """The archive, with its feeds."""
    store = open_archive(path)
    for feed in range(1, FEEDS + 1):
        store.subscribe(f"https://f{feed}.example/", kind="remote", now=hour(-1))
    return store


def live(path: Path, seed: int, count: int) -> Iterator[int]:
    """Tells the archive what it does not know yet; gives the number of each batch once it is kept."""
    with closing(open_life(path)) as store:
        polled = [one.poll.last_polled for one in store.feeds() if one.poll and one.poll.last_polled]
        done = (max(polled) - hour(0)) // timedelta(hours=1) + 1 if polled else 0
        for number, batch in enumerate(batches(seed, count)):
            if number >= done:
                store.record(batch)
                yield number


def contents(path: Path) -> dict[str, list[Any]]:
    """All rows of all tables, the log among them, and how many are found by a word."""
    with closing(sqlite3.connect(path)) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        found = {
            name: sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for name in tables
            if not name.startswith("search")
        }
        found["search"] = db.execute("SELECT rowid FROM search WHERE search MATCH 'word' ORDER BY rowid").fetchall()
        return found


def is_whole(path: Path) -> bool:
    """Whether the archive opens, and all of it is what was stored."""
    with closing(open_archive(path, create=False)) as store:
        damage = list(store.examine())
    return not damage and verify(path, since=None, keys=(), advance=lambda: None).fault is None


if __name__ == "__main__":
    for told in live(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])):
        print(told, flush=True)
