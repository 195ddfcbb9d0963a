"""A publisher of many feeds on 127.0.0.1 with bad days: connections, lengths, codings, certificates, names, statuses.

Each feed has a host of its own. In a pass some of them answer with a fault, all others rightly; `FAULTS` tells of each
what should be said of its feed. What goes wrong before a server could see a request is a proxy's doing, or of names
that are not known.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from msgspec import Struct

from tests.support.authority import Authority

DOMAIN = "faults.example"
_OK = b"HTTP/1.1 200 OK\r\n"
_LINGER = struct.pack("ii", 1, 0)


class Reply(Struct, frozen=True):
    """The right answer of a feed, of which a fault makes something else."""

    body: bytes
    etag: str

    def head(self, *fields: str, length: int | None = None) -> bytes:
        """Status and fields."""
        lines = ["Content-Type: application/rss+xml", f"ETag: {self.etag}", *fields]
        lines += [f"Content-Length: {len(self.body) if length is None else length}"] if length != -1 else []
        return _OK + "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


Ends = Callable[[], Awaitable[object]]
Sending = Callable[[Reply, asyncio.StreamWriter, Ends], Awaitable[None]]


class Fault(Struct, frozen=True):
    """`said` is what should be said of the feed, "" where all should be well, "a|b" where either may be.

    `place` is where it has to happen.
    """

    said: str
    send: Sending | None = None
    status: int | None = None
    place: str = ""


def _bytes(make: Callable[[Reply], bytes]) -> Sending:
    async def send(reply: Reply, writer: asyncio.StreamWriter, ends: Ends) -> None:
        writer.write(make(reply))
        await writer.drain()

    return send


def _reset(make: Callable[[Reply], bytes]) -> Sending:
    async def send(reply: Reply, writer: asyncio.StreamWriter, ends: Ends) -> None:
        writer.write(make(reply))
        await writer.drain()
        # With no time to linger, what is closed is reset (socket(7)).
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        writer.transport.abort()

    return send


def _stall(make: Callable[[Reply], bytes]) -> Sending:
    async def send(reply: Reply, writer: asyncio.StreamWriter, ends: Ends) -> None:
        writer.write(make(reply))
        await writer.drain()
        await ends()

    return send


def _status(status: int, phrase: str, *fields: str) -> Fault:
    text = f"HTTP/1.1 {status} {phrase}\r\nContent-Length: 5\r\n" + "".join(f"{field}\r\n" for field in fields) + "\r\n"
    return Fault(f"the server answered {status} ({phrase})", _bytes(lambda _: text.encode() + b"sorry"), status)


def _right(*fields: str) -> Fault:
    return Fault("", _bytes(lambda reply: reply.head(*fields) + reply.body), 200)


def _half(reply: Reply) -> bytes:
    """Up to the middle of the second entry's text."""
    return reply.body[: reply.body.index(b"Text of", reply.body.index(b"Text of") + 1) + 20]


def _coded(coding: str, make: Callable[[bytes], bytes]) -> Sending:
    def answer(reply: Reply) -> bytes:
        body = make(reply.body)
        return reply.head(f"Content-Encoding: {coding}", length=len(body)) + body

    return _bytes(answer)


