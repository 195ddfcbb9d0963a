"""The limits under which an input is tried: seconds of the processor and memory of the whole process."""

from __future__ import annotations

import faulthandler
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Hashable
from pathlib import Path

SECONDS = 2.0
MEMORY = 100_000_000  # bytes, above what the program takes for ordinary documents


class FoundError(Exception):
    """What an input did that no input may do; the text tells a person, `place` tells one fault from another."""

    def __init__(self, text: str, place: str) -> None:
        super().__init__(text)
        self.place = place


def watched(
    try_one: Callable[[bytes], Hashable], data: bytes, under_way: Path, memory: int, seconds: float = SECONDS
) -> Hashable:
    """What the function gives for an input. Raises FoundError for an exception, or memory above that many bytes.

    An input that takes more seconds of the processor ends the process, even from within C, after a traceback: it then
    lies in the file `under_way`. Seconds of the processor, not of the clock: a busy machine is no fault of the input.
    """
    under_way.write_bytes(data)
    faulthandler.register(signal.SIGPROF, all_threads=False, chain=True)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        result = try_one(data)
    except Exception as error:
        lines = traceback.format_exception(error)
        raise FoundError("".join(lines[-5:]), lines[-2] if len(lines) > 1 else lines[-1]) from error
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if (used := most_memory()) > memory:
        raise FoundError(f"the process has taken {used / 1e6:.0f} MB of memory", "memory")
    return result


def most_memory() -> int:
    """The most memory that this process has had so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
