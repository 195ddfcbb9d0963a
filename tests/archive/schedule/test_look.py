"""What an answer means for a feed, status by status."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from archive.fetch import FetchError, Request, Response
from archive.schedule import look
from archive.schedule.look import request
from archive.store import FeedRecord, Observation, PollState, Rule
from config.settings import Schedule
from feeds.model import Feed
from tests.support.items import HOUR, NOON

URL = "https://source.example/feed.xml"
RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>News</title><link>https://source.example/</link>
<description>d</description><ttl>180</ttl>
<item><guid>1</guid><title>One</title></item><item><guid>2</guid><title>Two</title></item></channel></rss>"""
EMPTY = b"<rss version='2.0'><channel><title>News</title><link>https://source.example/</link></channel></rss>"
BEFORE = PollState(
    next_due=NOON - HOUR,
    interval=None,
    etag='"old"',
    last_modified="Mon, 23 Nov 2026 00:00:00 GMT",
    validated=URL,
    sha256=hashlib.sha256(RSS).digest(),
    last_polled=NOON - 2 * HOUR,
    last_success=NOON - 2 * HOUR,
    last_changed=NOON - 9 * HOUR,
    last_status=200,
)
FEED = FeedRecord(id=7, url=URL, kind="remote", added=NOON, poll=BEFORE, meta=Feed(title="News"))
FIRST = replace(FEED, poll=PollState(next_due=NOON), meta=None)
FAILING = replace(FEED, poll=replace(BEFORE, failures=3, error="before"))


def answer(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, **values: Any) -> Response:
    facts = {"url": URL, "final_url": URL, "request_headers": (("Accept", "x"),), "at": NOON, "elapsed": 0.1}
    return Response(**{**facts, "status": status, "body": body, "headers": tuple((headers or {}).items()), **values})


def looked(feed: FeedRecord, what: Response | FetchError) -> tuple[Observation, PollState]:
    observation = look(feed, what, NOON, Schedule())
    assert observation.poll
    assert (observation.feed, observation.at, observation.poll.last_polled) == (7, NOON, NOON)
    assert observation.poll.next_due > NOON
    assert observation.poll.reason
    return observation, observation.poll


def test_a_new_document() -> None:
    headers = {"ETag": '"new"', "Last-Modified": "Tue, 24 Nov 2026 00:00:00 GMT", "Content-Type": "application/rss+xml"}
    seen, poll = looked(FAILING, answer(200, RSS + b"<!-- 2 -->", headers))

    assert seen.served
    assert (seen.served.body, seen.served.url, seen.served.status) == (RSS + b"<!-- 2 -->", URL, 200)
    assert seen.served.response_headers == tuple(headers.items())
    assert seen.served.request_headers == (("Accept", "x"),)
    assert seen.parsed
    assert [entry.title for entry in seen.parsed.entries] == ["One", "Two"]
    assert seen.windowed
    assert (poll.etag, poll.last_modified) == ('"new"', "Tue, 24 Nov 2026 00:00:00 GMT")
    assert (poll.last_success, poll.last_changed, poll.last_status) == (NOON, NOON, 200)
    assert (poll.failures, poll.error, poll.gone) == (0, None, None)
    assert poll.reason == "the feed's ttl"
    assert poll.next_due >= NOON + 3 * HOUR


def test_a_new_document_without_validators_has_none() -> None:
    _, poll = looked(FEED, answer(200, RSS + b" "))
    assert (poll.etag, poll.last_modified) == (None, None)


def test_the_first_document_of_a_feed() -> None:
    seen, poll = looked(FIRST, answer(200, RSS, {"ETag": "W/1"}))
    assert seen.parsed
    assert (poll.etag, poll.last_changed, poll.failures) == ("W/1", NOON, 0)


def test_the_same_bytes_are_not_parsed_again() -> None:
    seen, poll = looked(FAILING, answer(200, RSS, {"ETag": '"new"'}))
    assert seen.served
    assert seen.parsed is None
    assert (poll.etag, poll.last_modified, poll.last_success) == ('"new"', None, NOON)
    assert (poll.last_changed, poll.failures, poll.error) == (BEFORE.last_changed, 0, None)


