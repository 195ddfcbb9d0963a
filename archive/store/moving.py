"""What an answer showed: that the feed has moved, that "not modified" was not true, that entries passed unseen.

An address that a feed has left still stands for it, so that a list or a configuration that names it goes on to hold.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from archive.store.events import befell
from archive.store.subscriptions import keep_poll
from archive.store.times import to_text
from archive.store.values import Observation, Recorded


def settle(db: sqlite3.Connection, observations: Iterable[Observation], recorded: Iterable[Recorded]) -> None:
    """Writes it down, once the observations are. Runs inside the caller's transaction."""
    for seen, told in zip(observations, recorded, strict=True):
        if seen.doubt and (told.new or told.edited):
            keep_poll(db, seen.feed, seen.doubt, None)
            _tell(db, seen, "lies", None)
        elif seen.pressed and told.gap:
            keep_poll(db, seen.feed, seen.pressed, None)
        if seen.moved_to:
            _move(db, seen, seen.moved_to)


def present(db: sqlite3.Connection, url: str) -> str:
    """The address that the feed with this one has now; the same where there is none, or it has not moved."""
    if db.execute("SELECT 1 FROM feed WHERE url = ?", (url,)).fetchone():
        return url
    row = db.execute(
        "SELECT feed.url FROM event JOIN feed ON feed.id = event.feed WHERE event.kind = 'moved' AND detail = ?"
        " ORDER BY event.id DESC LIMIT 1",
        (url,),
    ).fetchone()
    return str(row[0]) if row else url


def _move(db: sqlite3.Connection, seen: Observation, url: str) -> None:
    (old,) = db.execute("SELECT url FROM feed WHERE id = ?", (seen.feed,)).fetchone()
    if old == url:
        return
    if db.execute("SELECT 1 FROM feed WHERE url = ?", (url,)).fetchone():
        befell(db, seen.feed, to_text(seen.at), "double", url)
        return
    db.execute("UPDATE feed SET url = ? WHERE id = ?", (url, seen.feed))
    # Validators belong to an address (RFC 9110 section 8.8), and what a server does to that server.
    db.execute(
        "UPDATE poll SET etag = NULL, last_modified = NULL, moved_to = NULL, moved_since = NULL, lies = 0"
        " WHERE feed = ?",
        (seen.feed,),
    )
    _tell(db, seen, "moved", old)


def _tell(db: sqlite3.Connection, seen: Observation, kind: str, detail: str | None) -> None:
    db.execute(
        "INSERT INTO event (feed, at, kind, detail) VALUES (?, ?, ?, ?)", (seen.feed, to_text(seen.at), kind, detail)
    )
