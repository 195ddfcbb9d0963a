"""Publishing the channels, and the page and list of all of them. It loads nothing of what asks feeds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from archive.store import Store
from backissue.copies import look_anew, opened, wishes, with_copies
from config.settings import Channel, Settings
from feeds.channel import ChannelState, EntrySource, Item, Page
from feeds.model import Extension

if TYPE_CHECKING:
    from archive.media import Index, Kept
    from archive.push.tell import Heard
    from backissue.mirror import Mirrored
    from feeds.publish import Published, PublishError


class Release(Struct, frozen=True, kw_only=True):
    """What publishing did: the channels, how many other files were written, and what went wrong.

    `kept` is what was kept of what entries show, where a channel wants that; `mirrored` what was uploaded, `heard`
    what hubs were told.
    """

    channels: tuple[Published, ...] = ()
    site: int = 0
    errors: tuple[PublishError, ...] = ()
    kept: Kept | None = None
    mirrored: Mirrored | None = None
    heard: Heard | None = None

    @property
    def documents(self) -> int:
        """How many files were written."""
        return sum(one.written for one in self.channels) + self.site


def with_new_addresses(channels: Iterable[Channel], store: Store) -> list[Channel]:
    """The channels; where one names an address that a feed has left, with that feed's present one beside it."""
    found = []
    for channel in channels:
        feeds = [store.find_feed(name) for name in channel.feeds if "://" in name]
        moved = [feed.url for feed in feeds if feed and feed.url not in channel.feeds]
        found.append(structs.replace(channel, feeds=(*channel.feeds, *moved)) if moved else channel)
    return found


def publish_all(
    settings: Settings,
    store: Store,
    channels: Sequence[Channel],
    stop: threading.Event | None = None,
    *,
    as_of: datetime | None = None,
    now: datetime | None = None,
) -> Release:
    """Publish the channels, and the page and list of all of them; a channel that cannot be does not keep the others.

    With `as_of` (aware UTC), as they were then; else `now` says what is due in those that come an entry at a time.
    Once `stop` is set it ends at the next entry: the run after it does what is left. Raises StoreError, MediaError.
    """
    from backissue.drips import write_drips
    from feeds.publish import PublishError, publish, publish_site

    public, published, errors, site = settings.public_path, [], [], 0
    stop = stop or threading.Event()
    with opened(settings, () if as_of else channels) as index, suppress(_StoppedError):
        source_of = sources(settings, store, as_of, index)
        for channel in channels:
            source = _Stoppable(source_of(channel), stop)
            anew = index.late(channel.name) if index else ()
            try:
                shown, podcasting = (channel, ()) if as_of else _as_podcast(channel, store)
                done = publish(
                    shown,
                    settings.site,
                    source,
                    public,
                    authority=store.authority,
                    compressed=settings.storage.compressed,
                    anew=anew,
                    podcasting=podcasting,
                )
                published.append(done)
                if index and anew:
                    index.told(channel.name)
                site += write_drips(settings, store, channel, now) if now and channel.drip_starts else 0
            except PublishError as error:
                errors.append(error)
        try:
            site += publish_site(settings.channels, settings.site, public)
        except PublishError as error:
            # The site's page reads what the channels left: what is wrong with one of those has been told.
            errors += [] if errors else [error]
    # One reason, such as a folder that may not be written to, is told once.
    reasons = {(error.reason, error.remedy): error for error in reversed(errors)}
    return Release(channels=tuple(published), site=site, errors=tuple(reversed(reasons.values())))


def sources(
    settings: Settings, store: Store, as_of: datetime | None = None, index: Index | None = None
) -> Callable[[Channel], EntrySource]:
    """What gives each channel its source: the archive, or what tells of its entries; as of an instant, if one is given.

    What tells of an entry leads to its page in the first channel that has one. `index` is that of the copies, if a
    channel has some.
    """
    from feeds.select import matches
    from feeds.write.markup import page_address

    entries: EntrySource = store
    if as_of:
        from archive.past import Past

        entries = Past(store, as_of)
    wish_of = wishes(settings, store) if index else None
    paged = [one for one in settings.channels if one.kind == "entries" and one.pages and not one.private]

    def page(item: Item) -> str | None:
        home = next((one for one in paged if matches(one, item)), None)
        return page_address(settings.site, home, item.id) if home else None

    def source_of(channel: Channel) -> EntrySource:
        if index and wish_of and (wish := wish_of(channel)):
            return with_copies(settings, store, entries, index, wish)
        if channel.kind == "entries":
            return entries
        from archive.derived import Corrections, Deletions

        if channel.kind == "corrections":
            return Corrections(channel, entries, store, page)
        return Deletions(channel, entries, store, page, as_of)

    return source_of


def begin_anew(settings: Settings) -> None:
    """Let the next pass publish all anew, as another archive has come into the place of the former.

    Raises PublishError, MediaError.
    """
    from feeds.publish import renew

    renew(settings.channels, settings.public_path)
    look_anew(settings)


def _as_podcast(channel: Channel, store: Store) -> tuple[Channel, tuple[Extension, ...]]:
    """The channel, and what a podcast says of itself, where the channel shows all of it and nothing else.

    It is a podcast itself then, as that one is, unless it says how.
    """
    from feeds.select import takes_all
    from feeds.write.podcast import category_of, of_podcast

    found = {name: store.find_feed(name) for name in channel.feeds}
    feeds = {feed.id: feed for feed in found.values() if feed}
    if len(feeds) != 1 or None in found.values() or channel.kind != "entries":
        return channel, ()
    [feed] = feeds.values()
    if feed.meta is None or not takes_all(structs.replace(channel, feeds=())):
        return channel, ()
    if not channel.podcast and (category := category_of(feed.meta)):
        explicit = feed.meta.extra.get("itunes:explicit", "").lower() in ("true", "yes", "explicit")
        image = channel.image or feed.meta.image or ""
        channel = structs.replace(channel, podcast=category, explicit=channel.explicit or explicit, image=image)
    return channel, of_podcast(feed.meta, feed.url)


class _StoppedError(Exception):
    """Publishing was told to stop."""


class _Stoppable:
    """A source of entries that runs dry once it is told to: publishing may be broken off anywhere (`feeds.publish`)."""

    def __init__(self, source: EntrySource, stop: threading.Event) -> None:
        self._source = source
        self._stop = stop

    def channel_state(self, channel: str) -> ChannelState:
        self._heed()
        return self._source.channel_state(channel)

    def versions_after(self, cursor: int) -> Iterator[Item]:
        for item in self._source.versions_after(cursor):
            self._heed()
            yield item

    def places_after(self, cursor: int) -> Iterator[tuple[int, datetime | None]]:
        for place in self._source.places_after(cursor):
            self._heed()
            yield place

    def extend_channel(
        self, channel: str, versions: Sequence[int], *, cursor: int, selection: str, dropped: Iterable[int] = ()
    ) -> None:
        self._heed()
        self._source.extend_channel(channel, versions, cursor=cursor, selection=selection, dropped=dropped)

    def channel_items(self, channel: str, start: int, stop: int) -> Iterator[Item]:
        for item in self._source.channel_items(channel, start, stop):
            self._heed()
            yield item

    def close_page(self, channel: str, page: Page) -> None:
        self._source.close_page(channel, page)

    def channel_pages(self, channel: str) -> Sequence[Page]:
        return self._source.channel_pages(channel)

    def _heed(self) -> None:
        if self._stop.is_set():
            raise _StoppedError
