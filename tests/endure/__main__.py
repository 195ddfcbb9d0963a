"""A week by hand: `python -m tests.endure --polls 10000`. The suite makes a short one."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import click

from tests.endure.drive import Bounds, Sample, drive, judged


@click.command()
@click.option("--polls", default=10_000, show_default=True, type=click.IntRange(100), help="How many polls are made.")
@click.option("--days", default=7.0, show_default=True, type=click.FloatRange(0), help="How long it is at least.")
@click.option("--window", default=100, show_default=True, type=click.IntRange(1), help="Entries that a feed shows.")
@click.option(
    "--step", default=10, show_default=True, type=click.IntRange(1), help="Minutes by which the clock goes on."
)
@click.option("--seed", default=0, show_default=True, help="Another number gives other feeds.")
def main(polls: int, days: float, window: int, step: int, seed: int) -> None:
    """Run the archive under a clock that goes on quickly; exit with 1 if anything grows that should not.

    The feeds are as many as make so many polls in a week.

    \b
    Example:
      python -m tests.endure --polls 2000 --seed 7
    """

    def tell(sample: Sample) -> None:
        click.echo(
            f"{sample.polls:>7,} polls  {sample.memory / 1e6:6.1f} MB  {sample.handles:>3} handles"
            f"  {sample.threads:>2} threads  archive {sample.archive / 1e6:6.1f} MB"
            f"  log {sample.log_ahead / 1e6:4.1f} MB  {sample.lines} lines"
        )

    with tempfile.TemporaryDirectory() as folder:
        week = drive(
            Path(folder),
            polls=polls,
            days=timedelta(days=days),
            seed=seed,
            window=window,
            step=timedelta(minutes=step),
            tell=tell,
        )
    found = judged(week, Bounds())
    for line, holds in found:
        click.echo(f"{'ok  ' if holds else 'NOT '} {line}")
    if not all(holds for _, holds in found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
