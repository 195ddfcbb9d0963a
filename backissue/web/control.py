"""What whoever has the token may ask of the program itself, beside the published files:

    GET  /-/status              how all goes: each feed, the archive, the passes
    POST /-/refresh             a pass now: ask what is due, take in the folders, publish what changed
    POST /-/refresh?feed=NAME   ask this feed first, due or not: its number, address or title

`backissue.web.access` stands before it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from urllib.parse import parse_qs

import msgspec
from msgspec import structs
from starlette.types import ASGIApp, Receive, Scope, Send

from archive.store import StoreError
from backissue.web.access import path_of, plain, said
from backissue.web.metrics import Snapshot
from backissue.web.reply import Headers, Reply, deliver
from backissue.web.shared import Shared
from config.redact import masked

_STATUS, _REFRESH = b"/-/status", b"/-/refresh"
_JSON = b"application/json"
_UNREADABLE = "The archive cannot be read; the log says why."

_log = logging.getLogger(__name__)


class UnknownError(Exception):
    """There is no feed of that name."""


# Asks for a pass, after the feeds of these names have been asked; gives their numbers. Raises UnknownError, StoreError.
Refresh = Callable[[Iterable[str]], list[int]]


def with_control(
    site: ASGIApp, look: Callable[[], object], refresh: Refresh | None, *, now: Callable[[], float] = time.time
) -> ASGIApp:
    """The ASGI application with this in front; `look` gives what /-/status tells, in a thread of its own.

    There is no `refresh` where nobody makes passes.
    """
    shared = Shared(look)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        answer = _ANSWERS.get(path_of(scope)) if scope["type"] == "http" else None
        if answer is None:
            await site(scope, receive, send)
            return
        try:
            reply = await answer(scope, shared, refresh)
        except StoreError as error:
            _log.error("%s", error)
            reply = said(503, _UNREADABLE, scope["method"], [(b"retry-after", b"60")])
        await deliver(reply, int(now()), receive, send)

    return serve


def status_of(snapshot: Snapshot) -> dict[str, object]:
    """How all goes, in plain values. Addresses stand there without their passwords."""
    passes, space = snapshot.passes, snapshot.space
    return {
        "version": snapshot.version,
        "at": snapshot.at,
        "feeds": [structs.replace(one, url=masked(one.url), moved_to=_masked(one.moved_to)) for one in snapshot.feeds],
        "totals": snapshot.totals,
        "disk": {"free": space.free, "least": space.least, "short": space.is_short()},
        "passes": passes and {"done": passes.done, "failed": passes.failed, "ended": _time(passes.ended)},
    }


async def _status(scope: Scope, look: Shared[object], refresh: Refresh | None) -> Reply:
    method = scope["method"]
    if method not in ("GET", "HEAD"):
        return _not_so(method, b"GET, HEAD")
    body = msgspec.json.encode(await look())
    return plain(200, _JSON, body + b"\n", method)


async def _refresh(scope: Scope, look: Shared[object], refresh: Refresh | None) -> Reply:
    method = scope["method"]
    if method != "POST":
        return _not_so(method, b"POST")
    if refresh is None:
        return said(409, "This is `backissue serve`, which asks nobody; `backissue run` does.", method)
    names = _names(scope["query_string"])
    if names is None:
        return said(400, "Only feed=NAME may stand behind the question mark, as often as you like.", method)
    try:
        asked = await asyncio.to_thread(refresh, names)
    except UnknownError as error:
        return said(404, str(error), method)
    return plain(202, _JSON, msgspec.json.encode({"feeds": asked}) + b"\n", method)


def _masked(url: str | None) -> str | None:
    return masked(url) if url else None


def _time(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None


def _names(query: bytes) -> list[str] | None:
    """The feeds that are named, or None if the query says anything else."""
    try:
        given = parse_qs(query.decode("ascii"), strict_parsing=bool(query), errors="strict", max_num_fields=100)
    except ValueError:
        return None
    return given.get("feed", []) if given.keys() <= {"feed"} else None


def _not_so(method: str, allowed: bytes) -> Reply:
    extra: Headers = [(b"allow", allowed)]
    return said(405, f"This takes {allowed.decode()}.", method, extra)


_ANSWERS = {_STATUS: _status, _REFRESH: _refresh}
