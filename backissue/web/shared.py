"""Work that many ask for at once and that is done once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Shared(Generic[Found]):
    """Does it in a thread of its own, one at a time.

    Who comes while it is being done waits for the next time, with all others. So nobody is given what was found before
    it was asked for, and a crowd costs no more than two.
    """

    def __init__(self, work: Callable[[], Found]) -> None:
        self._work = work
        self._thread = ThreadPoolExecutor(1, "backissue-web-shared")
        self._one_at_a_time = asyncio.Lock()
        self._next: asyncio.Task[Found] | None = None

    async def __call__(self) -> Found:
        """What the work gives; raises what it raises."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._do())
        return await asyncio.shield(self._next)

    async def _do(self) -> Found:
        async with self._one_at_a_time:
            self._next = None
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._work)
