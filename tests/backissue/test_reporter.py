"""What `run` says: troubles once, as long as they stay the same."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from msgspec import structs

from archive.schedule import Polled
from archive.store import FeedRecord, PollState, Recorded, StoreError
from backissue.reporter import Reporter
from backissue.work import Pass
from tests.support.items import NOON

FEED = FeedRecord(id=1, url="https://a.example/feed", kind="remote", added=NOON, poll=PollState(next_due=NOON))
FULL = StoreError("a.sqlite", "the disk is full", "make room")


def polled(before: str | None, error: str | None) -> Pass:
    """A pass that asked the feed, which stood with one error and now stands with another."""
    feed = structs.replace(FEED, poll=PollState(next_due=NOON, error=before))
    one = Polled(feed, "failed" if error else "unchanged", Recorded(feed=1), NOON + timedelta(hours=1), error)
    return Pass(polled=(one,))


@pytest.mark.parametrize(
    ("before", "error", "lines"),
    [
        (None, "no such host", ["https://a.example/feed: no such host"]),
        ("no such host", "no such host", []),
        ("no such host", "took longer than 30 s", ["https://a.example/feed: took longer than 30 s"]),
        ("no such host", None, []),
    ],
)
def test_a_feed_that_goes_on_to_fail_is_told_of_once(
    before: str | None, error: str | None, lines: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    Reporter().passed(polled(before, error))
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == lines


def test_folders_and_passes_that_go_on_to_fail_are_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    reporter, broken = Reporter(), Pass(folders=("articles: does not exist",))
    for _ in range(3):
        reporter.passed(broken)
    for _ in range(3):
        reporter.failed(FULL)
    reporter.failed(ValueError("of ours"))
    reporter.failed(FULL)
    for _ in range(2):
        reporter.passed(Pass())
    reporter.passed(broken)
    assert [record.getMessage() for record in caplog.records] == [
        "articles: does not exist",
        "a.sqlite: the disk is full; make room",
        "a pass failed by a fault of Backissue",
        "a.sqlite: the disk is full; make room",
        "passes are made again",
        "articles: does not exist",
    ]
