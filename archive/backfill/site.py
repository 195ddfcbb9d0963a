"""The pages of a site that its sitemap names, taken in as articles: entries that a feed has long let go of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urljoin

from archive.backfill.bounds import Asking, Bounds, Filled, Page
from archive.backfill.errand import Errand, why_not
from archive.backfill.shapes import like
from archive.fetch import FetchError, Request, Response
from archive.fetch.decode import Body, TooLargeError, UndecodableError
from archive.history import Key, plain_link
from archive.store import FeedRecord, Observation, Served, Store
from archive.store.values import BACKFILLED, BY_SITEMAP
from feeds.model import Charset, Entry, Feed, ParsedFeed
from feeds.sitemap import Place, named_in_robots, read_sitemap

_USUAL = ("/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml")
_MOST_MAPS = 200
_LARGEST = 50_000_000  # bytes of a sitemap, as its protocol has it
_GZIP = b"\x1f\x8b"
_SAMPLE = 200  # entries whose links tell which pages are articles


async def site(
    store: Store,
    feed: FeedRecord,
    asking: Asking,
    bounds: Bounds,
    *,
    done: Callable[[Page], None] = lambda page: None,
    stop: asyncio.Event | None = None,
) -> Filled:
    """Take in the pages of a feed's site whose addresses are like those of its entries, and that are none of them yet.

    Each is an entry of the feed, read as an article, with the page as its copy. What was taken in is not fetched
    again. Raises StoreError.
    """
    return await _Site(Errand(store, feed, asking, bounds, done, stop)).run()


class _Site:
    def __init__(self, errand: Errand) -> None:
        self._errand = errand
        self._store, self._feed, self._asking = errand.store, errand.feed, errand.asking

    async def run(self) -> Filled:
        """Look for the sitemaps, and fetch what they name as far as the bounds allow."""
        links = [one.entry.link for one in self._store.entries(feed=self._feed.id, limit=_SAMPLE) if one.entry.link]
        if not links:
            return self._errand.filled(
                "no entry of the feed has a link that tells what its articles' addresses are like"
            )
        home = self._feed.meta.link if self._feed.meta else None
        places = await self._places(home if home and home.startswith("http") else links[0])
        if places is None:
            return self._errand.filled(left=True)
        known = self._store.digests(self._feed.id).keys()
        wanted = [place for place in like(places, links) if place.url not in known and not self._is_here(place.url)]
        for number, place in enumerate(wanted):
            if self._errand.is_spent(number):
                return self._errand.filled(left=True)
            answer = await self._get(place.url)
            if answer is None:
                return self._errand.filled(left=True)
            await self._take(place, answer)
        if not places:
            return self._errand.filled("the site has no sitemap that names pages")
        return self._errand.filled("all pages of the sitemap were asked for" if wanted else "no page is missing")

    def _is_here(self, url: str) -> bool:
        """Whether the feed has an entry with that link."""
        found = self._store.find_entry(url)
        return found is not None and found.feed == self._feed.id

    async def _places(self, home: str) -> list[Place] | None:
        """All pages that the site's sitemaps name; None where that was broken off."""
        waiting = await self._named(home)
        found: list[Place] = []
        seen: set[str] = set()
        while waiting and len(seen) < _MOST_MAPS:
            url = waiting.pop(0)
            if url in seen:
                continue
            seen.add(url)
            answer = await self._get(url)
            if answer is None:
                return None
            if isinstance(answer, FetchError) or answer.status != 200:
                continue
            sitemap = read_sitemap(_plain(answer.body))
            found += sitemap.pages
            waiting += sitemap.sitemaps
        return found

    async def _named(self, home: str) -> list[str]:
        """Where the sitemaps are: as robots.txt says, else in the usual places."""
        answer = await self._get(urljoin(home, "/robots.txt"))
        named = []
        if isinstance(answer, Response) and answer.status == 200:
            named = named_in_robots(answer.body.decode("utf-8", "replace"))
        return named or [urljoin(home, usual) for usual in _USUAL]

    async def _get(self, url: str) -> Response | FetchError | None:
        return await self._errand.get(Request(url=url, named=self._feed.url, accept="page"))

    async def _take(self, place: Place, answer: Response | FetchError) -> None:
        """Write down the article of a page."""
        from archive.ingest import IngestError, ingest  # takes long to load, and few ever need it

        if isinstance(answer, FetchError) or answer.status != 200:
            self._failed(place, why_not(answer))
            return
        try:
            entry = await asyncio.to_thread(
                ingest, answer.body, place.url, kind="html", url=answer.final_url, content_type=answer.content_type
            )
        except IngestError as error:
            self._failed(place, error.reason, len(answer.body))
            return
        at = self._asking.now()
        recorded = await self._errand.record(self._observation(place, answer, entry))
        self._errand.note(
            Page(
                address=place.url,
                way=BY_SITEMAP,
                at=at,
                entries=1,
                new=recorded.new,
                edited=recorded.edited,
                size=len(answer.body),
            )
        )

    def _observation(self, place: Place, answer: Response, entry: Entry) -> Observation:
        key = Key(f"link:{plain_link(place.url)}", "link")
        # What it takes to read the page again in the same way.
        words = (
            (BACKFILLED, BY_SITEMAP),
            ("Backissue-Key", key.value),
            ("Backissue-Rule", key.rule),
            ("Backissue-Name", place.url),
            ("Backissue-Kind", "html"),
            ("Backissue-Page", answer.final_url),
        )
        served = Served(
            body=answer.body,
            url=place.url,
            status=answer.status,
            request_headers=(*answer.request_headers, *words),
            response_headers=answer.headers,
        )
        parsed = ParsedFeed(
            format="article",
            feed=self._feed.meta or Feed(),
            entries=(entry,),
            charset=Charset(used=entry.extra.get("charset", "utf-8")),
            parser="ingest",
        )
        return Observation(
            feed=self._feed.id,
            at=self._asking.now(),
            served=served,
            parsed=parsed,
            windowed=False,
            keys=(key,),
            past=True,
        )

    def _failed(self, place: Place, why: str, size: int = 0) -> None:
        self._errand.note(Page(address=place.url, way=BY_SITEMAP, error=why, size=size))


def _plain(body: bytes) -> bytes:
    """A sitemap as text: many lie compressed on their server."""
    if not body.startswith(_GZIP):
        return body
    plain = Body(("gzip",), _LARGEST)
    try:
        plain.feed(body)
        return plain.finish()
    except (TooLargeError, UndecodableError):
        return b""
