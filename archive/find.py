"""The feed behind an address that a person gives: the feed itself, or the one that the page there tells of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from msgspec import Struct

from archive.fetch import FetchError, Request, Response
from archive.fetch.errors import shown
from archive.readers import read_apart
from archive.reading import Document
from config.settings import Limits
from feeds.discover import discover, guesses
from feeds.model import Link, ParsedFeed
from feeds.parse import NotAFeed

Get = Callable[[Request], Awaitable[Response]]

_LIMITS = Limits()
_MOST_NAMED = 5
_MOST_GUESSED = 8


class Found(Struct, frozen=True, kw_only=True):
    """A feed: `url` to ask from now on, the answer that held it, and the addresses of other feeds of the same page."""

    url: str
    response: Response
    parsed: ParsedFeed
    others: tuple[str, ...] = ()


async def find(get: Get, url: str, limits: Limits = _LIMITS) -> Found:
    """The feed at a full address, or on the page there; of several the one that the page prefers.

    Where the page names none, a few usual places of the site are tried. `url` is the new address where all redirects
    to it were permanent. Raises FetchError and NotAFeed, whose line tells what to do.
    """
    response = await _answer(get, url, url)
    try:
        return await _found(url, response, limits)
    except NotAFeed as error:
        if not error.html:
            raise
    named = _named(response)
    for candidate in named[:_MOST_NAMED]:
        if found := await _try(get, candidate, url, limits):
            others = tuple(other for other in named if other not in (candidate, found.url))
            return Found(url=found.url, response=found.response, parsed=found.parsed, others=others)
    for candidate in guesses(response.final_url)[:_MOST_GUESSED]:
        if found := await _try(get, candidate, url, limits):
            return found
    reason = "is a web page that names no feed, and none is in the usual places"
    if named:
        dead = f"the feed {shown(named[0])} could not be read" if len(named) == 1 else "no feed it names could be read"
        reason = f"is a web page, but {dead}"
    remedy = "look for a feed on the site, or take this one page in with 'backissue ingest'"
    raise NotAFeed(url, reason, remedy, html=True)


async def _answer(get: Get, url: str, named: str) -> Response:
    response = await get(Request(url=url, named=named))
    if not 200 <= response.status < 300:
        reason = f"the server answered {response.status} ({_phrase(response.status)})"
        raise FetchError(url, "protocol", reason, "check the address, or try again later")
    return response


async def _try(get: Get, url: str, named: str, limits: Limits) -> Found | None:
    try:
        return await _found(url, await _answer(get, url, named), limits)
    except (FetchError, NotAFeed):
        return None


async def _found(url: str, response: Response, limits: Limits) -> Found:
    document = Document(response.body, response.final_url, response.content_type, whole=True)
    parsed = await asyncio.to_thread(read_apart, document, limits)
    return Found(url=response.moved_to or url, response=response, parsed=parsed)


def _named(response: Response) -> list[str]:
    """The feeds that the answer's Link fields and its page tell of, the likeliest first."""
    headers = [link.href for link in response.links if _is_feed(link)]
    page = discover(response.body, response.final_url, response.content_type)
    return list(dict.fromkeys([*headers, *(feed.url for feed in page)]))


def _is_feed(link: Link) -> bool:
    kind = link.type or ""
    return link.rel == "alternate" and any(mark in kind for mark in ("rss", "atom", "feed+json"))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unknown"
