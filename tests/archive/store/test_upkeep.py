"""Looking after an archive: counting, and finding damage."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from archive.store import StoreError, Totals
from archive.store.schema import backup
from feeds.model import Text
from tests.support.archive import URL, an_entry, hour, open_archive, shown, told
from tests.support.items import NOON


def make(path: Path, count: int = 40) -> None:
    words = random.Random(1)
    with closing(open_archive(path)) as store:
        feed = store.subscribe(URL, kind="remote", now=NOON)
        for number in range(count):
            text = " ".join(f"word{words.randrange(10_000)}" for _ in range(300))
            told(store, shown(feed, hour(number), an_entry(number, content=Text(text))))


def found(path: Path) -> list[str]:
    with closing(open_archive(path)) as store:
        return list(store.examine())


def change(path: Path, *statements: str) -> None:
    """What no careful program does."""
    with closing(sqlite3.connect(path)) as db:
        triggers = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)
        db.commit()
        db.execute("VACUUM")  # what lies on a page that nobody uses is nobody's loss
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_totals(tmp_path: Path) -> None:
    make(tmp_path / "a.sqlite", 3)
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        told(store, shown(1, hour(9), an_entry(1, "edited")))
        store.subscribe("https://other.example/", kind="remote", now=NOON)
        store.unsubscribe(1, NOON)
        totals = store.totals()
        size = sum(file.stat().st_size for file in tmp_path.glob("a.sqlite*") if not file.name.endswith("-shm"))
        assert totals == Totals(feeds=1, entries=3, versions=4, documents=4, bytes=size)


def test_nothing_is_wrong_with_a_good_archive(tmp_path: Path) -> None:
    assert found(tmp_path / "new.sqlite") == []
    make(tmp_path / "a.sqlite")
    assert found(tmp_path / "a.sqlite") == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE blob SET data = CAST(substr(data, 1, 40) || x'00' || substr(data, 42) AS BLOB) WHERE id = 3",
            "blob 3 ",
        ),
        ("UPDATE blob SET data = x'00' WHERE id = 3", "blob 3 "),
        ("UPDATE blob SET data = '' WHERE id = 3", "blob 3 "),
        ("UPDATE blob SET size = size + 1 WHERE id = 3", "blob 3 "),
        ("UPDATE blob SET codec = 'raw' WHERE id = 3", "blob 3 "),
        ("UPDATE blob SET codec = 'other' WHERE id = 3", "blob 3 "),
        ("UPDATE blob SET sha256 = x'00' WHERE id = 3", "blob 3 "),
        ("DELETE FROM version WHERE id = 3", "names a row of version that is not there"),
        ("DELETE FROM entry WHERE id = 3", "names a row of entry that is not there"),
        ("UPDATE entry SET edition = NULL WHERE id = 3", "entry 3 has no current version"),
        ("UPDATE entry SET edition = 4 WHERE id = 3", "entry 3 has no current version"),
        ("UPDATE entry SET edition = 9999 WHERE id = 3", "entry 3 has no current version"),
        ("INSERT INTO search (search) VALUES ('delete-all')", "40 entries are missing from the search index"),
    ],
)
def test_damage_is_told(tmp_path: Path, statement: str, told: str | None) -> None:
    make(tmp_path / "a.sqlite")
    change(tmp_path / "a.sqlite", statement)
    lines = found(tmp_path / "a.sqlite")
    assert any(told in line for line in lines), lines
    assert all("\n" not in line for line in lines)


def test_a_flipped_byte_in_any_body_is_found(tmp_path: Path) -> None:
    make(tmp_path / "a.sqlite")
    change(tmp_path / "a.sqlite")
    original = (tmp_path / "a.sqlite").read_bytes()
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db:
        bodies = [bytes(data) for (data,) in db.execute("SELECT data FROM blob WHERE length(data) > 200")]
    dice = random.Random(2)
    places = [original.find(body[:150]) + dice.randrange(100) for body in bodies if original.find(body[:150]) > 0]
    assert len(places) > 10
    for place in places:
        flipped = bytes([original[place] ^ 0x55])
        (tmp_path / "a.sqlite").write_bytes(original[:place] + flipped + original[place + 1 :])
        assert len(found(tmp_path / "a.sqlite")) == 1


def test_a_page_that_is_overwritten_is_found(tmp_path: Path) -> None:
    make(tmp_path / "a.sqlite")
    change(tmp_path / "a.sqlite")
    original = (tmp_path / "a.sqlite").read_bytes()
    for page in range(2, len(original) // 4096 - 1):
        (tmp_path / "a.sqlite").write_bytes(original[: page * 4096] + b"\x5a" * 4096 + original[(page + 1) * 4096 :])
        try:
            lines = found(tmp_path / "a.sqlite")
        except StoreError as error:
            lines = [str(error)]
        assert lines, page
        assert all("\n" not in line for line in lines)


def test_a_copy_is_whole_while_others_write(tmp_path: Path) -> None:
    make(tmp_path / "a.sqlite", 3)
    with closing(open_archive(tmp_path / "a.sqlite")) as store, closing(sqlite3.connect(tmp_path / "a.sqlite")) as db:
        store.subscribe("https://other.example/", kind="remote", now=NOON)
        backup(db, tmp_path / "b.sqlite")
        told(store, shown(1, hour(9), an_entry(99)))
    with closing(open_archive(tmp_path / "b.sqlite", create=False)) as copy:
        assert (copy.totals().feeds, copy.totals().entries) == (2, 3)
        assert list(copy.examine()) == []
