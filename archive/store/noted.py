"""What events of gaps hold in their details: JSON for the archive, a sentence for people."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from archive.store.times import from_text
from archive.store.values import Event, Gap

_BEFORE = "was there at "  # stands before the time in details that older versions wrote, which are sentences


class Noted(Struct, frozen=True, omit_defaults=True):
    """A gap; its end is the event's own time."""

    since: str
    entries: int
    shared: int = 0
    likely: int = 0
    low: int = 0
    high: int = 0


class Filled(Struct, frozen=True):
    """That a gap was filled: which one, and by what."""

    since: str
    until: str
    by: str


def encode(told: Noted | Filled) -> str:
    """The detail as it is stored."""
    return msgspec.json.encode(told).decode()


def read(feed: int, at: str, detail: str) -> Gap:
    """The gap that an event of that time tells of."""
    until = from_text(at)
    if not detail.startswith("{"):
        return Gap(feed=feed, since=from_text(detail.rpartition(_BEFORE)[2]), until=until)
    told = msgspec.json.decode(detail, type=Noted)
    return Gap(
        feed=feed,
        since=from_text(told.since),
        until=until,
        entries=told.entries,
        shared=told.shared,
        likely=told.likely,
        low=told.low,
        high=told.high,
    )


def event(feed: int, at: str, kind: str, detail: str | None) -> Event:
    """The event of such a row."""
    gap = read(feed, at, detail) if kind == "gap" and detail else None
    if kind in ("gap", "filled") and detail and detail.startswith("{"):
        detail = _sentence(kind, detail)
    return Event(from_text(at), kind, detail, gap)  # type: ignore[arg-type]


def _sentence(kind: str, detail: str) -> str:
    if kind == "filled":
        filled = msgspec.json.decode(detail, type=Filled)
        return f"what may have passed from {filled.since} to {filled.until}, by {filled.by}"
    told = msgspec.json.decode(detail, type=Noted)
    whole = f"its {told.entries} entries" if told.entries > 1 else "its only entry"
    how = f"only {told.shared}, which tells nothing," if told.shared else "nothing"
    passed = f"about {told.likely} more ({told.low} to {told.high}) may have passed"
    return f"{how} of {whole} {_BEFORE}{told.since}; {passed}"
