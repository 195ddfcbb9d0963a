"""Tables: what stands in them is what the archive says, in every format; docs/data.md says the same of them."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from archive.export.columns import BODY
from archive.export.output import ExportError
from archive.export.sqlite import write_sqlite
from archive.export.tables import TABLES, Table, rows, write_csv, write_jsonl, write_parquet
from archive.store import Choice
from archive.store.sqlite import SqliteStore
from archive.store.times import to_text
from tests.support.archive import URL, an_entry, hour, open_archive, shown, told

PAGE = Path(__file__).parents[3] / "docs/data.md"
ALL = Choice()


def written(store: SqliteStore, write: Any, table: Table, choice: Choice = ALL) -> bytes:
    file = io.BytesIO()
    with store.snapshot() as source:
        write(file, table, rows(source, table, choice, lambda name: None))
    return file.getvalue()


def lines(store: SqliteStore, table: Table = "versions", choice: Choice = ALL) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written(store, write_jsonl, table, choice).splitlines()]


def test_the_page_and_the_code_name_the_same_columns() -> None:
    """Each column stands in docs/data.md once, in its order, with the same kind and meaning."""
    parts = dict(re.findall(r"^### (\w+)\n(.*?)(?=^#)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL))
    said = {
        name.lower(): re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", part, re.MULTILINE)
        for name, part in parts.items()
    }

    assert said == {name: [(one.name, one.kind, one.meaning) for one in columns] for name, columns in TABLES.items()}
    for columns in TABLES.values():
        assert len({one.name for one in columns}) == len(columns)
        assert all(one.meaning.endswith(".") and "|" not in one.meaning for one in columns)


def test_versions_are_those_that_the_archive_tells(store: SqliteStore) -> None:
    found = lines(store)
    told_of = [(one.id, version) for one in store.entries() for version in store.history(one.id)]

    assert sorted((row["entry"], row["version"], row["sha256"]) for row in found) == sorted(
        (entry, version.number, version.sha256) for entry, version in told_of
    )
    for entry, version in told_of:
        (row,) = [one for one in found if (one["entry"], one["version"]) == (entry, version.number)]
        assert datetime.fromisoformat(row["first_seen"]) == version.first_seen
        assert datetime.fromisoformat(row["last_seen"]) == version.last_seen
        assert row["current"] == version.current
        assert len(row["became_current"]) >= 1
    assert {row["how"] for row in found} == {"polled", "taken in", "replayed", "pushed"}
    old = [row for row in found if row["how"] == "replayed"]
    assert {(row["copy"], row["document_url"]) for row in old} == {("2026-01-01.xml", URL)}
    assert sorted((row["late"], row["version"]) for row in old) == [(False, 1), (True, 1)]
    edited = [row for row in found if row["guid"].endswith(":1")]
    assert [row["authors"] for row in edited] == [[], ["Zoë", "a@b.example"], []]
    assert [len(row["became_current"]) for row in edited] == [1, 2, 1]
    assert edited[0]["identity"][0]["rule"] == "guid"


@pytest.mark.parametrize("table", list(TABLES))
def test_all_formats_say_the_same(store: SqliteStore, tmp_path: Path, table: Table) -> None:
    said = lines(store, table)
    names = [one.name for one in TABLES[table]]
    kinds = {one.name: one.kind for one in TABLES[table]}
    text = written(store, write_csv, table).decode()
    cells = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    frame = parquet.read_table(io.BytesIO(written(store, write_parquet, table)))
    with store.snapshot() as source:
        write_sqlite(tmp_path / "out.sqlite", source, ALL)
    with closing(sqlite3.connect(tmp_path / "out.sqlite")) as db:
        db.row_factory = sqlite3.Row
        plain = [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY rowid")]

    assert said and [list(row) for row in said] == [names] * len(said)
    assert list(cells[0]) == names == frame.column_names
    assert [name for name in plain[0] if name != BODY.name] == names
    for number, row in enumerate(frame.to_pylist()):
        for name in names:
            value, expected = row[name], said[number][name]
            assert as_text(expected, kinds[name]) == cells[number][name], name
            assert as_text(expected, kinds[name]) == as_text(plain[number][name], "plain", kinds[name]), name
            match kinds[name]:
                case "time":
                    assert value == (expected and datetime.fromisoformat(expected))
                    assert value is None or value.utcoffset() == timedelta(0)
                case "times":
                    assert value == [datetime.fromisoformat(one) for one in expected]
                case "json":
                    assert json.loads(value) == expected
                case _:
                    assert value == expected
    assert all(field.metadata[b"description"] for field in frame.schema)


def as_text(value: Any, kind: str, stored: str = "") -> str:
    """What CSV has for a value of JSON Lines, or of SQLite."""
    if value is None:
        return ""
    if kind == "time":
        return to_text(datetime.fromisoformat(value))
    if kind in ("texts", "times", "json"):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if kind == "boolean" or stored == "boolean":
        return "true" if value else "false"
    return str(value)


def test_a_choice_of_feeds_and_times(store: SqliteStore) -> None:
    assert {row["feed"] for row in lines(store, choice=Choice(frozenset([2])))} == {2}
    early = lines(store, choice=Choice(until=hour(2)))
    late = lines(store, choice=Choice(since=hour(2)))
    assert len(early) + len(late) == len(lines(store))
    assert max(row["first_seen"] for row in early) < to_text(hour(2)) <= min(row["first_seen"] for row in late)
    assert [row["document"] for row in lines(store, "documents", Choice(since=hour(3), until=hour(5)))] == [1, 2]


def test_what_comes_meanwhile_is_not_seen_and_nobody_waits(store: SqliteStore) -> None:
    with store.snapshot() as source:
        found = rows(source, "versions", ALL, lambda name: None)
        before = [next(found)]
        told(store, shown(1, hour(20), an_entry(50), an_entry(51)))
        before += found
    assert len(lines(store)) == len(before) + 2


def test_the_memory_taken_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    def most(count: int) -> int:
        store = open_archive(tmp_path / f"{count}.sqlite")
        feed = store.subscribe(URL, kind="remote", now=hour(0))
        for number in range(count):
            told(store, shown(feed, hour(number), *(an_entry(100 * number + one, "x" * 2000) for one in range(25))))
        with (tmp_path / "out").open("wb") as file, store.snapshot() as source:
            tracemalloc.start()
            write_jsonl(file, "versions", rows(source, "versions", ALL, lambda name: None))
            write_csv(file, "documents", rows(source, "documents", ALL, lambda name: None))
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        store.close()
        return peak

    most(1)
    assert most(40) < 1.5 * most(10)


def test_many_rows_come_back_from_parquet_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.export.tables._GROUP", 7)
    monkeypatch.setattr("archive.export.tables._LETTERS", 20_000)
    store = open_archive(tmp_path / "many.sqlite")
    feed = store.subscribe(URL, kind="remote", now=hour(0))
    told(store, shown(feed, hour(1), *(an_entry(number, "x" * (number % 5) * 4000) for number in range(40))))
    file = parquet.ParquetFile(io.BytesIO(written(store, write_parquet, "versions")))
    assert file.read().column("entry").to_pylist() == [row["entry"] for row in lines(store)]
    assert 8 < file.num_row_groups <= 40
    store.close()


def test_an_archive_without_anything_makes_empty_tables(tmp_path: Path) -> None:
    store = open_archive(tmp_path / "empty.sqlite")
    assert written(store, write_jsonl, "versions") == b""
    assert written(store, write_csv, "feeds").count(b"\r\n") == 1
    assert parquet.read_table(io.BytesIO(written(store, write_parquet, "versions"))).num_rows == 0
    store.close()


def test_the_sqlite_file_holds_all_in_plain(store: SqliteStore, tmp_path: Path) -> None:
    path = tmp_path / "plain.sqlite"
    path.write_bytes(b"what was there before")
    with store.snapshot() as source:
        write_sqlite(path, source, ALL)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        bodies = [bytes(body) for (body,) in db.execute("SELECT body FROM documents ORDER BY document")]
        current = db.execute("SELECT count(*) FROM entries").fetchone()[0]
        meanings = db.execute("SELECT count(*) FROM columns WHERE \"table\" = 'versions'").fetchone()[0]
    assert bodies == [document.served.body for document in store.documents()]
    assert (current, meanings) == (len(store.entries()), len(TABLES["versions"]))
    assert [one.name for one in tmp_path.iterdir() if "tmp" in one.name] == []


def test_without_pyarrow_one_line_says_what_to_do(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ExportError, match=r"needs pyarrow.*backissue\[parquet\]"):
        written(store, write_parquet, "versions")


def test_times_are_utc(store: SqliteStore) -> None:
    assert all(datetime.fromisoformat(row["first_seen"]).tzinfo == UTC for row in lines(store))
