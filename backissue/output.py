"""What commands print: text and tables for people, one JSON document for machines with the same facts."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate, takewhile
from typing import Any

import click
import msgspec

_GAP = "  "
_NARROWEST = 8


def emit(value: object) -> None:
    """Print a value as JSON: times as RFC 3339, structs as objects."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[int] = ()) -> None:
    """Print rows in columns under their heads; `right` are the columns of numbers.

    On a terminal the widest columns give way until a line fits; in a pipe all stays whole.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(head, *cells, strict=True)]
    if sys.stdout.isatty():
        widths = _fitting(widths, shutil.get_terminal_size().columns)
    flush = set(right)
    click.echo(click.style(_line(head, widths, flush), dim=True))
    for row in cells:
        click.echo(_line(row, widths, flush))


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 entry`, `2 entries`.

    >>> plural(1234, "feed")
    '1,234 feeds'
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def when(time: datetime | None) -> str:
    """A time for people, in UTC: `2026-11-24 08:30`; a dash for none."""
    return f"{time:%Y-%m-%d %H:%M}" if time else "-"


def size(number: int) -> str:
    """A size for people: `12.3 kB`."""
    value, unit = float(number), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{number} bytes" if unit == "bytes" else f"{value:.1f} {unit}"


def warn(text: str) -> None:
    """A line on standard error that is no error."""
    click.echo(text, err=True)


def _line(cells: Sequence[str], widths: Sequence[int], right: set[int]) -> str:
    padded = []
    for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        text = _cut(cell, width)
        space = " " * (width - _width(text))
        padded.append(space + text if index in right else text + space)
    return _GAP.join(padded).rstrip()


def _fitting(widths: Sequence[int], columns: int) -> list[int]:
    """The widths, the widest made less until all fit, but none less than is legible."""
    fitting = list(widths)
    over = sum(fitting) + len(_GAP) * (len(fitting) - 1) - columns
    while over > 0 and max(fitting) > _NARROWEST:
        widest = max(fitting)
        # Down to the next widest at one go, as a title may be of any length; from there on in turn.
        next_widest = max([_NARROWEST, *(width for width in fitting if width < widest)])
        step = 1 if fitting.count(widest) > 1 else min(over, widest - next_widest)
        fitting[fitting.index(widest)] -= step
        over -= step
    return fitting


def _cell(value: Any) -> str:
    match value:
        case None | "":
            return "-"
        case datetime():
            return when(value)
        case int():
            return f"{value:,}"
        case _:
            return " ".join(str(value).split())


def _width(text: str) -> int:
    """How many columns of a terminal a text takes: East Asian characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _cut(text: str, columns: int) -> str:
    if _width(text) <= columns:
        return text
    ends = accumulate(map(_width, text))
    return f"{text[: sum(1 for _ in takewhile(lambda end: end < columns, ends))]}…"
