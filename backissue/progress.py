"""A progress bar on standard error, where that is a terminal; nothing at all elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Advance(Protocol):
    """What a bar hears of: the name of a step, and how many steps are done by that; 0 where it is under way."""

    def __call__(self, name: str, steps: int = 1) -> None: ...


@contextmanager
def progress(label: str, total: int | None, *, quiet: bool = False) -> Iterator[Advance]:
    """A bar for so many steps (None: nobody knows); call what it gives with the name of each step that is done."""
    if quiet or not sys.stderr.isatty():
        yield lambda name, steps=1: None
        return
    # Only here, as most commands show no bar.
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[name]}", markup=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total, name="")

        def advance(name: str, steps: int = 1) -> None:
            bar.update(task, advance=steps, name=escape(name[:40]))

        yield advance
