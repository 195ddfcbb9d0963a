"""What channels of corrections and of deletions are made from: editions with the ones before them, and deletions."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from archive.store.channels import ITEM, JOINS, read_items, withdrawn
from archive.store.database import Database
from archive.store.times import from_text
from archive.store.values import Deletion
from feeds.channel import Item, Withdrawn

# Which edition a deletion is of: the one that stood when it was seen, else the first.
_OF = """
    coalesce((SELECT id FROM edition AS of WHERE of.entry = {0}.entry AND of.at <= {0}.seen AND NOT of.late
        ORDER BY of.at DESC, of.id DESC LIMIT 1), (SELECT min(id) FROM edition AS of WHERE of.entry = {0}.entry))
"""
_DELETIONS = f"""
    {ITEM}, told.id, told.reason, told.seen, told.at, told.by, told.comment, NOT EXISTS (
        SELECT 1 FROM deletion AS before WHERE before.entry = told.entry AND before.id < told.id
        AND {_OF.format("before")} = edition.id)
    FROM deletion AS told JOIN edition ON edition.id = {_OF.format("told")} {JOINS}
"""
_OWN = 7  # columns of a deletion's own, after those of its item


def editions_before(db: Database, editions: Collection[int]) -> dict[int, Item]:
    """What the entries of these editions were just before; nothing for those that were new."""
    rows = db.execute(
        f"{ITEM}, wanted.value FROM json_each(?) AS wanted JOIN edition ON edition.id = (SELECT max(id)"
        " FROM edition AS before WHERE before.entry = (SELECT entry FROM edition WHERE id = wanted.value)"
        f" AND before.id < wanted.value AND NOT before.late) {JOINS}",
        (json.dumps(list(editions)),),
    ).fetchall()
    items = read_items(db, [row[:-1] for row in rows])
    return {row[-1]: item for row, item in zip(rows, items, strict=True)}


def editions_until(db: Database, edition: int) -> list[Item]:
    """All that the entry of an edition has been until then, in order."""
    rows = db.execute(
        f"{ITEM} FROM edition {JOINS} WHERE edition.entry = (SELECT entry FROM edition WHERE id = ?1)"
        " AND edition.id <= ?1 AND NOT edition.late ORDER BY edition.id",
        (edition,),
    )
    return read_items(db, rows.fetchall())


def standing(db: Database, editions: Collection[int]) -> dict[int, Withdrawn]:
    """Those of the editions whose entries are taken back now, with when and why."""
    rows = db.execute(
        "SELECT edition.id, (SELECT json_array(reason, at, comment) FROM deletion WHERE deletion.entry = edition.entry"
        " AND reason IN ('withdrawn', 'restored') ORDER BY deletion.id DESC LIMIT 1)"
        " FROM edition WHERE edition.id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(editions)),),
    )
    known = ((edition, withdrawn(said)) for edition, said in rows if said)
    return {edition: one for edition, one in known if one}


def deletions_after(db: Database, cursor: int, limit: int) -> list[Deletion]:
    """The next deletions after that one, in order."""
    rows = db.execute(f"{_DELETIONS} WHERE told.id > ? ORDER BY told.id LIMIT ?", (cursor, limit))
    return _read(db, rows.fetchall())


def deletions_of(db: Database, editions: Sequence[int]) -> dict[int, Deletion]:
    """The first deletion of each of these editions that has any."""
    rows = db.execute(
        f"{_DELETIONS} WHERE told.entry IN (SELECT entry FROM edition WHERE id IN (SELECT value FROM json_each(?)))"
        " ORDER BY told.id",
        (json.dumps(list(editions)),),
    )
    return {one.item.version: one for one in _read(db, rows.fetchall()) if one.first}


def deletions_until(db: Database, deletion: int) -> list[Deletion]:
    """The deletions of the same entry before that one, in order."""
    rows = db.execute(
        f"{_DELETIONS} WHERE told.entry = (SELECT entry FROM deletion WHERE id = ?1) AND told.id < ?1 ORDER BY told.id",
        (deletion,),
    )
    return _read(db, rows.fetchall())


def _read(db: Database, rows: Iterable[tuple[Any, ...]]) -> list[Deletion]:
    rows = list(rows)
    items = read_items(db, [row[:-_OWN] for row in rows])
    found = []
    for row, item in zip(rows, items, strict=True):
        number, reason, seen, at, by, comment, first = row[-_OWN:]
        when = from_text(at) if at else from_text(seen)
        found.append(
            Deletion(number, item, reason, from_text(seen), min(when, from_text(seen)), by, comment, bool(first))
        )
    return found
