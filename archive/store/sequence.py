"""A channel's entries in the order in which they joined its log, each once, as they are now."""

from __future__ import annotations

import json

from archive.store.channels import ITEM, JOINS, read_items
from archive.store.database import Database
from feeds.channel import Item

_OF_CHANNEL = "FROM channel_item JOIN edition ON edition.id = channel_item.edition WHERE channel = ?"


def sequence(db: Database, channel: str, stop: int, most: int) -> tuple[int, list[Item | None]]:
    """Of the first `stop` entries the last `most`, with the place of the first of them.

    There is None in the place of one that belongs to the channel no longer.
    """
    (count,) = db.execute(f"SELECT count(DISTINCT edition.entry) {_OF_CHANNEL}", (channel,)).fetchone()
    stop = min(stop, count)
    start = max(0, stop - most)
    rows = db.execute(
        "SELECT max(CASE WHEN NOT dropped THEN edition.id END), min(position) AS first"
        f" {_OF_CHANNEL} GROUP BY edition.entry ORDER BY first LIMIT ? OFFSET ?",
        (channel, stop - start, start),
    )
    newest = [edition for edition, _ in rows]
    items = read_items(
        db,
        db.execute(
            f"{ITEM} FROM edition {JOINS} WHERE edition.id IN (SELECT value FROM json_each(?))",
            (json.dumps([edition for edition in newest if edition]),),
        ).fetchall(),
    )
    known = {item.version: item for item in items}
    return start, [known.get(edition) for edition in newest]
