"""Publishing a channel: what stands in its documents, what is written, and what a kill leaves behind."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from config.settings import FORMATS, Channel, Format, Site
from feeds.channel import EntrySource, Item, Page
from feeds.model import Category, Entry, Text
from feeds.opml import read_opml
from feeds.publish import Published, PublishError, publish, publish_site
from tests.support.items import HOUR, NOON, an_item
from tests.support.memory import MemoryArchive
from tests.support.rules import broken_atom, broken_json, broken_rss

SITE = Site(title="A Site", base_url="https://b.example/", author="The Editor")
CHANNEL = Channel(name="news", title="News", entries=5, pages=False)
CHECKS = {"rss": broken_rss, "atom": broken_atom, "json": broken_json}

SITE_FILES = ("index.html", "channels.opml", "page.css", "feed.css")


def run(source: EntrySource, public: Path, channel: Channel = CHANNEL, site: Site = SITE) -> Published:
    return publish(channel, site, source, public, authority="b.example,2026")


def several(first: int, last: int) -> list[Item]:
    """Entries one hour apart, first seen when they were published."""
    return [
        an_item(
            number,
            Entry(id=f"tag:source.example,2026:{number}", title=f"Entry {number}", content=Text(f"<p>{number}</p>")),
            first_seen=NOON + number * HOUR,
            changed=NOON + number * HOUR,
        )
        for number in range(first, last + 1)
    ]


def edit(item: Item, version: int, text: str = "edited") -> Item:
    """The next version of an item, which the source did not date."""
    return replace(
        item,
        version=version,
        number=item.number + 1,
        changed=NOON + version * HOUR,
        entry=replace(item.entry, content=Text(f"<p>{text}</p>")),
    )


def files(public: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its bytes and its modification time."""
    return {
        str(path.relative_to(public)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(public.rglob("*"))
        if path.is_file()
    }


def contents(public: Path) -> dict[str, bytes]:
    return {name: data for name, (data, _) in files(public).items()}


def closed(public: Path) -> dict[str, tuple[bytes, int]]:
    """The archive documents that never change: those which say so."""
    marks = (b"<fh:archive/>", b'"archive": true')
    return {name: what for name, what in files(public).items() if any(mark in what[0] for mark in marks)}


def closed_pages(public: Path) -> list[Path]:
    """The closed archive documents as JSON Feed, in order."""
    return [public / name for name in closed(public) if name.endswith(".json")]


def file_of(public: Path, address: str) -> Path:
    assert address.startswith(SITE.base_url)
    return public / address.removeprefix(SITE.base_url)


def titles(path: Path) -> list[str]:
    return [item["title"] for item in json.loads(path.read_bytes())["items"]]


def walk(public: Path, format: Format) -> list[tuple[str, str]]:
    """Ids and texts of the whole channel, as a reader finds them that follows prev-archive from the live document.

    Of two versions the one with the newer date counts, and of equal dates the one from the newer document.
    """
    found: dict[str, tuple[Any, str]] = {}
    address: str | None = f"{SITE.base_url}news/feed.{format}"
    while address:
        data = file_of(public, address).read_bytes()
        assert CHECKS[format](data) == []
        if format == "json":
            feed = json.loads(data)
            entries = [
                (
                    one["id"],
                    one.get("date_modified", one["date_published"]),
                    one.get("content_html") or one["content_text"],
                )
                for one in feed["items"]
            ]
            address = feed.get("next_url")
        else:
            parsed = feedparser.parse(data)
            assert not parsed.bozo
            entries = [
                (
                    one.id,
                    one.updated_parsed if dict.__contains__(one, "updated_parsed") else one.published_parsed,
                    one.content[0].value if "content" in one else one.summary,
                )
                for one in parsed.entries
            ]
            address = next((link.href for link in parsed.feed.links if link.rel == "prev-archive"), None)
        assert len({identity for identity, _, _ in entries}) == len(entries)
        for identity, updated, text in entries:
            if identity not in found or found[identity][0] < updated:
                found[identity] = (updated, text)
    return sorted((identity, text) for identity, (_, text) in found.items())


def newest(source: MemoryArchive) -> list[tuple[str, str]]:
    texts = {item.id: item.entry.content.value for item in source.items.values() if item.entry.content}
    return sorted(texts.items())


def test_a_small_channel_is_one_document_in_each_format(tmp_path: Path) -> None:
    done = run(MemoryArchive(several(1, 3)), tmp_path)

    assert sorted(files(tmp_path)) == [
        "news/.state",
        "news/feed.atom",
        "news/feed.json",
        "news/feed.rss",
        "news/index.html",
    ]
    assert titles(tmp_path / "news/feed.json") == ["Entry 3", "Entry 2", "Entry 1"]
    assert done == Published(
        "news", 4, 0, 0, 3, sum(len(data) for name, data in contents(tmp_path).items() if "state" not in name)
    )


def test_an_empty_channel_is_published_too(tmp_path: Path) -> None:
    run(MemoryArchive(), tmp_path)

    for format in FORMATS:
        assert CHECKS[format]((tmp_path / f"news/feed.{format}").read_bytes()) == []


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("arrival", [1, 3, 7, 60])
def test_the_archive_walk_finds_every_entry_in_its_newest_version(tmp_path: Path, format: Format, arrival: int) -> None:
    source = MemoryArchive()
    items = several(1, 60)
    for start in range(0, 60, arrival):
        source.add(*items[start : start + arrival])
        run(source, tmp_path)
        assert walk(tmp_path, format) == newest(source)
    source.add(edit(items[0], 61), edit(items[30], 62), edit(edit(items[30], 62), 63, "again"), edit(items[59], 64))
    run(source, tmp_path)

    assert walk(tmp_path, format) == newest(source)
    assert 5 <= len(titles(tmp_path / "news/feed.json")) <= 10
    assert {"Entry 1", "Entry 31", "Entry 60"} <= set(titles(tmp_path / "news/feed.json"))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 25), st.integers(-50, 50), st.integers(1, 6000)), max_size=12),
        min_size=1,
        max_size=6,
    )
)
def test_any_history_can_be_walked(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[int, int, int]]]
) -> None:
    public = tmp_path_factory.mktemp("public")
    source = MemoryArchive()
    current: dict[int, Item] = {}
    version = 0
    channel = replace(CHANNEL, max_bytes=9000)
    for batch in batches:
        for number, hours, length in batch:
            version += 1
            when = NOON + version * HOUR
            entry = Entry(
                id=f"tag:source.example,2026:{number}",
                title=f"Entry {number}",
                content=Text(f"<p>{version} {'x' * length}</p>"),
                published=NOON + hours * HOUR,
            )
            before = current.get(number)
            current[number] = an_item(
                version,
                entry,
                number=before.number + 1 if before else 1,
                first_seen=before.first_seen if before else when,
                changed=when,
            )
            source.add(current[number])
        held = closed(public)
        run(source, public, channel)
        assert held.items() <= closed(public).items()
        for format in FORMATS:
            assert walk(public, format) == newest(source)


