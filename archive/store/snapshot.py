"""All that an archive holds at one instant, read in a stream: what is written meanwhile is not seen, and nobody waits.

A reader's transaction (SQLite, WAL mode) holds the instant. Only what is asked for is in memory, an entry or a
document at a time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from archive.store import documents, entries, joining, subscriptions
from archive.store.database import Database, opened
from archive.store.errors import explained
from archive.store.times import from_text, to_text
from archive.store.values import Choice, DocumentRecord, EntryRecord, FeedRecord, Told, VersionRecord

_BATCH = 100
_DOCUMENTS = 20
_REMEMBERED = 1000  # documents, without their bodies, that versions came from
_FIRST, _LAST = "0", "9999"  # stand before and after all times
# Documents whose run of equal answers meets the time that was chosen.
_CHOSEN = (
    "(:feeds IS NULL OR document.feed IN (SELECT value FROM json_each(:feeds)))"
    " AND document.first_at < :until AND document.last_at >= :since"
)


class SqliteSnapshot:
    """`archive.store.protocol.Snapshot` over a connection that is in a transaction."""

    def __init__(self, db: Database, authority: str, path: Path) -> None:
        self._db = db
        self._path = path
        self.authority = authority
        self._document = lru_cache(_REMEMBERED)(self._bare)

    def feeds(self, choice: Choice) -> list[FeedRecord]:
        """The chosen feeds, removed ones too."""
        with explained(self._path):
            found = list(subscriptions.feeds(self._db, removed=True, as_of=None, counted=True))
        return [feed for feed in found if choice.feeds is None or feed.id in choice.feeds]

    def documents(self, choice: Choice, *, bodies: bool = True) -> Iterator[DocumentRecord]:
        """The chosen documents in the order they came; without their bytes, these are empty."""
        after, values = 0, _values(choice)
        while True:
            with explained(self._path):
                ids = self._numbers(
                    f"SELECT id FROM document WHERE id > :after AND {_CHOSEN} ORDER BY id LIMIT {_DOCUMENTS}",
                    {**values, "after": after},
                )
                found = documents.by_number(self._db.conn, ids, bodies=bodies)
            yield from found
            if len(ids) < _DOCUMENTS:
                return
            after = ids[-1]

    def repeated(self, choice: Choice) -> dict[str, int]:
        """The SHA-256 of each body that several of the chosen documents have, and the first of these documents."""
        with explained(self._path):
            rows = self._db.execute(
                "SELECT sha256, first FROM (SELECT blob, min(document.id) AS first FROM document"
                f" WHERE {_CHOSEN} GROUP BY blob HAVING count(*) > 1) JOIN blob ON blob.id = blob",
                _values(choice),
            ).fetchall()
        return {digest.hex(): first for digest, first in rows}

    def told(self, choice: Choice) -> Iterator[Told]:
        """Each version of each chosen entry that was first seen in the chosen time, with where it came from."""
        after, feeds = 0, _values(choice)["feeds"]
        since, until = choice.since, choice.until
        while True:
            with explained(self._path):
                ids = self._numbers(
                    "SELECT id FROM entry WHERE merged IS NULL AND id > :after AND (:feeds IS NULL"
                    f" OR feed IN (SELECT value FROM json_each(:feeds))) ORDER BY id LIMIT {_BATCH}",
                    {"after": after, "feeds": feeds},
                )
                found = entries.entries_by_id(self._db, ids)
            for record in found:
                with explained(self._path):
                    versions = entries.history(self._db, record.id)
                    wanted = [one for one in versions if _is_in(one.first_seen, since, until)]
                    rows = [self._told(record, one) for one in wanted]
                yield from rows
            if len(ids) < _BATCH:
                return
            after = ids[-1]

    def count_documents(self, choice: Choice) -> int:
        """How many documents are chosen."""
        with explained(self._path):
            query = f"SELECT count(*) FROM document WHERE {_CHOSEN}"
            return int(self._db.execute(query, _values(choice)).fetchone()[0])

    def _told(self, record: EntryRecord, version: VersionRecord) -> Told:
        document = self._document(version.document) if version.document is not None else None
        aliases = tuple(joining.aliases(self._db.conn, record.id))
        became, late = [], False
        for at, afterwards in self._db.execute(
            "SELECT edition.at, edition.late FROM edition JOIN version ON version.id = edition.version"
            " JOIN blob ON blob.id = version.blob JOIN entry ON entry.id = edition.entry"
            " WHERE coalesce(entry.merged, entry.id) = :entry AND edition.entry IN (SELECT :entry UNION"
            " SELECT id FROM entry AS part WHERE part.merged = :entry) AND blob.sha256 = :digest ORDER BY edition.at",
            {"entry": record.id, "digest": bytes.fromhex(version.sha256)},
        ):
            became.append(from_text(at))
            late = late or bool(afterwards)
        return Told(record, version, document, aliases, tuple(became), late)

    def _bare(self, number: int) -> DocumentRecord | None:
        return next(iter(documents.by_number(self._db.conn, [number], bodies=False)), None)

    def _numbers(self, query: str, values: dict[str, object]) -> list[int]:
        return [int(number) for (number,) in self._db.execute(query, values)]


@contextmanager
def snapshot(path: Path, authority: str) -> Generator[SqliteSnapshot, None, None]:
    """The archive in a file, as it is now; it stays that until the end. Raises StoreError."""
    with explained(path):
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    with closing(connection):
        with explained(path):
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM setting").fetchone()  # the instant is that of the first look
        yield SqliteSnapshot(opened(connection), authority, path)


def _values(choice: Choice) -> dict[str, object]:
    return {
        "feeds": None if choice.feeds is None else json.dumps(sorted(choice.feeds)),
        "since": to_text(choice.since) if choice.since else _FIRST,
        "until": to_text(choice.until) if choice.until else _LAST,
    }


def _is_in(time: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or time >= since) and (until is None or time < until)
