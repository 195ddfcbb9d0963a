"""Dates as feeds write them, read into aware UTC times and written as the standards ask.

What is read: RFC 822 and its heirs in all their wild forms, RFC 3339, ISO 8601 (basic, extended, week and ordinal
dates), W3CDTF, asctime, and a few more that leave no doubt. Numbers whose order is in doubt (03/04/2026) are no date.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = {name: number for number, name in enumerate(_MONTHS, 1)}
_FULL = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
]  # fmt: skip
# Greek short names in their several spellings and Hungarian full ones: feeds in these languages are known to use them.
_FOREIGN = {
    name: number
    for number, names in enumerate(
        (
            "ιαν január", "φεβ február februári", "μάρ μαρ μάώ μαώ március", "απρ április", "μάι μαϊ μαι május",
            "ιούν ιον június", "ιούλ ιολ július", "αύγ αυγ augusztus", "σεπ szeptember", "οκτ október",
            "νοέ νοε november", "δεκ december",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
# Minutes east of Greenwich. CST, IST, BST and the like have several meanings: RFC 822 section 5.1 decides, then custom.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "cest": 120, "met": 60,
    "mest": 120, "mez": 60, "mesz": 120, "eet": 120, "eest": 180, "sast": 120, "msk": 180, "msd": 240, "pkt": 300,
    "ist": 330, "wib": 420, "hkt": 480, "sgt": 480, "awst": 480, "jst": 540, "kst": 540, "acst": 570, "acdt": 630,
    "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780, "nst": -210, "ndt": -150, "brst": -120, "brt": -180,
    "art": -180, "ast": -240, "adt": -180, "est": -300, "edt": -240, "et": -300, "cst": -360, "cdt": -300, "ct": -360,
    "mst": -420, "mdt": -360, "mt": -420, "pst": -480, "pdt": -420, "pt": -480, "akst": -540, "akdt": -480,
    "hst": -600,
}  # fmt: skip
_KOREA = 540
_LONGEST = 100

# The two forms that nearly every feed uses.
_COMMON = re.compile(
    r"(?:[A-Z][a-z]{2}, )?([0-9]{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([0-9]{4}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|Z|([+-])([0-9]{2})([0-9]{2}))"
    r"|([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)

_SEPARATOR = r"(?:\s*(?:,|\bat\b|(?<=[0-9])t)\s*|\s+)"
_TIME = rf"(?:{_SEPARATOR}(?P<time>[0-9][0-9:.,]*(?:\s*[ap]\.?m\b\.?)?))"
_ZONE = r"(?:\s*(?P<zone>[a-z+\-−][a-z0-9+\-−:/_ ]*))?"
_WORD = r"(?P<word>[^\W\d_]{3,12})\.?"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_WEEKDAY = r"(?:[^\W\d_]+\.?(?:\s*,\s*|\s+))?"

_ISO = re.compile(
    rf"{_WEEKDAY}(?P<year>[0-9]{{4}})"
    r"(?:(?P<dash>[\-/.])(?P<month>[0-9]{1,2})(?P=dash)(?P<day>[0-9]{1,2})"
    r"|(?P<digits>[0-9]{4})|-?w(?P<week>[0-9]{2})(?:-?(?P<weekday>[1-7]))?|-?(?P<ordinal>[0-9]{3}))"
    rf"{_TIME}?{_ZONE}"
)
_WORDED = (
    re.compile(rf"{_WEEKDAY}{_DAY}[\s\-/.,]*{_WORD}[\s\-/,]*'?(?P<year>[0-9]{{2,4}}){_TIME}?{_ZONE}"),
    re.compile(rf"{_WEEKDAY}{_WORD}\s+{_DAY}(?:\s*,\s*|\s+)(?P<year>[0-9]{{4}}){_TIME}?{_ZONE}"),
    re.compile(rf"{_WEEKDAY}{_WORD}\s+{_DAY}{_TIME}(?:\s+(?P<zone>[a-z]{{1,5}}|[+\-][0-9:]+))?\s+(?P<year>[0-9]{{4}})"),
    re.compile(rf"(?P<year>[0-9]{{4}})[\s\-]+{_WORD}[\s\-]+{_DAY}{_TIME}?{_ZONE}"),
)
_CLOCK = re.compile(
    r"([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:[.,]([0-9]+))?)?\s*(?:([ap])\.?m\.?)?"
    r"|([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:[.,]([0-9]+))?)?)?|([0-9]{1,2})\s*([ap])\.?m\.?"
)
_OFFSET = re.compile(r"(?:(?:etc/)?(?:gmt|utc?)\s*)?([+\-−])([0-9]{1,2})(?::?([0-9]{2}))?\s*([a-z]{1,5})?")
_ANY_ZONE = re.compile(r"[a-z]{1,5}|[a-z_]+/[a-z_/]+")
_COMMENT = re.compile(r"\([^()]*\)")
_EAST_ASIAN = re.compile(r"\s*[年년月월]\s*(?=[0-9])")
_KOREAN_HALF = re.compile(r"(오전|오후)\s*([0-9:]+)")
_HANGUL = re.compile("[년월일오]")
_SHORT = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")


def parse_date(text: str) -> datetime | None:
    """The time that a feed's date gives, aware UTC; None if it is not understood or outside the years 1 to 9999.

    A missing zone is UTC, and so is one with an unknown name; two-digit years are those from 1950 to 2049 (RFC 5322
    section 4.3). A date alone is its midnight, a month alone its first day. A 60th second belongs to the next
    minute (RFC 3339 section 5.7). No string makes it raise.
    """
    text = text.strip()
    match = _COMMON.fullmatch(text)
    try:
        return _common(*match.groups()) if match else _uncommon(text)
    except (ValueError, OverflowError):
        return None


def rfc822(when: datetime) -> str:
    """An aware time as RSS has it, in UTC and with a year of four digits: `Tue, 24 Nov 2026 02:37:13 +0000`."""
    when = when.astimezone(UTC)
    day = f"{_DAYS[when.weekday()]}, {when.day:02} {_MONTHS[when.month - 1]} {when.year:04}"
    return f"{day} {when.hour:02}:{when.minute:02}:{when.second:02} +0000"


def rfc3339(when: datetime) -> str:
    """An aware time as Atom has it, in UTC: `2026-11-24T02:37:13Z`, with six more digits if there are microseconds."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _common(*groups: str | None) -> datetime | None:
    day, name, year, hour, minute, second, sign, east, east_minute = groups[:9]
    fraction = None
    month = _MONTH.get(name or "", 0)
    if not day:
        year, number, day, hour, minute, second, fraction, sign, east, east_minute = groups[9:]
        month = int(number or 0)
    offset = _minutes(sign, east or "", east_minute) if sign else 0
    return _moment(date(int(year or 0), month, int(day or 0)), (hour, minute, second, fraction), offset)


