"""Pages of entries and months: what stands on them, and that one that changes costs no others."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from msgspec.structs import replace

from config.settings import Channel, Site
from feeds.channel import Item
from feeds.files import PublishError
from feeds.model import Entry, Text
from feeds.publish import publish
from feeds.site import index as site_index
from feeds.site import publish_pages
from feeds.write.values import page_name
from tests.support.items import an_item
from tests.support.memory import MemoryArchive

SITE = Site(title="A Site", base_url="https://b.example/")
CHANNEL = Channel(name="news", title="News", entries=5)
START = datetime(2026, 1, 10, 12, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def numbered(version: int, when: datetime, *, title: str = "", id: str = "", number: int = 1, tag: str = "") -> Item:
    """A version of an entry that was published at that time; it came then, or later where it is an edit."""
    id = id or f"tag:b.example,2026:{version}"
    entry = Entry(id=id, title=title or f"Entry {version}", published=when, content=Text(f"<p>Text {version}</p>"))
    tags = (tag,) if tag else ()
    return an_item(version, entry, first_seen=when, changed=when + timedelta(number), number=number, feed_tags=tags)


def daily(first: int, last: int) -> list[Item]:
    return [numbered(version, day(version)) for version in range(first, last + 1)]


def run(archive: MemoryArchive, public: Path, channel: Channel = CHANNEL, site: Site = SITE) -> set[str]:
    """Publish; gives the names of the pages that were written anew or went away."""
    before = state(public / channel.name)
    publish(channel, site, archive, public, authority="b.example,2026")
    after = state(public / channel.name)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def state(folder: Path) -> dict[str, int]:
    """The pages of entries and months, each with what tells one state of it from another."""
    pages = [*folder.glob("entries/*"), *folder.glob("archive/*.html")]
    return {str(path.relative_to(folder)): path.stat().st_ino for path in pages}


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in state(folder)}


def of(*versions: int) -> set[str]:
    return {f"entries/{page_name(f'tag:b.example,2026:{version}')}.html" for version in versions}


def walked(folder: Path, direction: str) -> list[str]:
    """The titles on the way from one end to the other."""
    pages = {path.name: html.parse(str(path)).getroot() for path in folder.glob("entries/*.html")}
    back = "next" if direction == "prev" else "prev"
    (here,) = [name for name, page in pages.items() if not page.xpath(f"//head/link[@rel='{back}']")]
    titles = []
    while here:
        titles.append(pages[here].findtext(".//h1"))
        here = next(iter(pages[here].xpath(f"//head/link[@rel='{direction}']/@href")), "")
    return titles


def listed(folder: Path) -> list[tuple[str, list[str]]]:
    """The pages of months in the order of the archive's page, each with its titles."""
    index = html.parse(str(folder / "archive/index.html")).getroot()
    names = index.xpath("//ul[@class='months']//a/@href")
    return [(name, html.parse(str(folder / "archive" / name)).xpath("//main/ul//a/bdi/text()")) for name in names]


def test_every_entry_has_a_page_and_a_place_in_its_month(tmp_path: Path) -> None:
    run(MemoryArchive(daily(1, 40)), tmp_path)
    folder = tmp_path / "news"
    titles = [f"Entry {version}" for version in range(1, 41)]

    assert walked(folder, "next") == titles
    assert walked(folder, "prev") == titles[::-1]
    assert [name for name, _ in listed(folder)] == ["2026-02.html", "2026-01.html"]
    assert [title for _, names in reversed(listed(folder)) for title in names] == titles


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        ([numbered(41, day(40))], of(40, 41) | {"archive/2026-02.html", "archive/index.html"}),
        (
            [numbered(41, day(60))],
            of(40, 41) | {"archive/2026-02.html", "archive/2026-03.html", "archive/index.html"},
        ),
        (
            [numbered(41, day(5) + timedelta(hours=1))],
            of(5, 6, 41) | {"archive/2026-01.html", "archive/index.html"},
        ),
        ([numbered(41, day(20), id="tag:b.example,2026:20", number=2, title="Entry 20")], of(20)),
        (
            [numbered(41, day(20), id="tag:b.example,2026:20", number=2, title="Another")],
            of(19, 20, 21) | {"archive/2026-01.html"},
        ),
        (
            [numbered(41, day(9) + timedelta(hours=1), id="tag:b.example,2026:30", number=2)],
            of(9, 10, 29, 30, 31) | {"archive/2026-01.html", "archive/2026-02.html", "archive/index.html"},
        ),
        ([], set()),
    ],
    ids=["new", "new month", "late", "text", "title", "date", "nothing"],
)
def test_a_change_costs_what_it_touches(tmp_path: Path, news: list[Item], expected: set[str]) -> None:
    archive = MemoryArchive(daily(1, 40))
    run(archive, tmp_path)
    archive.add(*news)

    assert run(archive, tmp_path) == expected
    assert run(archive, tmp_path) == set()


