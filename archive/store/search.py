"""Full-text search over the current versions: SQLite's FTS5, accents folded, best match first (bm25)."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from contextlib import closing
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from archive.store import blobs
from archive.store.database import Database
from archive.store.entries import entries_by_id
from archive.store.errors import StoreError
from archive.store.index import words_of
from archive.store.times import to_text as as_text
from archive.store.values import Hit
from config.redact import printable
from feeds.html import to_text
from feeds.model import Entry

# FTS5's words hold no underscore.
_WORD = re.compile(r"[^\W_]+")
_STARRED = re.compile(r"([^\W_]+)(?:\"?\s*(\*))?")
_OPERATORS = ("AND", "OR", "NOT", "NEAR")
_EVERYWHERE = 15_000  # versions
_AROUND = 90  # characters of text on either side of the first match
# How much a word weighs in the title, the text, the authors' names and the tags.
_WEIGHTS = "8.0, 1.0, 4.0, 4.0"
_THEN = "(SELECT version FROM edition WHERE entry = entry.id AND at <= :at ORDER BY at DESC, id DESC LIMIT 1)"
# A small archive of what is not in the index, for the same queries.
_BESIDE = """
    CREATE TABLE entry (id INTEGER PRIMARY KEY, feed INTEGER, date TEXT, merged INTEGER);
    CREATE TABLE indexed (row INTEGER PRIMARY KEY, entry INTEGER);
    CREATE VIRTUAL TABLE search USING fts5 (
        title, body, authors, tags, content = '', tokenize = 'unicode61 remove_diacritics 2'
    );
