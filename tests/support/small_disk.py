"""A small disk of its own, really so small, where the system lets tests make one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class SmallDisk:
    """A file system in memory, mounted on a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def grow(self, size: int) -> None:
        """Make room, while it is in use."""
        _run("mount", "-o", f"remount,size={size}", self.folder)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Let nothing be written meanwhile."""
        _run("mount", "-o", "remount,ro", self.folder)
        try:
            yield
        finally:
            _run("mount", "-o", "remount,rw", self.folder)

    @property
    def free(self) -> int:
        """How many bytes may still be written."""
        return shutil.disk_usage(self.folder).free


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    """A disk of so many bytes at that folder, which is made; the test is skipped where none can be had."""
    folder.mkdir()
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "backissue-tests", folder)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no small disk can be mounted here: that takes root, and the right to mount")
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", "--lazy", folder)


def _run(*words: str | Path) -> None:
    subprocess.run(list(map(str, words)), check=True, capture_output=True, timeout=30)
