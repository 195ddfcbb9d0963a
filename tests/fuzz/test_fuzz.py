"""The stored corpus and a number of variants of it, for every target; and the harness finds what it looks for."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Hashable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutate import LONGEST, mutated
from tests.fuzz.targets import TARGETS, seeds
from tests.fuzz.watch import FoundError, most_memory, watched

ROOT = Path(__file__).parents[2]
HOGS: list[bytearray] = []


@pytest.mark.parametrize("name", TARGETS)
def test_the_stored_corpus_breaks_nothing(name: str) -> None:
    for data in seeds(name):
        TARGETS[name].run(data)


@pytest.mark.parametrize("name", TARGETS)
@given(dice=st.randoms(use_true_random=False))
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_variants_of_it_break_nothing(name: str, dice: random.Random) -> None:
    pool = [seed for seed in seeds(name) if len(seed) < 5000]
    data = mutated(dice.choice(pool), pool, TARGETS[name].tokens, dice)

    TARGETS[name].run(data)


def test_variants_differ_and_have_an_end() -> None:
    dice = random.Random(1)

    made = [mutated(b"<p>seed</p>", [b"<i>other</i>"], [b"token"], dice) for _ in range(300)]

    assert len(set(made)) > 200
    assert any(b"token" in one for one in made)
    assert any(b"other" in one for one in made)
    assert max(map(len, made)) <= LONGEST


def crash(data: bytes) -> Hashable:
    return {}[data]


def hog(data: bytes) -> Hashable:
    HOGS.append(bytearray(b"x" * 30_000_000))
    return data


@pytest.mark.parametrize(
    ("target", "memory", "said"),
    [(crash, sys.maxsize, "KeyError: b'in'"), (hog, most_memory() + 20_000_000, "MB of memory")],
    ids=["crash", "memory"],
)
def test_what_an_input_does_is_found(tmp_path: Path, target: object, memory: int, said: str) -> None:
    try:
        with pytest.raises(FoundError, match=said):
            watched(target, b"in", tmp_path / "input", memory)  # type: ignore[arg-type]
    finally:
        HOGS.clear()


def test_a_hang_is_found_even_within_c(tmp_path: Path) -> None:
    """The process ends with a traceback, and the input is left in the file."""
    code = (
        "import re, sys, pathlib; from tests.fuzz.watch import watched\n"
        "hang = lambda data: re.match(rb'(a|a)*b', data)\n"
        "watched(hang, b'a' * 60, pathlib.Path(sys.argv[1]), sys.maxsize, seconds=0.3)"
    )
    path = tmp_path / "input"

    done = subprocess.run([sys.executable, "-c", code, path], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert done.returncode < 0, done
    assert "hang" in done.stderr or "<lambda>" in done.stderr
    assert path.read_bytes() == b"a" * 60


def test_the_command_tries_every_target(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "dates", "body", "--seconds", "2", "--found", tmp_path]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["dates", "body"]
    assert list(tmp_path.iterdir()) == []
