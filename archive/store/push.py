"""Feeds that hubs push: how each subscription stands, what documents say of hubs, and due times that move for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from archive.store import heads
from archive.store.database import Database
from archive.store.subscriptions import chosen_feeds
from archive.store.times import from_text, to_text
from archive.store.values import Announced, FeedRecord, PollState, Push
from feeds.model import Feed

_COLUMNS = "feed, hub, topic, token, secret, state, asked, expires, pushed, reason"


def announced(db: Database, since: datetime | None) -> Iterator[Announced]:
    """What the last document of each followed feed says, of feeds that were asked at that instant or later."""
    rows = db.execute(
        "SELECT poll.feed, document.url, document.heads, document.response_headers, meta.body FROM poll"
        " JOIN feed ON feed.id = poll.feed JOIN document ON document.id = poll.document"
        " LEFT JOIN feed_version AS meta ON meta.id = (SELECT id FROM feed_version"
        " WHERE feed_version.feed = feed.id ORDER BY first_seen DESC, id DESC LIMIT 1)"
        " WHERE feed.removed IS NULL AND poll.last_polled >= ? ORDER BY poll.feed",
        (to_text(since) if since else "",),
    ).fetchall()
    for feed, url, packed, old, body in rows:
        fields = heads.unpack(packed)[1] if packed else tuple((name, value) for name, value in json.loads(old))
        yield Announced(feed, url, fields, msgspec.json.decode(body, type=Feed) if body else None)


def pushes(db: Database, token: str | None) -> list[tuple[Push, FeedRecord]]:
    """The subscriptions, each with its feed; the one with that token if one is given."""
    where, values = ("WHERE token = ?", (token,)) if token is not None else ("", ())
    found = [_push(row) for row in db.execute(f"SELECT {_COLUMNS} FROM push {where} ORDER BY feed", values)]
    feeds = chosen_feeds(db, f"feed.id IN (SELECT feed FROM push {where})", values)
    return list(zip(found, feeds, strict=True))


def keep_push(db: Database, push: Push) -> None:
    """Writes how a feed's subscription stands."""
    db.execute(
        f"INSERT OR REPLACE INTO push ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            push.feed,
            push.hub,
            push.topic,
            push.token,
            push.secret,
            push.state,
            to_text(push.asked),
            push.expires and to_text(push.expires),
            push.pushed and to_text(push.pushed),
            push.reason,
        ),
    )


def reschedule(db: Database, feed: int, before: PollState, after: PollState) -> bool:
    """Moves a feed's next due time, unless it was moved meanwhile; whether it was."""
    cursor = db.execute(
        "UPDATE poll SET next_due = ?, reason = ?, rules = ? WHERE feed = ? AND next_due = ?",
        (
            to_text(after.next_due),
            after.reason,
            msgspec.json.encode(after.rules).decode(),
            feed,
            to_text(before.next_due),
        ),
    )
    return cursor.rowcount > 0


def _push(row: tuple[Any, ...]) -> Push:
    feed, hub, topic, token, secret, state, asked, expires, pushed, reason = row
    return Push(
        feed=feed,
        hub=hub,
        topic=topic,
        token=token,
        secret=secret,
        state=state,
        asked=from_text(asked),
        expires=from_text(expires),
        pushed=from_text(pushed),
        reason=reason,
    )
