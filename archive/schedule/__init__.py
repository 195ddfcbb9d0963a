"""Who is asked, and when next.

    claim ─► fetch ─► look (pure: answer -> Observation, next due time) ─► record, a batch in one transaction
    afterwards: lessons ─► rhythm ─► plan, from which `look` takes the next due time

`due` holds the arithmetic of waits, `rhythm` and `pacing` what is learnt of a feed and what it asks for, `learning`
takes it from the archive; `look` says what an answer means, `polling` does the asking, `ticker` is the clock of `run`.
"""

from __future__ import annotations

from archive.schedule.due import Due, Hints, Pace, after_failure, after_success
from archive.schedule.learning import learn
from archive.schedule.look import look
from archive.schedule.polling import Asking, Polled, poll

__all__ = ["Asking", "Due", "Hints", "Pace", "Polled", "after_failure", "after_success", "learn", "look", "poll"]
