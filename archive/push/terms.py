"""What a subscription needs next, and when a pushed feed is asked all the same. Pure: the clock is an argument."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from msgspec import structs

from archive.push.offer import Offer
from archive.store.values import PollState, Push, Rule
from config.settings import Schedule

Step = Literal["ask", "renew", "end"]

_RENEWED_AT = 0.8  # of the lease; then again at as much of what is left of it, and so on, until the hub has agreed
_UNANSWERED = timedelta(hours=6)
_LAPSED = timedelta(hours=1)
_DENIED = timedelta(days=7)

_NET = "a hub pushes it, this is to be sure"
_SOON = "a hub has pushed it"
_WITHOUT = "without the hub: "


def step(push: Push | None, offered: Offer | None, now: datetime, *, started: datetime) -> Step | None:
    """What is to be done about a feed: ask anew, ask again for the same, end it, or nothing.

    `offered` is None for a feed that names no hub, or is followed no more. `started` is since when the callback can be
    reached: what was asked before, and not answered, may have been for that.
    """
    if offered is None:
        return "end" if push and push.state in ("asked", "verified") else None
    if push is None or push.state == "ended" or (push.hub, push.topic) != (offered.hub, offered.topic):
        return "ask"
    if push.state == "denied":
        return "ask" if push.asked + _DENIED <= now else None
    if is_active(push, now):
        assert push.expires is not None
        return "renew" if now >= push.asked + _RENEWED_AT * (push.expires - push.asked) else None
    wait = _UNANSWERED
    if push.expires:  # it agreed once, and the lease has ended
        wait = min(wait, max(push.expires - push.asked, _LAPSED))
    return "renew" if push.asked < started or push.asked + wait <= now else None


def is_active(push: Push, now: datetime) -> bool:
    """Whether the hub pushes: it agreed to, and the lease has not ended."""
    return push.state == "verified" and push.expires is not None and now < push.expires


def planned(poll: PollState, push: Push, now: datetime, schedule: Schedule, *, covered: datetime | None) -> PollState:
    """When a feed that has a hub is asked next: after `schedule.maximum` while nothing can have been missed.

    `covered` is since when the hub pushes without a gap, None if it does not. Only once the feed was asked after that
    can it be left to the hub; otherwise, or if its server fails, or it has an interval of its own, it is asked as if
    there were no hub. A visit that a delivery asked for stands until it is made or `settled`.
    """
    if _ours(poll, _SOON):
        return poll
    plain = ordinary(poll)
    seen = covered is not None and poll.last_success is not None and poll.last_success >= covered
    if not (seen and is_active(push, now)) or poll.failures or poll.gone or poll.interval is not None:
        return plain
    assert poll.last_polled is not None and push.expires is not None
    due = min(poll.last_polled + timedelta(minutes=schedule.maximum), push.expires)
    return _moved(plain, due, _NET) if due > plain.next_due else plain


def soon(poll: PollState, now: datetime, schedule: Schedule) -> PollState:
    """The feed asked as soon as it may be: a delivery came, and until it is taken in nothing else knows of it.

    A server that fails is left alone for as long as it would be anyway.
    """
    earliest = poll.last_polled + timedelta(minutes=schedule.minimum) if poll.last_polled else now
    due = max(now, earliest)
    return poll if poll.gone or poll.failures or poll.next_due <= due else _moved(ordinary(poll), due, _SOON)


def settled(poll: PollState) -> PollState:
    """The feed as if no delivery had come: it is taken in."""
    return ordinary(poll) if _ours(poll, _SOON) else poll


def ordinary(poll: PollState) -> PollState:
    """When it would be asked if there were no hub, and why."""
    ours = _ours(poll, _NET) or _ours(poll, _SOON)
    rules = tuple(rule for rule in poll.rules if not _is_ours(rule))
    before = next((rule for rule in poll.rules if rule.name.startswith(_WITHOUT)), None)
    if not ours or not before or before.at is None:
        return poll if rules == poll.rules else structs.replace(poll, rules=rules)
    reason = before.name.removeprefix(_WITHOUT)
    rules = tuple(structs.replace(rule, decided=rule.name == reason) for rule in rules)
    return structs.replace(poll, next_due=before.at, reason=reason or None, rules=rules)


def _moved(poll: PollState, due: datetime, name: str) -> PollState:
    rules = tuple(structs.replace(rule, decided=False) for rule in poll.rules)
    without = Rule(f"{_WITHOUT}{poll.reason or ''}", poll.next_due)
    return structs.replace(poll, next_due=due, reason=name, rules=(*rules, without, Rule(name, due, True)))


def _ours(poll: PollState, name: str) -> Rule | None:
    """The rule of that name, if the due time is still the one that it set."""
    return next((rule for rule in poll.rules if rule.name == name and rule.at == poll.next_due), None)


def _is_ours(rule: Rule) -> bool:
    return rule.name in (_NET, _SOON) or rule.name.startswith(_WITHOUT)
