"""What an answer means for a feed: what to record of it, and when to ask next. A pure function of values."""

from __future__ import annotations

import hashlib
from datetime import datetime
from http import HTTPStatus

from msgspec import structs

from archive.fetch import FetchError, Response
from archive.schedule.due import Hints, after_failure, after_success
from archive.store.values import FeedRecord, Observation, PollState, Served
from config.settings import Schedule
from feeds.model import ParsedFeed
from feeds.parse import NotAFeed, parse


def look(feed: FeedRecord, answer: Response | FetchError, now: datetime, schedule: Schedule) -> Observation:
    """The observation that an answer makes, its poll state included; `now` is aware UTC.

    A document that is no feed is kept as it came, and counts as a failure of that feed. Nothing is parsed that was
    parsed before. An empty feed is no window: what stood in it is not taken to have left.
    """
    before = feed.poll or PollState(next_due=now)
    if isinstance(answer, FetchError):
        return _failed(feed, before, now, schedule, _why(answer), Hints(feed=feed.meta))
    hints = Hints(max_age=answer.max_age, retry_after=answer.retry_after, feed=feed.meta)
    if answer.status == 304:
        poll = _succeeded(feed, before, answer, now, schedule, hints)
        return Observation(feed=feed.id, at=now, poll=poll)
    if answer.status == 410:
        failed = _failed(feed, before, now, schedule, "the server says that it is gone for good (410)", hints, answer)
        assert failed.poll is not None
        poll = structs.replace(failed.poll, gone=now, reason="never again: the server answered 410")
        return structs.replace(failed, poll=poll)
    if not 200 <= answer.status < 300:
        return _failed(feed, before, now, schedule, f"the server answered {_status(answer.status)}", hints, answer)
    served = _served(answer)
    if hashlib.sha256(answer.body).digest() == before.sha256:
        poll = _succeeded(feed, before, answer, now, schedule, hints)
        return Observation(feed=feed.id, at=now, served=served, poll=poll)
    try:
        parsed = parse(answer.body, answer.final_url, content_type=answer.content_type)
    except NotAFeed as error:
        failed = _failed(feed, before, now, schedule, _why(error), hints, answer)
        return structs.replace(failed, served=served)
    return _read(feed, before, answer, now, schedule, parsed)


def _read(
    feed: FeedRecord, before: PollState, answer: Response, now: datetime, schedule: Schedule, parsed: ParsedFeed
) -> Observation:
    hints = Hints(max_age=answer.max_age, retry_after=answer.retry_after, feed=parsed.feed)
    poll = structs.replace(_succeeded(feed, before, answer, now, schedule, hints), last_changed=now)
    served = _served(answer)
    return Observation(feed=feed.id, at=now, served=served, parsed=parsed, poll=poll, windowed=bool(parsed.entries))


def _succeeded(
    feed: FeedRecord, before: PollState, answer: Response, now: datetime, schedule: Schedule, hints: Hints
) -> PollState:
    due = after_success(now, schedule, before.interval, hints, feed.url)
    # RFC 9111 section 4.3.4: a 304 may bring newer validators, and where it brings none the old ones stand.
    keep = answer.status == 304
    return structs.replace(
        before,
        next_due=due.at,
        reason=due.reason,
        etag=answer.etag or (before.etag if keep else None),
        last_modified=answer.last_modified or (before.last_modified if keep else None),
        last_polled=now,
        last_success=now,
        last_status=answer.status,
        failures=0,
        error=None,
        gone=None,
    )


def _failed(
    feed: FeedRecord,
    before: PollState,
    now: datetime,
    schedule: Schedule,
    why: str,
    hints: Hints,
    answer: Response | None = None,
) -> Observation:
    failures = before.failures + 1
    due = after_failure(now, schedule, before.interval, hints, feed.url, failures)
    poll = structs.replace(
        before,
        next_due=due.at,
        reason=due.reason,
        last_polled=now,
        last_status=answer.status if answer else None,
        failures=failures,
        error=why,
    )
    return Observation(feed=feed.id, at=now, poll=poll)


def _served(answer: Response) -> Served:
    return Served(
        body=answer.body,
        url=answer.final_url,
        status=answer.status,
        request_headers=answer.request_headers,
        response_headers=answer.headers,
    )


def _why(error: FetchError | NotAFeed) -> str:
    """The error without the address, which stands beside it wherever it is shown."""
    return f"{error.reason}; {error.remedy}" if error.remedy else error.reason


def _status(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)