def test_a_live_document_shows_one_entry_at_least(tmp_path: Path) -> None:
    done = run(MemoryArchive(several(1, 5)), tmp_path, replace(CHANNEL, max_bytes=1))
    assert done.items == 1


def test_closed_documents_are_never_written_again(tmp_path: Path) -> None:
    source = MemoryArchive(several(1, 23))
    run(source, tmp_path)
    held = closed(tmp_path)
    source.add(*several(24, 44), edit(source.items[1], 45))
    run(source, tmp_path, replace(CHANNEL, title="Another title", description="and more", entries=4))

    assert len(held) == 9
    assert held.items() <= files(tmp_path).items()


@pytest.mark.parametrize("format", FORMATS)
def test_the_page_that_fills_is_published_before_it_is_closed(tmp_path: Path, format: Format) -> None:
    source, following = MemoryArchive(several(1, 10)), tmp_path / f"news/archive/000002.{format}"
    run(source, tmp_path)
    assert not (tmp_path / "news/archive").exists()

    source.add(*several(11, 11))
    run(source, tmp_path)
    first = tmp_path / f"news/archive/000001.{format}"
    assert sorted(closed(tmp_path)) == [f"news/archive/000001.{one}" for one in sorted(FORMATS)]
    assert f"{SITE.base_url}news/archive/000002.{format}".encode() in first.read_bytes()
    open_end = following.read_bytes()
    assert CHECKS[format](open_end) == []
    assert b"000002" not in (tmp_path / f"news/feed.{format}").read_bytes()

    source.add(*several(12, 16))
    run(source, tmp_path)
    assert f"news/archive/000002.{format}" in closed(tmp_path)
    assert titles(tmp_path / "news/archive/000002.json") == [f"Entry {number}" for number in range(10, 5, -1)]


