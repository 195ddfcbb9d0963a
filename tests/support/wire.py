"""HTTP by hand: bytes as no client would send them, and the answers that come back."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

_HEAD = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n")


class Said(NamedTuple):
    """An answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def connected(address: str, timeout: float = 15) -> socket.socket:
    """A connection to the server at an address."""
    parts = urlsplit(address)
    return socket.create_connection((parts.hostname or "", parts.port or 80), timeout=timeout)


def until_closed(peer: socket.socket) -> bytes:
    """All that comes until the other side closes; TimeoutError if it does not."""
    got = b""
    try:
        while piece := peer.recv(65536):
            got += piece
    except ConnectionError:  # closed while bytes of ours were on their way
        pass
    return got


def answer(peer: socket.socket) -> Said:
    """The next answer on a connection, whole; an AssertionError if the server closes before."""
    got = b""
    while True:
        head = _HEAD.match(got)
        length = re.search(rb"content-length: (\d+)", head[2]) if head else None
        if head and len(got) >= head.end() + (int(length[1]) if length else 0):
            return next(answers(got))
        piece = peer.recv(65536)
        assert piece, got
        got += piece


def exchange(address: str, data: bytes) -> list[Said]:
    """Send bytes at one stroke and take what is answered until the server closes the connection."""
    with connected(address) as peer:
        peer.sendall(data)
        return list(answers(until_closed(peer)))


def answers(data: bytes, *, bodies: bool = True) -> Iterator[Said]:
    """The answers that lie in these bytes; an AssertionError where there is anything else. HEAD has no `bodies`."""
    while data:
        head = _HEAD.match(data)
        assert head, data[:200]
        lines = [line.split(b": ", 1) for line in head[2].split(b"\r\n") if line]
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in lines}
        status = int(head[1])
        length = int(headers.get("content-length", "0")) if bodies and status not in (100, 204, 304) else 0
        body, data = data[head.end() :][:length], data[head.end() + length :]
        assert len(body) == length, "the answer broke off"
        yield Said(status, headers, body)
