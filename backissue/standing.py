"""How feeds stand, as `status`, `explain` and /metrics tell it: facts of the archive, put together."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from archive.gaps import Voice, voice
from archive.rhythm import last_arrival, silence, week
from archive.schedule.due import RISK
from archive.schedule.learning import per_day
from archive.schedule.pacing import read_rhythm, visits
from archive.store import FeedRecord, Store

State = Literal["ok", "new", "failing", "gone"]
STATES: tuple[State, ...] = ("ok", "new", "failing", "gone")


class Bearing(Struct, frozen=True):
    """A rule that bears on the next poll: the earliest time that it allows, and whether it decided."""

    rule: str
    not_before: datetime | None
    decided: bool


class Standing(Struct, frozen=True, kw_only=True):
    """A remote feed that is followed. Times are aware UTC, `interval` is in minutes, `next_due` None where it is gone.

    `per_day` are its entries of the last 28 days, `expected` those that its rhythm makes a day, None where that is not
    known yet; `at_risk` says that entries may pass unseen before the next poll, `lies` that its server says "not
    modified" of what was modified. `leased_until` is set while somebody asks it.
    """

    feed: int
    title: str
    url: str
    state: State
    last_polled: datetime | None
    last_success: datetime | None
    last_changed: datetime | None
    last_status: int | None
    next_due: datetime | None
    reason: str
    rules: tuple[Bearing, ...]
    interval: int | None
    per_day: float
    expected: float | None
    failures: int
    error: str | None
    gaps: int
    at_risk: bool
    lies: bool
    answers: int
    moved_to: str | None
    moved_since: datetime | None
    leased_until: datetime | None


class Habit(Struct, frozen=True, kw_only=True):
    """What is known of a feed's rhythm: learnt from so many entries, with so many expected a day.

    `busiest` is the hour (UTC) and `quietest` the one in which most and fewest come, `window` how many entries it shows
    at a time. `visits` are the next ones (aware UTC), as long as nothing new comes. `silence` is how likely it would
    say nothing for as long as it has, from `last_entry` until it answered last; `voice` says that in a word.
    """

    entries: int
    per_day: float
    busiest: int
    quietest: int
    window: int
    visits: tuple[datetime, ...]
    last_entry: datetime | None
    silence: float | None
    voice: Voice


def habit(store: Store, feed: FeedRecord, now: datetime) -> Habit | None:
    """What is known of a feed's rhythm, if anything is. Raises StoreError."""
    rhythm = read_rhythm(store.rhythm(feed.id))
    if rhythm is None or rhythm.at is None:
        return None
    rates = week(rhythm, now)
    hours = [sum(rates[hour::24]) for hour in range(24)]
    answered = feed.poll.last_success if feed.poll else None
    chance = silence(rhythm, answered) if answered else None
    return Habit(
        entries=rhythm.seen,
        per_day=round(per_day(rhythm, now), 3),
        busiest=hours.index(max(hours)),
        quietest=hours.index(min(hours)),
        window=rhythm.window,
        visits=tuple(visits(feed.poll.plan if feed.poll else None, now)),
        last_entry=last_arrival(rhythm),
        silence=chance,
        voice=voice(chance),
    )


def standings(store: Store, now: datetime) -> list[Standing]:
    """All remote feeds that are followed, in the order they were added. Raises StoreError."""
    fares = {one.feed: one for one in store.health(now)}
    found = []
    for feed in store.feeds():
        poll, fare = feed.poll, fares.get(feed.id)
        if poll is None:
            continue
        found.append(
            Standing(
                feed=feed.id,
                title=feed.title,
                url=feed.url,
                state=state(feed),
                last_polled=poll.last_polled,
                last_success=poll.last_success,
                last_changed=poll.last_changed,
                last_status=poll.last_status,
                next_due=None if poll.gone else poll.next_due,
                reason=poll.reason or "never polled",
                rules=tuple(Bearing(rule.name, rule.at, rule.decided) for rule in poll.rules),
                interval=poll.interval,
                per_day=fare.per_day if fare else 0.0,
                expected=fare.expected if fare else None,
                failures=poll.failures,
                error=poll.error,
                gaps=fare.gaps if fare else 0,
                at_risk=not poll.gone and any(rule.name == RISK for rule in poll.rules),
                lies=poll.lies,
                answers=poll.answers,
                moved_to=poll.moved_to,
                moved_since=poll.moved_since,
                leased_until=fare.leased_until if fare else None,
            )
        )
    return found


def state(feed: FeedRecord) -> State:
    """How a remote feed is, in a word."""
    poll = feed.poll
    if poll is not None and poll.gone:
        return "gone"
    if poll is not None and poll.failures:
        return "failing"
    return "ok" if poll is not None and poll.last_success else "new"
