"""Full-text search over the current versions: SQLite's FTS5, accents folded, best match first (bm25)."""

from __future__ import annotations

import re
import sqlite3
import unicodedata

from sqlite_utils import Database

from archive.store.entries import entries_by_id
from archive.store.errors import StoreError
from archive.store.values import Hit
from feeds.html import to_text
from feeds.model import Entry

_WORD = re.compile(r"\w+")
_AROUND = 90  # characters of text on either side of the first match
# How much a word weighs in the title, the text, the authors' names and the tags.
_WEIGHTS = "8.0, 1.0, 4.0, 4.0"


def search(db: Database, words: str, *, feed: int | None, limit: int) -> list[Hit]:
    """Entries whose current version holds the words, the best first.

    All words must be there; "quoted words" stand together, `begin*` finds what begins so, OR and NOT (in capitals) and
    parentheses work as in FTS5 (https://www.sqlite.org/fts5.html section 3). Raises StoreError if there is no word.
    """
    if not _WORD.search(words):
        raise StoreError(words or "an empty text", "holds no word to look for", "give one or more words")
    rows = _ranked(db, words, feed, limit)
    scores = {entry: float(score) for entry, score in rows}
    found = _folded_words(words)
    return [
        Hit(record=record, snippet=_snippet(record.entry, found), score=scores[record.id])
        for record in entries_by_id(db, list(scores))
    ]


def _ranked(db: Database, words: str, feed: int | None, limit: int) -> list[tuple[int, float]]:
    query = (
        f"SELECT entry.id, bm25(search, {_WEIGHTS}) AS score FROM search"
        " JOIN version ON version.id = search.rowid JOIN entry ON entry.id = version.entry"
        " JOIN edition ON edition.id = entry.edition AND edition.version = version.id"
        " WHERE search MATCH :words AND (:feed IS NULL OR entry.feed = :feed)"
        " ORDER BY score, entry.date DESC, entry.id DESC LIMIT :limit"
    )
    for asked in (words, _quoted(words)):
        try:
            return db.execute(query, {"words": asked, "feed": feed, "limit": limit}).fetchall()
        except sqlite3.OperationalError as error:
            # What is no FTS5 query, such as "c++" or an open quote, is looked for word by word.
            if asked is not words or not str(error).startswith(("fts5:", "unterminated", "no such column", "unknown")):
                raise
    return []


def _quoted(words: str) -> str:
    return " ".join(f'"{word}"' for word in _WORD.findall(words))


def _folded_words(words: str) -> list[str]:
    return [_fold(word) for word in _WORD.findall(words) if word not in ("AND", "OR", "NOT", "NEAR")]


def _snippet(entry: Entry, wanted: list[str]) -> tuple[str, ...]:
    """The text around the first match, matched words apart; the start of the text where only the title matches."""
    texts = [text for text in (entry.summary, entry.content) if text]
    text = " ".join(" ".join(to_text(one.value) if one.kind == "html" else one.value for one in texts).split())
    matches = [match for match in _WORD.finditer(text) if _fold(match[0]).startswith(tuple(wanted))]
    first = matches[0].start() if matches else 0
    start = text.rfind(" ", 0, max(0, first - _AROUND)) + 1 if first > _AROUND else 0
    stop = len(text) if len(text) <= start + 3 * _AROUND else text.rfind(" ", first, start + 3 * _AROUND)
    stop = stop if stop > start else start + 3 * _AROUND
    parts, at = ["… " if start else ""], start
    for match in matches:
        if start <= match.start() and match.end() <= stop:
            parts[-1] += text[at : match.start()]
            parts += [match[0], ""]
            at = match.end()
    parts[-1] += text[at:stop] + (" …" if stop < len(text) else "")
    return tuple(parts)


def _fold(word: str) -> str:
    bare = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in bare if not unicodedata.combining(letter)).casefold()
