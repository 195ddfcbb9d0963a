"""How much of the time that a feed is known for is proven to be without a gap. Pure, on values; docs/gaps.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct

from archive.gaps import Voice, voice
from archive.rhythm import last_arrival, silence
from archive.schedule.pacing import read_rhythm
from archive.store.values import Watch

Span = tuple[datetime, datetime]


class Coverage(Struct, frozen=True, kw_only=True):
    """A feed, known from `start` to `end` (aware UTC), the last visit that was answered.

    `proven` is the share of that time with proven continuity, 1 where there was but one visit; `holes` is the rest.
    `voice` tells a quiet feed from one that has fallen silent: `silence` is how likely it would by its rate say
    nothing from `last_entry` on until `end`. It is not "silent" for being unreachable.
    """

    feed: int
    title: str
    url: str
    start: datetime
    end: datetime
    proven: float
    holes: tuple[Span, ...]
    voice: Voice
    silence: float | None
    last_entry: datetime | None

    @property
    def longest(self) -> timedelta:
        """The longest of its holes."""
        return max((end - start for start, end in self.holes), default=timedelta(0))


def coverage(watch: Watch) -> Coverage:
    """How much of a watch is proven."""
    holes = merged(watch.holes, watch.start, watch.end)
    whole = watch.end - watch.start
    lost = sum((end - start for start, end in holes), timedelta(0))
    rhythm = read_rhythm(watch.rhythm) if watch.rhythm else None
    chance = silence(rhythm, watch.end) if rhythm else None
    return Coverage(
        feed=watch.feed.id,
        title=watch.feed.title,
        url=watch.feed.url,
        start=watch.start,
        end=watch.end,
        proven=1 - lost / whole if whole else 1.0,
        holes=holes,
        voice=voice(chance),
        silence=chance,
        last_entry=last_arrival(rhythm) if rhythm else None,
    )


def merged(spans: Iterable[Span], start: datetime, end: datetime) -> tuple[Span, ...]:
    """The spans, so far as they lie between start and end, those that touch made one, in order."""
    found: list[Span] = []
    for one, other in sorted((max(one, start), min(other, end)) for one, other in spans):
        if one >= other:
            continue
        if found and one <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], other))
        else:
            found.append((one, other))
    return tuple(found)


def proven(one: Coverage) -> Sequence[Span]:
    """The spans of proven continuity, in order."""
    edges = [one.start, *(edge for hole in one.holes for edge in hole), one.end]
    return [(start, end) for start, end in list(pairwise(edges))[::2] if start < end]
