"""What is no leaf of the log, since it may change, and follows from what is: where each entry stands now.

Of an entry that is its current version, since when it is known, and the entry that it was made part of. Whoever changes
these changes what is shown and published, so they are compared with what the logged rows lead to.
"""

from __future__ import annotations

import sqlite3

_LAST = (
    "SELECT edition.id FROM edition WHERE edition.entry = entry.id"
    " AND version NOT IN (SELECT version FROM moved_version) ORDER BY at DESC, id DESC LIMIT 1"
)
_FIRST = "SELECT min(at) FROM edition WHERE edition.entry = entry.id"
_ASTRAY = (
    (
        f"SELECT id FROM entry WHERE edition IS NOT ({_LAST}) LIMIT 1",
        "has another current version than the log leads to",
    ),
    (f"SELECT id FROM entry WHERE first_seen IS NOT ({_FIRST}) LIMIT 1", "was seen first at another time than is told"),
)


def astray(db: sqlite3.Connection) -> tuple[int, str] | None:
    """The first entry that is not as the logged rows have it, and what is wrong; None where all are."""
    for query, what in _ASTRAY:
        row = db.execute(query).fetchone()
        if row:
            return int(row[0]), what
    told = _parts(db)
    stored = dict(db.execute("SELECT id, merged FROM entry WHERE merged IS NOT NULL"))
    wrong = [one for one in told.keys() | stored.keys() if told.get(one) != stored.get(one)]
    return (min(wrong), "is not part of the entry that it was merged into, or of none") if wrong else None


def _parts(db: sqlite3.Connection) -> dict[int, int]:
    """Which entries are part of which, after all that was joined and parted (`archive.store.joining`)."""
    parts: dict[int, int] = {}
    for action, entry, other in db.execute("SELECT action, entry, other FROM joining ORDER BY id"):
        if action == "merge":
            parts |= {one: other for one, into in parts.items() if into == entry} | {entry: other}
        else:
            parts.pop(other, None)
    return parts
