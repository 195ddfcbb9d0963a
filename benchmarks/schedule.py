"""Polling by the feed's own rhythm against polling every hour: the tables and plots of docs/scheduling.md."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

from benchmarks.plots import plots as draw
from benchmarks.visits import BURSTY, FIVE, KINDS, LEAST, Kind, Run, joined, one_year

_MINUTE = timedelta(minutes=1)


def results(seeds: int, plots: Path | None) -> Iterator[str]:
    """The tables, over so many years; with a folder, the plots of docs/scheduling.md too."""
    with ProcessPoolExecutor() as pool:
        years = list(pool.map(one_year, range(1, seeds + 1)))
    yield f"A year of feeds, {seeds} seeds: asked every hour > by rhythm (every {LEAST // _MINUTE} minutes at most)."
    yield "Delays in minutes; the ratio is that of the mean delays, the median of the seeds (lowest to highest)."
    yield ""
    yield from _table("All kinds, one budget", KINDS, [(year.fixed, year.together) for year in years])
    named = [KINDS.index(kind) for kind in FIVE]
    yield from _table(
        "Newsroom, daily, weekly, silent, dying",
        FIVE,
        [(tuple(year.fixed[one] for one in named), year.five) for year in years],
    )
    yield from _table("Half the requests, no feed below hourly", KINDS, [(year.fixed, year.hourly) for year in years])
    yield from _table(
        "Each alone, its own 8,760 requests", KINDS, [(year.fixed, year.alone) for year in years], whole=False
    )
    visits = sum(run.requests for year in years for run in year.together)
    gaps = sum(run.gaps for year in years for run in year.together)
    risky = sum(run.risky for year in years for run in year.together)
    yield f"All kinds: {visits:,} visits, {gaps} after a loss, {risky} with a risk above the bound of 0.1 %."
    for number, kind in enumerate(BURSTY):
        runs = [year.bounded[number] for year in years]
        visits, gaps = sum(run.requests for run in runs), sum(run.gaps for run in runs)
        yield f"Asked by the bound alone, {kind.name}: {visits:,} visits, {gaps} after a loss ({gaps / visits:.3%})."
    if plots:
        for path in draw(plots, years):
            yield f"wrote {path}"


def _table(
    title: str, kinds: tuple[Kind, ...], pairs: list[tuple[tuple[Run, ...], tuple[Run, ...]]], *, whole: bool = True
) -> Iterator[str]:
    head = f"{'entries':>8} {'requests':>16} {'mean':>13} {'95 % below':>13} {'lost':>9}   ratio"
    yield f"{title:<44} {head}"
    for number, kind in enumerate(kinds):
        yield _row(kind.name, [([mine[number]], [theirs[number]]) for mine, theirs in pairs])
    if whole:
        yield _row("all entries", [(list(mine), list(theirs)) for mine, theirs in pairs])
    yield ""


def _row(name: str, pairs: list[tuple[list[Run], list[Run]]]) -> str:
    before, after = (joined([run for pair in pairs for run in pair[side]]) for side in (0, 1))
    ratios = sorted(joined(theirs).mean / joined(mine).mean for mine, theirs in pairs)
    seeds = len(pairs)
    return (
        f"  {name:<42} {len(before.delays) // seeds:>8,} {before.requests // seeds:>7,} > {after.requests // seeds:>6,}"
        f" {before.mean * 60:>5.1f} > {after.mean * 60:>5.1f} {before.late * 60:>5.1f} > {after.late * 60:>5.1f}"
        f" {before.lost:>4,} > {after.lost:>2,}   {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"
    )
