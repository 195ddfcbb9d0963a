"""Channels an entry at a time, over HTTP and as files, from a real archive."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from backissue.drips import Drips
from backissue.release import publish_all
from backissue.web import app, running
from backissue.web.drip import with_drips
from backissue.web.private import Guard
from config.settings import Channel, Settings, Site
from tests.support.archive import URL, an_entry, hour, open_archive, shown, told
from tests.support.items import NOON

TOKEN = "q7Zr-0dV_kLm93TyWc2x"
CHANNELS = (
    Channel(name="all", title="All", drip="1 day", drip_starts=("2026-11-25",), entries=3),
    Channel(name="plain", title="Plain"),
    Channel(name="few", title="Few", drip="1 week", token=TOKEN),
    Channel(name="board", title="Board", drip="1 day", password="secret"),
)


class Clock:
    now = datetime(2026, 12, 1, 8, tzinfo=UTC)


class Served:
    def __init__(self, root: Path) -> None:
        self.root, self.clock = root, Clock()
        self.store = open_archive(root / "a.sqlite")
        self.feed = self.store.subscribe(URL, kind="remote", now=NOON)
        for number in range(1, 11):
            told(self.store, shown(self.feed, hour(number), an_entry(number), windowed=False))
        self.settings = Settings(
            root=str(root), site=Site(title="S", base_url="https://b.example/", author="E"), channels=CHANNELS
        )
        self.publish()
        guard = Guard(CHANNELS)
        drips = Drips(self.settings, lambda: closing(open_archive(root / "a.sqlite", create=False)))
        site = app(root / "public", guard=guard)
        self.app = with_drips(site, drips, guard, 900, now=lambda: self.clock.now.timestamp())
        self.address = ""

    def publish(self) -> int:
        return publish_all(self.settings, self.store, CHANNELS, now=self.clock.now).documents

    def ask(self, path: str, method: str = "GET", **fields: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=10)
        connection.request(method, path, headers={key.replace("_", "-"): value for key, value in fields.items()})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, {key.lower(): value for key, value in response.getheaders()}, body

    def titles(self, path: str) -> list[str]:
        status, _, body = self.ask(path)
        assert status == 200
        return [item["title"] for item in json.loads(body)["items"]]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path)
    with running(made.app, "127.0.0.1", 0) as made.address:
        yield made
    made.store.close()


def test_each_subscriber_starts_where_the_address_says(served: Served) -> None:
    assert served.titles("/all/drip/2026-12-01.json") == ["Entry 1"]
    assert served.titles("/all/drip/2026-11-30.json") == ["Entry 2", "Entry 1"]
    assert served.titles("/all/drip/2026-11-20.json") == ["Entry 10", "Entry 9", "Entry 8"]
    assert served.titles("/all/drip/2026-12-02.json") == []
    served.clock.now += timedelta(days=1)
    assert served.titles("/all/drip/2026-12-01.json") == ["Entry 2", "Entry 1"]


def test_an_edit_and_a_withdrawal_reach_it(served: Served) -> None:
    assert served.titles("/all/drip/2026-11-30.json") == ["Entry 2", "Entry 1"]
    told(served.store, shown(served.feed, hour(20), an_entry(1, title="Otherwise"), windowed=False))
    second = served.store.find_entry("tag:source.example,2026:2")
    assert second
    served.store.withdraw(second.id, hour(21))
    served.publish()
    assert served.titles("/all/drip/2026-11-30.json") == ["Otherwise"]
    assert served.titles("/all/drip/2026-11-29.json") == ["Entry 3", "Otherwise"]


NOTHING = (
    "/all/drip/2026-13-01.json", "/all/drip/1999-01-01.json", "/all/drip/2028-01-01.json", "/all/drip/today.json",
    "/plain/drip/2026-12-01.json", "/few/drip/2026-12-01.json", "/all/drip/2026-12-01.html", "/all/drip/",
    "/all/drip/../feed.json",
)  # fmt: skip


def test_there_is_nothing_else(served: Served) -> None:
    assert {path: served.ask(path)[0] for path in NOTHING if served.ask(path)[0] not in (400, 404)} == {}


def test_it_can_be_cached_until_the_next_turn(served: Served) -> None:
    path = "/all/drip/2026-12-01.atom"
    status, fields, body = served.ask(path)
    assert (status, fields["content-type"]) == (200, "application/atom+xml; charset=utf-8")
    assert fields["cache-control"] == "public, max-age=900"
    assert served.ask(path, if_none_match=fields["etag"])[0] == 304
    assert served.ask(path, if_modified_since=fields["last-modified"])[0] == 304
    assert served.ask(path, "HEAD")[1]["content-length"] == str(len(body))
    assert served.ask(path, accept="text/html")[1]["content-type"] == "application/xml; charset=utf-8"
    served.clock.now += timedelta(hours=15, minutes=59)
    assert served.ask(path)[1]["cache-control"] == "public, max-age=60"
    served.clock.now += timedelta(minutes=1)
    assert served.ask(path, if_none_match=fields["etag"])[0] == 200
    assert served.ask(path, "POST")[0] == 405


def test_private_channels_stay_private(served: Served) -> None:
    assert served.ask("/board/drip/2026-12-01.json")[0] == 401
    assert served.ask("/board/drip/2026-12-01.json", authorization="Basic cmVhZGVyOnNlY3JldA==")[0] == 200
    status, fields, _ = served.ask(f"/few-{TOKEN}/drip/2026-12-01.json")
    assert (status, fields["cache-control"]) == (200, "private, max-age=900")
    assert "noindex" in fields["x-robots-tag"]


def test_days_that_are_named_are_files(served: Served, tmp_path: Path) -> None:
    def found() -> Any:
        return json.loads((tmp_path / "public/all/drip/2026-11-25.json").read_bytes())

    assert [item["title"] for item in found()["items"]] == ["Entry 7", "Entry 6", "Entry 5"]
    assert served.publish() == 0
    served.clock.now += timedelta(days=1)
    assert served.publish() == 3
    assert [item["title"] for item in found()["items"]] == ["Entry 8", "Entry 7", "Entry 6"]
    assert served.ask("/all/drip/2026-11-25.json")[2] == (tmp_path / "public/all/drip/2026-11-25.json").read_bytes()
