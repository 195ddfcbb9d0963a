"""Pairs of runs, taken in turns, as a ratio with its spread: what the machine does meanwhile hits both sides alike."""

from __future__ import annotations

import compileall
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_RESIDENT = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a name, and a run of it that gives how many units of work it did."""

    name: str
    run: Callable[[], float]


@dataclass(frozen=True)
class Result:
    """Units a second on both sides, and the ratio of ours to theirs (median, lowest, highest over the rounds)."""

    what: str
    unit: str
    ours: float
    peer: str
    theirs: float
    ratio: float
    low: float
    high: float

    def __str__(self) -> str:
        rates = f"{self.ours:>12,.0f} {self.unit}/s   {self.peer:<34} {self.theirs:>12,.0f} {self.unit}/s"
        return f"{self.what:<44} {rates}   {self.ratio:6.2f} x  ({self.low:.2f} to {self.high:.2f})"


def compare(what: str, unit: str, ours: Side, peer: Side, rounds: int) -> Result:
    """Run both sides in turns, after one run of each that does not count."""
    ours.run()
    peer.run()
    pairs = [(_rate(ours), _rate(peer)) if turn % 2 else (_rate(peer), _rate(ours))[::-1] for turn in range(rounds)]
    ratios = [mine / theirs for mine, theirs in pairs]
    mine, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Result(what, unit, mine, peer.name, theirs, statistics.median(ratios), min(ratios), max(ratios))


def compile_ours() -> None:
    """Compile Backissue as pip compiles what it installs, and did the peers: or each run would begin with that."""
    for room in ("archive", "backissue", "config", "feeds"):
        assert compileall.compile_dir(Path(__file__).parents[1] / room, quiet=1)


def process(command: Sequence[str | Path], **environ: str) -> None:
    """Run a program to its end; raises CalledProcessError with what it said if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ or None)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed ({done.returncode}): {done.stderr[-2000:] or done.stdout[-2000:]}")


def memory(pid: int) -> int:
    """The memory (kB) that a program and those it has started hold now; what they share counts once."""
    return sum(map(_resident, _family(pid)))


def _family(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").glob("*/children"))
        children = [int(one) for path in tasks for one in path.read_text().split()]
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(child))]


def _resident(pid: int) -> int:
    try:
        # What processes share counts for each by its part.
        found = _RESIDENT.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    except OSError:
        return 0  # it has ended
    return int(found[1]) if found else 0


def _rate(side: Side) -> float:
    start = time.perf_counter()
    units = side.run()
    return units / (time.perf_counter() - start)
