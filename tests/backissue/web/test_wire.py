"""Requests that two readers could read in two ways, and others that no client would send (RFC 9112)."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import suppress

import pytest
from starlette.types import Receive, Scope, Send

from backissue.web import running
from tests.backissue.web.conftest import FILES, Site
from tests.support.wire import answers, connected, exchange, until_closed

SMALL, ROOT = FILES["all/small.txt"], FILES["index.html"]
GOOD = b"GET /all/small.txt HTTP/1.1\r\nHost: x\r\n\r\n"
HIDDEN = b"GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /all/small.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def post(fields: str, body: bytes = b"", version: str = "1.1") -> bytes:
    return f"POST / HTTP/{version}\r\nHost: x\r\n{fields}\r\n".encode("latin-1") + body


@pytest.mark.parametrize(
    "sent",
    [
        # Where a body ends (sections 6.1 and 6.3): what one reader takes for a body is another request to the next.
        post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n" + HIDDEN),
        post("Content-Length: 0\r\nContent-Length: 44\r\n", HIDDEN),
        post("Content-Length: 44\r\nContent-Length: 44\r\n", HIDDEN),
        post("Content-Length: +44\r\n", HIDDEN),
        post("Content-Length: -1\r\n", HIDDEN),
        post("Content-Length: 0x2c\r\n", HIDDEN),
        post("Content-Length: 4 4\r\n", HIDDEN),
        post("Content-Length: 44, 44\r\n", HIDDEN),
        post("Content-Length: 99999999999999999999999\r\n", HIDDEN),
        post("Content-Length:\r\n", HIDDEN),
        post("Transfer-Encoding: identity\r\n", HIDDEN),
        post("Transfer-Encoding: chunked, identity\r\n", HIDDEN),
        post("Transfer-Encoding: xchunked\r\n", HIDDEN),
        post("Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding : chunked\r\n", b"0\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding\r\n : chunked\r\n", b"0\r\n\r\n" + HIDDEN),
        post(" Transfer-Encoding: chunked\r\n", b"0\r\n\r\n" + HIDDEN),
        # How a chunk is written (section 7.1).
        post("Transfer-Encoding: chunked\r\n", b"-1\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding: chunked\r\n", b"0x5\r\nhello\r\n0\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding: chunked\r\n", b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding: chunked\r\n", b"5\r\nhello0\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding: chunked\r\n", b"5\nhello\n0\n\n" + HIDDEN),
        # How lines and fields are written (sections 2.2, 3 and 5).
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\rHost: x\r\r",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.9\r\nHost: x\r\n\r\n",
        b"GET / HTTPS/1.1\r\nHost: x\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"get / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http:// HTTP/1.1\r\nHost: x\r\n\r\n",
        # One host, and one that could be (section 3.2).
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_with_all_that_follows(site: Site, sent: bytes) -> None:
    site.ask("/all/small.txt")  # so that it lies ready
    first, *others = exchange(site.address, GOOD + sent + HIDDEN)

    assert (first.status, first.body) == (200, SMALL)
    assert [one.status for one in others] in ([400], [405]), others
    assert not any(one.body == ROOT for one in others)
    assert site.ask("/all/small.txt").status == 200


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (b"\r\n\r\n" + LAST, [200]),
        (b"GET / HTTP/1.0\r\n\r\n", [200]),
        (b"GET http://x/all/small.txt HTTP/1.1\r\nHost: y\r\nConnection: close\r\n\r\n", [200]),
        (b"GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", [200]),
        (b"GET / HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n", [200]),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", [405]),
        (post("Content-Length: 5\r\n", b"hello") + LAST, [405, 200]),
        (post("Transfer-Encoding: Chunked\r\n", b"5;a=b\r\nhello\r\n0\r\nRange: bytes=0-1\r\n\r\n") + LAST, [405, 200]),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1",
            [200],
        ),
        (b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n" + HIDDEN, [200]),
        (b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" + HIDDEN, [200]),
        (LAST + HIDDEN, [200]),
    ],
)
def test_odd_requests_that_are_none_the_less_sound(site: Site, sent: bytes, statuses: list[int]) -> None:
    site.ask("/all/small.txt")

    assert [one.status for one in exchange(site.address, sent)] == statuses


def test_trailers_are_no_header_fields(site: Site) -> None:
    fields = "Transfer-Encoding: chunked\r\nConnection: close\r\n"
    sent = f"GET /all/small.txt HTTP/1.1\r\nHost: x\r\n{fields}\r\n0\r\nRange: bytes=0-1\r\n\r\n"

    (answer,) = exchange(site.address, sent.encode())

    assert (answer.status, answer.body) == (200, SMALL)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 100 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 2_000_000, 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA" + b"a" * 2_000_000, 431),
        (b"GET " + b"/" * 2_000_000, 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 300_000, 431),
        (post("Transfer-Encoding: chunked\r\n", b"1;" + b"a" * 2_000_000), 405),
        (post("Transfer-Encoding: chunked\r\n", b"0\r\nA: " + b"a" * 2_000_000), 405),
        (post("Transfer-Encoding: chunked\r\n", b"0\r\n" + b"A: b\r\n" * 300_000), 405),
    ],
    ids=["target", "value", "fields", "no-end", "name", "slashes", "endless", "extension", "trailer", "trailers"],
)
def test_heads_and_trailers_have_an_end(site: Site, sent: bytes, status: int) -> None:
    with connected(site.address) as peer:
        with suppress(ConnectionError):  # refused before all of it was sent, and the answer may be lost
            peer.sendall(sent)
        got = list(answers(until_closed(peer)))

    assert [one.status for one in got] in ([status], [400], [])
    assert site.ask("/all/small.txt").status == 200


def test_a_head_may_be_as_large_as_most_are(site: Site) -> None:
    value = b"a" * 15_000
    sent = b"GET /all/small.txt HTTP/1.1\r\nHost: x\r\nCookie: " + value + b"\r\n\r\n"

    assert [one.status for one in exchange(site.address, sent * 5 + LAST)] == [200] * 6


def test_who_asks_for_much_at_once_gets_some_of_it(site: Site) -> None:
    site.ask("/all/feed.rss")
    slow = b"GET /all/feed.rss HTTP/1.1\r\nHost: x\r\nRange: bytes=0-99999\r\n\r\n"
    got = exchange(site.address, slow * 5_000)

    assert 5 < len(got) < 100
    assert {one.status for one in got} == {206}


def test_what_was_asked_rightly_is_answered_whole_before_the_refusal_of_what_follows(site: Site) -> None:
    sent = b"GET /all/voice.mp3 HTTP/1.1\r\nHost: x\r\n\r\n" * 3 + b"nonsense\r\n\r\n"

    got = exchange(site.address, sent)

    assert [(one.status, one.body) for one in got[:3]] == [(200, FILES["all/voice.mp3"])] * 3
    assert [one.status for one in got[3:]] in ([], [400])  # the latter where all of them lay ready


def test_who_says_no_more_gets_what_was_asked_for(site: Site) -> None:
    with connected(site.address) as peer:
        peer.sendall(b"GET /all/voice.mp3 HTTP/1.1\r\nHost: x\r\nRange: bytes=0-\r\n\r\n" * 3)
        peer.shutdown(socket.SHUT_WR)
        got = list(answers(until_closed(peer)))

    assert [(one.status, one.body) for one in got] == [(206, FILES["all/voice.mp3"])] * 3


def test_a_fault_is_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("a\nb")

    with running(broken, "127.0.0.1", 0) as address, caplog.at_level("WARNING"):
        (answer,) = exchange(address, b"GET /%0a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert answer.status == 500
    assert "KeyError" not in answer.body.decode()
    (record,) = caplog.records
    assert record.getMessage().startswith("a GET met a fault of Backissue, please report it: KeyError: ")
    assert (record.exc_info, "\n" in record.getMessage()) == (None, False)


def test_nobody_is_told_of_those_who_have_gone(caplog: pytest.LogCaptureFixture) -> None:
    gone, told = threading.Event(), threading.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        while not gone.is_set():
            await asyncio.sleep(0.01)
        try:
            for _ in range(3):
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
        finally:
            told.set()

    with running(slow, "127.0.0.1", 0) as address, caplog.at_level("WARNING"):
        peer = connected(address)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.sendall(GOOD)
        peer.close()  # with a reset
        gone.set()
        assert told.wait(10)

    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
