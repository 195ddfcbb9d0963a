"""Tables for researchers: a line or row for each version or document, as JSON Lines, CSV and Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO, Literal

import msgspec

from archive.export.columns import DOCUMENTS, FEEDS, VERSIONS, Column
from archive.export.output import ExportError
from archive.store import Choice, Snapshot
from archive.store.times import to_text

Table = Literal["versions", "documents", "feeds"]
TABLES: dict[Table, tuple[Column[Any], ...]] = {"versions": VERSIONS, "documents": DOCUMENTS, "feeds": FEEDS}
_GROUP = 1000  # rows of Parquet that are written together
_LETTERS = 10_000_000  # in them, about

Done = Callable[[str], None]


def rows(source: Snapshot, table: Table, choice: Choice, done: Done) -> Iterator[list[Any]]:
    """The rows of a table in its columns' order; `done` hears of each. Raises StoreError."""
    columns = TABLES[table]
    for one in _things(source, table, choice):
        yield [column.of(one) for column in columns]
        done("")


def _things(source: Snapshot, table: Table, choice: Choice) -> Iterable[Any]:
    match table:
        case "versions":
            return source.told(choice)
        case "documents":
            return source.documents(choice, bodies=False)
        case "feeds":
            return source.feeds(choice)


def write_jsonl(file: BinaryIO, table: Table, found: Iterable[Sequence[Any]]) -> int:
    """JSON Lines: an object a line, in UTF-8, all columns in order; times as RFC 3339 in UTC. Gives how many."""
    names, encode, count = [column.name for column in TABLES[table]], msgspec.json.Encoder().encode, 0
    for count, row in enumerate(found, 1):  # noqa: B007
        file.write(encode(dict(zip(names, row, strict=True))) + b"\n")
    return count


def write_csv(file: BinaryIO, table: Table, found: Iterable[Sequence[Any]]) -> int:
    """CSV (RFC 4180) in UTF-8 with a line of names; lists are JSON, nothing is an empty field. Gives how many rows."""
    columns, count = TABLES[table], 0
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    try:
        lines = csv.writer(text)
        lines.writerow([column.name for column in columns])
        for count, row in enumerate(found, 1):  # noqa: B007
            lines.writerow([_cell(value) for value in row])
        text.flush()
    finally:
        text.detach()  # the file is not this writer's to close
    return count


def plain(value: Any) -> Any:
    """A value as SQL and CSV have it: times as text of fixed width in UTC, lists and parts as JSON."""
    match value:
        case datetime():
            return to_text(value)
        case list() | tuple():
            return msgspec.json.encode(value).decode()
        case _:
            return value


def _groups(found: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    """The rows, so many together as are not too many nor too large."""
    group: list[Sequence[Any]] = []
    size = 0
    for row in found:
        group.append(row)
        size += sum(len(value) for value in row if isinstance(value, str))
        if len(group) == _GROUP or size > _LETTERS:
            yield group
            group, size = [], 0
    if group:
        yield group


def _cell(value: Any) -> Any:
    return ("false", "true")[value] if isinstance(value, bool) else plain(value)


def write_parquet(file: BinaryIO, table: Table, found: Iterable[Sequence[Any]]) -> int:
    """Parquet with a type for each column, times in microseconds of UTC, and the columns' meanings. Gives how many.

    Raises ExportError where pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        remedy = "install Backissue with it: pip install 'backissue[parquet]'"
        raise ExportError("--parquet", "needs pyarrow, which is not installed", remedy) from error
    time, text = pyarrow.timestamp("us", tz="UTC"), pyarrow.string()
    types = {
        "text": text,
        "integer": pyarrow.int64(),
        "number": pyarrow.float64(),
        "boolean": pyarrow.bool_(),
        "time": time,
        "texts": pyarrow.list_(text),
        "times": pyarrow.list_(time),
        "json": text,
    }
    columns, count = TABLES[table], 0
    fields = [pyarrow.field(one.name, types[one.kind], metadata={"description": one.meaning}) for one in columns]
    schema = pyarrow.schema(fields)
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _groups(found):
            held = [
                pyarrow.array([plain(row[place]) if one.kind == "json" else row[place] for row in group], field.type)
                for place, (one, field) in enumerate(zip(columns, schema, strict=True))
            ]
            writer.write_table(pyarrow.Table.from_arrays(held, schema=schema))
            count += len(group)
    return count
