"""What befalls `backissue archive` while it makes passes over feeds that live on a real server.

After each mishap the archive is whole, the next pass completes, and what is there then is what it would be otherwise.
"""

from __future__ import annotations

import hashlib
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.support.hastened import Clock
from tests.support.items import NOON
from tests.support.server import FeedServer
from tests.support.small_disk import SmallDisk
from tests.survive.harm import halted
from tests.survive.served import Feeds, Room, instant, undisturbed


class Course:
    """Archives one after the other, each of which follows its own feeds for some steps; on a disk, by a clock."""

    def __init__(
        self, folder: Path, seed: int, steps: int, disk: Path | None = None, clock: Path | None = None
    ) -> None:
        self._folder = folder
        self._disk = disk or folder
        self._clock = clock
        self._seed = seed
        self._steps = steps
        self.dice = Random(seed)

    def steps(self) -> Iterator[tuple[Room, dict[str, Any], float]]:
        """A room whose feeds are served as at its next step, what it must hold after it, and how long a pass takes."""
        with FeedServer() as server:
            while True:
                self._seed += 1
                feeds = Feeds(server, self._seed, self._steps)
                whole, seconds = undisturbed(self._folder / f"whole-{self._seed}", feeds)
                room = Room(self._disk / f"harmed-{self._seed}", feeds, self._clock)
                for step, wanted in enumerate(whole):
                    feeds.serve(step)
                    yield room, wanted, seconds


def killed_passes(folder: Path, seed: int, count: int, steps: int) -> Counter[str]:
    """Kills passes at random instants; gives how many of them had written down nothing, a part, or all of it."""
    course, found = Course(folder, seed, steps), Counter[str]()
    for room, wanted, seconds in course.steps():
        before = leaves(room)
        with room.started() as process:
            instant(course.dice, process, room.feeds, seconds)
            process.kill()
            process.communicate()
        if process.returncode == -signal.SIGKILL:
            found[_how_far(before, leaves(room), wanted)] += 1
        _goes_on(room, wanted)
        if found.total() >= count:
            break
    return found


def copied_passes(folder: Path, seed: int, count: int, steps: int) -> int:
    """Copies the files at random instants of a pass, as a disk has them when the power fails; each copy goes on.

    From half of them the end of SQLite's log is gone, too, or is zeros, as far as it may not have reached the disk.
    """
    course, done = Course(folder, seed, steps), 0
    for room, wanted, seconds in course.steps():
        copy, before = folder / f"copy-{done}", _digest(room.archive)
        with room.started() as process:
            instant(course.dice, process, room.feeds, seconds)
            halted(process)  # all files are of one instant
            shutil.copytree(room.folder, copy)
            process.send_signal(signal.SIGCONT)
            process.communicate()
        assert_same(room.holds(), wanted)
        _lose(copy / "backissue.sqlite", before, course.dice)
        _goes_on(Room(copy, room.feeds), wanted)
        done += 1
        if done >= count:
            break
    return done


def _lose(archive: Path, before: str, dice: Random) -> None:
    """Take some of the write-ahead log away that nothing has waited for: none of it is in the archive's file yet."""
    wal = archive.with_name(f"{archive.name}-wal")
    if dice.random() < 0.5 and wal.exists() and _digest(archive) == before:
        data = wal.read_bytes()
        place = dice.randrange(len(data) + 1)
        wal.write_bytes(data[:place] + (bytes(len(data) - place) if dice.random() < 0.5 else b""))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def full_disks(disk: SmallDisk, folder: Path, seed: int, count: int, steps: int) -> int:
    """Leaves a pass so little room that it fails, and the next one enough; gives how many passes failed."""
    course, ballast, failed = Course(folder, seed, steps, disk.folder), disk.folder / "ballast", 0
    for room, wanted, _ in course.steps():
        ballast.write_bytes(bytes(disk.free - course.dice.randrange(0, 120_000, 4096)))
        with room.started() as process:
            _, said = process.communicate(timeout=120)
        failed += process.returncode == 1
        assert process.returncode == 0 or (said.startswith("Error: ") and said.count("\n") == 1), said
        ballast.unlink()
        _goes_on(room, wanted)
        if failed >= count:
            break
    return failed


def read_only_disks(disk: SmallDisk, folder: Path, seed: int, count: int, steps: int) -> int:
    """Lets nothing be written during a pass, which fails in a line; what is there can be verified meanwhile."""
    done = 0
    for room, wanted, _ in Course(folder, seed, steps, disk.folder).steps():
        with disk.read_only():
            with room.started() as process:
                _, said = process.communicate(timeout=120)
            assert process.returncode == 1 and said.startswith("Error: ") and said.count("\n") == 1, said
            if room.archive.exists():
                room.verifies()
        _goes_on(room, wanted)
        done += 1
        if done >= count:
            break
    return done


def jumping_clocks(folder: Path, seed: int, count: int, steps: int) -> int:
    """The clock jumps a day, forward or back, while a pass is under way, and after it."""
    clock, done = Clock(folder / "clock"), 0
    clock.set(NOON)
    course = Course(folder, seed, steps, clock=folder / "clock")
    for room, wanted, seconds in course.steps():
        with room.started() as process:
            instant(course.dice, process, room.feeds, seconds)
            clock.set(clock() + course.dice.choice([-1, 1]) * timedelta(days=1))
            _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
        clock.set(clock() + course.dice.choice([-1, 0, 1]) * timedelta(days=1) + timedelta(seconds=1))
        _goes_on(room, wanted)
        done += 1
        if done >= count:
            break
    return done


def _goes_on(room: Room, wanted: dict[str, Any]) -> None:
    if leaves(room):
        room.is_whole()
    room.passes()
    assert_same(room.holds(), wanted)


def leaves(room: Room) -> int:
    """How many leaves its log has; 0 where there is no archive yet."""
    if not room.archive.exists():
        return 0
    with closing(sqlite3.connect(room.archive)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'log'").fetchone():
            return 0
        return int(db.execute("SELECT max(size) FROM log").fetchone()[0])


def assert_same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Sees that two archives hold the same."""
    assert found.keys() == wanted.keys()
    for name, rows in wanted.items():
        assert found[name] == rows, name


def _how_far(before: int, now: int, wanted: dict[str, Any]) -> str:
    if now == wanted["leaves"][0][0]:
        return "all" if now > before else "nothing new"
    return "a part" if now > before else "nothing"
