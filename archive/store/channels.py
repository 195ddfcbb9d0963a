"""Channels as the archive keeps them: the log of each, which publishing reads (`feeds.channel.EntrySource`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from archive.store import blobs
from archive.store.database import Database
from archive.store.faces import Face, faces
from archive.store.times import from_text, to_text
from feeds.channel import ChannelState, Item, Page
from feeds.model import Entry

_ITEM = """
    SELECT edition.id AS version, edition.at AS changed, entry.public_id, entry.first_seen, entry.feed,
        blob.codec, blob.data, blob.base,
        (SELECT count(*) FROM edition AS before WHERE before.entry = edition.entry AND before.id <= edition.id)
            AS number
"""
_JOINS = """
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
    rows = db.query(
        f"{_ITEM} FROM edition {_JOINS} WHERE edition.id > :cursor AND (NOT edition.late OR edition.id = entry.edition)"
        " AND (:at IS NULL OR edition.at <= :at) ORDER BY edition.id LIMIT :limit",
        {"cursor": cursor, "limit": limit, "at": as_of and to_text(as_of)},
    )
    return _items(db, rows, as_of)


def extend(
    db: Database, channel: str, editions: Sequence[int], *, cursor: int, selection: str, dropped: Iterable[int]
) -> None:
    """Append editions to the channel's log, but for those that it holds."""
    db.execute("INSERT OR IGNORE INTO channel (name) VALUES (?)", (channel,))
    (length,) = db.execute("SELECT length FROM channel WHERE name = ?", (channel,)).fetchone()
    for edition in editions:
        done = db.execute(
            "INSERT OR IGNORE INTO channel_item (channel, position, edition) VALUES (?, ?, ?)",
            (channel, length, edition),
        )
        length += done.rowcount
    again = [(0, channel, edition) for edition in editions]
    gone = [(1, channel, edition) for edition in dropped]
    db.conn.executemany(
        "UPDATE channel_item SET dropped = ?1 WHERE channel = ?2 AND edition = ?3 AND dropped <> ?1", again + gone
    )
    db.execute(
        "UPDATE channel SET cursor = ?, selection = ?, length = ? WHERE name = ?", (cursor, selection, length, channel)
    )


def items(db: Database, channel: str, start: int, stop: int) -> list[Item]:
    """The items at these positions, without the dropped ones."""
    rows = db.query(
        f"{_ITEM} FROM channel_item JOIN edition ON edition.id = channel_item.edition {_JOINS}"
        " WHERE channel_item.channel = ? AND position >= ? AND position < ? AND NOT dropped ORDER BY position",
        (channel, start, stop),
    )
    return _items(db, rows)


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


def _items(db: Database, rows: Iterator[dict[str, Any]], as_of: datetime | None = None) -> list[Item]:
    found = list(rows)
    known = faces(db, {row["feed"] for row in found}, as_of)
    return [_item(db, row, known[row["feed"]]) for row in found]


def _item(db: Database, row: dict[str, Any], face: Face) -> Item:
    return Item(
        id=row["public_id"],
        version=row["version"],
        number=row["number"],
        entry=_decode(blobs.read(db.conn, row["codec"], row["data"], row["base"])),
        first_seen=from_text(row["first_seen"]),
        changed=from_text(row["changed"]),
        feed_url=face.url,
        feed_title=face.title,
        feed_id=face.meta.id,
        feed_link=face.meta.link,
        feed_language=face.meta.language,
        feed_tags=face.tags,
        local=face.local,
    )
