"""Walking into a feed's past, page by page: asked politely, written down one by one, going on where it was."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec import structs

from archive.backfill.bounds import Asking, Bounds, Filled, Page, Progress, read_progress
from archive.backfill.errand import Errand, why_not
from archive.backfill.ways import End, Step, around, first_step, last_page, next_step, plain
from archive.fetch import FetchError, Request, Response
from archive.fetch.urls import keeps_credentials, target
from archive.readers import read_apart
from archive.reading import Document
from archive.store import FeedRecord, Observation, Recorded, Served, Store
from archive.store.values import BACKFILLED
from feeds.model import Feed, ParsedFeed
from feeds.parse import NotAFeed

_MISSING = {404, 410}
_ALL_HERE = "the rest is here already"
_FIRST_REST, _LONGEST_REST, _MOST_DOUBLINGS = timedelta(days=1), timedelta(days=30), 9
_SHOWN = 300  # entries of a window, at most


async def walk(
    store: Store,
    feed: FeedRecord,
    asking: Asking,
    bounds: Bounds,
    *,
    habits: bool = True,
    until: datetime | None = None,
    again: bool = False,
    done: Callable[[Page], None] = lambda page: None,
    stop: asyncio.Event | None = None,
) -> Filled:
    """Fetch a feed's earlier pages and take them in, from where the last walk was left; gives what came of it.

    `habits` says whether pages are guessed by the system that made the feed. With `until` (aware UTC) it starts at the
    feed itself and ends with a page that holds what was known by then.
    `again` fetches all of it anew. After `stop` the page under way is given up. Raises StoreError.
    """
    return await _Walk(Errand(store, feed, asking, bounds, done, stop), until).run(habits, again=again)


async def fill_gaps(
    store: Store,
    feed: FeedRecord,
    asking: Asking,
    bounds: Bounds,
    *,
    habits: bool = True,
    done: Callable[[Page], None] = lambda page: None,
    stop: asyncio.Event | None = None,
) -> Filled | None:
    """Fetch what may have passed in a feed's gaps; None where it has none. Those that were bridged are filled."""
    gaps = [gap for gap in store.gaps(feed=feed.id) if gap.filled is None]
    if not gaps:
        return None
    going = _Walk(Errand(store, feed, asking, bounds, done, stop), min(gap.since for gap in gaps))
    filled = await going.run(habits, again=False)
    if going.reached is not None:
        for gap in gaps:
            if gap.since >= going.reached:
                store.fill(gap, asking.now(), filled.pages[-1].address)
    return filled


