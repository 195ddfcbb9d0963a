"""Tables of contents and page leftovers in a plain text: found, and kept out of the article."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from archive.ingest import cues
from archive.ingest.headings import is_paragraph
from archive.ingest.layout import Unit

_ENTRY = 120


class Stripped(Struct, frozen=True):
    """A text without what is not article: the units that stay, what was left out, and the headings it announced."""

    units: list[Unit]
    left_out: list[str]
    named: frozenset[str]


def strip(units: Sequence[Unit]) -> Stripped:
    """The units without tables of contents and without leftovers such as "Share" that stand alone.

    The lines under a label such as "Contents" belong to it as far as they come back later in the text; a label without
    such lines is a leftover where no paragraph stands before it, and else an ordinary line.
    """
    keys = [cues.likeness(unit.whole) if cues.width(unit.whole) <= _ENTRY else "" for unit in units]
    last = {key: place for place, key in enumerate(keys) if key}
    text = next((place for place, unit in enumerate(units) if is_paragraph(unit)), len(units))
    out: set[int] = set()
    named: set[str] = set()
    for place, unit in enumerate(units):
        if place in out:
            continue
        if cues.is_contents_label(unit.whole):
            stop = _list_end(units, keys, last, place + 1)
            if stop > place + 1 or place < text:
                out.update(range(place, stop))
                named.update(key for key in keys[place + 1 : stop] if key)
        elif cues.is_furniture(unit.whole):
            out.add(place)
    if len(out) == len(units):
        # Nothing but labels: then they are all the text there is.
        return Stripped(list(units), [], frozenset())
    kept = [unit for place, unit in enumerate(units) if place not in out]
    return Stripped(kept, [units[place].whole for place in sorted(out)], frozenset(named))


def _list_end(units: Sequence[Unit], keys: Sequence[str], last: dict[str, int], start: int) -> int:
    """Where the list that starts there ends; `start` if there is none. `last` tells where each key comes last."""
    stop = start
    returning: set[str] = set()
    for place in range(start, len(units)):
        key = keys[place]
        if is_paragraph(units[place]) or not key or key in returning:
            break
        if last[key] > place:
            returning.add(key)
            stop = place + 1
    return stop if len(returning) * 2 >= stop - start else start
