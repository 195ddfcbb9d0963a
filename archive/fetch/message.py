"""What is asked and what came back, as values."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Literal, Protocol

from msgspec import Struct

from archive.fetch import headers
from config.redact import masked
from feeds.model import Link

Accept = Literal["feed", "page", "media"]
Grow = Callable[[int], Awaitable[None]]


class Sink(Protocol):
    """Takes a body as it comes over the wire; whatever it raises ends the request."""

    def begin(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        """An answer with a body (2xx) has begun."""
        ...

    def take(self, piece: bytes) -> None:
        """The next piece of it."""
        ...


class Request(Struct, frozen=True, kw_only=True):
    """A document to ask for, with the validators of the copy at hand, to the letter.

    `validated` is the address that gave the validators, where that is not `url` itself: the `final_url` of the last
    answer. They describe that resource alone, so they are sent there and nowhere else (RFC 9110 section 15.4).
    `named` is the address that the operator gave and that led here: its server may be one of the own network, any other
    one there may not, as its address comes from what strangers wrote. `grow` is told how large the body has become,
    decoded, now and then once it is large: it may wait until there is room, which is not held against the server.
    `sink` takes the body, which is then not in the answer, has no content coding and no limit of size but the sink's;
    `fields` go with the request, such as Range, and `seconds` stand in the place of the usual time for an answer.
    `turn` is called when the request's turn has come; it may wait, too, and whatever it raises, nothing is asked then.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    validated: str | None = None
    accept: Accept = "feed"
    named: str | None = None
    grow: Grow | None = None
    turn: Callable[[], Awaitable[None]] | None = None
    fields: dict[str, str] = {}
    sink: Sink | None = None
    seconds: float | None = None

    def __repr__(self) -> str:
        return f"<Request {masked(self.url)}>"


class Response(Struct, frozen=True, kw_only=True, dict=True):
    """An answer of any status; redirects have been followed, so 3xx is only ever 304 or one that asks for nothing.

    `url` is what was asked, `final_url` what answered, without credentials. `headers` are the answer's, in its order,
    `request_headers` those it answers, the password hidden. `body` has its content coding undone; it is empty for 304,
    and for an error (400 and up) whose page could not be read. `at` is when the answer came (aware UTC), `elapsed` how
    many seconds it took, waiting for a turn not counted. `redirects` are the status and target of each hop; `moved_to`
    is the new address if all of them were permanent (301, 308), with the credentials that `url` carries and that hold
    there too.
    """

    url: str
    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    request_headers: tuple[tuple[str, str], ...]
    body: bytes
    at: datetime
    elapsed: float
    redirects: tuple[tuple[int, str], ...] = ()
    moved_to: str | None = None

    @cached_property
    def sha256(self) -> bytes:
        """The digest of the body."""
        return hashlib.sha256(self.body).digest()

    @property
    def etag(self) -> str | None:
        """The ETag to the letter, quotes and all (RFC 9110 section 8.8.3)."""
        return headers.first(self.headers, "ETag")

    @property
    def last_modified(self) -> str | None:
        """The Last-Modified date to the letter: it is a token to send back, not a time to reckon with."""
        return headers.first(self.headers, "Last-Modified")

    @property
    def content_type(self) -> str | None:
        """The Content-Type as served, parameters and all."""
        return headers.first(self.headers, "Content-Type")

    @property
    def max_age(self) -> int | None:
        """For how many seconds from `at` the answer stays fresh, at least 0; None if it does not say."""
        return headers.max_age(self.headers, self.at)

    @property
    def retry_after(self) -> datetime | None:
        """The time before which the server wants no other request (aware UTC); None if it does not say."""
        return headers.retry_after(self.headers, self.at)

    @property
    def links(self) -> tuple[Link, ...]:
        """The links of the Link headers (RFC 8288), absolute."""
        return headers.links(self.headers, self.final_url)

    def __repr__(self) -> str:
        return f"<Response {self.status} {masked(self.url)}, {len(self.body)} bytes>"


def status_of(status: int) -> str:
    """A status in words: `404 (Not Found)`."""
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)
