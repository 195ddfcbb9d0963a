"""Reading documents on all processors: in processes of their own, where there are many to read.

Parsing a document, and making it ready to be stored, takes far longer than to fetch it and to write it down, and in one
process of Python only one thread computes at a time. A process that reads gets documents through its standard input and
gives what they are through its standard output; it ends when that is closed, whatever ended its parent. Until it is
there, and where none can be started or one dies, the documents are read in a thread of this process.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Self

import msgspec
from msgspec import Struct

from archive.store.ready import Packed, Ready, bare, packed, ready
from feeds.model import ParsedFeed
from feeds.parse import NotAFeed, parse

_MANY = 40  # documents that are worth the time it takes to start processes
_TOGETHER = 4  # documents sent at once: what a message costs is shared, and none waits long for the others
_MOST_PROCESSES = 8
_PIPE = 1_000_000  # bytes: a message fits, and who sends need not wait for who reads
_LENGTH = struct.Struct("!Q")
_CHILD = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from archive.reading import serve; serve()"

_log = logging.getLogger(__name__)


class Document(Struct, frozen=True, array_like=True):
    """A document as it was served; `first` says that its feed was never read, and all of it will be stored."""

    body: bytes
    url: str
    content_type: str | None
    first: bool


class Read(Struct, frozen=True, array_like=True):
    """What a document is: a feed, made ready if it is the first, or none, or what went wrong in reading it."""

    parsed: ParsedFeed | None = None
    packed: Packed | None = None
    ready: tuple[Ready, ...] = ()
    refused: tuple[str, str, str | None, bool] | None = None
    fault: str | None = None

    def outcome(self) -> ParsedFeed | NotAFeed:
        """The feed, or why it is none. Raises RuntimeError for a fault of ours."""
        if self.refused:
            subject, reason, remedy, html = self.refused
            return NotAFeed(subject, reason, remedy, html=html)
        if self.parsed is None:
            raise RuntimeError(self.fault)
        return self.parsed


def read(document: Document) -> Read:
    """The document, read."""
    try:
        parsed = parse(document.body, document.url, content_type=document.content_type)
        if not document.first:
            return Read(parsed)
        return Read(bare(parsed), packed(document.body), ready(parsed.entries))
    except NotAFeed as error:
        return Read(refused=(error.subject, error.reason, error.remedy, error.html))
    except Exception as fault:  # what one document does to us must not keep the others from being read
        _log.exception("%s could not be read", document.url)
        return Read(fault=f"{type(fault).__name__}: {fault}")


_encode = msgspec.msgpack.Encoder().encode
_decode_documents = msgspec.msgpack.Decoder(list[Document]).decode
_decode_read = msgspec.msgpack.Decoder(list[Read]).decode


class Readers:
    """Reads documents for one event loop, an async context manager; `expect` says that so many are going to come."""

    def __init__(self) -> None:
        self._count = min(len(os.sched_getaffinity(0)), _MOST_PROCESSES)
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
        await asyncio.to_thread(self._end)

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

    async def _work(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
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

    def _read(self, documents: Sequence[Document]) -> list[Read]:
        try:
            process = self._idle.get_nowait()
        except Empty:
            return list(map(read, documents))
        try:
            found = _decode_read(_asked(process, _encode(documents)))
        except (OSError, EOFError, ValueError) as error:
            _log.warning("a process that reads has ended: %s", error)
            return list(map(read, documents))
        self._idle.put(process)
        return found

    def _start(self) -> None:
        path = msgspec.json.encode(sys.path).decode()
        try:
            # In a session of its own, Ctrl-C does not reach it: what is under way is still read, and written down.
            process = subprocess.Popen(  # noqa: S603 - this very program
                [sys.executable, "-c", _CHILD, path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pipesize=_PIPE,
                start_new_session=True,
            )
            self._processes.append(process)
            _asked(process, _encode([]))
        except (OSError, EOFError, ValueError) as error:
            if not self._ended:
                _log.warning("no process to read in could be started: %s", error)
            return
        self._idle.put(process)

    def _end(self) -> None:
        self._ended = True
        # Those that are being started are waited for: whoever is not in the list yet would be left behind.
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.kill()
            process.communicate()


def _myself() -> asyncio.Task[None]:
    task = asyncio.current_task()
    assert task is not None
    return task


def serve() -> None:
    """Read what comes through the standard input until it ends."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    # What is loaded stays, and what is read forms no circles worth looking for after every few hundred values.
    gc.freeze()
    gc.set_threshold(100_000)
    sys.stdout = sys.stderr  # what anything prints must not come between
    while True:
        try:
            documents = _decode_documents(_received(requests))
            _send(answers, _encode(list(map(read, documents))))
        except (EOFError, OSError):
            return


def _asked(process: subprocess.Popen[bytes], message: bytes) -> bytes:
    """The answer to a message; raises EOFError, OSError or ValueError if the process does not live."""
    assert process.stdin is not None
    assert process.stdout is not None
    _send(process.stdin, message)
    return _received(process.stdout)


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def _received(stream: IO[bytes]) -> bytes:
    """The next message; raises EOFError if there is none, or not all of it."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError("its output has ended")
    (length,) = _LENGTH.unpack(head)
    message = stream.read(length)
    if len(message) < length:
        raise EOFError("its output breaks off")
    return message
