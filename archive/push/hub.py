"""A hub for our own channels (W3C WebSub): who subscribes is asked whether they mean it, and gets what changed.

    subscriber ─form─► Hub.asked: 202 ─► Hub.tend: GET with a challenge ─► subscribed until the lease ends
    published document changed ─► Hub.tend: POST with a signature ─► taken (2xx), over (410), or again later

It sends what lies in the published folder, to whoever subscribed, for our public channels alone. What it knows is in a
file of its own, for its owner alone, as the secrets of subscribers are in it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from msgspec import Struct, structs

from archive.fetch import FetchError, Request, Response
from archive.fetch.errors import shown
from archive.push.signature import sign
from archive.store.errors import StoreError
from config.errors import reason_of

Thing = TypeVar("Thing")

PATH = "_hub"  # no channel is called that, so no published file can be

_MOST = 10_000  # subscriptions, and requests that wait to be verified
_MOST_OF_A_FORM = 100  # fields
_LONGEST = 2000  # letters of a callback
_LEASES = timedelta(minutes=5), timedelta(days=10), timedelta(days=30)  # at least, if nothing is said, at most
_SOONEST, _TRIES = timedelta(seconds=15), 8  # between two tries of a delivery, each waits twice as long
_AT_ONCE = 20
_log = logging.getLogger(__name__)


class Topic(Struct, frozen=True):
    """A live document: where it lies, its media type, and what tells that it changed."""

    path: Path
    type: str
    state: str


class Subscription(Struct, frozen=True, kw_only=True):
    """Of a callback to a topic (section 5.1), from when its owner has agreed. Times are aware UTC.

    `told` is what the document was when it was delivered last; `tries` and `after` are of a delivery that failed.
    """

    callback: str
    topic: str
    secret: str = ""
    expires: datetime
    told: str
    tries: int = 0
    after: datetime | None = None


class _Wish(Struct, frozen=True):
    """What was asked for, and not verified yet."""

    mode: str
    callback: str
    topic: str
    secret: str
    lease: timedelta


class Client(Protocol):
    """What the hub asks others with: `archive.fetch.Fetcher`."""

    def get(self, request: Request) -> Awaitable[Response]:
        """The answer to a GET."""
        ...

    def post(self, url: str, form: Mapping[str, str] | bytes, more: Mapping[str, str] = ...) -> Awaitable[Response]:
        """The answer to a POST."""
        ...


class Hub:
    """`address` is where it is asked, `topics` gives the live documents by their addresses, `record` is its file.

    May be used from several threads.
    """

    def __init__(
        self, address: str, topics: Callable[[], Mapping[str, Topic]], record: Path, *, now: Callable[[], datetime]
    ) -> None:
        self._address = address
        self._topics = topics
        self._record = record
        self._now = now
        self._lock = threading.Lock()
        self._wishes: dict[tuple[str, str], _Wish] = {}
        self._known = _read(record)

    def subscriptions(self) -> list[Subscription]:
        """Who is subscribed to what."""
        with self._lock:
            return list(self._known.values())

    def asked(self, body: bytes) -> tuple[int, str]:
        """The answer to a request to subscribe or to unsubscribe (section 5.1): a status and words for people."""
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_OF_A_FORM)
        except ValueError:
            return 400, "This is no form."
        form = dict(reversed(pairs))
        mode, callback, topic = (form.get(f"hub.{name}", "") for name in ("mode", "callback", "topic"))
        if mode not in ("subscribe", "unsubscribe"):
            return 400, "hub.mode must be subscribe or unsubscribe."
        if not _is_callback(callback):
            return 400, "hub.callback must be an http or https address without a fragment."
        if topic not in self._topics():
            return 404, "hub.topic is no live document of this site: take the one that it names as rel=self."
        secret = form.get("hub.secret", "")
        if len(secret.encode()) >= 200:
            return 400, "hub.secret must be shorter than 200 bytes."
        lease = _lease(form.get("hub.lease_seconds", ""))
        if lease is None:
            return 400, "hub.lease_seconds must be a positive number."
        with self._lock:
            if len(self._wishes) >= _MOST or len(self._known) >= _MOST:
                return 503, "There are too many subscriptions already."
            self._wishes[callback, topic] = _Wish(mode, callback, topic, secret, lease)
        return 202, "You will be asked whether you mean it."

    def waits(self) -> bool:
        """Whether there is anything to do."""
        now, topics = self._now(), self._topics()
        with self._lock:
            return bool(self._wishes) or any(_is_due(one, topics, now) for one in self._known.values())

    async def tend(self, client: Client) -> None:
        """Verify what was asked for, and deliver what changed, so far as it is time for that."""
        with self._lock:
            wishes, self._wishes = list(self._wishes.values()), {}
        await _each(wishes, lambda wish: self._verify(wish, client))
        now, topics = self._now(), self._topics()
        with self._lock:
            self._known = {key: one for key, one in self._known.items() if one.expires > now and one.topic in topics}
            due = [one for one in self._known.values() if _is_due(one, topics, now)]
        bodies = {topic: body for topic in {one.topic for one in due} if (body := _bytes(topics[topic].path))}
        await _each(
            [one for one in due if one.topic in bodies],
            lambda one: self._deliver(one, topics[one.topic], bodies[one.topic], client),
        )
        if wishes or due:
            self._write()

    async def _verify(self, wish: _Wish, client: Client) -> None:
        """Ask the callback whether its owner means it (section 5.3): only the challenge itself, with 2xx, is a yes."""
        challenge = secrets.token_urlsafe(32)
        said = {"hub.mode": wish.mode, "hub.topic": wish.topic, "hub.challenge": challenge}
        if wish.mode == "subscribe":
            said["hub.lease_seconds"] = str(int(wish.lease.total_seconds()))
        question = f"{wish.callback}{'&' if '?' in wish.callback else '?'}{urlencode(said)}"
        try:
            answer = await client.get(Request(url=question))
        except FetchError as error:
            _log.info("%s was not verified: %s", shown(wish.callback), error.reason)
            return
        if answer.redirects or not 200 <= answer.status < 300 or answer.body.strip() != challenge.encode():
            _log.info("%s was not verified: it answered %d", shown(wish.callback), answer.status)
            return
        topic = self._topics().get(wish.topic)
        with self._lock:
            if wish.mode == "unsubscribe" or topic is None:
                self._known.pop((wish.callback, wish.topic), None)
                return
            before = self._known.get((wish.callback, wish.topic))
            self._known[wish.callback, wish.topic] = Subscription(
                callback=wish.callback,
                topic=wish.topic,
                secret=wish.secret,
                expires=self._now() + wish.lease,
                told=before.told if before else topic.state,
            )

    async def _deliver(self, one: Subscription, topic: Topic, body: bytes, client: Client) -> None:
        """Send the document (section 7), signed where the subscriber gave a secret."""
        fields = {"Content-Type": topic.type, "Link": f'<{self._address}>; rel="hub", <{one.topic}>; rel="self"'}
        if one.secret:
            fields["X-Hub-Signature"] = sign("sha256", one.secret, body)
        try:
            status = (await client.post(one.callback, body, fields)).status
        except FetchError as error:
            _log.info("%s was not reached: %s", shown(one.callback), error.reason)
            status = 0
        key = one.callback, one.topic
        with self._lock:
            if self._known.get(key) != one:
                return  # it was asked for anew meanwhile
            if status == 410:
                del self._known[key]
            elif 200 <= status < 300 or one.tries + 1 >= _TRIES:
                self._known[key] = structs.replace(one, told=topic.state, tries=0, after=None)
            else:
                after = self._now() + _SOONEST * 2**one.tries
                self._known[key] = structs.replace(one, tries=one.tries + 1, after=after)

    def _write(self) -> None:
        with self._lock:
            data = msgspec.json.encode(list(self._known.values()))
        temporary = self._record.with_name(f"{self._record.name}.tmp")
        try:
            handle = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._record)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            reason = f"cannot be written ({reason_of(error)}), so who subscribed lately is not known after a restart"
            raise StoreError(str(self._record), reason, "make room there, and check its rights") from error


async def _each(things: Sequence[Thing], do: Callable[[Thing], Awaitable[None]]) -> None:
    """Do it with each of them, some at once."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(thing: Thing) -> None:
        async with turn:
            await do(thing)

    await asyncio.gather(*(one(thing) for thing in things))


def _is_due(one: Subscription, topics: Mapping[str, Topic], now: datetime) -> bool:
    topic = topics.get(one.topic)
    changed = topic is not None and topic.state != one.told
    return changed and one.expires > now and (one.after is None or one.after <= now)


def _is_callback(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    plain = len(text) <= _LONGEST and text.isprintable() and " " not in text
    return plain and parts.scheme in ("http", "https") and bool(parts.hostname) and "#" not in text


def _lease(text: str) -> timedelta | None:
    """What is granted of the lease that is asked for; None for what is none."""
    least, usual, most = _LEASES
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and int(text[:12])):
        return None
    return min(max(timedelta(seconds=int(text[:9])), least), most)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None  # the next look finds what stands there then


def _read(record: Path) -> dict[tuple[str, str], Subscription]:
    """What is known; a file that is damaged is as none: its subscribers come again when their leases end."""
    try:
        known = msgspec.json.decode(record.read_bytes(), type=list[Subscription])
    except (OSError, msgspec.MsgspecError):
        return {}
    return {(one.callback, one.topic): one for one in known}
