"""Whatever befalls the machine, the archive opens, is whole, and comes out as if nothing had happened.

`python -m tests.survive` does the same at length.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive.store import Store, StoreError
from archive.store.backup import back_up
from tests.support.archive import an_article, an_entry, hour, open_archive, shown
from tests.survive import passes
from tests.survive.harm import BATCHES, kills, power_losses, writer
from tests.survive.life import contents, is_whole, live


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs signals")
def test_killed_passes(tmp_path: Path) -> None:
    assert passes.killed_passes(tmp_path, seed=3, count=2, steps=2).total() == 2


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs signals")
def test_power_losses_in_passes(tmp_path: Path) -> None:
    assert passes.copied_passes(tmp_path, seed=4, count=1, steps=1) == 1


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs signals")
def test_kills(tmp_path: Path) -> None:
    assert kills(tmp_path, seed=3, count=3) == 3


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs signals")
def test_power_losses(tmp_path: Path) -> None:
    assert power_losses(tmp_path, seed=4, count=3) == 3


def test_backups_while_it_is_written_to(tmp_path: Path) -> None:
    path, leaves = tmp_path / "a.sqlite", []
    with writer(path, 6) as process:
        assert process.stdout
        process.stdout.readline()
        while process.poll() is None:
            copy = tmp_path / f"{len(leaves)}.sqlite"
            leaves.append(back_up(path, copy, replace=False, said=lambda step: None).leaves)
            assert is_whole(copy)
    assert process.returncode == 0
    assert leaves == sorted(leaves, key=lambda count: count or 0)
    list(live(tmp_path / "0.sqlite", 6, BATCHES))
    assert contents(tmp_path / "0.sqlite") == contents(path)
    assert not list(tmp_path.glob(".*"))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if (
        not mount
        or os.geteuid()
        or subprocess.run([mount, "-t", "tmpfs", "-o", "size=900k", "tmpfs", folder]).returncode
    ):
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk(small: Path, tmp_path: Path) -> None:
    path, whole = small / "a.sqlite", tmp_path / "whole.sqlite"
    with pytest.raises(StoreError, match="the disk is full"):
        list(live(path, 5, BATCHES))
    subprocess.run(["mount", "-o", "remount,size=30m", small], check=True)

    assert is_whole(path)
    list(live(path, 5, BATCHES))
    list(live(whole, 5, BATCHES))
    assert is_whole(path)
    assert contents(path) == contents(whole)


def test_a_disk_that_becomes_read_only(small: Path, tmp_path: Path) -> None:
    path, whole = small / "a.sqlite", tmp_path / "whole.sqlite"
    subprocess.run(["mount", "-o", "remount,size=30m", small], check=True)
    list(live(path, 5, 9))
    subprocess.run(["mount", "-o", "remount,ro", small], check=True)
    with pytest.raises(StoreError, match="cannot be"):
        list(live(path, 5, BATCHES))
    subprocess.run(["mount", "-o", "remount,rw", small], check=True)

    list(live(path, 5, BATCHES))
    list(live(whole, 5, BATCHES))
    assert is_whole(path)
    assert contents(path) == contents(whole)


@pytest.mark.parametrize("way", ["poll", "article"])
@pytest.mark.parametrize("jumps", [(0, 1, 25, 2, 3), (0, 1, -23, 2, 3), (0, -24, 24, 0, 3)])
def test_a_clock_that_jumps_a_day(tmp_path: Path, jumps: tuple[int, ...], way: str) -> None:
    said = {}
    for name, hours in (("steady", range(len(jumps))), ("jumping", jumps)):
        path = tmp_path / f"{name}.sqlite"
        with closing(open_archive(path)) as store:
            feed = store.subscribe("https://source.example/", kind="remote", now=hour(0))
            for number, at in enumerate(hours):
                edited = an_entry(0, f"Edit {number}")
                if way == "poll":
                    others = [an_entry(one) for one in range(number, max(0, number - 3), -1)]
                    store.record([shown(feed, hour(at), *others, edited)])
                else:
                    store.record([an_article(feed, hour(at), edited, "/a.txt")])
            said[name] = told(store)
        assert is_whole(path)
    assert said["jumping"] == said["steady"]


def told(store: Store) -> list[object]:
    """What the archive has of each entry, apart from when: what it said one after the other, and where it stands."""
    return sorted(
        (one.public_id, one.in_window, one.left_why, [(v.sha256, v.current) for v in store.history(one.id)])
        for one in store.entries(limit=99)
    )
