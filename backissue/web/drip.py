"""Channels an entry at a time over HTTP, beside the published files: /all/drip/2026-11-24.atom.

The day in the address is the one on which its subscriber begins. A document is fresh until its next entry has its turn,
or as long as others are, so caches may keep it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from archive.store import StoreError
from backissue.drips import Dripped, Drips
from backissue.web.conditional import evaluate
from backissue.web.media import for_people, media
from backissue.web.paths import relative
from backissue.web.private import HEADERS, Guard
from backissue.web.reply import Headers, Reply, deliver, http_date

_log = logging.getLogger(__name__)


def with_drips(
    site: ASGIApp, drips: Drips, guard: Guard, max_age: int, *, now: Callable[[], float] = time.time
) -> ASGIApp:
    """The ASGI application with these documents in front of it; `max_age` is in seconds."""
    one_at_a_time = asyncio.Lock()  # a long log takes a moment to be gone through

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = _path(scope)
        private = guard.of(path) if path else None
        admitted = private is None or private.admits(_fields(scope).get("authorization"))
        if not path or not drips.knows(path) or scope["method"] not in ("GET", "HEAD") or not admitted:
            await site(scope, receive, send)
            return
        at = int(now())
        try:
            async with one_at_a_time:
                found = await asyncio.to_thread(drips.look, path, datetime.fromtimestamp(at, UTC))
        except StoreError as error:
            _log.error("%s", error)
            headers = [(b"content-length", b"0"), (b"retry-after", b"60"), (b"cache-control", b"no-store")]
            await deliver(Reply(503, headers), at, receive, send)
            return
        if found is None:
            await site(scope, receive, send)
            return
        reply = _reply(found, path, _fields(scope), at, max_age, private=private is not None)
        await deliver(reply if scope["method"] == "GET" else Reply(reply.status, reply.headers), at, receive, send)

    return serve


def _reply(found: Dripped, path: str, fields: dict[str, str], at: int, max_age: int, *, private: bool) -> Reply:
    kind = media(path)
    shown = for_people(kind, fields.get("accept"))
    etag = f'"{hashlib.sha256(found.body).hexdigest()[:32]}{"-xml" if shown else ""}"'
    modified = min(int(found.updated.timestamp()), at)
    fresh = max(0, min(max_age, int(found.until.timestamp()) - at))
    headers: Headers = [
        (b"etag", etag.encode()),
        (b"cache-control", b"%s, max-age=%d" % (b"private" if private else b"public", fresh)),
        (b"vary", b"Accept"),
        *(HEADERS if private else [(b"access-control-allow-origin", b"*")]),
    ]
    outcome = evaluate(fields, etag, modified, at)
    if outcome == 304:
        return Reply(304, headers)
    if outcome == 412:
        return Reply(412, [(b"content-length", b"0"), (b"cache-control", b"no-store")])
    headers += [
        (b"content-type", (shown or kind).type.encode()),
        (b"last-modified", http_date(modified)),
        (b"x-content-type-options", b"nosniff"),
        (b"content-length", b"%d" % len(found.body)),
    ]
    return Reply(200, headers, found.body)


def _path(scope: Scope) -> str:
    """The path that is asked for; "" for one that is no honest one."""
    if scope["type"] != "http":
        return ""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    try:
        return relative(raw.removeprefix(scope.get("root_path", "").encode()))
    except HTTPException:
        return ""


def _fields(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
