"""Feeds in, archive, feeds out: nothing is lost on the way, and what is published says what was archived."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from feeds.model import Entry
from tests.support.newsroom import Newsroom
from tests.support.readback import READERS, differences, documents, facts_of
from tests.support.server import FeedServer

ROOT = Path(__file__).resolve().parents[2]
OURS = ROOT / "tests/data/feeds"
SHARED = ROOT.parent / "shared/feeds"
_ENTRY = re.compile(rb"<(?:[A-Za-z]+:)?(?:item|entry)[\s>/]")
_ENTRY_IN_JSON = re.compile(rb'"id"\s*:')

# What a reader of the bytes cannot tell: the second of two equal entries is the same one, and half of one is none yet.
_NO_MORE = {"twice.rss": 1, "broken-cut.rss": 1}


class Journey:
    """Feeds that went through: what the pass said of each (by file name), and what is archived."""

    def __init__(self, room: Newsroom, files: Mapping[str, bytes], told: Mapping[str, Any]) -> None:
        self.room, self.files, self.told = room, files, told
        self.items = room.items()


def travel(room: Newsroom, folder: Path) -> Journey:
    """Serve the files of a folder, follow all of them, archive and publish."""
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    with FeedServer() as server:
        urls = {}
        for number, (name, body) in enumerate(files.items()):
            kind = "application/feed+json" if name.endswith(".json") else "application/xml"
            server.put(f"/{number}", body, content_type=kind)
            urls[server.url(f"/{number}")] = name
        room.configure(sources=tuple(urls), channels='[[channels]]\nname = "all"\ntitle = "All"\nentries = 20\n')
        done = room.facts("archive")
        assert {seen.path for seen in server.requests} == {f"/{number}" for number in range(len(files))}
    told = {urls[feed["url"]]: feed for feed in done["feeds"]}
    assert told.keys() == files.keys()
    return Journey(room, files, told)


@pytest.fixture(scope="module", params=["ours", "shared"])
def journey(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Journey:
    folder = {"ours": OURS, "shared": SHARED}[request.param]
    if not folder.is_dir():
        pytest.skip(f"{folder} is not on this machine")
    return travel(Newsroom(tmp_path_factory.mktemp(request.param)), folder)


def crude_count(name: str, body: bytes) -> int:
    """How many entries there are by the look of the bytes."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        body = body.decode("utf-16").encode()
    return len((_ENTRY_IN_JSON if name.endswith(".json") else _ENTRY).findall(body)) - _NO_MORE.get(name, 0)


def test_no_entry_is_lost_on_the_way_in(journey: Journey) -> None:
    readable = {name: feed["new"] for name, feed in journey.told.items() if not feed["error"]}
    counted = {name: crude_count(name, journey.files[name]) for name in readable}

    assert readable == counted
    assert len(journey.items) == sum(counted.values()) > 40
    assert Counter(item.feed_url for item in journey.items.values()) == Counter(
        {feed["url"]: feed["new"] for feed in journey.told.values() if feed["new"]}
    )


def test_what_is_broken_is_named_with_a_reason(journey: Journey) -> None:
    named = {name: feed["error"] or feed["problems"] for name, feed in journey.told.items()}
    named = {name: reason for name, reason in named.items() if reason}

    if "broken-page.rss" in journey.told:
        assert named.keys() == {"broken-page.rss", "broken-cut.rss", "broken-entities.rss", "broken-charset.atom"}
        assert "HTML" in named["broken-page.rss"]
    else:
        assert list(named) == ["kagisearch+fastfeedp_001_davidbau.xml"]


