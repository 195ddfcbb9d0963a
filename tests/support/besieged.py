"""Asks feeds in a process of its own, and prints what came of each and how much memory that took, as JSON.

python -m tests.support.besieged ARCHIVE TIMEOUT URL...
"""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

from aiohttp.abc import AbstractResolver, ResolveResult

from archive.fetch import Fetcher
from archive.schedule import Asking, Polled, poll
from archive.store import open_store
from config.settings import Http, Schedule


class Names(AbstractResolver):
    """Every name stands for 127.0.0.1."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        return None


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def peak() -> int:
    """The most memory that this process had, in bytes; getrusage would count whoever started it, too."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024


def main(path: str, timeout: float, urls: list[str]) -> None:
    """Ask each address once, with the limits that nobody changed but for the time."""
    store = open_store(Path(path), now=now(), authority="b.example")
    for url in urls:
        store.subscribe(url, kind="remote", now=now())

    async def ask() -> list[Polled]:
        http = Http(timeout=timeout, allow_private=("127.0.0.1",))
        async with Fetcher(http, now=now, version="0", resolver=Names()) as fetcher:
            return await poll(store, Asking(get=fetcher.get, now=now, schedule=Schedule()))

    polled = asyncio.run(ask())
    store.close()
    told = {
        "memory": [peak(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024],
        "outcomes": {one.feed.url: [one.outcome, one.error, one.recorded.new] for one in polled},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