def test_closed_documents_of_former_versions_stay_as_they_are(tmp_path: Path) -> None:
    source = MemoryArchive(several(1, 17))
    run(source, tmp_path)
    for name, (data, _) in closed(tmp_path).items():
        older = [line for line in data.split(b"\n") if b"next-archive" not in line and b"next_archive" not in line]
        (tmp_path / name).write_bytes(b"\n".join(older))
    for path in (tmp_path / "news/archive").glob("000003.*"):
        path.unlink()  # there were no open ones
    (tmp_path / "news/.state").write_bytes(
        b'{"key":"old","base_url":"https://b.example/","formats":["rss","atom","json"],"digest":{}}'
    )
    before = closed(tmp_path)
    run(source, tmp_path)
    source.add(*several(18, 30))
    run(source, tmp_path)

    assert len(before) == 6
    assert before.items() <= closed(tmp_path).items()
    assert len(closed(tmp_path)) > 6


def test_a_file_is_as_old_as_its_data(tmp_path: Path) -> None:
    def age(name: str) -> int:
        return int((tmp_path / "news" / name).stat().st_mtime) - int(NOON.timestamp())

    source = MemoryArchive(several(1, 3))
    run(source, tmp_path)
    assert (age("feed.rss"), age("feed.atom"), age("feed.json")) == (3 * 3600,) * 3

    run(source, tmp_path, replace(CHANNEL, title="Another"))
    assert age("feed.atom") == 3 * 3600 + 1  # later than before: caches and rsync go by it

    source.add(*several(4, 12))
    run(source, tmp_path)
    assert (age("feed.atom"), age("archive/000001.atom")) == (12 * 3600, 5 * 3600)


def test_pages_do_not_depend_on_how_often_was_published(tmp_path: Path) -> None:
    at_once, one_by_one = MemoryArchive(several(1, 40)), MemoryArchive()
    run(at_once, tmp_path / "a")
    for item in several(1, 40):
        one_by_one.add(item)
        run(one_by_one, tmp_path / "b")

    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_two_archives_of_the_same_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run(MemoryArchive(several(1, 30)), tmp_path / name)

    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_nothing_new_is_nothing_read_and_nothing_written(tmp_path: Path) -> None:
    source = MemoryArchive(several(1, 30))
    run(source, tmp_path)
    before, source.read = files(tmp_path), 0
    done = run(source, tmp_path)

    assert files(tmp_path) == before
    assert source.read == 0
    assert (done.written, done.unchanged, done.pages_closed, done.items, done.bytes) == (0, 7, 0, 10, 0)


def test_the_dates_of_a_document_move_with_its_entries_alone(tmp_path: Path) -> None:
    def dates() -> tuple[str, str, str]:
        rss, atom = (
            feedparser.parse((tmp_path / f"news/feed.{one}").read_bytes()).feed.updated for one in ("rss", "atom")
        )
        return rss, atom, json.loads((tmp_path / "news/feed.json").read_bytes())["_backissue"]["updated"]

    source = MemoryArchive(several(1, 3))
    run(source, tmp_path)
    first = dates()
    assert first == ("Tue, 24 Nov 2026 15:00:00 +0000", "2026-11-24T15:00:00Z", "2026-11-24T15:00:00Z")

    run(source, tmp_path, replace(CHANNEL, description="Told in other words"))
    assert dates() == first
    assert b"Told in other words" in (tmp_path / "news/feed.rss").read_bytes()

    source.add(edit(source.items[2], 4))
    run(source, tmp_path)
    assert dates() == ("Tue, 24 Nov 2026 16:00:00 +0000", "2026-11-24T16:00:00Z", "2026-11-24T16:00:00Z")


def test_items_of_other_channels_change_no_file(tmp_path: Path) -> None:
    channel = replace(CHANNEL, feeds=("La Source",))
    source = MemoryArchive(several(1, 3))
    run(source, tmp_path, channel)
    before = files(tmp_path)
    source.add(replace(several(4, 4)[0], feed_title="Other", feed_url="https://other.example/"))
    done = run(source, tmp_path, channel)

    assert files(tmp_path) == before
    assert done.written == 0


@pytest.mark.parametrize("name", ["feed.rss", "index.html", "archive/000004.atom", ".state"])
def test_a_file_that_is_gone_comes_back(tmp_path: Path, name: str) -> None:
    source = MemoryArchive(several(1, 30))
    run(source, tmp_path)
    before = contents(tmp_path)
    (tmp_path / "news" / name).unlink()
    run(source, tmp_path)

    assert contents(tmp_path) == before


