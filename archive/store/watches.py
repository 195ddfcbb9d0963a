"""From when until when feeds are known, and where that is proven to be without a gap: what `coverage` tells.

What was polled has its gaps written down. Old copies that were taken in afterwards lie before that, or inside of a gap:
from one to the next nothing passed if they share an entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from archive.store import gaps
from archive.store.database import Database
from archive.store.subscriptions import chosen_feeds
from archive.store.times import from_text, to_text
from archive.store.values import FeedRecord, Watch

_KNOWN = "feed = ? AND format IS NOT NULL"
_ENDS = f"""
    SELECT min(first_at) FILTER (WHERE first_at >= before), max(last_at), min(first_at) FROM (SELECT first_at, last_at,
        max(first_at) OVER (ORDER BY id) AS before FROM document WHERE {_KNOWN})
"""
# Copies that were taken in when later ones were known.
_LATE = f"""
    SELECT DISTINCT first_at FROM (SELECT first_at, max(first_at) OVER (ORDER BY id) AS latest FROM document
        WHERE {_KNOWN}) WHERE first_at < latest ORDER BY first_at
"""
_STAYS = """
    SELECT span.entry, span.opened,
        CASE WHEN span.closed IS NULL THEN '9' ELSE coalesce(span.last_seen, span.closed) END
    FROM entry JOIN span ON span.entry = entry.id WHERE entry.feed = ?
"""

_Hole = tuple[str, str]
_Stay = tuple[int, str, str]


def watches(db: Database, feed: int | None) -> list[Watch]:
    """All remote feeds that were ever read, or that one, in the order they were added."""
    holes: dict[int, list[_Hole]] = {}
    for gap in gaps.gaps(db.conn, feed):
        if gap.filled is None:
            holes.setdefault(gap.feed, []).append((to_text(gap.since), to_text(gap.until)))
    wanted = "feed.kind = 'remote' AND (?1 IS NULL OR feed.id = ?1)"
    rhythms = dict(db.execute("SELECT feed, known FROM rhythm").fetchall())
    found = []
    for record in chosen_feeds(db, wanted, (feed,), counted=False):
        watch = _watch(db, record, holes.get(record.id, []), rhythms.get(record.id))
        if watch:
            found.append(watch)
    return found


def _watch(db: Database, feed: FeedRecord, known: Sequence[_Hole], rhythm: str | None) -> Watch | None:
    start, end, first = db.execute(_ENDS, (feed.id,)).fetchone()
    if start is None:
        return None
    late = [at for (at,) in db.execute(_LATE, (feed.id,)).fetchall()]
    holes = list(known)
    if late:
        stays = db.execute(_STAYS, (feed.id,)).fetchall()
        holes = [part for hole in known for part in _unproven(stays, late, *hole)]
        holes = [*_unproven(stays, late, first, start), *holes]
    return Watch(
        feed=feed,
        start=from_text(first),
        end=from_text(end),
        holes=tuple((from_text(one), from_text(other)) for one, other in holes),
        rhythm=rhythm,
    )


def _unproven(stays: Sequence[_Stay], late: Sequence[str], start: str, end: str) -> Iterator[_Hole]:
    """The parts of that time over which no two copies that follow each other share an entry.

    What stood at both its ends tells nothing of the time between: it is pinned.
    """
    times = sorted({start, end, *(at for at in late if start < at < end)})
    shown = [{entry for entry, opened, last in stays if opened <= at <= last} for at in times]
    pinned = shown[0] & shown[-1] if len(times) > 2 else set()
    for (one, before), (other, after) in pairwise(zip(times, shown, strict=True)):
        if not (before & after) - pinned:
            yield one, other
