"""Old copies of a feed: which files are copies, in what order they are taken in, and what comes of late ones."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

from archive.replay import ReplayError, copies, replay, time_of
from archive.store.sqlite import SqliteStore
from tests.support.archive import URL, hour, open_archive
from tests.support.items import NOON


def rss(*items: tuple[int, str], title: str = "News") -> bytes:
    """A feed of entries, each with a number and a text."""
    shown = "".join(
        f"<item><guid>n{number}</guid><link>https://s.example/{number}</link><title>Entry {number}</title>"
        f"<description>{text}</description></item>"
        for number, text in items
    )
    return f"<rss version='2.0'><channel><title>{title}</title>{shown}</channel></rss>".encode()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("2024-05-01T12-30-00Z.xml", datetime(2024, 5, 1, 12, 30, tzinfo=UTC), id="as it is told"),
        pytest.param("20240501123000.xml", datetime(2024, 5, 1, 12, 30, tzinfo=UTC), id="a web archive's"),
        pytest.param("feed_2024.05.01_1230.rss", datetime(2024, 5, 1, 12, 30, tzinfo=UTC), id="without seconds"),
        pytest.param("feed-2024-05-01.xml", datetime(2024, 5, 1, tzinfo=UTC), id="a date"),
        pytest.param("1714566600.xml", datetime(2024, 5, 1, 12, 30, tzinfo=UTC), id="seconds since 1970"),
        pytest.param("2024-02-30.xml", None, id="no day"),
        pytest.param("feed.xml", None, id="no time"),
        pytest.param("12345678901234567890.xml", None, id="a number"),
    ],
)
def test_the_time_in_a_name(name: str, expected: datetime | None) -> None:
    assert time_of(name) == expected


def test_copies_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    for name in ("b/2024-05-02.xml", "2024-05-01.xml", "notes.txt", ".hidden-2024-05-01", "2090-01-01.xml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    found, refused = copies(tmp_path, NOON)

    assert [copy.path.name for copy in found] == ["2024-05-01.xml", "2024-05-02.xml"]
    assert sorted(str(error).partition(": ")[0].rpartition("/")[2] for error in refused) == [
        "2090-01-01.xml",
        "notes.txt",
    ]


def test_a_folder_without_copies_is_refused(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(b"x")
    for folder in (tmp_path, tmp_path / "feed.xml", tmp_path / "none"):
        with pytest.raises(ReplayError):
            copies(folder, NOON)


DOCUMENTS = {
    "2024-01-01.xml": rss((2, "two"), (1, "one")),
    "2024-01-02.xml": rss((2, "two, edited"), (1, "one"), title="Old news"),
    "2024-01-03.xml": rss((2, "two"), (1, "one")),
    "2024-01-04.xml": rss((3, "three"), (2, "two, again")),
}


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_copies_in_any_order_tell_the_same(tmp_path: Path, order: tuple[int, ...]) -> None:
    store, feed = an_archive(tmp_path)
    found, _ = copies(tmp_path / "copies", NOON)
    for place in order:
        [done] = replay(store, feed, URL, [found[place]])
        assert done.error is None

    said = {one.entry.id: one for one in store.entries()}
    texts = {
        key: [(seen(version.entry), version.first_seen.day, version.last_seen.day) for version in store.history(one.id)]
        for key, one in said.items()
    }
    assert texts == {
        "n1": [("one", 1, 3)],
        "n2": [("two", 1, 3), ("two, edited", 2, 2), ("two, again", 4, 4)],
        "n3": [("three", 4, 4)],
    }
    assert [seen(said[key].entry) for key in ("n1", "n2", "n3")] == ["one", "two, again", "three"]
    for day, text, title in ((1, "two", "News"), (2, "two, edited", "Old news"), (3, "two", "News")):
        then = store.find_entry("n2", as_of=datetime(2024, 1, day, tzinfo=UTC))
        assert then
        assert (seen(then.entry), then.feed_title) == (text, title)
    assert store.feeds()[0].title == "News"
    assert list(store.examine()) == []
    store.close()


def test_a_copy_that_is_no_feed_is_kept_and_told_of(tmp_path: Path) -> None:
    store, feed = an_archive(tmp_path)
    (tmp_path / "copies/2024-01-02.xml").write_bytes(b"<html><body>Sorry</body></html>")
    heard: list[str] = []

    found = replay(
        store, feed, URL, copies(tmp_path / "copies", NOON)[0], done=lambda one: heard.append(one.copy.path.name)
    )

    assert [bool(one.error) for one in found] == [False, True, False, False]
    assert heard == list(DOCUMENTS)
    assert [document.served.body for document in store.documents()][1] == b"<html><body>Sorry</body></html>"
    assert store.totals().entries == 3
    store.close()


def test_copies_taken_in_twice_change_nothing(tmp_path: Path) -> None:
    store, feed = an_archive(tmp_path)
    found, _ = copies(tmp_path / "copies", NOON)
    replay(store, feed, URL, found)
    before = store.totals()
    assert [one.recorded and (one.recorded.new, one.recorded.edited) for one in replay(store, feed, URL, found)] == [
        (0, 0)
    ] * 4
    after = store.totals()
    assert (after.entries, after.versions, after.documents) == (before.entries, before.versions, before.documents)
    store.close()


def an_archive(folder: Path) -> tuple[SqliteStore, int]:
    """An archive with a feed, and a folder of old copies of that."""
    (folder / "copies").mkdir()
    for name, body in DOCUMENTS.items():
        (folder / "copies" / name).write_bytes(body)
    store = open_archive(folder / "a.sqlite")
    return store, store.subscribe(URL, kind="remote", now=hour(0))


def seen(entry: object) -> str:
    """The text of an entry."""
    body = getattr(entry, "content", None) or getattr(entry, "summary", None)
    return str(body.value) if body else ""