def _uncommon(text: str) -> datetime | None:
    if len(text) > _LONGEST:
        return None
    text = _COMMENT.sub("", text).strip().lower()
    if text.isascii() and text.isdigit() and len(text) > len("20261124"):
        return _number(text)
    short = _SHORT.fullmatch(text)
    if short:
        return _moment(date(int(short[1]), int(short[2] or 1), 1))
    default = 0
    if not text.isascii():
        default = _KOREA if _HANGUL.search(text) else 0
        text = _KOREAN_HALF.sub(lambda half: f"{half[2]} {'am' if half[1] == '오전' else 'pm'}", text)
        text = re.sub(r"\s*[日일]\s*", " ", _EAST_ASIAN.sub("-", text)).strip()
    match = _ISO.fullmatch(text) or next(filter(None, (form.fullmatch(text) for form in _WORDED)), None)
    if match is None:
        return None
    found = match.groupdict()
    day = _worded_day(found) if "word" in found else _iso_day(found)
    clock, offset = _clock(found["time"]), _offset(found["zone"], default)
    return None if day is None or clock is None or offset is None else _moment(day, clock, offset)


def _iso_day(found: dict[str, str | None]) -> date | None:
    year = int(found["year"] or 0)
    if found["week"]:
        return date.fromisocalendar(year, int(found["week"]), int(found["weekday"] or 1))
    if found["ordinal"]:
        day = date(year, 1, 1) + timedelta(days=int(found["ordinal"]) - 1)
        return day if day.year == year else None
    if found["digits"]:
        return date(year, int(found["digits"][:2]), int(found["digits"][2:]))
    return date(year, int(found["month"] or 0), int(found["day"] or 0))


