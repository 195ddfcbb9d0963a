"""The other side of a poll: a process of its own that serves made feeds on 127.0.0.1 and honours ETags."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from benchmarks.material import feed


@contextmanager
def serving(count: int) -> Iterator[list[str]]:
    """The addresses of so many feeds, served until the end of the block."""
    command = [sys.executable, "-m", "benchmarks.serving", str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            yield [f"http://127.0.0.1:{port}/{number}" for number in range(count)]
        finally:
            server.terminate()


def main() -> None:
    """Serve; says its port in its first line."""
    bodies = [feed(number) for number in range(int(sys.argv[1]))]
    tags = [f'"{hashlib.sha256(body).hexdigest()[:16]}"' for body in bodies]

    async def answer(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        headers = {"ETag": tags[number], "Content-Type": "application/rss+xml"}
        if request.headers.get("If-None-Match") == tags[number]:
            return web.Response(status=304, headers=headers)
        return web.Response(body=bodies[number], headers=headers)

    application = web.Application()
    application.router.add_get("/{number}", answer)
    runner = web.AppRunner(application)

    async def forever() -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(forever())


if __name__ == "__main__":
    main()
