"""What a subscription needs next, and when the feed is asked all the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from archive.push.offer import Offer
from archive.push.terms import Step, is_active, ordinary, planned, settled, soon, step
from archive.store import PollState, Push, Rule
from config.settings import Schedule
from tests.support.items import HOUR, NOON

DAY = 24 * HOUR
MINUTE = HOUR / 60
OFFER = Offer("https://hub.example/", "https://source.example/feed")
ASKED = Push(feed=1, hub=OFFER.hub, topic=OFFER.topic, token="t", secret="s", asked=NOON)
VERIFIED = replace(ASKED, state="verified", expires=NOON + 10 * DAY)
LAPSED = replace(VERIFIED, asked=NOON - 10 * DAY, expires=NOON)
DENIED, ENDED = replace(ASKED, state="denied"), replace(ASKED, state="ended")
OTHER_HUB, OTHER_TOPIC = Offer("https://x.example/", OFFER.topic), Offer(OFFER.hub, "https://source.example/new")


@pytest.mark.parametrize(
    ("push", "offered", "after", "expected"),
    [
        (None, None, 0 * DAY, None),
        (None, OFFER, 0 * DAY, "ask"),
        (ASKED, OFFER, 0 * DAY, None),
        (ASKED, OFFER, 5.9 * HOUR, None),
        (ASKED, OFFER, 6 * HOUR, "renew"),
        (VERIFIED, OFFER, 0 * DAY, None),
        (VERIFIED, OFFER, 7.9 * DAY, None),
        (VERIFIED, OFFER, 8 * DAY, "renew"),
        (VERIFIED, OFFER, 9.9 * DAY, "renew"),
        (VERIFIED, OFFER, 10 * DAY, "renew"),
        # The hub did not answer the first request; the next one comes after as much of what was left.
        (replace(VERIFIED, asked=NOON + 8 * DAY), OFFER, 9.5 * DAY, None),
        (replace(VERIFIED, asked=NOON + 8 * DAY), OFFER, 9.6 * DAY, "renew"),
        (LAPSED, OFFER, 0 * HOUR, "renew"),
        (replace(LAPSED, asked=NOON - 2 * HOUR), OFFER, 0 * HOUR, "renew"),
        (replace(LAPSED, asked=NOON - MINUTE), OFFER, 0.9 * HOUR, None),
        (replace(LAPSED, asked=NOON - MINUTE), OFFER, 1 * HOUR, "renew"),
        (DENIED, OFFER, 6.9 * DAY, None),
        (DENIED, OFFER, 7 * DAY, "ask"),
        (ENDED, OFFER, 0 * DAY, "ask"),
        *[(push, OTHER_HUB, 0 * DAY, "ask") for push in (ASKED, VERIFIED, DENIED, ENDED)],
        *[(push, OTHER_TOPIC, 0 * DAY, "ask") for push in (ASKED, VERIFIED, DENIED, ENDED)],
        (ASKED, None, 0 * DAY, "end"),
        (VERIFIED, None, 0 * DAY, "end"),
        (DENIED, None, 9 * DAY, None),
        (ENDED, None, 9 * DAY, None),
    ],
)
def test_steps(push: Push | None, offered: Offer | None, after: timedelta, expected: Step | None) -> None:
    assert step(push, offered, NOON + after, started=NOON - 30 * DAY) == expected


@pytest.mark.parametrize(
    ("push", "expected"), [(ASKED, "renew"), (LAPSED, "renew"), (VERIFIED, None), (DENIED, None), (ENDED, "ask")]
)
def test_who_begins_asks_again_what_was_left_open(push: Push, expected: Step | None) -> None:
    assert step(push, OFFER, NOON + MINUTE, started=NOON + MINUTE) == expected


@given(st.integers(1, 10**7))
def test_a_lease_is_renewed_a_few_times_and_never_in_vain(seconds: int) -> None:
    """However long it is, and though the hub never answers: some requests, ever closer to its end."""
    push, asked = replace(VERIFIED, expires=NOON + timedelta(seconds=seconds)), 0
    now = NOON
    while is_active(push, now):
        assert push.expires
        now = push.asked + 0.8 * (push.expires - push.asked)
        if push.expires - now < timedelta(seconds=1):
            break
        assert step(push, OFFER, now, started=NOON) == "renew"
        push, asked = replace(push, asked=now), asked + 1
    assert asked <= 11


# --- due times -------------------------------------------------------------------------------------------------------

RULES = (Rule("schedule.interval", NOON + HOUR, True), Rule("the feed's ttl", NOON + HOUR / 2))
POLL = PollState(next_due=NOON + HOUR, last_polled=NOON, last_success=NOON, reason="schedule.interval", rules=RULES)
HOURLY = Schedule()


def at(poll: PollState, push: Push = VERIFIED, now: datetime = NOON, covered: datetime | None = NOON) -> PollState:
    """When it is asked next, as it comes back out of a store."""
    return json.decode(json.encode(planned(poll, push, now, HOURLY, covered=covered)), type=PollState)


def test_a_feed_that_is_pushed_is_asked_once_a_day() -> None:
    calm = at(POLL)

    assert calm.next_due == NOON + DAY
    assert calm.reason == "a hub pushes it, this is to be sure"
    assert calm.rules == (
        Rule("schedule.interval", NOON + HOUR),
        Rule("the feed's ttl", NOON + HOUR / 2),
        Rule("without the hub: schedule.interval", NOON + HOUR),
        Rule("a hub pushes it, this is to be sure", NOON + DAY, True),
    )
    assert at(calm) == calm
    assert at(calm, now=NOON + HOUR) == calm


@pytest.mark.parametrize(
    ("push", "poll", "covered"),
    [
        (ASKED, POLL, NOON),
        (DENIED, POLL, NOON),
        (ENDED, POLL, NOON),
        (LAPSED, POLL, NOON),
        (VERIFIED, POLL, None),
        (VERIFIED, POLL, NOON + MINUTE),  # what came between the last visit and the first push may be missing
        (VERIFIED, replace(POLL, last_success=None), NOON),
        (VERIFIED, replace(POLL, failures=1), NOON),
        (VERIFIED, replace(POLL, gone=NOON), NOON),
        (VERIFIED, replace(POLL, interval=30), NOON),  # the operator's own word
        (VERIFIED, replace(POLL, next_due=NOON + 2 * DAY), NOON),
        (replace(VERIFIED, expires=NOON + MINUTE), POLL, NOON),
    ],
)
def test_otherwise_it_is_asked_as_if_there_were_no_hub(push: Push, poll: PollState, covered: datetime | None) -> None:
    assert at(poll, push, covered=covered) == poll
    assert at(at(poll), push, covered=covered) == poll


def test_it_is_asked_at_the_end_of_the_lease() -> None:
    assert at(POLL, replace(VERIFIED, expires=NOON + 2 * HOUR)).next_due == NOON + 2 * HOUR


def test_a_due_time_that_somebody_else_set_stands() -> None:
    """A visit, or an interval of the feed's own, came between."""
    again = replace(at(POLL), next_due=NOON + 2 * HOUR, reason="another")

    assert ordinary(again) == replace(again, rules=(Rule("schedule.interval", NOON + HOUR), RULES[1]))
    assert at(again, DENIED).next_due == NOON + 2 * HOUR


