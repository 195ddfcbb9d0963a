"""What the rest of the code knows of a store: each call is one transaction, values go in and come out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal, Protocol

from msgspec import UNSET, UnsetType

from archive.store.values import EntryRecord, FeedRecord, Hit, Observation, Recorded, Totals, VersionRecord
from feeds.channel import EntrySource


class Store(EntrySource, Protocol):
    """An archive. Every call may raise StoreError; feeds and entries go by the archive's own numbers."""

    @property
    def authority(self) -> str:
        """What its tag: URIs start with: "example.org,2026" (RFC 4151)."""
        ...

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
        """The number of the feed with that address, made or taken up again; what is given stands from now on.

        `title` and `interval` (in minutes) are the operator's for this feed; None is the feed's own, the schedule's.
        """
        ...

    def unsubscribe(self, feed: int, now: datetime) -> None:
        """End a feed's polling; all that it ever said stays."""
        ...

    def feeds(self, *, removed: bool = False) -> list[FeedRecord]:
        """The feeds in the order they were added."""
        ...

    def find_feed(self, name: str) -> FeedRecord | None:
        """The feed with that address, number or title."""
        ...

    def claim(
        self, *, now: datetime, limit: int, lease: timedelta, feeds: Iterable[int] | None = None
    ) -> list[FeedRecord]:
        """Feeds to poll now: those that are due, or the given ones; nobody else gets them until the lease ends."""
        ...

    def release(self, feeds: Iterable[int]) -> None:
        """Give claimed feeds back, not polled."""
        ...

    def record(self, observations: Iterable[Observation]) -> list[Recorded]:
        """Write down what was seen, all of it or nothing."""
        ...

    def entries(self, *, feed: int | None = None, before: int | None = None, limit: int = 50) -> list[EntryRecord]:
        """Entries, the newest first; `before` is the last entry of the page before."""
        ...

    def find_entry(self, name: str) -> EntryRecord | None:
        """The entry with that number, public id, guid or link."""
        ...

    def history(self, entry: int) -> list[VersionRecord]:
        """All versions of an entry, the oldest first."""
        ...

    def search(self, words: str, *, feed: int | None = None, limit: int = 20) -> list[Hit]:
        """Entries that hold the words, the best match first."""
        ...

    def documents(self, feed: int) -> dict[str, bytes]:
        """The SHA-256 of what each address of a feed gave last."""
        ...

    def totals(self) -> Totals:
        """How much there is."""
        ...

    def examine(self) -> Iterator[str]:
        """What is wrong with the archive, a sentence each; reads all of it."""
        ...

    def close(self) -> None:
        """Let go of the archive."""
        ...
