"""A published folder, and the server that shows it."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backissue.web import app, running

PUBLISHED = 1_790_000_000  # seconds since 1970: when the files of the folder were written
FEED = b"<rss version='2.0'><channel><title>All</title></channel></rss>\n" + b"<!-- padding -->\n" * 6000
CLOSED = FEED.replace(b"<title>", b"<fh:archive/><title>")
FILES = {
    "index.html": b"<!DOCTYPE html><title>Home</title>" + b"<p>text</p>" * 100,
    "channels.opml": b"<opml version='2.0'/>" + b" " * 600,
    "all/index.html": b"<!DOCTYPE html><title>All</title>" + b"<p>text</p>" * 100,
    "all/feed.rss": FEED,
    "all/feed.atom": FEED.replace(b"rss", b"atom"),
    "all/feed.json": b'{"version": "https://jsonfeed.org/version/1.1"}' + b" " * 600,
    "all/archive/000001.rss": CLOSED[:5000],
    "all/archive/000001.atom": CLOSED[:5000],
    "all/archive/000001.json": b'{"_backissue": {"archive": true}, "items": []}' + b" " * 600,
    "all/archive/000002.rss": FEED[:6000],
    "all/archive/000002.atom": FEED[:6000],
    "all/archive/000002.json": b'{"items": [{"archive": true}]}' + b" " * 700,
    "all/entries/kept.html": b'<!DOCTYPE html><title>Kept</title></head><meta name="backissue" content="withdrawn">'
    * 9,
    "all/entries/taken.html": b'<!DOCTYPE html><title>T</title><meta name="backissue" content="withdrawn"></head>' * 9,
    "all/.state": b"hidden",
    "all/small.txt": b"short",
    "all/voice.mp3": bytes(range(256)) * 40,
    "a b/é:%.txt": b"odd name",
}


@dataclass
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """A served folder."""

    public: Path
    address: str

    def ask(self, path: str, method: str = "GET", **fields: str) -> Answer:
        """A request of its own connection; `if_none_match="x"` sends that header, and the path goes out as it is."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=10)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in fields.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            response = connection.getresponse()
            headers = [(name.lower(), value) for name, value in response.getheaders()]
            assert len({name for name, _ in headers}) == len(headers), headers
            return Answer(response.status, dict(headers), response.read())
        finally:
            connection.close()


def fill(public: Path) -> None:
    """Write the files, all of the same age."""
    for name, data in FILES.items():
        path = public / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (PUBLISHED, PUBLISHED))


@contextmanager
def served(public: Path) -> Iterator[str]:
    """The folder, served as `backissue serve` does; gives the address."""
    pages = app(public)
    with running(pages, "127.0.0.1", 0, at_once=pages.at_once) as address:
        yield address


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A folder that nobody changes."""
    public = tmp_path_factory.mktemp("site") / "public"
    fill(public)
    with served(public) as address:
        yield Site(public, address)


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A folder for one test to change; empty at first."""
    public = tmp_path / "public"
    with served(public) as address:
        yield Site(public, address)
