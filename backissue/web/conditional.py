"""Conditional requests (RFC 9110 section 13): what the client has, against what there is. Pure.

Header fields come as a mapping of lower-case names to values (several fields of one name joined by commas). Times are
whole seconds since 1970, UTC. No value of a field makes anything here raise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal

# Possessive quantifiers (++, *+): no value makes these patterns go back and try again.
_MEMBER = re.compile(r'[ \t]*+(?:(W/)?+"([\x21\x23-\x7e\x80-\xff]*+)"[ \t]*+(?:,|\Z)|[^,]*+(?:,|\Z))')

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_CLOCK = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
# RFC 9110 section 5.6.7: the preferred form first, then the two that are obsolete and must still be read.
_DATES = (
    re.compile(f"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_CLOCK} GMT"),
    re.compile(
        f"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_CLOCK} GMT"
    ),
    re.compile(f"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) {_MONTH} (?P<day>[0-9 ][0-9]) {_CLOCK} (?P<year>[0-9]{{4}})"),
)


def evaluate(fields: Mapping[str, str], etag: str, modified: int, now: int) -> Literal[200, 304, 412]:
    """What a GET or HEAD comes to, in the order of RFC 9110 section 13.2.2.

    `etag` (strong, with its quotes) and `modified` are those of the representation that would be sent. Dates that are
    none are ignored; entity tags stand above dates.
    """
    if "if-match" in fields:
        if not _matches(fields["if-match"], etag, weak=False):
            return 412
    elif "if-unmodified-since" in fields:
        unmodified = http_date(fields["if-unmodified-since"], now)
        if unmodified is not None and modified > unmodified:
            return 412
    if "if-none-match" in fields:
        return 304 if _matches(fields["if-none-match"], etag, weak=True) else 200
    since = http_date(fields["if-modified-since"], now) if "if-modified-since" in fields else None
    return 304 if since is not None and modified <= since else 200


def range_applies(fields: Mapping[str, str], etag: str, modified: int, now: int) -> bool:
    """Whether If-Range lets a Range stand (section 13.1.5): there is none, or it names what there is, strongly.

    A date has to be the very one, of a second that is over: the file could still change within the present one.
    """
    condition = fields.get("if-range")
    if condition is None:
        return True
    if '"' in condition:
        return condition.strip(" \t") == etag
    return http_date(condition, now) == modified < now


def entity_tags(value: str) -> Iterator[tuple[bool, str]]:
    """The entity tags in a list (section 8.8.3), as weak or not and the opaque part without its quotes.

    Commas inside the quotes are part of a tag. Members that are no entity tags are passed over.
    """
    for match in _MEMBER.finditer(value):
        if match[2] is not None:
            yield match[1] is not None, match[2]


def http_date(text: str, now: int) -> int | None:
    """A date in one of the three forms of section 5.6.7, or None. The name of the weekday need not be right.

    Years of two digits are taken to lie within fifty years of `now`, else in the past.
    """
    text = text.strip(" \t")
    match = next(filter(None, (form.fullmatch(text) for form in _DATES)), None)
    if match is None:
        return None
    year = int(match["year"])
    if len(match["year"]) == 2:
        this = datetime.fromtimestamp(now, UTC).year
        year += this // 100 * 100
        year -= 100 if year > this + 50 else 0
    second = min(int(match["second"]), 59) if match["second"] == "60" else int(match["second"])
    clock = (int(match["hour"]), int(match["minute"]), second)
    try:
        when = datetime(year, _MONTHS.index(match["month"]) + 1, int(match["day"]), *clock, tzinfo=UTC)
    except ValueError:
        return None
    return int(when.timestamp())


def _matches(value: str, etag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags has this one (section 8.8.3.2), or is the * that stands for any."""
    if value.strip(" \t") == "*":
        return True
    opaque = etag[1:-1]
    return any(tag == opaque and (weak or not is_weak) for is_weak, tag in entity_tags(value))
