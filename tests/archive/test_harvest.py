"""Feeds out of web archives: a round trip loses nothing, whatever the order, and strangers' files do no harm."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.export.warc import write_warc
from archive.harvest import Harvest
from archive.history import Key
from archive.store import Choice, Observation, Served, Store
from archive.store.sqlite import SqliteStore
from archive.store.values import BACKFILLED, BY_SITEMAP
from archive.warcs import Trouble, WarcError
from feeds.parse import parse
from tests.archive.test_replay import rss
from tests.archive.test_warcs import record
from tests.support.archive import URL, an_article, an_entry, hour, open_archive, parsed
from tests.support.items import NOON
from tests.support.programs import program
from tests.support.server import FeedServer

OTHER = "https://other.example/feed.xml"


def harvest(store: Store, *files: Path, **values: Any) -> tuple[Harvest, list[str]]:
    told: list[str] = []

    def troubled(path: Path, trouble: Trouble) -> None:
        told.append(trouble.reason)

    facts: dict[str, Any] = {"now": lambda: hour(99), "limit": 1_000_000, "troubled": troubled, **values}
    made = Harvest(store, **facts)
    for file in files:
        made.take_in(file)
    return made, told


def asked(store: SqliteStore, feed: int, at: float, body: bytes, url: str = URL) -> None:
    served = Served(
        body=body,
        url=url,
        status=200,
        request_headers=(("User-Agent", "Backissue"),),
        response_headers=(("Content-Type", "application/rss+xml"), ("Content-Encoding", "br"), ("X-Odd", "käse")),
    )
    document = parse(body, url, content_type="application/rss+xml")
    store.record([Observation(feed=feed, at=hour(at), served=served, parsed=document)])


@pytest.fixture
def away(tmp_path: Path) -> SqliteStore:
    """Two feeds over some hours, with edits, a return, equal bodies, and a document from another address."""
    store = open_archive(tmp_path / "away.sqlite")
    one, two = (store.subscribe(url, kind="remote", now=NOON) for url in (URL, OTHER))
    first = rss((2, "two"), (1, "one"))
    asked(store, one, 1, first)
    asked(store, one, 2, first)
    asked(store, one, 3, rss((2, "two, edited"), (1, "one")))
    asked(store, one, 4, first)
    asked(store, one, 5, rss((3, "three"), (2, "two")))
    asked(store, two, 6, first, OTHER)
    page, past = f"{URL}?page=2", rss((0, "zero"), (1, "one, as it was"))
    served = Served(body=past, url=page, status=200, request_headers=((BACKFILLED, "prev-archive"),))
    store.record(
        [Observation(feed=one, at=hour(7), served=served, parsed=parse(past, page), windowed=False, past=True)]
    )
    return store


def packed(store: SqliteStore, path: Path) -> Path:
    with path.open("wb") as file, store.snapshot() as source:
        write_warc(file, source, Choice(), now=hour(9), software="x", compressed=path.suffix == ".gz")
    return path


def said(store: Store) -> list[Any]:
    """All that an archive says of its feeds, but for its own numbers."""
    found = []
    for one in store.entries(limit=1000):
        versions = [(v.number, v.sha256, v.first_seen, v.last_seen, v.current) for v in store.history(one.id)]
        found.append((one.feed_url, one.entry.id, versions, one.first_seen))
    return sorted(found, key=repr)


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_what_is_exported_comes_in_as_it_was(away: SqliteStore, tmp_path: Path, name: str) -> None:
    path = packed(away, tmp_path / name)
    store = open_archive(tmp_path / "here.sqlite")
    made, told = harvest(store, path, new="archive")

    assert told == []
    assert said(store) == said(away)
    before, after = (list(one.documents()) for one in (away, store))
    facts = [[(d.sha256, d.first_at, d.last_at, d.served.url, d.served.status) for d in all] for all in (before, after)]
    assert facts[0] == facts[1]
    assert [d.served.response_headers for d in after] == [d.served.response_headers for d in before]
    assert all(d.served.request_headers[0][0] == "Backissue-Replayed" for d in after)
    assert all(d.served.request_headers[0][1].startswith(f"{name} urn:uuid:") for d in after)
    assert {url: (one.copies, one.new, one.edited) for url, one in made.feeds.items()} == {
        URL: (6, 4, 3),
        OTHER: (1, 2, 0),
    }
    assert list(store.examine()) == []
    counted = store.totals()
    harvest(store, path, new="archive")
    assert (store.totals().documents, store.totals().versions) == (counted.documents, counted.versions)
    store.close()
    away.close()


@pytest.mark.parametrize("new", ["skip", "archive", "follow"])
def test_feeds_that_are_not_known(tmp_path: Path, new: str) -> None:
    path = tmp_path / "crawl.warc"
    page = record(b"<html><title>x</title><body>no feed</body></html>", url="https://s.example/page")
    path.write_bytes(page + record(rss((1, "one")), url=OTHER) + record(b"\x89PNG", url="https://s.example/i.png"))
    store = open_archive(tmp_path / "here.sqlite")
    made, told = harvest(store, path, new=new)

    assert told == []
    assert made.others == 2
    if new == "skip":
        assert (dict(made.unknown), store.feeds(removed=True)) == ({OTHER: 1}, [])
    else:
        (feed,) = store.feeds(removed=True)
        assert (feed.url, feed.removed is None, feed.entries) == (OTHER, new == "follow", 1)
    store.close()


def test_what_was_served_at_a_known_address_is_kept_though_it_is_no_feed(tmp_path: Path) -> None:
    path = tmp_path / "crawl.warc"
    path.write_bytes(record(b"<html><body>Sorry</body></html>", url=URL))
    store = open_archive(tmp_path / "here.sqlite")
    store.subscribe(URL, kind="remote", now=NOON)
    made, _ = harvest(store, path)

    assert (made.feeds[URL].copies, made.feeds[URL].unread) == (1, 1)
    assert [one.served.body for one in store.documents()] == [b"<html><body>Sorry</body></html>"]
    store.close()


def test_damage_is_told_and_the_rest_comes_in(away: SqliteStore, tmp_path: Path) -> None:
    path = packed(away, tmp_path / "a.warc.gz")
    body = bytearray(path.read_bytes())
    body[400:420] = b"\x00" * 20
    path.write_bytes(body)
    store = open_archive(tmp_path / "here.sqlite")
    _, told = harvest(store, path, new="archive")

    assert told and not any("\n" in line for line in told)
    assert len(store.entries()) >= 3
    assert list(store.examine()) == []
    store.close()
    away.close()


def test_articles_are_left_to_backups_and_counted(away: SqliteStore, tmp_path: Path) -> None:
    desk = away.subscribe("file:///desk", kind="local", now=NOON)
    away.record([an_article(desk, hour(9), an_entry(1), "/desk/a.txt")])
    page = Served(
        body=b"<html><body><p>A page</p></body></html>",
        url="https://source.example/a-page",
        status=200,
        request_headers=((BACKFILLED, BY_SITEMAP),),
        response_headers=(("Content-Type", "text/html"),),
    )
    key = Key("link:source.example/a-page", "link")
    away.record([Observation(feed=1, at=hour(9), served=page, parsed=parsed(an_entry(2)), keys=(key,), past=True)])
    store = open_archive(tmp_path / "here.sqlite")
    made, _ = harvest(store, packed(away, tmp_path / "a.warc.gz"), new="archive")

    assert made.articles == 2
    assert made.feeds.keys() == {URL, OTHER}
    store.close()
    away.close()


def test_what_a_crawler_wrote_comes_in(tmp_path: Path, feed_server: FeedServer) -> None:
    """Wget's own WARC, of two feeds and of an address with nothing."""
    feed_server.put("/a.xml", rss((1, "one"), (2, "two")))
    feed_server.put("/b.xml", rss((3, "three")))
    urls = [feed_server.url(path) for path in ("/a.xml", "/b.xml", "/none")]
    command = [program("wget"), "-q", "--delete-after", f"--warc-file={tmp_path}/crawl", *urls]
    subprocess.run(command, cwd=tmp_path, check=False, timeout=60)
    store = open_archive(tmp_path / "here.sqlite")
    made, told = harvest(store, tmp_path / "crawl.warc.gz", new="archive", now=lambda: datetime.now(UTC))

    assert told == []
    assert {url: (one.copies, one.new) for url, one in made.feeds.items()} == {urls[0]: (1, 2), urls[1]: (1, 1)}
    store.close()


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    store = open_archive(tmp_path / "here.sqlite")
    for path in (tmp_path, tmp_path / "none.warc"):
        with pytest.raises(WarcError):
            harvest(store, path)
    store.close()
