"""Writing down first looks: the rows of many feeds that nothing is known of, table by table.

What takes most of the time of any other look, to find out what is known, has one answer here. The rows are those that
`archive.store.record` would write, to the numbers; whatever is out of the ordinary is left to it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from archive.history import Seen, changes, keys
from archive.store import documents, heads
from archive.store.index import Index
from archive.store.leaves import DocumentLeaf, EditionLeaf, Leaf, VersionLeaf, blob_check, heads_check
from archive.store.log import Made
from archive.store.ready import Packed, Prepared, Ready
from archive.store.subscriptions import keep_poll
from archive.store.times import to_text
from archive.store.values import Observation, Recorded
from archive.store.versions import date_of, minted

_UNMET = """
    SELECT feed.id, feed.url, feed.guids_trusted FROM feed JOIN poll ON poll.feed = feed.id
    WHERE feed.id IN (SELECT value FROM json_each(?)) AND feed.dates_trusted AND poll.document IS NULL
        AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.feed = feed.id)
        AND NOT EXISTS (SELECT 1 FROM document WHERE document.feed = feed.id)
        AND NOT EXISTS (SELECT 1 FROM feed_version WHERE feed_version.feed = feed.id)
        AND NOT EXISTS (SELECT 1 FROM event WHERE event.feed = feed.id)
"""
_INSERTS = {
    "blob": "INSERT INTO blob (id, sha256, size, codec, data) VALUES (?, ?, ?, ?, ?)",
    "feed_version": "INSERT INTO feed_version (feed, first_seen, fingerprint, body) VALUES (?, ?, ?, ?)",
    "document": "INSERT INTO document (id, feed, blob, url, status, first_at, last_at, heads, format, charset,"
    " problems) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "entry": "INSERT INTO entry (id, feed, public_id, first_seen, date, edition, form, link)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    "identity": "INSERT INTO identity (feed, key, entry, rule, since) VALUES (?, ?, ?, ?, ?)",
    "version": "INSERT INTO version (id, entry, number, first_seen, document, fingerprint, blob, words)"
    " VALUES (?, ?, 1, ?, ?, ?, ?, ?)",
    "edition": "INSERT INTO edition (id, entry, version, at, key) VALUES (?, ?, ?, ?, ?)",
    "span": "INSERT INTO span (feed, entry, version, opened) VALUES (?, ?, ?, ?)",
}
_WINDOW = "UPDATE poll SET window = ?, shown = ? WHERE feed = ?"
_MANY = 500  # values in one query


class _First(NamedTuple):
    """A first look: the observation, its entries in the document's order, and those that are written, oldest first."""

    seen: Prepared
    looked: list[Seen]
    new: list[tuple[Seen, Ready]]
    url: str


def record_first(
    db: sqlite3.Connection, observations: Sequence[Observation], authority: str, index: Index, made: dict[str, Made]
) -> dict[int, Recorded]:
    """Writes down those of the observations that are first looks; gives what came of them by their places.

    What it has at hand for the log, which is most of it, goes into `made`.
    """
    firsts = _firsts(db, observations)
    if not firsts:
        return {}
    rows = _Rows(db, firsts.values(), authority, index)
    told = {place: rows.add(first) for place, first in firsts.items()}
    rows.write()
    made.update(rows.made())
    return told


def _firsts(db: sqlite3.Connection, observations: Sequence[Observation]) -> dict[int, _First]:
    looks = Counter(one.feed for one in observations)
    plain = {
        place: one
        for place, one in enumerate(observations)
        if isinstance(one, Prepared) and looks[one.feed] == 1 and _is_plain(one)
    }
    wanted = json.dumps([one.feed for one in plain.values()])
    unmet = {feed: rest for feed, *rest in db.execute(_UNMET, (wanted,))} if plain else {}
    found = {}
    for place, one in plain.items():
        url, trusted = unmet.get(one.feed, ("", 0))
        if url and trusted and (first := _first(one, url)):
            found[place] = first
    return found


def _is_plain(seen: Prepared) -> bool:
    if seen.parsed is None or seen.served is None or seen.poll is None or seen.poll.error or seen.keys is not None:
        return False
    return seen.windowed and not (seen.parsed.tombstones or seen.parsed.feed.complete)


def _first(seen: Prepared, url: str) -> _First | None:
    assert seen.parsed is not None
    names, trusted = keys(seen.parsed.entries)
    if not trusted:
        return None
    looked = [
        Seen(key, entry, b"", made.form, made.fingerprint)
        for key, entry, made in zip(names, seen.parsed.entries, seen.ready, strict=True)
    ]
    made = {id(one): ready for one, ready in zip(looked, seen.ready, strict=True)}
    found = changes({}, looked, ()).changes
    if any(change.kind != "new" for change in found):
        return None
    return _First(seen, looked, [(change.seen, made[id(change.seen)]) for change in found], url)


