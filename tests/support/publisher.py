"""A publisher who minds how his feeds are asked for: plays cases over HTTP on 127.0.0.1 and scores every request.

The clock is the test's, so that weeks pass in seconds. A play is told of each visit and answers it; what a client has
to keep to follows from the answers that it got, and is worked out here, apart from the code under test.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.loopback import Loopback, http_server

QUARTER = timedelta(minutes=15)
_WANTED = {"host", "user-agent", "accept", "accept-encoding"}
_CONDITIONS = {"if-none-match": "etag", "if-modified-since": "last-modified"}


@dataclass
class Answer:
    """An answer, and how long a client has to stay away after it at least."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wait: timedelta = QUARTER


@dataclass
class Visit:
    """A request: the simulated time, the path, header names in lower case, the answer, when it was under way (s)."""

    number: int
    at: datetime
    path: str
    headers: Mapping[str, str]
    answer: Answer = field(default_factory=Answer)
    span: tuple[float, float] = (0.0, 0.0)


@dataclass
class Play:
    """A feed: how it answers, and what it minds besides the rest.

    `whole` is in how many requests one may come without the validators that were given, `closed` tells when nobody may
    come, `ends` after which status nobody may come any more.
    """

    answer: Callable[[Visit], Answer]
    whole: int = 100
    closed: Callable[[datetime], bool] = lambda at: False
    ends: int = 410


def kept(body: Callable[[datetime], bytes], **headers: str) -> Callable[[Visit], Answer]:
    """Answers as most servers do: 304 while the document is the one that the client has, by its ETag."""

    def answer(visit: Visit) -> Answer:
        text = body(visit.at)
        etag = f'W/"{len(text)}, {hash(text) & 0xFFFF:x}"'
        fields = {"ETag": etag, "Last-Modified": f"{visit.at:%Y}-weird date", **headers}
        if visit.headers.get("if-none-match") == etag:
            return Answer(304, b"", fields)
        return Answer(200, text, fields)

    return answer


class Publisher(Loopback):
    """The server, a context manager; `now` is its clock. `faults` are what it minds, a line each."""

    def __init__(self, now: Callable[[], datetime], agent: str) -> None:
        self.visits: list[Visit] = []
        self.faults: list[str] = []
        self._agent = re.compile(agent)
        self._now = now
        self._plays: dict[str, Play] = {}
        self._lock = threading.Lock()
        super().__init__(http_server(_handler(self)), "publisher")

    def put(self, path: str, play: Play | Callable[[Visit], Answer]) -> str:
        """Publish a feed; gives its address."""
        self._plays[path] = play if isinstance(play, Play) else Play(play)
        return self.url(path)

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def seen(self, path: str) -> list[Visit]:
        """The visits to a path."""
        return [visit for visit in self.visits if visit.path == path]

    def marks(self) -> tuple[int, int]:
        """How many visits were as they should be, of how many."""
        at_once = sum(
            later.span[0] < earlier.span[1] for earlier, later in zip(self.visits, self.visits[1:], strict=False)
        )
        if at_once:
            self.faults.append(f"{at_once} requests came while another was under way")
        wrong = Counter(fault.partition(":")[0] for fault in self.faults)
        return len(self.visits) - len(wrong), len(self.visits)

    def _receive(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        begun = time.monotonic()
        with self._lock:
            visit = Visit(len(self.seen(path)) + 1, self._now(), path, headers)
            play = self._plays.get(path)
            if play is None:
                self._fault(visit, "nothing was ever here, or it has cruft in its query")
                return Answer(404)
            self._score(method, visit, play)
            visit.answer = play.answer(visit)
            visit.span = begun, time.monotonic()
            self.visits.append(visit)
            return visit.answer

    def _score(self, method: str, visit: Visit, play: Play) -> None:
        fields, before = visit.headers, self.seen(visit.path)
        if method != "GET":
            self._fault(visit, f"the method is {method}")
        for name in fields.keys() - _WANTED - _CONDITIONS.keys():
            self._fault(visit, f"nobody asked for the field {name}")
        if not self._agent.fullmatch(fields.get("user-agent", "")):
            self._fault(visit, f"who is {fields.get('user-agent')}?")
        if not {"gzip", "br", "zstd"} <= set(fields.get("accept-encoding", "").split(", ")):
            self._fault(visit, f"only {fields.get('accept-encoding')} is accepted")
        if before and visit.at < before[-1].at + before[-1].answer.wait:
            early = before[-1].at + before[-1].answer.wait - visit.at
            self._fault(visit, f"{early} too soon after {before[-1].answer.status}")
        if play.closed(visit.at):
            self._fault(visit, f"closed at {visit.at}")
        if any(one.answer.status == play.ends for one in before):
            self._fault(visit, f"came again after {play.ends}")
        self._score_condition(visit, play, before)

    def _score_condition(self, visit: Visit, play: Play, before: list[Visit]) -> None:
        """The validators last given, to the letter, both of them; all but seldom."""
        given: dict[str, str] = {}
        for one in before:
            fresh = {name.lower(): text for name, text in one.answer.headers.items() if name.lower() in _GIVEN}
            if one.answer.status == 200:
                given = fresh
            elif one.answer.status == 304:
                given |= fresh
        sent = {_CONDITIONS[name]: text for name, text in visit.headers.items() if name in _CONDITIONS}
        if sent == given:
            return
        if sent:
            self._fault(visit, f"the validators are {given}, not {sent}")
            return
        without = sum(not (one.headers.keys() & _CONDITIONS.keys()) for one in before[1:])
        if without > len(before) // play.whole:
            self._fault(visit, f"the {without + 1}th request without validators")

    def _fault(self, visit: Visit, reason: str) -> None:
        self.faults.append(f"{visit.path} #{visit.number}: {reason}")


_GIVEN = set(_CONDITIONS.values())


def _handler(publisher: Publisher) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def _reply(self) -> None:
            fields = {name.lower(): value for name, value in self.headers.items()}
            answer = publisher._receive(self.command, self.path, fields)
            self.send_response_only(answer.status)
            # Dates in answers are of the simulated time, as the ages of documents are.
            for name, value in {"Date": http_date(publisher._now()), **answer.headers}.items():
                self.send_header(name, value)
            if answer.status != 304:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if answer.status != 304:
                self.wfile.write(answer.body)

        do_GET = do_HEAD = do_POST = _reply  # noqa: N815 (the library looks for these names)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def http_date(at: datetime) -> str:
    """A time as HTTP writes it."""
    return format_datetime(at, usegmt=True)
