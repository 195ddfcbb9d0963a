"""What a hub asks of the callback, and what it is answered: intent and denial (WebSub section 5). Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from msgspec import Struct, structs

from archive.store.values import Push

LEASE = timedelta(days=10)  # what is asked for; section 8.2 calls it a good default

_LONGEST = timedelta(days=366)
_SECONDS = re.compile(r"[0-9]+", re.ASCII)
_MOST_FIELDS = 100
_MOST_OF_A_REASON = 300


class Answer(Struct, frozen=True):
    """What goes back to the hub, and how the subscription stands from now on, None if as before."""

    status: int
    body: bytes = b""
    push: Push | None = None


def form(push: Push, mode: str, callback: str) -> dict[str, str]:
    """What is sent to the hub to subscribe or unsubscribe (section 5.1)."""
    fields = {"hub.callback": callback, "hub.mode": mode, "hub.topic": push.topic}
    if mode == "subscribe":
        fields |= {"hub.lease_seconds": str(int(LEASE.total_seconds())), "hub.secret": push.secret}
    return fields


def answer(push: Push, query: bytes, now: datetime) -> Answer:
    """The answer to a GET with that query: the challenge if it is about what was asked for, else 404."""
    said = parameters(query)
    if said.get("hub.topic") != push.topic:
        return Answer(404)
    match said.get("hub.mode"):
        case "denied" if push.state in ("asked", "verified"):
            reason = _plain(said.get("hub.reason", "")) or "the hub gives no reason"
            return Answer(200, push=structs.replace(push, state="denied", expires=None, reason=reason))
        case "subscribe" if push.state in ("asked", "verified"):
            challenge, lease = said.get("hub.challenge"), _lease(said.get("hub.lease_seconds"))
            if challenge and lease:
                verified = structs.replace(push, state="verified", expires=now + lease, reason=None)
                return Answer(200, _bytes(challenge), verified)
        case "unsubscribe" if push.state == "ended":
            if challenge := said.get("hub.challenge"):
                return Answer(200, _bytes(challenge))
    return Answer(404)


def parameters(query: bytes) -> dict[str, str]:
    """The parameters of a query, the first of each name; bytes that are no UTF-8 come back by `surrogateescape`."""
    try:
        text = query.decode("utf-8", "surrogateescape")
        pairs = parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return dict(reversed(pairs))


def _lease(text: str | None) -> timedelta | None:
    """For how long the hub will push; None if it does not say, or not at all."""
    if text is None or not _SECONDS.fullmatch(text):
        return None
    # Twelve digits are more than enough, and keep int() from a number of thousands of them.
    return min(timedelta(seconds=min(int(text[:12]), 10**9)), _LONGEST) or None


def _bytes(challenge: str) -> bytes:
    return challenge.encode("utf-8", "surrogateescape")


def _plain(text: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in text[:_MOST_OF_A_REASON])
    return " ".join(shown.split())