_TRUST = "its certificate is not trusted"
_ODD = "what came back is no proper HTTP answer"
_CUT = "the answer broke off before its end"
# A reset overtakes what was sent before it, or does not.
_RESET = f"the server cut the connection|{_CUT}|the server closed the connection without an answer"
FAULTS: Mapping[str, Fault] = {
    "reset": Fault(_RESET, _reset(lambda _: b"")),
    "reset-within-head": Fault(_RESET, _reset(lambda reply: reply.head()[:60])),
    "reset-within-body": Fault(_RESET, _reset(lambda reply: reply.head() + _half(reply))),
    "closed": Fault("the server closed the connection without an answer", _bytes(lambda _: b"")),
    "truncated": Fault(_CUT, _bytes(lambda reply: reply.head() + _half(reply))),
    "truncated-chunks": Fault(
        _CUT,
        _bytes(
            lambda reply: reply.head("Transfer-Encoding: chunked", length=-1) + b"40\r\n" + reply.body[:64] + b"\r\n"
        ),
    ),
    "truncated-gzip": Fault("its gzip data breaks off", _coded("gzip", lambda body: gzip.compress(body)[:-20])),
    "length-too-small": Fault("", _bytes(lambda reply: reply.head(length=len(_half(reply))) + reply.body), 200),
    "length-missing": Fault("", _bytes(lambda reply: reply.head(length=-1) + _half(reply)), 200),
    "length-too-large": Fault(_CUT, _bytes(lambda reply: reply.head(length=len(reply.body) + 9) + reply.body)),
    "length-negative": Fault(_ODD, _bytes(lambda reply: reply.head(length=-5) + reply.body)),
    "length-a-word": Fault(_ODD, _bytes(lambda reply: reply.head("Content-Length: many", length=-1) + reply.body)),
    "coding-not-done": Fault("gzip", _coded("gzip", lambda body: body)),
    "coding-another": Fault("br", _coded("br", gzip.compress)),
    "coding-unknown": Fault("", _coded("x-none", lambda body: body), 200),
    "stall": Fault("sent nothing for", _stall(lambda _: b"")),
    "stall-within-body": Fault("sent nothing for", _stall(lambda reply: reply.head() + _half(reply))),
    "500": _status(500, "Internal Server Error"),
    "502": _status(502, "Bad Gateway"),
    "503": _status(503, "Service Unavailable"),
    "503-until": _status(503, "Service Unavailable", "Retry-After: 7200"),
    "504": _status(504, "Gateway Timeout"),
    "429": _status(429, "Too Many Requests", "Retry-After: 600"),
    "page": Fault(
        "is an HTML page", _bytes(lambda _: _OK + b"Content-Length: 25\r\n\r\n<html><body>sorry</body/>"), 200
    ),
    "nothing": Fault("is empty", _bytes(lambda _: _OK + b"Content-Length: 0\r\n\r\n"), 200),
    "part": Fault(
        "only a part of the document",
        _bytes(lambda reply: (reply.head() + reply.body).replace(b"200 OK", b"206 Partial Content")),
    ),
    "not-modified": Fault("not modified", _bytes(lambda _: b"HTTP/1.1 304 Not Modified\r\n\r\n")),
    "circle": Fault(
        "redirects in a circle",
        _bytes(lambda _: b"HTTP/1.1 302 Found\r\nLocation: /feed\r\nContent-Length: 0\r\n\r\n"),
    ),
    "skew-past": _right("Date: Thu, 01 Jan 1970 00:00:10 GMT", "Last-Modified: Wed, 31 Dec 1969 00:00:00 GMT"),
    "skew-future": _right(
        "Date: Fri, 01 Jan 2100 00:00:00 GMT", "Expires: Sat, 01 Jan 2107 00:00:00 GMT", "Age: 99999999"
    ),
    "skew-expired": _right("Date: Fri, 01 Jan 2100 00:00:00 GMT", "Expires: Thu, 01 Jan 1970 00:00:00 GMT"),
    "skew-nonsense": _right("Date: yesterday", "Expires: -1", "Cache-Control: max-age=99999999999999999999"),
    "tls-expired": Fault(f"{_TRUST} (certificate has expired)", place="tls"),
    "tls-of-its-own": Fault(f"{_TRUST} (self-signed certificate)", place="tls"),
    "tls-of-another": Fault(f"{_TRUST} (Hostname mismatch", place="tls"),
    "tls-by-a-stranger": Fault(f"{_TRUST} (unable to get local issuer certificate)", place="tls"),
    "tls-plain": Fault("no secure connection could be made", place="tls-plain"),
    "tls-reset": Fault(_RESET, place="tls-reset"),
    "tls-stall": Fault("accepted no connection within", place="tls-stall"),
    "name-unknown": Fault("no such host", place="names"),
    "name-later": Fault("the host's name could not be looked up", place="names"),
    "refused": Fault("the server refused the connection", place="refused"),
}
PORTS = ("tls-plain", "tls-reset", "tls-stall", "refused")


