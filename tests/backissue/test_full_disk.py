"""A disk that fills up: polling stops while there is room to store, and goes on once there is more."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.home import ARTICLE, Home, imported, rss, running, wait_for
from tests.support.server import FeedServer
from tests.support.small_disk import SmallDisk, small_disk

SIZE, LEAST = 16_000_000, 8_000_000
FEEDS = 24
LINE = "its disk has less than 8,000,000 bytes left, so no feed is asked until there is more; make room there"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk that the feeds do not fit on."""
    with small_disk(tmp_path / "disk", SIZE) as made:
        yield made


def filled(home: Home, server: FeedServer, disk: SmallDisk, least: int) -> None:
    """An archive on that disk, which follows feeds that no program can make much shorter."""
    home.configure(
        f"[http]\nallow_private_addresses = true\n[schedule]\ntick = 0.1\n"
        f"[storage]\narchive = '{disk.folder}/backissue.sqlite'\nmin_free = {least}\n"
    )
    dice = random.Random(1)
    for number in range(FEEDS):
        # In a comment: it is kept as it was served, and nobody has to search it.
        noise = b"<!--" + b64encode(dice.randbytes(400_000)) + b"-->"
        server.put(f"/{number}", rss(f"Feed {number}", f"item-{number}") + noise)
    imported(home, [server.url(f"/{number}") for number in range(FEEDS)])


def asked(home: Home) -> list[dict[str, Any]]:
    """The feeds that were asked and read."""
    return [feed for feed in home.json("list")["feeds"] if feed["poll"] and feed["poll"]["last_success"]]


def test_polling_stops_before_storing_does(home: Home, feed_server: FeedServer, disk: SmallDisk) -> None:
    filled(home, feed_server, disk, LEAST)
    first = home("archive")
    assert f"Failed: {disk.folder}/backissue.sqlite: {LINE}" in first.stderr
    assert 3 < len(asked(home)) < FEEDS - 3
    assert len(feed_server.requests) == len(asked(home)), "what was asked was not kept"
    # What SQLite held in its log is room again once the archive is closed; before long there is none.
    while home.json("archive", code=home.json("status")["disk"]["short"])["feeds"]:
        assert len(asked(home)) < FEEDS
    again = home("archive", code=1)
    assert LINE in again.stderr and len(feed_server.requests) == len(asked(home))
    named = home.json("archive", str(FEEDS), code=1)
    assert (named["feeds"], LINE in named["short"]) == ([], True)
    status = home.json("status")
    assert status["disk"]["short"] and status["disk"]["free"] < LEAST == status["disk"]["least"]
    assert not [feed for feed in status["feeds"] if feed["leased_until"]], "they stay due"
    assert LINE in home("status").stdout
    home.write("ferry.txt", ARTICLE)
    home("ingest", "ferry.txt")
    home("publish")
    assert home.json("check")["damage"] == []
    disk.grow(20 * SIZE)
    assert "Failed" not in home("archive").stderr
    assert len(asked(home)) == FEEDS
    assert [len(feed_server.asked(f"/{number}")) for number in range(FEEDS)] == [1] * FEEDS


def test_a_run_goes_on_by_itself(home: Home, feed_server: FeedServer, disk: SmallDisk) -> None:
    filled(home, feed_server, disk, LEAST)
    process, _ = running(home)
    wait_for(lambda: home.json("status")["disk"]["short"], 60)
    wait_for(lambda: len(feed_server.requests) == len(asked(home)))
    disk.grow(20 * SIZE)
    wait_for(lambda: len(asked(home)) == FEEDS, 60)
    process.terminate()
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    lines = errors.splitlines()
    assert [LINE in lines[0], lines[1:]] == [
        True,
        ["WARNING backissue.run: there is room on the disk again: feeds are asked"],
    ], errors


def test_a_disk_that_is_full_loses_nothing_that_was_kept(home: Home, feed_server: FeedServer, disk: SmallDisk) -> None:
    filled(home, feed_server, disk, 0)
    process = home.start("archive")
    _, errors = process.communicate(timeout=60)
    why = "the disk is full; nothing of this step was kept; make room and try again"
    assert (process.returncode, errors) == (1, f"Error: {disk.folder}/backissue.sqlite: {why}\n")
    disk.grow(20 * SIZE)
    assert home.json("check")["damage"] == []
    kept = asked(home)
    home("archive")
    assert len(asked(home)) == FEEDS
    assert [len(feed_server.asked(f"/{number}")) for number in range(FEEDS)].count(1) >= len(kept)
    assert home.json("check")["damage"] == []
