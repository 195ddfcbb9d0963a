"""What the ways into a feed's past have in common: asking within bounds, and telling of each page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from archive.backfill.bounds import Asking, Bounds, Filled, Page
from archive.fetch import FetchError, Request, Response, status_of
from archive.store import FeedRecord, Observation, Recorded, Store


class Errand:
    """One way into the past of one feed. `done` hears of each page; after `stop` nothing is waited for any more."""

    def __init__(
        self,
        store: Store,
        feed: FeedRecord,
        asking: Asking,
        bounds: Bounds,
        done: Callable[[Page], None],
        stop: asyncio.Event | None,
    ) -> None:
        self.store = store
        self.feed = feed
        self.asking = asking
        self.pages: list[Page] = []
        self._bounds = bounds
        self._done = done
        self._stop = stop or asyncio.Event()
        self._size = 0
        self._clock = asyncio.get_running_loop().time
        self._end = self._clock() + bounds.time.total_seconds()

    def is_spent(self, pages: int) -> bool:
        """Whether so many pages are all that may be asked for, or the bytes that came, or the time."""
        return pages >= self._bounds.pages or self._size >= self._bounds.size or self._clock() >= self._end

    async def get(self, request: Request) -> Response | FetchError | None:
        """The answer, or why there is none; None where it is to be waited for no more."""
        going = asyncio.ensure_future(self.asking.get(request))
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({going, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return going.result() if going.done() else None
        except FetchError as error:
            return error
        finally:
            for task in (going, stopped):
                task.cancel()
            await asyncio.gather(going, stopped, return_exceptions=True)

    async def record(self, seen: Observation) -> Recorded:
        """Write it down. Raises StoreError."""
        [recorded] = await asyncio.to_thread(self.store.record, [seen])
        return recorded

    def note(self, page: Page) -> None:
        """Tell of a page."""
        self.pages.append(page)
        self._size += page.size
        self._done(page)

    def filled(self, ended: str = "", *, left: bool = False) -> Filled:
        """What came of it."""
        return Filled(feed=self.feed.id, pages=tuple(self.pages), ended=ended, left=left)


def why_not(answer: Response | FetchError) -> str:
    """Why nothing can be made of an answer."""
    return answer.reason if isinstance(answer, FetchError) else f"the server answered {status_of(answer.status)}"
