"""Asking feeds: as many at once as the settings allow, a slow one in nobody's way, one writer.

    claim ─► ask ─► read ─► look ─► queue ─► write

Documents are read elsewhere (`archive.readers`), so that the network goes on meanwhile, and written down in
batches: whatever ends the process, at most the batch under way is lost, and its feeds are asked again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct, structs

from archive.fetch import FetchError, Request, Response
from archive.readers import Readers
from archive.reading import Document
from archive.schedule.line import Line
from archive.schedule.look import look, request
from archive.schedule.room import Place, Room
from archive.store import FeedRecord, Observation, Recorded, Store, StoreError
from config.settings import Limits, Schedule

Outcome = Literal["new", "changed", "unchanged", "failed"]

_LEASE = timedelta(minutes=10)
_UNDER_WAY = 400  # feeds being asked, or that could be: enough to fill the connections while others are written down
_WAITING = 5000  # feeds claimed whose hosts are busy with others of theirs
_CLAIM = 100
_BATCH = 100
_MOMENT = 0.2  # seconds, at most, for which what came waits for more to be written down with
_MOST_HELD = 32_000_000  # bytes of documents; no more is asked for until it is less

_log = logging.getLogger(__name__)


class Polled(Struct, frozen=True):
    """What came of asking a feed; `error` says why nothing did, `problems` what was wrong with its document."""

    feed: FeedRecord
    outcome: Outcome
    recorded: Recorded
    next_due: datetime | None = None
    error: str | None = None
    problems: tuple[str, ...] = ()


class Asking(Struct, frozen=True, kw_only=True):
    """What polling needs from outside: a way to get documents (it may raise FetchError), the clock, the schedule.

    `limits` are what is read of a document, `per_host` is how many feeds of a host are asked at a time. `short` is
    whether the disk has no room for so many bytes of documents: then nobody is asked.
    One request in `full_fetch` to each feed is for the whole document, whatever is known of it; 0 is never.
    """

    get: Callable[[Request], Awaitable[Response]]
    now: Callable[[], datetime]
    schedule: Schedule
    full_fetch: int = 100
    per_host: int = 1
    limits: Limits = Limits()
    short: Callable[[int], bool] = lambda size: False


async def poll(
    store: Store,
    asking: Asking,
    *,
    feeds: Iterable[int] | None = None,
    done: Callable[[Polled], None] = lambda polled: None,
    stop: asyncio.Event | None = None,
) -> list[Polled]:
    """Ask the feeds that are due, or the given ones, and write down what they say; gives what came of each.

    Where room for documents runs `short`, the rest stay due.
    `done` hears of each feed once it is written down. After `stop`, what has come is written down, and the feeds that
    did not answer yet are given back. Raises StoreError.
    """
    return await _Pass(store, asking, done, stop or asyncio.Event()).run(feeds)


class _NoRoomError(Exception):
    """A feed's turn has come, and the disk has no room for what it may say."""


