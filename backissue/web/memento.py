"""The past of published documents over HTTP (RFC 7089), beside the published files:

    /_past/gate/all/feed.atom             TimeGate: 302 to what the document was at the time in Accept-Datetime
    /_past/map/all/feed.atom              TimeMap: all of what it was, as application/link-format (RFC 6690)
    /_past/20261124083000/all/feed.atom   Memento: what it was then

Documents name their TimeGate and TimeMap in a Link field (`links`).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote

from starlette.types import ASGIApp, Receive, Scope, Send

from archive.store import StoreError
from backissue.memory import Known, Memory, before
from backissue.web.access import path_of
from backissue.web.conditional import evaluate, http_date
from backissue.web.media import media
from backissue.web.reply import Headers, Reply, deliver
from backissue.web.reply import http_date as written

_ORIGINAL = re.compile(rb"/([\w-]+/(?:feed\.\w+|entries/\w+\.html))", re.ASCII)
_TARGET = re.compile(rb"/_past/(gate|map|[0-9]{14})/([\w./-]+)", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_WAITING = 50  # requests that wait for those before them; who comes then is asked to come back
_MOST = 1000  # mementos that a TimeMap lists; it names another one for those before
_STAMP = "%Y%m%d%H%M%S"
_LASTING = b"public, max-age=86400"
_BRIEF = b"public, max-age=60"
_POLICY = b"default-src 'none'; img-src *; media-src *; style-src 'self'; base-uri 'none'; form-action 'none'"
_LINKS = "application/link-format"

_log = logging.getLogger(__name__)


def with_memory(site: ASGIApp, memory: Memory, base: str, *, now: Callable[[], float] = time.time) -> ASGIApp:
    """The ASGI application with the past in front of it; `base` is the site's address, with a slash at its end."""
    one_at_a_time = asyncio.Lock()  # it may be much to read, and must not keep others from being served
    waiting = 0

    async def answered(scope: Scope, what: str, path: str, at: int) -> Reply:
        nonlocal waiting
        if waiting >= _WAITING:
            return _note(503, b"Too many ask for the past at once.", [(b"retry-after", b"10")])
        waiting += 1
        try:
            async with one_at_a_time:
                return await asyncio.to_thread(_answer, memory, base, scope, what, path, at)
        except StoreError as error:
            _log.error("%s", error)
            return _note(503, b"The archive cannot be used right now.", [(b"retry-after", b"60")])
        finally:
            waiting -= 1

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        asked = _asked(scope)
        if asked is None:
            await site(scope, receive, send)
            return
        at = int(now())
        reply = await answered(scope, *asked, at)
        if reply.status == 404 and not _TARGET.fullmatch(path_of(scope)):  # published, but by another archive
            await site(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            reply = Reply(reply.status, reply.headers)
        await deliver(reply, at, receive, send)

    return serve


def links(base: str, path: str) -> bytes:
    """The Link field of a document that has a past."""
    path = quote(path)
    gate, known = f"<{base}_past/gate/{path}>", f"<{base}_past/map/{path}>"
    return f'{gate}; rel="timegate", {known}; rel="timemap"; type="{_LINKS}"'.encode()


def _asked(scope: Scope) -> tuple[str, str] | None:
    """What is asked of the past, of which document; None if nothing is.

    Who sends Accept-Datetime for the document itself is led on, too (RFC 7089 section 4.1.1).
    """
    if scope["type"] != "http":
        return None
    path = path_of(scope)
    if match := _TARGET.fullmatch(path):
        return match[1].decode(), match[2].decode()
    dated = any(name == b"accept-datetime" for name, _ in scope["headers"])
    if dated and scope["method"] in ("GET", "HEAD") and (match := _ORIGINAL.fullmatch(path)):
        return "gate", match[1].decode()
    return None


def _answer(memory: Memory, base: str, scope: Scope, what: str, path: str, at: int) -> Reply:
    if scope["method"] not in ("GET", "HEAD"):
        return _note(405, b"The past can only be read, with GET or HEAD.", [(b"allow", b"GET, HEAD")])
    fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    with memory.look(path) as known:
        if known == "withdrawn":
            return _note(410, b"This entry was withdrawn by its publisher.")
        if known is None:
            return _note(404, b"Nothing is known of what this was before.")
        if what == "gate":
            return _gate(base, path, known, fields.get("accept-datetime"), at)
        if what == "map":
            return _map(base, path, known, parse_qs(scope["query_string"].decode("latin-1")).get("before", [""])[0])
        return _memento(base, path, known, what, fields, at)


def _gate(base: str, path: str, known: Known, wanted: str | None, at: int) -> Reply:
    """Where the document stands as it was at the time asked for (section 4.1); the newest if none is."""
    moment = http_date(wanted, at) if wanted is not None else known.moments[-1]
    if moment is None:
        return _note(400, b"Accept-Datetime is no date as HTTP writes it: Tue, 24 Nov 2026 08:30:00 GMT")
    headers = [
        (b"location", _address(base, path, before(known.moments, moment)).encode()),
        (b"vary", b"accept-datetime"),
        (b"link", _relations(base, path, known.moments, before(known.moments, moment))),
        (b"cache-control", _BRIEF),
        (b"content-length", b"0"),
    ]
    return Reply(302, headers)


def _memento(base: str, path: str, known: Known, stamp: str, fields: dict[str, str], at: int) -> Reply:
    try:
        asked = int(datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return _note(404, b"This is no time: it is written as year, month, day, hour, minute and second, 14 digits.")
    moment = before(known.moments, asked)
    if moment != asked:
        location = (b"location", _address(base, path, moment).encode())
        return Reply(302, [location, (b"cache-control", _BRIEF), (b"content-length", b"0")])
    body = known.at(moment)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = [
        (b"memento-datetime", written(moment)),
        (b"link", _relations(base, path, known.moments, moment)),
        (b"etag", etag.encode()),
        (b"cache-control", _LASTING),
        (b"access-control-allow-origin", b"*"),
    ]
    outcome = evaluate(fields, etag, moment, at)
    if outcome == 412:
        return _note(412, b"This is another version.")
    if outcome == 304:
        return Reply(304, headers)
    headers += [
        (b"content-type", media(path).type.encode()),
        (b"content-security-policy", _POLICY),
        (b"x-content-type-options", b"nosniff"),
        (b"content-length", b"%d" % len(body)),
    ]
    return Reply(200, headers, body)


def _map(base: str, path: str, known: Known, until: str) -> Reply:
    """All mementos (section 5), the newest thousand of them; the rest in a TimeMap of its own."""
    own = f"{base}_past/map/{path}"
    stop = bisect_left(known.moments, int(until)) if _SECONDS.fullmatch(until) else len(known.moments)
    shown = known.moments[max(0, stop - _MOST) : stop]
    if not shown:
        return _note(404, b"Nothing was before that.")
    span = f'from="{written(shown[0]).decode()}"; until="{written(shown[-1]).decode()}"'
    address = f"{own}?before={until}" if stop < len(known.moments) else own
    lines = [
        f'<{base}{path}>; rel="original"',
        f'<{address}>; rel="self"; type="{_LINKS}"; {span}',
        f'<{base}_past/gate/{path}>; rel="timegate"',
    ]
    if shown[0] != known.moments[0]:
        lines.append(f'<{own}?before={shown[0]}>; rel="timemap"; type="{_LINKS}"')
    lines += [_relation(base, path, known.moments, moment) for moment in shown]
    body = (",\n".join(lines) + "\n").encode()
    return Reply(200, _headers(f"{_LINKS}; charset=utf-8".encode(), body, _BRIEF), body)


def _relations(base: str, path: str, moments: Sequence[int], moment: int) -> bytes:
    """The Link field of a memento: the original, its gate and map, and the mementos around it (section 2.2)."""
    place = bisect_left(moments, moment)
    names: dict[int, list[str]] = {moment: []}
    near = {"prev": place - 1, "next": place + 1}
    for name, index in {"first": 0, **near, "last": len(moments) - 1}.items():
        if 0 <= index < len(moments):
            names.setdefault(moments[index], []).append(name)
    found = [f'<{base}{path}>; rel="original"', links(base, path).decode()]
    for one in sorted(names):
        rel = " ".join([*names[one], "memento"])
        found.append(f'<{_address(base, path, one)}>; rel="{rel}"; datetime="{written(one).decode()}"')
    return ", ".join(found).encode()


def _relation(base: str, path: str, moments: Sequence[int], moment: int) -> str:
    first = "first " if moment == moments[0] else ""
    last = "last " if moment == moments[-1] else ""
    return f'<{_address(base, path, moment)}>; rel="{first}{last}memento"; datetime="{written(moment).decode()}"'


def _address(base: str, path: str, moment: int) -> str:
    return f"{base}_past/{datetime.fromtimestamp(moment, UTC).strftime(_STAMP)}/{path}"


def _note(status: int, text: bytes, extra: Headers | None = None) -> Reply:
    body = text + b"\n"
    return Reply(status, _headers(b"text/plain; charset=utf-8", body, b"no-store") + (extra or []), body)


def _headers(kind: bytes, body: bytes, caching: bytes) -> Headers:
    return [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", caching),
        (b"access-control-allow-origin", b"*"),
        (b"x-content-type-options", b"nosniff"),
    ]
