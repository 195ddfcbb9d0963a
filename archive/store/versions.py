"""Writing entries and their versions: rows that are only ever added."""

from __future__ import annotations

import re
import sqlite3
import uuid
from typing import NamedTuple
from urllib.parse import urlsplit

from archive.history import Seen, plain_link
from archive.store import blobs
from archive.store.index import Index, plain_texts, words_of
from archive.store.times import to_text
from archive.store.values import Observation
from feeds.count import word_count
from feeds.model import Entry

# Neither IRIs (RFC 3987 section 2.2) nor the XML that they are published in have a place for these.
_NOT_IN_IRI = re.compile(r"""[\x00-\x20"<>\\^`{|}\x7f-\xa0\ud800-\udfff\ufffe\uffff]|%(?![0-9A-Fa-f]{2})""")


class Place(NamedTuple):
    """What all changes of a document have in common.

    `last_seen` is when the document before it came last; `late` says that later documents are known already.
    """

    document: int | None
    authority: str
    last_seen: str
    late: bool
    words: Index


def new_entry(db: sqlite3.Connection, seen: Observation, one: Seen, authority: str) -> int:
    """The number of an entry never met, known by its key from now on."""
    at = to_text(seen.at)
    cursor = db.execute(
        "INSERT INTO entry (feed, public_id, first_seen, date) VALUES (?, ?, ?, ?)",
        (seen.feed, public_id(db, seen.feed, one.entry, one.key.value, authority), at, date_of(one.entry, at)),
    )
    assert cursor.lastrowid is not None
    db.execute(
        "INSERT INTO identity (feed, key, entry, rule, since) VALUES (?, ?, ?, ?, ?)",
        (seen.feed, one.key.value, cursor.lastrowid, one.key.rule, at),
    )
    return cursor.lastrowid


def public_id(db: sqlite3.Connection, feed: int, entry: Entry, key: str, authority: str) -> str:
    """The source's own id where it is an absolute IRI that no other entry has, else a tag: URI (RFC 4151)."""
    own = entry.id
    if own and is_absolute_iri(own) and not db.execute("SELECT 1 FROM entry WHERE public_id = ?", (own,)).fetchone():
        return own
    (url,) = db.execute("SELECT url FROM feed WHERE id = ?", (feed,)).fetchone()
    # What is split off under a key from the entry that got its id by that key needs another.
    name = f"{url}\n{key}"
    while True:
        made = minted(authority, name)
        if not db.execute("SELECT 1 FROM entry WHERE public_id = ?", (made,)).fetchone():
            return made
        name += "\n"


def minted(authority: str, name: str) -> str:
    """The tag: URI (RFC 4151) that a name makes."""
    return f"tag:{authority}:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def is_absolute_iri(text: str) -> bool:
    """Whether atom:id may be this text as it stands (RFC 4287 section 4.2.6, RFC 3987)."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if _NOT_IN_IRI.search(text) or text.count("#") > 1:
        return False
    named = parts.netloc if parts.scheme in ("http", "https") else parts.path or parts.netloc
    return bool(parts.scheme and named)


def version_of(db: sqlite3.Connection, entry: int, one: Seen, place: Place, at: str) -> int:
    """The number of the version with this content, added if the entry never had it."""
    row = db.execute("SELECT id FROM version WHERE entry = ? AND fingerprint = ?", (entry, one.fingerprint)).fetchone()
    if row:
        return int(row[0])
    last = db.execute("SELECT blob FROM version WHERE entry = ? ORDER BY number DESC LIMIT 1", (entry,)).fetchone()
    body = blobs.put(db, one.body, last and last[0])
    return add_version(db, entry, at, place.document, one.fingerprint, body, one.entry, place.words)


def add_version(
    db: sqlite3.Connection,
    entry: int,
    first_seen: str,
    document: int | None,
    fingerprint: bytes,
    blob: int,
    body: Entry,
    index: Index,
) -> int:
    """The number of the entry's next version."""
    cursor = db.execute(
        "INSERT INTO version (entry, number, first_seen, document, fingerprint, blob, words)"
        " VALUES (?, (SELECT count(*) + 1 FROM version WHERE entry = ?), ?, ?, ?, ?, ?)",
        (entry, entry, first_seen, document, fingerprint, blob, word_count(plain_texts(body)[-1])),
    )
    assert cursor.lastrowid is not None
    index.ready(cursor.lastrowid, words_of(body))
    return cursor.lastrowid


def make_current(db: sqlite3.Connection, entry: int, version: int, one: Seen, at: str, index: Index) -> None:
    """The version is what the entry says from now on."""
    cursor = db.execute(
        "INSERT INTO edition (entry, version, at, key) VALUES (?, ?, ?, ?)", (entry, version, at, one.key.value)
    )
    assert cursor.lastrowid is not None
    point_to(db, entry, cursor.lastrowid, one.entry, one.form, index)


def point_to(db: sqlite3.Connection, entry: int, edition: int, body: Entry, form: bytes | None, index: Index) -> None:
    """Writes down which edition is the entry's current one."""
    link = body.link and plain_link(body.link)
    db.execute("UPDATE entry SET edition = ?, form = ?, link = ? WHERE id = ?", (edition, form, link, entry))
    index.changed(entry)


def date_of(entry: Entry, at: str) -> str:
    """When it was published so far as is known; never later than it was seen."""
    declared = entry.published or entry.updated
    return min(to_text(declared), at) if declared else at
