"""The store in one SQLite file, in WAL mode: one writer, and readers that nobody waits for."""

from __future__ import annotations

import threading
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from msgspec import UNSET, UnsetType

from archive.proof.note import Checkpoint, Verifier
from archive.store import (
    channels,
    checkpoints,
    derived,
    documents,
    entries,
    events,
    gaps,
    joining,
    log,
    moments,
    moving,
    push,
    rhythms,
    sequence,
    subscriptions,
    upkeep,
    watches,
    withdrawing,
)
from archive.store.database import Database, opened
from archive.store.errors import explained
from archive.store.health import health
from archive.store.protocol import Snapshot
from archive.store.push import keep_push
from archive.store.record import record
from archive.store.schema import connect
from archive.store.search import search
from archive.store.snapshot import snapshot
from archive.store.values import (
    Alias,
    Announced,
    Deletion,
    DocumentRecord,
    EntryRecord,
    Event,
    FeedRecord,
    Gap,
    Health,
    Hit,
    Included,
    Joining,
    Learnt,
    Lesson,
    Observation,
    PollState,
    Price,
    Push,
    Recorded,
    Signed,
    Totals,
    VersionRecord,
    Watch,
)
from feeds.channel import ChannelState, Item, Page, Withdrawn

_BATCH = 500
_DOCUMENTS = 20


