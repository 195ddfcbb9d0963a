"""What a hub is asked, and what it is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.push.callback import Answer, answer, form, parameters
from archive.store import Push
from tests.support.items import NOON

TOPIC = "https://source.example/feed?a=1&b=é"
ASKED = Push(feed=1, hub="https://hub.example/", topic=TOPIC, token="t", secret="s", asked=NOON)
LATER = NOON + timedelta(hours=1)
VERIFIED = replace(ASKED, state="verified", expires=LATER, reason="something")
DENIED, ENDED = replace(ASKED, state="denied"), replace(ASKED, state="ended")


def query(mode: str = "subscribe", **values: str | None) -> bytes:
    """A query of a hub; None leaves a parameter out."""
    said = {"mode": mode, "topic": TOPIC, "challenge": "c h&é", "lease_seconds": "60", **values}
    return urlencode({f"hub.{name}": value for name, value in said.items() if value is not None}).encode()


def test_what_is_sent_to_subscribe_and_unsubscribe() -> None:
    assert form(ASKED, "subscribe", "https://b.example/_push/t") == {
        "hub.callback": "https://b.example/_push/t",
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.lease_seconds": "864000",
        "hub.secret": "s",
    }
    assert "hub.secret" not in form(ASKED, "unsubscribe", "https://b.example/_push/t")


@pytest.mark.parametrize("push", [ASKED, VERIFIED])
@pytest.mark.parametrize(
    ("lease", "granted"),
    [("60", 60), ("864000", 864_000), ("0060", 60), ("9" * 5000, 366 * 86400), ("1", 1)],
)
def test_what_was_asked_for_is_confirmed(push: Push, lease: str, granted: int) -> None:
    given = answer(push, query(lease_seconds=lease), LATER)

    assert (given.status, given.body) == (200, "c h&é".encode())
    assert given.push == replace(push, state="verified", expires=LATER + timedelta(seconds=granted), reason=None)


NO = Answer(404)


@pytest.mark.parametrize(
    ("push", "asked"),
    [
        (ASKED, query(topic="https://source.example/feed")),
        (ASKED, query(topic=None)),
        (ASKED, query(challenge=None)),
        (ASKED, query(challenge="")),
        (ASKED, query(lease_seconds=None)),
        (ASKED, query(lease_seconds="")),
        (ASKED, query(lease_seconds="0")),
        (ASKED, query(lease_seconds="-60")),
        (ASKED, query(lease_seconds="6.5")),
        (ASKED, query(lease_seconds="٦٠")),
        (ASKED, query("publish")),
        (ASKED, query("Subscribe")),
        (ASKED, query("unsubscribe")),
        (VERIFIED, query("unsubscribe")),
        (DENIED, query()),
        (DENIED, query("denied")),
        (DENIED, query("unsubscribe")),
        (ENDED, query()),
        (ENDED, query("denied")),
        (ENDED, query("unsubscribe", challenge=None)),
        (ENDED, query("unsubscribe", topic="x")),
        (ASKED, b""),
        (ASKED, b"hub.topic"),
        (ASKED, b"&".join([b"a=b"] * 101) + b"&" + query()),
        # The first of each name counts, as the callback's own parameters stand before the hub's.
        (ASKED, b"hub.topic=other&" + query()),
    ],
)
def test_what_was_not_asked_for_is_not_found(push: Push, asked: bytes) -> None:
    assert answer(push, asked, LATER) == NO


def test_an_unsubscription_is_confirmed_where_it_was_wanted() -> None:
    assert answer(ENDED, query("unsubscribe", lease_seconds=None), LATER) == Answer(200, "c h&é".encode())


@pytest.mark.parametrize("push", [ASKED, VERIFIED])
@pytest.mark.parametrize(
    ("reason", "told"),
    [(None, "the hub gives no reason"), ("", "the hub gives no reason"), ("a\nb\x1b[1m\u202ec", "a b [1m c")],
)
def test_a_denial_is_kept_with_its_reason(push: Push, reason: str | None, told: str) -> None:
    given = answer(push, query("denied", reason=reason), LATER)

    assert given == Answer(200, push=replace(push, state="denied", expires=None, reason=told))


def test_a_challenge_comes_back_to_the_letter() -> None:
    raw = bytes(range(256))
    asked = query(challenge=None) + b"&hub.challenge=" + quote(raw).encode()

    assert answer(ASKED, asked, LATER).body == raw
    assert answer(ASKED, query(challenge=None) + b"&hub.challenge=\xc3\xa9\xff", LATER).body == b"\xc3\xa9\xff"


@given(st.binary())
def test_no_query_makes_it_fail(asked: bytes) -> None:
    parameters(asked)
    assert answer(ASKED, asked, NOON) == NO


names = st.sampled_from(["hub.mode", "hub.topic", "hub.challenge", "hub.lease_seconds", "hub.reason", "x"])
values = st.one_of(st.text(), st.sampled_from(["subscribe", "unsubscribe", "denied", TOPIC, "60"]))


@given(st.lists(st.tuples(names, values)), st.sampled_from([ASKED, VERIFIED, DENIED, ENDED]))
def test_only_the_challenge_is_ever_echoed(pairs: list[tuple[str, Any]], push: Push) -> None:
    asked = urlencode(pairs, errors="surrogatepass").encode()
    given = answer(push, asked, NOON)

    assert given.status in (200, 404)
    if given.body:
        said = parse_qs(asked.decode(), keep_blank_values=True, errors="surrogateescape")
        assert given.body == said["hub.challenge"][0].encode("utf-8", "surrogateescape")
        assert said["hub.topic"][0] == TOPIC