def test_a_delivery_makes_it_due_until_it_is_taken_in() -> None:
    calm = at(POLL)
    due = soon(calm, NOON + HOUR, HOURLY)

    assert (due.next_due, due.reason) == (NOON + HOUR, "a hub has pushed it")
    assert at(due, now=NOON + HOUR) == due  # until then nothing takes that back
    assert settled(due) == POLL
    assert at(settled(due)) == calm
    assert settled(calm) == calm
    assert soon(due, NOON + HOUR, HOURLY) == due


@pytest.mark.parametrize(
    ("poll", "expected"),
    [
        (POLL, NOON + 15 * MINUTE),  # schedule.minimum
        (replace(POLL, last_polled=None), NOON + MINUTE),
        (replace(POLL, last_polled=NOON - DAY), NOON + MINUTE),
        (replace(POLL, next_due=NOON + 5 * MINUTE), NOON + 5 * MINUTE),
        (replace(POLL, next_due=NOON - HOUR), NOON - HOUR),
        (replace(POLL, failures=2), NOON + HOUR),
        (replace(POLL, gone=NOON), NOON + HOUR),
    ],
)
def test_a_delivery_makes_nobody_rude(poll: PollState, expected: datetime) -> None:
    assert soon(poll, NOON + MINUTE, HOURLY).next_due == expected


times = st.integers(-100, 100).map(lambda number: NOON + number * HOUR)
polls = st.builds(
    PollState,
    next_due=times,
    last_polled=times,
    last_success=st.none() | times,
    failures=st.integers(0, 1),
    reason=st.none() | st.just("schedule.interval"),
    rules=st.sampled_from([(), RULES]),
)
pushes = st.builds(replace, st.just(VERIFIED), expires=st.none() | times, state=st.sampled_from(["verified", "denied"]))


@given(polls, st.lists(st.tuples(pushes, times, st.none() | times, st.integers(0, 2)), max_size=8))
def test_all_of_it_can_be_taken_back(poll: PollState, steps: list[tuple[Any, ...]]) -> None:
    moved = poll
    for push, now, covered, kind in steps:
        match kind:
            case 0:
                moved = planned(moved, push, now, HOURLY, covered=covered)
            case 1:
                moved = soon(moved, now, HOURLY)
            case 2:
                moved = settled(moved)
        assert len(moved.rules) <= len(poll.rules) + 2
    back = ordinary(moved)
    assert (back.next_due, back.reason) == (poll.next_due, poll.reason)
    assert back.rules == poll.rules or poll.reason is None
