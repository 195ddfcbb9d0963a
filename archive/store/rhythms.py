"""What there is to learn of when feeds' entries come, and what was learnt. Only what came since is read each time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from archive.store import push
from archive.store.database import Database
from archive.store.subscriptions import chosen_feeds
from archive.store.times import from_text, to_text
from archive.store.values import Arrived, FeedRecord, Learnt, Lesson, Price

_MOST = 300  # entries that are learnt from at once: what a feed did years ago says little
_USUAL_WINDOW = 10
_BACKDATED = timedelta(days=7)  # entries dated so long before the newest that was known still are news
# Learnt before the last change, or the last visit came to the end of its plan.
_WANTING = """
    SELECT poll.feed, rhythm.known, rhythm.learnt, poll.last_changed, json_array_length(poll.shown),
        EXISTS (SELECT 1 FROM push WHERE push.feed = poll.feed AND push.state = 'verified')
    FROM poll JOIN feed ON feed.id = poll.feed LEFT JOIN rhythm ON rhythm.feed = poll.feed
    WHERE poll.last_changed IS NOT NULL AND poll.gone IS NULL AND feed.removed IS NULL
        AND (rhythm.feed IS NULL OR rhythm.learnt < poll.last_changed OR rhythm.planned <= poll.last_success)
    ORDER BY poll.next_due LIMIT ?
"""


def lessons(db: Database, limit: int) -> list[Lesson]:
    """What is to be learnt of the feeds whose rhythm is behind what came, those that are due first at the front."""
    rows = {row[0]: row[1:] for row in db.execute(_WANTING, (limit,)).fetchall()}
    found = {feed.id: feed for feed in chosen_feeds(db, f"feed.id IN ({','.join(map(str, rows))})", counted=False)}
    return [_lesson(db, found[number], *row) for number, row in rows.items()]


def _lesson(
    db: Database, feed: FeedRecord, known: str | None, learnt: str | None, changed: str, window: int, pushed: int
) -> Lesson:
    return Lesson(
        feed=feed,
        known=known,
        learnt=from_text(learnt),
        changed=from_text(changed),
        window=window if _lets_go(db, feed.id, window) else max(window, _USUAL_WINDOW),
        pushed=bool(pushed),
        arrived=arrived(db, feed.id, from_text(learnt)),
    )


def _lets_go(db: Database, feed: int, shown: int) -> bool:
    """Whether the feed has had more entries than it shows, and so many are its window: others may just be young."""
    query = "SELECT count(*) FROM (SELECT 1 FROM entry WHERE feed = ? AND merged IS NULL LIMIT ?)"
    return bool(db.execute(query, (feed, shown + 1)).fetchone()[0] > shown)


def arrived(db: Database, feed: int, since: datetime | None) -> tuple[Arrived, ...]:
    """When the feed's latest entries were first seen, and their dates so far as these tell something, oldest first."""
    rows = db.execute(
        "SELECT entry.first_seen, entry.date, feed.dates_trusted FROM entry JOIN feed ON feed.id = entry.feed"
        " WHERE entry.feed = ? AND entry.date > ? AND entry.first_seen > ? AND entry.merged IS NULL"
        " ORDER BY entry.date DESC LIMIT ?",
        (feed, to_text(since - _BACKDATED) if since else "", to_text(since) if since else "", _MOST),
    ).fetchall()
    found = [
        Arrived(from_text(seen), from_text(date) if trusted and date != seen else None) for seen, date, trusted in rows
    ]
    return tuple(sorted(found, key=lambda one: one.seen))


def keep_learnt(db: Database, learnt: Iterable[Learnt]) -> None:
    """Writes down what was learnt; a feed that was asked meanwhile keeps its new due time."""
    for one in learnt:
        db.execute(
            "INSERT OR REPLACE INTO rhythm (feed, known, learnt, expected, planned) VALUES (?, ?, ?, ?, ?)",
            (one.feed, one.known, to_text(one.learnt), one.expected, to_text(one.planned)),
        )
        db.execute("UPDATE poll SET plan = ? WHERE feed = ?", (one.plan, one.feed))
        if one.before and one.after:
            push.reschedule(db, one.feed, one.before, one.after)


def forget(db: Database, feeds: Iterable[int]) -> None:
    """Takes away what was learnt of these feeds, so that all of it is learnt anew."""
    db.conn.executemany("DELETE FROM rhythm WHERE feed = ?", [(feed,) for feed in feeds])


def rhythm(db: Database, feed: int) -> str | None:
    """What is known of when a feed's entries come, as JSON."""
    row = db.execute("SELECT known FROM rhythm WHERE feed = ?", (feed,)).fetchone()
    return row[0] if row else None


def rhythms(db: Database, limit: int) -> tuple[int, list[str]]:
    """How many feeds are asked at times of their own, and the rhythms of so many of these, whichever."""
    followed = "poll.interval IS NULL AND poll.gone IS NULL AND feed.removed IS NULL"
    feeds = db.execute(f"SELECT count(*) FROM poll JOIN feed ON feed.id = poll.feed WHERE {followed}").fetchone()[0]
    rows = db.execute(
        "SELECT known FROM rhythm JOIN poll ON poll.feed = rhythm.feed JOIN feed ON feed.id = poll.feed"
        f" WHERE {followed} ORDER BY rhythm.feed * 2654435761 % 4294967296 LIMIT ?",
        (limit,),
    ).fetchall()
    return feeds, [known for (known,) in rows]


def price(db: Database) -> Price | None:
    """What a request was last found to cost."""
    row = db.execute("SELECT value FROM setting WHERE key = 'price'").fetchone()
    try:
        return msgspec.json.decode(row[0], type=Price) if row else None
    except msgspec.DecodeError:
        return None


def keep_price(db: Database, price: Price) -> None:
    """Writes it down."""
    db.execute("INSERT OR REPLACE INTO setting VALUES ('price', ?)", (msgspec.json.encode(price).decode(),))
