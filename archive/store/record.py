"""Writing down what a look at a feed brought: the document, then what changed in its entries."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from archive.history import Change, Key, Known, Seen, adopted, changes, fingerprint, form, keys, plain_link
from archive.store import blobs
from archive.store.search import Indexed, add_to_index
from archive.store.subscriptions import keep_poll
from archive.store.times import to_text
from archive.store.values import Observation, Recorded
from feeds.html import to_text as plain
from feeds.html import word_count
from feeds.model import Entry, Feed, ParsedFeed, Tombstone

_decode = msgspec.json.Decoder(Entry).decode

# Neither IRIs (RFC 3987 section 2.2) nor the XML that they are published in have a place for these.
_NOT_IN_IRI = re.compile(r"""[\x00-\x20"<>\\^`{|}\x7f-\xa0\ud800-\udfff\ufffe\uffff]|%(?![0-9A-Fa-f]{2})""")


def record(db: sqlite3.Connection, observations: Iterable[Observation], authority: str) -> list[Recorded]:
    """What each observation changed. Runs inside the caller's transaction."""
    index: list[Indexed] = []
    recorded = [_record(db, one, authority, index) for one in observations]
    add_to_index(db, index)
    return recorded


def _record(db: sqlite3.Connection, seen: Observation, authority: str, index: list[Indexed]) -> Recorded:
    last_seen = _last_seen(db, seen)
    document = None
    if seen.served:
        document = _keep_document(db, seen)
    elif seen.poll and seen.poll.error is None:
        _same_again(db, seen)
    recorded = Recorded(feed=seen.feed)
    if seen.parsed is not None:
        _keep_meta(db, seen, seen.parsed.feed)
        recorded = _keep_entries(db, seen, seen.parsed, _Place(document, authority, last_seen, index))
    if document and seen.poll and seen.poll.error is None:
        _keep_window(db, seen, document)
    if seen.poll is not None:
        # What could not be read is kept, but the next answer is compared with the last one that could.
        keep_poll(db, seen.feed, seen.poll, None if seen.poll.error else document)
    return recorded


class _Place(NamedTuple):
    """What all changes of a document have in common; `last_seen` is when the document before it came last.

    `findable` gathers what is to be found by its words.
    """

    document: int | None
    authority: str
    last_seen: str
    findable: list[Indexed]


def _last_seen(db: sqlite3.Connection, seen: Observation) -> str:
    """When what this document replaces was served last: the feed's window, or the article at that address."""
    if seen.windowed:
        row = db.execute(
            "SELECT last_at FROM poll JOIN document ON document.id = poll.window WHERE poll.feed = ?", (seen.feed,)
        ).fetchone()
    else:
        row = db.execute(
            "SELECT last_at FROM document WHERE feed = ? AND url = ? ORDER BY id DESC LIMIT 1",
            (seen.feed, seen.served and seen.served.url),
        ).fetchone()
    return str(row[0]) if row else ""