@pytest.mark.parametrize("format", ["rss", "atom", "json"])
def test_every_entry_is_published_once(journey: Journey, format: str) -> None:
    """But for the page that is filling, which the live document shows whole."""
    live, *archive = documents(journey.room.public / "all")[format]
    closed = [path for path in archive if re.search(rb'<fh:archive/>|"archive": true', path.read_bytes())]
    for reader in READERS[format]:
        found = Counter(facts["id"] for path in (live, *closed) for facts in facts_of(reader, path))
        assert found == Counter(journey.items.keys())
        filling = {facts["id"] for path in set(archive) - set(closed) for facts in facts_of(reader, path)}
        assert filling <= {facts["id"] for facts in facts_of(reader, live)}
    assert len(archive) == len(closed) + 1 > 1


@pytest.mark.parametrize("format", ["rss", "atom", "json"])
def test_every_field_comes_back_and_every_rule_is_kept(journey: Journey, format: str) -> None:
    paths = documents(journey.room.public / "all")[format]

    assert [line for path in paths for line in differences(path, journey.items)] == []


def test_the_feeds_have_what_there_is_to_lose(journey: Journey) -> None:
    """Otherwise the other tests would show little."""
    entries = [item.entry for item in journey.items.values()]
    wanted: dict[str, Any] = {
        "a link": lambda entry: entry.link,
        "an author": lambda entry: entry.authors,
        "a category": lambda entry: entry.categories,
        "an enclosure": lambda entry: entry.enclosures,
        "content": lambda entry: entry.content,
        "a link in its text": lambda entry: "href=" in _body(entry),
        "no title": lambda entry: not entry.title,
        "no date": lambda entry: not (entry.published or entry.updated),
    }
    missing = {what for what, has in wanted.items() if not any(has(entry) for entry in entries)}

    assert missing <= {"no title"}


def test_publishing_again_changes_nothing(journey: Journey) -> None:
    before = _files(journey.room.public)
    journey.room.run("publish")

    assert _files(journey.room.public) == before


def test_publishing_anew_from_the_archive_gives_the_same_bytes(journey: Journey, tmp_path: Path) -> None:
    """An archive and its configuration are all that a backup needs."""
    text = (journey.room.root / "backissue.toml").read_text(encoding="utf-8")
    other = journey.room.root / "other.toml"
    other.write_text(f'[storage]\npublic = "{tmp_path}/again"\n{text}', encoding="utf-8")
    journey.room.run("--config", other, "publish")

    assert _bytes(tmp_path / "again") == _bytes(journey.room.public)


def test_the_archive_is_whole_after_it(journey: Journey) -> None:
    assert "The archive is whole" in journey.room.run("check")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<title>", "<title>x"),
        ("Z</published>", "+01:00</published>"),
        ("Z</updated>", "+01:00</updated>"),
        ('<link href="', '<link href="x:'),
        ("</summary>", " and more</summary>"),
        ("</content>", " and more</content>"),
        ("</entry>", "<author><name>Nobody</name></author></entry>"),
        ("</entry>", '<category term="nothing"/></entry>'),
        ("</entry>", '<link rel="enclosure" href="https://x.example/" length="1" type="a/b"/></entry>'),
    ],
)
def test_these_checks_would_tell(journey: Journey, tmp_path: Path, old: str, new: str) -> None:
    """A document that says something else in any field is caught."""
    texts = (path.read_text(encoding="utf-8") for path in documents(journey.room.public / "all")["atom"])
    head, mark, entries = next(text for text in texts if old in text).partition("<entry>")
    copy = tmp_path / "feed.atom"
    copy.write_text(head + mark + entries.replace(old, new, 1), encoding="utf-8")

    assert differences(copy, journey.items)


def _body(entry: Entry) -> str:
    body = entry.content or entry.summary
    return body.value if body else ""


def _files(public: Path) -> dict[str, tuple[bytes, int]]:
    return {name: (data, (public / name).stat().st_mtime_ns) for name, data in _bytes(public).items()}


def _bytes(public: Path) -> dict[str, bytes]:
    return {str(path.relative_to(public)): path.read_bytes() for path in sorted(public.rglob("*")) if path.is_file()}