def test_a_folder_that_is_gone_comes_back_as_it_was(tmp_path: Path) -> None:
    source = MemoryArchive(several(1, 30))
    run(source, tmp_path / "a")
    run(source, tmp_path / "b")

    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_format_that_is_added_goes_back_to_the_first_entry(tmp_path: Path) -> None:
    source = MemoryArchive(several(1, 30))
    run(source, tmp_path, replace(CHANNEL, formats=("atom",)))
    before = closed(tmp_path)
    run(source, tmp_path)

    assert before
    assert before.items() <= files(tmp_path).items()
    assert walk(tmp_path, "rss") == walk(tmp_path, "json") == newest(source)


def test_a_site_that_moves_takes_its_archive_along(tmp_path: Path) -> None:
    source = MemoryArchive(several(1, 30))
    run(source, tmp_path, site=replace(SITE, base_url="http://127.0.0.1:8080/"))
    run(source, tmp_path)

    assert walk(tmp_path, "atom") == newest(source)
    assert not [name for name, data in contents(tmp_path).items() if b"127.0.0.1" in data]


def test_a_selection_that_changes_looks_at_everything_again(tmp_path: Path) -> None:
    french = [replace(item, feed_language="fr") for item in several(1, 4)]
    english = several(5, 9)
    source = MemoryArchive([*french, *english])
    run(source, tmp_path, replace(CHANNEL, languages=("fr",)))
    assert titles(tmp_path / "news/feed.json") == ["Entry 4", "Entry 3", "Entry 2", "Entry 1"]

    run(source, tmp_path, replace(CHANNEL, languages=("en",)))
    assert titles(tmp_path / "news/feed.json") == [f"Entry {number}" for number in (9, 8, 7, 6, 5)]

    run(source, tmp_path, CHANNEL)
    assert titles(tmp_path / "news/feed.json") == [f"Entry {number}" for number in range(9, 0, -1)]


def test_pages_are_cut_where_dropped_items_leave_gaps(tmp_path: Path) -> None:
    items = several(1, 9)
    odd = [replace(item, feed_tags=("odd",)) if item.version % 2 else item for item in items]
    source = MemoryArchive(odd)
    run(source, tmp_path)
    run(source, tmp_path, replace(CHANNEL, tags=("odd",)))
    source.add(*(replace(item, feed_tags=("odd",)) for item in several(10, 20)))
    run(source, tmp_path, replace(CHANNEL, tags=("odd",)))

    assert source.channel_pages("news") == (Page(1, 0, 9), Page(2, 9, 14))
    assert titles(tmp_path / "news/archive/000001.json") == [f"Entry {number}" for number in (9, 7, 5, 3, 1)]
    assert titles(tmp_path / "news/feed.json") == [f"Entry {number}" for number in range(20, 14, -1)]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 20_000,
        "<b>x</b> " * 700,
        '<p>Tom &amp; Jerry, <a href="https://x.example/?a=1&amp;b=2">là &lt; “ici”</a></p>\n' * 30,
        "日本語" * 1500,
        "",
    ],
    ids=["plain", "markup", "paragraphs", "han", "none"],
)
def test_a_live_document_stays_below_its_size(tmp_path: Path, text: str) -> None:
    tags = tuple(Category(f"tag {number}") for number in range(10))
    items = [
        replace(item, entry=replace(item.entry, content=Text(f"<p>{text}</p>"), categories=tags))
        for item in several(1, 150)
    ]
    run(MemoryArchive(items), tmp_path, replace(CHANNEL, entries=100, max_bytes=200_000))

    documents = [path for path in (tmp_path / "news").rglob("*") if path.suffix[1:] in FORMATS]
    assert max(path.stat().st_size for path in documents) <= 200_000
    assert max((tmp_path / f"news/feed.{format}").stat().st_size for format in FORMATS) > 80_000


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("place", [1, 7, 20])
def test_an_entry_larger_than_a_document_stands_alone_and_its_start_in_the_live_one(
    tmp_path: Path, format: Format, place: int
) -> None:
    items = several(1, 20)
    large = Text("".join(f"<p>Part {number} of it</p>" for number in range(20_000)))
    items[place - 1] = replace(items[place - 1], entry=replace(items[place - 1].entry, content=large))
    source, channel = MemoryArchive(), replace(CHANNEL, max_bytes=100_000)
    for item in items:
        source.add(item)
        run(source, tmp_path, channel)
        assert (tmp_path / f"news/feed.{format}").stat().st_size < 100_000
        assert f"Entry {item.version}" in titles(tmp_path / "news/feed.json")

    assert walk(tmp_path, format) == newest(source)
    pages = [titles(path) for path in closed_pages(tmp_path)]
    assert [f"Entry {place}"] in pages
    told = [title for page in pages for title in page]
    assert len(told) == len(set(told))


