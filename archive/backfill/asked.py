"""An answer that is waited for until it comes, or until somebody says to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from http import HTTPStatus

from archive.fetch import FetchError, Response


async def answered(asking: Awaitable[Response], stop: asyncio.Event) -> Response | FetchError | None:
    """The answer, or why there is none; None where it is to be waited for no more."""
    going = asyncio.ensure_future(asking)
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({going, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return going.result() if going.done() else None
    except FetchError as error:
        return error
    finally:
        for task in (going, stopped):
            task.cancel()
        await asyncio.gather(going, stopped, return_exceptions=True)


def status_of(status: int) -> str:
    """A status in words: `404 (Not Found)`."""
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)
