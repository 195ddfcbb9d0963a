"""What channels and entries showed at a time, for those who ask for the past (RFC 7089).

A moment is a whole second, as HTTP knows no shorter ones: what stood at its end. Times are in seconds since 1970.
"""

from __future__ import annotations

from datetime import UTC, datetime

from archive.store.channels import ITEM, JOINS, read_items
from archive.store.database import Database
from archive.store.times import to_text
from feeds.channel import Item

# What was taken back by hand is shown at no moment.
_KEPT = """
    coalesce((SELECT reason FROM deletion WHERE deletion.entry = edition.entry
        AND reason IN ('withdrawn', 'restored') ORDER BY deletion.id DESC LIMIT 1), '') <> 'withdrawn'
"""


def of_channel(db: Database, channel: str, since: int) -> list[int]:
    """The moments of what came into a channel's log from that position on, in order."""
    rows = db.execute(
        # Cut off first: the last half of a millisecond would be rounded up to the next second.
        "SELECT CAST(strftime('%s', substr(edition.at, 1, 19)) AS INTEGER) FROM channel_item"
        " JOIN edition ON edition.id = channel_item.edition WHERE channel = ? AND position >= ? AND NOT dropped",
        (channel, since),
    )
    return sorted({moment for (moment,) in rows})


def channel_at(db: Database, channel: str, moment: int, limit: int) -> list[Item]:
    """The end of the log as it was at a moment: the last items that had come by then, in the log's order."""
    rows = db.execute(
        f"{ITEM} FROM (SELECT position, edition FROM channel_item JOIN edition ON edition.id = channel_item.edition"
        f" WHERE channel = ? AND NOT dropped AND edition.at < ? AND {_KEPT} ORDER BY position DESC LIMIT ?) AS shown"
        f" JOIN edition ON edition.id = shown.edition {JOINS} ORDER BY position",
        (channel, _end(moment), limit),
    )
    return read_items(db, rows.fetchall())


def of_entry(db: Database, edition: int) -> list[tuple[int, Item]]:
    """All editions of the entry that this one is of, each with its moment, in the order of their times."""
    rows = db.execute(
        f"{ITEM} FROM edition {JOINS} WHERE edition.entry = (SELECT entry FROM edition WHERE id = ?)"
        " ORDER BY edition.at, edition.id",
        (edition,),
    )
    return [(int(item.changed.timestamp()), item) for item in read_items(db, rows.fetchall())]


def _end(moment: int) -> str:
    return to_text(datetime.fromtimestamp(moment + 1, UTC))
