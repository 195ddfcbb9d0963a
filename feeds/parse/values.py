"""Single values of a feed: dates, addresses, people, numbers, titles; and the notes on what could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

from feeds.dates import parse_date
from feeds.html import one_line, to_text
from feeds.model import Charset, Person
from feeds.parse.charset import codec
from feeds.remembered import remembered

_SHORT = 60
_REMEMBERED = 120
T = TypeVar("T")
# How much of a title is looked at for markup: what it takes may grow with the square of this.
_TITLE = 2000
# An xml:base that is longer is none: each address that is joined with it would be as long.
LONGEST_BASE = 4000
_URL_NOISE = re.compile("[\t\r\n]+")
# Addresses in ASCII that are joined with a base as they are (RFC 3986 section 5.2), as no part of them is empty: whole
# ones, and those that start from the site's root.
_REST = r"(?:\?[!\"$-~]+)?(?:#[!-~]+)?"
_WHOLE = re.compile(rf"https?://[A-Za-z0-9.\-]+(?::[0-9]+)?(?:/[!\"$-:<->@-~]*)?{_REST}")
_FROM_ROOT = re.compile(rf"(?:/[!\"$-.0-:<->@-~]+)+/?{_REST}")
_HOST_ALONE = re.compile(r"https?://[^/?#]+")
_DIGITS = 18
_CLOCK = re.compile(r"(?:(?:([0-9]{1,4}):)?([0-9]{1,4}):)?([0-9]{1,9})(?:[.,][0-9]*)?")
# As Windows names the American zones: the initials are what everybody else writes.
_LONG_ZONE = re.compile(r"\b([ECMP])(?:astern|entral|ountain|acific) ([SD])(?:tandard|aylight) Time$")
_SPELLED = re.compile(
    r"(?:pt)?(?:([0-9]{1,4})\s*h[a-z]*\s*)?(?:([0-9]{1,5})\s*m[a-z]*\s*)?(?:([0-9]{1,9})\s*s[a-z]*)?", re.I
)
# Longer texts are looked at as names alone: to find an address in one takes time that grows with its square.
_ENOUGH_PERSON = 1000
_MAIL = r"[^\s@<>()\"]+@[^\s@<>()\"]+"
_MAIL_NAME = re.compile(rf"(?:mailto:)?({_MAIL})(?:\?\S*)?\s*(?:\((.*)\))?", re.DOTALL)
_NAME_MAIL = re.compile(rf"\"?([^<>\"]*?)\"?\s*[<(](?:mailto:)?({_MAIL})[>)]", re.DOTALL)
# Markup for sure: an element that ends, or one that never does; or a character reference.
_MARKUP = re.compile(
    r"<(a|abbr|acronym|b|bdi|big|br|cite|code|del|div|em|font|h[1-6]|i|img|ins|kbd|mark|p|q|s|small|span|strike|strong"
    r"|sub|sup|tt|u|wbr)\b[^<>]*(?:/>|>.*?</\1\s*>|(?<=<br)>|(?<=<wbr)>)|<img\s[^<>]*>|<[bw]br\s*/?>"
    r"|&(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});",
    re.IGNORECASE | re.DOTALL,
)


class Note(Protocol):
    """Takes note of a problem, with the text that it is about."""

    def __call__(self, sentence: str, text: str = "") -> None: ...


class Problems:
    """What was wrong with a document, in the order it was met; equal problems of several entries are told once."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}

    def add(self, sentence: str, place: str = "") -> None:
        """Note a problem: what is wrong, and where, such as "entry 3: 'soon'"."""
        self._found.setdefault(sentence, []).append(place)

    def at(self, place: str) -> Note:
        """A way to note problems of one place; it takes the problem and the text in question."""

        def note(sentence: str, text: str = "") -> None:
            self.add(sentence, f"{place}: {short(text)!r}" if text else place)

        return note

    def told(self) -> tuple[str, ...]:
        """A line for each kind of problem."""
        return tuple(self._lines())

    def _lines(self) -> Iterator[str]:
        for sentence, places in self._found.items():
            more = f" and {len(places) - 1} more" if len(places) > 1 else ""
            yield f"{sentence} ({places[0]}{more})" if places[0] else sentence


