"""What `run` was asked to do between two of its passes; the web server's threads leave it here."""

from __future__ import annotations

import threading
from collections.abc import Iterable


class Errands:
    """Feeds that are to be asked, due or not, and whether anything was asked for at all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._feeds: set[int] = set()
        self._waiting = False

    def leave(self, feeds: Iterable[int]) -> None:
        """Ask for a pass, and for these feeds before it."""
        with self._lock:
            self._feeds.update(feeds)
            self._waiting = True

    def waiting(self) -> bool:
        """Whether anything was asked for that was not taken yet."""
        return self._waiting

    def take(self) -> list[int]:
        """The feeds that are to be asked now, each once."""
        with self._lock:
            feeds, self._feeds, self._waiting = sorted(self._feeds), set(), False
        return feeds
