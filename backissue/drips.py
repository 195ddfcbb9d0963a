"""Channels an entry at a time: the documents, made from the archive when they are asked for, or as files."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta

from msgspec import Struct

from archive.store import Store
from backissue.copies import opened, wishes, with_copies
from config.settings import Channel, Format, Settings
from feeds.drip import drip_document, due, next_turn, relative, step_of
from feeds.files import write, writing
from feeds.plan import Plan
from feeds.write import Document, render, renderings
from feeds.write.document import EXTENSIONS

_PATH = re.compile(r"([\w-]+)/drip/([0-9]{4}-[0-9]{2}-[0-9]{2})\.(rss|atom|json)", re.ASCII)
_EARLIEST = date(2000, 1, 1)
_AHEAD = timedelta(days=366)
_KEPT = 200  # documents


class Dripped(Struct, frozen=True):
    """A document as it is now: when it changed last, and when the next entry has its turn."""

    body: bytes
    updated: datetime
    until: datetime


class Drips:
    """The documents of channels with a `drip`; `store` opens the archive to be read."""

    def __init__(self, settings: Settings, store: Callable[[], AbstractContextManager[Store]]) -> None:
        self._settings = settings
        self._store = store
        self._made: OrderedDict[tuple[object, ...], tuple[bytes, datetime]] = OrderedDict()

    def knows(self, path: str) -> bool:
        """Whether a path below the public folder is that of such a document, so far as it can be told from the path."""
        return self._asked(path) is not None

    def look(self, path: str, now: datetime) -> Dripped | None:
        """The document at a path; None if there is none. Raises StoreError."""
        asked = self._asked(path)
        if asked is None or not _EARLIEST <= asked[1] <= now.date() + _AHEAD:
            return None
        channel, start, format = asked
        step = step_of(channel.drip)
        with self._store() as store:
            # All that the document is made from: it is the same as long as this is.
            key = (path, due(start, step, now), store.channel_state(channel.name))
            made = self._made.get(key)
            if made is None:
                document = _document(store, self._settings, channel, start, now)
                made = self._made[key] = render(document, format), document.updated
                while len(self._made) > _KEPT:
                    self._made.popitem(last=False)
        return Dripped(*made, until=next_turn(start, step, now))

    def _asked(self, path: str) -> tuple[Channel, date, Format] | None:
        match = _PATH.fullmatch(path)
        channel = next((one for one in self._settings.channels if one.drip and match and one.folder == match[1]), None)
        if match is None or channel is None:
            return None
        format = next((one for one in channel.formats if EXTENSIONS[one] == match[3]), None)
        try:
            return (channel, date.fromisoformat(match[2]), format) if format else None
        except ValueError:
            return None


def write_drips(settings: Settings, store: Store, channel: Channel, now: datetime) -> int:
    """Write the documents of the days that the channel names; gives how many files changed. Raises PublishError."""
    if not channel.drip or not channel.drip_starts:
        return 0
    folder, written = settings.public_path / channel.folder / "drip", 0
    with writing(folder):
        for day in channel.drip_starts:
            start = date.fromisoformat(day)
            document = _document(store, settings, channel, start, now)
            for format, data in renderings(document, channel.formats).items():
                written += write(folder.parent / relative(start, format), data, document.updated)
    return written


def _document(store: Store, settings: Settings, channel: Channel, start: date, now: datetime) -> Document:
    plan = Plan(channel, settings.site, settings.public_path / channel.folder, store.authority)
    turns = due(start, step_of(channel.drip), now)
    first, entries = store.channel_sequence(channel.name, turns, channel.entries)
    with opened(settings, [channel]) as index:
        wish = wishes(settings, store)(channel) if index else None
        if index and wish:
            source = with_copies(settings, store, store, index, wish)
            entries = [item and source.localised(item) for item in entries]
    return drip_document(plan, start, first, entries)
