"""Whose turn it is to be asked: no host takes the places of others, however many feeds it has.

A host is asked by few connections at a time. Feeds that would only wait for it stand aside, and cost nothing that
others need.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from urllib.parse import urlsplit

from archive.store import FeedRecord


class Line:
    """Feeds that wait to be asked, in the order in which they came; of each host so many are let through at a time."""

    def __init__(self, of_a_host: int) -> None:
        self._of_a_host = of_a_host
        self._let_through: Counter[str] = Counter()
        self._ready: deque[FeedRecord] = deque()
        self._aside: defaultdict[str, deque[FeedRecord]] = defaultdict(deque)
        self._waiting: set[int] = set()

    def __len__(self) -> int:
        """How many wait, whether their host is free or not."""
        return len(self._waiting)

    def __contains__(self, feed: int) -> bool:
        return feed in self._waiting

    def __iter__(self) -> Iterator[int]:
        """The ids of those that wait."""
        return iter(self._waiting)

    @property
    def ready(self) -> int:
        """How many wait that could be asked at once."""
        return len(self._ready)

    def add(self, feed: FeedRecord) -> None:
        """The feed waits from now on."""
        self._waiting.add(feed.id)
        host = _host(feed)
        if self._let_through[host] < self._of_a_host:
            self._let_through[host] += 1
            self._ready.append(feed)
        else:
            self._aside[host].append(feed)

    def next(self) -> FeedRecord | None:
        """The one to ask next, which waits no more; None if all wait for their hosts, or there are none."""
        if not self._ready:
            return None
        feed = self._ready.popleft()
        self._waiting.remove(feed.id)
        return feed

    def ended(self, feed: FeedRecord) -> None:
        """A feed that was given out has been asked: another one of its host may be."""
        host = _host(feed)
        if self._aside[host]:
            self._ready.append(self._aside[host].popleft())
            return
        del self._aside[host]
        self._let_through[host] -= 1
        if not self._let_through[host]:
            del self._let_through[host]


def _host(feed: FeedRecord) -> str:
    try:
        return urlsplit(feed.url).hostname or ""
    except ValueError:  # it will be refused when it is asked
        return ""
