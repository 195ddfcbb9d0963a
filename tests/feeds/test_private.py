"""What is published of private channels, where it lies, and what names it: nothing."""

from __future__ import annotations

import json
from pathlib import Path

from msgspec.structs import replace

from config.settings import FORMATS, Channel, Site
from feeds.model import Entry, Text
from feeds.publish import publish, publish_site
from tests.support.items import an_item
from tests.support.memory import MemoryArchive

SITE = Site(title="A Site", base_url="https://b.example/", author="The Editor")
TOKEN = "q7Zr-0dV_kLm93TyWc2x"
OTHER = "Zz9-8yXw7VuTsRqPoNmL"
OPEN = Channel(name="all", title="All")
FEW = Channel(name="few", title="For a few", token=TOKEN, entries=2)
BOARD = Channel(name="board", title="Board", password="secret")


def archive() -> MemoryArchive:
    entries = [Entry(id=f"urn:{n}", link=f"https://s.example/{n}", title=str(n), content=Text("a")) for n in range(9)]
    return MemoryArchive(an_item(number, entry) for number, entry in enumerate(entries, 1))


def run(public: Path, *channels: Channel, source: MemoryArchive | None = None) -> None:
    source = source or archive()
    for channel in channels:
        publish(channel, SITE, source, public, authority="b.example,2026")
    publish_site(channels, SITE, public)


def texts(folder: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in folder.rglob("*") if path.is_file() and path.name != ".pages")


def test_nothing_names_a_private_channel(tmp_path: Path) -> None:
    run(tmp_path, OPEN, FEW, BOARD)
    assert (tmp_path / f"few-{TOKEN}/feed.atom").is_file()
    assert not (tmp_path / "few").exists()
    others = [path for path in tmp_path.iterdir() if path.name not in (f"few-{TOKEN}", "board")]
    told = "\n".join(texts(path) if path.is_dir() else path.read_text("utf-8") for path in others)
    assert not [name for name in ("few-", "For a few", "board/", "Board") if name in told]
    assert "All" in told


def test_its_documents_lead_to_each_other_and_its_pages_to_nobody(tmp_path: Path) -> None:
    run(tmp_path, FEW)
    folder = tmp_path / f"few-{TOKEN}"
    for format in FORMATS:
        assert f"https://b.example/few-{TOKEN}/feed.{format}" in (folder / f"feed.{format}").read_text("utf-8")
    feed = json.loads((folder / "feed.json").read_bytes())
    assert feed["next_url"] == f"https://b.example/few-{TOKEN}/archive/000003.json"
    pages = list(folder.rglob("*.html"))
    assert len(pages) > 9
    for page in pages:
        text = page.read_text("utf-8")
        assert '<meta name="robots" content="noindex, nofollow">' in text
        assert '<meta name="referrer" content="no-referrer">' in text


def test_another_token_leaves_nothing_at_the_old_address(tmp_path: Path) -> None:
    source = archive()
    run(tmp_path, replace(FEW, token=""), source=source)
    first = (tmp_path / "few/archive/000001.json").read_text("utf-8")
    run(tmp_path, FEW, source=source)
    assert not (tmp_path / "few").exists()
    closed = (tmp_path / f"few-{TOKEN}/archive/000001.json").read_text("utf-8")
    assert closed == first.replace("/few/", f"/few-{TOKEN}/")
    run(tmp_path, replace(FEW, token=OTHER), source=source)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [f"few-{OTHER}"]
    assert TOKEN not in texts(tmp_path)
    run(tmp_path, replace(FEW, token=""), source=source)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["few"]
    run(tmp_path, FEW, source=source)
    run(tmp_path, OPEN, source=source)  # it is no longer configured
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["all"]


def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "few/photo.jpg").write_bytes(b"mine")
    run(tmp_path, FEW)
    assert (tmp_path / "few/photo.jpg").is_file()


def test_doing_it_twice_writes_nothing(tmp_path: Path) -> None:
    source = archive()
    run(tmp_path, FEW, source=source)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    run(tmp_path, FEW, source=source)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_private_podcast_asks_not_to_be_listed(tmp_path: Path) -> None:
    run(tmp_path, replace(BOARD, podcast="Arts"))
    assert "<itunes:block>Yes</itunes:block>" in (tmp_path / "board/feed.rss").read_text("utf-8")
