"""How entries left a feed's window: scrolled out at its end, or taken away while their neighbours stayed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

Departure = Literal["scrolled out", "removed"]


def departures(window: Sequence[int], shown: Collection[int], *, newest_first: bool = True) -> dict[int, Departure]:
    """How each entry left that stood in the last window (in its document's order) and is not shown any more.

    A window is pushed out at its old end, so an entry has scrolled out if all behind it have left with it; one that
    left from between others was taken away. Where nothing stayed, there is no neighbour to tell, and all scrolled out.
    """
    order = window if newest_first else window[::-1]
    found: dict[int, Departure] = {}
    stayed = any(entry in shown for entry in order)
    at_the_end = True
    for entry in reversed(order):
        if entry in shown:
            at_the_end = False
        else:
            found[entry] = "scrolled out" if at_the_end or not stayed else "removed"
    return found
