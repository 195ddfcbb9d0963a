"""Feeds: who is subscribed, how each is polled, and who polls it next."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from archive.store.database import Database
from archive.store.holders import is_gone, myself
from archive.store.times import from_text, to_text
from archive.store.values import FeedRecord, PollState, Rule
from feeds.model import Feed

_SLACK = timedelta(minutes=1)  # by which clocks are set right all the time
_COUNTED = "(SELECT count(*) FROM entry WHERE entry.feed = feed.id AND entry.merged IS NULL)"
_PLAIN_FEED = """
    SELECT feed.*, poll.*, blob.sha256, document.url AS validated, meta.body, feed.id AS id, 0 AS entries
    FROM feed
    LEFT JOIN poll ON poll.feed = feed.id
    LEFT JOIN document ON document.id = poll.document
    LEFT JOIN blob ON blob.id = document.blob
    LEFT JOIN feed_version AS meta
        ON meta.id = (SELECT id FROM feed_version WHERE feed_version.feed = feed.id ORDER BY first_seen DESC, id DESC)
"""
_FEED = _PLAIN_FEED.replace("0 AS entries", f"{_COUNTED} AS entries")
# Old copies of a feed may have been taken in after it was added.
_KNOWN_SINCE = (
    "min(feed.added, coalesce((SELECT min(first_at) FROM document WHERE document.feed = feed.id), feed.added))"
)
_FEED_THEN = """
    SELECT feed.*, meta.body, NULL AS next_due,
        (SELECT count(*) FROM entry WHERE entry.feed = feed.id AND entry.merged IS NULL AND first_seen <= :at)
            AS entries
    FROM feed LEFT JOIN feed_version AS meta ON meta.id =
        (SELECT id FROM feed_version WHERE feed_version.feed = feed.id AND first_seen <= :at
            ORDER BY first_seen DESC, id DESC)
"""


def subscribe(
    db: Database,
    url: str,
    *,
    kind: Literal["remote", "local"],
    now: datetime,
    title: str | UnsetType | None,
    tags: Iterable[str] | UnsetType,
    interval: int | UnsetType | None,
) -> int:
    """The feed's id; a feed that was removed is taken up again where it was left."""
    row = db.execute("SELECT id, removed FROM feed WHERE url = ?", (url,)).fetchone()
    if row:
        feed, removed = row
    else:
        cursor = db.execute("INSERT INTO feed (url, kind, added) VALUES (?, ?, ?)", (url, kind, to_text(now)))
        feed, removed = cursor.lastrowid, None
        if kind == "remote":
            db.execute("INSERT INTO poll (feed, next_due, reason) VALUES (?, ?, 'never polled')", (feed, to_text(now)))
    if title is not UNSET:
        db.execute("UPDATE feed SET given_title = ? WHERE id = ?", (title or None, feed))
    if tags is not UNSET:
        db.execute("UPDATE feed SET tags = ? WHERE id = ?", (json.dumps(list(tags)), feed))
    if interval is not UNSET:
        db.execute("UPDATE poll SET interval = ? WHERE feed = ?", (interval, feed))
    if interval is not UNSET and interval is not None:
        _bring_forward(db, feed, timedelta(minutes=interval))
    if removed:
        db.execute("UPDATE feed SET removed = NULL WHERE id = ?", (feed,))
        # Whoever takes up a feed that said it was gone wants to know whether it still is.
        db.execute(
            "UPDATE poll SET gone = NULL, next_due = ? WHERE feed = ? AND gone IS NOT NULL", (to_text(now), feed)
        )
    return int(feed)


def _bring_forward(db: Database, feed: int, interval: timedelta) -> None:
    """Lets a feed that shall be asked more often be so from now on; one that failed waits as it was told to."""
    row = db.execute("SELECT last_success, next_due, failures FROM poll WHERE feed = ?", (feed,)).fetchone()
    if row is None or row[0] is None or row[2]:
        return
    due = to_text(from_text(row[0]) + interval)
    if due < row[1]:
        db.execute("UPDATE poll SET next_due = ?, reason = ? WHERE feed = ?", (due, "the feed's own interval", feed))


