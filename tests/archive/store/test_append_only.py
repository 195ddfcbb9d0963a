"""What was ever said cannot be changed: the archive itself refuses, whoever asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from feeds.model import Tombstone
from tests.support.archive import URL, an_entry, hour, open_archive, shown, told
from tests.support.items import NOON

KEPT = ("blob", "version", "edition", "document", "feed_version", "deletion", "entry", "feed")
# What is learnt later, or by a better parser, may be written down.
MAY_CHANGE = {
    "document": {"format", "charset", "problems", "last_at", "times"},
    "entry": {"date", "link", "edition", "form", "merged", "first_seen"},
    "feed": {"url", "kind", "removed", "given_title", "tags", "guids_trusted", "dates_trusted"},
}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A plain connection to an archive that holds a row or more of everything."""
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        feed = store.subscribe(URL, kind="remote", now=NOON)
        stone = Tombstone(ref=str(an_entry(1).id))
        told(store, *(shown(feed, hour(at), an_entry(1, text), an_entry(2)) for at, text in enumerate("ab")))
        told(store, shown(feed, hour(3), an_entry(2), tombstones=(stone,)))
    with closing(sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)) as connection:
        yield connection


def columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in db.execute(f"PRAGMA table_info({table})")]


def contents(db: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {table: db.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in KEPT}


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize("table", KEPT)
def test_rows_are_neither_changed_nor_deleted_nor_replaced(db: sqlite3.Connection, table: str, recursive: str) -> None:
    db.execute(f"PRAGMA recursive_triggers = {recursive}")
    before, names = contents(db), columns(db, table)
    assert before[table]
    statements = [
        f"DELETE FROM {table}",
        f"DELETE FROM {table} WHERE id = 1",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE id = 1",
        f"REPLACE INTO {table} SELECT * FROM {table}",
        f"UPDATE OR REPLACE {table} SET id = id + 1",
        *(f"UPDATE {table} SET {name} = {name}" for name in names if name not in MAY_CHANGE.get(table, ())),
    ]
    if table == "blob":
        statements.append("REPLACE INTO blob (sha256, size, codec, data) SELECT sha256, 0, 'raw', x'' FROM blob")
    if table == "entry":
        statements.append(
            "REPLACE INTO entry (feed, public_id, first_seen, date) SELECT feed, public_id, '', '' FROM entry"
        )
    if table == "feed":
        statements.append("REPLACE INTO feed (url, kind, added) SELECT url, kind, added FROM feed")
    if table == "version":
        numbers = "SELECT entry, number, '', x'00', blob, 0 FROM version"
        prints = "SELECT entry, number + 9, '', fingerprint, blob, 0 FROM version"
        statements += [
            f"REPLACE INTO version (entry, number, first_seen, fingerprint, blob, words) {rows}"
            for rows in (numbers, prints)
        ]
    for statement in statements:
        with pytest.raises(sqlite3.IntegrityError, match=r"never|FOREIGN KEY"):
            db.execute(statement)
    assert contents(db) == before


def test_an_entry_is_never_seen_later_than_it_was(db: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="never seen later"):
        db.execute("UPDATE entry SET first_seen = '9999'")
    db.execute("UPDATE entry SET first_seen = '1999'")


@pytest.mark.parametrize(("table", "names"), MAY_CHANGE.items())
def test_what_may_change_can(db: sqlite3.Connection, table: str, names: set[str]) -> None:
    for name in names & set(columns(db, table)):
        db.execute(f"UPDATE {table} SET {name} = {name}")