def test_half_a_document_is_no_window_and_is_asked_for_anew() -> None:
    half, validators = RSS[: RSS.index(b"<title>Two")], {"ETag": '"new"', "Last-Modified": "x"}
    seen, poll = looked(FEED, answer(200, half, validators))
    assert seen.parsed
    assert [entry.title for entry in seen.parsed.entries] == ["One"]
    assert (seen.windowed, poll.etag, poll.last_modified, poll.error) == (False, None, None, None)
    known = replace(FEED, poll=replace(poll, sha256=hashlib.sha256(half).digest(), validated=URL))
    _, again = looked(known, answer(200, half, validators))
    assert (again.etag, again.last_modified) == (None, None)


def test_an_empty_feed_is_no_window() -> None:
    seen, poll = looked(FEED, answer(200, EMPTY))
    assert seen.parsed
    assert seen.parsed.entries == ()
    assert not seen.windowed
    assert poll.error is None


@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE html><html><body>Sorry</body></html>", b"", b"\x00\x01", b"{}", b"<a/>", b"busy"]
)
def test_what_is_no_feed_is_kept_and_is_a_failure(body: bytes) -> None:
    seen, poll = looked(FEED, answer(200, body, {"ETag": '"page"', "Content-Type": "text/html"}))
    assert seen.served
    assert (seen.served.body, seen.parsed) == (body, None)
    assert (poll.etag, poll.last_modified, poll.sha256) == ('"old"', BEFORE.last_modified, BEFORE.sha256)
    assert (poll.failures, poll.last_status, poll.last_success) == (1, 200, BEFORE.last_success)
    assert poll.error
    assert URL not in poll.error
    assert "\n" not in poll.error


@pytest.mark.parametrize(
    ("headers", "etag", "last_modified"),
    [
        ({}, '"old"', BEFORE.last_modified),
        ({"ETag": '"new"'}, '"new"', BEFORE.last_modified),
        ({"Last-Modified": "later"}, '"old"', "later"),
    ],
)
def test_304(headers: dict[str, str], etag: str, last_modified: str) -> None:
    seen, poll = looked(FAILING, answer(304, headers=headers))
    assert (seen.served, seen.parsed) == (None, None)
    assert (poll.etag, poll.last_modified, poll.sha256) == (etag, last_modified, BEFORE.sha256)
    assert (poll.last_status, poll.failures, poll.error, poll.last_success) == (304, 0, None, NOON)
    assert poll.last_changed == BEFORE.last_changed


def test_304_heeds_what_the_feed_said_of_itself() -> None:
    _, poll = looked(replace(FEED, meta=Feed(ttl=300)), answer(304))
    assert poll.next_due >= NOON + 5 * HOUR
    _, poll = looked(FEED, answer(304, headers={"Cache-Control": "max-age=7200"}))
    assert poll.next_due >= NOON + 2 * HOUR


def test_a_document_behind_redirects_is_where_it_is_found() -> None:
    there = "https://new.example/feed/"
    body = b"<rss version='2.0'><channel><title>t</title><item><link>/1</link></item></channel></rss>"
    seen, _ = looked(FEED, answer(200, body, final_url=there, redirects=((301, there),), moved_to=there))
    assert seen.served
    assert seen.parsed
    assert (seen.served.url, seen.parsed.entries[0].link) == (there, "https://new.example/1")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, "the server answered 404 (Not Found)"),
        (403, "the server answered 403 (Forbidden)"),
        (500, "the server answered 500 (Internal Server Error)"),
        (503, "the server answered 503 (Service Unavailable)"),
        (300, "the server answered 300 (Multiple Choices)"),
        (799, "the server answered 799"),
    ],
)
def test_errors_of_a_server(status: int, error: str) -> None:
    seen, poll = looked(FAILING, answer(status, b"<html>", {"ETag": '"error"'}))
    assert (seen.served, seen.parsed) == (None, None)
    assert (poll.error, poll.last_status, poll.failures) == (error, status, 4)
    assert (poll.etag, poll.last_success, poll.gone) == ('"old"', BEFORE.last_success, None)
    assert poll.next_due >= NOON + 8 * HOUR


