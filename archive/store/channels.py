"""Channels as the archive keeps them: the log of each, which publishing reads (`feeds.channel.EntrySource`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from archive.store import blobs
from archive.store.database import Database
from archive.store.faces import Face, faces
from archive.store.times import from_text, to_text
from archive.store.withdrawing import STANDING, STANDING_NOW
from feeds.channel import ChannelState, Item, Page, Withdrawn
from feeds.model import Entry

ITEM = f"""
    SELECT entry.public_id, edition.id,
        (SELECT count(*) FROM edition AS before WHERE before.entry = edition.entry AND before.id <= edition.id),
        blob.codec, blob.data, blob.base, entry.first_seen, edition.at, {STANDING}, entry.feed
"""
JOINS = """
    JOIN entry ON entry.id = edition.entry
    JOIN version ON version.id = edition.version
    JOIN blob ON blob.id = version.blob
"""
_decode = msgspec.json.Decoder(Entry).decode


def state(db: Database, channel: str) -> ChannelState:
    """How far a channel has come."""
    row = db.execute(
        "SELECT cursor, selection, length, pages, closed FROM channel WHERE name = ?", (channel,)
    ).fetchone()
    return ChannelState(*row) if row else ChannelState()


def editions_after(db: Database, cursor: int, limit: int, as_of: datetime | None = None) -> list[Item]:
    """The next editions (each content that became an entry's current one) after that one, in order.

    What was learnt of late is no edit: of old contents only one that still is the current one is among them.
    """
    rows = db.execute(
        f"{ITEM} FROM edition {JOINS} WHERE edition.id > :cursor AND (NOT edition.late OR edition.id = entry.edition)"
        " AND (:at IS NULL OR edition.at <= :at) ORDER BY edition.id LIMIT :limit",
        {"cursor": cursor, "limit": limit, "at": as_of and to_text(as_of)},
    )
    return read_items(db, rows.fetchall(), as_of)


def places_after(db: Database, cursor: int, limit: int) -> list[tuple[int, datetime]]:
    """The same by their numbers, with the places of their items, which are not read."""
    rows = db.execute(
        "SELECT edition.id, CASE WHEN EXISTS (SELECT 1 FROM edition AS before"
        "   WHERE before.entry = edition.entry AND before.id < edition.id) THEN edition.at ELSE entry.date END"
        " FROM edition JOIN entry ON entry.id = edition.entry"
        " WHERE edition.id > ? AND (NOT edition.late OR edition.id = entry.edition) ORDER BY edition.id LIMIT ?",
        (cursor, limit),
    )
    return [(edition, from_text(place)) for edition, place in rows]


def extend(
    db: Database, channel: str, editions: Sequence[int], *, cursor: int, selection: str, dropped: Iterable[int]
) -> None:
    """Append editions to the channel's log, but for those that it holds."""
    db.execute("INSERT OR IGNORE INTO channel (name) VALUES (?)", (channel,))
    (length,) = db.execute("SELECT length FROM channel WHERE name = ?", (channel,)).fetchone()
    held = _held(db, channel, editions)
    fresh = [edition for edition in dict.fromkeys(editions) if edition not in held]
    db.conn.executemany(
        "INSERT INTO channel_item (channel, position, edition) VALUES (?, ?, ?)",
        [(channel, position, edition) for position, edition in enumerate(fresh, length)],
    )
    length += len(fresh)
    again, gone = [(0, channel, edition) for edition in held], [(1, channel, edition) for edition in dropped]
    db.conn.executemany(
        "UPDATE channel_item SET dropped = ?1 WHERE channel = ?2 AND edition = ?3 AND dropped <> ?1", again + gone
    )
    db.execute(
        "UPDATE channel SET cursor = ?, selection = ?, length = ? WHERE name = ?", (cursor, selection, length, channel)
    )


def items(db: Database, channel: str, start: int, stop: int) -> list[Item]:
    """The items at these positions, without the dropped ones.

    What is withdrawn by now is so at all its positions: a document that is made later does not show it again.
    """
    columns = ITEM.replace(STANDING, STANDING_NOW)
    rows = db.execute(
        f"{columns} FROM channel_item JOIN edition ON edition.id = channel_item.edition {JOINS}"
        " WHERE channel_item.channel = ? AND position >= ? AND position < ? AND NOT dropped ORDER BY position",
        (channel, start, stop),
    )
    return read_items(db, rows.fetchall())


def close_page(db: Database, channel: str, page: Page) -> None:
    """Write down an archive document; a page that is written down already stays as it is."""
    db.execute(
        "INSERT OR IGNORE INTO channel_page (channel, number, start, stop) VALUES (?, ?, ?, ?)",
        (channel, page.number, page.start, page.stop),
    )
    db.execute("UPDATE channel SET pages = ?, closed = ? WHERE name = ?", (page.number, page.stop, channel))


def pages(db: Database, channel: str) -> list[Page]:
    """All closed pages, in order."""
    rows = db.execute("SELECT number, start, stop FROM channel_page WHERE channel = ? ORDER BY number", (channel,))
    return [Page(*row) for row in rows]


def _held(db: Database, channel: str, editions: Sequence[int]) -> set[int]:
    """Those of the editions that the channel's log holds."""
    rows = db.execute(
        "SELECT edition FROM channel_item WHERE channel = ? AND edition IN (SELECT value FROM json_each(?))",
        (channel, json.dumps(list(editions))),
    )
    return {edition for (edition,) in rows}


def read_items(db: Database, rows: Sequence[tuple[Any, ...]], as_of: datetime | None = None) -> list[Item]:
    """The items in rows of `ITEM`."""
    known = faces(db, {row[-1] for row in rows}, as_of)
    return [_item(db, row, known[row[-1]]) for row in rows]


def _item(db: Database, row: tuple[Any, ...], face: Face) -> Item:
    public_id, edition, number, codec, data, base, first_seen, changed, standing, _ = row
    return Item(
        id=public_id,
        version=edition,
        number=number,
        entry=_decode(blobs.read(db.conn, codec, data, base)),
        first_seen=from_text(first_seen),
        changed=from_text(changed),
        feed_url=face.url,
        feed_title=face.title,
        feed_id=face.meta.id,
        feed_link=face.meta.link,
        feed_language=face.meta.language,
        feed_authors=face.meta.authors,
        feed_rights=face.meta.rights,
        feed_categories=face.meta.categories,
        feed_tags=face.tags,
        local=face.local,
        withdrawn=withdrawn(standing) if standing else None,
    )


def withdrawn(standing: str) -> Withdrawn | None:
    """When and why an entry was taken back, by what was said of it last; None if that gave it back."""
    reason, at, comment = json.loads(standing)
    return Withdrawn(from_text(at), comment) if reason == "withdrawn" else None
