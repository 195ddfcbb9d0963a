"""Telling hubs: once for each change, again where they did not listen, never what did not change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from archive.fetch import FetchError, Response
from archive.push.tell import Heard, is_due, tell
from tests.support.items import NOON

HUB, OTHER = "https://hub.example/", "https://other.example/hub"
FEED, JSON = "https://b.example/news/feed.atom", "https://b.example/news/feed.json"


class Hubs:
    """What hubs answer, by their address: a status, or 0 for no answer; and what they were told."""

    def __init__(self) -> None:
        self.answers: dict[str, int] = {HUB: 202, OTHER: 204}
        self.heard: list[tuple[str, str]] = []

    async def post(self, url: str, form: Mapping[str, str]) -> Response:
        assert form["hub.mode"] == "publish" and form["hub.url"] == form["hub.topic"]
        self.heard.append((url, form["hub.url"]))
        status = self.answers[url]
        if not status:
            raise FetchError(url, "connection", "cannot be reached")
        return Response(
            url=url, final_url=url, status=status, headers=(), request_headers=(), body=b"", at=NOON, elapsed=0.0
        )

    def told(self, record: Path, live: Mapping[str, str], now: datetime = NOON, *hubs: str) -> Heard:
        wanted = hubs or (HUB, OTHER)
        due = is_due(live, wanted, record, now)
        before = len(self.heard)
        found = asyncio.run(tell(live, wanted, record, post=self.post, now=lambda: now))
        assert due == (len(self.heard) > before)
        return found


def test_each_change_is_told_once_to_each_hub(tmp_path: Path) -> None:
    hubs, record = Hubs(), tmp_path / "hubs.json"
    assert hubs.told(record, {FEED: "1", JSON: "1"}).told == 4
    assert hubs.told(record, {FEED: "1", JSON: "1"}) == Heard()
    hubs.heard.clear()
    assert hubs.told(record, {FEED: "2", JSON: "1"}).told == 2
    assert hubs.heard == [(HUB, FEED), (OTHER, FEED)]


def test_a_hub_that_does_not_listen_is_told_again_ever_more_seldom(tmp_path: Path) -> None:
    hubs, record = Hubs(), tmp_path / "hubs.json"
    for status in (0, 503, 429):
        hubs.answers[HUB] = status
        record.unlink(missing_ok=True)
        hubs.heard.clear()
        found = hubs.told(record, {FEED: "1"}, NOON, HUB)
        assert (found.told, found.waiting, len(found.failures)) == (0, 1, 1)
        assert HUB in found.failures[0] and "\n" not in found.failures[0]
        tries = []
        for second in range(0, 3 * 3600, 10):
            before = len(hubs.heard)
            hubs.told(record, {FEED: "1"}, NOON + timedelta(seconds=second), HUB)
            if len(hubs.heard) > before:
                tries.append(second)
        assert tries[:5] == [30, 90, 210, 450, 930]
        assert max(later - earlier for earlier, later in pairwise(tries)) <= 3600
        hubs.answers[HUB] = 202
        assert hubs.told(record, {FEED: "1"}, NOON + timedelta(hours=9), HUB).told == 1
        assert hubs.told(record, {FEED: "1"}, NOON + timedelta(hours=10), HUB) == Heard()


def test_a_hub_that_refuses_is_told_again_when_something_changes(tmp_path: Path) -> None:
    hubs, record = Hubs(), tmp_path / "hubs.json"
    hubs.answers[HUB] = 404
    found = hubs.told(record, {FEED: "1"}, NOON, HUB)
    assert (found.told, found.waiting) == (0, 0)
    assert found.failures == (f"{HUB}: it answered 404, told of {FEED}",)
    assert hubs.told(record, {FEED: "1"}, NOON + timedelta(days=1), HUB) == Heard()
    assert hubs.told(record, {FEED: "2"}, NOON + timedelta(days=1), HUB).failures


def test_a_record_that_is_damaged_tells_all_again(tmp_path: Path) -> None:
    hubs, record = Hubs(), tmp_path / "hubs.json"
    hubs.told(record, {FEED: "1"})
    record.write_bytes(record.read_bytes()[:-3])
    assert hubs.told(record, {FEED: "1"}).told == 2
