"""What came of a look at a feed, how it came here, and what it changed."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cached_property
from typing import Literal

from msgspec import Struct

from archive.history import Key
from archive.store.values.asking import PollState
from feeds.model import ParsedFeed

Headers = tuple[tuple[str, str], ...]

# Among a document's request headers, written by ourselves: how it came here where it was not asked for by polling.
PUSHED_BY = "Backissue-Pushed-By"  # the hub that delivered it, asked by nobody
REPLAYED = "Backissue-Replayed"  # the file that it was in
BACKFILLED = "Backissue-Backfilled"  # by which way it was found: a page of the feed that holds what came before
BY_SITEMAP = "sitemap"  # a way: the page is an article
COPY = "Backissue-Copy"  # the web archive that kept it, whose time is the document's


Way = Literal["polled", "pushed", "replayed", "backfilled", "web archive", "taken in"]


_WAYS: tuple[tuple[Way, str], ...] = (
    ("web archive", COPY),
    ("backfilled", BACKFILLED),
    ("replayed", REPLAYED),
    ("pushed", PUSHED_BY),
)


def way(request: Headers, status: int | None) -> tuple[Way, str | None]:
    """How a document came here, and by which way, file, hub or web archive, by what was kept with it."""
    said = dict(request)
    for how, name in _WAYS:
        if name in said:
            return how, said[name]
    return ("polled" if status else "taken in"), None


class Served(Struct, frozen=True, kw_only=True, dict=True):
    """A document as it came: the bytes (content coding undone), where from, and the headers both ways."""

    body: bytes
    url: str
    status: int | None = None
    request_headers: Headers = ()
    response_headers: Headers = ()

    @cached_property
    def sha256(self) -> bytes:
        """The digest of the bytes."""
        return hashlib.sha256(self.body).digest()


class Observation(Struct, frozen=True, kw_only=True):
    """What one look at a feed brought.

    `served` is None where no document came (304, failure); `parsed` is None where it was no feed, or the same bytes as
    before. `poll` is the state to keep from now on, None for local feeds. `windowed` says that the document is the
    feed's whole window, so that an entry missing from it has left; articles taken in one by one are no window. `keys`
    are the entries' keys where they do not come from the entries themselves.
    `moved_to` is the feed's address from now on, where a permanent redirect was confirmed. `doubt` is the state to keep
    instead of `poll` if the document brings entries that are new or changed: its server said "not modified" before.
    `pressed` is the one to keep if it shows a gap: the feed is asked sooner then.
    `past` says that the document was served now and holds what came before: it adds entries and versions, and changes
    nothing that is current (RFC 5005 section 4.2).
    """

    feed: int
    at: datetime
    served: Served | None = None
    parsed: ParsedFeed | None = None
    poll: PollState | None = None
    windowed: bool = True
    keys: tuple[Key, ...] | None = None
    moved_to: str | None = None
    doubt: PollState | None = None
    pressed: PollState | None = None
    past: bool = False


class Recorded(Struct, frozen=True, kw_only=True):
    """What an observation changed, in numbers of entries; `entries` are the ids it touched.

    `gap` says that entries may have passed unseen before it. `known_since` is since when what a document of the past
    shows is known; None where it is not.
    """

    feed: int
    new: int = 0
    edited: int = 0
    unchanged: int = 0
    left: int = 0
    entries: tuple[int, ...] = ()
    gap: bool = False
    known_since: datetime | None = None
