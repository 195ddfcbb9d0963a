"""A real HTTP server on 127.0.0.1 for tests: what it answers is set while it runs, and it remembers who asked what.

with FeedServer() as server:
    server.put("/feed", b"<rss/>", headers={"Cache-Control": "max-age=60"})
    ...  # ask server.url("/feed")
    assert server.requests[0].headers["user-agent"] == "..."
"""

from __future__ import annotations

import gzip
import hashlib
import re
import socket
import ssl
import sys
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import brotli
import zstandard

from tests.support.loopback import Loopback

_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, mtime=0),
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": lambda body: zstandard.ZstdCompressor().compress(body),
}
# What a client sends back is compared to the letter, be it a proper tag or not, strong or weak (8.8.3.2).
_TAG = re.compile(r'(?:W/)?("[^"]*"|[^\s,"]+)')
_KEPT_IN_304 = {"cache-control", "content-location", "date", "etag", "expires", "vary", "last-modified"}


@dataclass
class Seen:
    """A request as it came, header names in lower case.

    `time` is when it had come in whole, `ended` when the last piece of its answer went to the network: both in seconds
    on the monotonic clock. The client cannot know of the end before, so spans that overlap are requests that did.
    """

    method: str
    path: str
    headers: dict[str, str]
    time: float
    ended: float | None = None
    status: int | None = None


@dataclass(frozen=True)
class _Route:
    """What a path answers. `raw` goes to the socket as it is; `spread` is over how many seconds the body trickles."""

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    delay: float = 0.0
    spread: float = 0.0
    encoding: str | None = None
    raw: bytes | None = None
    hangs: bool = False


