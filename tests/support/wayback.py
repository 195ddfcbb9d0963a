"""A web archive on 127.0.0.1: it lists its copies by CDX, as the Wayback Machine does, and gives their bytes (id_)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tests.support.loopback import Loopback, http_server

_COPY = re.compile(r"/web/(\d{1,14})id_/(.+)")


class Kept(NamedTuple):
    """A copy."""

    timestamp: str
    url: str
    body: bytes
    status: int = 200
    mime: str = "application/rss+xml"

    @property
    def digest(self) -> str:
        """As CDX has it: SHA-1 in base 32."""
        return base64.b32encode(hashlib.sha1(self.body).digest()).decode()


class Wayback(Loopback):
    """The server; a context manager. `most` is how many captures an answer lists, `broken` what it says instead."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self.asked: list[str] = []
        self.most = 1000
        self.output = "json"
        self.broken: tuple[int, bytes] | None = None
        super().__init__(http_server(self._handler()), "wayback")

    @property
    def cdx(self) -> str:
        """Where it lists."""
        return f"http://127.0.0.1:{self.port}/cdx/search/cdx"

    @property
    def copies(self) -> str:
        """Where the bytes of copies are."""
        return f"http://127.0.0.1:{self.port}/web/{{timestamp}}id_/{{url}}"

    def keep(self, at: datetime, url: str, body: bytes, **values: Any) -> None:
        """Take a copy."""
        self.kept.append(Kept(f"{at.astimezone(UTC):%Y%m%d%H%M%S}", url, body, **values))
        self.kept.sort()

    def fetched(self) -> list[str]:
        """The times of the copies that were asked for."""
        return [match[1] for path in self.asked if (match := _COPY.match(path))]

    def listed(self, query: dict[str, str]) -> bytes:
        """An answer of the index."""
        rows = [one for one in self.kept if _plain(one.url) == _plain(query["url"])]
        if query.get("collapse") == "digest":
            rows = [one for place, one in enumerate(rows) if not place or rows[place - 1].digest != one.digest]
        start = int(query.get("resumeKey", "0"))
        most = min(self.most, int(query.get("limit", "100000")))
        some = rows[start : start + most]
        more = str(start + most) if start + most < len(rows) and query.get("showResumeKey") == "true" else None
        names = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
        cells = [
            [f"x,y)/{one.url}", one.timestamp, one.url, one.mime, str(one.status), one.digest, str(len(one.body))]
            for one in some
        ]
        if self.output == "json":
            return json.dumps([names, *cells, *([[], [more]] if more else [])] if cells else []).encode()
        if self.output == "objects":
            return "\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in cells).encode()
        lines = [" ".join(row) for row in cells] + (["", more] if more else [])
        return "\n".join(lines).encode()

    def nearest(self, timestamp: str, url: str) -> Kept | None:
        """The copy that is given for one asked for."""
        rows = [one for one in self.kept if _plain(one.url) == _plain(url)]
        return min(rows, key=lambda one: abs(int(one.timestamp) - int(timestamp)), default=None)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        wayback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                wayback.asked.append(self.path)
                if wayback.broken:
                    self._send(*wayback.broken)
                elif match := _COPY.match(self.path):
                    self._copy(match[1], match[2])
                else:
                    query = dict(parse_qsl(urlsplit(self.path).query))
                    self._send(200, wayback.listed(query), "application/json")

            def _copy(self, timestamp: str, url: str) -> None:
                one = wayback.nearest(timestamp, url)
                if one is None:
                    self._send(404, b"not archived")
                elif one.timestamp != timestamp:
                    self._send(302, b"", Location=f"/web/{one.timestamp}id_/{one.url}")
                else:
                    at = datetime.strptime(one.timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
                    moment = {"Memento-Datetime": format_datetime(at, usegmt=True)}
                    self._send(one.status, one.body, one.mime, **moment)

            def _send(self, status: int, body: bytes, kind: str = "text/plain", **headers: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Handler


def _plain(url: str) -> str:
    return re.sub(r"^https?://(www\.)?", "", url)
