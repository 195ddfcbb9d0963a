"""How feeds stand with their servers and hubs, how they fare, and what is learnt of when to ask them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from feeds.model import Feed


class Rule(Struct, frozen=True, array_like=True):
    """Something that bears on a feed's next due time: its name, the time it asks for (UTC), whether it decided."""

    name: str
    at: datetime | None = None
    decided: bool = False


class PollState(Struct, frozen=True, kw_only=True):
    """How a remote feed stands with its server. Times are aware UTC, `interval` is in minutes.

    `etag` and `last_modified` are the validators to the letter as last received, `validated` the
    address that gave them; `sha256` is that of the last body.
    `gone` is when the feed answered 410 (its polling has ended), `error` why the last poll failed, None after a
    success; `reason` says in words what decided `next_due`, `rules` all that bore on it.
    `moved_to` is where a permanent redirect led since `moved_since`; `answers` counts answers of any kind, `lies` that
    the server was caught saying "not modified" of what was modified.
    `plan` is when the feed's rhythm wants it asked (archive.schedule.pacing), which polling reads and does not change.
    """

    next_due: datetime
    interval: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    validated: str | None = None
    sha256: bytes | None = None
    last_polled: datetime | None = None
    last_success: datetime | None = None
    last_changed: datetime | None = None
    last_status: int | None = None
    failures: int = 0
    error: str | None = None
    gone: datetime | None = None
    reason: str | None = None
    moved_to: str | None = None
    moved_since: datetime | None = None
    answers: int = 0
    lies: bool = False
    plan: str | None = None
    rules: tuple[Rule, ...] = ()


class FeedRecord(Struct, frozen=True, kw_only=True):
    """A feed of the archive. `kind` is local for articles taken in; `meta` is what its last document said of itself."""

    id: int
    url: str
    kind: Literal["remote", "local"]
    added: datetime
    removed: datetime | None = None
    given_title: str | None = None
    tags: tuple[str, ...] = ()
    guids_trusted: bool = True
    meta: Feed | None = None
    poll: PollState | None = None
    entries: int = 0

    @property
    def title(self) -> str:
        """The operator's title, else the feed's own, else its address."""
        return self.given_title or (self.meta and self.meta.title) or self.url


class Push(Struct, frozen=True, kw_only=True):
    """How a feed stands with the hub that pushes it (W3C WebSub). Times are aware UTC.

    `topic` is the feed's address as the hub knows it, `token` the secret part of our callback's, `secret` what signs
    the deliveries. asked: since `asked` the hub has not agreed yet. verified: it has, and pushes until `expires`;
    `asked` is then the last time that it was asked for more. denied: it will not. ended: we want no more.
    `pushed` is when a delivery was taken in last, `reason` what is wrong.
    """

    feed: int
    hub: str
    topic: str
    token: str
    secret: str
    state: Literal["asked", "verified", "denied", "ended"] = "asked"
    asked: datetime
    expires: datetime | None = None
    pushed: datetime | None = None
    reason: str | None = None

    def __repr__(self) -> str:
        return f"<Push {self.feed} {self.state}>"  # without its secrets


class Health(Struct, frozen=True, kw_only=True):
    """How a feed fares: entries per day over the last 28, gaps known, until when somebody has it to ask (aware UTC).

    `expected` is how many entries a day its rhythm makes, None where that is not known yet.
    """

    feed: int
    per_day: float
    expected: float | None = None
    gaps: int = 0
    leased_until: datetime | None = None


class Arrived(Struct, frozen=True):
    """An entry: when it was first seen, and the date that it gave itself, if that tells something (aware UTC)."""

    seen: datetime
    date: datetime | None = None


class Lesson(Struct, frozen=True, kw_only=True):
    """What came of a remote feed since its rhythm was learnt last.

    `known` is that rhythm as JSON, learnt from what came by `learnt`; `changed` is when the last document came,
    `window` how many entries it shows. `pushed` says that a hub brings its news.
    """

    feed: FeedRecord
    known: str | None
    learnt: datetime | None
    changed: datetime
    window: int
    pushed: bool = False
    arrived: tuple[Arrived, ...] = ()


class Learnt(Struct, frozen=True, kw_only=True):
    """What was learnt of a feed: its rhythm as JSON from what came by `learnt`, and how many entries a day it makes.

    `plan` says until `planned` when to ask. Where the next due time moves by it, it is that of `after`, if it still is
    that of `before`.
    """

    feed: int
    known: str
    learnt: datetime
    expected: float
    plan: str
    planned: datetime
    before: PollState | None = None
    after: PollState | None = None


class Price(Struct, frozen=True):
    """What a request costs in entry-hours, as of an instant, so that so many feeds need that many an hour."""

    value: float
    at: datetime
    feeds: int
    budget: int
