"""`backissue run` or `archive` with a clock of its own: `python -m tests.support.hastened CLOCK CONFIG COMMAND WORDS`.

The time is what stands in the file CLOCK: seconds since 1970 as eight bytes, which whoever started it moves on.
"""

from __future__ import annotations

import logging
import mmap
import struct
import sys
from datetime import UTC, datetime
from pathlib import Path

from backissue.app import App
from backissue.cli.daemon import run
from backissue.cli.passes import archive

_SECONDS = struct.Struct("d")


class Clock:
    """The time in a file of eight bytes, which several processes share."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_SECONDS.pack(0))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SECONDS.size)

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(_SECONDS.unpack(self._map[:])[0], UTC)

    def set(self, time: datetime) -> None:
        """Move it to that time, for all who look at it."""
        self._map[:] = _SECONDS.pack(time.timestamp())


def main(clock: Path, config: Path, command: str, *words: str) -> None:
    """See the module."""
    known = {"run": run, "archive": archive}
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    known[command].main(words, obj=App(config, clock=Clock(clock)), prog_name=f"backissue {command}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
