"""Reads HTTP header fields. All functions are pure, and none of them fails: what makes no sense counts as not given.

Header fields are pairs of name and value in the order served. Times are aware UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from feeds.model import Link

Fields = Iterable[tuple[str, str]]

# RFC 9111 section 1.2.2: greater numbers of seconds count as this one.
_FOREVER = 2**31
_SECONDS = re.compile(r"[0-9]+", re.ASCII)
_DIRECTIVE = re.compile(r"""([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;"]*)))?""", re.ASCII)
_LINK = re.compile(r'<([^<>]*)>((?:[^",<]|"(?:[^"\\]|\\.)*")*)')
_PARAMETER = re.compile(r';\s*([\w*!#$&+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))', re.ASCII)


class HeadTooLargeError(Exception):
    """The head of an answer exceeds the limit."""


def check_size(raw: Iterable[tuple[bytes, bytes]], limit: int) -> None:
    """Raise `HeadTooLargeError` if the fields of a head take more bytes."""
    if sum([len(name) + len(value) for name, value in raw]) > limit:
        raise HeadTooLargeError


def decoded(raw: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """Header fields as text: UTF-8 where they are that, else ISO 8859-1 (RFC 9110 section 5.5)."""
    return tuple((_text(name), _text(value)) for name, value in raw)


def values(fields: Fields, name: str) -> Iterator[str]:
    """The values of all fields of that name."""
    wanted = name.lower()
    return (value.strip() for key, value in fields if key.lower() == wanted)


def first(fields: Fields, name: str) -> str | None:
    """The value of the first field of that name that is not empty."""
    return next((value for value in values(fields, name) if value), None)


def http_date(text: str) -> datetime | None:
    """A date in any of the three forms of RFC 9110 section 5.6.7."""
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def retry_after(fields: Fields, at: datetime) -> datetime | None:
    """The time that Retry-After names (RFC 9110 section 10.2.3); a number of seconds counts from `at`."""
    value = first(fields, "Retry-After")
    if value is None:
        return None
    wait = _seconds(value)
    return http_date(value) if wait is None else at + timedelta(seconds=wait)


def max_age(fields: Fields, at: datetime) -> int | None:
    """For how many seconds from `at` an answer is fresh (RFC 9111 section 4.2): at least 0, None if it does not say.

    Cache-Control's max-age stands above Expires; no-cache and no-store mean 0, and so does a time that is no time.
    """
    fields = tuple(fields)
    lifetime = _lifetime(fields, at)
    if lifetime is None:
        return None
    age = _seconds(first(fields, "Age") or "") or 0
    return max(0, lifetime - age)


def links(fields: Fields, base: str) -> tuple[Link, ...]:
    """The links of the Link fields (RFC 8288), one for each relation, absolute.

    Links with an anchor are left out: they speak of another resource.
    """
    found = []
    for field in values(fields, "Link"):
        for target, rest in _LINK.findall(field):
            parameters = _parameters(rest)
            if "anchor" in parameters:
                continue
            href = _joined(base, target)
            for rel in parameters.get("rel", "").lower().split() if href else ():
                found.append(
                    Link(
                        href=href,
                        rel=rel,
                        type=parameters.get("type"),
                        hreflang=parameters.get("hreflang"),
                        title=parameters.get("title"),
                    )
                )
    return tuple(found)


def codings(fields: Fields) -> tuple[str, ...]:
    """The content codings in the order they were applied (RFC 9110 section 8.4), in lower case."""
    names = (name.strip().lower() for value in values(fields, "Content-Encoding") for name in value.split(","))
    return tuple(name for name in names if name)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _seconds(text: str) -> int | None:
    # Twelve digits are more than enough, and keep int() from a number of a million of them.
    return min(int(text[:12]), _FOREVER) if _SECONDS.fullmatch(text) else None


def _lifetime(fields: tuple[tuple[str, str], ...], at: datetime) -> int | None:
    directives: dict[str, str] = {}
    for value in values(fields, "Cache-Control"):
        for name, quoted, token in _DIRECTIVE.findall(value):
            directives.setdefault(name.lower(), quoted or token)
    if directives.keys() & {"no-cache", "no-store"}:
        return 0
    if "max-age" in directives:
        return _seconds(directives["max-age"]) or 0
    expires = first(fields, "Expires")
    if expires is None:
        return None
    end = http_date(expires)
    start = http_date(first(fields, "Date") or "") or at
    return max(0, min(int((end - start).total_seconds()), _FOREVER)) if end else 0


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, quoted, token in _PARAMETER.findall(text):
        # RFC 8288 section 3.3: of several rel parameters only the first counts; likewise for the others.
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or token)
    return found


def _joined(base: str, target: str) -> str:
    try:
        return urljoin(base, target.strip())
    except ValueError:
        return ""
