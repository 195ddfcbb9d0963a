"""Possible gaps in what is known of a feed: written down as they are seen, listed, and filled from elsewhere."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
from msgspec import structs

from archive.gaps import Counted, is_joined, is_reset, is_thin, likely
from archive.rhythm import Rhythm
from archive.store import events
from archive.store.noted import Filled, Noted, encode, read
from archive.store.times import from_text, to_text
from archive.store.values import Gap, Observation
from feeds.model import Feed, ParsedFeed

_LATELY = timedelta(days=28)


def note(
    db: sqlite3.Connection,
    seen: Observation,
    parsed: ParsedFeed,
    window: Sequence[int | None],
    *,
    left: bool,
    last_seen: str,
) -> bool:
    """Writes down that entries may have passed unseen before this document, or that another feed stands there.

    `window` are the entries that it shows, None for those never met; `left` says whether any is gone since the last
    one. It is another feed if nothing is known and it is also named otherwise. Gives whether there is a gap.
    """
    new = sum(entry is None for entry in window)
    if not (left and new and seen.windowed and last_seen):
        return False
    if new == len(window) and (became := _another_feed(db, seen.feed)):
        events.befell(db, seen.feed, to_text(seen.at), "replaced", became)
        return False
    if parsed.feed.complete:
        return False
    before = _shown_before(db, seen.feed)
    shared = len(set(before) & set(window))
    known_from_elsewhere = not shared and new < len(window)
    if known_from_elsewhere or _is_whole(db, seen, parsed, before, window):
        return False
    rhythm, since, until = _rhythm(db, seen.feed), from_text(last_seen), seen.at
    dated = _dates_of_new(db, seen, parsed, window)
    counted = _counted(db, seen.feed, since) if None in dated else None
    if shared and not is_thin(rhythm, since, until, new=new, window=len(window), counted=counted):
        return False
    told = likely(rhythm, since, until, dated, counted)
    _write(db, seen, Noted(last_seen, len(window), shared, told.size, told.low, told.high))
    return True


def dates(db: sqlite3.Connection, entries: Iterable[int]) -> dict[int, str]:
    """The dates of these entries."""
    rows = db.execute(
        "SELECT id, date FROM entry WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(entries)),)
    )
    return dict(rows.fetchall())


def is_newest_first(known: Mapping[int, str], window: Sequence[int]) -> bool:
    """In which order the feed shows its entries; nearly all begin with the newest, though one may be pinned on top."""
    pairs = [(known[one], known[other]) for one, other in pairwise(window) if one in known and other in known]
    rising = sum(one < other for one, other in pairs)
    return rising <= sum(one > other for one, other in pairs)


def gaps(db: sqlite3.Connection, feed: int | None = None, since: datetime | None = None) -> list[Gap]:
    """All gaps that ended then or later, the oldest first; those that were filled are told so."""
    rows = db.execute(
        "SELECT feed, at, kind, detail FROM event WHERE kind IN ('gap', 'filled') AND (?1 IS NULL OR feed = ?1)"
        " ORDER BY at, id",
        (feed,),
    ).fetchall()
    filled = {}
    for number, at, kind, detail in rows:
        if kind == "filled":
            one = msgspec.json.decode(detail, type=Filled)
            filled[number, one.since, one.until] = (from_text(at), one.by)
    found = []
    for number, at, kind, detail in rows:
        if kind == "gap" and (since is None or at >= to_text(since)):
            gap = read(number, at, detail)
            when, by = filled.get((number, to_text(gap.since), at), (None, None))
            found.append(structs.replace(gap, filled=when, by=by))
    return found


def fill(db: sqlite3.Connection, gap: Gap, at: datetime, by: str) -> None:
    """Writes down that what may have passed in the gap was fetched from elsewhere."""
    events.befell(db, gap.feed, to_text(at), "filled", encode(Filled(to_text(gap.since), to_text(gap.until), by)))


def numbers(db: sqlite3.Connection) -> dict[int, int]:
    """How many gaps each feed has that were not filled."""
    found: dict[int, int] = defaultdict(int)
    for gap in gaps(db):
        found[gap.feed] += gap.filled is None
    return found


def backfill(db: sqlite3.Connection, feed: int, *, gap: bool = False) -> str | None:
    """How far fetching a feed's past has come, or what passed in its gaps, as it was written down last."""
    row = db.execute("SELECT value FROM setting WHERE key = ?", (_key(feed, gap),)).fetchone()
    return row and str(row[0])


def keep_backfill(db: sqlite3.Connection, feed: int, progress: str, *, gap: bool = False) -> None:
    """Writes that down."""
    db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (_key(feed, gap), progress))


