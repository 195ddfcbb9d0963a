"""HTTP/1.1 as uvicorn speaks it (RFC 9112), with bounds on what a client may take and a short cut for what lies ready.

Most requests of most days ask for a document that was read before, and are answered in the instant they are parsed: no
task, no scope, no events. All others go uvicorn's way, to the ASGI application. What is no request that one could
trust (two lengths, no host, a head without end) is refused, and the connection with it: whoever stands between may
have read it otherwise.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httptools
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from backissue.web.crowd import Crowd
from backissue.web.reply import http_date

Fields = list[tuple[bytes, bytes]]
# Gives the bytes of an answer for a method, a target and the header fields (names in lower case), in order; None where
# the application has to be asked.
AtOnce = Callable[[bytes, bytes, Fields], tuple[bytes, bytes] | None]

_LONGEST = 500  # characters of a line in the log
_MOST_FIELDS = 100
_QUEUE = 16  # requests that may wait for those before them on one connection
_BUFFERED = 32_768  # bytes of an answer that are held for a slow reader, beside the piece that is being sent
_STALLED = 1.0  # seconds after which an answer that is not read may give way
_LINGER = 2.0  # seconds for hearing that there is no place
_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")  # RFC 3986 section 3.2.2
_SAID = {
    400: b"This is no request as HTTP wants it.\n",
    408: b"The request took too long to arrive.\n",
    431: b"The header fields are too large.\n",
    503: b"All places are taken. Please try again later.\n",
}

_log = logging.getLogger(__name__)


def protocol(at_once: AtOnce | None, crowd: Crowd) -> type[HttpToolsProtocol]:
    """The protocol that asks this first, and whose connections are of that crowd."""

    class Bounded(Connection):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.crowd = crowd
            self.at_once = at_once

    return Bounded


class Connection(HttpToolsProtocol):
    """A connection. `since` is when what is waited for began, `received` how many bytes led to nothing yet."""

    crowd: Crowd
    at_once: AtOnce | None
    answered = False
    deaf = False  # nothing more is read here
    turned_away = False
    arriving = False  # a request has begun and is not whole
    in_head = False
    led_on = False
    received = 0
    buffered = 0
    since = 0.0
    hosts: list[bytes] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=_BUFFERED)
        self.since = self.crowd.clock()
        self.crowd.admit(self, self.connections)

    def connection_lost(self, exc: Exception | None) -> None:
        self.crowd.gone(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.deaf:
            if self.turned_away:  # what was asked is read, so that the answer is not lost with it
                self.transport.close()
            return
        self.received += len(data)
        self.led_on = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._last()  # what follows may be of another protocol, which is not spoken here
        except httptools.HttpParserError:
            self.refuse(400)
        if self.led_on:
            self.received = 0
        elif self.received > self.crowd.limits.header_bytes:
            # Else a body of small chunks with large extensions, or trailers, which are bytes for nothing.
            self.refuse(431 if self.in_head else 400)

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """The client sends no more: what it asked for is still answered, if it is all there."""
        if self._quiet() or self.arriving:
            return None
        self._last()
        return True

    def on_message_begin(self) -> None:
        self.arriving = self.in_head = True
        self.since = max(self.since, self.crowd.now)  # which may be of a moment before
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self.led_on = True
        self.answered = False
        parser: Any = self.parser
        version = parser.get_http_version()
        if unfit := self._unfit(version):
            self.refuse(unfit)
            raise _StopError
        if self.at_once and version == "1.1" and parser.should_keep_alive() and self._idle():
            answer = self.at_once(parser.get_method(), self.url, self.headers)
            if answer is not None:
                self.answered = True
                self.in_head = False
                self.transport.writelines(answer)
                return
        if len(self.pipeline) >= _QUEUE:
            self._last()
            raise _StopError
        super().on_headers_complete()  # which may find fault with the target
        self.in_head = False
        self.headers = []  # for trailers, which are not to be taken for header fields (RFC 9110 section 6.5.1)

    def on_body(self, body: bytes) -> None:
        self.led_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.led_on = True
        self.arriving = False
        if self.answered:
            self.on_response_complete()
        else:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with what was asked meanwhile. There is no timer for idle connections: the crowd is looked over."""
        self.server_state.total_requests += 1
        self.since = max(self.since, self.crowd.now)
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        super()._start_asgi_task(cycle, self._watched(app))

    def _watched(self, app: Any) -> Any:
        """The application, whose faults are told in one line; whoever asked hears 500, if anything can be heard."""

        async def run(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await app(scope, receive, send)
            except Exception as fault:
                if self.transport.is_closing():  # nobody is there any more, which is what it met with
                    return
                # The address is not told, as it may be a secret.
                what = (
                    f"a {scope['method']} met a fault of Backissue, please report it: {type(fault).__name__}: {fault}"
                )
                _log.error("%s", what.replace("\n", " ")[:_LONGEST])
                _log.debug("the fault in full", exc_info=fault)
                raise

        return run

    def refuse(self, status: int) -> None:
        """Refuse what came last and all that would follow; what was asked before is still answered."""
        if self.deaf or self.transport.is_closing():
            return
        self.deaf = True
        answering = not self._quiet()
        if answering and not self.cycle.more_body:
            self.cycle.keep_alive = False  # it is the last that was asked as it should be
            return
        if not self.pipeline and not (answering and self.cycle.response_started) and not self._overdone():
            self.transport.write(_refusal(status))
        self.transport.close()

    def waited(self, now: float) -> float | None:
        if self.transport.get_write_buffer_size():
            stalled = now - self.since
            return stalled if self.buffered and stalled > _STALLED else None
        return now - self.since if self.arriving or self._quiet() else None

    def hurry(self, now: float) -> None:
        limits, buffered = self.crowd.limits, self.transport.get_write_buffer_size()
        if buffered != self.buffered:
            self.buffered, self.since = buffered, now
            return
        spent = now - self.since
        if self.turned_away:
            if spent > _LINGER:
                self.transport.abort()
        elif buffered:
            if spent > limits.timeout:
                self.transport.abort()
        elif self.arriving:
            if spent > limits.timeout:
                self.refuse(408)
        elif spent > limits.idle and self._quiet():
            self.transport.close()

    def give_way(self) -> None:
        self.deaf = True
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def turn_away(self, *, politely: bool) -> None:
        self.deaf = self.turned_away = True
        if not politely:
            self.transport.abort()
            return
        self.transport.write(_refusal(503))

    def _unfit(self, version: str) -> int | None:
        """The status that a head is refused with, if it is to be."""
        size, headers = self.crowd.limits.header_bytes, self.headers
        if len(headers) > _MOST_FIELDS:
            return 431
        # Only a head that came in with so many bytes can be that large.
        if self.received > size and len(self.url) + sum(len(name) + len(value) + 4 for name, value in headers) > size:
            return 431
        hosts = [value for name, value in headers if name == b"host"]
        if version not in ("1.1", "1.0"):
            return 400
        if hosts == self.hosts:
            return None
        # RFC 9112 section 3.2
        if len(hosts) > 1 or (not hosts and version != "1.0") or not all(map(_HOST.fullmatch, hosts)):
            return 400
        self.hosts = hosts if hosts else None
        return None

    def _idle(self) -> bool:
        """Whether nothing is under way here, and what was sent before is being read."""
        return (self.cycle is None or self.cycle.response_complete) and not self.flow.write_paused

    def _quiet(self) -> bool:
        """Whether no answer is owed to what has arrived."""
        return (self.cycle is None or self.cycle.response_complete) and not self.pipeline

    def _overdone(self) -> bool:
        """Whether what is arriving has its answer already, and its body is of no interest any more."""
        return self.arriving and not self.in_head and self.cycle is not None and self.cycle.response_complete

    def _last(self) -> None:
        """Nothing more is read, and the connection ends with the last answer."""
        self.deaf = True
        if self._quiet():
            self.transport.close()
        else:
            self.cycle.keep_alive = False


class _StopError(Exception):
    """Makes the parser stop; nothing else comes of it, as the connection is deaf by now."""


def _refusal(status: int) -> bytes:
    text = _SAID[status]
    again = b"retry-after: 5\r\n" if status == 503 else b""
    return (
        b"HTTP/1.1 %d %b\r\ndate: %b\r\n" % (status, HTTPStatus(status).phrase.encode(), http_date(int(time.time())))
        + b"content-type: text/plain; charset=utf-8\r\nx-content-type-options: nosniff\r\ncache-control: no-store\r\n"
        + b"%bcontent-length: %d\r\nconnection: close\r\n\r\n%b" % (again, len(text), text)
    )