class _Walk:
    """One walk. `reached` is since when what it met is known, once it met that without a break."""

    def __init__(self, errand: Errand, until: datetime | None) -> None:
        self.reached: datetime | None = None
        self._errand = errand
        self._store, self._feed, self._asking = errand.store, errand.feed, errand.asking
        self._until = until
        self._progress = Progress()
        self._before = Progress()
        self._known = errand.store.digests(errand.feed.id)

    async def run(self, habits: bool, *, again: bool) -> Filled:
        """Walk until it ends, or as far as the bounds allow."""
        known = read_progress(self._store.backfill(self._feed.id, gap=self._until is not None))
        self._before = Progress() if again or known.until != self._until else known
        step: Step | End | None = self._before.step
        if step is None:
            step = self._start(habits)
        else:
            self._progress = structs.replace(self._before, ended="")
        while isinstance(step, Step):
            if self._errand.is_spent(len(self._errand.pages)) or (answer := await self._ask(step)) is None:
                return self._errand.filled(left=True)
            step = await self._take(step, answer)
        return self._errand.filled(step.why, left=self._progress.step is not None)

    def _start(self, habits: bool) -> Step | End:
        meta = self._feed.meta or Feed()
        shown = sum(one.in_window for one in self._store.entries(feed=self._feed.id, limit=_SHOWN))
        step = first_step(meta, self._feed.url, shown, habits=habits)
        self._progress = Progress(seen=(plain(self._feed.url),), last=last_page(meta), until=self._until)
        if isinstance(step, End):
            return step
        if plain(step.address) == plain(self._feed.url):
            return End(f"it leads back to {step.address}")
        if self._is_had(step):
            return End(_ALL_HERE, whole=True)
        return step

    async def _ask(self, step: Step) -> Response | FetchError | None:
        """The answer, asked on behalf of the feed: only its own server may be one of the own network.

        None where it is to be waited for no more.
        """
        try:
            own, asked = target(self._feed.url), target(step.address)
        except ValueError:
            return FetchError(step.address, "address", "is no address that can be asked")
        url = own.with_credentials(asked.url) if keeps_credentials(own.url, asked.url) else step.address
        return await self._errand.get(Request(url=url, named=self._feed.url))

    async def _take(self, step: Step, answer: Response | FetchError) -> Step | End:
        """What follows from an answer, once it is written down."""
        if isinstance(answer, Response) and answer.status in _MISSING:
            return await self._missing(step, why_not(answer))
        if isinstance(answer, FetchError) or not 200 <= answer.status < 300:
            return await self._failed(step, why_not(answer))
        document = Document(answer.body, answer.final_url, answer.content_type, whole=True)
        try:
            parsed = await asyncio.to_thread(read_apart, document, self._asking.limits)
        except NotAFeed as error:
            return await self._missing(step, error.reason)
        digest = _content(parsed, answer.body)
        if digest in self._progress.bodies or answer.sha256 == self._own_body():
            self._errand.note(
                Page(address=step.address, way=step.name, size=len(answer.body), entries=len(parsed.entries))
            )
            whole = step.kind == "habit"
            why = "the site shows no other pages" if whole else f"{step.address} shows what was shown before"
            return await self._end(End(why, whole=whole), step)
        recorded = await self._record(step, answer, parsed)
        seen = (*self._progress.seen, *dict.fromkeys((plain(step.address), plain(answer.final_url))))
        self._progress = structs.replace(
            self._progress,
            seen=seen,
            bodies=(*self._progress.bodies, digest),
            tries=0,
            again=None,
            last=self._progress.last or last_page(parsed.feed),
        )
        return await self._onward(step, parsed, recorded)

    async def _onward(self, step: Step, parsed: ParsedFeed, recorded: Recorded) -> Step | End:
        """The next page, unless this one reached what is known already."""
        since = recorded.known_since
        straight = step.kind != "from the last"
        if self._until and since and since <= self._until and straight:
            self.reached = since
            return await self._end(End("it reached what was known"), step)
        following = next_step(step, parsed, self._feed.url, self._progress.seen)
        if isinstance(following, End):
            if following.whole and self._until and straight:
                self.reached = datetime.min.replace(tzinfo=UTC)
            return await self._end(following, step)
        if self._is_had(following) or (self._before.whole and step.kind != "archive" and not recorded.new):
            return await self._end(End(_ALL_HERE, whole=True), step)
        await self._keep(structs.replace(self._progress, step=following))
        return following

    async def _missing(self, step: Step, why: str) -> Step | End:
        """A page that is not there: the end of what is paged by habit, and else a gap in the way."""
        if step.kind == "habit":
            self._errand.note(Page(address=step.address, way=step.name))
            had = any(page.entries for page in self._errand.pages)
            why = "there are no more pages" if had else f"this {step.system} shows no other pages"
            return await self._end(End(why, whole=True), step)
        seen = (*self._progress.seen, plain(step.address))
        other = around(step, self._progress.last, seen)
        if other is None:
            return await self._failed(step, why)
        self._errand.note(Page(address=step.address, way=step.name, error=why))
        await self._keep(structs.replace(self._progress, seen=seen, step=other, broken=True))
        return other

    async def _failed(self, step: Step, why: str) -> End:
        """A page that could not be had: the next walk tries it again, and a pass after a while that becomes longer."""
        self._errand.note(Page(address=step.address, way=step.name, error=why))
        end, tries = End(f"{step.address}: {why}"), self._progress.tries
        again = self._asking.now() + min(_FIRST_REST * 2 ** min(tries, _MOST_DOUBLINGS), _LONGEST_REST)
        await self._keep(
            structs.replace(self._progress, step=step, ended=end.why, whole=False, again=again, tries=tries + 1)
        )
        return end

    async def _end(self, end: End, step: Step) -> End:
        if self._progress.broken:
            end = structs.replace(end, whole=False)
        seen = (*self._progress.seen, *self._before.seen) if self._before.whole else self._progress.seen
        seen = tuple(dict.fromkeys((*seen, plain(step.address))))
        await self._keep(structs.replace(self._progress, step=None, ended=end.why, whole=end.whole, seen=seen))
        return end

    async def _record(self, step: Step, answer: Response, parsed: ParsedFeed) -> Recorded:
        at = self._asking.now()
        served = Served(
            body=answer.body,
            url=answer.final_url,
            status=answer.status,
            request_headers=(*answer.request_headers, (BACKFILLED, step.name)),
            response_headers=answer.headers,
        )
        seen = Observation(feed=self._feed.id, at=at, served=served, parsed=parsed, windowed=False, past=True)
        recorded = await self._errand.record(seen)
        digest = self._known.get(answer.final_url)
        self._errand.note(
            Page(
                address=step.address,
                way=step.name,
                at=at,
                entries=len(parsed.entries),
                new=recorded.new,
                edited=recorded.edited,
                size=len(answer.body),
                changed=digest is not None and digest != answer.sha256,
            )
        )
        return recorded

    def _own_body(self) -> bytes | None:
        return self._feed.poll.sha256 if self._feed.poll else None

    def _is_had(self, step: Step) -> bool:
        """Whether an archive document was had by a walk before that came to the beginning: it never changes."""
        return step.kind == "archive" and self._before.whole and plain(step.address) in self._before.seen

    async def _keep(self, progress: Progress) -> None:
        self._progress = progress
        text, gap = progress.to_json(), self._until is not None
        await asyncio.to_thread(self._store.keep_backfill, self._feed.id, text, gap=gap)


def _content(parsed: ParsedFeed, body: bytes) -> str:
    """The digest of which entries a document shows; of one without any, that of its bytes."""
    names = [f"{entry.id}\n{entry.link}\n{entry.title}" for entry in parsed.entries]
    return hashlib.sha256("\n\n".join(names).encode() if names else body).hexdigest()
