"""Ctrl-C and SIGTERM: the work under way is told to stop, writes down what it has, and ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

_WATCH = 0.1  # seconds between two looks at whether to stop
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets; a second one interrupts at once (KeyboardInterrupt)."""
    stop = threading.Event()

    def heed(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, heed) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def relay(flag: threading.Event, event: asyncio.Event) -> None:
    """Set the event once the flag is: signals and threads set flags, the loop waits for events."""
    import asyncio

    while not flag.is_set():
        await asyncio.sleep(_WATCH)
    event.set()
