"""What glibc's malloc is told, so that a program that runs for years stays small. Other C libraries are told nothing.

ctypes is loaded where it is used: most commands end before any of this matters.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import cache

# malloc.h
_MMAP_THRESHOLD = -3
_ARENA_MAX = -8

_ARENAS = 2
_LARGE = 1_000_000  # bytes


@cache
def give_large_blocks_back() -> None:
    """See that the system gets the memory of large documents back at once.

    glibc learns from the first one that is freed to keep such blocks, in each thread: a few take 100 MB for good.
    """
    _tell(_MMAP_THRESHOLD, _LARGE)


def keep_together() -> None:
    """Let all threads share two heaps. To be called before there are any.

    Else each thread gets one of its own, up to eight for each processor, and what one has freed is of no use to others.
    """
    _tell(_ARENA_MAX, _ARENAS)


def _tell(what: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

        with suppress(AttributeError, OSError):  # another C library
            ctypes.CDLL(None).mallopt(what, value)
