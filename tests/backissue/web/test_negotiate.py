"""Which coding an Accept-Encoding field is answered with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.web.negotiate import PREFERENCE, coding


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "identity"),
        ("", "identity"),
        (" ", "identity"),
        ("gzip", "gzip"),
        ("GZip", "gzip"),
        ("x-gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("deflate", "identity"),
        ("gzip;q=0", "identity"),
        ("gzip; q=0.000", "identity"),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("gzip;q=0.8, *;q=0.1", "gzip"),
        ("gzip;q=0.001", "gzip"),
        ("gzip;q=0.5, identity", "identity"),
        ("gzip, identity", "gzip"),
        ("identity;q=0.5, gzip;q=0.4", "identity"),
        ("identity", "identity"),
        ("*", "identity"),  # whoever names nothing gets what everyone understands
        ("*;q=0.5", "identity"),
        ("gzip;q=0.5, *", "identity"),
        ("gzip, *", "gzip"),
        ("identity;q=0, *", "gzip"),
        ("identity;q=0, gzip;q=0, *", "br"),
        ("identity;q=0", None),
        ("*;q=0", None),
        ("gzip;q=0, *;q=0", None),
        ("gzip, *;q=0", "gzip"),
        ("identity, *;q=0", "identity"),
        ("gzip;q=0, identity;q=0", None),
        (",, gzip ,,", "gzip"),
        ("\tgzip\t;\tq=0.5\t,\tbr;q=0.4", "gzip"),
        ("gzip;q=2", "identity"),  # no weight: the member counts as not given
        ("gzip;q=0.1234", "identity"),
        ("gzip;q=-1", "identity"),
        ("gzip;q=nan", "identity"),
        ("gzip;level=9", "identity"),
        ("gzip br", "identity"),
        ("gzip;q=0, gzip", "identity"),
        ("gzip;Q=0.5", "gzip"),
    ],
)
def test_the_best_coding_is_chosen(accept: str | None, expected: str | None) -> None:
    assert coding(accept, PREFERENCE) == expected
    assert coding(accept, PREFERENCE[::-1]) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [(None, "identity"), ("gzip, br", "identity"), ("gzip, identity;q=0", None), ("*", "identity"), ("*;q=0", None)],
)
def test_what_is_not_compressed_goes_out_as_it_is_or_not_at_all(accept: str | None, expected: str | None) -> None:
    assert coding(accept, ("identity",)) == expected


@given(st.text() | st.text(alphabet="gzipbr*identity;q=01.,\t ", max_size=60))
def test_any_value_is_answered(accept: str) -> None:
    assert coding(accept, PREFERENCE) in (*PREFERENCE, None)


@given(st.permutations(["gzip;q=0.3", "br;q=0.2", "identity;q=0.1", "deflate", "*;q=0"]))
def test_the_order_of_members_does_not_matter(members: list[str]) -> None:
    assert coding(", ".join(members), PREFERENCE) == "gzip"


@pytest.mark.parametrize("value", [" " * 60_000 + "x", "gzip;" * 12_000, "a" * 60_000 + " ;", ",gzip ; q" * 6000])
def test_long_values_take_no_time(value: str) -> None:
    assert coding(value, PREFERENCE) == "identity"
