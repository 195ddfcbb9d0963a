"""What published documents were before: live documents and entries' pages, at every moment at which they changed.

Moments are whole seconds since 1970. What was withdrawn by hand has no past for others.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urljoin

from msgspec import Struct

from archive.store import Store
from config.settings import Channel, Format, Settings
from feeds.channel import ChannelState, Item
from feeds.html import escape
from feeds.pages import measured
from feeds.plan import Plan
from feeds.site.index import edition_of
from feeds.write import render
from feeds.write.document import EXTENSIONS
from feeds.write.entry_page import Around, entry_page
from feeds.write.markup import time
from feeds.write.stylesheet import FEED_STYLESHEET

_FEED = re.compile(r"([a-z0-9-]+)/feed\.([a-z]+)")
_PAGE = re.compile(r"([a-z0-9-]+)/entries/([0-9a-f]+)\.html")
_RELATIVE = re.compile(r'(<[a-z][^<>]* href=")(?![a-z]+:|#|/)([^"]*)')  # of a tag, for < stands in no text
_STYLE = f'href="../{FEED_STYLESHEET}"'.encode()
_MAIN = '<main id="content">\n'


class Known(Struct, frozen=True):
    """The moments at which a document changed, in order, and what it was at one of them."""

    moments: Sequence[int]
    at: Callable[[int], bytes]


class Memory:
    """The past of the published documents; `store` opens the archive to be read."""

    def __init__(self, settings: Settings, store: Callable[[], AbstractContextManager[Store]]) -> None:
        self._settings = settings
        self._store = store
        self._channels: dict[str, tuple[ChannelState, list[int]]] = {}

    def remembers(self, path: str) -> bool:
        """Whether the document at a path below the public folder is of a channel whose past is told."""
        return self._channel(path.partition("/")[0]) is not None

    @contextmanager
    def look(self, path: str) -> Iterator[Known | Literal["withdrawn"] | None]:
        """The past of the document at a path below the public folder, for as long as the block runs; None if unknown.

        Raises StoreError.
        """
        feed, page = _FEED.fullmatch(path), _PAGE.fullmatch(path)
        channel = self._channel((feed or page or ("", ""))[1])
        if channel is None:
            yield None
            return
        with self._store() as store:
            if feed:
                format = next((one for one in channel.formats if EXTENSIONS[one] == feed[2]), None)
                yield self._feed(store, channel, format) if format else None
            else:
                assert page
                yield self._entry(store, channel, page[2])

    def _channel(self, name: str) -> Channel | None:
        told = (one for one in self._settings.channels if one.kind == "entries" and not one.private)
        return next((one for one in told if one.name == name), None)

    def _feed(self, store: Store, channel: Channel, format: Format) -> Known | None:
        plan = Plan(channel, self._settings.site, self._settings.public_path / channel.name, store.authority)

        def at(moment: int) -> bytes:
            items = _bounded(store.channel_at(channel.name, moment, channel.entries), channel.max_bytes)
            document = render(plan.live(items, ChannelState()), format)
            return document.replace(_STYLE, f'href="{self._settings.site.base_url}{FEED_STYLESHEET}"'.encode(), 1)

        moments = self._moments(store, channel.name)
        return Known(moments, at) if moments else None

    def _moments(self, store: Store, channel: str) -> list[int]:
        """The channel's moments; what was read of its log before is not read again, unless other entries belong."""
        state = store.channel_state(channel)
        earlier, moments = self._channels.get(channel, (ChannelState(), []))
        if earlier != state:
            same = earlier.selection == state.selection
            known = moments if same else []
            new = store.channel_moments(channel, earlier.length if same else 0)
            in_order = not (known and new) or known[-1] < new[0]
            moments = known + new if in_order else sorted({*known, *new})
            self._channels[channel] = (state, moments)
        return moments

    def _entry(self, store: Store, channel: Channel, page: str) -> Known | Literal["withdrawn"] | None:
        edition = edition_of(self._settings.public_path / channel.name / ".pages", page)
        if edition is None:
            return None
        past = dict(store.entry_moments(edition))
        if list(past.values())[-1].withdrawn:
            return "withdrawn"
        shown = {moment: item for moment, item in past.items() if not item.withdrawn}
        address = f"{self._settings.site.base_url}{channel.name}/entries/{page}.html"
        return Known(list(shown), lambda moment: _as_it_was(shown[moment], moment, channel, self._settings, address))


def before(moments: Sequence[int], moment: int) -> int:
    """The last of the moments that is no later; the first if there is none (RFC 7089 section 4.5.3)."""
    return moments[max(0, bisect_right(moments, moment) - 1)]


def _bounded(items: Sequence[Item], most: int) -> list[Item]:
    """The newest of the items that fit into so many bytes; at least one."""
    kept: list[Item] = []
    total = 0
    for item in reversed(items):
        total += measured(0, item).size
        if kept and total > most:
            break
        kept.append(item)
    return kept[::-1]


def _as_it_was(item: Item, moment: int, channel: Channel, settings: Settings, address: str) -> bytes:
    """An entry's page in a former version, which says so; its links lead to what is published now."""
    month = item.date.strftime("%Y-%m")
    page = entry_page(item, channel, settings.site, Around(month, month)).decode()
    page = _RELATIVE.sub(lambda match: match[1] + escape(urljoin(address, match[2])), page)
    note = (
        f'<p class="note" lang="en" dir="ltr">As it was on {time(datetime.fromtimestamp(moment, UTC))}.'
        f' <a href="{escape(address)}">As it is now</a></p>\n'
    )
    return page.replace(_MAIN, _MAIN + note, 1).encode()
