"""Answers that lie ready: to plain requests for documents that were asked for before, as the bytes that go out.

The application makes an answer once for each version of a file and coding; here it is only looked up, after a look at
the file. Whatever is not plain (ranges, deltas, times, bodies, If-Match) is left to the application.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from backissue.web.conditional import evaluate
from backissue.web.files import File, Files, Version
from backissue.web.negotiate import coding
from backissue.web.protocol import Fields
from backissue.web.reply import Headers, http_date

_PLAIN = {
    b"a-im": "a-im",
    b"accept-encoding": "accept-encoding",
    b"if-none-match": "if-none-match",
    b"if-modified-since": "if-modified-since",
}
_LEFT = {
    b"accept-datetime",
    b"content-length",
    b"expect",
    b"if-match",
    b"if-range",
    b"if-unmodified-since",
    b"range",
    b"transfer-encoding",
    b"upgrade",
}
_XML_FEEDS = (".rss", ".atom")
_MOST = 10_000  # targets, and answers, that are remembered

_coding = lru_cache(1000)(coding)


class _Answer(Struct, frozen=True):
    """The parts of an answer that stay the same as long as the file does: heads from after the date."""

    version: Version
    etag: str
    unchanged: bytes
    full: bytes


class Ready:
    """Gives answers as bytes (`backissue.web.protocol.AtOnce`); `learn` tells it what there is to answer."""

    def __init__(self, files: Files, now: Callable[[], float] = time.time) -> None:
        self._files = files
        self._now = now
        self._paths: dict[bytes, str] = {}
        self._answers: dict[tuple[str, str], _Answer] = {}

    def learn(self, target: bytes, file: File, chosen: str, unchanged: Headers, full: Headers) -> None:
        """Remember that a target without a query is this file, and its headers for a 304 and a 200 in that coding."""
        for known in (self._paths, self._answers):
            if len(known) >= _MOST:
                known.clear()
        self._paths[target] = file.path
        answer = _Answer(file.version, file.etag(chosen), _head(unchanged), _head(full))
        self._answers[file.path, chosen] = answer

    def __call__(self, method: bytes, target: bytes, fields: Fields) -> tuple[bytes, bytes] | None:
        path = self._paths.get(target)
        if path is None or method not in (b"GET", b"HEAD"):
            return None
        given: dict[str, str] = {}
        for raw, value in fields:
            if raw in _PLAIN:
                name, text = _PLAIN[raw], value.decode("latin-1")
                given[name] = f"{given[name]}, {text}" if name in given else text
            elif raw in _LEFT or (raw == b"accept" and path.endswith(_XML_FEEDS) and b"text/html" in value):
                return None  # a browser may be told another type
        try:
            file = self._files.ready(path)
        except OSError:
            return None
        chosen = _coding(given.get("accept-encoding"), file.codings) if file else None
        answer = self._answers.get((path, chosen)) if chosen else None
        at = int(self._now())
        # A file of this very second has no Last-Modified yet.
        if file is None or chosen is None or answer is None or answer.version != file.version or file.modified >= at:
            return None
        date = b"date: " + http_date(at)
        if given.get("if-none-match") == answer.etag or evaluate(given, answer.etag, file.modified, at) == 304:
            return b"HTTP/1.1 304 Not Modified\r\n" + date + answer.unchanged, b""
        body = self._files.ready_in(file, chosen)
        if body is None or "a-im" in given:
            return None
        return b"HTTP/1.1 200 OK\r\n" + date + answer.full, body if method == b"GET" else b""


def _head(headers: Headers) -> bytes:
    return b"".join(b"\r\n%s: %s" % header for header in headers) + b"\r\n\r\n"
