"""Feeds and articles full of hostile markup, published by the program and opened in a real browser: nothing runs.

The pages are looked at without any Content-Security-Policy too, taken out of them and sent by no server: cleaning alone
suffices.
"""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import hostile
from tests.support.browser import CHROMIUM, Browser
from tests.support.newsroom import Newsroom, free_port
from tests.support.server import FeedServer
from tests.support.xss import executable, vectors

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

PAGE = '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>t</title><body>{}'


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """A feed for each vector, and an article, taken in and published."""
    room = Newsroom(tmp_path_factory.mktemp("hostile"))
    with FeedServer() as server:
        for number, vector in enumerate(vectors()):
            server.put(f"/{number}", hostile.feed(vector, number))
            name, text = hostile.article(vector, number)
            room.root.joinpath("articles").mkdir(exist_ok=True)
            room.root.joinpath("articles", name).write_text(text, encoding="utf-8")
        room.configure(
            channels='[[channels]]\nname = "all"\ntitle = "</title><script>fire()</script>"\nentries = 2000\n'
            'description = "<img src=x onerror=fire()>"\nmax_bytes = 9000000\n[[folders]]\npath = "articles"\n',
            sources=tuple(server.url(f"/{number}") for number in range(len(vectors()))),
            site=f'base_url = "http://127.0.0.1:{free_port()}/"\ntitle = "\'><svg onload=fire()>"\nauthor = "<b>"\n'
            "description = '\"--><script>fire()</script>'\nimages = true",
        )
        room.run("archive")
    return room


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture(autouse=True)
def nothing_yet(browser: Browser) -> None:
    browser.fired.clear()
    browser.requests.clear()


@contextmanager
def plain_server(folder: Path) -> Iterator[str]:
    """A server of files that adds no policy of its own; gives its address."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def pages(newsroom: Newsroom, pattern: str = "**/*.html") -> list[str]:
    return sorted(path.relative_to(newsroom.public).as_posix() for path in newsroom.public.glob(pattern))


def without_policy(page: str) -> str:
    """The page without what it says of itself."""
    text, count = re.subn('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    assert count == 1
    return text


def test_the_browser_runs_what_is_not_cleaned(browser: Browser) -> None:
    """Otherwise all that follows would say nothing: at least one of each kind, most in all."""
    browser.show_documents({str(number): PAGE.format(vector.html) for number, vector in enumerate(vectors())})

    ran = {int(where) for where in browser.fired if where.isdigit()}
    kinds = Counter(vectors()[number].kind for number in ran)
    assert kinds.keys() == {vector.kind for vector in vectors()}
    assert len(ran) >= 200


def test_every_vector_is_published(newsroom: Newsroom) -> None:
    """As entries with pages of their own, of feeds and of articles."""
    entries = pages(newsroom, "all/entries/*.html")

    assert len(entries) >= len(vectors()) * 2
    assert [page for page in pages(newsroom) if executable((newsroom.public / page).read_text("utf-8"))] == []


def test_nothing_runs_without_a_policy(newsroom: Newsroom, browser: Browser, tmp_path: Path) -> None:
    """The one page that was never cleaned tells that the browser would have said so."""
    shutil.copytree(newsroom.public, tmp_path, dirs_exist_ok=True)
    for page in pages(newsroom):
        (tmp_path / page).write_text(without_policy((tmp_path / page).read_text("utf-8")), "utf-8")
    (tmp_path / "canary.html").write_text(PAGE.format("<img src=x onerror=fire()>"), "utf-8")
    names = ["canary.html", *pages(newsroom)]

    with plain_server(tmp_path) as address:
        browser.show([address + name for name in names], within=f"{address}page.css")

    assert len({url for url in browser.requests if url.endswith(".html")}) == len(names)
    assert set(browser.fired) == {f"{address}canary.html"}


def test_nothing_runs_as_it_is_served(newsroom: Newsroom, browser: Browser) -> None:
    """Each page by itself: the site's, the channel's, feeds and lists as the browser shows them, and some entries."""
    documents = ["", "all/", "channels.opml", *(f"all/feed.{format}" for format in ("rss", "atom", "json"))]
    with newsroom.serving(free_port()) as address:
        for name in documents + pages(newsroom, "all/entries/*.html")[::150]:
            assert len(browser.open(address + name)) > 200

    assert browser.fired == []


def test_histories_run_nothing(newsroom: Newsroom, browser: Browser) -> None:
    texts = {str(number): newsroom.run("history", str(number), "--html") for number in range(1, len(vectors()), 60)}

    browser.show_documents({number: without_policy(text) for number, text in texts.items()})

    assert [text for text in texts.values() if executable(text)] == []
    assert browser.fired == []


def test_the_policy_stops_what_is_not_cleaned(newsroom: Newsroom, browser: Browser) -> None:
    """Should something ever slip through: the same pages run from a plain server, and not from ours."""
    folder = newsroom.public / "slipped"
    folder.mkdir()
    names = []
    for vector in vectors()[::12]:
        path = folder / f"{len(names)}.html"
        path.write_text(PAGE.format(vector.html), encoding="utf-8")
        names.append(f"slipped/{path.name}")

    with plain_server(newsroom.public) as address:
        browser.show([address + name for name in names], within=f"{address}page.css")
    assert len(set(browser.fired)) >= len(names) / 2
    browser.fired.clear()
    with newsroom.serving(free_port()) as address:
        browser.show([address + name for name in names], within=f"{address}page.css")
    assert browser.fired == []