def test_pages_of_large_entries_do_not_depend_on_how_often_was_published(tmp_path: Path) -> None:
    items = several(1, 40)
    for place in (3, 4, 17, 40):
        text = Text(f"<p>{'x ' * 5000}</p>")
        items[place - 1] = replace(items[place - 1], entry=replace(items[place - 1].entry, content=text))
    at_once, one_by_one, channel = MemoryArchive(items), MemoryArchive(), replace(CHANNEL, max_bytes=9000)
    run(at_once, tmp_path / "a", channel)
    for item in items:
        one_by_one.add(item)
        run(one_by_one, tmp_path / "b", channel)

    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_many_pages_are_printed_by_processes(tmp_path: Path) -> None:
    channel = replace(CHANNEL, entries=50, formats=("json", "atom"))
    items = several(1, 5200)
    run(MemoryArchive(items), tmp_path / "a", channel)
    source = MemoryArchive()
    for start in range(0, 5200, 1300):
        source.add(*items[start : start + 1300])
        run(source, tmp_path / "b", channel)

    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert len(closed(tmp_path / "a")) > 200


class Deadly(MemoryArchive):
    """An archive that kills the processes of this one when it is read for the tenth time."""

    calls, killed = 0, 0

    def channel_items(self, channel: str, start: int, stop: int) -> Iterator[Item]:
        self.calls += 1
        if self.calls == 10:
            for path in Path("/proc/self/task").glob("*/children"):
                for child in path.read_text().split():
                    os.kill(int(child), signal.SIGKILL)
                    self.killed += 1
        return super().channel_items(channel, start, stop)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux tells which processes are ours")
def test_processes_that_die_do_not_stop_it(tmp_path: Path) -> None:
    source, channel = Deadly(several(1, 5200)), replace(CHANNEL, entries=50, formats=("json",))
    run(source, tmp_path / "a", channel)
    assert source.killed
    run(MemoryArchive(several(1, 5200)), tmp_path / "b", channel)

    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_what_hinders_processes_is_told_too(tmp_path: Path) -> None:
    source = MemoryArchive(several(1, 5200))
    (tmp_path / "news/archive/000003.atom").mkdir(parents=True)
    with pytest.raises(PublishError, match=r"000003\.atom"):
        run(source, tmp_path)
    (tmp_path / "news/archive/000003.atom").rmdir()
    run(source, tmp_path)

    assert len(closed_pages(tmp_path)) == source.channel_state("news").pages


def test_an_entry_that_changes_all_the_time_does_not_push_others_out(tmp_path: Path) -> None:
    source = MemoryArchive(several(1, 6))
    noisy = source.items[6]
    for version in range(7, 200):
        noisy = edit(noisy, version, f"now {version}")
        source.add(noisy)
        if version == 60:
            run(source, tmp_path)
            assert len(titles(tmp_path / "news/feed.json")) == 6
    run(source, tmp_path)

    assert walk(tmp_path, "atom") == newest(source)
    assert source.channel_state("news").length - source.channel_state("news").closed <= 20 * CHANNEL.entries


class Killed(BaseException):
    """What a test's archive raises in place of a kill."""


