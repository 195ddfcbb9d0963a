"""One pass: ask the feeds that are due, take in the folders, publish what changed. `archive` does one, `run` many.

sources of the configuration ─► store ─► poll ─► folders ─► channels ─► index
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import takewhile
from pathlib import Path

from msgspec import Struct

from archive.fetch import Fetcher
from archive.ingest import IngestError, articles
from archive.intake import Taken, from_file, take_in
from archive.schedule import Asking, Polled, poll
from archive.store import Store
from config.settings import Channel, Folder, Settings
from feeds.publish import Published, publish, publish_site

_WATCH = 0.1  # seconds between two looks at whether to stop


class Pass(Struct, frozen=True, kw_only=True):
    """What a pass did. `folders` are the errors of whole folders; `site` counts the site's own pages written."""

    polled: tuple[Polled, ...] = ()
    taken: tuple[Taken, ...] = ()
    folders: tuple[str, ...] = ()
    published: tuple[Published, ...] = ()
    site: int = 0
    stopped: bool = False

    @property
    def documents(self) -> int:
        """How many files were written."""
        return sum(one.written for one in self.published) + self.site

    @property
    def in_vain(self) -> bool:
        """Whether there was something to do and none of it could be done."""
        outcomes = [one.outcome for one in self.polled] + [one.outcome for one in self.taken]
        tried = bool(outcomes or self.folders)
        return tried and all(outcome == "failed" for outcome in outcomes)


class Worker:
    """Does passes over one archive; remembers which files of the folders it has seen, so that a pass costs little.

    `fetcher` makes the client, `now` is the clock, `stop` ends a pass early: what has come is written down first.
    `settle` is for how many seconds a file must have been left alone before it is read.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        fetcher: Callable[[], Fetcher],
        now: Callable[[], datetime],
        stop: threading.Event,
        settle: float = 0.0,
    ) -> None:
        self._settings = settings
        self._store = store
        self._fetcher = fetcher
        self._now = now
        self._stop = stop
        self._settle = settle
        self._seen: dict[Path, tuple[int, int]] = {}

    def one_pass(
        self,
        *,
        feeds: Iterable[int] | None = None,
        polled: Callable[[Polled], None] = lambda polled: None,
        publishing: bool = True,
    ) -> Pass:
        """A pass: the feeds that are due, or the given ones alone. `polled` hears of each feed.

        Raises StoreError and PublishError; what feeds and articles do wrong is in what it gives.
        """
        asked = asyncio.run(self._poll(feeds, polled))
        taken, folders = self._folders() if feeds is None else ([], [])
        published: list[Published] = []
        site = 0
        if publishing and not self._stop.is_set():
            published, site = publish_all(self._settings, self._store, self._settings.channels, self._stop)
        return Pass(
            polled=tuple(asked),
            taken=tuple(taken),
            folders=tuple(folders),
            published=tuple(published),
            site=site,
            stopped=self._stop.is_set(),
        )

    async def _poll(self, feeds: Iterable[int] | None, polled: Callable[[Polled], None]) -> list[Polled]:
        stop = asyncio.Event()
        watching = asyncio.create_task(_relay(self._stop, stop))
        try:
            async with self._fetcher() as fetcher:
                asking = Asking(get=fetcher.get, now=self._now, schedule=self._settings.schedule)
                return await poll(self._store, asking, feeds=feeds, done=polled, stop=stop)
        finally:
            watching.cancel()

    def _folders(self) -> tuple[list[Taken], list[str]]:
        """What came of the articles in the folders, and of the folders that could not be looked through."""
        taken: list[Taken] = []
        errors: list[str] = []
        for folder in self._settings.folders:
            try:
                files = list(self._changed(folder))
            except IngestError as error:
                errors.append(str(error))
                continue
            found = (from_file(file, self._settings) for file in files)
            taken += take_in(self._store, takewhile(lambda _: not self._stop.is_set(), found), self._now())
        return taken, errors

    def _changed(self, folder: Folder) -> Iterator[Path]:
        """The articles that are not as they were when they were read last. Raises IngestError."""
        for path in articles([Path(self._settings.root, folder.path)]):
            try:
                found = path.stat()
            except OSError:
                continue  # it went away in this instant
            signature = (found.st_mtime_ns, found.st_size)
            if self._seen.get(path) != signature and time.time() - found.st_mtime >= self._settle:
                self._seen[path] = signature
                yield path


def subscribe_sources(settings: Settings, store: Store, now: datetime) -> list[int]:
    """See that each source of the configuration is subscribed as it stands there; gives their numbers."""
    known = {feed.url: feed for feed in store.feeds()}
    numbers = []
    for source in settings.sources:
        feed = known.get(source.url)
        asked = (source.title or None, source.tags, source.interval)
        if feed and (feed.given_title, feed.tags, feed.poll and feed.poll.interval) == asked:
            numbers.append(feed.id)
            continue
        numbers.append(
            store.subscribe(
                source.url, kind="remote", now=now, title=source.title, tags=source.tags, interval=source.interval
            )
        )
    return numbers


def publish_all(
    settings: Settings, store: Store, channels: Sequence[Channel], stop: threading.Event | None = None
) -> tuple[list[Published], int]:
    """Publish the channels, and the page and list of all of them; gives what was done and how many of the two changed.

    Raises PublishError.
    """
    public, published = settings.public_path, []
    for channel in channels:
        if stop and stop.is_set():
            break
        published.append(publish(channel, settings.site, store, public, authority=store.authority))
    return published, publish_site(settings.channels, settings.site, public)


async def _relay(flag: threading.Event, event: asyncio.Event) -> None:
    """Set the event once the flag is: signals and threads set flags, the loop waits for events."""
    while not flag.is_set():
        await asyncio.sleep(_WATCH)
    event.set()
