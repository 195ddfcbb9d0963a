"""Fetching feeds' past, wired up: by hand, when a feed is added, and where a pass found that entries passed unseen."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from copy import copy
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import structs

from archive.backfill import Asking, Bounds, Filled, Page, copies, fill_gaps, site, walk
from archive.store import FeedRecord, Store
from backissue.stopping import relay
from config.settings import Backfill, Settings, Ways

if TYPE_CHECKING:
    from archive.fetch import Fetcher

Done = Callable[[Page], None]


class Backfiller:
    """Fetches the past of feeds of one archive, one after another, within bounds that hold for each.

    `fetcher` makes the client, `now` is the clock, `stop` ends it early: what came is written down. `done` hears of
    each page.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        fetcher: Callable[[], Fetcher],
        now: Callable[[], datetime],
        stop: threading.Event,
        bounds: Bounds | None = None,
        done: Done = lambda page: None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._fetcher = fetcher
        self._now = now
        self._stop = stop
        self._bounds = bounds or bounds_of(settings)
        self._done = done

    def within(self, end: float) -> Backfiller:
        """The same, until that moment of the monotonic clock at most."""
        rest = timedelta(seconds=max(0.0, end - time.monotonic()))
        made = copy(self)
        made._bounds = structs.replace(self._bounds, time=min(self._bounds.time, rest))
        return made

    def walk(self, feeds: Iterable[FeedRecord], *, habits: bool, again: bool = False) -> list[Filled]:
        """Fetch their earlier pages, from where that was left. Raises StoreError."""
        return self._each(
            feeds,
            lambda feed, asking, stop: walk(
                self._store, feed, asking, self._bounds, habits=habits, again=again, done=self._done, stop=stop
            ),
        )

    def fill(self, feeds: Iterable[FeedRecord], *, habits: bool) -> list[Filled]:
        """Fetch what may have passed in their gaps. Raises StoreError."""
        return self._each(
            feeds,
            lambda feed, asking, stop: fill_gaps(
                self._store, feed, asking, self._bounds, habits=habits, done=self._done, stop=stop
            ),
        )

    def copies(self, feeds: Iterable[FeedRecord]) -> list[Filled]:
        """Take in the copies that the web archive of the settings has of them. Raises StoreError."""
        given = self._settings.backfill
        return self._each(
            feeds,
            lambda feed, asking, stop: copies(
                self._store,
                feed,
                asking,
                self._bounds,
                server=given.web_archive,
                template=given.copies,
                done=self._done,
                stop=stop,
            ),
        )

    def site(self, feeds: Iterable[FeedRecord]) -> list[Filled]:
        """Take in the articles of their sites that the sitemaps name. Raises StoreError."""
        return self._each(
            feeds,
            lambda feed, asking, stop: site(self._store, feed, asking, self._bounds, done=self._done, stop=stop),
        )

    def _each(
        self,
        feeds: Iterable[FeedRecord],
        work: Callable[[FeedRecord, Asking, asyncio.Event], Awaitable[Filled | None]],
    ) -> list[Filled]:
        return asyncio.run(self._work(feeds, work))

    async def _work(
        self,
        feeds: Iterable[FeedRecord],
        work: Callable[[FeedRecord, Asking, asyncio.Event], Awaitable[Filled | None]],
    ) -> list[Filled]:
        stop = asyncio.Event()
        watching = asyncio.create_task(relay(self._stop, stop))
        found = []
        try:
            async with self._fetcher() as fetcher:
                asking = Asking(get=fetcher.get, now=self._now, limits=self._settings.limits)
                for feed in feeds:
                    if stop.is_set():
                        break
                    if filled := await work(feed, asking, stop):
                        found.append(filled)
        finally:
            watching.cancel()
        return found


def in_a_pass(
    work: Backfiller, store: Store, wanted: Backfill, walking: Iterable[int], lost: Iterable[int], seconds: float
) -> tuple[list[Filled], list[int], list[int]]:
    """Fetch for so many seconds: what may have passed first, then the past of feeds that lead there.

    Gives what came of it, and the feeds of each sort of which more is to be fetched. Raises StoreError.
    """
    end = time.monotonic() + seconds
    found: list[Filled] = []

    def each(feeds: Iterable[int], ways: Ways, fetch: Callable[[Backfiller, FeedRecord], list[Filled]]) -> list[int]:
        left = []
        for feed in _leading(store, feeds, ways):
            if time.monotonic() >= end:
                left.append(feed.id)
            else:
                came = fetch(work.within(end), feed)
                found.extend(came)
                left += [one.feed for one in came if one.left and not one.ended]
        return left

    habits = wanted.gaps == "all"
    lost = each(lost, wanted.gaps, lambda within, feed: within.fill([feed], habits=habits))
    habits = wanted.adding == "all"
    walking = each(walking, wanted.adding, lambda within, feed: within.walk([feed], habits=habits))
    return found, walking, lost


def leads(feed: FeedRecord, ways: Ways) -> bool:
    """Whether there is a way into its past to try."""
    meta = feed.meta
    if meta is None or ways == "no":
        return False
    return bool(meta.link_to("prev-archive") or meta.link_to("next") or (ways == "all" and meta.generator))


def _leading(store: Store, numbers: Iterable[int], ways: Ways) -> list[FeedRecord]:
    """Those of the feeds that lead to their past, in the order of the numbers; most lead nowhere."""
    wanted = list(dict.fromkeys(numbers))
    found = {feed.id: feed for feed in store.feeds(only=wanted, counted=False) if leads(feed, ways)}
    return [found[number] for number in wanted if number in found]


def bounds_of(
    settings: Settings, *, pages: int | None = None, seconds: float | None = None, size: int | None = None
) -> Bounds:
    """How much may be fetched of a feed: as the settings say, or as is given."""
    given = settings.backfill
    return Bounds(pages or given.pages, timedelta(seconds=seconds or given.seconds), size or given.bytes)