@pytest.mark.parametrize("status", [200, 304, 404, 429, 503])
@pytest.mark.parametrize("value", ["21600", "Tue, 24 Nov 2026 18:00:00 GMT"])
def test_retry_after_counts_whatever_the_status(status: int, value: str) -> None:
    _, poll = looked(FEED, answer(status, EMPTY, {"Retry-After": value}))
    assert NOON + 6 * HOUR <= poll.next_due <= NOON + 6.3 * HOUR
    assert poll.reason == "Retry-After"


def test_gone_for_good() -> None:
    seen, poll = looked(FEED, answer(410))
    assert seen.served is None
    assert (poll.gone, poll.last_status, poll.failures) == (NOON, 410, 1)
    assert poll.reason == "never again: the server answered 410"
    assert "410" in str(poll.error)

    _, poll = looked(replace(FEED, poll=poll), answer(200, RSS + b" "))
    assert (poll.gone, poll.error) == (None, None)


def test_no_answer() -> None:
    seen, poll = looked(FAILING, FetchError(URL, "timeout", "did not answer within 30 seconds", "try again later"))
    assert (seen.served, poll.last_status, poll.failures) == (None, None, 4)
    assert poll.error == "did not answer within 30 seconds; try again later"
    assert poll.next_due >= NOON + 8 * HOUR
    _, poll = looked(FIRST, FetchError(URL, "dns", "is not known"))
    assert (poll.error, poll.failures) == ("is not known", 1)
    assert NOON + HOUR <= poll.next_due <= NOON + timedelta(minutes=66)


def test_the_feeds_own_interval_stays() -> None:
    feed = replace(FEED, poll=replace(BEFORE, interval=5))
    for what in (answer(200, RSS), answer(304), answer(500)):
        _, poll = looked(feed, what)
        assert poll.interval == 5
        assert poll.next_due < NOON + timedelta(minutes=6)


CONDITIONAL = Request(url=URL, etag='"old"', last_modified=BEFORE.last_modified, validated=URL, named=URL)
PLAIN = Request(url=URL, named=URL)


@pytest.mark.parametrize(
    ("values", "full_fetch", "expected"),
    [
        ({}, 100, CONDITIONAL),
        ({"answers": 98}, 100, CONDITIONAL),
        ({"answers": 99}, 100, PLAIN),
        ({"answers": 100}, 100, CONDITIONAL),
        ({"answers": 199}, 100, PLAIN),
        ({"answers": 99}, 0, CONDITIONAL),
        ({"answers": 5}, 1, PLAIN),
        ({"lies": True}, 100, PLAIN),
        ({"lies": True}, 0, PLAIN),
        ({"etag": None}, 100, Request(url=URL, last_modified=BEFORE.last_modified, validated=URL, named=URL)),
    ],
)
def test_what_is_asked(values: dict[str, Any], full_fetch: int, expected: Request) -> None:
    assert request(replace(FEED, poll=replace(BEFORE, **values)), full_fetch) == expected


THERE = "https://new.example/feed"
MOVED = {"final_url": THERE, "redirects": ((301, THERE),), "moved_to": THERE}
OTHER = RSS.replace(b"Two", b"Three")


@pytest.mark.parametrize(
    ("to", "hours", "what", "remembered", "moves"),
    [
        pytest.param(None, 0, answer(200, RSS, **MOVED), (THERE, NOON), False, id="the first time"),
        pytest.param(THERE, 23, answer(200, RSS, **MOVED), (THERE, NOON - 23 * HOUR), False, id="too soon"),
        pytest.param(THERE, 24, answer(200, RSS, **MOVED), (THERE, NOON - 24 * HOUR), True, id="the same bytes"),
        pytest.param(THERE, 24, answer(200, OTHER, **MOVED), (THERE, NOON - 24 * HOUR), True, id="a feed"),
        pytest.param(THERE, 24, answer(304, **MOVED), (THERE, NOON - 24 * HOUR), True, id="not modified"),
        pytest.param(URL + "/b", 99, answer(200, RSS, **MOVED), (THERE, NOON), False, id="to somewhere else"),
        pytest.param(THERE, 99, answer(200, RSS), (None, None), False, id="taken back"),
        pytest.param(THERE, 99, answer(404, **MOVED), (THERE, NOON - 99 * HOUR), False, id="nothing is there"),
        pytest.param(THERE, 99, answer(200, b"<html>", **MOVED), (THERE, NOON - 99 * HOUR), False, id="no feed"),
        pytest.param(THERE, 99, FetchError(URL, "dns", "down"), (THERE, NOON - 99 * HOUR), False, id="no answer"),
    ],
)
def test_moves(
    to: str | None, hours: int, what: Response | FetchError, remembered: tuple[object, ...], moves: bool
) -> None:
    before = replace(BEFORE, moved_to=to, moved_since=NOON - hours * HOUR if to else None)
    seen, poll = looked(replace(FEED, poll=before), what)
    assert (poll.moved_to, poll.moved_since) == remembered
    assert seen.moved_to == (THERE if moves else None)


