"""Which entry it is: the keys that entries are known by, and how they come to new ones."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from archive.history import Key, Known, Newcomer, Resident, keys, plain_link, recognised, undated
from archive.history.fingerprint import UNDATED
from archive.store import blobs
from archive.store.times import to_text
from archive.store.values import Observation
from feeds.model import Entry

_decode = msgspec.json.Decoder(Entry).decode
_PLACES = (1, 10, 30, 100, 500)
_MANY = _PLACES[-1]  # keys in one query
_KNOWN = """
    SELECT identity.key, entry.id, entry.form, version.fingerprint, EXISTS
        (SELECT 1 FROM span WHERE span.feed = entry.feed AND span.entry = entry.id AND span.closed IS NULL)
    FROM identity JOIN entry ON entry.id = identity.entry
    LEFT JOIN edition ON edition.id = entry.edition LEFT JOIN version ON version.id = edition.version
    WHERE identity.feed = ? AND identity.key IN"""
_LINKED = 20  # candidates for one link; a link that more entries share tells nothing


def keys_of(db: sqlite3.Connection, seen: Observation, entries: Sequence[Entry]) -> list[Key]:
    """The key of each entry; remembers if the feed's guids turn out to be of no use."""
    if seen.keys is not None:
        return list(seen.keys)
    (trusted,) = db.execute("SELECT guids_trusted FROM feed WHERE id = ?", (seen.feed,)).fetchone()
    found, still_trusted = keys(entries, guids_trusted=bool(trusted))
    if trusted and not still_trusted:
        db.execute("UPDATE feed SET guids_trusted = 0 WHERE id = ?", (seen.feed,))
    return found


def known(db: sqlite3.Connection, feed: int, wanted: Iterable[str]) -> dict[str, Known]:
    """What is known of the entries with these keys."""
    found = {}
    left = list(wanted)
    while left:
        some, left = left[:_MANY], left[_MANY:]
        # Each in a place of its own: SQLite's json_each, which could take them all, ends a text at its first NUL. The
        # places are of a few numbers only, so that the query need not be prepared anew for each document.
        places = next(number for number in _PLACES if len(some) <= number)
        rows = db.execute(f"{_KNOWN} ({', '.join('?' * places)})", (feed, *some, *[None] * (places - len(some))))
        for key, entry, form, digest, in_window in rows:
            found[key] = Known(entry, form, digest, bool(in_window))
    return found


def recognise(
    db: sqlite3.Connection, seen: Observation, shown: Sequence[tuple[Key, Entry]], met: Mapping[str, Known]
) -> dict[str, Known]:
    """What is known of entries that come under a key never met before; from now on they are known by that too.

    Candidates are entries with the same link, and those of the window that are not in this document.
    """
    unknown = [Newcomer(key, entry) for key, entry in shown if key.value not in met]
    if not unknown:
        return {}
    present = {one.entry for one in met.values()}
    links = {plain_link(one.entry.link) for one in unknown if one.entry.link}
    candidates = [one for link in links for one in _linked(db, seen.feed, link)]
    if seen.windowed:
        candidates += _missing(db, seen.feed, present)
    residents = {one.number: one for one in candidates if one.number not in present}
    found = recognised(unknown, list(residents.values()))
    db.executemany(
        "INSERT INTO identity (feed, key, entry, rule, confidence, since) VALUES (?, ?, ?, ?, ?, ?)",
        [(seen.feed, key, one.number, one.rule, one.confidence, to_text(seen.at)) for key, one in found.items()],
    )
    return known(db, seen.feed, found)


def current_body(db: sqlite3.Connection, entry: int) -> Entry:
    """An entry in its current version."""
    codec, data, base = db.execute(
        "SELECT blob.codec, blob.data, blob.base FROM entry JOIN edition ON edition.id = entry.edition"
        " JOIN version ON version.id = edition.version JOIN blob ON blob.id = version.blob WHERE entry.id = ?",
        (entry,),
    ).fetchone()
    return _decode(blobs.read(db, codec, data, base))


def same_but_for_dates(db: sqlite3.Connection, known: Known, bare: bytes) -> bytes | None:
    """The fingerprint of the entry's version that has this one without its dates, the current one before all others."""
    if known.fingerprint and undated(current_body(db, known.entry)) == bare:
        return known.fingerprint
    # Versions from since the dates tell nothing have none in their fingerprints.
    rows = db.execute(
        "SELECT fingerprint, blob FROM version WHERE entry = ? AND (fingerprint = ? OR substr(fingerprint, 1, 1) <> ?)"
        " ORDER BY number DESC",
        (known.entry, bare, UNDATED),
    )
    return next((digest for digest, blob in rows if digest == bare or undated(body_of(db, blob)) == bare), None)


def body_of(db: sqlite3.Connection, blob: int) -> Entry:
    """The entry that a version's blob holds."""
    return _decode(blobs.get(db, blob))


def _linked(db: sqlite3.Connection, feed: int, link: str) -> list[Resident]:
    """The feed's latest entries with that link."""
    rows = db.execute(
        "SELECT id FROM entry WHERE link = ? AND feed = ? AND merged IS NULL ORDER BY id DESC LIMIT ?",
        (link, feed, _LINKED),
    ).fetchall()
    return [_resident(db, feed, entry) for (entry,) in rows]


def _missing(db: sqlite3.Connection, feed: int, present: set[int]) -> list[Resident]:
    """The entries that stood in the feed's window and are not in this document."""
    rows = db.execute("SELECT DISTINCT entry FROM span WHERE feed = ? AND closed IS NULL", (feed,)).fetchall()
    return [_resident(db, feed, entry) for (entry,) in rows if entry not in present]


def _resident(db: sqlite3.Connection, feed: int, entry: int) -> Resident:
    names = db.execute("SELECT key FROM identity WHERE entry = ? AND feed = ?", (entry, feed)).fetchall()
    return Resident(entry, frozenset(name for (name,) in names), current_body(db, entry))