class _Pass:
    def __init__(self, store: Store, asking: Asking, done: Callable[[Polled], None], stop: asyncio.Event) -> None:
        self._store = store
        self._asking = asking
        self._done = done
        self._stop = stop
        self._readers = Readers(asking.limits)
        self._seen: asyncio.Queue[tuple[FeedRecord, Observation, Place] | None] = asyncio.Queue(_BATCH // 2)
        self._room = Room(_MOST_HELD)
        self._polled: list[Polled] = []
        self._left: list[int] = []  # feeds claimed and then not asked
        self._plenty_until = 0.0  # by the loop's clock

    async def run(self, feeds: Iterable[int] | None) -> list[Polled]:
        writer = asyncio.create_task(self._write())
        try:
            async with self._readers:
                await self._ask_all(None if feeds is None else list(dict.fromkeys(feeds)), writer)
        finally:
            # A writer that has failed takes nothing from the queue any more, the end of it neither.
            ending = asyncio.create_task(self._seen.put(None))
            await asyncio.wait({ending, writer}, return_when=asyncio.FIRST_COMPLETED)
            await _cancel(ending)
            await writer
        return self._polled

    async def _ask_all(self, feeds: list[int] | None, writer: asyncio.Task[None]) -> None:
        under_way: dict[asyncio.Task[None], FeedRecord] = {}
        finished: list[asyncio.Task[None]] = []
        something = asyncio.Event()
        # One of a host can be on its way while others are being read.
        line = Line(2 * self._asking.per_host)

        def ended(task: asyncio.Task[None]) -> None:
            finished.append(task)
            something.set()

        stopped = asyncio.create_task(self._stop.wait())
        for one in (stopped, writer):
            one.add_done_callback(lambda _: something.set())

        def room() -> bool:
            return len(under_way) + line.ready <= _UNDER_WAY - _CLAIM and len(line) < _WAITING

        more = True
        try:
            # A writer that failed ends the asking: nothing is fetched that cannot be kept.
            while not (self._stop.is_set() or writer.done()):
                short = self._is_short(0)
                more = more and not short
                if more and room():
                    more = await self._line_up(line, {feed.id for feed in under_way.values()}, feeds)
                while not short and len(under_way) < _UNDER_WAY and (feed := line.next()):
                    task = asyncio.create_task(self._ask(feed))
                    under_way[task] = feed
                    task.add_done_callback(ended)
                if more and room():
                    continue
                if not under_way:
                    return
                await something.wait()
                something.clear()
                while finished:
                    task = finished.pop()
                    line.ended(under_way.pop(task))
                    await task
        finally:
            await _cancel(stopped, *under_way)
            given_back = [*(feed.id for feed in under_way.values()), *line, *self._left]
            if given_back:
                with suppress(StoreError):
                    await asyncio.to_thread(self._store.release, given_back)

    async def _line_up(self, line: Line, under_way: set[int], feeds: list[int] | None) -> bool:
        """Claim some feeds, which wait from then on; gives whether there may be more of them."""
        claimed = await self._claim(_CLAIM, feeds)
        self._readers.expect(sum(not _was_read(feed) for feed in claimed))
        for feed in claimed:
            # One that waits for its turn for so long that its lease has ended is claimed once more.
            if feed.id not in line and feed.id not in under_way:
                line.add(feed)
        return bool(feeds) if feeds is not None else len(claimed) == _CLAIM

    async def _check(self) -> None:
        """Wait until the disk has room for more than what is on its way to it; raise where it has none for more."""
        while self._is_short(self._room.came):
            if not self._room.came:
                raise _NoRoomError
            await self._room.written()

    def _is_short(self, coming: int) -> bool:
        """Whether the disk is short of room. Where it has plenty, that is asked now and then only.

        It is a call of the system, for which Python lets another thread compute, and then waits for it.
        """
        now = asyncio.get_running_loop().time()
        if now >= self._plenty_until:
            if self._asking.short(2 * _MOST_HELD):
                return self._asking.short(coming)
            self._plenty_until = now + _MOMENT
        return False

    async def _claim(self, room: int, feeds: list[int] | None) -> list[FeedRecord]:
        chosen = None
        if feeds is not None:
            chosen = feeds[:room]
            del feeds[:room]
        now = self._asking.now()
        return await asyncio.to_thread(self._store.claim, now=now, limit=room, lease=_LEASE, feeds=chosen)

    async def _ask(self, feed: FeedRecord) -> None:
        place = await self._room.place()
        answer: Response | FetchError
        try:
            try:
                asked = structs.replace(request(feed, self._asking.full_fetch), grow=place.grow, turn=self._check)
                answer = await self._asking.get(asked)
            except FetchError as error:
                answer = error
            except _NoRoomError:
                place.leave()
                self._left.append(feed.id)
                return
            except Exception as fault:
                answer = _fault(feed, fault)
            place.came(0 if isinstance(answer, FetchError) else len(answer.body))
            observation = await self._look(feed, answer)
            del answer  # its bytes, which are in the observation once
            await self._seen.put((feed, observation, place))
        except BaseException:
            place.leave()
            raise

    async def _look(self, feed: FeedRecord, answer: Response | FetchError) -> Observation:
        now, schedule = self._asking.now(), self._asking.schedule
        try:
            if isinstance(answer, FetchError) or not _is_other(feed, answer):
                return look(feed, answer, now, schedule)
            first = not _was_read(feed)
            if not first:
                self._readers.expect(1)
            read = await self._readers.read(Document(answer.body, answer.final_url, answer.content_type, first))
            observation = look(feed, answer, now, schedule, read.outcome())
            return read.of(observation) if read.parsed else observation
        except Exception as fault:  # a fault of ours in one feed must not keep the others from being polled
            return look(feed, _fault(feed, fault), now, schedule)

    async def _write(self) -> None:
        going_on = True
        while going_on:
            batch, going_on = await self._gathered()
            if not batch:
                break
            for polled in await asyncio.to_thread(self._record, [(feed, seen) for feed, seen, _ in batch]):
                self._polled.append(polled)
                self._done(polled)
            for _, _, place in batch:
                place.leave()
            del batch  # what is in it need not be held until the next one is full

    async def _gathered(self) -> tuple[list[tuple[FeedRecord, Observation, Place]], bool]:
        """What came within a moment, and whether more is to come: one transaction for many takes far less time."""
        batch: list[tuple[FeedRecord, Observation, Place]] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as moment:
                while len(batch) < _BATCH:
                    one = await self._seen.get()
                    if one is None:
                        return batch, False
                    if not batch:
                        moment.reschedule(asyncio.get_running_loop().time() + _MOMENT)
                    batch.append(one)
        return batch, True

    def _record(self, batch: list[tuple[FeedRecord, Observation]]) -> list[Polled]:
        try:
            recorded = self._store.record([observation for _, observation in batch])
        except StoreError:
            raise
        except Exception as fault:
            if len(batch) > 1:
                return [polled for one in batch for polled in self._record([one])]
            return [self._record_fault(batch[0][0], fault)]
        return [_polled(feed, seen, told) for (feed, seen), told in zip(batch, recorded, strict=True)]

    def _record_fault(self, feed: FeedRecord, fault: Exception) -> Polled:
        observation = look(feed, _fault(feed, fault), self._asking.now(), self._asking.schedule)
        try:
            [recorded] = self._store.record([observation])
        except StoreError:
            raise
        except Exception:  # not even that: it is asked again when its lease ends
            _log.exception("%s: the failure could not be written down", feed.url)
            recorded = Recorded(feed=feed.id)
        return _polled(feed, observation, recorded)


def _was_read(feed: FeedRecord) -> bool:
    """Whether a document of the feed is known."""
    return feed.poll is not None and feed.poll.sha256 is not None


def _is_other(feed: FeedRecord, answer: Response) -> bool:
    """Whether a document came that is not the one that was read last."""
    if not 200 <= answer.status < 300:
        return False
    return not _was_read(feed) or answer.sha256 != (feed.poll and feed.poll.sha256)


async def _cancel(*tasks: asyncio.Task[object]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _polled(feed: FeedRecord, seen: Observation, recorded: Recorded) -> Polled:
    problems = seen.parsed.problems if seen.parsed else ()
    due, error = (seen.poll.next_due, seen.poll.error) if seen.poll else (None, None)
    outcome: Outcome = "failed" if error else "new" if recorded.new else "changed" if recorded.edited else "unchanged"
    return Polled(feed, outcome, recorded, due, error, problems)


def _fault(feed: FeedRecord, fault: Exception) -> FetchError:
    _log.error("%s could not be taken in", feed.url, exc_info=fault)
    reason = f"could not be taken in: a fault of Backissue ({type(fault).__name__}: {fault})"
    return FetchError(feed.url, "protocol", reason, "please report it with the feed's bytes")
