"""A server between a client and the one under test, that takes note of what passes."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from msgspec import Struct

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "host"})


class Passed(Struct, frozen=True):
    """A request, its header fields by lower-case names, and the status of its answer."""

    method: str
    path: str
    fields: dict[str, str]
    status: int


class Recorder:
    """Listens on `port` and asks whoever listens on `behind`; `passed` is the log."""

    def __init__(self, port: int, behind: int) -> None:
        self.passed: list[Passed] = []
        self.behind = behind
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                recorder.pass_on(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)

    def statuses(self, path: str) -> list[int]:
        """The statuses of the answers about a path, in order."""
        return [one.status for one in self.passed if one.path == path]

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        """Ask what was asked, give what was given, to the byte."""
        connection = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=10)
        try:
            connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name.lower() not in _HOP_BY_HOP - {"host"}:
                    connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        fields = {name.lower(): value for name, value in request.headers.items()}
        self.passed.append(Passed(request.command, request.path, fields, answer.status))
        request.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)


@contextmanager
def recording(port: int, behind: int) -> Iterator[Recorder]:
    """A recorder at work."""
    recorder = Recorder(port, behind)
    thread = threading.Thread(target=recorder.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        recorder.server.shutdown()
        recorder.server.server_close()
        thread.join()
