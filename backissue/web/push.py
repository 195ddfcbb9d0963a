"""The callback that hubs ask and deliver to (W3C WebSub), beside the published files: /_push/TOKEN.

Whoever knows no token learns nothing and costs nothing: their bodies are not even read. A delivery is answered as soon
as it is checked, and taken in by somebody else.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from archive.push import Desk
from archive.push.desk import PATH
from archive.store import StoreError
from backissue.web.access import path_of
from backissue.web.reply import Reply, deliver

_CALLBACK = re.compile(rf"/{PATH}/([^/]*)".encode())
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_SECONDS = 30.0  # for a whole body
_RETRY = (b"retry-after", b"60")

_log = logging.getLogger(__name__)


class _CutError(Exception):
    """The body ends here: with that status, if anybody is left to hear it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def with_push(site: ASGIApp, desk: Desk, *, now: Callable[[], float] = time.time) -> ASGIApp:
    """The ASGI application with the callback in front; `now` is the clock in seconds since 1970."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        match = _CALLBACK.fullmatch(path_of(scope)) if scope["type"] == "http" else None
        if match is None:
            await site(scope, receive, send)
            return
        try:
            reply = await _answer(desk, match[1].decode("latin-1"), scope, receive)
        except StoreError as error:
            _log.error("%s", error)  # the hub comes again
            reply = _reply(503, extra=[_RETRY])
        await deliver(reply, int(now()), receive, send)

    return serve


async def _answer(desk: Desk, token: str, scope: Scope, receive: Receive) -> Reply:
    method = scope["method"]
    if method not in ("GET", "HEAD", "POST"):
        return _reply(405, extra=[(b"allow", b"GET, HEAD, POST")])
    push = await asyncio.to_thread(desk.find, token) if _TOKEN.fullmatch(token) else None
    if method != "POST":
        if push is None or method == "HEAD":  # only a GET with a challenge is a question
            return _reply(404, head=method == "HEAD")
        answer = await asyncio.to_thread(desk.answer, token, scope["query_string"])
        return _reply(answer.status, answer.body)
    if push is None or push.state not in ("asked", "verified"):
        return _reply(410)  # section 7: then the hub may end it
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    try:
        async with asyncio.timeout(_SECONDS):
            body = await _body(dict(headers).get("content-length", ""), receive, desk.limit)
    except TimeoutError:
        return _reply(408)
    except _CutError as cut:
        if cut.status == 413:
            await asyncio.to_thread(desk.ignore, push, f"it is larger than {desk.limit:,} bytes")
        return _reply(cut.status)
    # Taken on or ignored, which is nobody's business who does not know the secret (section 7.1.2).
    await asyncio.to_thread(desk.accept, push, headers, body)
    return _reply(202)


async def _body(length: str, receive: Receive, limit: int) -> bytes:
    """All of the request's body; raises _CutError if it is too large, or its sender is gone."""
    if length.isascii() and length.isdigit() and int(length[:20]) > limit:
        raise _CutError(413)
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _CutError(400)
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _CutError(413)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _reply(
    status: int, body: bytes = b"", *, head: bool = False, extra: list[tuple[bytes, bytes]] | None = None
) -> Reply:
    text = body if status < 400 else _SAID.get(status, b"")
    headers = [
        # What is echoed is a stranger's: no browser shall take it for a page.
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-length", b"%d" % len(text)),
        (b"cache-control", b"no-store"),
        *(extra or ()),
    ]
    return Reply(status, headers, b"" if head else text)


_SAID = {
    400: b"The body broke off.\n",
    404: b"Nobody here asked for that.\n",
    405: b"This is a callback for hubs (WebSub).\n",
    408: b"The body took too long.\n",
    410: b"There is no such subscription any more.\n",
    413: b"The body is too large.\n",
    503: b"The archive cannot be used right now. Please try again later.\n",
}
