"""One pass: ask the feeds that are due, take in the folders, publish what changed. `archive` does one, `run` many.

sources of the configuration ─► store ─► poll ─► folders ─► channels ─► index ─► rhythms

What takes in articles and what publishes is loaded by those who have any: a pass that only asks feeds starts sooner.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count, islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from archive.schedule import Asking, Polled, learn, poll
from archive.store import Store
from archive.store.space import Space
from backissue.copies import keep_copies
from backissue.outward import announced, uploaded
from backissue.release import Release, publish_all, with_new_addresses
from backissue.stopping import relay
from config.settings import Channel, Folder, Settings

if TYPE_CHECKING:
    from archive.backfill import Filled
    from archive.fetch import Fetcher
    from archive.intake import Taken
    from archive.media import Kept
    from archive.push import Desk
    from archive.push.hub import Hub


_LEARNING = 0.03  # of the time that polling takes, for learning from it
_LOOKED = timedelta(hours=6)
_BACKFILLING = 20.0  # seconds of a pass for fetching feeds' past; what is left comes in the next
_AT_LEAST = 10  # feeds whose rhythms are learnt after a pass, however short it was


class Pass(Struct, frozen=True, kw_only=True):
    """What a pass did. `refused` and `folders` are the errors of addresses that hold no feed, and of whole folders.

    `short` says why feeds were left alone that were due, where the disk has no room for them.
    """

    polled: tuple[Polled, ...] = ()
    refused: tuple[str, ...] = ()
    taken: tuple[Taken, ...] = ()
    folders: tuple[str, ...] = ()
    short: str | None = None
    release: Release | None = None
    stopped: bool = False
    backfilled: tuple[Filled, ...] = ()

    @property
    def documents(self) -> int:
        """How many files were written."""
        return self.release.documents if self.release else 0

    @property
    def in_vain(self) -> bool:
        """Whether there was something to do and none of it could be done."""
        outcomes = [one.outcome for one in self.polled] + [one.outcome for one in self.taken]
        tried = bool(outcomes or self.refused or self.folders or self.short)
        return tried and all(outcome == "failed" for outcome in outcomes)


class Worker:
    """Does passes over one archive; remembers which files of the folders it has seen, so that a pass costs little.

    `fetcher` makes the client, `now` is the clock, `stop` ends a pass early: what has come is written down first.
    `settle` is for how many seconds a file must have been left alone before it is read, `spare` how many may go into
    learning feeds' rhythms after a pass, if that is more than a small part of what polling took. `bars` lets files that
    are got be shown by a bar on a terminal.
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
        spare: float = 0.0,
        bars: bool = False,
    ) -> None:
        self._settings = settings
        self._store = store
        self._fetcher = fetcher
        self._now = now
        self._stop = stop
        self._settle = settle
        self._spare = spare
        self._bars = bars
        self._space = Space(settings.archive_path, settings.storage.min_free)
        self._behind = True  # there may be something to learn
        self._walking: list[int] = []  # feeds whose past is still to be fetched
        self._lost: list[int] = []  # and those with gaps
        self._looked: datetime | None = None  # when the archive was asked last which these are
        self._seen: dict[Path, tuple[int, int]] = {}
        self._publishing = threading.Lock()

    def one_pass(
        self,
        *,
        feeds: Iterable[int] | None = None,
        polled: Callable[[Polled], None] = lambda polled: None,
        publishing: bool = True,
    ) -> Pass:
        """A pass: the feeds that are due, or the given ones alone. `polled` hears of each feed.

        Raises StoreError; what feeds, articles and the public folder do wrong is in what it gives.
        """
        began = time.monotonic()
        asked = asyncio.run(self._poll(feeds, polled))
        short = str(self._space.trouble()) if self._space.is_short() else None
        took = time.monotonic() - began
        backfilled = self._backfill(asked, all_=feeds is None) if short is None else []
        taken, folders = self._folders() if feeds is None else ([], [])
        release = self._release() if publishing else None
        if asked or self._behind:
            self._learn(max(self._spare, _LEARNING * took))
        return Pass(
            polled=tuple(asked),
            taken=tuple(taken),
            folders=tuple(folders),
            short=short,
            release=release,
            stopped=self._stop.is_set(),
            backfilled=tuple(backfilled),
        )

    def _backfill(self, asked: list[Polled], *, all_: bool) -> list[Filled]:
        """Fetch some of the past of feeds that are new, that may have lost entries, and (`all_`) of those not done."""
        wanted, now = self._settings.backfill, self._now()
        if all_ and (self._looked is None or now - self._looked >= _LOOKED):
            self._looked = now
            self._walking = self._store.unfinished(now)
            self._lost = self._store.unfinished(now, gap=True)
        new = [one.feed.id for one in asked if one.outcome != "failed" and not (one.feed.poll and one.feed.poll.sha256)]
        walking = [*(self._walking if all_ else ()), *new] if wanted.adding != "no" else []
        gaps = [one.feed.id for one in asked if one.recorded.gap]
        lost = [*gaps, *(self._lost if all_ else ())] if wanted.gaps != "no" else []
        if not (walking or lost) or self._stop.is_set():
            return []
        from backissue.backfill import Backfiller, in_a_pass

        work = Backfiller(self._settings, self._store, fetcher=self._fetcher, now=self._now, stop=self._stop)
        found, walking, lost = in_a_pass(work, self._store, wanted, walking, lost, _BACKFILLING)
        if all_:
            self._walking, self._lost = walking, lost
        else:
            self._looked = None
        return found

    def _learn(self, seconds: float) -> None:
        """Learn some feeds' rhythms, for about so long; what is left over is learnt after the next pass."""
        end, learnt = time.monotonic() + seconds, count(1)

        def enough() -> bool:
            return self._stop.is_set() or (next(learnt) >= _AT_LEAST and time.monotonic() >= end)

        self._behind = not learn(self._store, self._settings.schedule, self._now(), enough)

    def delivered(self, desk: Desk) -> Pass:
        """A pass over what hubs have delivered, which may be made while another pass goes on. Raises StoreError."""
        told = desk.take_in()
        self._behind = self._behind or bool(told)
        release = self._release() if any(one.recorded.entries for one in told) else None
        return Pass(polled=tuple(told), release=release, stopped=self._stop.is_set())

    def tend(self, desk: Desk) -> None:
        """Ask hubs for what it is time to ask them. Raises StoreError."""
        asyncio.run(self._tend(lambda client: desk.tend(client.post)))

    def push(self, hub: Hub) -> None:
        """Verify and deliver what our own hub has to."""
        if hub.waits():
            asyncio.run(self._tend(hub.tend))

    async def _tend(self, tend: Callable[[Fetcher], Coroutine[None, None, None]]) -> None:
        stop = asyncio.Event()
        watching = asyncio.create_task(relay(self._stop, stop))
        stopped = asyncio.create_task(stop.wait())
        try:
            async with self._fetcher() as fetcher:
                tending = asyncio.create_task(tend(fetcher))
                await asyncio.wait({tending, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not tending.done():
                    tending.cancel()
                with suppress(asyncio.CancelledError):
                    await tending
        finally:
            watching.cancel()
            stopped.cancel()

    def _release(self) -> Release | None:
        """Publish what changed; None where it is too late for that."""
        with self._publishing:  # by one at a time: publishing goes on from where the last left off
            if self._stop.is_set():
                return None
            channels = with_new_addresses(self._settings.channels, self._store)
            kept = None if self._space.is_short() else self._keep_copies(channels)
            release = publish_all(self._settings, self._store, channels, self._stop, now=self._now())
            release = uploaded(self._settings, structs.replace(release, kept=kept), self._stop)
            return announced(self._settings, release, self._stop, fetcher=self._fetcher, now=self._now)

    def _keep_copies(self, channels: Iterable[Channel]) -> Kept | None:
        return keep_copies(
            self._settings,
            self._store,
            channels,
            fetcher=self._fetcher,
            now=self._now,
            stop=self._stop,
            quiet=not self._bars,
        )

    async def _poll(self, feeds: Iterable[int] | None, polled: Callable[[Polled], None]) -> list[Polled]:
        stop = asyncio.Event()
        watching = asyncio.create_task(relay(self._stop, stop))
        try:
            async with self._fetcher() as fetcher:
                settings = self._settings
                asking = Asking(
                    get=fetcher.get,
                    now=self._now,
                    schedule=settings.schedule,
                    full_fetch=settings.http.full_fetch,
                    per_host=settings.http.per_host,
                    limits=settings.limits,
                    short=self._space.is_short,
                )
                return await poll(self._store, asking, feeds=feeds, done=polled, stop=stop)
        finally:
            watching.cancel()

    def _folders(self) -> tuple[list[Taken], list[str]]:
        """What came of the articles in the folders, and of the folders that could not be looked through."""
        if not self._settings.folders:
            return [], []
        from archive.ingest import IngestError, NoArticlesError
        from archive.intake import from_file, take_in

        taken: list[Taken] = []
        errors: list[str] = []
        for folder in self._settings.folders:
            try:
                changed = dict(self._changed(folder))
            except NoArticlesError:
                continue  # not yet, or no more
            except IngestError as error:
                errors.append(str(error))
                continue
            going = takewhile(lambda _: not self._stop.is_set(), changed)
            found = take_in(self._store, (from_file(file, self._settings) for file in going), self._now())
            taken += found
            # Only now, as an archive that could not be written gets them once more.
            self._seen.update(islice(changed.items(), len(found)))
        return taken, errors

    def _changed(self, folder: Folder) -> Iterator[tuple[Path, tuple[int, int]]]:
        """The articles that are not as they were when they were read last, and how they are. Raises IngestError."""
        from archive.ingest import articles

        for path in articles([Path(self._settings.root, folder.path)]):
            try:
                found = path.stat()
            except OSError:
                continue  # it went away in this instant
            signature = (found.st_mtime_ns, found.st_size)
            # A time yet to come is another clock's, and says nothing of whether the file is still written to.
            lies_still = not 0 <= time.time() - found.st_mtime < self._settle
            if self._seen.get(path) != signature and lies_still:
                yield path, signature


def subscribe_sources(settings: Settings, store: Store, now: datetime) -> list[int]:
    """See that each source of the configuration is subscribed as it stands there; gives their numbers."""
    from archive.fetch import normalise  # what asks other servers takes long to load

    known = {feed.url: feed for feed in store.feeds(counted=False)}
    numbers = []
    for source in settings.sources:
        # One that stands in the archive to the letter is an address as it should be: most do.
        url = source.url if source.url in known else normalise(source.url)
        feed = known.get(url)
        asked = (source.title or None, source.tags, source.interval)
        if feed and (feed.given_title, feed.tags, feed.poll and feed.poll.interval) == asked:
            numbers.append(feed.id)
            continue
        numbers.append(
            store.subscribe(url, kind="remote", now=now, title=source.title, tags=source.tags, interval=source.interval)
        )
    return numbers