class SqliteStore:
    """`archive.store.protocol.Store` over a file; may be used from several threads, one call at a time.

    `authority` (a host name) goes into the tag: URIs that a new archive mints; for the rest see
    `archive.store.schema.connect`. Raises StoreError.
    """

    def __init__(self, path: Path, *, now: datetime, authority: str, create: bool = True, wait: float = 10.0) -> None:
        self._path = path
        self._lock = threading.RLock()
        connection = connect(path, now=now, authority=authority, create=create, wait=wait)
        self._db: Database = opened(connection)
        with self._reading():
            row = self._db.execute("SELECT value FROM setting WHERE key = 'authority'").fetchone()
        self.authority = str(row[0])

    def subscribe(
        self,
        url: str,
        *,
        kind: Literal["remote", "local"],
        now: datetime,
        title: str | UnsetType | None = UNSET,
        tags: Iterable[str] | UnsetType = UNSET,
        interval: int | UnsetType | None = UNSET,
    ) -> int:
        with self._writing():
            url = moving.present(self._db.conn, url)
            return subscriptions.subscribe(self._db, url, kind=kind, now=now, title=title, tags=tags, interval=interval)

    def unsubscribe(self, feed: int, now: datetime) -> None:
        with self._writing():
            subscriptions.unsubscribe(self._db, feed, now)

    def feeds(
        self,
        *,
        removed: bool = False,
        as_of: datetime | None = None,
        counted: bool = True,
        only: Collection[int] | None = None,
    ) -> list[FeedRecord]:
        with self._reading():
            return list(subscriptions.feeds(self._db, removed=removed, as_of=as_of, counted=counted, only=only))

    def find_feed(self, name: str) -> FeedRecord | None:
        with self._reading():
            return subscriptions.find_feed(self._db, moving.present(self._db.conn, name))

    def claim(
        self, *, now: datetime, limit: int, lease: timedelta, feeds: Iterable[int] | None = None
    ) -> list[FeedRecord]:
        with self._writing():
            return subscriptions.claim(self._db, now=now, limit=limit, lease=lease, feeds=feeds)

    def release(self, feeds: Iterable[int]) -> None:
        with self._writing():
            subscriptions.release(self._db, feeds)

    def record(self, observations: Iterable[Observation]) -> list[Recorded]:
        with self._writing():
            seen = list(observations)
            recorded = record(self._db.conn, seen, self.authority)
            moving.settle(self._db.conn, seen, recorded)
            return recorded

    def entries(
        self,
        *,
        feed: int | None = None,
        before: int | None = None,
        limit: int = 50,
        as_of: datetime | None = None,
    ) -> list[EntryRecord]:
        with self._reading():
            return entries.entries(self._db, feed=feed, before=before, limit=limit, as_of=as_of)

    def find_entry(self, name: str, *, as_of: datetime | None = None) -> EntryRecord | None:
        with self._reading():
            return entries.find_entry(self._db, name, as_of)

    def history(self, entry: int, *, as_of: datetime | None = None) -> list[VersionRecord]:
        with self._reading():
            return entries.history(self._db, entry, as_of)

    def search(
        self, words: str, *, feed: int | None = None, limit: int = 20, as_of: datetime | None = None
    ) -> list[Hit]:
        with self._reading():
            return search(self._db, words, feed=feed, limit=limit, as_of=as_of)

    def aliases(self, entry: int) -> list[Alias]:
        with self._reading():
            return joining.aliases(self._db.conn, entry)

    def joinings(self, entry: int) -> list[Joining]:
        with self._reading():
            return joining.joinings(self._db.conn, entry)

    def merge(self, entry: int, into: int, now: datetime) -> None:
        with self._writing():
            joining.merge(self._db.conn, entry, into, now)

    def split(self, entry: int, key: str, now: datetime) -> int:
        with self._writing():
            return joining.split(self._db.conn, entry, key, now, self.authority)

    def withdraw(self, entry: int, now: datetime, reason: str | None = None) -> None:
        with self._writing():
            withdrawing.withdraw(self._db.conn, entry, now, reason)

    def restore(self, entry: int, now: datetime) -> None:
        with self._writing():
            withdrawing.restore(self._db.conn, entry, now)

    def channel_moments(self, channel: str, since: int = 0) -> list[int]:
        with self._reading():
            return moments.of_channel(self._db, channel, since)

    def channel_at(self, channel: str, moment: int, limit: int) -> list[Item]:
        with self._reading():
            return moments.channel_at(self._db, channel, moment, limit)

    def channel_sequence(self, channel: str, stop: int, most: int) -> tuple[int, list[Item | None]]:
        with self._reading():
            return sequence.sequence(self._db, channel, stop, most)

    def entry_moments(self, edition: int) -> list[tuple[int, Item]]:
        with self._reading():
            return moments.of_entry(self._db, edition)

    def editions_before(self, versions: Collection[int]) -> dict[int, Item]:
        with self._reading():
            return derived.editions_before(self._db, versions)

    def editions_until(self, version: int) -> list[Item]:
        with self._reading():
            return derived.editions_until(self._db, version)

    def standing(self, versions: Collection[int]) -> dict[int, Withdrawn]:
        with self._reading():
            return derived.standing(self._db, versions)

    def deletions_after(self, cursor: int) -> Iterator[Deletion]:
        while True:
            with self._reading():
                found = derived.deletions_after(self._db, cursor, _BATCH)
            yield from found
            if len(found) < _BATCH:
                return
            cursor = found[-1].id

    def deletions_of(self, versions: Sequence[int]) -> dict[int, Deletion]:
        with self._reading():
            return derived.deletions_of(self._db, versions)

    def deletions_until(self, deletion: int) -> list[Deletion]:
        with self._reading():
            return derived.deletions_until(self._db, deletion)

    def events(self, feed: int) -> list[Event]:
        with self._reading():
            return events.events(self._db.conn, feed)

    def gaps(self, *, feed: int | None = None, since: datetime | None = None) -> list[Gap]:
        with self._reading():
            return gaps.gaps(self._db.conn, feed, since)

    def fill(self, gap: Gap, now: datetime, by: str) -> None:
        with self._writing():
            gaps.fill(self._db.conn, gap, now, by)

    def backfill(self, feed: int, *, gap: bool = False) -> str | None:
        with self._reading():
            return gaps.backfill(self._db.conn, feed, gap=gap)

    def keep_backfill(self, feed: int, progress: str, *, gap: bool = False) -> None:
        with self._writing():
            gaps.keep_backfill(self._db.conn, feed, progress, gap=gap)

    def unfinished(self, now: datetime, *, gap: bool = False) -> list[int]:
        with self._reading():
            return gaps.unfinished(self._db.conn, now, gap=gap)

    def watches(self, *, feed: int | None = None) -> list[Watch]:
        with self._reading():
            return watches.watches(self._db, feed)

    def digests(self, feed: int) -> dict[str, bytes]:
        with self._reading():
            return documents.digests(self._db.conn, feed)

    def documents(self, *, feed: int | None = None) -> Iterator[DocumentRecord]:
        after = 0
        while True:
            with self._reading():
                found = documents.documents(self._db.conn, feed, after, _DOCUMENTS)
            yield from found
            if len(found) < _DOCUMENTS:
                return
            after = found[-1].id

    def body(self, digest: bytes) -> bytes | None:
        with self._reading():
            return documents.body(self._db.conn, digest)

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        return snapshot(self._path, self.authority)

    def announced(self, since: datetime | None) -> list[Announced]:
        with self._reading():
            return list(push.announced(self._db, since))

    def pushes(self, token: str | None = None) -> list[tuple[Push, FeedRecord]]:
        with self._reading():
            return push.pushes(self._db, token)

    def keep_push(self, push: Push) -> None:
        with self._writing():
            keep_push(self._db, push)

    def reschedule(self, feed: int, before: PollState, after: PollState) -> bool:
        with self._writing():
            return push.reschedule(self._db, feed, before, after)

    def lessons(self, limit: int) -> list[Lesson]:
        with self._reading():
            return rhythms.lessons(self._db, limit)

    def keep_learnt(self, learnt: Iterable[Learnt], forgotten: Iterable[int] = ()) -> None:
        with self._writing():
            rhythms.forget(self._db, forgotten)
            rhythms.keep_learnt(self._db, learnt)

    def rhythm(self, feed: int) -> str | None:
        with self._reading():
            return rhythms.rhythm(self._db, feed)

    def rhythms(self, limit: int) -> tuple[int, list[str]]:
        with self._reading():
            return rhythms.rhythms(self._db, limit)

    def price(self) -> Price | None:
        with self._reading():
            return rhythms.price(self._db)

    def keep_price(self, price: Price) -> None:
        with self._writing():
            rhythms.keep_price(self._db, price)

    def health(self, now: datetime) -> list[Health]:
        with self._reading():
            return health(self._db, now)

    def totals(self) -> Totals:
        with self._reading():
            return upkeep.totals(self._db, self._path)

    def examine(self) -> Iterator[str]:
        with self._reading():
            yield from upkeep.examine(self._db)

    def head(self) -> Checkpoint:
        with self._writing():
            return checkpoints.head(self._db.conn)

    def keep_signed(self, note: str, key: Verifier, now: datetime) -> None:
        with self._writing():
            checkpoints.keep(self._db.conn, note, key, now)

    def keys(self) -> list[Verifier]:
        with self._reading():
            return checkpoints.keys(self._db.conn)

    def signed(self) -> list[Signed]:
        with self._reading():
            return checkpoints.signed(self._db.conn)

    def origin(self) -> str:
        with self._reading():
            return checkpoints.origin(self._db.conn)

    def included(self, table: Literal["document", "version"], number: int, size: int) -> Included:
        with self._reading():
            return checkpoints.included(self._db.conn, table, number, size)

    def version_of(self, entry: int, number: int | None = None) -> int:
        with self._reading():
            return checkpoints.version_of(self._db.conn, entry, number)

    def goes_on(self, old: int, size: int) -> list[bytes]:
        with self._reading():
            return checkpoints.goes_on(self._db.conn, old, size)

    def channel_state(self, channel: str) -> ChannelState:
        with self._reading():
            return channels.state(self._db, channel)

    def versions_after(self, cursor: int, *, as_of: datetime | None = None) -> Iterator[Item]:
        while True:
            # In steps, so that nobody who writes has to wait until a million of them were looked at.
            with self._reading():
                found = channels.editions_after(self._db, cursor, _BATCH, as_of)
            yield from found
            if len(found) < _BATCH:
                return
            cursor = found[-1].version

    def places_after(self, cursor: int) -> Iterator[tuple[int, datetime]]:
        while True:
            with self._reading():
                found = channels.places_after(self._db, cursor, _BATCH)
            yield from found
            if len(found) < _BATCH:
                return
            cursor = found[-1][0]

    def extend_channel(
        self, channel: str, versions: Sequence[int], *, cursor: int, selection: str, dropped: Iterable[int] = ()
    ) -> None:
        with self._writing():
            channels.extend(self._db, channel, versions, cursor=cursor, selection=selection, dropped=dropped)

    def channel_items(self, channel: str, start: int, stop: int) -> Iterator[Item]:
        for first in range(start, stop, _BATCH):
            with self._reading():
                found = channels.items(self._db, channel, first, min(first + _BATCH, stop))
            yield from found

    def close_page(self, channel: str, page: Page) -> None:
        with self._writing():
            channels.close_page(self._db, channel, page)

    def channel_pages(self, channel: str) -> Sequence[Page]:
        with self._reading():
            return channels.pages(self._db, channel)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _reading(self) -> Generator[None, None, None]:
        with self._lock, explained(self._path):
            yield

    @contextmanager
    def _writing(self) -> Generator[None, None, None]:
        """One transaction, logged. The file's lock is taken at its start, so that it cannot fail half-way for it."""
        with self._lock, explained(self._path):
            self._db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield
                log.append(self._db.conn)
                self._db.conn.execute("COMMIT")
            except BaseException:
                self._db.conn.rollback()
                raise
