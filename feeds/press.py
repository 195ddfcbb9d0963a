"""Documents rendered and written: in processes of their own on all processors, where there are many.

Cleaning and rendering take far longer than reading what is to be rendered, and in one process of Python only one thread
computes at a time. Where no process can be started or one dies, its documents are printed in this one.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue

import msgspec
from msgspec import Struct

from config.settings import Format
from feeds.channel import Page
from feeds.compressed import write_with_copies
from feeds.files import PublishError
from feeds.pipes import asked, serve, started
from feeds.write import Document, renderings

_MOST_PROCESSES = 8
_AHEAD = 3  # documents under way for each process: one in work, and others that wait
# What a process needs for one message it needs for the next: glibc gives it back to the system each time otherwise.
_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "33554432", "MALLOC_MMAP_THRESHOLD_": "33554432"}

_log = logging.getLogger(__name__)


class Sheet(Struct, frozen=True, array_like=True):
    """A document, and the files to write it into in those formats, with compressed copies or without."""

    document: Document
    files: dict[Format, str]
    compressed: bool


class _Printed(Struct, frozen=True, array_like=True):
    """How many bytes were written into each file, 0 where it had them already; or why that could not be done."""

    sizes: tuple[int, ...] = ()
    refused: tuple[str, str, str | None] | None = None

    def outcome(self) -> tuple[int, ...]:
        if self.refused:
            raise PublishError(*self.refused)
        return self.sizes


def printed(sheets: Iterable[tuple[Page, Sheet]], *, many: bool) -> Iterator[tuple[Page, tuple[int, ...]]]:
    """Print the documents of pages; gives how many bytes were written into the files of each, in the order of `sheets`.

    They are taken a few ahead of what is given. `many` says that it is worth starting processes. Raises PublishError.
    """
    if not many:
        yield from ((page, _print(sheet).outcome()) for page, sheet in sheets)
        return
    # One more than there are processors, as a process waits for the disk now and then.
    count = min(len(os.sched_getaffinity(0)), _MOST_PROCESSES) + 1
    with _Presses(count) as submit:
        waiting: deque[tuple[Page, Future[_Printed]]] = deque()
        for page, sheet in sheets:
            waiting.append((page, submit(sheet)))
            if len(waiting) > _AHEAD * count:
                yield _first(waiting)
        while waiting:
            yield _first(waiting)


def _first(waiting: deque[tuple[Page, Future[_Printed]]]) -> tuple[Page, tuple[int, ...]]:
    page, future = waiting.popleft()
    return page, future.result().outcome()


def _print(sheet: Sheet) -> _Printed:
    made = renderings(sheet.document, sheet.files)
    files = {Path(sheet.files[one]): data for one, data in made.items()}
    try:
        return _Printed(tuple(put(files, sheet.document, sheet.compressed)))
    except PublishError as error:
        return _Printed(refused=(error.subject, error.reason, error.remedy))


def put(files: Mapping[Path, bytes], document: Document, compressed: bool) -> list[int]:
    """Write a document's files, as old as the document says; gives the bytes written into each, 0 if it had them.

    `compressed` tells whether they have copies in gzip and brotli beside them. Raises PublishError.
    """
    written = write_with_copies(files, document.updated, wanted=compressed)
    return [len(data) if path in written else 0 for path, data in files.items()]


_encode = msgspec.msgpack.Encoder().encode
_decode_sheet = msgspec.msgpack.Decoder(Sheet).decode
_decode_printed = msgspec.msgpack.Decoder(_Printed).decode


class _Presses:
    """Threads, each of which hands sheets to a process of its own; a context manager that gives `submit`."""

    def __init__(self, count: int) -> None:
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._threads = ThreadPoolExecutor(count, "printing", initializer=self._start)

    def __enter__(self) -> Callable[[Sheet], Future[_Printed]]:
        return lambda sheet: self._threads.submit(self._print, sheet)

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.kill()
            process.communicate()

    def _start(self) -> None:
        try:
            process = started("feeds.press:serve_prints", environment=_MEMORY)
        except OSError as error:
            _log.warning("no process to print in could be started: %s", error)
            return
        self._processes.append(process)
        self._idle.put(process)

    def _print(self, sheet: Sheet) -> _Printed:
        try:
            process = self._idle.get_nowait()
        except Empty:
            return _print(sheet)
        try:
            done = _decode_printed(asked(process, _encode(sheet)))
        except (OSError, EOFError, ValueError) as error:
            _log.warning("a process that prints has ended: %s", error)
            return _print(sheet)
        self._idle.put(process)
        return done


def serve_prints() -> None:
    """Print the sheets that come through the standard input until it ends."""
    serve(lambda message: _encode(_print(_decode_sheet(message))))
