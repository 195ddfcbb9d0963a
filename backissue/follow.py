"""Following a feed from an address: find it, subscribe, and keep the document found, so that it is asked but once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from archive.fetch import Fetcher
from archive.find import Found, find
from archive.schedule import look
from archive.store import FeedRecord, Recorded, Store
from config.settings import Settings


class Followed(Struct, frozen=True):
    """A feed that is followed; `found` and `recorded` are None where it was followed before."""

    feed: FeedRecord
    found: Found | None = None
    recorded: Recorded | None = None


def follow(
    store: Store,
    url: str,
    settings: Settings,
    *,
    fetcher: Callable[[], Fetcher],
    now: Callable[[], datetime],
    title: str | UnsetType = UNSET,
    tags: Iterable[str] | UnsetType = UNSET,
    interval: int | UnsetType = UNSET,
) -> Followed:
    """Follow the feed at a full address, or the one that the page there tells of; what is given stands from now on.

    Raises FetchError and NotAFeed if there is none, and StoreError; nothing is changed then.
    """
    found: Found | None = None
    address = url
    if not _is_followed(store, url):
        found = asyncio.run(_find(fetcher, url, settings))
        address = found.url
        if _is_followed(store, address):
            found = None
    number = store.subscribe(address, kind="remote", now=now(), title=title, tags=tags, interval=interval)
    recorded = None
    if found is not None:
        (recorded,) = store.record([look(_feed(store, number), found.response, now(), settings.schedule, found.parsed)])
    return Followed(_feed(store, number), found, recorded)


def _is_followed(store: Store, url: str) -> bool:
    feed = store.find_feed(url)
    return feed is not None and feed.url == url and feed.removed is None


def _feed(store: Store, number: int) -> FeedRecord:
    feed = store.find_feed(str(number))
    assert feed is not None
    return feed


async def _find(fetcher: Callable[[], Fetcher], url: str, settings: Settings) -> Found:
    async with fetcher() as client:
        return await find(client.get, url, settings.limits)
