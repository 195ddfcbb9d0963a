"""Possible gaps in the archive: when they are written down and when not, what they tell, and what fills them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from archive.coverage import coverage
from archive.reparse import reparse
from archive.schedule import learn
from archive.store import Gap, Observation, Store
from config.settings import Schedule
from feeds.model import Entry, Feed
from tests.support.archive import an_entry, asked, hour, not_modified, open_archive, shown, told
from tests.support.items import HOUR, NOON
from tests.support.outages import simulate


def dated(*numbers: int) -> list[Entry]:
    """Entries that came at the hours of their numbers."""
    return [an_entry(number, published=hour(number - 10)) for number in numbers]


def undated(*numbers: int) -> list[Entry]:
    return [an_entry(number) for number in numbers]


def anew(*numbers: int) -> list[Entry]:
    """The same entries, which nothing but their dates tells from others."""
    return [
        replace(entry, id=f"urn:{entry.id}", link=None, title=f"Other {entry.title}", content=None)
        for entry in dated(*numbers)
    ]


@pytest.mark.parametrize(
    ("looks", "shared"),
    [
        pytest.param([dated(4, 3, 2, 1), dated(14, 13, 12, 11)], 0, id="nothing in common"),
        pytest.param([undated(4, 3, 2, 1), undated(14, 13, 12, 11)], 0, id="nothing in common, undated"),
        pytest.param([dated(1, 8, 7, 6), dated(1, 19, 18, 17)], 1, id="a pinned one alone"),
        pytest.param([dated(8, 7, 6, 5), [*dated(18, 17, 16), *dated(5)]], 1, id="one that outlived the newer"),
        pytest.param([dated(8, 7, 6, 5), [*dated(8), *dated(18, 17, 16)]], 1, id="one that was brought up again"),
        pytest.param([dated(4, 3, 2, 1), dated(7, 6, 5, 4)], None, id="the newest is the last"),
        pytest.param([dated(1, 8, 7, 6), dated(1, 9, 8, 7)], None, id="a pinned one, and others"),
        pytest.param([dated(4, 3, 2, 1), dated(5, 3, 2, 1)], None, id="the newest was taken back"),
        pytest.param([dated(4, 3, 2, 1), dated(3, 2, 1)], None, id="one left, and none is new"),
        pytest.param([dated(4, 3, 2, 1), anew(5, 4, 3, 2)], None, id="a guid reset, told by dates alone"),
        pytest.param([dated(4, 3, 2, 1), [], dated(5, 4, 3, 2)], None, id="an empty one between"),
        pytest.param([dated(4, 3, 2, 1), []], None, id="an empty one"),
        pytest.param([dated(4), dated(4, 3, 2, 1)], None, id="a window that grows"),
    ],
)
def test_when_there_is_a_gap(store: Store, feed: int, looks: list[list[Entry]], shared: int | None) -> None:
    recorded = told(store, *(shown(feed, hour(at), *entries) for at, entries in enumerate(looks)))
    found = store.gaps()
    assert [one.gap for one in recorded][-1] is (shared is not None)
    assert [(gap.since, gap.until, gap.shared) for gap in found] == (
        [] if shared is None else [(hour(len(looks) - 2), hour(len(looks) - 1), shared)]
    )
    [fare] = store.health(hour(9))
    assert fare.gaps == len(found)


def outage(feed: int) -> list[Observation]:
    """An entry an hour, seen hourly but for two days; the window holds four."""
    looks = [(hour(at), dated(*range(at + 10, at + 6, -1))) for at in [*range(24), *range(72, 80)]]
    return [shown(feed, at, *entries, poll=asked(at, last_success=at, last_changed=at)) for at, entries in looks]


def test_a_gap_tells_what_may_be_missing(store: Store, feed: int) -> None:
    told(store, *outage(feed)[:24])
    assert learn(store, Schedule(), hour(23), lambda: False)
    told(store, *outage(feed)[24:])
    [gap] = store.gaps()
    assert (gap.since, gap.until, gap.entries) == (hour(23), hour(72), 4)
    assert gap.low is not None and gap.high is not None
    assert gap.low <= 45 <= gap.high  # 49 came, and four were seen
    [event] = store.events(feed)
    assert event.gap == gap
    assert event.detail and event.detail.startswith("nothing of its 4 entries was there at 2026-11-25T11:00:00")
    assert store.gaps(feed=feed + 1) == store.gaps(since=hour(73)) == []
    assert store.gaps(feed=feed, since=hour(72)) == [gap]


def test_gaps_are_told_where_there_are_some_and_only_there() -> None:
    score = simulate(feeds=10, seed=5, days=14)
    assert (score.missed, score.false) == (0, 0)
    assert score.found > 10
    assert score.visits > 100
    assert 0.5 < score.reckoned / score.lost < 2  # little is known of them in two weeks


def test_a_304_is_a_sighting(store: Store, feed: int) -> None:
    told(store, shown(feed, NOON, *dated(4, 3)), not_modified(feed, hour(5)), shown(feed, hour(9), *dated(19, 18)))
    assert [(gap.since, gap.until) for gap in store.gaps()] == [(hour(5), hour(9))]


def test_gaps_that_older_versions_wrote_down_are_read(store: Store, feed: int, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db, db:
        detail = "nothing of its 2 entries was there at 2026-11-24T12:00:00.000000Z"
        db.execute(
            "INSERT INTO event (feed, at, kind, detail) VALUES (1, '2026-11-24T15:00:00.000000Z', 'gap', ?)", [detail]
        )
    [gap] = store.gaps()
    assert gap == Gap(feed=feed, since=NOON, until=hour(3))
    assert store.events(feed)[0].detail == detail


def test_a_gap_that_was_filled_is_none_any_more(store: Store, feed: int) -> None:
    told(store, *outage(feed))
    [gap] = store.gaps()
    store.fill(gap, hour(90), "https://source.example/page/2")
    [filled] = store.gaps()
    assert (filled.filled, filled.by) == (hour(90), "https://source.example/page/2")
    assert store.health(hour(91))[0].gaps == 0
    assert [event.kind for event in store.events(feed)] == ["gap", "filled"]
    assert store.watches()[0].holes == ()


def test_reading_again_finds_no_gap_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    bodies = [b"".join(rss(*range(at + 4, at, -1))) for at in (0, 50)]
    with closing(open_archive(path)) as store:
        feed = store.subscribe("https://source.example/feed.xml", kind="remote", now=NOON)
        numbers = ((4, 3, 2, 1), (54, 53, 52, 51))
        looks = zip(bodies, numbers, strict=True)
        told(store, *(shown(feed, hour(at), *undated(*some), body=body) for at, (body, some) in enumerate(looks)))
        before = store.gaps()
    reparse(path, hour(9), replace=True, done=lambda: None)
    with closing(open_archive(path)) as store:
        assert store.gaps() == before
    assert len(before) == 1


def rss(*numbers: int) -> list[bytes]:
    items = [f'<item><guid isPermaLink="false">{number}</guid><title>{number}</title></item>' for number in numbers]
    return [b'<rss version="2.0"><channel><title>T</title>', *(item.encode() for item in items), b"</channel></rss>"]


# --- how much is proven ------------------------------------------------------------------------------------------


def holes(store: Store) -> list[tuple[float, float]]:
    [watch] = store.watches()
    return [((one - NOON) / HOUR, (other - NOON) / HOUR) for one, other in watch.holes]


def copy(feed: int, at: datetime, *entries: Entry) -> Observation:
    """An old copy of a feed."""
    return replace(shown(feed, at, *entries), poll=None)


def test_what_is_polled_without_a_gap_is_proven(store: Store, feed: int) -> None:
    assert store.watches() == []
    told(store, *outage(feed), not_modified(feed, hour(90)))
    [watch] = store.watches()
    assert (watch.start, watch.end, holes(store)) == (hour(0), hour(90), [(23, 72)])
    assert coverage(watch).proven == pytest.approx(1 - 49 / 90)
    assert coverage(watch).longest == 49 * HOUR


def test_old_copies_prove_what_they_share(store: Store, feed: int) -> None:
    told(store, *outage(feed))
    told(
        store,
        copy(feed, hour(25), *dated(35, 34, 33, 32)),  # shares two with what was there at 23
        copy(feed, hour(28), *dated(38, 37, 36, 35)),  # and one with the next
        copy(feed, hour(70), *dated(80, 79, 78, 77)),
        copy(feed, hour(-40), *dated(-30, -31)),
        copy(feed, hour(-39), *dated(-29, -30)),
        copy(feed, hour(40.5), *dated(50)),
        copy(feed, hour(10.5), *dated(1)),  # where all is proven already, another copy changes nothing
    )
    assert holes(store) == [(-39, 0), (28, 40.5), (40.5, 70)]
    assert store.watches()[0].start == hour(-40)


def test_a_pinned_entry_proves_nothing_between_old_copies(store: Store, feed: int) -> None:
    pinned = dated(0)[0]
    told(store, shown(feed, hour(0), pinned, *dated(9, 8, 7)), shown(feed, hour(90), pinned, *dated(99, 98, 97)))
    told(store, copy(feed, hour(40), pinned, *dated(49, 48)))
    assert holes(store) == [(0, 40), (40, 90)]


def test_a_feed_that_fails_is_not_silent_for_that(store: Store, feed: int) -> None:
    told(store, *outage(feed))
    told(store, Observation(feed=feed, at=hour(900), poll=asked(hour(900), failures=1, error="503")))
    assert store.watches()[0].end == hour(79)


def test_a_feed_that_shows_all_there_is_has_no_gap(store: Store, feed: int) -> None:
    meta = Feed(title="All", complete=True)
    told(store, *(shown(feed, hour(at), *dated(at), meta=meta) for at in range(3)))
    assert store.gaps() == []
