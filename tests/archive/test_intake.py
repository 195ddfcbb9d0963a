"""Articles into a real archive: from files, folders, streams and pages."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from archive.fetch import Response
from archive.intake import BY_HAND, Article, Desk, Taken, desk_named, from_file, from_page, from_stream, take_in
from archive.store import EntryRecord, Store
from config.settings import Folder, Settings, Site
from tests.support.archive import hour, open_archive
from tests.support.items import NOON

TEXT = "# {title}\n\nWritten on a quiet evening, with {words} and a few more words than are needed.\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        yield store


def article(path: Path, title: str = "A title", words: str = "tea") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEXT.format(title=title, words=words), encoding="utf-8")
    return path


def settings(root: Path, *folders: Folder) -> Settings:
    return Settings(root=str(root), site=Site(title="My site"), folders=folders)


def taken(store: Store, *articles: Article, at: float = 0) -> list[str]:
    return [one.outcome for one in take_in(store, articles, hour(at))]


def files(store: Store, chosen: Settings, *paths: Path, at: float = 0) -> list[str]:
    return taken(store, *(from_file(path, chosen) for path in paths), at=at)


def entries(store: Store) -> list[EntryRecord]:
    return sorted(store.entries(limit=1000), key=lambda record: record.id)


# --- files -------------------------------------------------------------------------------------------------------


def test_an_article_is_taken_in_once_for_each_content(store: Store, tmp_path: Path) -> None:
    chosen, path = settings(tmp_path), article(tmp_path / "notes/a.md")
    assert files(store, chosen, path) == ["new"]
    assert files(store, chosen, path, at=1) == ["unchanged"]
    article(path, words="coffee")
    assert files(store, chosen, path, at=2) == ["changed"]
    article(path)
    assert files(store, chosen, path, at=3) == ["changed"]

    [record] = entries(store)
    assert (record.entry.title, record.versions, record.first_seen, record.changed) == ("A title", 2, NOON, hour(3))
    assert [one.first_seen for one in store.history(record.id)] == [NOON, hour(2)]
    assert store.totals().documents == 3
    assert [hit.record.id for hit in store.search("tea")] == [record.id]


def test_bytes_that_change_nothing_a_reader_sees(store: Store, tmp_path: Path) -> None:
    chosen, path = settings(tmp_path), article(tmp_path / "a.md")
    files(store, chosen, path)
    path.write_bytes(path.read_bytes() + b"\n\n\n")
    assert files(store, chosen, path, at=1) == ["unchanged"]
    assert (store.totals().versions, store.totals().documents) == (1, 2)


def test_the_raw_bytes_are_kept(store: Store, tmp_path: Path) -> None:
    path = article(tmp_path / "été.md")
    files(store, settings(tmp_path), path)
    [(address, digest)] = store.digests(1).items()
    assert address == path.resolve().as_uri()
    assert digest == hashlib.sha256(path.read_bytes()).digest()


def test_a_folder_has_a_desk_of_its_own(store: Store, tmp_path: Path) -> None:
    chosen = settings(
        tmp_path, Folder("notes", tags=("a", "b"), language="fr"), Folder("press", source="The Press", tags=("c",))
    )
    paths = [article(tmp_path / name) for name in ("notes/deep/a.md", "press/a.md", "elsewhere/a.md")]
    assert files(store, chosen, *paths) == ["new"] * 3

    notes, press, hand = store.feeds()
    assert [(one.url, one.title, one.tags, one.kind) for one in (notes, press, hand)] == [
        ("local:notes", "notes", ("a", "b"), "local"),
        ("local:The Press", "The Press", ("c",), "local"),
        (BY_HAND, "My site", (), "local"),
    ]
    first, second, third = entries(store)
    assert [one.feed for one in (first, second, third)] == [notes.id, press.id, hand.id]
    assert [tag.term for tag in first.entry.categories] == ["a", "b"]
    assert (first.entry.language, second.entry.source and second.entry.source.title) == ("fr", "The Press")
    assert third.entry.categories == ()
    assert len({one.public_id for one in (first, second, third)}) == 3


def test_a_folder_that_moves_keeps_its_entries(store: Store, tmp_path: Path) -> None:
    article(tmp_path / "one/notes/deep/a.md")
    assert files(store, settings(tmp_path / "one", Folder("notes")), tmp_path / "one/notes/deep/a.md") == ["new"]
    (tmp_path / "one").rename(tmp_path / "two")
    chosen = settings(tmp_path / "two", Folder("notes"))
    assert files(store, chosen, tmp_path / "two/notes/deep/a.md", at=1) == ["unchanged"]
    article(tmp_path / "two/notes/deep/a.md", words="coffee")
    assert files(store, chosen, tmp_path / "two/notes/deep/a.md", at=2) == ["changed"]
    assert len(entries(store)) == 1


def test_files_of_one_title_are_entries_of_their_own(store: Store, tmp_path: Path) -> None:
    paths = [article(tmp_path / name) for name in ("a.md", "b.md")]
    assert files(store, settings(tmp_path), *paths) == ["new", "new"]
    assert len(entries(store)) == 2


def test_a_file_reached_by_another_way_is_the_same(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = article(tmp_path / "notes/a.md")
    (tmp_path / "link.md").symlink_to(path)
    chosen = settings(tmp_path, Folder("notes"))
    monkeypatch.chdir(tmp_path / "notes")
    assert files(store, chosen, path, Path("a.md"), Path("../link.md")) == ["new", "unchanged", "unchanged"]
    assert files(store, chosen, Path("../link.md"), at=1) == ["unchanged"]
    assert len(entries(store)) == 1


@pytest.mark.skipif(os.name != "posix", reason="needs names that are bytes")
def test_a_name_that_is_no_text(store: Store, tmp_path: Path) -> None:
    chosen = settings(tmp_path, Folder("notes"))
    folder = tmp_path / "notes"
    folder.mkdir()
    names = [b"\xe9t\xe9.md", b"\xe8t\xe8.md", b"a\nb.md"]
    paths = [Path(os.fsdecode(os.fsencode(folder) + b"/" + name)) for name in names]
    for path in paths:
        try:
            article(path)
        except OSError:
            pytest.skip("this disk has no such names")
    assert files(store, chosen, *paths) == ["new"] * 3
    assert files(store, chosen, *paths, at=1) == ["unchanged"] * 3
    for path in paths:
        article(path, words="coffee")
    assert files(store, chosen, *paths, at=2) == ["changed"] * 3
    assert len(entries(store)) == 3


# --- what cannot be read -----------------------------------------------------------------------------------------


def test_a_bad_file_stops_no_other(store: Store, tmp_path: Path) -> None:
    good = [article(tmp_path / f"{number}.md", title=f"T{number}") for number in range(60)]
    (tmp_path / "empty.md").touch()
    (tmp_path / "binary.md").write_bytes(bytes(range(256)) * 20)
    paths = [good[0], tmp_path / "empty.md", *good[1:30], tmp_path / "missing.md", tmp_path / "binary.md", *good[30:]]
    heard: list[Taken] = []
    found = take_in(store, (from_file(path, settings(tmp_path)) for path in paths), NOON, done=heard.append)

    assert heard == found
    assert [one.name for one in found] == [str(path) for path in paths]
    bad = {Path(one.name).name: str(one.error) for one in found if one.outcome == "failed"}
    assert sorted(bad) == ["binary.md", "empty.md", "missing.md"]
    assert all("\n" not in line for line in bad.values())
    assert "no such file" in bad["missing.md"]
    assert [one.entry for one in found if one.outcome == "new"] == list(range(1, 61))
    assert store.totals().entries == 60


def test_a_fault_of_ours_stops_no_other(store: Store, tmp_path: Path) -> None:
    def broken() -> bytes:
        raise KeyError("x")

    paths = [article(tmp_path / f"{number}.md") for number in (1, 2)]
    good = [from_file(path, settings(tmp_path)) for path in paths]
    bad = Article(name="bad", key=None, address="bad:", desk=Desk(BY_HAND, "t"), read=broken)
    found = take_in(store, [good[0], bad, good[1]], NOON)
    assert [one.outcome for one in found] == ["new", "failed", "new"]
    assert "bad: could not be taken in: a fault of Backissue (KeyError: 'x')" in str(found[1].error)


def test_nothing_good_makes_no_desk(store: Store, tmp_path: Path) -> None:
    assert files(store, settings(tmp_path), tmp_path / "missing.md") == ["failed"]
    assert store.feeds() == []


def test_a_version_that_cannot_be_read_leaves_the_last_one(store: Store, tmp_path: Path) -> None:
    path = article(tmp_path / "a.md")
    assert files(store, settings(tmp_path), path) == ["new"]
    path.write_bytes(b"")
    assert files(store, settings(tmp_path), path, at=1) == ["failed"]
    article(path)
    assert files(store, settings(tmp_path), path, at=2) == ["unchanged"]


# --- by hand -----------------------------------------------------------------------------------------------------


def stream(text: str, **values: Any) -> Article:
    return from_stream(text.encode(), Settings(site=Site(title="My site")), **values)


def test_a_stream_is_known_by_its_title(store: Store) -> None:
    one, two = (stream(TEXT.format(title="One", words=words), kind="markdown") for words in ("tea", "coffee"))
    other = stream(TEXT.format(title="Two", words="tea"), kind="markdown")
    assert taken(store, one) == ["new"]
    assert taken(store, one, at=1) == ["unchanged"]
    assert taken(store, two, at=2) == ["changed"]
    assert taken(store, other, at=3) == ["new"]
    assert [(record.entry.title, record.versions) for record in entries(store)] == [("One", 2), ("Two", 1)]


def test_streams_do_not_share_their_times(store: Store) -> None:
    for number, title in enumerate(["One", "Two", "Three"]):
        taken(store, stream(TEXT.format(title=title, words="tea"), kind="markdown"), at=number)
    assert [store.history(number)[0].last_seen for number in (1, 2, 3)] == [hour(0), hour(1), hour(2)]
    taken(store, stream(TEXT.format(title="One", words="tea"), kind="markdown"), at=5)
    assert store.history(1)[0].last_seen == hour(5)


def test_a_stream_without_a_title_is_known_by_its_first_words(store: Store) -> None:
    text = "Some plain words that go on for a while and end here. Then there is a second sentence.\n\nAnd more.\n"
    assert taken(store, stream(text, kind="text"), stream(text, kind="text")) == ["new", "unchanged"]


@pytest.mark.parametrize(
    ("source", "tags", "language", "expected"),
    [
        (None, (), None, None),
        ("The Press", (), None, Desk("local:The Press", "The Press", "The Press")),
        (None, ("a",), None, Desk(BY_HAND, "My site", None, ("a",))),
        (None, (), "fr", Desk(BY_HAND, "My site", None, (), "fr")),
    ],
)
def test_what_a_person_says_of_articles(
    source: str | None, tags: tuple[str, ...], language: str | None, expected: Desk | None
) -> None:
    assert desk_named(source, tags, language, Settings(site=Site(title="My site"))) == expected


def test_tags_of_what_is_handed_over_are_the_articles_own(store: Store) -> None:
    texts = [TEXT.format(title=title, words="tea") for title in ("One", "Two")]
    desk = desk_named(None, ("x",), "fr", Settings(site=Site(title="My site")))
    taken(store, stream(texts[0], kind="markdown", given=desk), stream(texts[1], kind="markdown"))
    assert [[tag.term for tag in record.entry.categories] for record in entries(store)] == [["x"], []]
    assert entries(store)[0].entry.language == "fr"
    assert [(one.url, one.tags) for one in store.feeds()] == [(BY_HAND, ())]


def test_a_desk_that_is_given_stands_above_the_folder(store: Store, tmp_path: Path) -> None:
    path = article(tmp_path / "notes/a.md")
    chosen = settings(tmp_path, Folder("notes"))
    desk = desk_named("Mine", (), None, chosen)
    assert taken(store, from_file(path, chosen, given=desk)) == ["new"]
    assert [one.url for one in store.feeds()] == ["local:Mine"]
    assert files(store, chosen, path) == ["new"]


# --- pages -------------------------------------------------------------------------------------------------------

PAGE = """<!doctype html><html lang="en"><head><title>A page</title><link rel="canonical" href="{url}"></head><body>
<article><h1>A page</h1><p>{words} and then enough words that this can be taken for the text of an article by anybody
who reads it, with <a href="/other">a link</a> to another page.</p></article></body></html>"""


def page(url: str, words: str, at: datetime = NOON) -> Response:
    return Response(
        url="https://s.example/old",
        final_url=url,
        status=200,
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        request_headers=(),
        body=PAGE.format(url=url, words=words).encode(),
        at=at,
        elapsed=0.1,
    )


def test_a_page_is_known_by_its_address(store: Store) -> None:
    def take(url: str, words: str) -> list[str]:
        return taken(store, from_page(page(url, words), "https://s.example/old", Settings()))

    assert take("https://s.example/a", "Tea") == ["new"]
    assert take("https://s.example/a", "Tea") == ["unchanged"]
    assert take("https://s.example/a", "Coffee") == ["changed"]
    assert take("http://www.s.example/a/?utm_source=x", "Coffee") in (["unchanged"], ["changed"])
    assert take("https://s.example/b", "Tea") == ["new"]
    first, second = entries(store)
    assert (first.entry.title, first.versions >= 2, second.versions) == ("A page", True, 1)
    assert first.entry.content
    assert 'href="https://s.example/other"' in first.entry.content.value
    assert store.find_entry("https://s.example/b") == second


# --- many --------------------------------------------------------------------------------------------------------


def test_articles_are_read_when_their_turn_comes(store: Store, tmp_path: Path) -> None:
    read: list[int] = []

    def reader(number: int) -> Callable[[], bytes]:
        def body() -> bytes:
            read.append(number)
            return TEXT.format(title=f"T{number}", words="tea").encode()

        return body

    def many() -> Iterator[Article]:
        for number in range(120):
            assert len(read) >= number // 50 * 50
            yield Article(
                name=str(number), key=None, address="x:", desk=Desk(BY_HAND, "t"), read=reader(number), kind="markdown"
            )

    assert len(take_in(store, many(), NOON)) == 120
    assert store.totals().entries == 120