class Publisher:
    """The servers; a context manager. `bodies` gives each host's document, `turn` which of them have which fault."""

    def __init__(self, authority: Authority, strangers: Authority) -> None:
        every = [f"*.{DOMAIN}"]
        self._right = authority.context(every)
        self._contexts = {
            "tls-expired": authority.context(every, expired=True),
            "tls-of-its-own": authority.context(every, own=True),
            "tls-of-another": authority.context(["another.example"]),
            "tls-by-a-stranger": strangers.context(every),
        }
        self._right.sni_callback = self._choose
        self.bodies: dict[str, bytes] = {}
        self.asked: dict[str, int] = {}
        self.open = 0
        self._faults: dict[str, str] = {}
        self._calm = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faults")
        self._sockets = {place: socket.create_server(("127.0.0.1", 0)) for place in ("http", "tls", *PORTS[:3])}
        self._sockets["refused"] = socket.socket()
        self._sockets["refused"].bind(("127.0.0.1", 0))  # and does not listen
        self._running: list[asyncio.Server] = []

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for one in self._sockets.values():
            one.close()

    def url(self, host: str, place: str) -> str:
        """The address of a host's feed; it is asked there whatever its faults are."""
        scheme, port = ("http", "http") if place in ("", "names", "http") else ("https", place)
        if place == "refused":
            scheme = "http"
        return f"{scheme}://{host}:{self._sockets[port].getsockname()[1]}/feed"

    def turn(self, faults: Mapping[str, str]) -> None:
        """From now on these hosts have these faults, by name, and no others."""
        self._do(self._turn(dict(faults)))

    def _do(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _start(self) -> None:
        for place, one in self._sockets.items():
            if place == "refused":
                continue
            handler, tls = (self._answer, None) if place == "http" else (self._pass_on(place), None)
            if place == "tls":
                handler, tls = self._answer, self._right
            self._running.append(await asyncio.start_server(self._counted(handler), sock=one, ssl=tls))

    async def _turn(self, faults: dict[str, str]) -> None:
        self._calm.set()
        self._calm = asyncio.Event()
        self._faults = faults
        refused = self._sockets["refused"]
        if "refused" not in faults.values() and len(self._running) == len(self._sockets) - 1:
            self._running.append(await asyncio.start_server(self._counted(self._answer), sock=refused))

    async def _end(self) -> None:
        self._calm.set()
        for server in self._running:
            server.close()
        mine = asyncio.current_task()
        for task in asyncio.all_tasks():
            if task is not mine:
                task.cancel()
        await asyncio.sleep(0.05)

    async def _ends(self, reader: asyncio.StreamReader) -> None:
        """Wait until the other side has enough, or its fault is over."""
        waiting = {asyncio.create_task(self._calm.wait()), asyncio.create_task(reader.read())}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()

    def _choose(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        fault = self._faults.get(name or "", "")
        connection.context = self._contexts.get(fault, self._right)

    def _counted(
        self, handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.open += 1
            try:
                with suppress(OSError, EOFError, asyncio.CancelledError):
                    await handler(reader, writer)
            finally:
                self.open -= 1
                with suppress(OSError):
                    writer.close()

        return handle

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.splitlines())}
            host = fields["host"].partition(":")[0]
            self.asked[host] = self.asked.get(host, 0) + 1
            body = self.bodies[host]
            reply = Reply(body, f'"{hashlib.sha256(body).hexdigest()[:12]}"')
            fault = FAULTS.get(self._faults.get(host, ""))
            if fault and fault.send:
                await fault.send(reply, writer, lambda: self._ends(reader))
                return
            if fields.get("if-none-match") == reply.etag:
                writer.write(f"HTTP/1.1 304 Not Modified\r\nETag: {reply.etag}\r\n\r\n".encode())
            else:
                writer.write(reply.head() + reply.body)
            await writer.drain()

    def _pass_on(self, place: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        """A proxy before the server that speaks TLS, which breaks connections as long as any host has that fault."""

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if place in self._faults.values():
                hello = await reader.read(1 << 16)
                assert hello
                await _BROKEN[place](Reply(b"", ""), writer, lambda: self._ends(reader))
                return
            port = self._sockets["tls"].getsockname()[1]
            there, to_there = await asyncio.open_connection("127.0.0.1", port)
            try:
                await asyncio.gather(_copied(reader, to_there), _copied(there, writer))
            finally:
                to_there.close()

        return handle


_BROKEN: Mapping[str, Sending] = {
    "tls-plain": _bytes(lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\nSpeak plainly"),
    "tls-reset": _reset(lambda _: b""),
    "tls-stall": _stall(lambda _: b""),
}


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
