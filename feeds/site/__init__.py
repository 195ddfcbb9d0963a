"""A page for every entry of a channel, and its archive by year and month.

    log of the channel ─take─→ index (.pages) ─stale pages─→ files

    public/<channel>/entries/<name>.html
    public/<channel>/archive/index.html  2026-11.html  2026-11-2.html …

It costs what changed: the index beside the files knows which entries stand before and after another one, so that a new
entry touches its own page, the pages beside it, its month and the list of months, however many there are. Pages that
have to be written are marked in the index, and unmarked once they are: whoever is killed goes on there. The index is
made of the log alone; without it, all is made anew.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from config.settings import Channel, Site
from feeds.channel import EntrySource, Item, positioned, told
from feeds.files import explained, holds, settle, write
from feeds.site.index import Index
from feeds.write.archive_pages import part_page, years_page
from feeds.write.entry_page import entry_page
from feeds.write.values import page_name

__all__ = ["PAGES", "publish_pages"]

PAGES = 3  # one more whenever the writers write the same page differently
_BATCH = 500
_GAP = 20  # log positions that are read over rather than asked for twice
_FEW = 50  # more pages than that are made durable together, as a disk is slow to promise each


def publish_pages(channel: Channel, site: Site, source: EntrySource, folder: Path, anew: Sequence[str] = ()) -> int:
    """Bring the pages below the channel's folder up to date with its log; gives how many were written.

    `anew` are ids of entries whose pages have to be written in any case. Raises PublishError.
    """
    for name in ("entries", "archive"):
        with explained(folder / name):
            (folder / name).mkdir(exist_ok=True)
    with Index.opened(folder / ".pages") as index:
        _take(index, channel, site, source, folder)
        index.touch(page_name(one) for one in anew)
        written = _write_entries(index, channel, site, source, folder / "entries")
        return written + _write_archive(index, channel, site, folder / "archive")


def _take(index: Index, channel: Channel, site: Site, source: EntrySource, folder: Path) -> None:
    """Take what came into the log; all of it, where the pages would look different or other entries belong."""
    state = source.channel_state(channel.name)
    index.begin(_face(channel, site), state.selection)
    while index.position < state.length:
        stop = min(index.position + _BATCH, state.length)
        for position, item in positioned(source, channel.name, index.position, stop):
            for one in told([item]):
                index.take(position, one)
        index.reached(stop)
    for name in index.leavers():
        with explained(folder / name), suppress(FileNotFoundError):
            (folder / name).unlink()
    index.swept()


def _write_entries(index: Index, channel: Channel, site: Site, source: EntrySource, folder: Path) -> int:
    written = 0
    while batch := index.stale_entries(_BATCH):
        items = dict(_items(source, channel.name, [one.position for one in batch]))
        durable = len(batch) <= _FEW
        for one in batch:
            item = items[one.position, one.page]
            page = entry_page(item, channel, site, index.around(one))
            written += _put(folder / f"{one.page}.html", page, item.changed, durable=durable)
        _settle(folder, durable=durable)
        index.written_entries(batch)
    return written


def _write_archive(index: Index, channel: Channel, site: Site, folder: Path) -> int:
    written = 0
    for part in index.stale_parts():
        before, after = index.beside(part)
        page = part_page(part, index.rows(part), channel, site, before, after)
        written += write(folder / f"{part.page}.html", page)
    written += write(folder / "index.html", years_page(index.parts(), channel, site))
    settle(folder)
    index.written_parts()
    return written


def _items(source: EntrySource, channel: str, positions: Sequence[int]) -> Iterator[tuple[tuple[int, str], Item]]:
    """The items at these positions, which are in order, with their pages; some from between them may be there, too."""
    start = 0
    for end in range(1, len(positions) + 1):
        if end == len(positions) or positions[end] - positions[end - 1] > _GAP:
            for position, item in positioned(source, channel, positions[start], positions[end - 1] + 1):
                yield from (((position, page_name(one.id)), one) for one in told([item]))
            start = end


def _put(path: Path, data: bytes, modified: datetime, *, durable: bool) -> bool:
    """Whether the file had other bytes; it is as old as its data."""
    if durable:
        return write(path, data, modified)
    if holds(path, data):
        return False
    temporary = path.with_name(f".{path.name}.tmp")
    with explained(path):
        temporary.write_bytes(data)
        os.utime(temporary, (modified.timestamp(), modified.timestamp()))
        temporary.replace(path)
    return True


def _settle(folder: Path, *, durable: bool) -> None:
    """Make the pages durable before the index hears of them."""
    if not durable and hasattr(os, "sync"):
        os.sync()
    settle(folder)


def _face(channel: Channel, site: Site) -> str:
    """A digest of all that pages show besides entries."""
    shown = (
        PAGES,
        site.title,
        site.language,
        site.images,
        site.base_url,
        channel.title,
        channel.description,
        channel.language,
        channel.formats,
        *(["private"] if channel.private else []),
    )
    return hashlib.sha256(msgspec.json.encode(shown)).hexdigest()
