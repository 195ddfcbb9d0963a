"""Times as text: their order is the order of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.store.times import from_text, to_text

AWARE = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.timezones() | st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "2026-11-24T08:30:00.000000Z"),
        (datetime(2026, 11, 24, 8, 30, 1, 5, timezone(timedelta(hours=2))), "2026-11-24T06:30:01.000005Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_texts(time: datetime, text: str) -> None:
    assert to_text(time) == text
    assert from_text(text) == time


def test_no_time() -> None:
    assert from_text(None) is None


@settings(deadline=None)
@given(AWARE, AWARE)
def test_times_come_back_and_sort(one: datetime, other: datetime) -> None:
    # In UTC, for Python holds a time that a zone has twice, or not at all, equal to no other.
    first, second = one.astimezone(UTC), other.astimezone(UTC)
    assert from_text(to_text(one)) == first
    assert (to_text(one) < to_text(other)) == (first < second)