def unsubscribe(db: Database, feed: int, now: datetime) -> None:
    """Ends a feed's polling. Its entries stay."""
    db.execute("UPDATE feed SET removed = ? WHERE id = ? AND removed IS NULL", (to_text(now), feed))


def feeds(
    db: Database,
    *,
    removed: bool = False,
    as_of: datetime | None = None,
    counted: bool = True,
    only: Collection[int] | None = None,
) -> Iterator[FeedRecord]:
    """All feeds in the order they were added; removed ones only if asked for, their entries counted or not.

    `only` these, by their ids, are given of those that are known now. As of an instant: those that were followed then,
    by their names of then, with the entries known then. How they stood with their servers is not told.
    """
    if as_of is None:
        where = "TRUE" if removed else "feed.removed IS NULL"
        if only is not None:
            where += " AND feed.id IN (SELECT value FROM json_each(?))"
        yield from chosen_feeds(db, where, [] if only is None else [json.dumps(list(only))], counted=counted)
        return
    where = f"{_KNOWN_SINCE} <= :at" + ("" if removed else " AND (feed.removed IS NULL OR feed.removed > :at)")
    yield from map(_record, db.query(f"{_FEED_THEN} WHERE {where} ORDER BY feed.id", {"at": to_text(as_of)}))


def chosen_feeds(db: Database, where: str, values: Iterable[Any] = (), *, counted: bool = True) -> Iterator[FeedRecord]:
    """The feeds for which that SQL condition holds, removed ones among them."""
    yield from map(
        _record, db.query(f"{_FEED if counted else _PLAIN_FEED} WHERE {where} ORDER BY feed.id", list(values))
    )


def find_feed(db: Database, name: str) -> FeedRecord | None:
    """The feed with that address, id or title."""
    query = (
        f"{_FEED} WHERE feed.url = :name OR CAST(feed.id AS TEXT) = :name OR feed.given_title = :name COLLATE NOCASE"
        " OR json_extract(meta.body, '$.title') = :name COLLATE NOCASE"
        " ORDER BY feed.url = :name DESC, CAST(feed.id AS TEXT) = :name DESC, feed.removed IS NULL DESC LIMIT 1"
    )
    return next(map(_record, db.query(query, {"name": name})), None)


def claim(
    db: Database, *, now: datetime, limit: int, lease: timedelta, feeds: Iterable[int] | None
) -> list[FeedRecord]:
    """Feeds to poll now: those that are due, or the given ones; each is leased, so that nobody else takes it.

    A lease ends early when the process that holds it has ended: what it was killed over is polled as soon as nothing
    else is left. Their entries are not counted, so that it costs the same however many there are.
    """
    if feeds is None:
        chosen = "poll.next_due <= :now AND poll.gone IS NULL"
    else:
        wanted = [int(feed) for feed in feeds]
        limit = min(limit, len(wanted))
        chosen = f"feed.id IN ({','.join(map(str, wanted))})"
    query = (
        f"{_PLAIN_FEED} WHERE feed.kind = 'remote' AND feed.removed IS NULL AND {chosen}"
        " AND (poll.lease_until IS NULL OR poll.lease_until <= :now) ORDER BY poll.next_due, feed.id LIMIT :limit"
    )
    values = {"now": to_text(now), "limit": limit}
    rows = list(db.query(query, values))
    if len(rows) < limit and _end_leases_of_the_gone(db, now):
        rows = list(db.query(query, values))
    if len(rows) < limit:
        _bring_back_from_the_future(db, now)
    found = list(map(_record, rows))
    until = to_text(now + lease)
    holder = myself()
    db.conn.executemany(
        "UPDATE poll SET lease_until = ?, lease_holder = ? WHERE feed = ?", [(until, holder, feed.id) for feed in found]
    )
    return found


