"""What to ask of a feed, and what its answer means: what to record of it, and when to ask next. Pure, on values.

A permanent redirect (301, 308) is followed at once, and taken for the feed's address when it is seen again a day later
or more, and leads to a feed each time. Now and then a whole document is asked for though it may not have changed: that
is how a server is found out that says "not modified" (304) of what was modified.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import structs

from archive.fetch import FetchError, Request, Response, status_of
from archive.schedule.due import RETRY, Hints, after_failure, after_success, hurried
from archive.schedule.pacing import pace
from archive.store.values import FeedRecord, Observation, PollState, Rule, Served
from config.settings import Schedule
from feeds.model import Entry, ParsedFeed
from feeds.parse import NotAFeed, parse

MOVES_AFTER = timedelta(days=1)  # how long a redirect must have been permanent before it is believed
# An entry dated that much before a 304 was there by then: dates without a time are off by a day, zones by half of one.
_DATES_ARE_OFF = timedelta(hours=36)
_CONDITIONS = {"if-none-match", "if-modified-since"}
_OURS = {"user-agent"}
# What the last bytes of a document hold that is not cut off.
_END = re.compile(rb"</(?:\w+:)?(?:rss|rdf|channel|feed)\s*>|}\s*\Z", re.IGNORECASE)
_TAIL = 1000


def request(feed: FeedRecord, full_fetch: int) -> Request:
    """What to ask: with the validators last received, but without them in one of so many requests (0: never).

    A server that was found to lie gets none any more.
    """
    known = feed.poll
    if known is None or known.lies or (full_fetch and known.answers % full_fetch == full_fetch - 1):
        return Request(url=feed.url, named=feed.url)
    return Request(
        url=feed.url,
        etag=known.etag,
        last_modified=known.last_modified,
        validated=known.validated,
        named=feed.url,
    )


def look(
    feed: FeedRecord,
    answer: Response | FetchError,
    now: datetime,
    schedule: Schedule,
    parsed: ParsedFeed | NotAFeed | None = None,
) -> Observation:
    """The observation that an answer makes, its poll state included; `now` is aware UTC.

    `parsed` is what its document is, where that was found out elsewhere.
    A document that is no feed is kept as it came, and counts as a failure of that feed. Nothing is parsed that was
    parsed before. An empty feed is no window: what stood in it is not taken to have left.
    """
    before = feed.poll or PollState(next_due=now)
    if isinstance(answer, FetchError):
        if answer.until:
            return _put_off(feed, before, now, answer)
        return _failed(feed, before, now, schedule, _why(answer), Hints(feed=feed.meta))
    hints = Hints(max_age=answer.max_age, retry_after=answer.retry_after, feed=feed.meta)
    if answer.status == 304:
        poll = _succeeded(feed, before, answer, now, schedule, hints)
        return Observation(feed=feed.id, at=now, poll=poll, moved_to=_moved(before, answer, now))
    if answer.status == 410:
        failed = _failed(feed, before, now, schedule, "the server says that it is gone for good (410)", hints, answer)
        assert failed.poll is not None
        reason = "never again: the server answered 410"
        poll = structs.replace(failed.poll, gone=now, reason=reason, rules=(Rule(reason, None, True),))
        return structs.replace(failed, poll=poll)
    if not 200 <= answer.status < 300:
        return _failed(feed, before, now, schedule, f"the server answered {status_of(answer.status)}", hints, answer)
    served = _served(answer)
    if before.sha256 and answer.sha256 == before.sha256:
        poll = _succeeded(feed, before, answer, now, schedule, hints)
        if not (before.etag or before.last_modified or _END.search(answer.body, max(0, len(answer.body) - _TAIL))):
            poll = _asked_anew(poll)  # it was cut off, and is once more
        return Observation(feed=feed.id, at=now, served=served, poll=poll, moved_to=_moved(before, answer, now))
    if parsed is None:
        try:
            parsed = parse(answer.body, answer.final_url, content_type=answer.content_type)
        except NotAFeed as error:
            parsed = error
    if isinstance(parsed, NotAFeed):
        failed = _failed(feed, before, now, schedule, _why(parsed), hints, answer)
        return structs.replace(failed, served=served)
    return _read(feed, before, answer, now, schedule, parsed)


def _read(
    feed: FeedRecord, before: PollState, answer: Response, now: datetime, schedule: Schedule, parsed: ParsedFeed
) -> Observation:
    hints = Hints(max_age=answer.max_age, retry_after=answer.retry_after, feed=parsed.feed)
    poll = structs.replace(_succeeded(feed, before, answer, now, schedule, hints), last_changed=now)
    if parsed.cut_off:
        poll = _asked_anew(poll)
    seen = Observation(
        feed=feed.id,
        at=now,
        served=_served(answer),
        parsed=parsed,
        poll=poll,
        windowed=parsed.is_window,
        moved_to=_moved(before, answer, now),
    )
    if before.last_success:
        # Known only once it is written down, which is when one of the two states is chosen.
        hurry = _hurry(parsed.entries, before.last_success, now)
        pressed = _succeeded(feed, before, answer, now, schedule, hints, hurry=hurry)
        seen = structs.replace(seen, pressed=structs.replace(pressed, last_changed=now))
    if not _doubted(before, answer, parsed.entries):
        return seen
    lying = _succeeded(feed, structs.replace(before, lies=True), answer, now, schedule, hints)
    return structs.replace(seen, doubt=structs.replace(lying, last_changed=now))


def _succeeded(
    feed: FeedRecord,
    before: PollState,
    answer: Response,
    now: datetime,
    schedule: Schedule,
    hints: Hints,
    *,
    hurry: timedelta | None = None,
) -> PollState:
    last = hurried(before, feed.url)
    due = after_success(
        now,
        schedule,
        before.interval,
        hints,
        feed.url,
        pace=pace(before.plan, now),
        hurry=hurry or (last and 2 * last),  # until that is no sooner than it would be asked anyway
        unconditional=before.lies,
    )
    # RFC 9111 section 4.3.4: a 304 may bring newer validators, and where it brings none the old ones stand.
    keep = answer.status == 304
    return structs.replace(
        before,
        next_due=due.at,
        reason=due.reason,
        rules=due.rules,
        etag=answer.etag or (before.etag if keep else None),
        last_modified=answer.last_modified or (before.last_modified if keep else None),
        last_polled=now,
        last_success=now,
        last_status=answer.status,
        failures=0,
        error=None,
        gone=None,
        answers=before.answers + 1,
        moved_to=answer.moved_to,
        moved_since=(before.moved_since if answer.moved_to == before.moved_to else now) if answer.moved_to else None,
    )


def _hurry(entries: Iterable[Entry], last: datetime, now: datetime) -> timedelta:
    """How soon to look again where entries passed: half of the time in which the window was filled anew."""
    dates = [entry.published or entry.updated for entry in entries]
    oldest = min((date for date in dates if date and date < now), default=last)
    return (now - max(last, oldest)) / 2


def _asked_anew(poll: PollState) -> PollState:
    """Without validators: asked by those of half a document, a server would say that we have all of it."""
    return structs.replace(poll, etag=None, last_modified=None)


def _moved(before: PollState, answer: Response, now: datetime) -> str | None:
    """The address that the feed has from now on: it was redirected to it for good long enough."""
    if answer.moved_to is None or answer.moved_to != before.moved_to or before.moved_since is None:
        return None
    return answer.moved_to if now - before.moved_since >= MOVES_AFTER else None


def _doubted(before: PollState, answer: Response, entries: Iterable[Entry]) -> bool:
    """Whether a document that came unasked for by validators looks as if the last 304 had not been true.

    Another document under the validators of the last one is enough. Where these changed too, entries that have been
    there for long by their dates show that the server never looks.
    """
    asked = {name.lower() for name, _ in answer.request_headers}
    # What came without being asked for (from a hub) tells nothing of how requests are answered.
    if before.last_status != 304 or before.validated != answer.final_url or asked & _CONDITIONS or not asked & _OURS:
        return False
    if answer.etag == before.etag if before.etag else answer.last_modified == before.last_modified:
        return True  # RFC 9110 section 13.2.2: the date counts where there is no tag
    if before.last_changed is None or before.last_success is None:
        return False
    latest = before.last_success - _DATES_ARE_OFF
    dates = (entry.updated or entry.published for entry in entries)
    return any(before.last_changed < date < latest for date in dates if date)


def _put_off(feed: FeedRecord, before: PollState, now: datetime, error: FetchError) -> Observation:
    """It was not asked at all, as its host wants no visit yet or is down; that is no failure of the feed's."""
    assert error.until is not None
    reason = "its host does not answer" if error.kind == "down" else f"{RETRY}, which its host answered to another feed"
    rules = (Rule(reason, error.until, True),)
    poll = structs.replace(before, next_due=error.until, reason=reason, rules=rules, error=_why(error))
    return Observation(feed=feed.id, at=now, poll=poll)


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
    status = answer.status if answer else None
    due = after_failure(now, schedule, before.interval, hints, feed.url, failures, status=status)
    poll = structs.replace(
        before,
        next_due=due.at,
        reason=due.reason,
        rules=due.rules,
        last_polled=now,
        last_status=status,
        failures=failures,
        error=why,
        answers=before.answers + bool(answer),
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
