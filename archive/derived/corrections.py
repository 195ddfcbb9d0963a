"""A channel's corrections: an item for each edit that changed what a reader reads, with what it changed marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise

from msgspec.structs import replace

from archive.derived.source import Derived, anew, batches
from archive.derived.words import correction, is_corrected
from archive.store.versions import minted
from feeds.channel import Item, Withdrawn


class Corrections(Derived):
    """The edits of the entries that the channel's filters let through."""

    def places_after(self, cursor: int) -> Iterator[tuple[int, datetime | None]]:
        for items in batches(self._source.versions_after(cursor)):
            before = self._store.editions_before([item.version for item in items if item.number > 1])
            for item in items:
                yield item.version, item.changed if self._tells(before.get(item.version), item) else None

    def channel_items(self, channel: str, start: int, stop: int) -> Iterator[Item]:
        for items in batches(self._source.channel_items(channel, start, stop)):
            versions = [item.version for item in items]
            before, gone = self._store.editions_before(versions), self._store.standing(versions)
            for item in items:
                if found := self._told(before.get(item.version), item, gone):
                    yield found

    def _tells(self, before: Item | None, after: Item) -> bool:
        """Whether there is something to tell of what an entry became."""
        if before is None:
            return False
        if bool(before.withdrawn) != bool(after.withdrawn):
            return bool(self._earlier(after))
        return self._is_edit(before, after)

    def _told(self, before: Item | None, after: Item, gone: Mapping[int, Withdrawn]) -> Item | None:
        if before is None:
            return None
        standing = gone.get(after.version)
        if bool(before.withdrawn) == bool(after.withdrawn):
            return self._correction(before, after, standing) if self._is_edit(before, after) else None
        earlier = [anew(self._correction(*pair, standing), after.changed) for pair in self._earlier(after)]
        return replace(earlier[-1], also=tuple(earlier[:-1])) if earlier else None

    def _earlier(self, item: Item) -> list[tuple[Item, Item]]:
        """The edits of the same entry before that one, each with what it was before."""
        pairs = pairwise(self._store.editions_until(item.version)[:-1])
        return [(one, other) for one, other in pairs if not one.withdrawn and self._is_edit(one, other)]

    def _is_edit(self, before: Item, after: Item) -> bool:
        return not after.withdrawn and self._belongs(after) and is_corrected(before.entry, after.entry)

    def _correction(self, before: Item, after: Item, standing: Withdrawn | None) -> Item:
        """The item of an edit; its id depends on what was edited and when alone."""
        name = f"{after.id}\ncorrected {after.changed.isoformat()} as number {after.number}"
        return replace(
            after,
            id=minted(self._store.authority, name),
            number=1,
            entry=correction(before, after, self._page(after)),
            first_seen=after.changed,
            withdrawn=standing,
            of=after,
        )