def _worded_day(found: dict[str, str | None]) -> date | None:
    month = _month(found["word"] or "")
    digits = found["year"] or ""
    year = int(digits)
    if len(digits) < 4:
        # RFC 5322 section 4.3
        year += 2000 if len(digits) == 2 and year < 50 else 1900
    return date(year, month, int(found["day"] or 0)) if month else None


def _month(word: str) -> int | None:
    """The number of a month by its name, short, long or mistyped: the start counts, then likeness."""
    number = _MONTH.get(word[:3].capitalize()) or _FOREIGN.get(word)
    if number:
        return number
    likely = get_close_matches(word, _FULL, 1, 0.75)
    return _FULL.index(likely[0]) + 1 if likely else None


def _clock(text: str | None) -> tuple[str | None, ...] | None:
    """Hour, minute, second and fraction; None if that is no time of day."""
    if text is None:
        return ("0", "0", "0", None)
    match = _CLOCK.fullmatch(text.rstrip(",").rstrip())
    if match is None:
        return None
    groups = match.groups()
    hour, minute, second, fraction = (one or other for one, other in zip(groups[:4], groups[5:9], strict=True))
    half = groups[4] or groups[10]
    hour = hour or groups[9]
    if half:
        # "14:05 pm" says the same thing twice.
        hour = str(int(hour) % 12 + (12 if half == "p" else 0)) if int(hour) <= 12 else hour
    return (hour, minute, second, fraction)


def _offset(text: str | None, default: int) -> int | None:
    """Minutes east of Greenwich; None if the text is no zone."""
    text = (text or "").strip()
    if not text:
        return default
    match = _OFFSET.fullmatch(text)
    if match:
        return _minutes(*match.groups()[:3])
    return _ZONES.get(text, 0) if _ANY_ZONE.fullmatch(text) else None


def _minutes(sign: str, hours: str, minutes: str | None) -> int:
    east = int(hours) * 60 + int(minutes or 0)
    if east >= 24 * 60 or int(minutes or 0) > 59:
        raise ValueError(f"no zone is {hours}:{minutes} away from Greenwich")
    return east if sign == "+" else -east


def _number(digits: str) -> datetime | None:
    """Seconds or milliseconds since 1970, or year to second in one go. What starts with 19 or 20 may be a year."""
    if len(digits) in (12, 14):
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
        return _moment(day, (digits[8:10], digits[10:12], digits[12:] or None, None))
    if len(digits) in (10, 13) and digits[0] == "1" and digits[1] != "9":
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(digits.ljust(13, "0")))
    return None


def _moment(day: date, clock: tuple[str | None, ...] = ("0", "0", "0", None), offset: int = 0) -> datetime | None:
    hour, minute, second = int(clock[0] or 0), int(clock[1] or 0), int(clock[2] or 0)
    fraction = int(clock[3][:6].ljust(6, "0")) if clock[3] else 0
    if not offset and hour < 24 and second < 60:
        return datetime(day.year, day.month, day.day, hour, minute, second, fraction, UTC)
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and minute + second):
        return None
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start + timedelta(hours=hour, minutes=minute - offset, seconds=second, microseconds=fraction)