class FeedServer(Loopback):
    """The server; a context manager, whose end frees the port and leaves no thread behind, whatever is under way.

    `certificate` is a pair of PEM files (chain, key) and makes it speak HTTPS.
    """

    def __init__(self, certificate: tuple[str, str] | None = None) -> None:
        self.requests: list[Seen] = []
        self._routes: dict[str, _Route] = {}
        self._closing = threading.Event()
        super().__init__(_Server(self, certificate), "feed-server")
        self._scheme = "https" if certificate else "http"

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The full address of a path."""
        return f"{self._scheme}://{host}:{self.port}{path}"

    def put(
        self,
        path: str,
        body: bytes | str = b"",
        *,
        content_type: str = "application/rss+xml",
        headers: Mapping[str, str] | None = None,
        status: int = 200,
        etag: bool | str = True,
        last_modified: datetime | str | None = None,
        delay: float = 0.0,
        encoding: str | None = None,
    ) -> None:
        """Answer a path with a document, and honour conditional requests for it (RFC 9110 section 13).

        `etag` True makes one from the body, False none, a text is sent to the letter. `delay` is in seconds before the
        answer. `encoding` (gzip, deflate, br, zstd) is used where the client accepts it.
        """
        body = body.encode() if isinstance(body, str) else body
        fields = {"Content-Type": content_type}
        if etag:
            fields["ETag"] = etag if isinstance(etag, str) else f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if last_modified:
            fields["Last-Modified"] = last_modified if isinstance(last_modified, str) else _http_date(last_modified)
        if encoding:
            fields["Vary"] = "Accept-Encoding"
        self._routes[path] = _Route(body, fields | dict(headers or {}), status, delay, encoding=encoding)

    def redirect(self, path: str, to: str, status: int = 301) -> None:
        """Answer a path with a redirect; `to` goes into the Location field as it is."""
        self._routes[path] = _Route(headers={"Location": to}, status=status)

    def error(self, path: str, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"error") -> None:
        """Answer a path with an error."""
        self._routes[path] = _Route(body, {"Content-Type": "text/plain"} | dict(headers or {}), status)

    def slow(self, path: str, seconds: float, body: bytes = b"x" * 1000) -> None:
        """Answer a path at once, but let the body trickle over that many seconds."""
        self._routes[path] = _Route(body, {"Content-Type": "application/rss+xml"}, spread=seconds)

    def hang(self, path: str) -> None:
        """Take requests for a path, and never answer."""
        self._routes[path] = _Route(hangs=True)

    def raw(self, path: str, answer: bytes) -> None:
        """Answer a path with exactly these bytes on the socket (none at all, perhaps), and close it."""
        self._routes[path] = _Route(raw=answer)

    def remove(self, path: str) -> None:
        """Answer a path with 404 from now on."""
        self._routes.pop(path, None)

    def asked(self, path: str) -> list[Seen]:
        """The requests for a path, in order."""
        return [seen for seen in self.requests if seen.path == path]

    def most_at_once(self, host: str | None = None) -> int:
        """How many requests were under way at the same time, at most; of those for one host (Host field) if given."""
        now = time.monotonic()
        spans = [
            (seen.time, seen.ended or now)
            for seen in self.requests
            if host is None or seen.headers.get("host", "").lower().rpartition(":")[0] == host
        ]
        return max((sum(start <= moment < end for start, end in spans) for moment, _ in spans), default=0)

    def _let_go(self) -> None:
        self._closing.set()

    def _route(self, path: str) -> _Route:
        missing = _Route(b"not found", {"Content-Type": "text/plain"}, 404)
        return self._routes.get(path) or self._routes.get(path.partition("?")[0], missing)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 512

    def __init__(self, feeds: FeedServer, certificate: tuple[str, str] | None) -> None:
        self.feeds = feeds
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*certificate)
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, client = super().get_request()
        if self._tls:
            # The handshake waits for the connection's own thread, so that a dawdling client stops no other.
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open.add(connection)
        return connection, client

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        self._drop_connections()
        super().server_close()

    def _drop_connections(self) -> None:
        """Wake the threads that wait for a client's next request."""
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that go away are what tests are made of; anything else is a fault of this file.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "FeedServer"
    server: _Server
    # Head and body leave in one piece, and without waiting for more.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        feeds = self.server.feeds
        fields = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, fields, time.monotonic())
        feeds.requests.append(seen)
        try:
            self._answer(feeds._route(self.path), seen, feeds._closing)
            seen.ended = seen.ended or time.monotonic()
            self.wfile.flush()
        finally:
            seen.ended = seen.ended or time.monotonic()

    do_HEAD = do_GET  # noqa: N815 (the library looks for this name)

    def _answer(self, route: _Route, seen: Seen, closing: threading.Event) -> None:
        if route.hangs or (route.delay and closing.wait(route.delay)):
            closing.wait()
            self.close_connection = True
            return
        if route.raw is not None:
            self.wfile.write(route.raw)
            self.close_connection = True
            return
        headers, body = self._encoded(route)
        seen.status = 304 if route.status == 200 and self._unchanged(headers) else route.status
        # send_response would add a Date of its own.
        self.send_response_only(seen.status)
        if not any(name.lower() == "date" for name in headers):
            self.send_header("Date", self.date_time_string())
        for name, value in headers.items():
            if seen.status != 304 or name.lower() in _KEPT_IN_304:
                self.send_header(name, value)
        bodiless = seen.status in (204, 304)
        if not bodiless:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not bodiless and self.command != "HEAD":
            if route.spread:
                body = self._trickle(body, route.spread / len(body), closing)
            seen.ended = time.monotonic()
            self.wfile.write(body)

    def _trickle(self, body: bytes, pause: float, closing: threading.Event) -> bytes:
        """Send all but the last byte, which is given back."""
        for start in range(len(body) - 1):
            self.wfile.write(body[start : start + 1])
            self.wfile.flush()
            if closing.wait(pause):
                self.close_connection = True
                return b""
        return body[-1:]

    def _encoded(self, route: _Route) -> tuple[dict[str, str], bytes]:
        headers = dict(route.headers)
        accepted = {part.partition(";")[0].strip() for part in self.headers.get("Accept-Encoding", "").split(",")}
        if not route.encoding or route.encoding not in accepted:
            return headers, route.body
        headers["Content-Encoding"] = route.encoding
        return headers, _ENCODERS[route.encoding](route.body)

    def _unchanged(self, headers: Mapping[str, str]) -> bool:
        """RFC 9110 section 13.2.2: If-None-Match counts; If-Modified-Since only where that is missing."""
        wanted = self.headers.get("If-None-Match")
        if wanted is not None:
            tags = set(_TAG.findall(wanted))
            return "ETag" in headers and ("*" in tags or headers["ETag"].removeprefix("W/") in tags)
        since, modified = self.headers.get("If-Modified-Since"), headers.get("Last-Modified")
        if since is None or modified is None:
            return False
        try:
            return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
        except ValueError:
            return False

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the log is `FeedServer.requests`."""


def _http_date(time: datetime) -> str:
    return format_datetime(time.astimezone(UTC), usegmt=True)
