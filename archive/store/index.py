"""What entries are found by: the words of their current versions, in FTS5's index.

Only what an entry says now is in it, or each edit of one word would cost the room of the whole text. `indexed` tells
which row of it holds which version. FTS5 takes a text out again if it is told the very same text: where today's code
would make another one of the version, the row stays there, and nothing leads to it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from typing import NamedTuple

import msgspec

from archive.store import blobs
from feeds.html import to_text
from feeds.model import Entry

_decode = msgspec.json.Decoder(Entry).decode


class Words(NamedTuple):
    """What a version is found by."""

    title: str
    body: str
    authors: str
    tags: str

    @property
    def digest(self) -> bytes:
        return hashlib.blake2b("\0".join(self).encode("utf-8", "surrogatepass"), digest_size=8).digest()


class Index:
    """What a batch changes in the index; all of it is written at its end.

    Other statements in between would make FTS5 write each to the disk by itself, which takes twice as long as all the
    rest of recording it.
    """

    def __init__(self) -> None:
        self._words: dict[int, Words] = {}
        self._entries: dict[int, None] = {}
        self._first: list[tuple[int, int, Words, bytes]] = []

    def ready(self, version: int, words: Words) -> None:
        """The words of a version, which need not be made again."""
        self._words[version] = words

    def first(self, entry: int, version: int, words: Words, digest: bytes) -> None:
        """The entry, which was never met before, says that version, which is found by words of that digest."""
        self._first.append((entry, version, words, digest))

    def changed(self, entry: int) -> None:
        """The entry says something else now."""
        self._entries[entry] = None

    def write(self, db: sqlite3.Connection) -> None:
        """Let all entries that changed be found by what they say now."""
        stale: list[tuple[int | str, ...]] = []
        fresh: list[tuple[int | str, ...]] = []
        rows: list[tuple[int, int, int, bytes]] = []
        (row,) = db.execute("SELECT coalesce(max(id), 0) FROM search_docsize").fetchone()
        for entry, version, words, digest in self._first:
            row += 1
            fresh.append((row, *words))
            rows.append((entry, row, version, digest))
        for entry in self._entries:
            now, before, held, digest = db.execute(
                "SELECT edition.version, indexed.version, indexed.row, indexed.digest FROM entry"
                " JOIN edition ON edition.id = entry.edition LEFT JOIN indexed ON indexed.entry = entry.id"
                " WHERE entry.id = ?",
                (entry,),
            ).fetchone()
            if now == before:
                continue
            if digest and (old := self._words_of(db, before)).digest == digest:
                stale.append((held, *old))
            row += 1
            words = self._words_of(db, now)
            fresh.append((row, *words))
            rows.append((entry, row, now, words.digest))
        db.executemany(
            "INSERT INTO search (search, rowid, title, body, authors, tags) VALUES ('delete', ?, ?, ?, ?, ?)", stale
        )
        db.executemany("INSERT INTO search (rowid, title, body, authors, tags) VALUES (?, ?, ?, ?, ?)", fresh)
        db.executemany("INSERT OR REPLACE INTO indexed (entry, row, version, digest) VALUES (?, ?, ?, ?)", rows)
        self._entries.clear()
        self._first.clear()

    def _words_of(self, db: sqlite3.Connection, version: int) -> Words:
        if version not in self._words:
            (blob,) = db.execute("SELECT blob FROM version WHERE id = ?", (version,)).fetchone()
            self._words[version] = words_of(_decode(blobs.get(db, blob)))
        return self._words[version]


def words_of(entry: Entry, texts: list[str] | None = None) -> Words:
    """What is to be found of an entry; `texts` are its plain texts where they are at hand."""
    names = " ".join(person.name or person.email or "" for person in (*entry.authors, *entry.contributors))
    tags = " ".join(tag.label or tag.term for tag in entry.categories)
    return Words(entry.title or "", "\n\n".join(plain_texts(entry) if texts is None else texts), names, tags)


def plain_texts(entry: Entry) -> list[str]:
    """The summary and the content as plain text, so far as there are any; the last one is the fullest text there is."""
    texts = [text for text in (entry.summary, entry.content) if text]
    return [to_text(text.value) if text.kind == "html" else text.value for text in texts] or [""]
