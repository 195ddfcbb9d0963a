"""The clock of `run`: does a piece of work again and again, never twice at once, until told to stop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

_log = logging.getLogger(__name__)


class Ticker:
    """Runs `work` at once and then every `seconds`, in a thread of its own; a context manager.

    A run that lasts longer than that is never overlapped, and runs that were missed meanwhile (or while the machine
    slept) become one. An error of `work` goes to `failed`; the next tick comes all the same. The due times of
    feeds are the store's, so that a restart goes on where it was: nothing of them is kept here.
    """

    def __init__(self, work: Callable[[], None], seconds: float, *, failed: Callable[[BaseException], None]) -> None:
        self._failed = failed
        self._scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(1)}, timezone=UTC)
        self._scheduler.add_listener(self._heard, EVENT_JOB_ERROR)
        self._scheduler.add_job(
            work,
            IntervalTrigger(seconds=seconds, timezone=UTC),
            id="tick",
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )

    def __enter__(self) -> Ticker:
        # It says at every tick that the last one is still under way, which is as it should be.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Wait for the run under way to end, which whoever stops it has told it to."""
        self._scheduler.shutdown(wait=True)

    def now(self) -> None:
        """Run `work` now, unless it is being run; the tick after that comes in its time."""
        self._scheduler.modify_job("tick", next_run_time=datetime.now(UTC))

    def _heard(self, event: JobExecutionEvent) -> None:
        self._failed(event.exception)
