"""A day of `run` under a clock that goes on quickly: nothing grows but what is archived. A week takes the command."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.endure.drive import Bounds, Sample, Week, drive, judged


@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is looked up in /proc")
def test_a_day_of_a_run(tmp_path: Path) -> None:
    told: list[Sample] = []

    week = drive(tmp_path, polls=200, days=timedelta(), seed=3, window=20, step=timedelta(minutes=30), tell=told.append)

    # So early in its life a process still grows into its caches.
    found = judged(week, Bounds(memory=0.15))
    assert [line for line, holds in found if not holds] == []
    assert told == week.samples and week.days > 0.5


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({}, None),
        ({"memory": 107_000_000}, "memory"),
        ({"handles": 9}, "handles"),
        ({"threads": 3}, "threads"),
        ({"archive": 40_000_000}, "the archive takes"),
        ({"log_ahead": 20_000_000}, "SQLite's log"),
        ({"lines": 500}, "lines were said"),
    ],
)
def test_what_grows_is_found(changed: dict[str, int], line: str | None) -> None:
    """A week that is as it should be, but for its last quarter."""
    usual = Sample(0, 100_000_000, 8, 2, 10_000_000, 4_000_000, 10)
    samples = [
        replace(usual, polls=polls, quiet=polls > 9000, **(changed if polls > 7500 else {}))
        for polls in range(100, 10_100, 100)
    ]

    found = judged(Week(samples, 7.0, 500, 10_000_000, 0), Bounds())

    wrong = [text for text, holds in found if not holds]
    assert len(wrong) == (line is not None), wrong
    assert line is None or line in wrong[0]


def test_an_archive_that_grows_of_nothing_is_found() -> None:
    usual = Sample(0, 100_000_000, 8, 2, 10_000_000, 4_000_000, 10)
    samples = [
        replace(usual, polls=polls, archive=10_000_000 + 100 * polls, quiet=polls > 9000)
        for polls in range(100, 10_100, 100)
    ]

    found = judged(Week(samples, 7.0, 500, 11_000_000, 0), Bounds(quiet_growth=50_000))

    assert [text.partition(" grew")[0] for text, holds in found if not holds] == ["the archive"]
