"""Where hubs and the archive meet: asks hubs, answers them, and takes in what they deliver.

Several threads come here: the web server's with what hubs say, the one that takes in, the one that tends the leases.
All that must not be lost is in the store: how subscriptions stand, and that a feed has to be asked until what was
delivered of it is taken in.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct, structs

from archive.fetch import FetchError, Response
from archive.fetch.decode import Body, TooLargeError, UndecodableError
from archive.fetch.errors import shown
from archive.fetch.headers import codings, first
from archive.push import callback, signature, terms
from archive.push.look import look
from archive.push.offer import Offer, offer
from archive.schedule import Polled
from archive.schedule.polling import Outcome
from archive.store import FeedRecord, Headers, Push, Recorded, Store, StoreError
from archive.store.values import PollState
from config.settings import Schedule
from feeds.parse import NotAFeed

PATH = "_push"  # no channel is called that, so no published file can be

Post = Callable[[str, Mapping[str, str]], Awaitable[Response]]

_AT_ONCE = 20  # requests to hubs in one go, as they are not to hold up what else has to be done
_MOST_WAITING = 4  # times the largest body: deliveries beyond that are not kept, their feeds are asked instead
_OVERLAP = timedelta(minutes=15)  # what was asked so long ago may have been written down only now
_SECRET_BYTES = 32  # 43 letters, of the 199 bytes that section 5.1 allows
_TEMPORARY = (408, 425, 429)

_log = logging.getLogger(__name__)


class _Delivery(Struct, frozen=True):
    """What a hub delivered, and when."""

    token: str
    feed: int
    headers: Headers
    body: bytes
    at: datetime


class Desk:
    """All that has to do with hubs. `base` is the public address that the callbacks begin with, it ends with a slash.

    `now` is the clock, `limit` the largest body in bytes. While room for documents of so many bytes more runs `short`,
    nothing that was delivered is taken in. Raises StoreError, everywhere.
    """

    def __init__(
        self,
        store: Store,
        *,
        base: str,
        now: Callable[[], datetime],
        schedule: Schedule,
        limit: int,
        short: Callable[[int], bool] = lambda size: False,
    ) -> None:
        self.limit = limit
        self._store = store
        self._base = base
        self._now = now
        self._schedule = schedule
        self._short = short
        self._started = now()
        self._lock = threading.RLock()
        self._offers: dict[int, Offer | None] = {}
        self._read: datetime | None = None
        self._covered: dict[int, datetime] = {}
        self._waiting: list[_Delivery] = []
        self._arrived = threading.Event()

    # --- what hubs say -------------------------------------------------------------------------------------------

    def find(self, token: str) -> Push | None:
        """The subscription whose callback has that token."""
        found = self._store.pushes(token)
        return found[0][0] if found else None

    def answer(self, token: str, query: bytes) -> callback.Answer:
        """The answer to a hub that asks whether it was meant, or says that it will not."""
        with self._lock:
            found = self._store.pushes(token)
            if not found:
                return callback.Answer(404)
            push, feed = found[0]
            answer = callback.answer(push, query, self._now())
            if answer.push is None:
                return answer
            self._store.keep_push(answer.push)
            if answer.push.state == "denied":
                _log.warning("%s: %s does not push it: %s", feed.url, shown(push.hub), answer.push.reason)
                self._covered.pop(feed.id, None)
            else:
                _log.info("%s: %s pushes it until %s", feed.url, shown(push.hub), answer.push.expires)
                if not terms.is_active(push, self._now()):
                    self._covered[feed.id] = self._now()
            self._plan(answer.push, feed)
            return answer

    def accept(self, push: Push, headers: Headers, body: bytes) -> bool:
        """Whether a delivery is taken on: it is signed by our secret.

        From then on the feed is due, so that nothing is lost by an end before it is taken in.
        """
        if fault := signature.fault(first(headers, "X-Hub-Signature"), push.secret, body):
            self.ignore(push, fault)
            return False
        with self._lock:
            found = self._store.pushes(push.token)
            if not found:
                return False
            _, feed = found[0]
            if feed.poll:
                self._move(feed.id, feed.poll, terms.soon(feed.poll, self._now(), self._schedule))
            room = _MOST_WAITING * self.limit - sum(len(one.body) for one in self._waiting)
            if len(body) <= room:
                self._waiting.append(_Delivery(push.token, feed.id, headers, body, self._now()))
                self._arrived.set()
        return True

    def ignore(self, push: Push, why: str) -> None:
        """Note that a delivery is not taken on."""
        self._note(push.token, f"a delivery was ignored: {why}")

    # --- what they delivered -------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> bool:
        """Wait for deliveries, so long at most; whether there are any."""
        return self._arrived.wait(seconds)

    def take_in(self) -> list[Polled]:
        """Write down all that was delivered, one by one; gives what came of each.

        What there is no room for is dropped: its feed stays due, and is asked once there is more.
        """
        with self._lock:
            batch, self._waiting = self._waiting, []
            self._arrived.clear()
        told, failed = [], set()
        for delivery in batch:
            if self._short(len(delivery.body)):
                failed.add(delivery.feed)
                continue
            polled = self._take_in(delivery)
            if polled is None or polled.error:
                failed.add(delivery.feed)
            told += [polled] if polled else []
        with self._lock:
            waiting = {one.feed for one in self._waiting}
            for token, feed in {one.token: one.feed for one in batch}.items():
                if feed not in waiting | failed:
                    self._settle(token)
        return told

    def _take_in(self, delivery: _Delivery) -> Polled | None:
        """What came of a delivery, None if its subscription is no more. What cannot be read is asked for instead."""
        found = self._store.pushes(delivery.token)
        if not found or found[0][1].removed:
            return None
        push, feed = found[0]
        try:
            seen = look(feed, push, delivery.headers, self._decoded(delivery), delivery.at)
            [recorded] = self._store.record([seen])
        except (NotAFeed, UndecodableError, TooLargeError) as error:
            why = error.reason if isinstance(error, NotAFeed) else str(error) or "it is too large"
            reason = f"a delivery was no feed: {why}"
            self._note(push.token, reason)
            return Polled(feed, "failed", Recorded(feed=feed.id), error=reason)
        except StoreError:
            raise
        except Exception as fault:  # a fault of ours in one delivery must not keep the others out
            _log.exception("%s: a delivery could not be taken in", feed.url)
            return Polled(feed, "failed", Recorded(feed=feed.id), error=f"a fault of Backissue ({fault})")
        with self._lock:
            for one, _ in self._store.pushes(delivery.token):
                self._store.keep_push(structs.replace(one, pushed=delivery.at, reason=None))
        assert seen.parsed is not None
        outcome: Outcome = "new" if recorded.new else "changed" if recorded.edited else "unchanged"
        return Polled(feed, outcome, recorded, problems=seen.parsed.problems)

    def _decoded(self, delivery: _Delivery) -> bytes:
        body = Body(codings(delivery.headers), self.limit)
        body.feed(delivery.body)
        return body.finish()

    def _settle(self, token: str) -> None:
        for push, feed in self._store.pushes(token):
            if feed.poll:
                calm = terms.settled(feed.poll)
                covered = self._covered.get(feed.id)
                self._move(feed.id, feed.poll, terms.planned(calm, push, self._now(), self._schedule, covered=covered))

    # --- what they are asked -------------------------------------------------------------------------------------

    async def tend(self, post: Post) -> None:
        """Subscribe, renew and unsubscribe where it is time to, and see to when pushed feeds are asked.

        `post` sends a form and may raise FetchError.
        """
        due = await asyncio.to_thread(self._due)
        await asyncio.gather(*(self._ask(push, mode, post) for push, mode in due))

    def _due(self) -> list[tuple[Push, str]]:
        """What hubs are to be asked; it is written down before they are, as they may answer at once."""
        now = self._now()
        with self._lock:
            self._learn(now)
            known = {push.feed: (push, feed) for push, feed in self._store.pushes()}
            offered = {feed: one for feed, one in self._offers.items() if one or feed in known}
            due: list[tuple[Push, str]] = []
            for feed in sorted(known.keys() | offered.keys()):
                if feed not in known and len(due) >= _AT_ONCE:
                    continue  # its turn comes
                push, record = known.get(feed) or (None, self._store.find_feed(str(feed)))
                if record is None or (feed not in offered and _is_followed(record)):
                    continue  # it has not been read yet
                wanted = offered[feed] if _is_followed(record) else None
                step = terms.step(push, wanted, now, started=self._started)
                if step and len(due) < _AT_ONCE:
                    push, mode = self._begin(step, feed, push, wanted, now)
                    due.append((push, mode))
                if push:
                    self._cover(push, now)
                    self._plan(push, record)
        return due

    def _learn(self, now: datetime) -> None:
        since = self._read and self._read - _OVERLAP
        self._offers |= {one.feed: offer(one.url, one.headers, one.meta) for one in self._store.announced(since)}
        self._read = now

    def _begin(
        self, step: terms.Step, feed: int, push: Push | None, offered: Offer | None, now: datetime
    ) -> tuple[Push, str]:
        if step == "end":
            assert push
            push = structs.replace(push, state="ended", asked=now, expires=None, reason=None)
        elif step == "renew":
            assert push
            push = structs.replace(push, asked=now)
        else:
            assert offered
            token, secret = secrets.token_urlsafe(_SECRET_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
            push = Push(feed=feed, hub=offered.hub, topic=offered.topic, token=token, secret=secret, asked=now)
        self._store.keep_push(push)
        return push, "unsubscribe" if step == "end" else "subscribe"

    async def _ask(self, push: Push, mode: str, post: Post) -> None:
        fields = callback.form(push, mode, self.address(push.token))
        final = False
        try:
            response = await post(push.hub, fields)
        except FetchError as error:
            fault = f"{error.reason}; {error.remedy}" if error.remedy else error.reason
        except Exception as error:  # a fault of ours with one hub must not keep the others from being asked
            _log.exception("%s could not be asked", shown(push.hub))
            fault = f"a fault of Backissue ({type(error).__name__}: {error})"
        else:
            if 200 <= response.status < 300:
                return
            fault = f"the hub answered {response.status}"
            final = 400 <= response.status < 500 and response.status not in _TEMPORARY
        _log.warning("%s: %s to %s came to nothing: %s", shown(push.topic), mode, shown(push.hub), fault)
        if mode == "subscribe":
            await asyncio.to_thread(self._failed, push.token, fault, final)

    def _failed(self, token: str, fault: str, final: bool) -> None:
        with self._lock:
            for push, _ in self._store.pushes(token):
                refused = final and not terms.is_active(push, self._now())
                self._store.keep_push(structs.replace(push, state="denied" if refused else push.state, reason=fault))

    def address(self, token: str) -> str:
        """The callback's public address."""
        return f"{self._base}{PATH}/{token}"

    # --- when the feed itself is asked ---------------------------------------------------------------------------

    def _cover(self, push: Push, now: datetime) -> None:
        """Keep track of since when a hub pushes without a gap; what it pushed while nobody was here is lost."""
        if terms.is_active(push, now):
            self._covered.setdefault(push.feed, self._started)
        else:
            self._covered.pop(push.feed, None)

    def _plan(self, push: Push, feed: FeedRecord) -> None:
        if feed.poll and not feed.removed:
            covered = self._covered.get(feed.id)
            self._move(feed.id, feed.poll, terms.planned(feed.poll, push, self._now(), self._schedule, covered=covered))

    def _move(self, feed: int, before: PollState, after: PollState) -> None:
        if before != after:
            self._store.reschedule(feed, before, after)

    def _note(self, token: str, reason: str) -> None:
        with self._lock:
            for push, feed in self._store.pushes(token):
                if push.reason != reason:  # told and written once, not for each of thousands
                    _log.warning("%s: %s", feed.url, reason)
                    self._store.keep_push(structs.replace(push, reason=reason))


def _is_followed(feed: FeedRecord) -> bool:
    return not feed.removed and feed.poll is not None and feed.poll.gone is None
