"""`python -m tests.survive`: what disks, power and clocks do to an archive that is written to, at length."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from _pytest.outcomes import Skipped

from tests.support.small_disk import small_disk
from tests.survive import harm, passes

_STEPS = 15  # of an archive's life
_DISK = 60_000_000  # bytes


@click.command()
@click.option("--kills", default=200, show_default=True, type=click.IntRange(0), help="Of 'backissue archive'.")
@click.option("--copies", default=200, show_default=True, type=click.IntRange(0), help="How often the power fails.")
@click.option("--disks", default=20, show_default=True, type=click.IntRange(0), help="Full ones, and read-only ones.")
@click.option("--jumps", default=50, show_default=True, type=click.IntRange(0), help="Of the clock, by a day.")
@click.option("--store", default=50, show_default=True, type=click.IntRange(0), help="Kills and copies below commands.")
@click.option("--seed", default=1, show_default=True)
def main(kills: int, copies: int, disks: int, jumps: int, store: int, seed: int) -> None:
    """Each archive opens, is verified, its next pass completes, and it holds what one does that nothing happened to."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        if kills:
            parts = passes.killed_passes(_folder(root, "killed"), seed, kills, _STEPS)
            written = ", ".join(f"{count} had written {part}" for part, count in sorted(parts.items()))
            click.echo(f"{parts.total()} passes killed: {written}; {_SAME}")
        if copies:
            done = passes.copied_passes(_folder(root, "copied"), seed, copies, _STEPS)
            click.echo(f"{done} copies of the files during passes; {_SAME}")
        for title, way in (("full", passes.full_disks), ("read-only", passes.read_only_disks)):
            if disks:
                try:
                    with small_disk(root / f"disk-{title}", _DISK) as disk:
                        done = way(disk, _folder(root, title), seed, disks, _STEPS)
                        click.echo(f"{done} passes failed on a {title} disk; {_SAME}")
                except Skipped as why:
                    click.echo(f"no {title} disk: {why}")
        if jumps:
            done = passes.jumping_clocks(_folder(root, "clock"), seed, jumps, _STEPS)
            click.echo(f"{done} passes with a clock that jumped; {_SAME}")
        if store:
            done = harm.kills(_folder(root, "store"), seed, store)
            done += harm.power_losses(root / "store", seed, store)
            click.echo(f"{done} kills and copies of the store alone; it came out the same to the byte of each row")


_SAME = "each archive was whole, went on, and came out the same"


def _folder(root: Path, name: str) -> Path:
    folder = root / name
    folder.mkdir()
    return folder


main()
