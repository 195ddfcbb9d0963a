"""Learning feeds' rhythms from the archive, after polling and not in its way: for as long as there is time.

    lessons ─► taken_in ─► Rhythm ─► plan ─► written down, with the next due time that follows from it

What is left over is learnt after the next pass; until then a feed is asked as it was planned before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from archive.rhythm import Rhythm, price_for, price_of, week
from archive.schedule.due import least, repaced
from archive.schedule.pacing import end, pace, plan, read_rhythm, taken_in, to_json
from archive.store import Learnt, Lesson, Price, Store
from config.settings import Schedule

_BATCH = 20  # in one transaction
_SAMPLE = 200  # rhythms that the price is found from
_PRICED = timedelta(days=1)


def learn(store: Store, schedule: Schedule, now: datetime, enough: Callable[[], bool]) -> bool:
    """Learn of feeds what came since, those first that are due first; whether that was all. Raises StoreError."""
    price, done = None, set[int]()
    while lessons := [one for one in store.lessons(_BATCH) if one.feed.id not in done]:
        price = price or cost(store, schedule, now)
        found, forgotten = [], []
        for lesson in lessons:
            learnt = learnt_of(lesson, schedule, price)
            if learnt:
                found.append(learnt)
                done.add(learnt.feed)
            else:
                forgotten.append(lesson.feed.id)
            if enough():
                break
        store.keep_learnt(found, forgotten)
        if enough():
            return False
    return True


def learnt_of(lesson: Lesson, schedule: Schedule, price: float) -> Learnt | None:
    """What a lesson teaches; None where the rhythm cannot be read, and has to be learnt anew."""
    feed, poll, rhythm = lesson.feed, lesson.feed.poll, read_rhythm(lesson.known)
    if rhythm is None or poll is None or poll.last_success is None:
        return None
    rhythm = taken_in(rhythm, lesson.arrived, lesson.window)
    visits = plan(
        rhythm,
        poll.last_success,
        price=price,
        least=least(schedule, poll, feed.url),
        minimum=timedelta(minutes=schedule.minimum),
        most=timedelta(minutes=schedule.maximum),
    )
    text = to_json(visits)
    asked = pace(text, poll.last_success)
    after = None
    # A feed that fails, is pushed, or has an interval of its own is asked for another reason.
    if asked and not (poll.failures or poll.interval is not None or lesson.pushed):
        after = repaced(poll, schedule, asked, feed.meta, feed.url)
    return Learnt(
        feed=feed.id,
        known=rhythm.to_json(),
        learnt=lesson.changed,
        expected=round(per_day(rhythm, poll.last_success), 4),
        plan=text,
        planned=end(visits),
        before=poll if after else None,
        after=after,
    )


def per_day(rhythm: Rhythm, now: datetime) -> float:
    """How many entries a day are to be expected."""
    return sum(week(rhythm, now)) / 7


def cost(store: Store, schedule: Schedule, now: datetime) -> float:
    """What a request costs in entry-hours: so that an unknown feed is asked at the interval, or more by the budget.

    That is found from all feeds together once a day, and when twice as many rhythms are known. Raises StoreError.
    """
    usual = price_of(timedelta(minutes=max(schedule.interval, schedule.minimum)))
    if not schedule.budget:
        return usual
    feeds, known = store.rhythms(_SAMPLE)
    last, count = store.price(), len(known)
    if last and last.budget == schedule.budget and count < 2 * last.feeds and abs(now - last.at) < _PRICED:
        return max(usual, last.value)
    rhythms = [read_rhythm(text) or Rhythm() for text in known]
    rhythms += [Rhythm()] * (min(feeds, _SAMPLE) - count)
    price = usual
    if rhythms:
        courtesy = timedelta(minutes=max(schedule.minimum, min(schedule.polite, schedule.interval)))
        share = schedule.budget * len(rhythms) / feeds
        most = timedelta(minutes=schedule.maximum)
        price = price_for(rhythms, now, budget=share, least=courtesy, most=most)
    store.keep_price(Price(price, now, count, schedule.budget))
    return max(usual, price)
