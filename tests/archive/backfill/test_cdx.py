"""What a web archive's index tells, in each of the forms in use, and which copies are worth fetching."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.backfill.cdx import Capture, address, chosen, proven_spans, query, read_listing

FEED = "https://source.example/feed"
DAY = timedelta(days=1)
START = datetime(2020, 1, 1, tzinfo=UTC)
TEMPLATE = "https://archive.example/web/{timestamp}id_/{url}"
ROW = ["example,source)/feed", "20200102030405", FEED, "application/rss+xml", "200", "AAAA", "123"]
HEAD = " CDX N b a m s k r M S V g"
NAMES = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
ONE = Capture(datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), FEED, "200", "application/rss+xml", "AAAA")
PYWB = {"urlkey": ROW[0], "timestamp": ROW[1], "url": FEED, "mime": ROW[3], "status": "200", "digest": "AAAA"}


@pytest.mark.parametrize(
    ("body", "captures", "resume"),
    [
        pytest.param(json.dumps([NAMES, ROW]), [ONE], None, id="lists"),
        pytest.param(json.dumps([NAMES, ROW, [], ["com%2C+2020"]]), [ONE], "com%2C+2020", id="lists, and a key"),
        pytest.param(json.dumps([NAMES, ROW, [], ["\ud800a"]]), [ONE], "?a", id="half a character"),
        pytest.param(json.dumps([NAMES[1:3], ROW[1:3]]), [Capture(ONE.at, FEED)], None, id="two columns"),
        pytest.param("[]", [], None, id="none"),
        pytest.param("", [], None, id="nothing"),
        pytest.param(" ".join(ROW), [ONE], None, id="seven columns"),
        pytest.param(f"{HEAD}\n{' '.join([*ROW[:6], '-', '-', '9', '0', 'a.warc'])}", [ONE], None, id="eleven"),
        pytest.param(" ".join([*ROW[:6], "-", "0", "a.warc"]), [ONE], None, id="nine"),
        pytest.param(" ".join(ROW) + "\n\nkey+1\n", [ONE], "key+1", id="columns, and a key"),
        pytest.param(json.dumps(PYWB) + "\n" + json.dumps(PYWB), [ONE, ONE], None, id="objects"),
        pytest.param(f"{ROW[0]} {ROW[1]} {json.dumps(PYWB)}", [ONE], None, id="CDXJ"),
        pytest.param(json.dumps([NAMES, ["k", ROW[1], "http://[", *ROW[3:]], ROW]), [ONE], None, id="an odd one"),
        pytest.param(json.dumps([NAMES, ["k", "2020", FEED, "-", "-", "-", "-"]]), [], None, id="no time"),
        pytest.param(json.dumps([NAMES, ["k", ROW[1], "ftp://x/", "-", "-", "-", "-"]]), [], None, id="no web address"),
    ],
)  # fmt: skip
def test_listings_are_read(body: str, captures: list[Capture], resume: str | None) -> None:
    listing = read_listing(body.encode())
    assert (list(listing.captures), listing.resume) == (captures, resume)


@pytest.mark.parametrize("body", [b"<html>busy</html>", b"{}x", b'["a"]', b"one two", b"[[[", b"\xff\xfe"])
def test_what_is_no_listing_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        read_listing(body)


JSON = st.recursive(st.none() | st.text() | st.integers(), st.lists).map(lambda value: json.dumps(value).encode())


@given(st.binary(max_size=200) | JSON)
def test_anything_is_a_listing_or_refused(body: bytes) -> None:
    with suppress(ValueError):
        assert all(isinstance(one, Capture) for one in read_listing(body).captures)


def test_a_listing_is_asked_for_without_credentials() -> None:
    asked = urlsplit(query("https://archive.example/cdx?key=1", "https://ann:secret@source.example/feed?a=1#b", "k 1"))
    assert parse_qs(asked.query) == {
        "key": ["1"],
        "url": ["https://source.example/feed?a=1"],
        "output": ["json"],
        "collapse": ["digest"],
        "limit": ["5000"],
        "showResumeKey": ["true"],
        "resumeKey": ["k 1"],
    }
    assert Capture(datetime(1, 2, 3, tzinfo=UTC), FEED).timestamp == "00010203000000"
    assert address(TEMPLATE, ONE) == f"https://archive.example/web/20200102030405id_/{FEED}"


def capture(day: int, **values: Any) -> Capture:
    return Capture(START + day * DAY, FEED, **{"digest": str(day), **values})


@pytest.mark.parametrize(
    ("captures", "days"),
    [
        pytest.param([capture(1), capture(3), capture(2)], [3, 2, 1], id="the newest first"),
        pytest.param([capture(1), capture(2, digest="1"), capture(3)], [3, 1], id="the same again"),
        pytest.param([capture(1), capture(2), capture(3, digest="1")], [3, 2, 1], id="the same later"),
        pytest.param([capture(1, digest=""), capture(2, digest="")], [2, 1], id="no digests"),
        pytest.param([capture(1, status="404"), capture(2, status="301"), capture(3, status="-")], [3], id="answers"),
        pytest.param([capture(1, mime="warc/revisit")], [], id="a revisit"),
        pytest.param(
            [capture(10), capture(14), capture(15), capture(19), capture(20), capture(21)], [21, 15], id="proven"
        ),
        pytest.param([capture(7)], [], id="known"),
        pytest.param([capture(99)], [], id="to come"),
    ],
)
def test_which_copies_are_fetched(captures: list[Capture], days: list[int]) -> None:
    proven = proven_spans(START + 10 * DAY, START + 20 * DAY, [(START + 14 * DAY, START + 18 * DAY)])
    known = {address(TEMPLATE, capture(7))}
    found = chosen(captures, proven, known, TEMPLATE, START + 50 * DAY)
    assert [(one.at - START) // DAY for one in found] == days