def unfinished(db: sqlite3.Connection, now: datetime, *, gap: bool = False) -> list[int]:
    """The feeds of which more is to be fetched: it was enough for then, or failed and may be tried again by now."""
    rows = db.execute(
        "SELECT feed.id FROM feed JOIN setting ON key = replace(?, '0', feed.id) WHERE feed.removed IS NULL"
        " AND json_extract(value, '$.step') IS NOT NULL"
        " AND (json_extract(value, '$.ended') = '' OR json_extract(value, '$.again') <= ?) ORDER BY feed.id",
        (_key(0, gap), to_text(now)),
    )
    return [feed for (feed,) in rows.fetchall()]


def _key(feed: int, gap: bool) -> str:
    return f"backfill of gaps:{feed}" if gap else f"backfill:{feed}"


def _write(db: sqlite3.Connection, seen: Observation, noted: Noted) -> None:
    at = to_text(seen.at)
    # Reading documents again meets the same gap, and by then more is known of the rhythm.
    if not db.execute("SELECT 1 FROM event WHERE feed = ? AND at = ? AND kind = 'gap'", (seen.feed, at)).fetchone():
        events.befell(db, seen.feed, at, "gap", encode(noted))


def _another_feed(db: sqlite3.Connection, feed: int) -> str | None:
    """What became what, if the feed is named otherwise now, and leads elsewhere."""
    rows = db.execute(
        "SELECT body FROM feed_version WHERE feed = ? ORDER BY first_seen DESC, id DESC LIMIT 2", (feed,)
    ).fetchall()
    now, *before = [msgspec.json.decode(body, type=Feed) for (body,) in rows]
    if not before or now.title == before[0].title or now.link == before[0].link:
        return None
    return f"{before[0].title or before[0].link} became {now.title or now.link}"


def _shown_before(db: sqlite3.Connection, feed: int) -> list[int]:
    """The feed's last window, in its document's order so far as that is known."""
    row = db.execute("SELECT shown FROM poll WHERE feed = ?", (feed,)).fetchone()
    shown = json.loads(row[0]) if row else []
    if shown:
        return [int(entry) for entry in shown]
    rows = db.execute("SELECT DISTINCT entry FROM span WHERE feed = ? AND closed IS NULL ORDER BY entry DESC", (feed,))
    return [entry for (entry,) in rows.fetchall()]


def _is_whole(
    db: sqlite3.Connection, seen: Observation, parsed: ParsedFeed, before: Sequence[int], window: Sequence[int | None]
) -> bool:
    """Whether the two windows prove that nothing passed between them."""
    kept = before[: len(set(before) & set(window))]
    if kept and list(window[-len(kept) :]) == kept:
        return True  # as nearly all are: new ones on top, and the rest pushed down
    known = dates(db, before)
    if kept:
        return is_joined(before, window, known, newest_first=is_newest_first(known, before))
    return bool(known) and is_reset(
        from_text(max(known.values())), _dates_of_new(db, seen, parsed, window), len(before)
    )


def _dates_of_new(
    db: sqlite3.Connection, seen: Observation, parsed: ParsedFeed, window: Sequence[int | None]
) -> list[datetime | None]:
    """The dates of the entries that were never met, so far as dates tell something."""
    (trusted,) = db.execute("SELECT dates_trusted FROM feed WHERE id = ?", (seen.feed,)).fetchone()
    pairs = zip(parsed.entries, window, strict=True)
    found = [entry.published or entry.updated if trusted else None for entry, known in pairs if known is None]
    return [date if date is None or date <= seen.at else None for date in found]


def _counted(db: sqlite3.Connection, feed: int, until: datetime) -> Counted:
    """How many entries came lately, as they were first seen; what the first visit found, or one after a gap, is not."""
    (first,) = db.execute("SELECT min(first_at) FROM document WHERE feed = ?", (feed,)).fetchone()
    start = max(from_text(first), until - _LATELY)
    holes = [gap for gap in gaps(db, feed, start) if gap.until <= until]
    ends = [to_text(gap.until) for gap in holes]
    (count,) = db.execute(
        "SELECT count(*) FROM entry WHERE feed = ? AND first_seen > ? AND first_seen <= ? AND merged IS NULL"
        " AND first_seen NOT IN (SELECT value FROM json_each(?))",
        (feed, to_text(start), to_text(until), json.dumps(ends)),
    ).fetchone()
    watched = (until - start) - sum((gap.until - max(gap.since, start) for gap in holes), timedelta(0))
    return Counted(count, watched / timedelta(hours=1))


def _rhythm(db: sqlite3.Connection, feed: int) -> Rhythm:
    row = db.execute("SELECT known FROM rhythm WHERE feed = ?", (feed,)).fetchone()
    try:
        return Rhythm.from_json(row[0]) if row else Rhythm()
    except msgspec.DecodeError:
        return Rhythm()
