"""How feeds are named where their entries are shown: what the operator calls them, else what they call themselves."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

import msgspec
from msgspec import Struct

from archive.store.database import Database
from archive.store.times import to_text
from feeds.model import Feed


class Face(Struct, frozen=True):
    """A feed as its entries show it."""

    url: str
    title: str
    local: bool
    tags: tuple[str, ...]
    meta: Feed


def faces(db: Database, feeds: Collection[int], as_of: datetime | None = None) -> dict[int, Face]:
    """The faces of these feeds by their ids, as they were known at an instant if one is given."""
    rows = db.query(
        "SELECT feed.id, feed.url, feed.kind, feed.given_title, feed.tags, (SELECT body FROM feed_version"
        "   WHERE feed_version.feed = feed.id AND (:at IS NULL OR first_seen <= :at)"
        "   ORDER BY first_seen DESC, feed_version.id DESC LIMIT 1) AS body"
        " FROM feed WHERE feed.id IN (SELECT value FROM json_each(:feeds))",
        {"feeds": json.dumps(sorted(feeds)), "at": as_of and to_text(as_of)},
    )
    found = {}
    for row in rows:
        meta = msgspec.json.decode(row["body"], type=Feed) if row["body"] else Feed()
        title = row["given_title"] or meta.title or row["url"]
        found[row["id"]] = Face(row["url"], title, row["kind"] == "local", tuple(json.loads(row["tags"])), meta)
    return found