def _end_leases_of_the_gone(db: Database, now: datetime) -> bool:
    """Ends them; gives whether there were any."""
    holders = db.execute("SELECT DISTINCT lease_holder FROM poll WHERE lease_until > ?", (to_text(now),)).fetchall()
    gone = [(holder,) for (holder,) in holders if holder and is_gone(holder)]
    db.conn.executemany("UPDATE poll SET lease_until = NULL WHERE lease_holder = ?", gone)
    return bool(gone)


def _bring_back_from_the_future(db: Database, now: datetime) -> None:
    """Where the clock was set back since feeds were asked, they are due as long after now as they were after that."""
    ahead = db.execute(
        "SELECT feed, next_due, last_polled FROM poll WHERE last_polled > ? AND next_due >= last_polled",
        (to_text(now + _SLACK),),
    ).fetchall()
    due = [(to_text(now + (from_text(due) - from_text(polled))), feed) for feed, due, polled in ahead]
    db.conn.executemany("UPDATE poll SET next_due = ? WHERE feed = ?", due)


def release(db: Database, feeds: Iterable[int]) -> None:
    """Ends the leases of feeds that were not polled after all."""
    db.conn.executemany("UPDATE poll SET lease_until = NULL WHERE feed = ?", [(feed,) for feed in feeds])


def keep_poll(db: sqlite3.Connection, feed: int, poll: PollState, document: int | None) -> None:
    """Writes how the feed stands with its server, and ends its lease."""
    db.execute(
        "UPDATE poll SET next_due = ?, etag = ?, last_modified = ?, document = coalesce(?, document), last_polled = ?,"
        " last_success = ?, last_changed = ?, last_status = ?, failures = ?, error = ?, gone = ?, reason = ?,"
        " moved_to = ?, moved_since = ?, answers = ?, lies = ?, rules = ?, lease_until = NULL WHERE feed = ?",
        (
            to_text(poll.next_due),
            poll.etag,
            poll.last_modified,
            document,
            poll.last_polled and to_text(poll.last_polled),
            poll.last_success and to_text(poll.last_success),
            poll.last_changed and to_text(poll.last_changed),
            poll.last_status,
            poll.failures,
            poll.error,
            poll.gone and to_text(poll.gone),
            poll.reason,
            poll.moved_to,
            poll.moved_since and to_text(poll.moved_since),
            poll.answers,
            poll.lies,
            msgspec.json.encode(poll.rules).decode(),
            feed,
        ),
    )


def _record(row: dict[str, Any]) -> FeedRecord:
    return FeedRecord(
        id=row["id"],
        url=row["url"],
        kind=row["kind"],
        added=from_text(row["added"]),
        removed=from_text(row["removed"]),
        given_title=row["given_title"],
        tags=tuple(json.loads(row["tags"])),
        guids_trusted=bool(row["guids_trusted"]),
        meta=msgspec.json.decode(row["body"], type=Feed) if row["body"] else None,
        poll=_poll(row) if row["next_due"] else None,
        entries=row["entries"],
    )


def _poll(row: dict[str, Any]) -> PollState:
    return PollState(
        next_due=from_text(row["next_due"]),
        interval=row["interval"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        validated=row["validated"],
        sha256=row["sha256"],
        last_polled=from_text(row["last_polled"]),
        last_success=from_text(row["last_success"]),
        last_changed=from_text(row["last_changed"]),
        last_status=row["last_status"],
        failures=row["failures"],
        error=row["error"],
        gone=from_text(row["gone"]),
        reason=row["reason"],
        moved_to=row["moved_to"],
        moved_since=from_text(row["moved_since"]),
        answers=row["answers"],
        lies=bool(row["lies"]),
        plan=row["plan"],
        rules=msgspec.json.decode(row["rules"], type=tuple[Rule, ...]),
    )
