"""Dates as articles write them: "le 12 mars 2024 à 08h30", "March 3, 2021", "3. April 2023", "2024年3月12日".

A date counts only when day, month and year are all there and the order of its numbers leaves no doubt: "03/04/2021"
is none. A time of day without a zone is read as UTC, and a date without a time as its midnight in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from msgspec import Struct

_MONTHS: tuple[str, ...] = (
    "january jan janvier janv januar jänner enero ene janeiro gennaio gen januari января январь янв "
    "يناير كانون\u00a0الثاني",
    "february feb février fevrier févr fév februar febrero fevereiro fev febbraio februari февраля "
    "февраль фев فبراير شباط",
    "march mar mars märz maerz mär marzo março marco maart mrt марта март مارس آذار",
    "april apr avril avr abril abr aprile апреля апрель апр أبريل إبريل نيسان",
    "may mai mayo maio mag maggio mei мая май مايو أيار",
    "june jun juin juni junio junho giugno giu июня июнь июн يونيو حزيران",
    "july jul juillet juil juli julio julho luglio lug июля июль июл يوليو تموز",
    "august aug août aout agosto ago augustus августа август авг أغسطس آب",
    "september sept sep septembre septiembre setembro set settembre сентября сентябрь сен سبتمبر أيلول",
    "october oct octobre oktober okt octubre outubro out ottobre ott октября октябрь окт أكتوبر تشرين\u00a0الأول",
    "november nov novembre noviembre novembro ноября ноябрь ноя نوفمبر تشرين\u00a0الثاني",
    "december dec décembre decembre déc dezember dez diciembre dic dezembro dicembre декабря декабрь дек ديسمبر",
)
_MONTH = {name.replace("\u00a0", " "): n for n, names in enumerate(_MONTHS, 1) for name in names.split(" ")}
_NAMES = "|".join(sorted(map(re.escape, _MONTH), key=len, reverse=True))
_ZONES = {"utc": 0, "gmt": 0, "z": 0, "wet": 0, "cet": 60, "mez": 60, "cest": 120, "mesz": 120, "eet": 120, "msk": 180}
_ZONES |= {"est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420}

_DAY = r"(?P<{0}d>\d{{1,2}})"
_YEAR = r"(?P<{0}y>(?:1[5-9]|20|21)\d\d)"
_DATES = (
    rf"{_DAY}(?:er|st|nd|rd|th|re|[.ºª°])?,?\s+(?:de\s+|of\s+)?(?P<{{0}}m>{_NAMES})\b\.?,?\s+(?:de\s+|del\s+)?{_YEAR}\b",
    rf"(?P<{{0}}m>{_NAMES})\b\.?\s+{_DAY}(?:st|nd|rd|th)?,?\s+{_YEAR}\b",
    rf"{_YEAR}\s*[年년]\s*(?P<{{0}}m>\d{{{{1,2}}}})\s*[月월]\s*{_DAY}\s*[日일]",
    rf"{_YEAR}(?P<{{0}}s>[-/.])(?P<{{0}}m>\d{{{{1,2}}}})(?P={{0}}s){_DAY}(?!\d)",
    rf"{_DAY}\.\s?(?P<{{0}}m>\d{{{{1,2}}}})\.\s?{_YEAR}\b",
    rf"(?P<{{0}}a>\d{{{{1,2}}}})[/-](?P<{{0}}b>\d{{{{1,2}}}})[/-]{_YEAR}\b",
)
_TIME = (
    r"(?:(?:[\sT,;|·•–—-]|\b(?:à|at|um|a\s+las|a\s+la|às|as|alle(?:\s+ore)?|ore|kl|в|الساعة)\b)*"
    r"(?P<H>[01]?\d|2[0-3])(?:\s?[:h.時]\s?(?P<M>[0-5]\d)(?::(?P<S>[0-5]\d)(?:\.\d+)?)?|\s?(?=h\b|uhr\b|[ap]\.?m\b))"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?)?(?:\s?(?:uhr|uur|h|分)\b)?"
    r"(?:\s?\(?(?P<zone>(?:utc|gmt)?[+-]\d\d?:?(?:[0-5]\d)?|"
    + "|".join(sorted(_ZONES, key=len, reverse=True))
    + r")\b\)?)?)?"
)
_WHOLE = re.compile(
    r"(?<![\w/.-])(?:" + "|".join(date.format(f"f{n}") for n, date in enumerate(_DATES)) + ")" + _TIME, re.IGNORECASE
)


class Found(Struct, frozen=True):
    """A date in a line: its time (aware UTC) and where it stands."""

    when: datetime
    start: int
    stop: int


def dates(line: str) -> Iterator[Found]:
    """The complete, unambiguous dates of a line, in order."""
    for match in _WHOLE.finditer(line):
        when = _when(match)
        if when:
            yield Found(when, match.start(), match.end())


def spelled(text: str) -> datetime | None:
    """The time that a text gives if it is one date, with or without a weekday before it; aware UTC."""
    found = list(dates(text))
    if len(found) != 1:
        return None
    rest = f"{text[: found[0].start]} {text[found[0].stop :]}"
    return found[0].when if not re.search(r"\d", rest) and len(rest.split()) <= 2 else None


def _when(match: re.Match[str]) -> datetime | None:
    groups = {key: value for key, value in match.groupdict().items() if value}
    date = {key[-1]: value for key, value in groups.items() if re.fullmatch(r"f\d[a-z]", key)}
    month = date.get("m", "")
    if "a" in date:
        # Day and month are told apart only by a number that can be no month.
        numbers = int(date["a"]), int(date["b"])
        if max(numbers) <= 12 and numbers[0] != numbers[1]:
            return None
        day, number = numbers if numbers[0] > 12 else (numbers[1], numbers[0])
    else:
        day, number = int(date["d"]), int(month) if month.isdigit() else _MONTH.get(month.lower(), 0)
    hour = int(groups.get("H", 0))
    if half := groups.get("half"):
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    try:
        local = datetime(
            int(date["y"]), number, day, hour, int(groups.get("M", 0)), int(groups.get("S", 0)), tzinfo=UTC
        )
        return local - _offset(groups.get("zone", "")).utcoffset(None)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> timezone:
    zone = zone.lower()
    if zone in _ZONES:
        return timezone(timedelta(minutes=_ZONES[zone]))
    if match := re.search(r"([+-])(\d\d?):?(\d\d)?$", zone):
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))
    return UTC
