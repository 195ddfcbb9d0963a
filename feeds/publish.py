"""From an archive to files that any web host can serve.

    versions ─select→ log of the channel ─pages→ archive documents (closed, never written again)
                                         └─────→ live documents    (the log's end, newest first)

    public/index.html  public/channels.opml
    public/<channel>/index.html  feed.rss  feed.atom  feed.json
    public/<channel>/archive/000001.rss  000001.atom  000001.json  000002.rss …

An archive document names its predecessor (prev-archive) and the live document (current), but no next-archive: when it
is closed its successor does not exist yet, and to add it later would change a document that must not change. RFC 5005
(section 4) leaves it out with a SHOULD; whoever reads the archive walks backwards anyway.

Documents are written before the archive hears of them: a run that is killed anywhere is made good by the next one,
which does the same again. Archive documents are written anew in two cases only: they are missing (the folder is new, or
a format was added to the channel), or `site.base_url` changed, as their addresses name each other. What is no longer
configured, a format or a channel, keeps the files it has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from config.settings import Channel, Format, Site
from feeds.channel import ChannelState, EntrySource, Item, Page
from feeds.files import PublishError, explained, read, settle, write, writing
from feeds.opml import Subscription, write_opml
from feeds.pages import page_length
from feeds.select import fingerprint, selector
from feeds.write import Document, Links, renderings
from feeds.write.document import EXTENSIONS, newest_versions
from feeds.write.html import Digest, channel_page, digest, index_page

__all__ = ["PublishError", "Published", "publish", "publish_site"]

_RENDERING = 3  # one more whenever the writers write the same document differently
_BATCH = 1000
_NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)  # when an empty channel was updated: Atom wants a time, so a fixed one


class Published(Struct, frozen=True):
    """What a run did: documents `written` and found `unchanged`, pages closed, entries live, bytes written."""

    channel: str
    written: int
    unchanged: int
    pages_closed: int
    items: int
    bytes: int


class _Made(Struct, frozen=True):
    """What the files of a channel were made from; kept beside them in `.state`, written last."""

    key: str
    base_url: str
    formats: tuple[Format, ...]
    digest: Digest


def publish(channel: Channel, site: Site, source: EntrySource, public: Path, *, authority: str) -> Published:
    """Bring a channel's log and documents up to date with the archive.

    `authority` is what the channel's tag: URI starts with, "example.org,2026" (RFC 4151). What has not changed is
    neither read from the archive nor written. Raises PublishError where a file cannot be written.
    """
    folder = public / channel.name
    with writing(folder):
        made = _made(folder)
        plan = _Plan(channel, site, folder, authority)
        sizes = _restore(plan, source, made)
        state = _extend(channel, source)
        if made and made.key == plan.key(state) and all(path.is_file() for path in plan.live_files):
            unchanged = len(plan.live_files) + sizes.count(0)
            return Published(channel.name, len(sizes) - sizes.count(0), unchanged, 0, made.digest.items, sum(sizes))
        before = state.pages
        state, window, closed = _close_pages(plan, source, state)
        document = plan.document(window, page=None, pages=state.pages)
        sizes += closed + _write_live(plan, document)
        shown = digest(document)
        write(folder / ".state", msgspec.json.encode(_Made(plan.key(state), site.base_url, channel.formats, shown)))
        written = len(sizes) - sizes.count(0)
        return Published(channel.name, written, sizes.count(0), state.pages - before, shown.items, sum(sizes))


def publish_site(channels: Sequence[Channel], site: Site, public: Path) -> int:
    """Write the site's page and the OPML list of its channels; gives how many of the two changed.

    Both show what `publish` left of each channel. Raises PublishError.
    """
    with writing(public):
        shown = []
        for channel in channels:
            made = _made(public / channel.name)
            shown.append((channel, made.digest if made else Digest()))
        updated = max((one.updated for _, one in shown if one.updated), default=None)
        subscriptions = [_subscription(channel, site) for channel in channels]
        opml = write_opml(site.title, subscriptions, owner=site.author or None, updated=updated)
        return write(public / "index.html", index_page(site, shown)) + write(public / "channels.opml", opml)


class _Plan(Struct, frozen=True):
    """Which documents a channel has, where they lie and what they say."""

    channel: Channel
    site: Site
    folder: Path
    authority: str

    @property
    def live_files(self) -> tuple[Path, ...]:
        """The live documents and the page."""
        return (*(self.path(format) for format in self.channel.formats), self.folder / "index.html")

    def path(self, format: Format, page: int | None = None) -> Path:
        """The file of a live document, or of an archive document."""
        return self.folder / _relative(format, page)

    def key(self, state: ChannelState) -> str:
        """A digest of all that the live documents are made from."""
        place = (state.selection, state.length, state.pages, state.closed)
        parts = msgspec.json.encode((_RENDERING, self.authority, self.site, self.channel, place))
        return hashlib.sha256(parts).hexdigest()

    def document(self, items: Iterable[Item], *, page: int | None, pages: int) -> Document:
        """The document of these items: an archive document if it is a page, else the live one after so many pages."""
        channel, site = self.channel, self.site
        newest = sorted(newest_versions(items), key=lambda item: (item.date, item.version), reverse=True)
        home = _home(site, channel)
        before = pages if page is None else page - 1
        links = {
            format: Links(
                self=home + _relative(format, page),
                current=None if page is None else home + _relative(format, None),
                prev_archive=home + _relative(format, before) if before else None,
            )
            for format in channel.formats
        }
        return Document(
            id=f"tag:{self.authority}:{channel.name}",
            title=channel.title,
            site=home,
            links=links,
            updated=max((item.changed for item in newest), default=_NOTHING_YET),
            description=channel.description,
            author=site.author or site.title,
            email=site.email,
            language=channel.language or site.language,
            items=tuple(newest),
            archive=page is not None,
        )


def _extend(channel: Channel, source: EntrySource) -> ChannelState:
    """Append to the channel's log what has come since, oldest first; an edit takes its place when it came.

    Where the selection changed, everything is looked at again; the log's open end then loses what belongs no longer.
    The cursor moves with the last batch, so a killed run is repeated in full (the archive passes over what it has).
    """
    state = source.channel_state(channel.name)
    belongs, selection = selector(channel), fingerprint(channel)
    again = state.selection != selection
    cursor = 0 if again else state.cursor
    found: list[tuple[datetime, int]] = []
    for item in source.versions_after(cursor):
        cursor = max(cursor, item.version)
        if belongs(item):
            found.append((item.date if item.number == 1 else item.changed, item.version))
    if not again and cursor == state.cursor:
        return state
    live = source.channel_items(channel.name, state.closed, state.length) if again else ()
    dropped = [item.version for item in live if not belongs(item)]
    versions = [version for _, version in sorted(found)]
    last = max(0, len(versions) - 1) // _BATCH * _BATCH
    for start in range(0, last, _BATCH):
        batch = versions[start : start + _BATCH]
        source.extend_channel(channel.name, batch, cursor=state.cursor, selection=state.selection)
    source.extend_channel(channel.name, versions[last:], cursor=cursor, selection=selection, dropped=dropped)
    return source.channel_state(channel.name)


def _close_pages(plan: _Plan, source: EntrySource, state: ChannelState) -> tuple[ChannelState, list[Item], list[int]]:
    """Close the pages that are due; gives the state after that, the items that stay live, and the bytes written."""
    channel = plan.channel
    window: list[tuple[int, Item]] = []
    sizes: list[int] = []
    read_to, step = state.closed, max(2 * channel.entries, 100)
    while True:
        length = page_length([item for _, item in window], channel.entries, channel.max_bytes)
        if length:
            page = Page(state.pages + 1, state.closed, window[length][0])
            sizes += _write_page(plan, page, [item for _, item in window[:length]], channel.formats)
            source.close_page(channel.name, page)
            state = msgspec.structs.replace(state, pages=page.number, closed=page.stop)
            window = window[length:]
        elif read_to < state.length:
            start, read_to = read_to, min(read_to + step, state.length)
            window += _positioned(source, channel.name, start, read_to)
        else:
            return state, [item for _, item in window], sizes


def _positioned(source: EntrySource, channel: str, start: int, stop: int) -> list[tuple[int, Item]]:
    """The items with their positions in the log. Dropped ones leave gaps, which halving the range finds."""
    items = list(source.channel_items(channel, start, stop))
    if not items or len(items) == stop - start:
        return list(zip(range(start, stop), items, strict=False))
    middle = (start + stop) // 2
    return _positioned(source, channel, start, middle) + _positioned(source, channel, middle, stop)


def _restore(plan: _Plan, source: EntrySource, made: _Made | None) -> list[int]:
    """Write anew the documents of closed pages that are missing or stand under another address; the bytes written."""
    channel, pages = plan.channel, source.channel_state(plan.channel.name).pages
    moved = made is not None and made.base_url != plan.site.base_url
    known = made is not None and set(channel.formats) <= set(made.formats)
    if not pages or (known and not moved and all(plan.path(one, pages).is_file() for one in channel.formats)):
        return []
    sizes: list[int] = []
    for page in source.channel_pages(channel.name):
        missing = [format for format in channel.formats if moved or not plan.path(format, page.number).is_file()]
        if missing:
            items = source.channel_items(channel.name, page.start, page.stop)
            sizes += _write_page(plan, page, items, missing)
    return sizes


def _write_page(plan: _Plan, page: Page, items: Iterable[Item], formats: Iterable[Format]) -> list[int]:
    folder = plan.folder / "archive"
    with explained(folder):
        folder.mkdir(exist_ok=True)
    document = plan.document(items, page=page.number, pages=page.number)
    sizes = [_put(plan.path(format, page.number), data) for format, data in renderings(document, formats).items()]
    settle(folder)
    return sizes


def _write_live(plan: _Plan, document: Document) -> list[int]:
    sizes = [_put(plan.path(format), data) for format, data in renderings(document, plan.channel.formats).items()]
    sizes.append(_put(plan.folder / "index.html", channel_page(document, plan.site.title)))
    settle(plan.folder)
    return sizes


def _put(path: Path, data: bytes) -> int:
    """How many bytes were written; 0 where the file had them already."""
    return len(data) if write(path, data) else 0


def _made(folder: Path) -> _Made | None:
    """What the files were made from; None where that is not known, and they are made again."""
    data = read(folder / ".state")
    try:
        return msgspec.json.decode(data, type=_Made) if data else None
    except msgspec.MsgspecError:
        return None


def _subscription(channel: Channel, site: Site) -> Subscription:
    home = _home(site, channel)
    return Subscription(
        feed_url=home + _relative(channel.formats[0], None),
        title=channel.title,
        site_url=home,
        language=channel.language or site.language,
        description=channel.description or None,
    )


def _home(site: Site, channel: Channel) -> str:
    """The address of the channel's page, with a slash at its end."""
    return f"{site.base_url.rstrip('/')}/{channel.name}/"


def _relative(format: Format, page: int | None) -> str:
    """Where a document lies in its channel's folder."""
    return f"feed.{EXTENSIONS[format]}" if page is None else f"archive/{page:06}.{EXTENSIONS[format]}"
