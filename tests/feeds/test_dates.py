from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.dates import parse_date, rfc822, rfc3339

MOMENT = "2026-11-24T02:37:13Z"

READ = {
    # RFC 822 and its heirs
    "Tue, 24 Nov 2026 02:37:13 +0000": MOMENT,
    "Tue, 24 Nov 2026 02:37:13 GMT": MOMENT,
    "Tue, 24 Nov 2026 03:37:13 +01:00": MOMENT,
    "Mon, 23 Nov 2026 21:37:13 -0500": MOMENT,
    "\n  Tue, 24 Nov 2026 02:37:13 Z\t": MOMENT,
    "24 Nov 2026 02:37:13": MOMENT,
    "Tue, 24 Nov 2026 02:37 GMT": "2026-11-24T02:37:00Z",
    "Tue, 24 Nov 2026": "2026-11-24T00:00:00Z",
    "Tue,24 Nov 2026  2:37:13 GMT": MOMENT,
    "Tuesday, 24-Nov-26 02:37:13 UTC": MOMENT,
    "tue, 24 nov 2026 02:37:13 gmt": MOMENT,
    "TUE, 24 NOV 2026 02:37:13 GMT": MOMENT,
    "Tue, 24 November 2026 02:37:13 +0000": MOMENT,
    "Tue, 24 Novmber 2026 02:37:13 +0000": MOMENT,
    "24 Sept 2026 10:00": "2026-09-24T10:00:00Z",
    "24 Ocotber 2026 10:00": "2026-10-24T10:00:00Z",
    "Tue, 24 Nov 2026 02:37:13 +0000 (UTC)": MOMENT,
    "Tue, 24 Nov 2026 03:37:13 +0100 CET": MOMENT,
    "Tue, 24 Nov 2026 03:37:13 GMT+0100": MOMENT,
    "Tue, 24 Nov 2026 24:00:00 GMT": "2026-11-25T00:00:00Z",
    "Sat, 31 Dec 2016 23:59:60 GMT": "2017-01-01T00:00:00Z",
    "1 Jan 04 9:5:1 Z": "2004-01-01T09:05:01Z",
    "1 Jan 49": "2049-01-01T00:00:00Z",
    "1 Jan 50": "1950-01-01T00:00:00Z",
    "Mon, 01 Jan 0001 00:00:00 +0000": "0001-01-01T00:00:00Z",
    # named zones
    "Mon, 23 Nov 2026 21:37:13 EST": MOMENT,
    "Mon, 23 Nov 2026 22:37:13 EDT": MOMENT,
    "Mon, 23 Nov 2026 20:37:13 cst": MOMENT,
    "Mon, 23 Nov 2026 18:37:13 PST": MOMENT,
    "Mon, 23 Nov 2026 19:37:13 PDT": MOMENT,
    "Tue, 24 Nov 2026 03:37:13 CET": MOMENT,
    "Tue, 24 Nov 2026 04:37:13 CEST": MOMENT,
    "Tue, 24 Nov 2026 11:37:13 JST": MOMENT,
    "Tue, 24 Nov 2026 08:07:13 IST": MOMENT,
    "Tue, 24 Nov 2026 02:37:13 XYZ": MOMENT,
    # asctime, date(1), JavaScript, the American way
    "Tue Nov 24 02:37:13 2026": MOMENT,
    "Tue Nov  3 02:37:13 2026": "2026-11-03T02:37:13Z",
    "Tue Nov 24 03:37:13 CET 2026": MOMENT,
    "Tue Nov 24 2026 03:37:13 GMT+0100 (Central European Standard Time)": MOMENT,
    "Nov 24, 2026 2:37 PM": "2026-11-24T14:37:00Z",
    "Tuesday, November 24th, 2026 at 12:37 a.m.": "2026-11-24T00:37:00Z",
    # RFC 3339, W3CDTF, ISO 8601
    MOMENT: MOMENT,
    "2026-11-24t02:37:13z": MOMENT,
    "2026-11-24T02:37:13": MOMENT,
    "2026-11-24T08:07:13+05:30": MOMENT,
    "2026-11-23T21:37:13-0500": MOMENT,
    "2026-11-24T03:37:13+01": MOMENT,
    "2026-11-24T02:37:13.5Z": "2026-11-24T02:37:13.500000Z",
    "2026-11-24T02:37:13,123456789Z": "2026-11-24T02:37:13.123456Z",
    "2026-11-24T02:37Z": "2026-11-24T02:37:00Z",
    "2026-11-24T02Z": "2026-11-24T02:00:00Z",
    "2026-11-24": "2026-11-24T00:00:00Z",
    "2026-11-24Z": "2026-11-24T00:00:00Z",
    "2026-11-24-05:00": "2026-11-24T05:00:00Z",
    "2026-11": "2026-11-01T00:00:00Z",
    "2026": "2026-01-01T00:00:00Z",
    "20261124": "2026-11-24T00:00:00Z",
    "20261124T023713Z": MOMENT,
    "20261124T033713+0100": MOMENT,
    "20261124023713": MOMENT,
    "2026-W48": "2026-11-23T00:00:00Z",
    "2026-W48-2": "2026-11-24T00:00:00Z",
    "2026W482T023713Z": MOMENT,
    "2026-328": "2026-11-24T00:00:00Z",
    "2026328T02:37:13Z": MOMENT,
    "2016-12-31T23:59:60Z": "2017-01-01T00:00:00Z",
    # common in databases
    "2026-11-24 02:37:13": MOMENT,
    "2026-11-24 02:37:13 UTC": MOMENT,
    "2026-11-23 21:37:13 -0500": MOMENT,
    "2026-11-24 02:37:13.000 +00:00": MOMENT,
    "2026/11/24 02:37:13": MOMENT,
    "Tue, 2026/11/23 21:37:13 EST": MOMENT,
    "1795487833": MOMENT,
    "1795487833000": MOMENT,
    # Greek, Hungarian, Korean, Chinese
    "Κυρ, 11 Ιούλ 2004 12:00:00 EST": "2004-07-11T17:00:00Z",
    "2004-július-13T9:15-05:00": "2004-07-13T14:15:00Z",
    "2004-05-25 오후 11:23:17": "2004-05-25T14:23:17Z",
    "2004년 05월 28일  01:31:15": "2004-05-27T16:31:15Z",
    "2026年11月24日": "2026-11-24T00:00:00Z",
}

