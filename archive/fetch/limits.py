"""Whose turn it is: how many requests run at once, in all and for each host, and how long a host rests between two."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_TIDY_ABOVE = 1000


class Turns:
    """Hands out turns: at most `connections` at once, `per_host` for one host.

    A host's gap lies between the end of a host's request and the start of its next, or between two starts where several
    run at once. One event loop only.
    """

    def __init__(self, connections: int, per_host: int) -> None:
        self._all = asyncio.Semaphore(connections)
        self._per_host = per_host
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str, gap: float, check: Callable[[], None]) -> AsyncIterator[None]:
        """Wait for a turn with the host, at least `gap` seconds after the last one, and keep it for the block.

        `check` is asked before and after the rest; it raises where the host is to be asked no more.

        The host's own queue comes first, so that a slow host keeps no one else waiting; whoever holds a turn waits for
        no other, so that two requests redirected to each other's hosts cannot lock each other.
        """
        line = self._line(host)
        line.guests += 1
        try:
            async with line.places:
                check()
                await _rest(line, gap)
                async with self._all:
                    check()
                    try:
                        yield
                    finally:
                        line.next_start = max(line.next_start, _clock() + gap)
        finally:
            line.guests -= 1

    def _line(self, host: str) -> _Host:
        if len(self._hosts) > _TIDY_ABOVE and host not in self._hosts:
            now = _clock()
            self._hosts = {name: line for name, line in self._hosts.items() if line.guests or line.next_start > now}
        return self._hosts.setdefault(host, _Host(self._per_host))


class _Host:
    """A host's queue. `guests` counts those in it and those being served; `next_start` is on the loop's clock."""

    def __init__(self, per_host: int) -> None:
        self.places = asyncio.Semaphore(per_host)
        self.guests = 0
        self.next_start = 0.0


async def _rest(line: _Host, gap: float) -> None:
    if gap:
        start = max(_clock(), line.next_start)
        line.next_start = start + gap
        await asyncio.sleep(start - _clock())


def _clock() -> float:
    return asyncio.get_running_loop().time()
