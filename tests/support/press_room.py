"""Feeds that live: at any time of a clock they show the entries of their last days, some edited, and tell by ETag.

A tenth of them only ever fails, each in its way. After `quiet` nothing is new any more.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.loopback import Loopback, http_server

_WORDS = ["river", "ferry", "market", "council", "bridge", "winter", "harbour", "letter", "garden", "museum", "rain"]
_FAILING = (404, 500, 503, 200)  # 200 with a page that is no feed


class PressRoom(Loopback):
    """The server; a context manager. Each feed shows `window` entries and brings one in a few hours."""

    def __init__(self, now: Callable[[], datetime], *, window: int, seed: int) -> None:
        self.polls = 0
        self.quiet: datetime | None = None
        self._now = now
        self._window = window
        self._seed = seed
        super().__init__(http_server(_handler(self)), "press-room")

    def url(self, feed: int) -> str:
        """The address of a feed."""
        return f"http://127.0.0.1:{self.port}/{feed}"

    def answer(self, feed: int) -> tuple[int, bytes]:
        """What a feed says now."""
        self.polls += 1
        if feed % 10 == 9:
            return _FAILING[feed // 10 % len(_FAILING)], b"<html><body>sorry</body></html>"
        now = min(self._now(), self.quiet) if self.quiet else self._now()
        every = timedelta(hours=random.Random(f"{self._seed} {feed}").uniform(2, 30))
        last = int((now - datetime(2020, 1, 1, tzinfo=UTC)) / every)
        items = [self._item(feed, number, now, every) for number in range(last, last - self._window, -1)]
        head = f"<title>Feed {feed}</title><link>http://f{feed}.example/</link><description>d</description>"
        return 200, f'<rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()

    def _item(self, feed: int, number: int, now: datetime, every: timedelta) -> str:
        came = datetime(2020, 1, 1, tzinfo=UTC) + number * every
        edited = number % 7 == 0 and now - came > timedelta(hours=3)
        return (
            f"<item><guid>f{feed}-{number}</guid><title>Entry {number}{' (edited)' if edited else ''}</title>"
            f"<link>http://f{feed}.example/{number}</link><pubDate>{came:%a, %d %b %Y %H:%M:%S} +0000</pubDate>"
            f"<description>{_text(self._seed, feed, number)}{' An edit.' if edited else ''}</description></item>"
        )


@cache
def _text(seed: int, feed: int, number: int) -> str:
    dice = random.Random(f"{seed} {feed} {number}")
    return " ".join(
        dice.choice(_WORDS) + (str(dice.randrange(5000)) if dice.random() < 0.2 else "") for _ in range(120)
    )


def _handler(room: PressRoom) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body = room.answer(int(self.path[1:]))
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if status == 200 and self.headers.get("If-None-Match") == etag:
                status, body = 304, b""
            self.send_response_only(status)
            self.send_header("ETag", etag)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler
