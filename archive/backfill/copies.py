"""Copies that a web archive has of a feed: listed, chosen, fetched as they were served, and taken in at their time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from archive.backfill.bounds import Asking, Bounds, Filled, Page
from archive.backfill.cdx import Capture, address, bare, chosen, proven_spans, query, read_listing
from archive.backfill.errand import Errand, why_not
from archive.coverage import merged
from archive.fetch import FetchError, Request, Response
from archive.readers import read_apart
from archive.reading import Document
from archive.store import FeedRecord, Observation, Served, Store
from archive.store.values import COPY
from feeds.parse import NotAFeed

_MOST_LISTS = 20  # answers of the index, for one address
_WAY = "web archive"


async def copies(
    store: Store,
    feed: FeedRecord,
    asking: Asking,
    bounds: Bounds,
    *,
    server: str,
    template: str,
    done: Callable[[Page], None] = lambda page: None,
    stop: asyncio.Event | None = None,
) -> Filled:
    """Take in the copies that a web archive has of a feed, from times when it is not proven that nothing passed.

    `server` answers what there is (CDX), `template` is the address of a copy with {timestamp} and {url} in it. Those
    that were taken in before are not fetched again. Gaps that they bridge are filled. Raises StoreError.
    """
    return await _Copies(Errand(store, feed, asking, bounds, done, stop), server, template).run()


class _Copies:
    def __init__(self, errand: Errand, server: str, template: str) -> None:
        self._errand = errand
        self._store, self._feed, self._asking = errand.store, errand.feed, errand.asking
        self._server = server
        self._template = template

    async def run(self) -> Filled:
        """List, choose and fetch, as far as the bounds allow."""
        captures: list[Capture] = []
        for url in self._addresses():
            listed = await self._listed(url)
            if listed is None:
                return self._filled(left=True)
            captures += listed
        wanted = self._chosen(captures)
        for number, capture in enumerate(wanted):
            if self._errand.is_spent(number):
                return self._filled(left=True)
            where = address(self._template, capture)
            answer = await self._errand.get(Request(url=where, named=where))
            if answer is None:
                return self._filled(left=True)
            await self._take(capture, where, answer)
        self._fill_gaps()
        failed = any(page.error for page in self._errand.pages)
        none = "did not tell which copies it has" if failed else "has no copy that is not here"
        ended = "all copies were asked for" if wanted else f"{self._server} {none}"
        return self._errand.filled(ended, left=failed)

    def _filled(self, *, left: bool) -> Filled:
        self._fill_gaps()
        return self._errand.filled(left=left)

    def _addresses(self) -> list[str]:
        """The feed's address, and those that it had before."""
        moved = [event.detail for event in self._store.events(self._feed.id) if event.kind == "moved" and event.detail]
        return list(dict.fromkeys(map(bare, [self._feed.url, *reversed(moved)])))

    async def _listed(self, url: str) -> list[Capture] | None:
        """The copies of an address; None where that was broken off."""
        found: list[Capture] = []
        resume = None
        for _ in range(_MOST_LISTS):
            asked = query(self._server, url, resume)
            answer = await self._errand.get(Request(url=asked, named=self._server, accept="page"))
            if answer is None:
                return None
            why = None
            if isinstance(answer, Response) and answer.status == 404:
                return found  # as some say that there is none
            if isinstance(answer, FetchError) or answer.status != 200:
                why = why_not(answer)
            else:
                try:
                    listing = read_listing(answer.body)
                    found += listing.captures
                    if listing.resume is None or listing.resume == resume:
                        return found
                    resume = listing.resume
                except ValueError:
                    why = "what it answered is no list of copies; check backfill.web_archive"
            if why:
                self._errand.note(Page(address=asked, way=_WAY, error=why))
                return found
        return found

    def _chosen(self, captures: list[Capture]) -> list[Capture]:
        proven = []
        for watch in self._store.watches(feed=self._feed.id):
            proven = proven_spans(watch.start, watch.end, merged(watch.holes, watch.start, watch.end))
        return chosen(captures, proven, self._store.digests(self._feed.id).keys(), self._template, self._asking.now())

    async def _take(self, capture: Capture, where: str, answer: Response | FetchError) -> None:
        """Write down what a copy holds."""
        page = Page(address=where, way=_WAY, at=capture.at)
        if isinstance(answer, FetchError) or answer.status != 200:
            self._errand.note(_failed(page, why_not(answer)))
            return
        document = Document(answer.body, capture.original, answer.content_type, whole=True)
        try:
            parsed = await asyncio.to_thread(read_apart, document, self._asking.limits)
        except NotAFeed as error:
            self._errand.note(_failed(page, error.reason))
            return
        at = _taken(dict(answer.headers), capture.at)
        served = Served(
            body=answer.body,
            url=where,
            status=answer.status,
            request_headers=(*answer.request_headers, (COPY, self._server), ("Backissue-Page", capture.original)),
            response_headers=answer.headers,
        )
        seen = Observation(feed=self._feed.id, at=at, served=served, parsed=parsed, windowed=parsed.is_window)
        recorded = await self._errand.record(seen)
        self._errand.note(
            Page(
                address=where,
                way=_WAY,
                at=at,
                entries=len(parsed.entries),
                new=recorded.new,
                edited=recorded.edited,
                size=len(answer.body),
            )
        )

    def _fill_gaps(self) -> None:
        """Write down which gaps are none any more, as copies bridge them."""
        if not any(page.error is None for page in self._errand.pages):
            return
        holes = [hole for watch in self._store.watches(feed=self._feed.id) for hole in watch.holes]
        for gap in self._store.gaps(feed=self._feed.id):
            if gap.filled is None and not any(start < gap.until and end > gap.since for start, end in holes):
                self._store.fill(gap, self._asking.now(), f"copies in {self._server}")


def _failed(page: Page, why: str) -> Page:
    return Page(address=page.address, way=page.way, at=page.at, error=why)


def _taken(headers: Mapping[str, str], at: datetime) -> datetime:
    """When the copy that came was taken (RFC 7089): it is the nearest one where the archive lacks that asked for."""
    told = next((value for name, value in headers.items() if name.lower() == "memento-datetime"), None)
    try:
        return parsedate_to_datetime(told).astimezone(UTC) if told else at
    except ValueError:
        return at
