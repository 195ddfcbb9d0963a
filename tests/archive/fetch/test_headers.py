"""Header fields, read without a network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.fetch import headers
from feeds.model import Link

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NOON = "Tue, 24 Nov 2026 12:00:00 GMT"
ONE = "Tue, 24 Nov 2026 13:00:00 GMT"


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sun Nov  6 08:49:37 1994", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sun, 06 Nov 1994 09:49:37 +0100", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("0", None),
        ("-1", None),
        ("", None),
        ("Tue, 99 Nov 2026 12:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
    ],
)
def test_http_date(text: str, date: datetime | None) -> None:
    assert headers.http_date(text) == date


@pytest.mark.parametrize(
    ("value", "until"),
    [
        ("120", AT + timedelta(minutes=2)),
        ("0", AT),
        (ONE, AT + timedelta(hours=1)),
        (" 60 ", AT + timedelta(minutes=1)),
        ("9" * 5000, AT + timedelta(seconds=2**31)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
    ],
)
def test_retry_after(value: str, until: datetime | None) -> None:
    assert headers.retry_after([("retry-after", value)], AT) == until


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({}, None),
        ({"Cache-Control": "max-age=3600"}, 3600),
        ({"Cache-Control": "public, MAX-AGE = 60 , immutable"}, 60),
        ({"Cache-Control": 'max-age="60"'}, 60),
        ({"Cache-Control": "max-age=60, max-age=90"}, 60),
        ({"Cache-Control": "max-age=3600", "Age": "600"}, 3000),
        ({"Cache-Control": "max-age=60", "Age": "600"}, 0),
        ({"Cache-Control": "max-age=60", "Age": "old"}, 60),
        ({"Cache-Control": "max-age=60", "Expires": ONE, "Date": NOON}, 60),
        ({"Cache-Control": "s-maxage=60"}, None),
        ({"Cache-Control": "x-max-age=60"}, None),
        ({"Cache-Control": "no-cache, max-age=60"}, 0),
        ({"Cache-Control": "no-store"}, 0),
        ({"Cache-Control": "max-age=-1"}, 0),
        ({"Cache-Control": "max-age=never"}, 0),
        ({"Cache-Control": "max-age=99999999999999"}, 2**31),
        ({"Cache-Control": "public"}, None),
        ({"Expires": ONE, "Date": NOON}, 3600),
        ({"Expires": ONE}, 3600),
        ({"Expires": ONE, "Date": NOON, "Age": "60"}, 3540),
        ({"Expires": NOON, "Date": ONE}, 0),
        ({"Expires": "0"}, 0),
    ],
)
def test_max_age(fields: dict[str, str], seconds: int | None) -> None:
    assert headers.max_age(fields.items(), AT) == seconds


@pytest.mark.parametrize(
    ("value", "links"),
    [
        ("</feed>; rel=self", [Link("https://example.org/feed", rel="self")]),
        (
            '<https://hub.example/>; rel="hub", <feed.xml>; rel=self; type="application/atom+xml"; title="a, \\"b\\""',
            [
                Link("https://hub.example/", rel="hub"),
                Link("https://example.org/blog/feed.xml", rel="self", type="application/atom+xml", title='a, "b"'),
            ],
        ),
        ('<a>; REL="next Last"', [Link("https://example.org/blog/a", rel=rel) for rel in ("next", "last")]),
        ('<a>; rel="self"; rel="next"', [Link("https://example.org/blog/a", rel="self")]),
        ('<a>; rel=next; anchor="#other"', []),
        ("<a>", []),
        ("a; rel=next", []),
        ("<http://[bad/>; rel=next", []),
        ('<a>; rel="unclosed', []),
        ("", []),
    ],
)
def test_links(value: str, links: list[Link]) -> None:
    assert list(headers.links([("Link", value)], "https://example.org/blog/")) == links


def test_text_of_fields_that_are_not_ascii() -> None:
    assert headers.decoded([(b"A", "ü".encode()), (b"B", b"\xfc")]) == (("A", "ü"), ("B", "ü"))


def test_codings_of_several_fields() -> None:
    assert headers.codings([("Content-Encoding", "GZIP, br"), ("content-encoding", " ,deflate")]) == (
        "gzip",
        "br",
        "deflate",
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Retry-After", "Cache-Control", "Expires", "Date", "Age", "Link", "Content-Encoding"]),
            st.text(max_size=60) | st.from_regex(r'[0-9]{1,30}|max-age=\S*|<.*>;rel="?\w*"?', fullmatch=True),
        ),
        max_size=5,
    )
)
def test_nothing_makes_them_fail(fields: list[tuple[str, str]]) -> None:
    assert (headers.max_age(fields, AT) or 0) >= 0
    headers.retry_after(fields, AT)
    headers.links(fields, "https://example.org/")
    headers.codings(fields)
