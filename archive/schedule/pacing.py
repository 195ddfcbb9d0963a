"""From what came of a feed to its rhythm, and from the rhythm to the visits it asks for. Pure, on values.

    Arrived ─► taken_in ─► Rhythm ─► plan ─► visits, as JSON ─► pace, at each poll

A plan says when to ask as long as nothing new comes, so that a poll that brings nothing has no arithmetic to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

import msgspec
from msgspec import Struct

from archive.rhythm import EPOCH, HOUR, Rhythm, arrival, learn, next_visit
from archive.schedule.due import RHYTHM, SPREAD, Pace
from archive.store.values import Arrived

_AHEAD = timedelta(days=2)  # for how long visits are planned, at most so many
_MOST = 24
_NAMES = {
    "rhythm": RHYTHM,
    "window": f"{RHYTHM} and its window",
    "minimum": RHYTHM,
    "maximum": f"{RHYTHM}, which lets it rest for schedule.maximum",
}


class Visit(Struct, frozen=True, array_like=True):
    """A visit that is planned, and until when it would be safe (seconds since 1970); why it is then."""

    at: int
    why: str
    safe: int | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[Visit, ...]).decode


def taken_in(rhythm: Rhythm, arrived: Sequence[Arrived], window: int) -> Rhythm:
    """The rhythm after the entries that came since, in the order they were seen; so many are shown now.

    Of entries without dates that were seen at one visit one counts (Cho and Garcia-Molina), and none of those that the
    first visit found; nor do dates that are all the same tell anything then.
    """
    for seen, group in groupby(arrived, key=lambda one: one.seen):
        before = None if rhythm.at is None else EPOCH + rhythm.at * HOUR
        rhythm = learn(rhythm, _arrivals([one.date for one in group], seen, before), seen, window=window)
    return rhythm


def _arrivals(dates: Sequence[datetime | None], seen: datetime, before: datetime | None) -> list[datetime]:
    """When entries came that were first seen at a visit, the last one that brought something being `before`."""
    known = [date for date in dates if date]
    if len(known) < len(dates) or (before is None and len(set(known)) == 1 and len(known) > 1):
        return [] if before is None else [seen]
    return [arrival(date, seen, before) for date in known]


def plan(
    rhythm: Rhythm, now: datetime, *, price: float, least: timedelta, minimum: timedelta, most: timedelta
) -> tuple[Visit, ...]:
    """The next visits, each to be made if those before it find nothing.

    They are `least` apart at least, or `minimum` where entries would be lost.
    """
    visits: list[Visit] = []
    at = now
    while at - now < _AHEAD and len(visits) < _MOST:
        wish = next_visit(rhythm, at, price=price, least=least, most=most)
        wait, why = wish.at - at, wish.why
        if wish.safe is not None and wish.safe <= wish.at:
            # Feeds are asked a little later than due, so that they part ways; not so where entries might be lost by it.
            wait, why = max(minimum, (wish.safe - at) / (1 + SPREAD)), "window"
        at += wait
        visits.append(Visit(_seconds(at), why, None if wish.safe is None else _seconds(wish.safe)))
    return tuple(visits)


def pace(planned: str | None, now: datetime) -> Pace | None:
    """How long the feed should be left alone, by what was planned of it; None where nothing was, or it is over."""
    if planned is None:
        return None
    try:
        visits = _decode(planned)
    except msgspec.DecodeError:
        return None
    start = now.timestamp()
    visit = next((one for one in visits if one.at > start), None)
    if visit is None:
        return None
    safe = None if visit.safe is None else timedelta(seconds=max(0.0, visit.safe - start))
    return Pace(timedelta(seconds=visit.at - start), _NAMES.get(visit.why, RHYTHM), safe)


def visits(planned: str | None, now: datetime) -> list[datetime]:
    """When it will be asked by what was planned (aware UTC), as long as nothing new comes."""
    try:
        known = _decode(planned) if planned else ()
    except msgspec.DecodeError:
        return []
    return [at for one in known if (at := datetime.fromtimestamp(one.at, UTC)) > now]


def to_json(visits: tuple[Visit, ...]) -> str:
    """The plan as it is stored."""
    return _encode(visits).decode()


def end(visits: tuple[Visit, ...]) -> datetime:
    """When the last visit is due (aware UTC)."""
    return datetime.fromtimestamp(visits[-1].at, UTC)


def read_rhythm(known: str | None) -> Rhythm | None:
    """The rhythm that was stored; None for one that cannot be read, as it is another version's."""
    if known is None:
        return Rhythm()
    try:
        return Rhythm.from_json(known)
    except msgspec.DecodeError:
        return None


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
