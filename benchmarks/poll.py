"""Polling: whole programs over the same feeds on loopback, against `reader` and newsboat; everything is stored."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from benchmarks.measure import Result, Side, compare, process
from benchmarks.serving import serving

_READER = """
import sys
from reader import make_reader
with make_reader(sys.argv[1]) as reader:
    for line in open(sys.argv[2]):
        reader.add_feed(line.strip(), exist_ok=True)
    reader.update_feeds(workers=10)
"""


def results(rounds: int, count: int, peers: Path | None) -> list[Result]:
    """The ratios for a first poll and for one in which nothing is new, against the peers that are to be had."""
    work = Path(tempfile.mkdtemp())
    try:
        with serving(count) as addresses:
            found = []
            for name, program in _programs(work, peers).items():
                what = f"{count} feeds x 30 entries"
                urls = work / "urls"
                urls.write_text("".join(f"{one}\n" for one in addresses))
                ours = _backissue(work, addresses)
                for label, make in (("first poll", _first), ("later poll, all 304", _later)):
                    mine, theirs = make(*ours, count), make(*program(urls), count)
                    pair = Side("backissue", mine), Side(name, theirs)
                    found.append(compare(f"{label}, {what}", "feeds", *pair, rounds))
            return found
    finally:
        shutil.rmtree(work)


Run = Callable[[], None]
Program = Callable[[Path], tuple[Run, Run]]


def _first(reset: Run, poll: Run, count: int) -> Callable[[], float]:
    def run() -> float:
        reset()
        poll()
        return count

    return run


def _later(reset: Run, poll: Run, count: int) -> Callable[[], float]:
    reset()
    poll()
    poll()  # newsboat sends validators from its third reload on only

    def run() -> float:
        poll()
        return count

    return run


def _programs(work: Path, peers: Path | None) -> dict[str, Program]:
    found: dict[str, Program] = {}
    if peers:
        found["reader, 10 workers"] = lambda urls: _reader(work, peers, urls)
    if shutil.which("newsboat"):
        found["newsboat"] = lambda urls: _newsboat(work, urls)
    return found


def _backissue(work: Path, addresses: list[str]) -> tuple[Run, Run]:
    home = work / "backissue"
    command = [sys.executable, "-m", "backissue", "--config", str(home / "backissue.toml")]
    sources = "".join(f'[[sources]]\nurl = "{one}"\n' for one in addresses)
    # One host serves all feeds here, which a polite poller would ask one at a time.
    text = f"[http]\nallow_private_addresses = true\nper_host = 50\n{sources}"

    def reset() -> None:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        (home / "backissue.toml").write_text(text)

    def poll() -> None:
        _make_due(home / "backissue.sqlite")
        process([*command, "archive", "--no-publish", "--json"], **os.environ)

    return reset, poll


def _make_due(archive: Path) -> None:
    """A later poll comes an hour later; here the due times are turned back instead."""
    if archive.exists():
        with closing(sqlite3.connect(archive)) as db, db:
            db.execute("UPDATE poll SET next_due = '2000-01-01T00:00:00.000000Z'")


def _reader(work: Path, peers: Path, urls: Path) -> tuple[Run, Run]:
    database = work / "reader.sqlite"

    def reset() -> None:
        database.unlink(missing_ok=True)

    return reset, lambda: process([peers / "bin/python", "-c", _READER, str(database), str(urls)])


def _newsboat(work: Path, urls: Path) -> tuple[Run, Run]:
    cache = work / "newsboat.db"
    config = work / "newsboat.config"
    config.write_text("reload-threads 10\n")

    def reset() -> None:
        cache.unlink(missing_ok=True)

    command = ["newsboat", "-u", str(urls), "-c", str(cache), "-C", str(config), "-x", "reload"]
    return reset, lambda: process(command, HOME=str(work), PATH=os.environ["PATH"])
