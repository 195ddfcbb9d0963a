"""From an archive to files that any web host can serve.

    versions ─select→ log of the channel ─pages→ archive documents (closed, never written again)
                                         └─────→ live documents    (the log's end, newest first)

    public/index.html  channels.opml  page.css  feed.css
    public/<channel>/index.html  feed.rss  feed.atom  feed.json
    public/<channel>/archive/000001.rss  000001.atom  000001.json  000002.rss …
    public/<channel>/entries/ and archive/*.html: feeds.site

A closed page names its successor (next-archive) although nothing stands there yet when it is closed: the page that is
filling is published at that address from the start, and never says that it is an archive document, until it is one
(RFC 5005 section 4). So the closed ones never have to change.

Documents are written before the archive hears of them: a run that is killed anywhere is made good by the next one,
which does the same again. Archive documents are written anew in two cases only: they are missing (the folder is new, or
a format was added to the channel), or `site.base_url` changed, as their addresses name each other. What is no longer
configured, a format or a channel, keeps the files it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from config.settings import Channel, Format, Site
from feeds.channel import EntrySource, home_of
from feeds.closing import Closed, close_pages, live_items, restore
from feeds.files import PublishError, read, settle, write, writing
from feeds.log import extend
from feeds.model import Extension
from feeds.opml import Subscription, write_opml
from feeds.pages import next_length
from feeds.plan import Plan, relative
from feeds.press import put
from feeds.private import clear, mark
from feeds.site import publish_pages
from feeds.write import Document, ready_entries, renderings
from feeds.write.html import Digest, channel_page, digest, index_page
from feeds.write.stylesheet import FEED_STYLESHEET, PAGE_STYLESHEET, stylesheet

__all__ = ["PublishError", "Published", "publish", "publish_site", "renew"]


class Published(Struct, frozen=True):
    """What a run did: documents `written` and found `unchanged`, pages closed, entries live, bytes written.

    `html` is how many pages of entries and months were written.
    """

    channel: str
    written: int
    unchanged: int
    pages_closed: int
    items: int
    bytes: int
    html: int = 0


class _Made(Struct, frozen=True):
    """What the files of a channel were made from; kept beside them in `.state`, written last."""

    key: str
    base_url: str
    formats: tuple[Format, ...]
    digest: Digest
    open: str = ""


def publish(
    channel: Channel,
    site: Site,
    source: EntrySource,
    public: Path,
    *,
    authority: str,
    compressed: bool = False,
    anew: Sequence[str] = (),
    podcasting: tuple[Extension, ...] = (),
) -> Published:
    """Bring a channel's log and documents up to date with the archive.

    `authority` is what the channel's tag: URI starts with, "example.org,2026" (RFC 4151). What has not changed is
    neither read from the archive nor written, but for the entries with the ids `anew`, which the source gives
    otherwise now. `podcasting` is what the one podcast that it shows says of itself. Where `compressed`, feeds and the
    channel's page have copies in gzip and brotli beside them. Raises PublishError where a file cannot be written.
    """
    folder = public / channel.folder
    with writing(folder):
        mark(channel, folder)
        made = _made(folder)
        plan = Plan(channel, site, folder, authority, compressed, podcasting)
        before = source.channel_state(channel.name).pages
        sizes = _restored(plan, source, made, before)
        state = extend(channel, source)
        moving = plan.moving(state)
        if made and made.key == plan.key(state) and not anew and all(path.is_file() for path in moving):
            unchanged = len(moving) + sizes.count(0)
            return Published(channel.name, len(sizes) - sizes.count(0), unchanged, 0, made.digest.items, sum(sizes))
        closed = close_pages(plan, source, state)
        state = closed.state
        document = plan.live(live_items(plan.channel, source, closed), state)
        follows, key = _write_open(plan, closed, None if anew else made)
        sizes += [*closed.sizes, *follows, *_write_live(plan, document)]
        shown = digest(document)
        pages = publish_pages(channel, site, source, folder, anew) if channel.pages else 0
        now_made = _Made(plan.key(state), site.base_url, channel.formats, shown, key)
        write(folder / ".state", msgspec.json.encode(now_made))
        written = len(sizes) - sizes.count(0)
        return Published(channel.name, written, sizes.count(0), state.pages - before, shown.items, sum(sizes), pages)


def renew(channels: Sequence[Channel], public: Path) -> None:
    """Let the next run write the channels' live documents and pages anew: the archive says the same otherwise.

    Raises PublishError.
    """
    for channel in channels:
        folder = public / channel.folder
        for note in (folder / ".state", folder / ".pages"):
            if note.is_file():
                write(note, b"")


def publish_site(channels: Sequence[Channel], site: Site, public: Path) -> int:
    """Write the site's page, the OPML list of its channels and the stylesheets; gives how many of the files changed.

    Page and list show what `publish` left of each channel, and do not name private ones. Where those were before their
    addresses changed, nothing is left. Raises PublishError.
    """
    with writing(public):
        clear(channels, public)
        shown = []
        channels = [channel for channel in channels if not channel.private]
        for channel in channels:
            made = _made(public / channel.folder)
            shown.append((channel, made.digest if made else Digest()))
        updated = max((one.updated for _, one in shown if one.updated), default=None)
        subscriptions = [_subscription(channel, site) for channel in channels]
        opml = write_opml(site.title, subscriptions, owner=site.author or None, updated=updated)
        files = {"index.html": index_page(site, shown), "channels.opml": opml}
        files |= {name: stylesheet(name) for name in (FEED_STYLESHEET, PAGE_STYLESHEET)}
        return sum(write(public / name, data) for name, data in files.items())


def _restored(plan: Plan, source: EntrySource, made: _Made | None, pages: int) -> list[int]:
    """Write anew the documents of closed pages that are missing or stand under another address; the bytes written."""
    moved = made is not None and made.base_url != plan.site.base_url
    known = made is not None and set(plan.channel.formats) <= set(made.formats)
    if not pages or (known and not moved and all(path.is_file() for path in plan.files(pages))):
        return []
    return restore(plan, source, everything=moved)


def _write_open(plan: Plan, closed: Closed, made: _Made | None) -> tuple[list[int], str]:
    """Write the open archive documents unless they have all there is already; the bytes written, and their key.

    Most often there is nothing to do: what the next page takes has come before the page before it is closed.
    """
    channel, state = plan.channel, closed.state
    if not state.pages:
        return [], ""
    length = next_length(closed.window, channel.entries, channel.max_bytes)
    items = [one.item for one in closed.window[:length]]
    key, number = plan.open_key(state, items), state.pages + 1
    if made and made.open == key and all(path.is_file() for path in plan.files(number)):
        return [0] * len(channel.formats), key
    document = plan.open(items, state)
    made_of = renderings(document, channel.formats)
    files = {plan.path(format, number): data for format, data in made_of.items()}
    sizes = put(files, document, plan.compressed)
    settle(plan.folder / "archive")
    return sizes, key


def _write_live(plan: Plan, document: Document) -> list[int]:
    entries = ready_entries(document)
    made_of = renderings(document, plan.channel.formats, entries)
    files = {plan.path(format): data for format, data in made_of.items()}
    files[plan.folder / "index.html"] = channel_page(document, plan.site, entries, pages=plan.channel.pages)
    sizes = put(files, document, plan.compressed)
    settle(plan.folder)
    return sizes


def _made(folder: Path) -> _Made | None:
    """What the files were made from; None where that is not known, and they are made again."""
    data = read(folder / ".state")
    try:
        return msgspec.json.decode(data, type=_Made) if data else None
    except msgspec.MsgspecError:
        return None


def _subscription(channel: Channel, site: Site) -> Subscription:
    home = home_of(site, channel)
    return Subscription(
        feed_url=home + relative(channel.formats[0], None),
        title=channel.title,
        site_url=home,
        language=channel.language or site.language,
        description=channel.description or None,
    )
