"""The door of our own hub (W3C WebSub): a form comes, and is answered at once; what it asks for is done later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from archive.push.hub import PATH, Hub
from backissue.web.access import path_of
from backissue.web.reply import Reply, deliver

_PLACE = f"/{PATH}".encode()
_LARGEST = 10_000  # bytes of a form
_SECONDS = 10.0  # for all of it
_FORM = "application/x-www-form-urlencoded"


def with_hub(site: ASGIApp, hub: Hub, *, now: Callable[[], float] = time.time) -> ASGIApp:
    """The ASGI application with the hub in front; `now` is the clock in seconds since 1970."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or path_of(scope) != _PLACE:
            await site(scope, receive, send)
            return
        status, words = await _answer(hub, scope, receive)
        text = f"{words}\n".encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(text)),
            (b"cache-control", b"no-store"),
            *([(b"allow", b"POST")] if status == 405 else []),
        ]
        await deliver(Reply(status, headers, b"" if scope["method"] == "HEAD" else text), int(now()), receive, send)

    return serve


async def _answer(hub: Hub, scope: Scope, receive: Receive) -> tuple[int, str]:
    if scope["method"] != "POST":
        return 405, "This is a hub (WebSub): subscribe with a form."
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"").decode("latin-1")
    if kind.partition(";")[0].strip().lower() != _FORM:
        return 415, f"A form is wanted: {_FORM}."
    parts, size = [], 0
    try:
        async with asyncio.timeout(_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return 400, "The form broke off."
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > _LARGEST:
                    return 413, "The form is too large."
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        return 408, "The form took too long."
    return await asyncio.to_thread(hub.asked, b"".join(parts))
