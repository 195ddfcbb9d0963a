"""What the rest of the code knows of a store: each call is one transaction, values go in and come out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Literal, Protocol

from msgspec import UNSET, UnsetType

from archive.proof.note import Checkpoint, Verifier
from archive.store.values import (
    Alias,
    Announced,
    Choice,
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
    Told,
    Totals,
    VersionRecord,
    Watch,
)
from feeds.channel import EntrySource, Item, Withdrawn


class Snapshot(Protocol):
    """All that an archive holds at one instant, in streams. Every call may raise StoreError."""

    @property
    def authority(self) -> str:
        """As `Store` has it."""
        ...

    def feeds(self, choice: Choice) -> list[FeedRecord]:
        """The chosen feeds, removed ones too."""
        ...

    def documents(self, choice: Choice, *, bodies: bool = True) -> Iterator[DocumentRecord]:
        """The documents that were served in the chosen time, in the order they came; with or without their bytes."""
        ...

    def repeated(self, choice: Choice) -> dict[str, int]:
        """The SHA-256 of each body that several of the chosen documents have, and the first of these documents."""
        ...

    def told(self, choice: Choice) -> Iterator[Told]:
        """Each version that was first seen in the chosen time, entry by entry, the oldest first."""
        ...

    def count_documents(self, choice: Choice) -> int:
        """How many documents are chosen."""
        ...


class Store(EntrySource, Protocol):
    """An archive. Every call may raise StoreError; feeds and entries go by the archive's own numbers.

    `as_of` (aware UTC) asks for what was known at that instant.
    """

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

    def feeds(
        self,
        *,
        removed: bool = False,
        as_of: datetime | None = None,
        counted: bool = True,
        only: Collection[int] | None = None,
    ) -> list[FeedRecord]:
        """The feeds in the order they were added; to count their entries takes the longer the more there are.

        `only` those of these numbers, where they are given; not as of an instant.
        """
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

    def entries(
        self,
        *,
        feed: int | None = None,
        before: int | None = None,
        limit: int = 50,
        as_of: datetime | None = None,
    ) -> list[EntryRecord]:
        """Entries, the newest first; `before` is the last entry of the page before."""
        ...

    def find_entry(self, name: str, *, as_of: datetime | None = None) -> EntryRecord | None:
        """The entry with that number, public id, guid or link."""
        ...

    def history(self, entry: int, *, as_of: datetime | None = None) -> list[VersionRecord]:
        """All versions of an entry, the oldest first."""
        ...

    def search(
        self, words: str, *, feed: int | None = None, limit: int = 20, as_of: datetime | None = None
    ) -> list[Hit]:
        """Entries that hold the words, the best match first."""
        ...

    def aliases(self, entry: int) -> list[Alias]:
        """The keys that an entry is known by."""
        ...

    def joinings(self, entry: int) -> list[Joining]:
        """What was joined with the entry, and parted from it, by hand."""
        ...

    def merge(self, entry: int, into: int, now: datetime) -> None:
        """Make one entry part of another of the same feed."""
        ...

    def split(self, entry: int, key: str, now: datetime) -> int:
        """Part from an entry what came under one of its keys; gives the entry that has it now."""
        ...

    def withdraw(self, entry: int, now: datetime, reason: str | None = None) -> None:
        """Take an entry back: subscribers are told, and its page is gone. Nothing of it is lost."""
        ...

    def restore(self, entry: int, now: datetime) -> None:
        """Give a withdrawn entry back."""
        ...

    def channel_moments(self, channel: str, since: int = 0) -> list[int]:
        """The seconds since 1970 in which a channel's log grew, from that position on, in order."""
        ...

    def channel_at(self, channel: str, moment: int, limit: int) -> list[Item]:
        """The last items that a channel had at the end of that second."""
        ...

    def channel_sequence(self, channel: str, stop: int, most: int) -> tuple[int, list[Item | None]]:
        """Of the first `stop` entries of a channel, in the order of its log, the last `most`, and the first's place.

        They are as they are now, None where one belongs no longer.
        """
        ...

    def entry_moments(self, edition: int) -> list[tuple[int, Item]]:
        """All that an entry has been, each with the second since 1970 in which it became so; by one of its versions."""
        ...

    def editions_before(self, versions: Collection[int]) -> dict[int, Item]:
        """What the entries were just before these versions became theirs; nothing for those that were new."""
        ...

    def editions_until(self, version: int) -> list[Item]:
        """All that the entry of a version has been until then, in order."""
        ...

    def standing(self, versions: Collection[int]) -> dict[int, Withdrawn]:
        """Those of the versions whose entries are taken back now."""
        ...

    def deletions_after(self, cursor: int) -> Iterator[Deletion]:
        """All deletions with a greater number, in order."""
        ...

    def deletions_of(self, versions: Sequence[int]) -> dict[int, Deletion]:
        """The first deletion of each of these versions that has any."""
        ...

    def deletions_until(self, deletion: int) -> list[Deletion]:
        """The deletions of the same entry before that one, in order."""
        ...

    def events(self, feed: int) -> list[Event]:
        """What befell a feed."""
        ...

    def gaps(self, *, feed: int | None = None, since: datetime | None = None) -> list[Gap]:
        """The times in which entries may have passed unseen, that ended then or later, the oldest first."""
        ...

    def fill(self, gap: Gap, now: datetime, by: str) -> None:
        """Write down that what may have passed in a gap was fetched from elsewhere."""
        ...

    def backfill(self, feed: int, *, gap: bool = False) -> str | None:
        """How far fetching a feed's past has come, or what passed in its gaps, as it was written down last."""
        ...

    def keep_backfill(self, feed: int, progress: str, *, gap: bool = False) -> None:
        """Write that down."""
        ...

    def unfinished(self, now: datetime, *, gap: bool = False) -> list[int]:
        """The feeds of which more is to be fetched: it was enough for then, or failed and may be tried again by now."""
        ...

    def watches(self, *, feed: int | None = None) -> list[Watch]:
        """From when until when remote feeds are known, and where that is not proven to be without a gap."""
        ...

    def documents(self, *, feed: int | None = None) -> Iterator[DocumentRecord]:
        """The raw documents, in the order they came."""
        ...

    def digests(self, feed: int) -> dict[str, bytes]:
        """The SHA-256 of what each address of a feed gave last."""
        ...

    def body(self, digest: bytes) -> bytes | None:
        """The bytes with that SHA-256, if they are kept."""
        ...

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The archive as it is now, whatever is written meanwhile."""
        ...

    def versions_after(self, cursor: int, *, as_of: datetime | None = None) -> Iterator[Item]:
        """As `EntrySource` has it; of an instant, only what was current by then."""
        ...

    def places_after(self, cursor: int) -> Iterator[tuple[int, datetime]]:
        """As `EntrySource` has it."""
        ...

    def announced(self, since: datetime | None) -> list[Announced]:
        """What the last documents say of themselves, of followed feeds that were asked at that instant or later."""
        ...

    def pushes(self, token: str | None = None) -> list[tuple[Push, FeedRecord]]:
        """The feeds that a hub pushes or was asked to, or the one whose callback has that token."""
        ...

    def keep_push(self, push: Push) -> None:
        """Write down how a feed stands with its hub."""
        ...

    def reschedule(self, feed: int, before: PollState, after: PollState) -> bool:
        """Move a feed's next due time, with its rules; False if it is no longer as it was before."""
        ...

    def lessons(self, limit: int) -> list[Lesson]:
        """What there is to learn of so many feeds' rhythms, for those first that are due first."""
        ...

    def keep_learnt(self, learnt: Iterable[Learnt], forgotten: Iterable[int] = ()) -> None:
        """Write down what was learnt; of some feeds all is to be learnt anew."""
        ...

    def rhythm(self, feed: int) -> str | None:
        """What is known of when a feed's entries come, as JSON."""
        ...

    def rhythms(self, limit: int) -> tuple[int, list[str]]:
        """How many feeds are asked at times of their own, and the rhythms of so many of these."""
        ...

    def price(self) -> Price | None:
        """What a request was last found to cost."""
        ...

    def keep_price(self, price: Price) -> None:
        """Write that down."""
        ...

    def health(self, now: datetime) -> list[Health]:
        """How each feed fares, removed ones too."""
        ...

    def totals(self) -> Totals:
        """How much there is."""
        ...

    def examine(self) -> Iterator[str]:
        """What is wrong with the archive, a sentence each; reads all of it."""
        ...

    def origin(self) -> str:
        """The name of the archive's log, which its checkpoints begin with."""
        ...

    def head(self) -> Checkpoint:
        """The log as it is now, to be signed."""
        ...

    def keep_signed(self, note: str, key: Verifier, now: datetime) -> None:
        """Write down that the key signed this checkpoint."""
        ...

    def keys(self) -> list[Verifier]:
        """The keys that signed checkpoints, the newest last."""
        ...

    def signed(self) -> list[Signed]:
        """The checkpoints that were signed, in order."""
        ...

    def included(self, table: Literal["document", "version"], number: int, size: int) -> Included:
        """The proof that a row is among the log's first so many leaves."""
        ...

    def version_of(self, entry: int, number: int | None = None) -> int:
        """The row of an entry's version by its number among them; of the current one without."""
        ...

    def goes_on(self, old: int, size: int) -> list[bytes]:
        """The hashes that prove that the log of one size begins with all of that of a former size."""
        ...

    def close(self) -> None:
        """Let go of the archive."""
        ...