class _Rows:
    """The rows to be, by their tables; numbers go on from the last ones in the archive."""

    def __init__(self, db: sqlite3.Connection, firsts: Iterable[_First], authority: str, index: Index) -> None:
        self._db = db
        self._authority = authority
        self._index = index
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _INSERTS}
        self._windows: list[tuple[Any, ...]] = []
        self._polls: list[tuple[Prepared, int]] = []
        self._documents: list[DocumentLeaf] = []
        self._versions: list[VersionLeaf] = []
        self._editions: list[EditionLeaf] = []
        self._last = {
            table: int(db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])
            for table in ("blob", "document", "entry", "version", "edition")
        }
        self._before = dict(self._last)
        all_firsts = list(firsts)
        new = [(one, made, first.url) for first in all_firsts for one, made in first.new]
        bodies = [first.seen.document.sha256 for first in all_firsts] + [made.body.sha256 for _, made, _ in new]
        self._blobs: dict[bytes, int] = dict(_among(db, "SELECT sha256, id FROM blob WHERE sha256 IN", bodies))
        self._names = [made.iri or minted(authority, f"{url}\n{one.key.value}") for one, made, url in new]
        self._taken = {row[0] for row in _among(db, "SELECT public_id FROM entry WHERE public_id IN", self._names)}
        self._names.reverse()

    def add(self, first: _First) -> Recorded:
        """Takes in a first look; gives what came of it."""
        seen, at = first.seen, to_text(first.seen.at)
        assert seen.parsed is not None
        assert seen.served is not None
        document = self._number("document")
        served, how = seen.served, documents.how_parsed(seen.parsed)
        asked, answered = served.request_headers, served.response_headers
        self._rows["document"].append(
            (
                document,
                seen.feed,
                self._blob(seen.document),
                served.url,
                served.status,
                at,
                at,
                heads.pack(asked, answered),
                *how,
            )
        )
        facts = seen.feed, served.url, served.status, at, seen.document.sha256.hex()
        self._documents.append(DocumentLeaf(document, *facts, asked, answered, *how))
        self._rows["feed_version"].append((seen.feed, at, *documents.meta(seen.parsed.feed)))
        entries = {one.key.value: self._entry(first, one, made, document, at) for one, made in first.new}
        shown = json.dumps(list(dict.fromkeys(entries[one.key.value] for one in first.looked)))
        self._windows.append((document, shown, seen.feed))
        self._polls.append((seen, document))
        return Recorded(feed=seen.feed, new=len(entries), entries=tuple(entries.values()))

    def _entry(self, first: _First, one: Seen, made: Ready, document: int, at: str) -> int:
        feed, key, rows = first.seen.feed, one.key.value, self._rows
        entry, version, edition = self._number("entry"), self._number("version"), self._number("edition")
        name, date = self._name(first.url, key), date_of(one.entry, at)
        rows["entry"].append((entry, feed, name, at, date, edition, made.form, made.link))
        rows["identity"].append((feed, key, entry, one.key.rule, at))
        blob = self._blob(made.body)
        rows["version"].append((version, entry, at, document, made.fingerprint, blob, made.words))
        rows["edition"].append((edition, entry, version, at, key))
        digests = made.fingerprint.hex(), made.words, made.body.sha256.hex()
        self._versions.append(VersionLeaf(version, entry, name, feed, 1, at, *digests, document))
        self._editions.append(EditionLeaf(edition, entry, version, at, key))
        rows["span"].append((feed, entry, version, at))
        self._index.first(entry, version, made.found_by, made.found_by_digest)
        return entry

    def write(self) -> None:
        """Writes all of it."""
        for table, insert in _INSERTS.items():
            self._db.executemany(insert, self._rows[table])
        self._db.executemany(_WINDOW, self._windows)
        for seen, document in self._polls:
            assert seen.poll is not None
            keep_poll(self._db, seen.feed, seen.poll, document)

    def made(self) -> dict[str, Made]:
        """What is at hand for the log: leaves of documents, versions and editions, checks of documents and blobs."""
        blobs = self._rows["blob"]
        checks = [blob_check((number, size, codec, None, 0, data)) for number, _, size, codec, data in blobs]
        found: dict[str, tuple[Sequence[Leaf], Sequence[int]]] = {
            "blob": ((), checks),
            "document": (self._documents, [heads_check(row[7]) for row in self._rows["document"]]),
            "version": (self._versions, ()),
            "edition": (self._editions, ()),
        }
        return {table: Made(self._before[table], self._last[table], *made) for table, made in found.items()}

    def _number(self, table: str) -> int:
        self._last[table] += 1
        return self._last[table]

    def _blob(self, body: Packed) -> int:
        known = self._blobs.get(body.sha256)
        if known is None:
            known = self._blobs[body.sha256] = self._number("blob")
            self._rows["blob"].append((known, body.sha256, body.size, body.codec, body.data))
        return known

    def _name(self, url: str, key: str) -> str:
        """The next entry's public id (`archive.store.versions.public_id`)."""
        name, made = self._names.pop(), f"{url}\n{key}"
        while name in self._taken:
            name = minted(self._authority, made)
            made += "\n"
            if self._db.execute("SELECT 1 FROM entry WHERE public_id = ?", (name,)).fetchone():
                self._taken.add(name)
        self._taken.add(name)
        return name


def _among(db: sqlite3.Connection, query: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(values), _MANY):
        some = values[start : start + _MANY]
        yield from db.execute(f"{query} ({','.join('?' * len(some))})", some)
