"""What befell feeds: events, possible gaps, and for how long they were watched."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from archive.store.values.asking import FeedRecord


class Gap(Struct, frozen=True, kw_only=True):
    """A time in which entries of a feed may have come and gone unseen (aware UTC): docs/gaps.md.

    `since` is when the feed was seen last before, `until` when it was seen next; that window showed `entries`, of which
    it `shared` so many with the one before. About `likely` are missing, with four chances in five between `low` and
    `high`; None where that was not reckoned. `filled` is when they were fetched from elsewhere, `by` what brought them.
    """

    feed: int
    since: datetime
    until: datetime
    entries: int | None = None
    shared: int = 0
    likely: int | None = None
    low: int | None = None
    high: int | None = None
    filled: datetime | None = None
    by: str | None = None


class Watch(Struct, frozen=True, kw_only=True):
    """From when until when a feed is known, and between which times that is not proven to be without a gap (aware UTC).

    `rhythm` is what is known of when its entries come, as JSON.
    """

    feed: FeedRecord
    start: datetime
    end: datetime
    holes: tuple[tuple[datetime, datetime], ...] = ()
    rhythm: str | None = None


class Event(Struct, frozen=True):
    """Something that befell a feed, and when it was seen (aware UTC).

    gone: it answered 410. parked: a page stood in its place. replaced: it became another feed. complete: it says that
    it shows all there is (RFC 5005 section 2). back: it is again what it was. moved: it has another address from now
    on; the detail is the old one. double: it redirects for good to an address that another feed has. lies: its server
    said "not modified" of what was modified. gap: what it showed when it was last seen proves not that all was seen
    that came since, so that entries may have come and gone; the detail tells when that was, and how many. filled: what
    may have been missed was fetched from elsewhere.
    """

    at: datetime
    kind: Literal["gone", "parked", "replaced", "complete", "back", "moved", "double", "lies", "gap", "filled"]
    detail: str | None = None
    gap: Gap | None = None
