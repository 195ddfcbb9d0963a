"""Which bytes a Range field asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.web.ranges import Slice, requested


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes=0-0", Slice(0, 1)),
        ("bytes=0-99", Slice(0, 100)),
        ("bytes=10-19", Slice(10, 20)),
        ("bytes=90-", Slice(90, 100)),
        ("bytes=0-", Slice(0, 100)),
        ("bytes=-10", Slice(90, 100)),
        ("bytes=-1000", Slice(0, 100)),
        ("bytes=50-1000", Slice(50, 100)),
        ("BYTES=1-2", Slice(1, 3)),
        ("bytes= 1-2 ,", Slice(1, 3)),
        ("bytes=0000000000000000000000001-2", Slice(1, 3)),
        (f"bytes=1-{'9' * 9000}", Slice(1, 100)),
        (f"bytes=-{'9' * 9000}", Slice(0, 100)),
        (f"bytes={'9' * 9000}-", "none"),
        ("bytes=100-", "none"),
        ("bytes=100-200", "none"),
        ("bytes=-0", "none"),
        ("bytes=5-4", "all"),
        ("bytes=1-2,4-5", "all"),
        ("bytes=-", "all"),
        ("bytes=", "all"),
        ("bytes=a-b", "all"),
        ("bytes=1", "all"),
        ("bytes 1-2", "all"),
        ("bytes=1 - 2", "all"),
        ("bytes=٣-٤", "all"),
        ("lines=1-2", "all"),
        ("", "all"),
    ],
)
def test_what_is_asked_for(value: str, expected: object) -> None:
    assert requested(value, 100) == expected


@pytest.mark.parametrize("value", ["bytes=0-", "bytes=-5", "bytes=0-0"])
def test_of_nothing_there_is_no_part(value: str) -> None:
    assert requested(value, 0) == "all"


@given(
    st.text() | st.text("bytes=0123456789-, \t", max_size=40).map(lambda text: "bytes=" + text), st.integers(0, 1000)
)
def test_any_value_is_answered_within_the_file(value: str, size: int) -> None:
    wanted = requested(value, size)

    assert wanted in ("all", "none") or (isinstance(wanted, Slice) and 0 <= wanted.start < wanted.stop <= size)
