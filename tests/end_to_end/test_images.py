"""Opening a page asks nothing of the hosts that its entries come from, unless the site shows their pictures."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest

from tests.end_to_end.test_xss import plain_server
from tests.support.browser import CHROMIUM, Browser
from tests.support.newsroom import Newsroom, free_port
from tests.support.server import FeedServer

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)  # a GIF of one pixel
BODY = """<p>Words <img src="{0}/a.gif" srcset="{0}/b.gif 2x" alt="a cat"></p>
<picture><source srcset="{0}/c.gif"><img src="{0}/d.gif"></picture>
<video src="{0}/e.mp4" poster="{0}/f.gif" preload="auto"><track default src="{0}/g.vtt"></video>
<audio preload="auto"><source src="{0}/h.mp3"></audio>
<a href="{0}/i"><img src="{0}/j.gif" alt="away"></a>
<iframe src="{0}/k"></iframe><link rel="stylesheet" href="{0}/l.css"><p style="background:url({0}/m.gif)">styled</p>
<object data="{0}/n"></object><embed src="{0}/o"><svg><image href="{0}/p.gif"/></svg>
<input type="image" src="{0}/q.gif"><script src="{0}/r.js"></script><link rel="preload" as="image" href="{0}/s.gif">
<img src="{0}/t.gif" loading="eager">"""


@pytest.fixture
def origin() -> Iterator[FeedServer]:
    """Who is not to hear of it: a server on another port is another host to a browser's policy."""
    with FeedServer() as origin:
        here = origin.url("").rstrip("/")
        for letter in "abcdfjmpqst":
            origin.put(f"/{letter}.gif", PIXEL, headers={"Content-Type": "image/gif"})
        items = "".join(
            f"<item><guid>urn:{number}</guid><title>T{number}</title>{link}<itunes:image href='{here}/lead.gif'/>"
            f"<description>{escape(body.format(here))}</description>"
            f"<enclosure url='{here}/{number}.mp3' type='audio/mpeg' length='9'/></item>"
            for number, (link, body) in enumerate(
                [
                    (f"<link>{here}/1</link>", BODY),
                    ("", BODY + "<p>More.</p>" * 99),
                    (f"<link>{here}/3</link>", "<p>No picture.</p>"),
                ]
            )
        )
        space = "http://www.itunes.com/dtds/podcast-1.0.dtd"
        head = f"<title>F</title><link>{here}/</link><image><url>{here}/logo.gif</url></image>"
        document = f"<rss version='2.0' xmlns:itunes='{space}'><channel>{head}{items}</channel></rss>"
        origin.put("/feed", document.encode(), headers={"Content-Type": "application/rss+xml"})
        yield origin


def published(folder: Path, origin: FeedServer, *, images: bool) -> Newsroom:
    """A site of two channels, with pages for entries and without."""
    room = Newsroom(folder)
    room.configure(
        channels='[[channels]]\nname = "all"\ntitle = "All"\n[[channels]]\nname = "bare"\ntitle = "B"\npages = false\n',
        sources=(origin.url("/feed"),),
        site=f'base_url = "http://127.0.0.1:{free_port()}/"\nimages = {str(images).lower()}',
    )
    room.run("archive")
    origin.requests.clear()
    return room


def look(address: str, room: Newsroom, folder: Path) -> str:
    """Open every page and feed there is, down to what is folded away; gives the pages' markup."""
    names = [path.relative_to(room.public).as_posix() for path in room.public.rglob("*") if path.suffix == ".html"]
    names += [f"{channel}/feed.{format}" for channel in ("all", "bare") for format in ("rss", "atom", "json")]
    shown = ""
    with Browser(folder, touch=False) as browser:
        for name in sorted(names):
            shown += browser.open(address + name)
            browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            browser.evaluate("new Promise(done => setTimeout(done, 200))")
    return shown


@pytest.mark.parametrize("server", ["ours", "plain"])
def test_the_origin_hears_nothing(tmp_path: Path, origin: FeedServer, server: str) -> None:
    room = published(tmp_path, origin, images=False)

    with plain_server(room.public) if server == "plain" else room.serving(free_port()) as address:
        shown = look(address, room, tmp_path / "chromium")

    assert [request.path for request in origin.requests] == []
    assert f'<a href="{origin.url("/a.gif")}">[a cat]</a>' in shown
    assert f'<a href="{origin.url("/lead.gif")}">[lead.gif]</a>' in shown


def test_pictures_are_shown_where_the_site_allows_them(tmp_path: Path, origin: FeedServer) -> None:
    """And nothing else: no script, sheet, frame or background."""
    room = published(tmp_path, origin, images=True)

    with room.serving(free_port()) as address:
        look(address, room, tmp_path / "chromium")

    asked = {request.path for request in origin.requests}
    assert asked >= {"/j.gif", "/t.gif", "/lead.gif"}
    assert asked & {"/a.gif", "/b.gif"}
    assert asked & {"/c.gif", "/d.gif"}
    assert asked <= {
        f"/{name}"
        for name in (["a.gif", "b.gif", "c.gif", "d.gif", "e.mp4", "f.gif", "h.mp3", "j.gif", "t.gif", "lead.gif"])
    }


def test_the_policy_alone_holds_pictures_back(tmp_path: Path, origin: FeedServer) -> None:
    """Should a picture slip through: the page says itself that it shows none, on whatever server it lies."""
    room = published(tmp_path, origin, images=False)
    for page in room.public.rglob("*.html"):
        text = page.read_text("utf-8").replace("</main>", f'<img src="{origin.url("/a.gif")}"></main>')
        page.write_text(text, "utf-8")

    with plain_server(room.public) as address:
        shown = look(address, room, tmp_path / "chromium")

    assert shown.count(f'<img src="{origin.url("/a.gif")}">') >= 5
    assert [request.path for request in origin.requests] == []


def test_a_change_of_mind_changes_the_pages(tmp_path: Path, origin: FeedServer) -> None:
    room = published(tmp_path, origin, images=False)
    (entry, *_) = (page for page in room.public.glob("all/entries/*.html") if "[a cat]" in page.read_text("utf-8"))

    settings = room.root / "backissue.toml"
    settings.write_text(settings.read_text("utf-8").replace("images = false", "images = true"), "utf-8")
    room.run("publish")

    text = entry.read_text("utf-8")
    assert f'<img src="{origin.url("/a.gif")}"' in text
    assert "img-src *;" in text
    assert "<img" in (room.public / "bare/index.html").read_text("utf-8")
