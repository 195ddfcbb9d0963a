"""Reading documents on all processors: in processes of their own, where there are many to read.

Parsing a document, and making it ready to be stored, takes far longer than to fetch it and to write it down, and in one
process of Python only one thread computes at a time. A process that reads gets documents through its standard input and
gives what they are through its standard output; it ends when that is closed, whatever ended its parent. Until it is
there, small documents are read in a thread of this process. Large ones never are, where processes can be started: what
strangers serve may take all the memory and time there is, and a process has limits to both, and can be ended.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

import msgspec

from archive.reading import DEFAULTS, OUT_OF_MEMORY, Document, Read, encode, read
from config.settings import Limits
from feeds.model import ParsedFeed
from feeds.parse import NotAFeed
from feeds.pipes import asked, started

_MANY = 40  # documents that are worth the time it takes to start processes
_TOGETHER = 4  # documents sent at once: what a message costs is shared, and none waits long for the others
_MOST_PROCESSES = 8
_SMALL = 250_000  # bytes: whatever such a document is, it takes little to read
_START_SECONDS = 60.0

_log = logging.getLogger(__name__)


def read_apart(document: Document, limits: Limits = DEFAULTS) -> ParsedFeed:
    """The feed in a single document, read where it can do no harm: in a process of its own if it is large.

    Raises NotAFeed, and RuntimeError for a fault of ours.
    """
    readers = Readers(limits)
    try:
        outcome = readers.read_now(document).outcome()
    finally:
        readers.end()
    if isinstance(outcome, NotAFeed):
        raise outcome
    return outcome


_decode_read = msgspec.msgpack.Decoder(list[Read]).decode


class Readers:
    """Reads documents for one event loop, an async context manager; `expect` says that so many are going to come."""

    def __init__(self, limits: Limits = DEFAULTS) -> None:
        self._limits = limits
        # Two at least: a large document must not keep the others waiting.
        self._count = max(2, min(len(os.sched_getaffinity(0)), _MOST_PROCESSES))
        self._threads = ThreadPoolExecutor(2 * self._count, "reading")
        self._processes: list[subprocess.Popen[bytes]] = []
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._waiting: list[tuple[Document, asyncio.Future[Read]]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._expected = 0
        self._ended = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await asyncio.to_thread(self.end)

    def expect(self, count: int) -> None:
        """So many documents more are going to be read."""
        started = self._expected >= _MANY
        self._expected += count
        if self._expected >= _MANY and not started:
            for _ in range(self._count):
                self._threads.submit(self._start)

    async def read(self, document: Document) -> Read:
        """The document, read."""
        future: asyncio.Future[Read] = asyncio.get_running_loop().create_future()
        self._waiting.append((document, future))
        if len(self._running) < self._count:
            self._running.add(asyncio.create_task(self._work()))
        return await future

    def read_now(self, document: Document) -> Read:
        """The document, read, without an event loop; `end` it then."""
        return self._read([document])[0]

    async def _work(self) -> None:
        while self._waiting:
            some = self._next()
            documents = [document for document, _ in some]
            try:
                found = await asyncio.get_running_loop().run_in_executor(self._threads, self._read, documents)
            except Exception as fault:  # of ours; whoever waits hears of it
                _log.exception("%s could not be read", ", ".join(document.url for document in documents))
                found = [Read(fault=f"{type(fault).__name__}: {fault}")] * len(some)
            for (_, future), one in zip(some, found, strict=True):
                if not future.done():
                    future.set_result(one)
        # Here and not once it has ended: what comes in between would wait for a task that does nothing any more.
        self._running.discard(_myself())

    def _next(self) -> list[tuple[Document, asyncio.Future[Read]]]:
        """Those to read next: a few small ones, or a large one."""
        sizes = [len(document.body) for document, _ in self._waiting[:_TOGETHER]]
        count = next((place for place, size in enumerate(sizes) if size > _SMALL), len(sizes)) or 1
        some, self._waiting = self._waiting[:count], self._waiting[count:]
        return some

    def _read(self, documents: Sequence[Document]) -> list[Read]:
        process = self._free(needed=len(documents[0].body) > _SMALL)
        if process is None:
            return [read(one, self._limits) for one in documents]
        found, reason = self._read_by(process, documents)
        if found is None:
            found = [self._read_alone(one, reason if len(documents) == 1 else None) for one in documents]
        return found

    def _read_alone(self, document: Document, reason: tuple[str, str] | None) -> Read:
        """What a document is that may have ended the process that read it; `reason` tells if it surely has, and how."""
        for _ in range(2):
            if reason or not (process := self._free(needed=True)):
                break
            found, reason = self._read_by(process, [document])
            if found:
                return found[0]
        told = reason or ("ends whatever process reads it", "please report it with the feed's bytes")
        return Read(refused=(document.url, *told, False))

    def _read_by(
        self, process: subprocess.Popen[bytes], documents: Sequence[Document]
    ) -> tuple[list[Read] | None, tuple[str, str] | None]:
        """What the documents are; or None, and why the process has ended if that was the doing of one of them."""
        seconds = self._limits.seconds
        try:
            found = _decode_read(asked(process, encode(documents), seconds))
        except (OSError, EOFError, ValueError) as error:
            process.kill()
            process.communicate()
            code = process.returncode
            with suppress(ValueError):
                self._processes.remove(process)
            if isinstance(error, TimeoutError):
                return None, (f"takes longer than {seconds:g} s to read", "raise limits.seconds if it is worth it")
            if code in (OUT_OF_MEMORY, -signal.SIGABRT, -signal.SIGSEGV):
                reason = f"takes more than {self._limits.memory:,} bytes of memory to read"
                return None, (reason, "raise limits.memory if it is worth it")
            if not self._ended:
                _log.warning("a process that reads has ended (%s): %s", code, error)
            return None, None
        self._idle.put(process)
        return found, None

    def _free(self, *, needed: bool) -> subprocess.Popen[bytes] | None:
        """A process that reads nothing now; where there is none, a new one if one is needed and can be had."""
        with suppress(Empty):
            return self._idle.get_nowait()
        return self._started() if needed and not self._ended else None

    def _start(self) -> None:
        process = self._started()
        if process:
            self._idle.put(process)

    def _started(self) -> subprocess.Popen[bytes] | None:
        try:
            process = started("archive.reading:serve", msgspec.json.encode(self._limits).decode())
            self._processes.append(process)
            asked(process, encode([]), _START_SECONDS)
        except (OSError, EOFError, ValueError) as error:
            if not self._ended:
                _log.warning("no process to read in could be started: %s", error)
            return None
        return process

    def end(self) -> None:
        """End all processes."""
        self._ended = True
        for process in list(self._processes):
            process.kill()  # nobody waits any more for what it reads
        # Those that are being started are waited for: whoever is not in the list yet would be left behind.
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.kill()
            process.communicate()


def _myself() -> asyncio.Task[None]:
    task = asyncio.current_task()
    assert task is not None
    return task