def tell_charset(charset: Charset, problems: Problems) -> None:
    """Note a declared encoding that is not the one the bytes are in."""
    for label, source in ((charset.http, "HTTP"), (charset.xml, "the XML declaration")):
        if label and codec(label) != charset.used and not _same_width(codec(label), charset.used):
            problems.add(f"{source} says the text is in {short(label)}, but it is in {charset.used}")


def when(text: str | None) -> datetime | None:
    """The time that a date gives. feedparser is not asked for more: it reads "12" as 1101 and "2026-13-01" as 2027."""
    if not text:
        return None
    return _known_date(text) if len(text) <= _REMEMBERED else _date(text)


def _date(text: str) -> datetime | None:
    return parse_date(_LONG_ZONE.sub(r"\1\2T", text) if "Time" in text else text)


# The entries of a feed often have the same date, and at the next poll most have the one that they had.
_known_date = lru_cache(maxsize=8192)(_date)


def about(text: str | None) -> str | None:
    """What RSS 1.0 identifies a channel by; an address of a host alone in its normal form (RFC 3986 section 6.2.3)."""
    found = (text or "").strip()
    return f"{found}/" if _HOST_ALONE.fullmatch(found) else found or None


def absolute(url: str | None, base: str) -> str | None:
    """An address made absolute; None if there is none, or nothing that could be one."""
    if url and _WHOLE.fullmatch(url):
        return url
    url = _URL_NOISE.sub("", url or "").strip().replace(" ", "%20")
    if not url:
        return None
    if _FROM_ROOT.fullmatch(url) and "/." not in url and (origin := _origin(base)):
        return origin + url
    try:
        return urljoin(base, url)
    except ValueError:
        return url


@remembered
def _origin(base: str) -> str | None:
    """The start of an address on the web, up to its path."""
    try:
        parts = urlsplit(base)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else None


def is_web(url: str) -> bool:
    """Whether a text is an address on the web as it stands."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)
    except ValueError:
        return False


def integer(text: str | None) -> int | None:
    """A whole number that is not negative."""
    text = (text or "").strip()
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= _DIGITS else None


def seconds(text: str | None) -> int | None:
    """A duration: seconds, MM:SS, HH:MM:SS, "1h 2m 3s" or ISO 8601's PT1H2M3S; None if it is none of these or zero."""
    text = (text or "").strip()
    match = (_CLOCK.fullmatch(text) or _SPELLED.fullmatch(text)) if text else None
    if match is None:
        return None
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest or None


def plain_title(text: str, kind: str) -> str | None:
    """A title as plain text on one line. `kind` is "html", "text", or "guess" where the format does not say."""
    if kind == "html" or (kind == "guess" and _MARKUP.search(text, 0, _TITLE)):
        text = to_text(text)
    return one_line(text) or None


def person(text: str) -> Person | None:
    """Somebody named in one text: "mail (Name)", "Name <mail>", a mail address or a name."""
    text = one_line(text)
    match = _MAIL_NAME.fullmatch(text) if len(text) <= _ENOUGH_PERSON else None
    if match:
        return Person(name=(match[2] or "").strip() or None, email=match[1])
    match = _NAME_MAIL.fullmatch(text) if len(text) <= _ENOUGH_PERSON else None
    if match:
        return Person(name=match[1].strip() or None, email=match[2])
    return Person(name=plain_title(text, "guess")) if text else None


def short(text: str, limit: int = _SHORT) -> str:
    """A text to be shown in a line."""
    text = one_line(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _same_width(declared: str | None, used: str) -> bool:
    # "utf-16" means either order of bytes; a mark or the bytes tell which.
    return declared is not None and declared[:6] == used[:6] and used.startswith(("utf-16", "utf-32"))