def _keep_document(db: sqlite3.Connection, seen: Observation) -> int:
    served = seen.served
    assert served is not None
    latest = db.execute(
        "SELECT document.id, blob.sha256 FROM document JOIN blob ON blob.id = document.blob"
        " WHERE document.feed = ? AND document.url = ? ORDER BY document.id DESC LIMIT 1",
        (seen.feed, served.url),
    ).fetchone()
    at = to_text(seen.at)
    if latest and latest[1] == hashlib.sha256(served.body).digest():
        db.execute("UPDATE document SET last_at = max(last_at, ?), times = times + 1 WHERE id = ?", (at, latest[0]))
        return int(latest[0])
    cursor = db.execute(
        "INSERT INTO document (feed, blob, url, status, first_at, last_at, request_headers, response_headers,"
        " format, charset, problems) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            seen.feed,
            blobs.put(db, served.body),
            served.url,
            served.status,
            at,
            at,
            json.dumps(served.request_headers),
            json.dumps(served.response_headers),
            *_how_read(db, seen),
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _how_read(db: sqlite3.Connection, seen: Observation) -> tuple[str | None, str | None, str]:
    """The document's format, charset and problems; bytes that were not parsed again are as they were before."""
    if parsed := seen.parsed:
        return parsed.format, msgspec.json.encode(parsed.charset).decode(), json.dumps(parsed.problems)
    row: tuple[str | None, str | None, str] | None = None
    if seen.poll and seen.poll.error is None:
        row = db.execute(
            "SELECT format, charset, problems FROM poll JOIN document ON document.id = poll.document"
            " WHERE poll.feed = ?",
            (seen.feed,),
        ).fetchone()
    return row or (None, None, "[]")


def _keep_window(db: sqlite3.Connection, seen: Observation, document: int) -> None:
    """Writes down that this is the feed's window: it shows entries, or has the bytes of the document that did."""
    if seen.parsed is None:
        db.execute("UPDATE poll SET window = ? WHERE feed = ? AND window = document", (document, seen.feed))
    elif seen.windowed:
        db.execute("UPDATE poll SET window = ? WHERE feed = ?", (document, seen.feed))


def _same_again(db: sqlite3.Connection, seen: Observation) -> None:
    """A 304: the last document was served once more."""
    db.execute(
        "UPDATE document SET last_at = max(last_at, ?), times = times + 1"
        " WHERE id = (SELECT document FROM poll WHERE feed = ?)",
        (to_text(seen.at), seen.feed),
    )


def _keep_meta(db: sqlite3.Connection, seen: Observation, feed: Feed) -> None:
    # A date that moves with every document says nothing about the feed itself.
    body = msgspec.json.encode(msgspec.structs.replace(feed, updated=None, published=None), order="deterministic")
    digest = hashlib.blake2b(body, digest_size=16).digest()
    latest = db.execute(
        "SELECT fingerprint FROM feed_version WHERE feed = ? ORDER BY id DESC LIMIT 1", (seen.feed,)
    ).fetchone()
    if latest is None or latest[0] != digest:
        db.execute(
            "INSERT INTO feed_version (feed, first_seen, fingerprint, body) VALUES (?, ?, ?, ?)",
            (seen.feed, to_text(seen.at), digest, body.decode()),
        )


def _keep_entries(db: sqlite3.Connection, seen: Observation, parsed: ParsedFeed, place: _Place) -> Recorded:
    entry_keys = _keys(db, seen, parsed.entries)
    known = _known(db, seen.feed, {key.value for key in entry_keys})
    if seen.keys is None:
        known |= _adopt(db, seen, list(zip(entry_keys, parsed.entries, strict=True)), known)
    spans = _open_spans(db, seen.feed) if seen.windowed else []
    looked = [_look(key, entry, known) for key, entry in zip(entry_keys, parsed.entries, strict=True)]
    found = changes(known, looked, {span.entry for span in spans} if seen.windowed else None)
    for entry in found.left:
        _close_spans(db, entry, to_text(seen.at), place.last_seen, "left the window")
    standing = {(known[one.key.value].entry, one.fingerprint) for one in looked if one.key.value in known}
    for span in spans:
        if (span.entry, span.fingerprint) not in standing and span.entry not in found.left:
            _close_span(db, span.id, to_text(seen.at), place.last_seen)
    numbers = {"new": 0, "edited": 0, "returned": 0, "noise": 0, "aside": 0}
    touched: list[int] = []
    fresh: dict[str, int] = {}
    for change in found.changes:
        numbers[change.kind] += 1
        touched.append(_apply(db, seen, change, place, fresh))
    for tombstone in parsed.tombstones:
        _mark_deleted(db, seen, tombstone)
    return Recorded(
        feed=seen.feed,
        new=numbers["new"],
        edited=numbers["edited"],
        unchanged=found.unchanged + numbers["returned"] + numbers["noise"],
        left=len(found.left),
        entries=tuple(touched),
    )


def _keys(db: sqlite3.Connection, seen: Observation, entries: Sequence[Entry]) -> list[Key]:
    if seen.keys is not None:
        return list(seen.keys)
    (trusted,) = db.execute("SELECT guids_trusted FROM feed WHERE id = ?", (seen.feed,)).fetchone()
    found, still_trusted = keys(entries, guids_trusted=bool(trusted))
    if trusted and not still_trusted:
        db.execute("UPDATE feed SET guids_trusted = 0 WHERE id = ?", (seen.feed,))
    return found


def _look(key: Key, entry: Entry, known: Mapping[str, Known]) -> Seen:
    body, digest = form(entry)
    before = known.get(key.value)
    if before and before.form == digest and before.fingerprint:
        return Seen(key, entry, body, digest, before.fingerprint)
    return Seen(key, entry, body, digest, fingerprint(entry))


def _known(db: sqlite3.Connection, feed: int, wanted: Iterable[str]) -> dict[str, Known]:
    # One by one: SQLite's json_each, which could take them all, ends a text at its first NUL.
    found = {}
    for key in wanted:
        row = db.execute(
            "SELECT entry.id, entry.form, version.fingerprint, EXISTS"
            " (SELECT 1 FROM span WHERE span.feed = entry.feed AND span.entry = entry.id AND span.closed IS NULL)"
            " FROM identity JOIN entry ON entry.id = identity.entry"
            " LEFT JOIN edition ON edition.id = entry.edition LEFT JOIN version ON version.id = edition.version"
            " WHERE identity.feed = ? AND identity.key = ?",
            (feed, key),
        ).fetchone()
        if row:
            entry, form, digest, in_window = row
            found[key] = Known(entry, form, digest, bool(in_window))
    return found


def _adopt(
    db: sqlite3.Connection, seen: Observation, shown: Sequence[tuple[Key, Entry]], known: Mapping[str, Known]
) -> dict[str, Known]:
    """What is known of entries that come under a key never met before; from now on they are known by that too."""
    unknown = [(key, entry) for key, entry in shown if entry.link and key.value not in known]
    met = {one.entry for one in known.values()}
    links = {plain_link(entry.link) for _, entry in unknown if entry.link}
    found = adopted(unknown, [one for link in links for one in _linked(db, seen.feed, link) if one[0] not in met])
    rules = {key.value: key.rule for key, _ in unknown}
    db.executemany(
        "INSERT INTO identity (feed, key, entry, rule, confidence, since) VALUES (?, ?, ?, ?, 0.9, ?)",
        [(seen.feed, key, entry, rules[key], to_text(seen.at)) for key, entry in found.items()],
    )
    return _known(db, seen.feed, found)


def _linked(db: sqlite3.Connection, feed: int, link: str) -> list[tuple[int, Entry]]:
    """The feed's latest entries with that link."""
    rows = db.execute(
        "SELECT entry.id, blob.codec, blob.data FROM entry JOIN edition ON edition.id = entry.edition"
        " JOIN version ON version.id = edition.version JOIN blob ON blob.id = version.blob"
        " WHERE entry.link = ? AND entry.feed = ? ORDER BY entry.id DESC LIMIT 20",
        (link, feed),
    )
    return [(entry, _decode(blobs.unpack(codec, data))) for entry, codec, data in rows]


class _Span(NamedTuple):
    """A stay in the window that has not ended."""

    id: int
    entry: int
    fingerprint: bytes


def _open_spans(db: sqlite3.Connection, feed: int) -> list[_Span]:
    rows = db.execute(
        "SELECT span.id, span.entry, version.fingerprint FROM span JOIN version ON version.id = span.version"
        " WHERE span.feed = ? AND span.closed IS NULL",
        (feed,),
    )
    return [_Span(*row) for row in rows]


def _apply(db: sqlite3.Connection, seen: Observation, change: Change, place: _Place, fresh: dict[str, int]) -> int:
    """Records one change; `fresh` remembers the entries that this document made, for what stands aside of them."""
    at, one = to_text(seen.at), change.seen
    entry = change.known.entry if change.known else fresh.get(one.key.value)
    if entry is None:
        entry = fresh[one.key.value] = _new_entry(db, seen, one, place.authority)
    if change.kind in ("new", "edited", "aside"):
        version = _version(db, entry, one, place, at)
        if change.kind != "aside":
            _make_current(db, entry, version, one, at)
        if change.kind == "edited":
            _close_spans(db, entry, at, place.last_seen, "edited")
        _open_span(db, seen.feed, entry, version, at)
    else:
        db.execute("UPDATE entry SET form = ? WHERE id = ?", (one.form, entry))
        if change.kind == "returned":
            (version,) = db.execute(
                "SELECT version FROM edition WHERE id = (SELECT edition FROM entry WHERE id = ?)", (entry,)
            ).fetchone()
            _open_span(db, seen.feed, entry, version, at)
    return entry


def _new_entry(db: sqlite3.Connection, seen: Observation, one: Seen, authority: str) -> int:
    at = to_text(seen.at)
    declared = one.entry.published or one.entry.updated
    cursor = db.execute(
        "INSERT INTO entry (feed, public_id, first_seen, date) VALUES (?, ?, ?, ?)",
        (seen.feed, _public_id(db, seen.feed, one, authority), at, to_text(min(declared, seen.at)) if declared else at),
    )
    assert cursor.lastrowid is not None
    db.execute(
        "INSERT INTO identity (feed, key, entry, rule, since) VALUES (?, ?, ?, ?, ?)",
        (seen.feed, one.key.value, cursor.lastrowid, one.key.rule, at),
    )
    return cursor.lastrowid


def _public_id(db: sqlite3.Connection, feed: int, one: Seen, authority: str) -> str:
    """The source's own id where it is an absolute IRI that no other entry has, else a tag: URI (RFC 4151)."""
    own = one.entry.id
    if own and is_absolute_iri(own) and not db.execute("SELECT 1 FROM entry WHERE public_id = ?", (own,)).fetchone():
        return own
    (url,) = db.execute("SELECT url FROM feed WHERE id = ?", (feed,)).fetchone()
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{url}\n{one.key.value}")
    return f"tag:{authority}:{name}"


def is_absolute_iri(text: str) -> bool:
    """Whether atom:id may be this text as it stands (RFC 4287 section 4.2.6, RFC 3987)."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if _NOT_IN_IRI.search(text) or text.count("#") > 1:
        return False
    return bool(parts.scheme) and bool(
        parts.netloc if parts.scheme in ("http", "https") else parts.path or parts.netloc
    )


def _version(db: sqlite3.Connection, entry: int, one: Seen, place: _Place, at: str) -> int:
    row = db.execute("SELECT id FROM version WHERE entry = ? AND fingerprint = ?", (entry, one.fingerprint)).fetchone()
    if row:
        return int(row[0])
    texts = _plain_texts(one.entry)
    cursor = db.execute(
        "INSERT INTO version (entry, number, first_seen, document, fingerprint, blob, words)"
        " VALUES (?, (SELECT count(*) + 1 FROM version WHERE entry = ?), ?, ?, ?, ?, ?)",
        (entry, entry, at, place.document, one.fingerprint, blobs.put(db, one.body), word_count(texts[-1])),
    )
    assert cursor.lastrowid is not None
    tags = " ".join(tag.label or tag.term for tag in one.entry.categories)
    place.findable.append(Indexed(cursor.lastrowid, one.entry.title or "", "\n\n".join(texts), _names(one.entry), tags))
    return cursor.lastrowid


def _plain_texts(entry: Entry) -> list[str]:
    """The summary and the content as plain text, so far as there are any; the last one is the fullest text there is."""
    texts = [text for text in (entry.summary, entry.content) if text]
    return [plain(text.value) if text.kind == "html" else text.value for text in texts] or [""]


def _names(entry: Entry) -> str:
    return " ".join(person.name or person.email or "" for person in (*entry.authors, *entry.contributors))


def _make_current(db: sqlite3.Connection, entry: int, version: int, one: Seen, at: str) -> None:
    cursor = db.execute("INSERT INTO edition (entry, version, at) VALUES (?, ?, ?)", (entry, version, at))
    db.execute(
        "UPDATE entry SET edition = ?, form = ?, link = ? WHERE id = ?",
        (cursor.lastrowid, one.form, one.entry.link and plain_link(one.entry.link), entry),
    )


def _close_spans(db: sqlite3.Connection, entry: int, at: str, last_seen: str, reason: str) -> None:
    db.execute(
        "UPDATE span SET closed = ?, last_seen = max(opened, ?), reason = ?"
        " WHERE feed = (SELECT feed FROM entry WHERE id = ?) AND entry = ? AND closed IS NULL",
        (at, last_seen, reason, entry, entry),
    )


def _close_span(db: sqlite3.Connection, span: int, at: str, last_seen: str) -> None:
    db.execute(
        "UPDATE span SET closed = ?, last_seen = max(opened, ?), reason = 'edited' WHERE id = ?", (at, last_seen, span)
    )


def _open_span(db: sqlite3.Connection, feed: int, entry: int, version: int, at: str) -> None:
    open_ = db.execute(
        "SELECT 1 FROM span WHERE feed = ? AND entry = ? AND version = ? AND closed IS NULL", (feed, entry, version)
    ).fetchone()
    if not open_:
        db.execute("INSERT INTO span (feed, entry, version, opened) VALUES (?, ?, ?, ?)", (feed, entry, version, at))


def _mark_deleted(db: sqlite3.Connection, seen: Observation, tombstone: Tombstone) -> None:
    """Writes down a tombstone (RFC 6721) of an entry of this feed, once."""
    when = tombstone.when and to_text(tombstone.when)
    row = db.execute(
        "SELECT entry FROM identity WHERE feed = ? AND key = ?", (seen.feed, f"guid:{tombstone.ref}")
    ).fetchone()
    if row is None or db.execute("SELECT 1 FROM deletion WHERE entry = ? AND at IS ?", (row[0], when)).fetchone():
        return
    db.execute(
        "INSERT INTO deletion (entry, seen, at, reason, by, comment) VALUES (?, ?, ?, 'tombstone', ?, ?)",
        (row[0], to_text(seen.at), when, tombstone.by, tombstone.comment),
    )
