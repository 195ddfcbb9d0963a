"""A channel's deletions: an item for each entry that its publisher deleted, or that was withdrawn here.

The log of such a channel counts deletions, not versions. The archive writes down which versions they are of, as it does
for all channels; one that is deleted twice, unchanged, is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from archive.derived.source import Derived, anew, batches
from archive.derived.words import deletion
from archive.store import Store
from archive.store.values import Deletion
from archive.store.versions import minted
from config.settings import Channel
from feeds.channel import EntrySource, Item, Withdrawn


class Deletions(Derived):
    """The deletions of the entries that the channel's filters let through; of an instant, those seen by then."""

    def __init__(
        self,
        channel: Channel,
        source: EntrySource,
        store: Store,
        page: Callable[[Item], str | None],
        as_of: datetime | None = None,
    ) -> None:
        super().__init__(channel, source, store, page)
        self._as_of = as_of
        self._versions: dict[int, int] = {}  # of deletions that were given away by their numbers

    def places_after(self, cursor: int) -> Iterator[tuple[int, datetime | None]]:
        for one in self._store.deletions_after(cursor):
            if self._as_of and one.seen > self._as_of:
                return
            self._versions[one.id] = one.item.version
            yield one.id, one.seen if one.first and self._belongs(one.item) else None

    def extend_channel(
        self, channel: str, versions: Sequence[int], *, cursor: int, selection: str, dropped: Iterable[int] = ()
    ) -> None:
        self._source.extend_channel(
            channel,
            [self._versions[one] for one in versions],
            cursor=cursor,
            selection=selection,
            dropped=[self._versions[one] for one in dropped],
        )

    def channel_items(self, channel: str, start: int, stop: int) -> Iterator[Item]:
        for items in batches(self._source.channel_items(channel, start, stop)):
            versions = [item.version for item in items]
            told, gone = self._store.deletions_of(versions), self._store.standing(versions)
            for version in versions:
                if version in told:
                    self._versions[told[version].id] = version
                    yield self._told(told[version], hidden=version in gone)

    def _told(self, one: Deletion, *, hidden: bool) -> Item:
        if one.reason not in ("withdrawn", "restored"):
            return self._deletion(one, hidden=hidden)
        earlier = [before for before in self._store.deletions_until(one.id) if before.first]
        also = tuple(
            anew(self._deletion(before, hidden=hidden), one.seen)
            for before in earlier
            if before.reason not in ("withdrawn", "restored") and self._belongs(before.item)
        )
        if one.reason == "withdrawn":
            return replace(self._deletion(one, hidden=hidden), also=also)
        # What was given back is withdrawn no longer: so the word that it was is taken back itself.
        last = next(before for before in reversed(earlier) if before.reason == "withdrawn")
        taken = replace(anew(self._deletion(last, hidden=hidden), one.seen), withdrawn=Withdrawn(one.seen))
        return replace(taken, version=one.id, also=also)

    def _deletion(self, one: Deletion, *, hidden: bool) -> Item:
        """The item of a deletion; its id depends on what was deleted and when alone."""
        name = f"{one.item.id}\n{one.reason} {one.seen.isoformat()}"
        return replace(
            one.item,
            id=minted(self._store.authority, name),
            version=one.id,
            number=1,
            entry=deletion(one, self._page(one.item), hidden=hidden),
            first_seen=one.seen,
            changed=one.seen,
            withdrawn=None,
            of=one.item,
        )
