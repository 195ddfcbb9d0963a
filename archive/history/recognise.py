"""Who is behind a key that the archive never met: an entry it knows, under a new guid or address? Pure functions.

A site that moves to https, to another host or to another program gives all of its articles new guids. Rules are tried
from the surest on; each must point from one newcomer to one entry, and back to that newcomer alone. What was decided is
recorded with its rule and its confidence, and can be undone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from msgspec import Struct

from archive.history.identity import Key, plain_link
from feeds.html import to_text
from feeds.model import Entry

_TELLING = 200  # characters of text that no two articles have in common by chance


class Newcomer(NamedTuple):
    """An entry of the document whose key is not known."""

    key: Key
    entry: Entry


class Resident(NamedTuple):
    """An entry of the archive that the document does not show by any of its keys, in its current version."""

    number: int
    keys: frozenset[str]
    entry: Entry


class Recognised(Struct, frozen=True):
    """The entry that a key belongs to, by which rule, and how sure that is (below 1)."""

    number: int
    rule: str
    confidence: float


Trait = Callable[[Entry], str | None]


def recognised(newcomers: Sequence[Newcomer], residents: Sequence[Resident]) -> dict[str, Recognised]:
    """The known entries behind keys never met before, by key."""
    found: dict[str, Recognised] = {}
    for rule, confidence, trait in _RULES:
        left = [one for one in newcomers if one.key.value not in found]
        taken = {one.number for one in found.values()}
        there = [one for one in residents if one.number not in taken]
        if not left or not there:
            break
        for key, number in _pairs(left, there, trait):
            found.setdefault(key, Recognised(number, rule, confidence))
    return found


def _pairs(newcomers: Sequence[Newcomer], residents: Sequence[Resident], trait: Trait) -> list[tuple[str, int]]:
    """Each newcomer and the resident that alone share a trait. What stands twice under one key is one newcomer."""
    news: defaultdict[str, set[str]] = defaultdict(set)
    olds: defaultdict[str, list[int]] = defaultdict(list)
    for newcomer in newcomers:
        if shared := trait(newcomer.entry):
            news[shared].add(newcomer.key.value)
    for resident in residents:
        if shared := trait(resident.entry):
            olds[shared].append(resident.number)
    return [(min(keys), olds[shared][0]) for shared, keys in news.items() if len(keys) == len(olds[shared]) == 1]


def _guid(entry: Entry) -> str | None:
    """The guid without its scheme, www and tracking; only where it is an address, as others are told exactly."""
    return plain_link(entry.id) if entry.id and entry.id.startswith(("http://", "https://")) else None


def _link_and_title(entry: Entry) -> str | None:
    return f"{plain_link(entry.link)}\n{entry.title}" if entry.link and entry.title else None


def _link_and_date(entry: Entry) -> str | None:
    return f"{plain_link(entry.link)}\n{entry.published}" if entry.link and entry.published else None


def _path_and_title(entry: Entry) -> str | None:
    """What is left of the address on another host."""
    if not entry.link or not entry.title:
        return None
    try:
        parts = urlsplit(plain_link(entry.link))
    except ValueError:
        return None
    return f"{parts.path}?{parts.query}\n{entry.title}" if parts.path.strip("/") or parts.query else None


def _title_and_date(entry: Entry) -> str | None:
    return f"{entry.title}\n{entry.published}" if entry.title and entry.published else None


def _content(entry: Entry) -> str | None:
    body = entry.content or entry.summary
    if body is None:
        return None
    text = to_text(body.value) if body.kind == "html" else body.value
    return text if len(text) >= _TELLING else None


_RULES: tuple[tuple[str, float, Trait], ...] = (
    ("the guid but for scheme, www and tracking", 0.99, _guid),
    ("link and title", 0.95, _link_and_title),
    ("link and date", 0.95, _link_and_date),
    ("path and title", 0.9, _path_and_title),
    ("title and date", 0.85, _title_and_date),
    ("the whole text", 0.8, _content),
)