"""


def search(
    db: Database,
    words: str,
    *,
    feed: int | None,
    limit: int,
    as_of: datetime | None = None,
    everywhere: int = _EVERYWHERE,
) -> list[Hit]:
    """Entries whose current version holds the words, the best first; or the one that was current at an instant.

    All words must be there; "quoted words" stand together, `begin*` finds what begins so, OR and NOT (in capitals) and
    parentheses work as in FTS5 (https://www.sqlite.org/fts5.html section 3). With a word that stands in more versions
    than `everywhere`, entries that have the words in their titles come first, then the newest. Raises StoreError if
    there is no word.
    """
    words = unicodedata.normalize("NFC", words.encode("utf-8", "replace").decode())
    if not _WORD.search(words):
        raise StoreError(printable(words), "holds no word to look for", "give one or more words")
    if words.split()[0] == "NOT":
        remedy = "put what is looked for before it, as in 'river NOT ferry'"
        raise StoreError(printable(words), "begins with NOT, which says only what is not looked for", remedy)
    values = {"feed": feed, "limit": limit, "at": as_of and as_text(as_of)}
    found = _ranked(db.conn, words, values, everywhere, "" if as_of is None else f"AND indexed.version = {_THEN}")
    if as_of is not None:
        with closing(_beside(db.conn, values)) as beside:
            found = sorted(found + _ranked(beside, words, values, everywhere, ""), key=lambda one: one[1])[:limit]
    scores = dict(found)
    looked = _looked_for(words)
    return [
        Hit(record=record, snippet=_snippet(record.entry, looked), score=scores[record.id])
        for record in entries_by_id(db, list(scores), as_of)
    ]


def _beside(db: sqlite3.Connection, values: dict[str, Any]) -> sqlite3.Connection:
    """The entries whose version of then is not in the index, as it is not what they say now."""
    rows = db.execute(
        "SELECT entry.id, entry.feed, entry.date, blob.codec, blob.data, blob.base FROM entry"
        f" JOIN version ON version.id = {_THEN} JOIN blob ON blob.id = version.blob"
        " LEFT JOIN indexed ON indexed.entry = entry.id WHERE indexed.version IS NOT version.id"
        " AND (:feed IS NULL OR entry.feed = :feed) AND entry.merged IS NULL ORDER BY version.id",
        values,
    )
    beside = sqlite3.connect(":memory:", isolation_level=None)
    beside.executescript(_BESIDE)
    for row, (entry, feed, date, *blob) in enumerate(rows, 1):
        words = words_of(msgspec.json.decode(blobs.read(db, *blob), type=Entry))
        beside.execute("INSERT INTO entry (id, feed, date) VALUES (?, ?, ?)", (entry, feed, date))
        beside.execute("INSERT INTO indexed VALUES (?, ?)", (row, entry))
        beside.execute("INSERT INTO search (rowid, title, body, authors, tags) VALUES (?, ?, ?, ?, ?)", (row, *words))
    return beside


def _ranked(
    db: sqlite3.Connection, words: str, values: dict[str, Any], everywhere: int, condition: str
) -> list[tuple[int, float]]:
    """The entries and their scores."""
    for asked in (words, _quoted(words)):
        try:
            if any(_count(db, word, everywhere + 1) > everywhere for word in _WORD.findall(asked)):
                return _newest(db, asked, values, condition)
            order = "score, entry.date DESC, entry.id DESC"
            query = _query(f"bm25(search, {_WEIGHTS})", order, condition)
            return db.execute(query, {"words": asked, **values}).fetchall()
        except sqlite3.OperationalError as error:
            # What is no FTS5 query, such as "c++" or an open quote, is looked for word by word.
            if error.sqlite_errorname != "SQLITE_ERROR":
                raise
    raise StoreError(printable(words), "is more than can be looked for", "give fewer words")


def _newest(db: sqlite3.Connection, words: str, values: dict[str, Any], condition: str) -> list[tuple[int, float]]:
    """The entries that have the words in their titles, then the others, each the newest first."""
    query = _query("0.0", "search.rowid DESC", condition)
    found: dict[int, float] = {}
    for score, asked in ((-2.0, f"{{title}} : ({words})"), (-1.0, words)):
        for entry, _ in db.execute(query, {"words": asked, **values}).fetchall():
            found.setdefault(entry, score)
    return list(found.items())[: values["limit"]]


def _count(db: sqlite3.Connection, word: str, most: int) -> int:
    """How many texts hold a word, counted up to a bound: bm25 would count all of them at each search."""
    query = "SELECT count(*) FROM (SELECT 1 FROM search WHERE search MATCH ? LIMIT ?)"
    return int(db.execute(query, (f'"{word}"', most)).fetchone()[0])


def _query(score: str, order: str, condition: str) -> str:
    return (
        f"SELECT entry.id, {score} AS score FROM search"
        " JOIN indexed ON indexed.row = search.rowid JOIN entry ON entry.id = indexed.entry"
        " WHERE search MATCH :words AND (:feed IS NULL OR entry.feed = :feed) AND entry.merged IS NULL"
        f" {condition} ORDER BY {order} LIMIT :limit"
    )


def _quoted(words: str) -> str:
    found = _WORD.findall(words)
    return " ".join(f'"{word}"' for word in [word for word in found if word not in _OPERATORS] or found)


class _Looked(NamedTuple):
    """The words that were looked for, whole ones and beginnings."""

    words: frozenset[str]
    beginnings: tuple[str, ...]

    def holds(self, word: str) -> bool:
        folded = _fold(word)
        return folded in self.words or folded.startswith(self.beginnings)


def _looked_for(words: str) -> _Looked:
    found = [(_fold(word), star) for word, star in _STARRED.findall(words) if word not in _OPERATORS]
    return _Looked(frozenset(word for word, _ in found), tuple(word for word, star in found if star))


def _snippet(entry: Entry, looked: _Looked) -> tuple[str, ...]:
    """The text around the first match, matched words apart; the start of the text where only the title matches."""
    texts = [text for text in (entry.summary, entry.content) if text]
    text = " ".join(" ".join(to_text(one.value) if one.kind == "html" else one.value for one in texts).split())
    text = unicodedata.normalize("NFC", text)
    first = next((match.start() for match in _WORD.finditer(text) if looked.holds(match[0])), 0)
    start, stop = _around(text, first)
    parts, at = ["… " if start else ""], start
    for match in _WORD.finditer(text, start, stop):
        if looked.holds(match[0]):
            parts[-1] += text[at : match.start()]
            parts += [match[0], ""]
            at = match.end()
    parts[-1] += text[at:stop] + (" …" if stop < len(text) else "")
    return tuple(parts)


def _around(text: str, first: int) -> tuple[int, int]:
    """From where to where to show the text: whole words, so far as they are not endless."""
    start = max(0, first - _AROUND)
    if start:
        space = text.find(" ", start, first) + 1
        start = space or start
    stop = start + 3 * _AROUND
    if stop >= len(text):
        return start, len(text)
    return start, max(text.rfind(" ", first, stop), 0) or stop


def _fold(word: str) -> str:
    bare = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in bare if not unicodedata.combining(letter)).casefold()
