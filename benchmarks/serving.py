"""The other side of a poll: a process of its own that serves made feeds on 127.0.0.1, and counts who asks for what.

Every address of 127.0.0.0/8 is served. How it answers is told to it in between: it honours ETags, or gives the same
bytes once more, or each feed with one more entry. `/slow/N` answers as `/N` does, but only after ten seconds.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Literal

from aiohttp import web

from benchmarks.material import another, feed

Mode = Literal["validated", "same bytes", "one more"]

_SLOW_SECONDS = 10.0
_MOST_ROUNDS = 25  # entries that a feed can have more


class Served:
    """The server, from outside; `addresses` are those of its feeds."""

    def __init__(self, port: int, count: int) -> None:
        self.port = port
        self.addresses = [f"http://127.0.0.1:{port}/{number}" for number in range(count)]

    def answer(self, mode: Mode) -> None:
        """From now on it answers that way; `one more` makes one more entry each time it is said."""
        self._tell({"mode": mode})

    def counts(self) -> dict[str, int]:
        """Requests, answers without a body (304), and the most connections at once, since this was last asked."""
        return self._tell({})

    def _tell(self, what: dict[str, str]) -> dict[str, int]:
        address = f"http://127.0.0.1:{self.port}/tell"
        with urllib.request.urlopen(address, json.dumps(what).encode()) as answer:
            found: dict[str, int] = json.load(answer)
            return found


@contextmanager
def server(count: int) -> Iterator[Served]:
    """So many feeds, served until the end of the block."""
    command = [sys.executable, "-m", "benchmarks.serving", str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Served(int(process.stdout.readline()), count)
        finally:
            process.terminate()


class _Server:
    def __init__(self, count: int) -> None:
        self._count = count
        self._mode = "validated"
        self._round = 0
        self._counts = {"requests": 0, "not_modified": 0, "connections": 0}
        application = web.Application()
        application.router.add_post("/tell", self._told)
        application.router.add_get("/slow/{number}", self._slow)
        application.router.add_get("/{number}", self._answer)
        self.runner = web.AppRunner(application, access_log=None)

    async def _told(self, request: web.Request) -> web.Response:
        self._mode = (await request.json()).get("mode", self._mode)
        if self._mode == "one more":
            # Made when it is said for the first time, so that no program waits for it later.
            for number in range(min(self._count, 4000)):
                _newer(number)
            self._round += 1
            assert self._round <= _MOST_ROUNDS
        found = dict(self._counts)
        self._counts = dict.fromkeys(found, 0)
        return web.json_response(found)

    async def _slow(self, request: web.Request) -> web.Response:
        await asyncio.sleep(_SLOW_SECONDS)
        return await self._answer(request)

    async def _answer(self, request: web.Request) -> web.Response:
        assert self.runner.server is not None
        counts = self._counts
        counts["requests"] += 1
        counts["connections"] = max(counts["connections"], len(self.runner.server.connections))
        body, tag = _document(int(request.match_info["number"]), self._round)
        headers = {"Content-Type": "application/rss+xml"}
        if self._mode != "same bytes":
            headers["ETag"] = tag
            if request.headers.get("If-None-Match") == tag:
                counts["not_modified"] += 1
                return web.Response(status=304, headers=headers)
        return web.Response(body=body, headers=headers)


@lru_cache(4000)
def _made(number: int) -> tuple[bytes, list[int]]:
    """A feed, and where its items begin."""
    body = feed(number)
    return body, [found.start() for found in re.finditer(b"<item>", body)]


@lru_cache(4000)
def _newer(number: int) -> list[bytes]:
    return [another(number, which) for which in range(_MOST_ROUNDS, 0, -1)]


def _document(number: int, turn: int) -> tuple[bytes, str]:
    """The feed with so many new items at its start and without as many old ones; and its tag."""
    body, starts = _made(number)
    if turn:
        new, end = b"".join(_newer(number)[-turn:]), body.index(b"</channel>")
        body = body[: starts[0]] + new + body[starts[0] : starts[-turn]] + body[end:]
    return body, f'"{number}-{turn}"'


def main() -> None:
    """Serve; says its port in its first line, once its feeds are made."""
    for number in range(min(int(sys.argv[1]), 4000)):
        _made(number)
    served = _Server(int(sys.argv[1]))

    async def forever() -> None:
        await served.runner.setup()
        site = web.TCPSite(served.runner, "0.0.0.0", 0, backlog=1000)
        await site.start()
        print(served.runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(forever())


if __name__ == "__main__":
    main()
