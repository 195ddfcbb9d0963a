"""Bringing a channel's log up to date with the archive."""

from __future__ import annotations

from array import array

from config.settings import Channel
from feeds.channel import ChannelState, EntrySource
from feeds.select import fingerprint, selector

_BATCH = 1000


def extend(channel: Channel, source: EntrySource) -> ChannelState:
    """Append to the channel's log what has come since, oldest first; an edit takes its place when it came.

    Where the selection changed, everything is looked at again; the log's open end then loses what belongs no longer.
    The cursor moves with the last batch, so a killed run is repeated in full (the archive passes over what it has).
    """
    state = source.channel_state(channel.name)
    belongs, selection = selector(channel), fingerprint(channel)
    again = state.selection != selection
    cursor = 0 if again else state.cursor
    # Numbers in arrays: there may be millions of them.
    versions, times = array("q"), array("d")
    for item in source.versions_after(cursor):
        cursor = max(cursor, item.version)
        if belongs(item):
            versions.append(item.version)
            times.append((item.date if item.number == 1 else item.changed).timestamp())
    if not again and cursor == state.cursor:
        return state
    live = source.channel_items(channel.name, state.closed, state.length) if again else ()
    dropped = [item.version for item in live if not belongs(item)]
    order = array("q", sorted(range(len(versions)), key=times.__getitem__))
    last = max(0, len(order) - 1) // _BATCH * _BATCH
    for start in range(0, last, _BATCH):
        batch = [versions[place] for place in order[start : start + _BATCH]]
        source.extend_channel(channel.name, batch, cursor=state.cursor, selection=state.selection)
    rest = [versions[place] for place in order[last:]]
    source.extend_channel(channel.name, rest, cursor=cursor, selection=selection, dropped=dropped)
    return source.channel_state(channel.name)
