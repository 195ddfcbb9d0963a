"""What people see: every kind of page in a real browser, on phones and desks, by day and by night.

The pictures are kept in `test-artifacts/pages`, to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backissue.web import app, running
from feeds.write.values import page_name
from tests.feeds.write.test_html import Nesting
from tests.support import nu
from tests.support.browser import CHROMIUM
from tests.support.camera import Camera
from tests.support.showcase import entries, fill

PICTURES = Path(__file__).resolve().parents[2] / "test-artifacts/pages"
PHONE, DESK = 360, 1000
PAGES = {
    "site": "",
    "channel": "all/",
    "arab-channel": "arab/",
    "archive": "all/archive/",
    "month": "all/archive/2026-11.html",
    "rss": "all/feed.rss",
    "atom": "all/feed.atom",
    "closed": "all/archive/000001.atom",
} | {name: f"all/entries/{page_name(f'tag:b.example,2026:{name}')}.html" for name, _ in entries()}


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("public")
    fill(folder)
    return folder


@pytest.fixture(scope="module")
def site(public: Path) -> Iterator[str]:
    with running(app(public), "127.0.0.1", 0) as address:
        yield address


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Camera]:
    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    with Camera(tmp_path_factory.mktemp("browser")) as camera:
        yield camera


@pytest.mark.parametrize(("width", "dark"), [(PHONE, False), (DESK, True)], ids=["phone", "desk-dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_the_screen(camera: Camera, site: str, name: str, width: int, dark: bool) -> None:
    camera.look(site + PAGES[name], width=width, dark=dark)
    camera.picture(PICTURES / f"{name}-{width}{'-dark' if dark else ''}.png")

    assert camera.sideways() == 0
    if name in ("rss", "atom", "closed"):  # a phone shows them smaller: by how much a page of 980 pixels is wider
        assert float(camera.style(":root", "font-size")[:-2]) / max(980 / width, 1) > 13
    root = ":root" if name in ("rss", "atom", "closed") else "body"
    assert camera.style(root, "background-color") == ("rgb(22, 22, 20)" if dark else "rgb(253, 252, 249)")


@pytest.mark.parametrize(("name", "entry"), [("rss", "item"), ("atom", "entry"), ("closed", "entry")])
def test_a_feed_is_a_list_to_read_and_not_its_source(camera: Camera, site: str, name: str, entry: str) -> None:
    camera.look(site + PAGES[name], width=DESK)

    assert camera.style(f"{entry} > title", "display") == "block"
    assert camera.style(f"{entry} > {'guid' if name == 'rss' else 'id'}", "display") == "none"
    said = camera.evaluate(
        "[...document.querySelectorAll('channel > link, feed > link')]"
        ".map(one => getComputedStyle(one, '::before').content).filter(text => text != 'none').join()"
    )
    assert ("This is an archive document" if name == "closed" else "To subscribe, copy the address") in said


@pytest.mark.parametrize(
    ("name", "direction", "font"),
    [
        ("arabic", "rtl", "Arabic"),
        ("hebrew", "rtl", "Hebrew"),
        ("japanese", "ltr", "CJK JP"),
        ("chinese", "ltr", "CJK SC"),
    ],
)
def test_scripts_have_their_direction_and_fonts(
    camera: Camera, site: str, name: str, direction: str, font: str
) -> None:
    camera.look(site + PAGES[name], width=PHONE)

    assert camera.style(".text p", "direction") == direction
    assert font in camera.style(".text p", "font-family")
    assert camera.style("time", "direction") == "ltr"


def test_the_keyboard_finds_its_way(camera: Camera, site: str) -> None:
    camera.look(site + PAGES["ledger"], width=DESK)
    assert camera.style(".skip", "clip-path") != "none"
    camera.press("Tab")

    assert camera.evaluate("document.activeElement.className") == "skip"
    assert camera.style(":focus", "clip-path") == "none"
    assert camera.evaluate("document.activeElement.getBoundingClientRect().width") > 100
    assert camera.style(":focus", "outline-style") == "solid"


def test_every_tag_is_closed(public: Path) -> None:
    pages = sorted(public.rglob("*.html"))

    assert len(pages) == 16
    for page in pages:
        assert Nesting(page.read_text("utf-8")).all("script") == []


@pytest.mark.skipif(not nu.AVAILABLE, reason=nu.MISSING)
def test_the_pages_are_valid(public: Path) -> None:
    pages = [str(page) for page in sorted(public.rglob("*.html"))]

    # Files are of no origin, so that to the checker even the site's own stylesheet comes from elsewhere.
    assert nu.faults(pages, "--filterpattern", ".*Content Security Policy.*") == []
    assert nu.faults([str(public / name) for name in ("page.css", "feed.css")], "--css") == []
