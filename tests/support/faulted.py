"""Polls feeds in a process of its own, pass after pass, with the poller and the archive that everybody has.

python -m tests.support.faulted ARCHIVE SECONDS: the first line of standard input is a list of addresses, each one after
it starts a pass, eight days later, and names the hosts that cannot be looked up. What came of each pass is a line too.
"""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp.abc import AbstractResolver, ResolveResult

from archive.fetch import Fetcher
from archive.schedule import Asking, poll
from archive.store import Store, open_store
from config.settings import Http, Schedule

START = datetime(2026, 1, 5, 6, tzinfo=UTC)
BETWEEN = timedelta(days=8)


class Names(AbstractResolver):
    """Names stand for 127.0.0.1, but for some that fail; `failing` gives the system's number for how."""

    def __init__(self, failing: dict[str, int]) -> None:
        self._failing = failing

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host in self._failing:
            raise socket.gaierror(self._failing[host], "it is not known")
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        return None


def one_pass(store: Store, now: datetime, seconds: float, failing: dict[str, int]) -> None:
    """Ask all that is due."""

    async def ask() -> None:
        http = Http(
            timeout=10 * seconds, silence=seconds, connect_timeout=seconds, gap=0.0, allow_private=("127.0.0.1",)
        )
        async with Fetcher(http, now=lambda: now, version="0", resolver=Names(failing)) as fetcher:
            await poll(store, Asking(get=fetcher.get, now=lambda: now, schedule=Schedule()))

    asyncio.run(ask())


def told(store: Store, now: datetime) -> dict[str, object]:
    """How each feed stands, what is held open, and the entries with how many versions they have."""
    feeds = {}
    for feed in store.feeds():
        poll = feed.poll
        assert poll is not None
        entries = store.entries(feed=feed.id, limit=1000)
        feeds[feed.url] = {
            "error": poll.error,
            "status": poll.last_status,
            "failures": poll.failures,
            "wait": (poll.next_due - now).total_seconds(),
            "entries": sorted(
                [one.entry.title, one.entry.summary.value if one.entry.summary else None, one.versions, one.left_why]
                for one in entries
            ),
        }
    gc.collect()
    return {"feeds": feeds, "handles": len(list(Path("/proc/self/fd").iterdir())), "threads": threading.active_count()}


def main(path: str, seconds: float) -> None:
    """See the module."""
    store = open_store(Path(path), now=START, authority="b.example")
    for url in json.loads(sys.stdin.readline()):
        store.subscribe(url, kind="remote", now=START)
    print(json.dumps(told(store, START)), flush=True)
    now = START
    for line in sys.stdin:
        one_pass(store, now, seconds, json.loads(line))
        print(json.dumps(told(store, now)), flush=True)
        now += BETWEEN
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