NOT_READ = [
    "",
    " ",
    "yesterday",
    "-1",
    "0",
    "03/04/2026",
    "2026-13-01",
    "2026-02-30T00:00:00Z",
    "Thu, 31 Feb 2026 10:00:00 GMT",
    "Tue, 24 Nov 2026 25:00:00 GMT",
    "Tue, 24 Nov 2026 02:60:00 GMT",
    "Tue, 24 Nov 2026 02:37:61 GMT",
    "2026-11-24T02:37:13+99:00",
    "2026-W54",
    "2025-366",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    "9999-12-31T23:59:60Z",
    "0000-01-01",
    "2026112402",
    "1999123123",
    "12345",
    "２０２６-１１-２４",
    "24 Nov 2026 and more of it",
    "24 Blah 2026",
    "Tue, 24 Nov 2026 02:37:13 +0000" + " " * 80 + "x",
]

MOMENTS = st.datetimes(timezones=st.just(UTC))


@pytest.mark.parametrize(("text", "expected"), READ.items())
def test_reads(text: str, expected: str) -> None:
    when = parse_date(text)

    assert when is not None
    assert when.tzinfo is UTC
    assert rfc3339(when) == expected


@pytest.mark.parametrize("text", NOT_READ)
def test_does_not_guess(text: str) -> None:
    assert parse_date(text) is None


@given(MOMENTS)
def test_rfc3339_comes_back(when: datetime) -> None:
    assert parse_date(rfc3339(when)) == when


@given(MOMENTS)
def test_rfc822_comes_back_to_the_second(when: datetime) -> None:
    assert parse_date(rfc822(when)) == when.replace(microsecond=0)


@given(st.datetimes(min_value=datetime.fromisoformat("1900-01-01"), timezones=st.just(UTC)))
def test_rfc822_is_what_the_standard_library_reads(when: datetime) -> None:
    assert parsedate_to_datetime(rfc822(when)) == when.replace(microsecond=0)


@given(
    st.datetimes(datetime.fromisoformat("0002-01-01"), datetime.fromisoformat("9998-12-31")),
    st.integers(min_value=-23 * 60 - 59, max_value=23 * 60 + 59),
)
def test_offsets_are_applied(local: datetime, minutes: int) -> None:
    when = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    assert parse_date(when.isoformat()) == when
    assert rfc3339(when) == rfc3339(when.astimezone(UTC))


@given(st.dates(min_value=date(2, 1, 1), max_value=date(9998, 12, 31)))
def test_calendar_week_and_ordinal_dates_agree(day: date) -> None:
    year, week, weekday = day.isocalendar()
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)

    assert parse_date(day.isoformat()) == midnight
    assert parse_date(f"{year:04}-W{week:02}-{weekday}") == midnight
    assert parse_date(f"{day.year:04}-{day.timetuple().tm_yday:03}") == midnight


@given(st.text())
@settings(max_examples=300)
def test_no_text_raises(text: str) -> None:
    assert parse_date(text) is None or isinstance(parse_date(text), datetime)


@given(st.text(alphabet="0123456789 :-+.,/TZWtzwAPMapmnovNOVdecjuly()년월일오후전é\u0660\ud800", max_size=40))
@settings(max_examples=500)
def test_no_text_like_a_date_raises(text: str) -> None:
    when = parse_date(text)

    assert when is None or when.tzinfo is UTC
