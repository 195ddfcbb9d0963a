"""Feeds out of web archives, ours and those of crawlers, as if they had been served when their records tell.

They come through the door of old copies (`archive.replay`): what is newer in the archive stays current, and what was
taken in before changes nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct

from archive.fetch import FetchError, normalise
from archive.store import Observation, Served, Store
from archive.store.values import REPLAYED
from archive.warcs import ARTICLE, TAKEN_IN, Answer, Trouble, open_file, records
from config.settings import Limits
from feeds.parse import NotAFeed, parse

New = Literal["skip", "archive", "follow"]

_BATCH = 50
_BYTES = 16_000_000  # of bodies that are held until they are written down
_MOST_TOLD = 100_000  # answers that later ones may refer to
DEFAULTS = Limits()


class Gathered(Struct):
    """What came of a feed: how many answers, how many of them are no feed, from when to when, new entries and edits."""

    feed: int
    copies: int = 0
    unread: int = 0
    first: datetime | None = None
    last: datetime | None = None
    new: int = 0
    edited: int = 0


class Harvest:
    """What came of web archives; `new` says what is done with feeds that the archive does not know.

    skip: they are counted. archive: they are kept, and not asked. follow: they are asked from now on.
    `limit` is how many bytes an answer may have. `troubled` hears of each record that is damaged or foreign, with the
    file's name. `stop` is asked after each record whether to end.
    """

    def __init__(
        self,
        store: Store,
        *,
        new: New = "skip",
        now: Callable[[], datetime],
        limit: int,
        limits: Limits = DEFAULTS,
        troubled: Callable[[Path, Trouble], None] = lambda path, trouble: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._new = new
        self._now = now
        self._limit = limit
        self._limits = limits
        self._troubled = troubled
        self._stop = stop
        self._known: dict[str, int | None] = {}
        self._bodies = _Bodies(store)
        self._waiting: list[Observation] = []
        self.feeds: dict[str, Gathered] = {}
        self.unknown: Counter[str] = Counter()
        self.troubles = 0
        self.others = 0
        self.articles = 0  # that were taken in, or found by a sitemap, where the file was written: they are no feeds

    def take_in(self, path: Path) -> None:
        """Take in what is in a file. Raises WarcError if it cannot be read, and StoreError."""
        with open_file(path) as file:
            for found in records(file, limit=self._limit, now=self._now()):
                if isinstance(found, Trouble):
                    self._trouble(path, found)
                elif isinstance(found, Answer):
                    self._answer(path, found)
                elif found.kind == ARTICLE:
                    self.articles += 1
                if self._stop():
                    break
        self._write()

    def _answer(self, path: Path, found: Answer) -> None:
        if found.way == TAKEN_IN:
            self.articles += 1
            return
        try:
            url = normalise(found.url)
            address = normalise(found.feed) if found.feed else url
        except FetchError:
            self.others += 1
            return
        if self._new == "skip" and self._number(address) is None and found.body is None:
            return
        body = found.body
        if body is None:
            body = self._bodies.referred(found, self._waiting)
            if body is None:
                if self._number(address) is not None:
                    self._trouble(path, Trouble(found.offset, "repeats an answer that is not in these files"))
                return
        self._take(
            path,
            found,
            address,
            Served(
                body=body,
                url=url,
                status=found.status,
                request_headers=((REPLAYED, f"{path.name} {found.name}"),),
                response_headers=found.headers,
            ),
        )

    def _take(self, path: Path, found: Answer, address: str, served: Served) -> None:
        content_type = next((value for name, value in found.headers if name.lower() == "content-type"), None)
        number = self._number(address)
        parsed = None
        try:
            parsed = parse(served.body, served.url, content_type=content_type, limits=self._limits)
        except NotAFeed:
            if number is None or found.feed:
                self.articles += found.way == "backfilled"
                self.others += found.way != "backfilled"
                return
        if number is None:
            number = self._make(address)
        if number is None:
            self.unknown[address] += 1
            return
        self._bodies.remember(found, served.body)
        self._waiting.append(
            Observation(
                feed=number,
                at=found.at,
                served=served,
                parsed=parsed,
                windowed=parsed is not None and parsed.is_window and found.way not in ("backfilled", "pushed"),
                past=found.way == "backfilled",
            )
        )
        told = self.feeds.setdefault(address, Gathered(number))
        told.copies += 1
        told.unread += parsed is None
        told.first = min(told.first or found.at, found.at)
        told.last = max(told.last or found.at, found.at)
        if len(self._waiting) >= _BATCH or sum(len(one.served.body) for one in self._waiting if one.served) > _BYTES:
            self._write()

    def _number(self, address: str) -> int | None:
        """The feed with that address, or that had it once."""
        if address not in self._known:
            feed = self._store.find_feed(address)
            self._known[address] = feed.id if feed and feed.kind == "remote" and "://" in address else None
        return self._known[address]

    def _make(self, address: str) -> int | None:
        if self._new == "skip":
            return None
        number = self._store.subscribe(address, kind="remote", now=self._now())
        if self._new == "archive":
            self._store.unsubscribe(number, self._now())
        self._known[address] = number
        return number

    def _trouble(self, path: Path, trouble: Trouble) -> None:
        self.troubles += 1
        self._troubled(path, trouble)

    def _write(self) -> None:
        by_number = {told.feed: told for told in self.feeds.values()}
        for recorded in self._store.record(self._waiting):
            by_number[recorded.feed].new += recorded.new
            by_number[recorded.feed].edited += recorded.edited
        self._waiting = []


class _Bodies:
    """The answers that were taken in, so that revisits find the body that they leave out: by its SHA-256."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told: dict[object, bytes] = {}

    def remember(self, found: Answer, body: bytes) -> None:
        """Remember where a body was seen."""
        digest = hashlib.sha256(body).digest()
        for name in (found.digest, (found.url, found.date)):
            if name is not None and len(self._told) < _MOST_TOLD:
                self._told[name] = digest

    def referred(self, found: Answer, waiting: list[Observation]) -> bytes | None:
        """The body that a revisit means, if that came before."""
        digest = self._told.get(found.digest) if found.digest else None
        digest = digest or self._told.get(found.refers)
        if digest is None:
            return None
        kept = self._store.body(digest)
        if kept is not None:
            return kept
        bodies = (one.served.body for one in waiting if one.served)
        return next((body for body in bodies if hashlib.sha256(body).digest() == digest), None)
