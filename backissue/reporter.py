"""What `run` says on standard error: what is new, once; what lasts is for `backissue status` to tell."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from archive.schedule import Polled
from backissue.work import Pass
from config.errors import BackissueError

_log = logging.getLogger("backissue.run")


class Reporter:
    """Says what passes did, if they did anything. A trouble that lasts is told when it begins, and when it changes."""

    def __init__(self) -> None:
        self._standing: set[str] = set()
        self._failed: str | None = None
        self._short = False

    def passed(self, done: Pass) -> None:
        """A pass was made."""
        if self._failed:
            self._failed = None
            _log.warning("passes are made again")
        self._tell_failed(done.polled)
        for article in done.taken:
            if article.error:
                _log.warning("%s", article.error)
        troubles = {*done.folders, *(map(str, done.release.errors) if done.release else ())}
        if self._short and not done.short:
            _log.warning("there is room on the disk again: feeds are asked")
        self._short = done.short is not None
        troubles |= {done.short} if done.short else set()
        troubles |= {*done.release.heard.failures} if done.release and done.release.heard else set()
        for line in sorted(troubles - self._standing):
            _log.warning("%s", line)
        self._standing = troubles
        if did_something(done):
            new = sum(one.recorded.new for one in done.polled)
            told = (len(done.polled), _failures(done), new, len(done.taken), done.documents)
            _log.info("polled=%d failed=%d new=%d articles=%d written=%d", *told)

    def delivered(self, done: Pass) -> None:
        """What hubs delivered was taken in."""
        self._tell_failed(done.polled)
        for error in done.release.errors if done.release else ():
            _log.warning("%s", error)
        new = sum(one.recorded.new for one in done.polled)
        told = (len(done.polled), _failures(done), new, done.documents)
        _log.info("delivered=%d failed=%d new=%d written=%d", *told)

    def failed(self, error: BaseException) -> None:
        """A pass could not be made; the next one comes all the same, and may well fail as this one did."""
        line = f"{type(error).__name__}: {error}"
        if line == self._failed:
            return
        self._failed = line
        if isinstance(error, BackissueError):
            _log.error("%s", error)
        else:
            _log.error("a pass failed by a fault of Backissue", exc_info=error)

    def _tell_failed(self, polled: Iterable[Polled]) -> None:
        for one in polled:
            before = one.feed.poll.error if one.feed.poll else None
            if one.error and one.error != before:
                _log.warning("%s: %s", one.feed.url, one.error)


def did_something(done: Pass) -> bool:
    """Whether a pass is worth a line."""
    return bool(done.polled or done.taken or done.documents)


def _failures(done: Pass) -> int:
    return sum(one.error is not None for one in done.polled)
