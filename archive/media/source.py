"""A channel whose entries lead to our copies of what they show."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from archive.derived.source import Derived
from archive.media.index import Copy, Index
from archive.media.wanted import Wish, files_of, with_files
from archive.store import Store
from feeds.channel import EntrySource, Item
from feeds.files import explained


class WithCopies(Derived):
    """The entries of a channel, up to the first whose files were not asked for yet; `folder` is the channel's own.

    Copies lie in that folder by the time an item is given. Those of an entry that was withdrawn are taken out of it.
    """

    def __init__(self, wish: Wish, source: EntrySource, store: Store, index: Index, folder: Path, home: str) -> None:
        super().__init__(wish.channel, source, store, lambda item: None)
        self._wish = wish
        self._index = index
        self._folder = folder / "media"
        self._home = home

    def versions_after(self, cursor: int) -> Iterator[Item]:
        last = self._index.settled(self._wish.channel.name, self._wish.selection)
        for item in self._source.versions_after(cursor):
            if item.version > last:
                return
            yield item

    def places_after(self, cursor: int) -> Iterator[tuple[int, datetime | None]]:
        return ((item.version, item.place if self._belongs(item) else None) for item in self.versions_after(cursor))

    def channel_items(self, channel: str, start: int, stop: int) -> Iterator[Item]:
        return map(self.localised, self._source.channel_items(channel, start, stop))

    def localised(self, item: Item) -> Item:
        """The item, which leads to the copies. Raises PublishError where one cannot be put into the folder."""
        if item.withdrawn:
            for copy in self._index.shown_by(self._wish.channel.name, item.id):
                with explained(self._folder), suppress(FileNotFoundError):
                    (self._folder / copy.name).unlink()
            return item
        copies = self._index.copies(files_of(item, self._wish.of(item)))
        there = {url: copy for url, copy in copies.items() if self._put(copy)}
        return with_files(item, there, self._home)

    def _put(self, copy: Copy) -> bool:
        """See that the copy lies in the folder; False where it is lost. It takes no room of its own if that can be."""
        path, kept = self._folder / copy.name, self._index.path(copy)
        if path.is_file():
            return True
        if not kept.is_file():
            return False
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(kept, path)
            except FileExistsError:
                return True
            except OSError:  # another disk, or one that has no links
                temporary = path.with_name(f".{path.name}.tmp")
                shutil.copyfile(kept, temporary)
                temporary.replace(path)
        return True