def test_only_what_is_written_is_read(tmp_path: Path) -> None:
    archive = MemoryArchive(daily(1, 400))
    run(archive, tmp_path)
    archive.add(numbered(401, day(401)))
    archive.read = 0
    run(archive, tmp_path)

    assert archive.read < 40  # the live document is among them


def test_the_pages_depend_on_the_archive_alone(tmp_path: Path) -> None:
    items = daily(1, 30)
    items += [numbered(31, day(3), id="tag:b.example,2026:7", number=2), numbered(32, day(50), title="Last")]
    step = MemoryArchive()
    for item in items:
        step.add(item)
        run(step, tmp_path / "steps")
    run(MemoryArchive(items), tmp_path / "once")

    assert contents(tmp_path / "steps/news") == contents(tmp_path / "once/news")


def test_in_any_order_the_links_lead_from_day_to_day(tmp_path: Path) -> None:
    dice = random.Random(7)
    days = list(range(60))
    dice.shuffle(days)
    items = [numbered(version, day(when), title=f"Day {when}") for version, when in enumerate(days, 1)]
    items += [
        numbered(61 + count, day(when), id=f"tag:b.example,2026:{version}", number=2, title=f"Day {when}")
        for count, (version, when) in enumerate([(3, 70), (9, 71), (30, 72)])
    ]
    archive = MemoryArchive()
    for start in range(0, len(items), 9):
        archive.add(*items[start : start + 9])
        run(archive, tmp_path)
    expected = [f"Day {when}" for when in [*range(60), 70, 71, 72] if when not in (days[2], days[8], days[29])]

    assert walked(tmp_path / "news", "next") == expected
    assert sorted(title for _, names in listed(tmp_path / "news") for title in names) == sorted(expected)


def test_a_month_with_many_entries_has_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_index, "_LONGEST", 10)
    archive = MemoryArchive(daily(1, 19))
    run(archive, tmp_path)
    archive.add(numbered(20, day(20)), numbered(21, day(21)), numbered(22, day(1) + timedelta(hours=1)))
    changed = run(archive, tmp_path)

    pages = dict(listed(tmp_path / "news"))
    assert list(pages) == ["2026-01.html", "2026-01-2.html", "2026-01-3.html"]
    assert [len(names) for names in pages.values()] == [10, 10, 2]
    assert pages["2026-01-2.html"][0] == "Entry 22"  # what comes late stands on the month's last page
    assert {name for name in changed if name.startswith("archive")} == {
        "archive/index.html",
        "archive/2026-01-2.html",
        "archive/2026-01-3.html",
    }


