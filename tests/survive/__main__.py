"""`python -m tests.survive`: kills processes that write to an archive, and copies its files under them, at random."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from tests.survive.harm import kills, power_losses


@click.command()
@click.option("--kills", "killed", default=200, show_default=True, type=click.IntRange(0))
@click.option("--copies", default=200, show_default=True, type=click.IntRange(0), help="How often the power fails.")
@click.option("--seed", default=1, show_default=True)
def main(killed: int, copies: int, seed: int) -> None:
    """Each archive is verified, goes on, and must come out as one that nothing happened to."""
    with tempfile.TemporaryDirectory() as folder:
        for name, harm, count in (("killed", kills, killed), ("copied", power_losses, copies)):
            place = Path(folder, name)
            place.mkdir()
            click.echo(
                f"{harm(place, seed, count)} times {name}: each archive was whole, went on, and came out the same"
            )


main()
