"""A channel from its start, an entry at a time, for each subscriber from the day that their address names. Pure.

The entries stand in the order in which they joined the channel's log. The first comes as the day begins (UTC), each
other one step later; who has caught up gets the rest as it comes. So what is shown depends on the log, the day and the
time alone, and an entry's turn never moves: where one was withdrawn or belongs no longer, nobody comes in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from msgspec.structs import replace

from config.settings import Format
from feeds.channel import ChannelState, Item, home_of
from feeds.pages import measured
from feeds.plan import Plan
from feeds.write import Document, Links
from feeds.write.document import EXTENSIONS
from feeds.write.markup import day

_EVERY = re.compile(r"([0-9]+) (hour|day|week)s?")
_UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


def step_of(every: str) -> timedelta:
    """The time between two entries, as a channel's `drip` says it: "1 day"."""
    match = _EVERY.fullmatch(every)
    assert match
    return int(match[1]) * _UNITS[match[2]]


def due(start: date, step: timedelta, now: datetime) -> int:
    """How many entries have had their turn by `now`, if there are so many; 0 before the day."""
    return max(0, (now - _midnight(start)) // step + 1)


def next_turn(start: date, step: timedelta, now: datetime) -> datetime:
    """When the next entry has its turn."""
    return _midnight(start) + due(start, step, now) * step


def relative(start: date, format: Format) -> str:
    """Where such a document lies in its channel's folder."""
    return f"drip/{start.isoformat()}.{EXTENSIONS[format]}"


def drip_document(plan: Plan, start: date, first: int, entries: Iterable[Item | None]) -> Document:
    """The document of those who began on that day.

    `entries` are those that had their turn last, `first` is the place of the first of them. As many of them are shown
    as stay below the channel's `max_bytes`, one at least.
    """
    channel, step = plan.channel, step_of(plan.channel.drip)
    turns = [(place, item) for place, item in enumerate(entries, first) if item]
    shown: list[Item] = []
    room = channel.max_bytes
    for place, item in reversed(turns):
        room -= measured(0, item).size
        if shown and room < 0:
            break
        shown.append(_at(item, _midnight(start) + place * step))
    live = plan.live(shown, ChannelState())
    home = home_of(plan.site, channel)
    return replace(
        live,
        id=f"{live.id}/drip/{start.isoformat()}",
        title=f"{channel.title}, from {day(start)}",
        links={format: Links(self=home + relative(start, format)) for format in channel.formats},
        updated=max((item.changed for item in shown), default=_midnight(start)),
    )


def _at(item: Item, turn: datetime) -> Item:
    """The item as it is published at its turn, or when it came, if that was later; an edit counts from when it came."""
    turn = max(turn, item.first_seen)
    changed = max(turn, item.changed) if item.number > 1 else turn
    return replace(
        item,
        number=1,
        first_seen=turn,
        changed=changed,
        original=item.date,
        entry=replace(item.entry, published=turn, updated=changed),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
