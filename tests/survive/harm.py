"""What disks, power and clocks do to an archive that is written to; each gives how often it did so."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

from tests.survive.life import contents, is_whole, live

ROOT = Path(__file__).resolve().parents[2]
BATCHES = 60
_LONGEST = 0.4  # seconds; a life takes about as long


def kills(folder: Path, seed: int, count: int) -> int:
    """Processes that write are killed; each archive comes out as if none had been. Gives how many were cut short."""
    dice, cut_short, life = Random(seed), 0, 0
    while cut_short < count:
        life += 1
        path = folder / f"killed-{life}.sqlite"
        while True:
            with writer(path, seed + life) as process:
                assert process.stdout
                process.stdout.readline()
                time.sleep(dice.uniform(0, _LONGEST) ** 2)
                process.kill()
            cut_short += process.returncode < 0
            assert is_whole(path)
            if process.returncode == 0 or cut_short >= count:
                break
        _goes_on(path, folder / f"whole-{life}.sqlite", seed + life)
    return cut_short


def power_losses(folder: Path, seed: int, count: int) -> int:
    """The files are copied while they are written to, as a disk has them when the power fails; each copy goes on."""
    dice, path, done = Random(seed), folder / "running.sqlite", 0
    whole = folder / "whole.sqlite"
    while done < count:
        for one in folder.glob("running.sqlite*"):
            one.unlink()
        with writer(path, seed) as process:
            assert process.stdout
            process.stdout.readline()
            while process.poll() is None and done < count:
                time.sleep(dice.uniform(0, 0.1))
                copy = folder / f"copy-{done}"
                copy.mkdir()
                halted(process)  # all of them are of one instant
                for one in folder.glob("running.sqlite*"):
                    shutil.copy(one, copy)
                process.send_signal(signal.SIGCONT)
                done += 1
            process.kill()
    for number in range(done):
        copy = folder / f"copy-{number}" / path.name
        assert is_whole(copy)
        _goes_on(copy, whole, seed)
    return done


def halted(process: subprocess.Popen[str]) -> None:
    """Stop the process until SIGCONT, if it has not ended; nothing of it runs any more."""
    process.send_signal(signal.SIGSTOP)
    with suppress(ChildProcessError):
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)


@contextmanager
def writer(path: Path, seed: int) -> Iterator[subprocess.Popen[str]]:
    """A process that writes to the archive; it is ended with the block."""
    command = [sys.executable, "-m", "tests.survive.life", str(path), str(seed), str(BATCHES)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()  # it has ended already where it was waited for
            process.communicate()


def _goes_on(path: Path, whole: Path, seed: int) -> None:
    """Sees that the next pass completes, and that nothing shows what happened."""
    list(live(path, seed, BATCHES))
    if not whole.exists():
        list(live(whole, seed, BATCHES))
    assert is_whole(path)
    assert contents(path) == contents(whole)
