"""Archives of former releases open, are complete and say what they said."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from archive.store.schema import migrations
from feeds.channel import ChannelState, Page
from tests.support.archive import an_entry, hour, open_archive, shown, told
from tests.support.items import FULL, NOON

ARCHIVES = Path(__file__).resolve().parents[2] / "data/archives"
NUMBERS = range(1, len(migrations()) + 1)


def test_there_is_an_archive_of_each_schema() -> None:
    assert [(ARCHIVES / f"schema-{number}.sqlite").is_file() for number in NUMBERS] == [True] * len(NUMBERS)


def schema(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()


def test_migrations_that_were_released_stay_as_they_were(tmp_path: Path) -> None:
    open_archive(tmp_path / "new.sqlite").close()
    assert schema(ARCHIVES / f"schema-{NUMBERS[-1]}.sqlite") == schema(tmp_path / "new.sqlite")


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything that is kept."""
    with closing(sqlite3.connect(path)) as db:
        tables = [
            name
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search%'")
        ]
        return {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in tables}


@pytest.fixture(params=NUMBERS)
def former(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a former release's archive."""
    return Path(shutil.copy(ARCHIVES / f"schema-{request.param}.sqlite", tmp_path / "a.sqlite"))


def test_it_opens_and_is_whole(former: Path) -> None:
    before = rows(former)
    assert [table for table, found in before.items() if not found] == []
    with closing(open_archive(former, create=False)) as store:
        assert list(store.examine()) == []
        assert store.authority == "b.example,2026"
        totals = store.totals()
        # The second schema's archive holds one feed more, in which entries were merged and split.
        expected = (2, 7, 8, 7) if former_schema(before) == 1 else (3, 11, 13, 11)
        assert (totals.feeds, totals.entries, totals.versions, totals.documents) == expected
    after = rows(former)
    for table, found in before.items():
        assert [row[: len(old)] for row, old in zip(after[table], found, strict=True)] == found


def former_schema(tables: dict[str, list[tuple[object, ...]]]) -> int:
    return 2 if "event" in tables else 1


def test_it_says_what_it_said(former: Path) -> None:
    with closing(open_archive(former, create=False)) as store:
        feed, gone, notes = store.feeds(removed=True)[:3]
        assert (feed.title, feed.tags, feed.poll and feed.poll.interval) == ("La Source", ("été",), 30)
        assert (gone.title, gone.removed, gone.poll and gone.poll.gone) == ("Gone", hour(6), hour(5))
        assert (notes.kind, notes.poll, gone.guids_trusted, feed.guids_trusted) == ("local", None, False, True)
        assert [one.first_seen for one in store.history(2)] == [hour(0), hour(1)]
        assert [(one.entry, one.last_seen, one.current) for one in store.history(2)] == [
            (an_entry(2), hour(4), True),
            (an_entry(2, "Edited"), hour(2), False),
        ]
        full = store.find_entry(str(FULL.id))
        assert full
        assert full.entry == FULL
        first = store.find_entry(str(an_entry(1).id))
        assert first
        assert (first.deleted, first.in_window) == (hour(3.5), False)
        assert [hit.record.entry for hit in store.search("resume")] == [FULL]
        assert store.channel_state("all") == ChannelState(cursor=4, selection="s", length=4, pages=1, closed=3)
        assert store.channel_pages("all") == [Page(1, 0, 3)]
        assert [item.version for item in store.channel_items("all", 0, 4)] == [1, 3, 4]
        assert [item.version for item in store.versions_after(0)][:9] == list(range(1, 10))


def test_it_goes_on(former: Path) -> None:
    with closing(open_archive(former, create=False)) as store:
        [done] = told(store, shown(1, hour(20), an_entry(9), FULL, an_entry(2)))
        assert (done.new, done.edited, done.unchanged) == (1, 0, 2)
        claimed = [one.id for one in store.claim(now=hour(30), limit=9, lease=hour(1) - NOON)]
        assert [one for one in claimed if one < 4] == [1]
        assert list(store.examine()) == []


def test_a_former_archive_is_kept_as_it_was(former: Path) -> None:
    before, number = rows(former), len(migrations())
    with closing(sqlite3.connect(former)) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
    open_archive(former, create=False).close()
    copies = list(former.parent.glob("*.bak"))
    if version == number:
        assert copies == []
        return
    assert [copy.name for copy in copies] == [f"{former.name}.schema-{version}.bak"]
    assert rows(copies[0]) == before
