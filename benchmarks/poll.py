"""Polling: whole programs over the same feeds on loopback, against `reader`, newsboat and bare fetching.

All that comes is stored. How many requests each program made is counted at the server and told.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.measure import Result, Side, compare, memory, process
from benchmarks.serving import Mode, Served, server

_READER = """
import sys
from reader import make_reader
with make_reader(sys.argv[1]) as reader:
    for line in open(sys.argv[2]):
        reader.add_feed(line.strip(), exist_ok=True)
    reader.update_feeds(workers=10)
"""
# Fetching and nothing else, with the same client and as many connections; validators are kept as they came.
_BARE = """
import asyncio, json, pathlib, sys
from datetime import UTC, datetime
from archive.fetch import Fetcher, Request
from config.settings import Http
known = pathlib.Path(sys.argv[1])
tags = json.loads(known.read_text()) if known.exists() else {}
urls = iter(open(sys.argv[2]).read().split())
async def work(fetcher):
    for url in urls:
        answer = await fetcher.get(Request(url=url, etag=tags.get(url)))
        tags[url] = answer.etag
async def main():
    http = Http(allow_private_addresses=True, per_host=50, gap=0)
    async with Fetcher(http, now=lambda: datetime.now(UTC), version="0") as fetcher:
        await asyncio.gather(*(work(fetcher) for _ in range(http.connections)))
asyncio.run(main())
known.write_text(json.dumps(tags))
"""
_LATER: dict[Mode, str] = {
    "validated": "later poll, all 304",
    "same bytes": "later poll, all 200, same bytes",
    "one more": "later poll, one new entry in each",
}


def results(rounds: int, count: int, peers: Path | None) -> Iterator[Result | str]:
    """The ratios for a first poll and for later ones, against the peers that are to be had and bare fetching."""
    work = Path(tempfile.mkdtemp())
    try:
        with server(count) as served:
            urls = work / "urls"
            urls.write_text("".join(f"{one}\n" for one in served.addresses))
            ours = _backissue(work, served.addresses)
            bare = _bare(work, urls)
            programs = {name: program(urls) for name, program in _programs(work, peers).items()}
            what = f"{count:,} feeds x 30 entries"
            for name, theirs in (programs | {"bare fetching": bare}).items():
                pair = Side("backissue", _first(*ours, count)), Side(name, _first(*theirs, count))
                yield compare(f"first poll, {what}", "feeds", *pair, rounds)
            for mode, label in _LATER.items():
                for name, theirs in ({"bare fetching": bare} | (programs if mode == "validated" else {})).items():
                    pair = (
                        Side("backissue", _later(served, mode, *ours, count)),
                        Side(name, _later(served, mode, *theirs, count)),
                    )
                    yield compare(f"{label}, {what}", "feeds", *pair, rounds)
            yield from _requests(served, {"backissue": ours, **programs})
    finally:
        shutil.rmtree(work)


def limits(count: int, slow: int = 100) -> Iterator[str]:
    """The peak of memory and connections in one pass over so many feeds, and what slow hosts cost the others."""
    work = Path(tempfile.mkdtemp())
    try:
        with server(count) as served:
            reset, _ = _backissue(work, served.addresses)
            reset()
            peak, connections = _peaks(_command(work), served.port)
            yield f"{count:,} feeds in one pass: {peak} MB of memory and {connections} connections at the most"
        with server(400) as served:
            for hosts in (0, slow):
                slow_ones = [f"http://127.0.1.{one + 1}:{served.port}/slow/{one}" for one in range(hosts)]
                reset, poll = _backissue(work, [*slow_ones, *served.addresses[hosts:]])
                reset()
                poll()
                spread = _spread(work / "backissue/backissue.sqlite", "127.0.0.1")
                yield f"400 feeds, {hosts} on hosts that take 10 s: all others had answered after {spread:.1f} s"
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


def _later(served: Served, mode: Mode, reset: Run, poll: Run, count: int) -> Callable[[], float]:
    served.answer("validated")
    reset()
    poll()
    poll()  # newsboat sends validators from its third reload on only
    served.answer(mode)

    def run() -> float:
        if mode == "one more":
            served.answer(mode)
        poll()
        return count

    return run


def _requests(served: Served, programs: dict[str, tuple[Run, Run]]) -> Iterator[str]:
    """How many requests each program makes in a first poll and in two later ones, and how many were answered 304."""
    for name, (reset, poll) in programs.items():
        served.answer("validated")
        reset()
        told = []
        for _ in range(3):
            served.counts()
            poll()
            counts = served.counts()
            told.append(f"{counts['requests']} ({counts['not_modified']} x 304)")
        yield f"requests of {name} in a first poll and two later ones: {', '.join(told)}"


def _programs(work: Path, peers: Path | None) -> dict[str, Program]:
    found: dict[str, Program] = {}
    if peers:
        found["reader, 10 workers"] = lambda urls: _reader(work, peers, urls)
    if shutil.which("newsboat"):
        found["newsboat"] = lambda urls: _newsboat(work, urls)
    return found


def _bare(work: Path, urls: Path) -> tuple[Run, Run]:
    known = work / "known.json"

    def reset() -> None:
        known.unlink(missing_ok=True)

    return reset, lambda: process([sys.executable, "-c", _BARE, str(known), str(urls)], **os.environ)


def _backissue(work: Path, addresses: list[str]) -> tuple[Run, Run]:
    home = work / "backissue"
    sources = "".join(f'[[sources]]\nurl = "{one}"\n' for one in addresses)
    # One host serves all feeds here, which a polite poller would ask one at a time.
    text = f"[http]\nallow_private_addresses = true\nper_host = 50\ngap = 0\n{sources}"

    def reset() -> None:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        (home / "backissue.toml").write_text(text)

    def poll() -> None:
        _make_due(home / "backissue.sqlite")
        process(_command(work), **os.environ)

    return reset, poll


def _command(work: Path) -> list[str]:
    config = work / "backissue/backissue.toml"
    return [sys.executable, "-m", "backissue", "--config", str(config), "archive", "--no-publish", "--json"]


def _peaks(command: list[str], port: int) -> tuple[int, int]:
    """The most memory (MB) of a program and those it starts together, and connections to a port, ten times a second."""
    peak, connections = 0, 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as program:
        while program.poll() is None:
            peak = max(peak, memory(program.pid))
            connections = max(connections, _connections(port))
            time.sleep(0.1)
    assert program.returncode == 0
    return peak // 1024, connections


def _connections(port: int) -> int:
    """How many connections to that port are open, seen from the side that opened them."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return sum(remote.endswith(f":{port:04X}") and state == "01" for _, _, remote, state, *_ in rows)


def _spread(archive: Path, host: str) -> float:
    """How many seconds after the first the last feed of a host was asked."""
    query = (
        "SELECT (julianday(max(last_polled)) - julianday(min(last_polled))) * 86400 FROM poll JOIN feed ON id = feed"
    )
    with closing(sqlite3.connect(archive)) as db:
        return float(db.execute(f"{query} WHERE url LIKE ?", (f"http://{host}:%",)).fetchone()[0])


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
