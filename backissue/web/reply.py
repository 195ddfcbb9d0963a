"""An answer as a value, and how it goes out: from memory at one stroke, or from a file in pieces."""

from __future__ import annotations

import asyncio
import logging
from email.utils import formatdate
from functools import lru_cache
from io import FileIO

from msgspec import Struct
from starlette.types import Receive, Send

from backissue.web.ranges import Slice

Headers = list[tuple[bytes, bytes]]

_CHUNK = 256 * 1024  # bytes

_log = logging.getLogger(__name__)


class Reply(Struct, frozen=True):
    """An answer but for its Date. Where there is a `handle`, the body is its bytes in `part`."""

    status: int
    headers: Headers
    body: bytes = b""
    handle: FileIO | None = None
    part: Slice = Slice(0, 0)


async def deliver(reply: Reply, at: int, receive: Receive, send: Send) -> None:
    """Send an answer that was made at that time (seconds since 1970); a handle is closed whatever happens."""
    headers = [(b"date", http_date(at)), *reply.headers]
    start = {"type": "http.response.start", "status": reply.status, "headers": headers}
    if reply.handle is None:
        await send(start)
        await send({"type": "http.response.body", "body": reply.body})
        return
    with reply.handle:
        await send(start)
        try:
            await _pieces(reply.handle, reply.part, receive, send)
        except OSError as error:
            # The status is out already: all that is left is to break off, which the server does.
            _log.error("an answer was broken off: the file cannot be read any further (%s)", error)


@lru_cache(1024)
def http_date(at: int) -> bytes:
    """A time as HTTP writes it (RFC 9110 section 5.6.7)."""
    return formatdate(at, usegmt=True).encode()


async def _pieces(handle: FileIO, part: Slice, receive: Receive, send: Send) -> None:
    """Send the bytes of a file until all are out or the client is gone, which only `receive` tells."""
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.to_thread(handle.seek, part.start)
        rest = part.stop - part.start
        while rest and not gone.done():
            piece = await asyncio.to_thread(handle.read, min(_CHUNK, rest))
            if not piece:
                raise OSError("it became shorter")
            rest -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": rest > 0})
    finally:
        gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
