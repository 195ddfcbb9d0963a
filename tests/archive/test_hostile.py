"""Whatever is served: each feed hears of its own fault in one line, the others are read, and memory stays small."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

import pytest

from archive.fetch import Fetcher
from archive.schedule import Asking, Polled, poll
from archive.store.sqlite import SqliteStore
from config.settings import Http, Schedule
from tests.support.archive import open_archive
from tests.support.besieged import Names
from tests.support.items import NOON
from tests.support.zoo import ATTACKS, FLOODS, SLOW, Attack, Zoo

ROOT = Path(__file__).resolve().parents[2]
MOST = 300_000_000  # bytes
GOOD = [f"good-{number}" for number in range(20)]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is looked up in /proc")
@pytest.mark.parametrize(("attacks", "timeout"), [(ATTACKS, 60), (FLOODS, 3)], ids=["attacks", "floods"])
def test_a_zoo_of_attacks(attacks: Mapping[str, tuple[str, Attack]], timeout: int, tmp_path: Path) -> None:
    with Zoo() as zoo:
        # The good ones stand between the others.
        paths = [name for pair in zip_longest(attacks, GOOD) for name in pair if name]
        command = [sys.executable, "-m", "tests.support.besieged", str(tmp_path / "a.sqlite"), str(timeout)]
        ended = subprocess.run(
            [*command, *map(zoo.url, paths)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
        )
        told = json.loads(ended.stdout)
        outcomes = {path: told["outcomes"][zoo.url(path)] for path in paths}
        assert "hit" not in zoo.asked, "something that a document names was fetched"
    assert [outcomes[path] for path in GOOD] == [["new", None, 1]] * len(GOOD)
    for path, (said, _) in attacks.items():
        outcome, error, new = outcomes[path]
        if said:
            assert (outcome, new) == ("failed", 0), path
            assert said in error, path
        if error:
            assert error.isprintable(), path
    assert "Traceback" not in ended.stderr, ended.stderr[:2000]
    assert max(told["memory"]) < MOST, told["memory"]


def test_others_are_read_while_slow_ones_are_open(tmp_path: Path) -> None:
    store: SqliteStore = open_archive(tmp_path / "a.sqlite")
    with Zoo() as zoo:
        for path in [*SLOW, *GOOD]:
            store.subscribe(zoo.url(path), kind="remote", now=NOON)
        order: list[str] = []

        def done(polled: Polled) -> None:
            order.append(polled.feed.url.rpartition("/")[2])
            if len(order) == len(GOOD):
                zoo.calm.set()  # only now are the slow ones let go

        async def ask() -> list[Polled]:
            http = Http(timeout=50.0, allow_private=("127.0.0.1",))
            async with Fetcher(http, now=lambda: NOON, version="0", resolver=Names()) as fetcher:
                return await poll(store, Asking(get=fetcher.get, now=lambda: NOON, schedule=Schedule()), done=done)

        polled = asyncio.run(ask())
    assert sorted(order[: len(GOOD)]) == sorted(GOOD)
    slow = [one for one in polled if one.feed.url.rpartition("/")[2] in SLOW]
    assert [one.outcome for one in slow] == ["failed"] * len(SLOW)
    assert all("took longer" not in (one.error or "") for one in slow), "they were waited for"
    store.close()