def test_what_belongs_no_longer_goes_away(tmp_path: Path) -> None:
    archive = MemoryArchive(
        [numbered(1, day(1), tag="a"), numbered(2, day(60), tag="b"), numbered(3, day(61), tag="a")]
    )
    run(archive, tmp_path)
    run(archive, tmp_path, replace(CHANNEL, tags=("a",)))

    assert walked(tmp_path / "news", "next") == ["Entry 1", "Entry 3"]
    assert [name for name, _ in listed(tmp_path / "news")] == ["2026-03.html", "2026-01.html"]
    run(archive, tmp_path, replace(CHANNEL, tags=("b",)))
    assert walked(tmp_path / "news", "next") == ["Entry 2"]
    assert {name for name in state(tmp_path / "news") if "archive" in name} == {
        "archive/index.html",
        "archive/2026-03.html",
    }


def test_pages_that_look_different_are_all_written(tmp_path: Path) -> None:
    archive = MemoryArchive(daily(1, 8))
    run(archive, tmp_path)
    changed = run(archive, tmp_path, replace(CHANNEL, title="Other news"))

    assert changed == state(tmp_path / "news").keys()
    assert all(b"Other news" in page for page in contents(tmp_path / "news").values())


def test_a_channel_without_pages_has_none(tmp_path: Path) -> None:
    run(MemoryArchive(daily(1, 3)), tmp_path, replace(CHANNEL, pages=False))

    assert state(tmp_path / "news") == {}
    assert b"entries/" not in (tmp_path / "news/index.html").read_bytes()
    run(MemoryArchive(daily(1, 3)), tmp_path)
    assert len(state(tmp_path / "news")) == 5


class KilledError(Exception):
    """The end of a run in its midst."""


@pytest.mark.parametrize("after", [0, 1, 3, 7, 9, 11])
def test_a_killed_run_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    archive = MemoryArchive(daily(1, 20))
    run(archive, tmp_path / "killed")
    archive.add(*daily(21, 29))
    archive.add(numbered(30, day(3), id="tag:b.example,2026:9", number=2))
    with monkeypatch.context() as patch:
        patch.setattr("feeds.site.write", killing("feeds.site", after))
        with pytest.raises(KilledError):
            run(archive, tmp_path / "killed")
    run(archive, tmp_path / "killed")
    run(MemoryArchive([*daily(1, 29), archive.items[30]]), tmp_path / "whole")

    assert contents(tmp_path / "killed/news") == contents(tmp_path / "whole/news")


def killing(module: str, after: int) -> Callable[..., Any]:
    """A way to write that ends the run after so many files."""
    from feeds.files import write

    left = iter([True] * after)

    def one(*args: Any) -> bool:
        if not next(left, False):
            raise KilledError
        return write(*args)

    return one


def test_an_index_that_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / ".pages").write_bytes(b"no index " * 100)

    with pytest.raises(PublishError, match=r"\.pages: cannot be used .*; remove it and publish again"):
        publish_pages(CHANNEL, SITE, MemoryArchive(), tmp_path)
    (tmp_path / ".pages").unlink()
    (tmp_path / ".pages").mkdir()
    with pytest.raises(
        PublishError, match=r"\.pages: cannot be used \(unable to open .*; see that this user can write"
    ):
        publish_pages(CHANNEL, SITE, MemoryArchive(), tmp_path)


def test_an_index_of_another_release_is_made_anew(tmp_path: Path) -> None:
    archive = MemoryArchive(daily(1, 5))
    run(archive, tmp_path)
    before = contents(tmp_path / "news")
    with sqlite3.connect(tmp_path / "news/.pages") as db:
        db.execute("PRAGMA user_version = 99")
        db.execute("DROP TABLE part")
    archive.add(numbered(6, day(6)))
    run(archive, tmp_path)

    assert before.keys() < contents(tmp_path / "news").keys()
    assert walked(tmp_path / "news", "next") == [f"Entry {version}" for version in range(1, 7)]


def test_many_pages_are_written_in_one_go(tmp_path: Path) -> None:
    items: Iterable[Item] = (numbered(version, START + timedelta(minutes=version)) for version in range(1, 1203))
    run(MemoryArchive(items), tmp_path)

    assert len(list((tmp_path / "news/entries").iterdir())) == 1202
    assert [len(names) for _, names in listed(tmp_path / "news")] == [500, 500, 202]
