"""An archive made anew from its raw documents, by today's parsers: beside the old one, which stays as it is.

feeds, documents, poll states ─copied─► new archive ◄─read again─ entries, versions, identities, windows, deletions
joinings by hand ─done again at their time─┘        └─ channels: their logs, for the editions that are the same
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from archive.store import joining, log, withdrawing
from archive.store.documents import documents
from archive.store.errors import StoreError, explained
from archive.store.record import read_again
from archive.store.schema import connect
from archive.store.times import from_text
from archive.store.values import Difference, DocumentRecord, Observation

_STEP = 20

Read = Callable[[DocumentRecord, str], Observation | None]


def rebuild(old: Path, new: Path, read: Read, now: datetime, *, done: Callable[[], None]) -> list[Difference]:
    """Make the archive `new` from the documents of `old`; gives the entries that differ. `done` hears of each document.

    `read` makes the observation of a document of a remote or local feed, None where it is nothing that can be read.
    Nobody else may have the old archive open meanwhile: what they wrote would be missing. Raises StoreError.
    """
    with closing(connect(new, now=now, authority="")) as db, explained(old):
        db.execute("ATTACH ? AS old", (str(old),))
        db.execute("PRAGMA old.locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        try:
            _copy(db)
            authority = str(db.execute("SELECT value FROM setting WHERE key = 'authority'").fetchone()[0])
            waiting = iter(_joinings(db))
            upcoming = next(waiting, None)
            for document in _documents(db):
                while upcoming and upcoming[0] <= document.first_at:
                    _join_again(db, upcoming, authority)
                    upcoming = next(waiting, None)
                (kind,) = db.execute("SELECT kind FROM feed WHERE id = ?", (document.feed,)).fetchone()
                if observation := read(document, kind):
                    read_again(db, observation, document.id, authority)
                done()
            while upcoming:
                _join_again(db, upcoming, authority)
                upcoming = next(waiting, None)
            _withdraw_again(db)
            _copy_channels(db)
            found = list(_differences(db))
            log.append(db)
            db.execute("COMMIT")
        except BaseException:
            db.rollback()
            raise
        db.execute("PRAGMA old.wal_checkpoint(TRUNCATE)")
        db.execute("DETACH old")
        return found


def _copy(db: sqlite3.Connection) -> None:
    """What is not read out of documents: settings, feeds, how they are polled, the documents themselves, events."""
    # It is another archive, made now, and its log has a name and a first leaf of its own.
    db.execute("DELETE FROM setting WHERE key <> 'created'")
    db.execute("INSERT INTO setting SELECT * FROM old.setting WHERE key <> 'created'")
    log.begin_anew(db)
    db.execute(
        "WITH RECURSIVE kept (id) AS (SELECT blob FROM old.document UNION"
        " SELECT base FROM old.blob JOIN kept ON blob.id = kept.id WHERE base IS NOT NULL)"
        " INSERT INTO blob SELECT * FROM old.blob WHERE id IN (SELECT id FROM kept)"
    )
    for table in ("feed", "document", "poll", "push"):
        names = ", ".join(row[1] for row in db.execute(f"PRAGMA old.table_info({table})"))
        db.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM old.{table}")
    db.execute("UPDATE feed SET guids_trusted = 1, dates_trusted = 1")
    db.execute("UPDATE poll SET window = NULL, shown = '[]'")
    db.execute("INSERT INTO event SELECT * FROM old.event WHERE kind NOT IN ('replaced', 'complete')")


def _documents(db: sqlite3.Connection) -> Iterator[DocumentRecord]:
    after = 0
    while found := documents(db, None, after, _STEP):
        yield from found
        after = found[-1].id


Again = tuple[datetime, str, str, str, str]


def _joinings(db: sqlite3.Connection) -> list[Again]:
    """What was joined and parted by hand: when, what, the entries by their public ids, the first key."""
    rows = db.execute(
        "SELECT at, action, one.public_id, two.public_id, json_extract(keys, '$[0]') FROM old.joining"
        " JOIN old.entry AS one ON one.id = joining.entry JOIN old.entry AS two ON two.id = joining.other"
        " ORDER BY joining.id"
    ).fetchall()
    return [(from_text(at), action, one, other, key) for at, action, one, other, key in rows]


def _join_again(db: sqlite3.Connection, again: Again, authority: str) -> None:
    at, action, one, other, key = again
    entry, into = (db.execute("SELECT id FROM entry WHERE public_id = ?", (name,)).fetchone() for name in (one, other))
    try:
        if action == "merge" and entry and into:
            joining.merge(db, entry[0], into[0], at)
        elif action == "split" and entry:
            joining.split(db, entry[0], key, at, authority)
    except StoreError:
        return  # today's rules tell them apart, or together, by themselves


def _withdraw_again(db: sqlite3.Connection) -> None:
    """What was taken back and given back by hand."""
    rows = db.execute(
        "SELECT entry.id, reason, at, comment FROM old.deletion JOIN old.entry AS was ON was.id = deletion.entry"
        " JOIN entry ON entry.public_id = was.public_id WHERE reason IN ('withdrawn', 'restored') ORDER BY deletion.id"
    ).fetchall()
    for entry, reason, at, comment in rows:
        withdrawing.say(db, entry, from_text(at), reason, comment)


def _copy_channels(db: sqlite3.Connection) -> None:
    """The logs of channels: what was published stays so, for all editions that were found again."""
    db.execute(
        "CREATE TEMP TABLE same AS SELECT was.id AS old, min(edition.id) AS new FROM old.edition AS was"
        " JOIN old.entry AS its ON its.id = was.entry JOIN old.version AS said ON said.id = was.version"
        " JOIN entry ON entry.public_id = its.public_id"
        " JOIN edition ON edition.entry = entry.id AND edition.at = was.at"
        " JOIN version ON version.id = edition.version AND version.fingerprint = said.fingerprint GROUP BY was.id"
    )
    db.execute("CREATE INDEX temp.same_old ON same (old)")
    db.execute(
        "INSERT INTO channel SELECT name, coalesce((SELECT max(new) FROM same WHERE old <= cursor), 0), selection,"
        " length, pages, closed FROM old.channel"
    )
    db.execute(
        "INSERT OR IGNORE INTO channel_item SELECT channel, position, new, dropped FROM old.channel_item"
        " JOIN same ON same.old = edition"
    )
    db.execute("INSERT INTO channel_page SELECT * FROM old.channel_page")
    db.execute("DROP TABLE same")


def _differences(db: sqlite3.Connection) -> Iterator[Difference]:
    """The entries whose versions are not what they were."""
    versions = (
        "SELECT public_id, group_concat(hex(fingerprint)) FROM (SELECT entry.public_id, version.fingerprint"
        " FROM {0}.version JOIN {0}.entry ON entry.id = version.entry ORDER BY entry.public_id, version.fingerprint)"
        " GROUP BY public_id"
    )
    before, after = (dict(db.execute(versions.format(name)).fetchall()) for name in ("old", "main"))
    for identity in sorted(before.keys() | after.keys()):
        if before.get(identity) != after.get(identity):
            known = identity in before, identity in after
            yield Difference(identity, "changed" if all(known) else "missing" if known[0] else "new")