ASKED = (("User-Agent", "Backissue/1"),)
CONDITIONED = (*ASKED, ("If-None-Match", '"old"'))


def dated(day: int) -> bytes:
    return OTHER.replace(b"<guid>1</guid>", b"<guid>1</guid><pubDate>%d Nov 2026 00:00:00 GMT</pubDate>" % day)


@pytest.mark.parametrize(
    ("before", "body", "headers", "sent", "doubt"),
    [
        pytest.param({}, OTHER, {"ETag": '"old"'}, ASKED, True, id="the tag of the last"),
        pytest.param({}, OTHER, {"ETag": '"old"'}, CONDITIONED, False, id="asked by its tag"),
        pytest.param({}, OTHER, {"ETag": '"old"'}, (), False, id="brought by a hub"),
        pytest.param({}, RSS, {"ETag": '"old"'}, ASKED, False, id="the same bytes"),
        pytest.param({}, OTHER, {"ETag": '"new"'}, ASKED, False, id="another tag"),
        pytest.param({"last_status": 200}, OTHER, {"ETag": '"old"'}, ASKED, False, id="it never said so"),
        pytest.param({"validated": THERE}, OTHER, {"ETag": '"old"'}, ASKED, False, id="another address"),
        pytest.param(
            {"etag": None}, OTHER, {"Last-Modified": BEFORE.last_modified}, ASKED, True, id="the date of the last"
        ),
        pytest.param({"etag": None}, OTHER, {"Last-Modified": "later"}, ASKED, False, id="another date"),
        pytest.param({}, dated(22), {"ETag": '"new"'}, ASKED, True, id="old entries that are news"),
        pytest.param({}, dated(23), {"ETag": '"new"'}, ASKED, False, id="entries of today and yesterday"),
        pytest.param({}, dated(12), {"ETag": '"new"'}, ASKED, False, id="entries that had been there"),
    ],
)
def test_doubts(
    before: dict[str, Any], body: bytes, headers: dict[str, str], sent: tuple[tuple[str, str], ...], doubt: bool
) -> None:
    state = replace(BEFORE, **{"last_status": 304, "last_changed": NOON - 90 * HOUR, **before})
    what = answer(200, body, headers, request_headers=sent)
    seen = look(replace(FEED, poll=state), what, NOON, Schedule())
    assert seen.poll
    assert not seen.poll.lies
    if not doubt:
        assert seen.doubt is None
        return
    assert seen.doubt
    assert seen.doubt.lies
    assert seen.doubt.next_due >= NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("resting", "Retry-After, which its host answered to another feed"), ("down", "its host does not answer")],
)
def test_what_was_not_asked_has_not_failed(kind: Any, reason: str) -> None:
    error = FetchError(URL, kind, "not asked: its host wants no visit", until=NOON + HOUR)
    seen = look(FEED, error, NOON, Schedule())
    assert seen.poll == replace(
        BEFORE,
        next_due=NOON + HOUR,
        reason=reason,
        rules=(Rule(reason, NOON + HOUR, True),),
        error="not asked: its host wants no visit",
    )


def test_answers_are_counted_and_rules_told() -> None:
    for what, count in ((answer(200, RSS), 1), (answer(304), 1), (answer(500), 1), (FetchError(URL, "dns", "x"), 0)):
        _, poll = looked(FEED, what)
        assert poll.answers == count
        assert [rule.name for rule in poll.rules if rule.decided] == [poll.reason]
    _, poll = looked(FEED, answer(410))
    assert poll.rules == (Rule("never again: the server answered 410", None, True),)
