"""Which page comes next on the way into a feed's past: from a document and what was seen so far. Pure, on values.

Three ways, in this order: archive documents (RFC 5005 section 4: prev-archive), pages (section 3: next, and from the
last one back), and the habits of publishing systems. Every address is asked once, and a document that came before ends
the way, whatever its address: so no circle is gone round twice, be it of one host or of several.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from archive.backfill.habits import habit_named, habit_of
from feeds.model import Feed, ParsedFeed

Kind = Literal["archive", "paged", "from the last", "habit"]
_WEB = ("http", "https")


class Step(Struct, frozen=True):
    """A page to ask for: by which way it was found, and for a habit the system and the number of the page."""

    kind: Kind
    address: str
    system: str | None = None
    number: int = 0

    @property
    def name(self) -> str:
        """The way, as the archive and people are told of it."""
        names = {"archive": "prev-archive", "paged": "next", "from the last": "last, previous"}
        return names.get(self.kind) or f"pages of {self.system}"


class End(Struct, frozen=True):
    """The way ends here. `whole` says that it led to the beginning; else `why` tells what broke it off."""

    why: str
    whole: bool = False


def first_step(meta: Feed, url: str, shown: int, *, habits: bool) -> Step | End:
    """The first page of the past, by what a feed's document says of itself; it lies at `url`, and shows so many."""
    if link := _link(meta, "prev-archive"):
        return Step("archive", link)
    if link := _link(meta, "next"):
        return Step("paged", link)
    if meta.complete:
        return End("the feed shows all there is", whole=True)
    habit = habit_of(meta.generator) if habits else None
    if habit is None:
        return End("the feed names no earlier page")
    number = habit.first + (shown if habit.by_entry else 1)
    return Step("habit", habit.address(url, number), habit.system, number)


def next_step(step: Step, page: ParsedFeed, url: str, seen: Collection[str]) -> Step | End:
    """The page after that one, which `step` led to; `seen` are the addresses asked so far, in `plain` form."""
    if step.kind == "habit":
        habit = habit_named(step.system or "")
        if habit is None:
            return End(f"nothing is known of {step.system} any more")
        if not page.entries:
            return End("there are no more pages", whole=True)
        number = step.number + (len(page.entries) if habit.by_entry else 1)
        return Step("habit", habit.address(url, number), habit.system, number)
    rel = {"archive": "prev-archive", "paged": "next"}.get(step.kind, "previous")
    link = _link(page.feed, rel) or (_link(page.feed, "prev") if rel == "previous" else None)
    if link is None:
        return End("it is the first page", whole=True)
    if plain(link) in seen:
        # Whoever comes from the last page meets those that were had from the other side.
        return End(f"it leads back to {link}", whole=step.kind == "from the last")
    return Step(step.kind, link)


def around(step: Step, last: str | None, seen: Collection[str]) -> Step | None:
    """Another way to what lies behind a page that is missing: of paged feeds, from the last one."""
    if step.kind != "paged" or last is None or plain(last) in seen:
        return None
    return Step("from the last", last)


def last_page(meta: Feed) -> str | None:
    """The address of the last page, where a document names it (RFC 5005 section 3)."""
    return _link(meta, "last")


def plain(url: str) -> str:
    """An address as circles are told by: without its fragment, the host in lower case, no default port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    host = (parts.hostname or "").lower() + (f":{port}" if port and port != usual else "")
    return urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))


def _link(meta: Feed, rel: str) -> str | None:
    """The first link of that relation that can be asked."""
    for link in meta.links:
        if link.rel == rel and urlsplit(link.href).scheme in _WEB:
            return link.href
    return None
