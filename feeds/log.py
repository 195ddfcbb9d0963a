"""Bringing a channel's log up to date with the archive."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from datetime import datetime

from config.settings import Channel
from feeds.channel import ChannelState, EntrySource
from feeds.select import fingerprint, selector, takes_all

_BATCH = 1000


def extend(channel: Channel, source: EntrySource) -> ChannelState:
    """Append to the channel's log what has come since, oldest first; an edit takes its place when it came.

    Where the selection changed, everything is looked at again; the log's open end then loses what belongs no longer.
    The cursor moves with the last batch, so a killed run is repeated in full (the archive passes over what it has).
    """
    state = source.channel_state(channel.name)
    selection = fingerprint(channel)
    again = state.selection != selection
    cursor = 0 if again else state.cursor
    # Numbers in arrays: there may be millions of them.
    versions, times = array("q"), array("d")
    for version, place in _places(channel, source, cursor):
        cursor = max(cursor, version)
        if place:
            versions.append(version)
            times.append(place.timestamp())
    if not again and cursor == state.cursor:
        return state
    live = source.channel_items(channel.name, state.closed, state.length) if again else ()
    belongs = selector(channel)
    dropped = [item.version for item in live if not belongs(item)]
    order = array("q", sorted(range(len(versions)), key=times.__getitem__))
    last = max(0, len(order) - 1) // _BATCH * _BATCH
    for start in range(0, last, _BATCH):
        batch = [versions[place] for place in order[start : start + _BATCH]]
        source.extend_channel(channel.name, batch, cursor=state.cursor, selection=state.selection)
    rest = [versions[place] for place in order[last:]]
    source.extend_channel(channel.name, rest, cursor=cursor, selection=selection, dropped=dropped)
    return source.channel_state(channel.name)


def _places(channel: Channel, source: EntrySource, cursor: int) -> Iterator[tuple[int, datetime | None]]:
    """The versions after that one, with their places in time, or None for what does not belong to the channel."""
    if takes_all(channel) or channel.kind != "entries":  # sources of other kinds select for themselves
        return source.places_after(cursor)
    belongs = selector(channel)
    return ((item.version, item.place if belongs(item) else None) for item in source.versions_after(cursor))
