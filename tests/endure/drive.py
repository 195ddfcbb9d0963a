"""`backissue run` for a simulated week in minutes: what it takes is looked at from outside, as an operator would.

The clock is handed to it (`tests.support.hastened`) and goes on by a step whenever a pass has been made.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from msgspec import Struct

from tests.support.hastened import Clock
from tests.support.press_room import PressRoom

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(days=7)
POLLS_A_WEEK = 100  # of each feed, at least: hourly to every 90 minutes, and those that fail more seldom
_PASSED = re.compile(rb"^backissue_passes_total (\S+)", re.MULTILINE)
_QUIET = 0.9  # of the polls and of the time; after these nothing is new
_CONFIG = """
[http]
allow_private_addresses = true
[schedule]
interval = 60
polite = 60
maximum = 90
tick = 0.02
[[folders]]
path = "articles"
[[folders]]
path = "backissue.toml"
"""


class Sample(Struct, frozen=True):
    """What the process held after so many polls: bytes of memory, handles, threads; bytes of files; lines said.

    `quiet` is whether nothing was new any more.
    """

    polls: int
    memory: int
    handles: int
    threads: int
    archive: int
    log_ahead: int
    lines: int
    quiet: bool = False


class Bounds(Struct, frozen=True):
    """What must hold after the first tenth of the polls: parts of what there was, bytes, lines a poll."""

    memory: float = 0.05
    log_ahead: int = 16_000_000
    quiet_growth: int = 100_000
    waste: float = 0.25
    lines: float = 0.02


class Week(Struct, frozen=True):
    """What came of it: samples in order, simulated days, new versions, bytes of the archive and of the same, packed."""

    samples: list[Sample]
    days: float
    versions: int
    packed: int
    ended: int


def drive(
    folder: Path,
    *,
    polls: int,
    days: timedelta,
    seed: int,
    window: int,
    step: timedelta,
    tell: Callable[[Sample], None],
) -> Week:
    """Run until so many polls were made, and so much time has gone by; what comes last of both.

    `window` is how many entries a feed shows, `step` how the clock goes on.
    """
    clock = Clock(folder / "clock")
    clock.set(START)
    (folder / "articles").mkdir()
    (folder / "articles/a.txt").write_text("The ferry is back\n\nAfter nine years the ferry crosses the river again.\n")
    os.utime(folder / "articles/a.txt", (0, 0))  # nobody writes to it any more
    feeds = max(10, polls // POLLS_A_WEEK)
    with PressRoom(clock, window=window, seed=seed) as room:
        sources = "".join(f'[[sources]]\nurl = "{room.url(feed)}"\n' for feed in range(feeds))
        (folder / "backissue.toml").write_text(_CONFIG + sources)
        command = [
            sys.executable,
            "-m",
            "tests.support.hastened",
            str(folder / "clock"),
            str(folder / "backissue.toml"),
            "run",
            "--port",
            "0",
        ]
        with (
            (folder / "said").open("wb") as said,
            subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=said, text=True) as process,
        ):
            try:
                samples = _drive(process, folder, clock, room, polls, days, step, tell)
                process.send_signal(signal.SIGTERM)
                process.wait(30)
            finally:
                process.kill()
    return Week(samples, (clock() - START) / timedelta(days=1), *_looked_over(folder), process.returncode)


def _drive(
    process: subprocess.Popen[str],
    folder: Path,
    clock: Clock,
    room: PressRoom,
    polls: int,
    days: timedelta,
    step: timedelta,
    tell: Callable[[Sample], None],
) -> list[Sample]:
    assert process.stdout is not None
    first = process.stdout.readline()
    address = re.search(r"http://[0-9.:]+/", first)
    assert address, (folder / "said").read_text()
    samples: list[Sample] = []
    every = max(1, polls // 100)
    _wait(address[0], 5)  # by then all is loaded that is needed
    while room.polls < polls or clock() < START + days:
        # The one under way may have looked at the clock before it was set.
        _wait(address[0], _passes(address[0]) + 2)
        if room.polls >= every * (len(samples) + 1):
            samples.append(_sample(process.pid, folder, room.polls, quiet=room.quiet is not None))
            tell(samples[-1])
        if room.quiet is None and room.polls >= _QUIET * polls and clock() >= START + _QUIET * days:
            room.quiet = clock()
        clock.set(clock() + step)
    return samples


def _passes(address: str) -> float:
    with urllib.request.urlopen(f"{address}metrics", timeout=60) as answer:
        found = _PASSED.search(answer.read())
    return float(found[1]) if found else 0.0


def _wait(address: str, passes: float) -> None:
    end = time.monotonic() + 120
    while _passes(address) < passes:
        assert time.monotonic() < end, "no pass is made any more"
        time.sleep(0.02)


def _sample(pid: int, folder: Path, polls: int, *, quiet: bool) -> Sample:
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    archive, ahead = folder / "backissue.sqlite", folder / "backissue.sqlite-wal"
    return Sample(
        polls=polls,
        memory=int(status["VmRSS"].split()[0]) * 1024,
        handles=len(list((process / "fd").iterdir())),
        threads=int(status["Threads"]),
        archive=archive.stat().st_size,
        log_ahead=ahead.stat().st_size if ahead.exists() else 0,
        lines=(folder / "said").read_bytes().count(b"\n"),
        quiet=quiet,
    )


def _looked_over(folder: Path) -> tuple[int, int]:
    """How many versions there are, and how large the archive is once it is packed."""
    packed = folder / "packed.sqlite"
    with closing(sqlite3.connect(folder / "backissue.sqlite")) as db:
        versions = int(db.execute("SELECT count(*) FROM version").fetchone()[0])
        db.execute("VACUUM INTO ?", (str(packed),))
    return versions, packed.stat().st_size


def judged(week: Week, bounds: Bounds) -> list[tuple[str, bool]]:
    """What is to be said of it, a sentence each, and whether it is as it should be."""
    samples = week.samples
    tenth = max(1, len(samples) // 10)
    spans = [samples[start : start + tenth] for start in range(tenth, len(samples) - tenth + 1, tenth)]
    quiet = [one for one in samples if one.quiet]
    memory = [median(one.memory for one in span) for span in spans]
    least = [[min(one.handles for one in span), min(one.threads for one in span)] for span in spans]
    grown = quiet[-1].archive - quiet[0].archive
    lines = (samples[-1].lines - spans[0][0].lines) / max(1, samples[-1].polls - spans[0][0].polls)
    ahead = max(one.log_ahead for span in spans for one in span)
    waste = samples[-1].archive / week.packed - 1
    change = max(memory) / memory[0] - 1
    return [
        (f"{samples[-1].polls:,} polls in {week.days:.1f} simulated days, {week.versions:,} versions", True),
        (
            f"memory, medians of tenths after the first: {_megabytes(memory)} MB ({change:+.1%})",
            change <= bounds.memory,
        ),
        (f"handles, the least of each tenth: {[one for one, _ in least]}", least[-1][0] <= least[0][0]),
        (f"threads, the least of each tenth: {[one for _, one in least]}", least[-1][1] <= least[0][1]),
        (f"the archive grew by {grown:,} bytes while nothing was new", grown <= bounds.quiet_growth),
        (f"the archive takes {waste:.1%} more than the same, packed ({week.packed:,} bytes)", waste <= bounds.waste),
        (f"SQLite's log had at most {ahead:,} bytes", ahead <= bounds.log_ahead),
        (f"{lines:.4f} lines were said for a poll", lines <= bounds.lines),
        (f"it ended with {week.ended}", week.ended == 0),
    ]


def _megabytes(values: Sequence[float]) -> str:
    return ", ".join(f"{value / 1e6:.1f}" for value in values)