class Dying(MemoryArchive):
    """An archive whose process dies at the n-th call that writes, before or after the writing."""

    def __init__(self, items: list[Item], calls: int, *, after: bool) -> None:
        super().__init__(items)
        self.calls, self.after = calls, after

    def extend_channel(self, *args: Any, **values: Any) -> None:
        self._die_around(lambda: super(Dying, self).extend_channel(*args, **values))

    def close_page(self, *args: Any) -> None:
        self._die_around(lambda: super(Dying, self).close_page(*args))

    def _die_around(self, call: Callable[[], None]) -> None:
        self.calls -= 1
        if self.calls == 0 and not self.after:
            raise Killed
        call()
        if self.calls == 0:
            raise Killed


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("calls", [1, 2, 3, 5])
def test_a_killed_run_is_made_good_by_the_next(tmp_path: Path, calls: int, after: bool) -> None:
    run(MemoryArchive(several(1, 30)), tmp_path / "whole")
    source = Dying(several(1, 30), calls, after=after)
    with pytest.raises(Killed):
        run(source, tmp_path / "killed")
    (tmp_path / "killed/news/.feed.rss.tmp").write_bytes(b"half a docu")
    run(source, tmp_path / "killed")

    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_long_histories_come_in_batches(tmp_path: Path) -> None:
    items = several(1, 2500)
    shuffled = [replace(item, version=version) for version, item in enumerate(random.Random(1).sample(items, 2500), 1)]
    channel = replace(CHANNEL, entries=500, max_bytes=10_000_000, formats=("json",))
    source = Dying(shuffled, 2, after=True)
    with pytest.raises(Killed):
        run(source, tmp_path, channel)
    assert source.channel_state("news").length == 2000
    run(source, tmp_path, channel)

    assert titles(tmp_path / "news/archive/000001.json") == [f"Entry {number}" for number in range(500, 0, -1)]


def test_two_that_publish_at_once_take_turns(tmp_path: Path) -> None:
    sources = [MemoryArchive(several(1, 40)) for _ in range(4)]
    threads = [threading.Thread(target=run, args=(source, tmp_path / "b")) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run(MemoryArchive(several(1, 40)), tmp_path / "a")

    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def in_the_way(public: Path) -> None:
    (public / "news").write_text("a file")


def folder_in_the_way(public: Path) -> None:
    (public / "news/feed.atom").mkdir(parents=True)


def archive_in_the_way(public: Path) -> None:
    (public / "news").mkdir()
    (public / "news/archive").write_text("a file")


@pytest.mark.parametrize("hinder", [in_the_way, folder_in_the_way, archive_in_the_way])
def test_what_hinders_is_told_in_one_line(tmp_path: Path, hinder: Callable[[Path], None]) -> None:
    hinder(tmp_path)
    with pytest.raises(PublishError) as caught:
        run(MemoryArchive(several(1, 30)), tmp_path)

    assert str(tmp_path / "news") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


def test_a_full_disk_leaves_the_previous_files(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    source = MemoryArchive(several(1, 3))
    run(source, tmp_path)
    before = contents(tmp_path)
    source.add(replace(several(4, 4)[0], entry=Entry(content=Text("x" * 100_000))))
    if child := os.fork():
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    else:  # pragma: no cover
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        try:
            run(source, tmp_path)
        except PublishError:
            os._exit(7)
        os._exit(1)

    assert contents(tmp_path) == before
    assert run(source, tmp_path).items == 4


def test_the_site_lists_its_channels(tmp_path: Path) -> None:
    channels = [CHANNEL, Channel(name="void", title="Nothing & more", language="ar", formats=("json", "rss"))]
    run(MemoryArchive(several(1, 30)), tmp_path)
    assert publish_site(channels, SITE, tmp_path) == len(SITE_FILES)
    before = files(tmp_path)
    assert publish_site(channels, SITE, tmp_path) == 0

    assert files(tmp_path) == before
    assert all((tmp_path / name).stat().st_size for name in SITE_FILES)
    subscriptions = read_opml((tmp_path / "channels.opml").read_bytes())
    assert [(one.title, one.feed_url) for one in subscriptions] == [
        ("News", "https://b.example/news/feed.rss"),
        ("Nothing & more", "https://b.example/void/feed.json"),
    ]
    page = (tmp_path / "index.html").read_text("utf-8")
    assert all(text in page for text in ("Entry 30", "Entry 26", "10 entries", "Nothing &amp; more", "0 entries"))


def test_times_come_from_the_data(tmp_path: Path) -> None:
    run(MemoryArchive(several(1, 3)), tmp_path)
    publish_site([CHANNEL], SITE, tmp_path)
    last = NOON + timedelta(hours=3)

    assert feedparser.parse(tmp_path / "news/feed.atom").feed.updated == last.isoformat().replace("+00:00", "Z")
    assert b"<lastBuildDate>Tue, 24 Nov 2026 15:00:00 +0000<" in (tmp_path / "news/feed.rss").read_bytes()
    assert b"Tue, 24 Nov 2026 15:00:00" in (tmp_path / "channels.opml").read_bytes()
