"""Bad days by hand: `python -m tests.faults --feeds 5000 --passes 4`. The suite makes a short drive of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from tests.faults.drive import drive


@click.command()
@click.option("--feeds", default=500, show_default=True, type=click.IntRange(1), help="How many feeds are polled.")
@click.option(
    "--share", default=20, show_default=True, type=click.IntRange(0, 100), help="Of a hundred, how many fail."
)
@click.option("--passes", default=2, show_default=True, type=click.IntRange(2), help="The last one has no faults.")
@click.option("--seed", default=0, show_default=True, help="Another number gives other feeds other faults.")
@click.option("--silence", default=5.0, show_default=True, help="Seconds that a client puts up with silence.")
def main(feeds: int, share: int, passes: int, seed: int, silence: float) -> None:
    """Poll feeds whose servers, proxies and names have bad days; exit with 1 if anything is not as it should be.

    \b
    Example:
      python -m tests.faults --feeds 2000 --share 50 --passes 5 --seed 7
    """
    with tempfile.TemporaryDirectory() as folder:
        outcome = drive(Path(folder), feeds=feeds, share=share, seed=seed, passes=passes, seconds=silence)
    for line in outcome.wrong:
        click.echo(line)
    told = ", ".join(f"{count} {fault}" for fault, count in outcome.asked.items())
    click.echo(f"{feeds} feeds, {passes} passes, seed {seed}; faults: {told}")
    click.echo(f"handles before and after each pass: {outcome.handles}; threads: {outcome.threads}")
    click.echo(f"{len(outcome.wrong)} things wrong")
    if outcome.wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
