"""The polite client: asks for documents one by one, within limits of time and size, and only where it may.

Request ─► turn of the host ─► guarded connection ─► head ─► body, decoded as it streams ─► Response
                ▲                                     │
                └────────────── redirect ◄────────────┘
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from types import MappingProxyType, TracebackType
from typing import NamedTuple, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from archive.fetch import decode, headers, urls
from archive.fetch.address import Gate, GuardedResolver, is_near
from archive.fetch.errors import FAILURES, FetchError, Limits, failure, shown
from archive.fetch.hosts import PRODUCT, Hosts, Robots, read_robots
from archive.fetch.limits import Turns
from archive.fetch.message import Accept, Grow, Request, Response, Sink
from config.redact import HIDDEN
from config.settings import Http

_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_SAME_METHOD = {307, 308}
_BUSY = {429, 503}
_SILENT = {"dns", "refused", "timeout"}
_GIVEN_UP_AFTER = 3
_ASKED_AGAIN_AFTER = timedelta(hours=1)
_WITH_BODY = range(200, 300)
# An idle connection is of use to the next request for the same host, which comes at once or not at all.
_IDLE_SECONDS = 1.0
_ERROR_PAGE_BYTES = 100_000
# Bodies of less are not taken note of while they come; as many are on their way as there are connections.
_STEP = 250_000
_PIECE = 4096  # bytes, which gzip can make four million of
_ERROR_PAGE_SECONDS = 3.0
_ROBOTS = "ask its owner, or set http.robots = false if you were allowed to"
_BROWSE = "open it in a browser and give the address it ends at"
_ACCEPT: Mapping[Accept, str] = {
    "feed": (
        "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
        "application/json;q=0.8, application/xml;q=0.7, text/xml;q=0.7, text/html;q=0.3, */*;q=0.1"
    ),
    "media": "image/*, audio/*, video/*, */*;q=0.5",
    "page": "text/html, application/xhtml+xml, application/xml;q=0.5, */*;q=0.1",
}


class Fetcher:
    """Asks for documents over one set of connections; an async context manager, for one event loop.

    `now` gives the time (aware UTC), `version` and `subscribers` go into the User-Agent, `hosts` is what is known of
    hosts from before, `resolver` looks names up (the system's way by default; it is left open).
    """

    def __init__(
        self,
        settings: Http,
        *,
        now: Callable[[], datetime],
        version: str,
        subscribers: int | None = None,
        hosts: Hosts | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._settings = settings
        self._now = now
        self._agent = user_agent(version, settings.contact, subscribers)
        self._hosts = hosts or Hosts()
        self._turns = Turns(settings.connections, settings.per_host)
        self._reading: dict[str, asyncio.Lock] = {}
        self._silent: Counter[str] = Counter()
        self._limits = Limits(
            total=settings.timeout,
            connect=min(settings.connect_timeout, settings.timeout),
            silence=settings.silence,
            size=settings.max_bytes,
            redirects=settings.redirects,
            head=settings.header_bytes,
            fields=settings.header_fields,
        )
        self._gate = Gate(settings.allow_private, everything=settings.allow_private_addresses)
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._near: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        resolver = self._resolver or aiohttp.ThreadedResolver()
        self._session = self._connected(GuardedResolver(resolver, self._gate))
        # Its connections are its own: what the operator may ask must not lie open for what strangers name.
        self._near = self._connected(resolver)
        return self

    def _connected(self, resolver: AbstractResolver) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=resolver, limit=self._settings.connections, keepalive_timeout=_IDLE_SECONDS
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._limits.connect, sock_read=self._limits.silence
            ),
            max_line_size=self._settings.header_bytes // 4,
            max_field_size=self._settings.header_bytes // 4,
            max_headers=self._settings.header_fields,
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        assert self._near is not None
        await self._session.close()
        await self._near.close()
        self._session = self._near = None

    async def get(self, request: Request) -> Response:
        """The answer, of whatever status; raises FetchError if none came that could be read."""
        try:
            asked = urls.target(request.url)
            validated = _url(request.validated or request.url, request, asked)
            named = _url(request.named, request, asked) if request.named else None
        except ValueError as error:
            raise failure(error, request.url, request.url, self._limits) from error
        plain = self._fields(request)
        validators = _validators(request)
        url, authorization, elapsed = asked.url, asked.authorization, 0.0
        total = request.seconds or self._limits.total
        redirects: list[tuple[int, str]] = []
        while True:
            conditional = validators if url == validated else {}
            fields = plain | conditional | ({"Authorization": authorization} if authorization else {})
            self._heed(url, asked.url)
            if self._settings.robots and not (await self._robots(url, asked.url, named)).allows(str(url)):
                raise FetchError(str(asked.url), "robots", f"the robots.txt of {url.host} forbids it", _ROBOTS)
            answer = await self._ask(
                url,
                fields,
                asked.url,
                total - elapsed,
                named=named,
                grow=request.grow,
                turn=request.turn,
                sink=request.sink,
            )
            elapsed += answer.elapsed
            if answer.status not in _REDIRECTS:
                break
            new = _followed(asked.url, url, answer, redirects, self._limits.redirects)
            redirects.append((answer.status, str(new)))
            if not urls.keeps_credentials(url, new):
                authorization = None
            url = new
        if answer.status == 304 and not conditional:
            reason = 'the server says "not modified", but was not asked that way'
            raise FetchError(request.url, "protocol", reason, "try again later")
        if answer.status == 206 and "Range" not in request.fields:
            # Half a feed must not pass for a feed (RFC 9110 section 15.3.7).
            reason = "the server sent only a part of the document, and was not asked that way"
            raise FetchError(request.url, "protocol", reason, "try again later")
        permanent = redirects and all(status in _PERMANENT for status, _ in redirects)
        return Response(
            url=request.url,
            final_url=str(url),
            status=answer.status,
            headers=answer.headers,
            request_headers=answer.sent,
            body=answer.body,
            at=answer.at,
            elapsed=elapsed,
            redirects=tuple(redirects),
            moved_to=(asked.with_credentials(url) if authorization else str(url)) if permanent else None,
        )

    async def post(
        self, url: str, form: Mapping[str, str] | bytes, more: Mapping[str, str] = MappingProxyType({})
    ) -> Response:
        """The answer to a form, or to bytes, of whatever status; raises FetchError if none came that could be read.

        `more` are further header fields. A redirect is followed where it keeps the method (307, 308), any other is the
        answer.
        """
        try:
            asked = urls.target(url).url
        except ValueError as error:
            raise failure(error, url, url, self._limits) from error
        fields = {"User-Agent": self._agent, "Accept": "*/*", "Accept-Encoding": decode.OFFERED, **more}
        at, elapsed = asked, 0.0
        redirects: list[tuple[int, str]] = []
        while True:
            answer = await self._ask(at, fields, asked, self._limits.total - elapsed, form)
            elapsed += answer.elapsed
            if answer.status not in _SAME_METHOD:
                break
            at = _followed(asked, at, answer, redirects, self._limits.redirects)
            redirects.append((answer.status, str(at)))
        return Response(
            url=url,
            final_url=str(at),
            status=answer.status,
            headers=answer.headers,
            request_headers=answer.sent,
            body=answer.body,
            at=answer.at,
            elapsed=elapsed,
            redirects=tuple(redirects),
        )

    def _fields(self, request: Request) -> dict[str, str]:
        coding = "identity" if request.sink else decode.OFFERED
        known = {"User-Agent": self._agent, "Accept": _ACCEPT[request.accept], "Accept-Encoding": coding}
        return known | request.fields

    async def _ask(
        self,
        url: URL,
        fields: dict[str, str],
        asked: URL,
        seconds: float,
        form: Mapping[str, str] | bytes | None = None,
        named: URL | None = None,
        grow: Grow | None = None,
        turn: Callable[[], Awaitable[None]] | None = None,
        sink: Sink | None = None,
    ) -> _Answer:
        """One request, in its turn; raises FetchError. `named` is the address that the operator gave, if any."""
        host = url.raw_host or ""
        near = is_near(host)
        session = self._session
        try:
            if near and named is not None and urls.keeps_credentials(named, url):
                session = self._near
            else:
                self._gate.check(host)
            # Nobody minds how often their own machines ask each other.
            gap = 0.0 if near else self._settings.gap
            async with self._turns.turn(host.lower(), gap, lambda: self._heed(url, asked)):
                if turn:
                    await turn()
                answer = await self._exchange(session, url, fields, seconds, form, grow, sink)
        except FAILURES as error:
            problem = failure(error, str(asked), str(url), self._limits)
            if problem.kind in _SILENT:
                self._silent[_place(url)] += 1
            # Without the frames, which would keep what came of the body for as long as the error is known.
            raise problem from error.with_traceback(None)
        self._silent.pop(_place(url), None)
        wanted = headers.retry_after(answer.headers, answer.at) if answer.status in _BUSY else None
        if wanted and wanted > answer.at:
            self._hosts.rest(_place(url), wanted, answer.at)
        return answer

    def _heed(self, url: URL, asked: URL) -> None:
        """Raise FetchError if the host wants no visit now, or gave no answer to several in a row.

        So a host that is down costs a few timeouts in all, not one for each of its feeds, for which others would wait.
        """
        if self._silent[_place(url)] >= _GIVEN_UP_AFTER:
            reason = f"not asked: {url.host} did not answer {_GIVEN_UP_AFTER} others just now"
            raise FetchError(str(asked), "down", reason, until=self._now() + _ASKED_AGAIN_AFTER)
        until = self._hosts.resting(_place(url), self._now())
        if until:
            reason = f"not asked: {url.host} wants no visit before {until:%Y-%m-%d %H:%M} UTC (Retry-After)"
            raise FetchError(str(asked), "resting", reason, until=until)

    async def _robots(self, url: URL, asked: URL, named: URL | None) -> Robots:
        """What the robots.txt of the address's host says; raises FetchError if the host does not answer."""
        origin = str(url.origin())
        async with self._reading.setdefault(origin, asyncio.Lock()):
            known = self._hosts.robots(origin, self._now())
            if known is None:
                known = await self._read_robots(url.origin() / "robots.txt", asked, named)
                self._hosts.keep(origin, known)
        return known

    async def _read_robots(self, url: URL, asked: URL, named: URL | None) -> Robots:
        fields = {"User-Agent": self._agent, "Accept": "text/plain, */*;q=0.1", "Accept-Encoding": decode.OFFERED}
        redirects: list[tuple[int, str]] = []
        while True:
            answer = await self._ask(url, fields, asked, self._limits.total, named=named)
            if answer.status not in _REDIRECTS:
                return read_robots(answer.status, answer.body, answer.at)
            url = _followed(asked, url, answer, redirects, self._limits.redirects)
            redirects.append((answer.status, str(url)))

    async def _exchange(
        self,
        session: aiohttp.ClientSession | None,
        url: URL,
        fields: dict[str, str],
        seconds: float,
        form: Mapping[str, str] | bytes | None,
        grow: Grow | None,
        sink: Sink | None,
    ) -> _Answer:
        assert session is not None, "used outside of its context"
        clock = asyncio.get_running_loop().time
        start = clock()
        async with asyncio.timeout(seconds):
            method = "GET" if form is None else "POST"
            reply = await session.request(method, url, headers=fields, data=form, allow_redirects=False)
        async with reply:
            at = self._now()
            headers.check_size(reply.raw_headers, self._limits.head)
            body = b""
            if reply.status in _WITH_BODY:
                async with asyncio.timeout_at(start + seconds) as until:
                    if sink:
                        await _poured(reply, sink)
                    else:
                        body = await _body(reply, self._limits.size, until, grow)
            elif reply.status >= 400:
                # The status is the message; a broken or endless page behind it must not hide it.
                with suppress(*FAILURES):
                    async with asyncio.timeout_at(min(start + seconds, clock() + _ERROR_PAGE_SECONDS)) as until:
                        body = await _body(reply, min(self._limits.size, _ERROR_PAGE_BYTES), until)
            return _Answer(
                status=reply.status,
                headers=headers.decoded(reply.raw_headers),
                sent=_sent(reply.request_info.headers),
                body=body,
                at=at,
                elapsed=clock() - start,
            )


def user_agent(version: str, contact: str, subscribers: int | None) -> str:
    """How Backissue introduces itself: what it is, whom to write to, and for how many it asks, so far as is known.

    >>> user_agent("1.2", "https://example.org/about", 3)
    'Backissue/1.2 (+https://example.org/about; 3 subscribers)'
    """
    contact = re.sub(r"[^\x21-\x27\x2a-\x7e]+", "", contact)
    count = "" if subscribers is None else f"{subscribers} subscriber{'' if subscribers == 1 else 's'}"
    comment = "; ".join(filter(None, [contact and f"+{contact}", count]))
    return f"{PRODUCT}/{version}" + (f" ({comment})" if comment else "")


def _place(url: URL) -> str:
    """The host and port, which stand for one server."""
    return f"{(url.raw_host or '').lower()}:{url.port}"


class _Answer(NamedTuple):
    """The answer to one request, a redirect perhaps."""

    status: int
    headers: tuple[tuple[str, str], ...]
    sent: tuple[tuple[str, str], ...]
    body: bytes
    at: datetime
    elapsed: float


def _validators(request: Request) -> dict[str, str]:
    """The conditional fields (RFC 9110 section 13.1); a validator that no header can carry is left out."""
    given = {"If-None-Match": request.etag, "If-Modified-Since": request.last_modified}
    return {name: value for name, value in given.items() if value and value.isprintable()}


def _url(text: str, request: Request, asked: urls.Target) -> URL:
    """An address that is most often the one that is asked."""
    return asked.url if text == request.url else urls.target(text).url


def _followed(asked: URL, url: URL, answer: _Answer, redirects: list[tuple[int, str]], most: int) -> URL:
    """Where a redirect leads to next; raises FetchError."""
    location = headers.first(answer.headers, "Location")
    if location is None:
        reason = f"redirects (status {answer.status}) without saying where to"
        raise FetchError(str(asked), "redirects", reason, _BROWSE)
    try:
        new = urls.redirected(url, location)
    except ValueError:
        reason = f"redirects to {shown(location)}, which is no web address"
        raise FetchError(str(asked), "redirects", reason, _BROWSE) from None
    if new == asked or str(new) in {target for _, target in redirects}:
        raise FetchError(
            str(asked), "redirects", f"redirects in a circle, back to {shown(str(new))}", "check the address"
        )
    if len(redirects) >= most:
        raise FetchError(
            str(asked),
            "redirects",
            f"redirects more than {most} time{'' if most == 1 else 's'}",
            f"give the last address: {shown(str(new))}",
        )
    return new


async def _poured(reply: aiohttp.ClientResponse, sink: Sink) -> None:
    fields = headers.decoded(reply.raw_headers)
    if headers.codings(fields):
        raise aiohttp.ClientPayloadError("it is compressed, and was not asked that way")
    sink.begin(reply.status, fields)
    async for chunk in reply.content.iter_any():
        sink.take(chunk)


async def _body(reply: aiohttp.ClientResponse, limit: int, until: asyncio.Timeout, grow: Grow | None = None) -> bytes:
    if (reply.content_length or 0) > limit:
        raise decode.TooLargeError
    body = decode.Body(headers.codings(headers.decoded(reply.raw_headers)), limit)
    told = 0
    async for chunk in reply.content.iter_any():
        for piece in _pieces(chunk, body.is_coded):
            body.feed(piece)
            if grow and body.size - told > _STEP:
                told = body.size
                await _grown(grow, told + _STEP, until)
    return body.finish()


def _pieces(chunk: bytes, is_coded: bool) -> Iterable[bytes]:
    """What came, where it is compressed in pieces so small that each can only become so much."""
    if not is_coded or len(chunk) <= _PIECE:
        return (chunk,)
    return (chunk[start : start + _PIECE] for start in range(0, len(chunk), _PIECE))


async def _grown(grow: Grow, size: int, until: asyncio.Timeout) -> None:
    """Have it taken note of that a body becomes so large; the clock stands still meanwhile."""
    clock, end = asyncio.get_running_loop().time, until.when()
    begun = clock()
    until.reschedule(None)
    await grow(size)
    until.reschedule(None if end is None else end + clock() - begun)


def _sent(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The request's fields as plain strings: aiohttp's names are of a kind that msgspec does not write down."""
    return tuple((str(name), HIDDEN if name == "Authorization" else str(value)) for name, value in fields.items())
