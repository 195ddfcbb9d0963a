"""Fuzzing by hand: `python -m tests.fuzz html --seconds 300`. Without names, every target has its share of the time."""

from __future__ import annotations

import hashlib
import random
import sys
import time
from collections.abc import Hashable
from pathlib import Path

import click

from tests.fuzz.mutate import mutated
from tests.fuzz.targets import TARGETS, seeds
from tests.fuzz.watch import MEMORY, FoundError, most_memory, watched

_LARGEST_POOL = 2000
_POOL_BYTES = 20_000_000  # of inputs that are built upon, so that what they take is not laid to the next one's charge
_ENOUGH = 10  # faults; whoever has that many begins with them


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(TARGETS)))
@click.option("--seconds", default=60, show_default=True, type=click.IntRange(1), help="Processor time, in all.")
@click.option("--seed", default=0, show_default=True, help="Another number gives other inputs.")
@click.option(
    "--found",
    default=Path("test-artifacts/fuzz"),
    show_default=True,
    type=click.Path(path_type=Path),
    help="The folder that inputs are written to which broke something.",
)
def main(names: tuple[str, ...], seconds: int, seed: int, found: Path) -> None:
    """Try inputs made from the stored corpus; exit with 1 if one crashes, hangs or takes too much memory.

    \b
    Example:
      python -m tests.fuzz parse html --seconds 120 --seed 7
    """
    found.mkdir(parents=True, exist_ok=True)
    wanted = names or tuple(TARGETS)
    broken = sum([fuzz(name, seconds / len(wanted), seed, found) for name in wanted])
    if broken:
        raise SystemExit(1)


def fuzz(name: str, seconds: float, seed: int, found: Path) -> int:
    """Try inputs for so many seconds of the processor; gives how many faults they found, at most 10."""
    target, dice, pool = TARGETS[name], random.Random(f"{name} {seed}"), seeds(name)
    # Where an input hangs, the process ends, and the input is left here.
    under_way = found / f"{name}-under-way"
    known, seen, faults, tried = len(pool), set[Hashable](), set[str](), 0
    held = sum(map(len, pool))
    memory, end = sys.maxsize, time.process_time() + seconds
    while time.process_time() < end and len(faults) < _ENOUGH:
        data = pool[tried] if tried < known else mutated(dice.choice(pool), pool, target.tokens, dice)
        tried += 1
        if tried == known:
            memory = most_memory() + MEMORY
        try:
            noted = watched(target.run, data, under_way, memory)
        except FoundError as fault:
            if fault.place not in faults:
                faults.add(fault.place)
                click.echo(f"{_kept(found, name, data)}:\n{fault}")
            continue
        if noted not in seen:
            seen.add(noted)
            if tried > known and len(pool) < _LARGEST_POOL and held + len(data) <= _POOL_BYTES:
                pool.append(data)
                held += len(data)
    under_way.unlink(missing_ok=True)
    click.echo(
        f"{name}: {tried} inputs, {len(seen)} of a new kind, {len(faults)} faults, {most_memory() / 1e6:.0f} MB at most"
    )
    return len(faults)


def _kept(found: Path, name: str, data: bytes) -> Path:
    path = found / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    main()
