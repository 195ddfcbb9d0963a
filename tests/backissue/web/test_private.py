"""Private channels over HTTP: by a token in the address, and by a password."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from backissue.web import app, running
from backissue.web.private import Guard, Private
from config.settings import Channel
from tests.backissue.web.conftest import FILES, Site, fill

TOKEN = "q7Zr-0dV_kLm93TyWc2x"
CHANNELS = (
    Channel(name="all", title="All"),
    Channel(name="board", title="Board", user="ann", password="pässword: long"),
    Channel(name="few", title="Few", token=TOKEN),
)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


RIGHT = basic("ann", "pässword: long")


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Site]:
    """The folder of other tests, its channel in the open, behind a password, and behind a token."""
    fill(tmp_path)
    for folder in ("board", f"few-{TOKEN}"):
        for name, data in FILES.items():
            if name.startswith("all/"):
                path = tmp_path / name.replace("all/", f"{folder}/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
    with running(app(tmp_path, guard=Guard(CHANNELS)), "127.0.0.1", 0) as address:
        yield Site(tmp_path, address)


PATHS = (
    "/board/", "/board/feed.rss", "/board/feed.atom", "/board/archive/000001.json", "/board/voice.mp3",
    "/board", "/board/entries/taken.html", "/board/nothing.html", "/%62oard/feed.rss", "/BOARD/feed.rss",
    "/board/feed.rss?x=y",
)  # fmt: skip


WRONG: tuple[dict[str, str], ...] = (
    {},
    {"authorization": basic("ann", "password")},
    {"authorization": basic("Ann", "pässword: long")},
    {"authorization": basic("ann", "")},
    {"authorization": "Basic"},
    {"authorization": "Basic !!!"},
    {"authorization": "Bearer " + RIGHT[6:]},
)


@pytest.mark.parametrize("path", PATHS)
def test_without_the_password_nothing_is_told(private: Site, path: str) -> None:
    for given in (*WRONG, *WRONG):  # what is at hand is no more open
        answer = private.ask(path, **given)
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="board", charset="UTF-8"'
        assert answer.headers["cache-control"] == "no-store"
        assert b"rss" not in answer.body


def test_with_the_password_all_is_as_ever(private: Site) -> None:
    for _ in range(3):
        answer = private.ask("/board/feed.rss", authorization=RIGHT)
        assert (answer.status, answer.body) == (200, FILES["all/feed.rss"])
    assert answer.headers["cache-control"].startswith("private, max-age=900")
    assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in answer.headers
    again = private.ask("/board/feed.rss", authorization=RIGHT, if_none_match=answer.headers["etag"])
    assert again.status == 304
    assert private.ask("/board/feed.rss", if_none_match=answer.headers["etag"]).status == 401
    closed = private.ask("/board/archive/000001.rss", authorization=RIGHT)
    assert closed.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert private.ask("/board/nothing.html", authorization=RIGHT).status == 404
    assert private.ask("/board/entries/taken.html", authorization=RIGHT).status == 410
    assert private.ask("/board/voice.mp3", authorization=RIGHT, range="bytes=0-9").status == 206


def test_an_address_with_a_token_needs_no_password(private: Site) -> None:
    answer = private.ask(f"/few-{TOKEN}/feed.atom")
    assert answer.status == 200
    assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert answer.headers["cache-control"].startswith("private")
    assert private.ask("/few/feed.atom").status == 404
    assert private.ask("/all/feed.atom").headers["cache-control"].startswith("public")


def test_what_is_compared_has_one_length() -> None:
    """Digests are compared, so the time that it takes tells nothing, not even of the length of what was given."""
    guard = Guard(CHANNELS)
    one = guard.of("board/feed.rss")
    assert isinstance(one, Private)
    assert one.credentials is not None
    assert len(one.credentials) == 32
    assert one.admits(RIGHT)
    assert guard.of("all/feed.rss") is None
