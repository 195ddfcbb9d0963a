"""Published files: found, kept and compressed."""

from __future__ import annotations

import asyncio
import gzip
import os
from pathlib import Path

import brotli
import pytest

from backissue.web.files import File, Files
from feeds.files import write

TEXT = b"<rss>" + b"text " * 1000


def read(files: Files, path: str) -> File:
    found = asyncio.run(files.file(path))
    assert isinstance(found, File)
    return found


def test_a_file_is_read_once_per_version(tmp_path: Path) -> None:
    write(tmp_path / "feed.rss", TEXT)
    files = Files(tmp_path, 1_000_000)
    first = read(files, "feed.rss")
    assert read(files, "feed.rss") is first

    write(tmp_path / "feed.rss", TEXT + b"more")
    second = read(files, "feed.rss")
    assert second.body == TEXT + b"more"
    assert second.etag("identity") != first.etag("identity")

    os.utime(tmp_path / "feed.rss", (1, 1))
    third = read(files, "feed.rss")
    assert third.modified == 1
    assert third.etag("identity") == second.etag("identity")


def test_the_tag_is_of_the_bytes(tmp_path: Path) -> None:
    for name in ("a.rss", "b.rss"):
        write(tmp_path / name, TEXT)
    write(tmp_path / "c.rss", TEXT + b"!")
    files = Files(tmp_path, 1_000_000)
    a, b, c = (read(files, name) for name in ("a.rss", "b.rss", "c.rss"))

    assert a.etag("gzip") == b.etag("gzip")
    assert len({a.etag("identity"), a.etag("gzip"), a.etag("br"), c.etag("identity")}) == 4


@pytest.mark.parametrize(("coding", "decode"), [("gzip", gzip.decompress), ("br", brotli.decompress)])
def test_compressed_bytes_are_kept_and_always_the_same(tmp_path: Path, coding: str, decode: object) -> None:
    assert callable(decode)
    write(tmp_path / "feed.rss", TEXT)

    async def all_at_once(files: Files) -> list[bytes]:
        file = await files.file("feed.rss")
        assert isinstance(file, File)
        return [*await asyncio.gather(*(files.encoded(file, coding) for _ in range(10)))]

    files = Files(tmp_path, 1_000_000)
    bodies = asyncio.run(all_at_once(files)) + asyncio.run(all_at_once(files))
    assert all(body is bodies[0] for body in bodies)
    assert decode(bodies[0]) == TEXT
    assert len(bodies[0]) < len(TEXT) / 10
    assert asyncio.run(all_at_once(Files(tmp_path, 0)))[0] == bodies[0]


def test_no_more_is_kept_than_allowed(tmp_path: Path) -> None:
    names = [f"{number}.rss" for number in range(5)]
    for name in names:
        write(tmp_path / name, TEXT)
    files = Files(tmp_path, 2 * (len(TEXT) + 2000))
    read_first = {name: read(files, name) for name in names}

    assert [name for name in names[::-1] if read(files, name) is read_first[name]] == ["4.rss", "3.rss"]


@pytest.mark.parametrize(
    ("name", "size", "codings"),
    [
        ("a.rss", 5000, ("br", "gzip", "identity")),
        ("a.rss", 100, ("identity",)),
        ("a.rss", 5_000_000, ("identity",)),
        ("a.mp3", 5000, ("identity",)),
    ],
)
def test_only_text_of_some_length_is_compressed(tmp_path: Path, name: str, size: int, codings: tuple[str, ...]) -> None:
    (tmp_path / name).write_bytes(bytes(size))

    assert read(Files(tmp_path, 1_000_000), name).codings == codings


def test_a_large_file_is_not_held_in_memory(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(bytes(5_000_000))
    files = Files(tmp_path, 100_000_000)
    file = read(files, "a.mp3")
    assert (file.body, file.size) == (None, 5_000_000)

    handle = asyncio.run(files.open(file))
    assert handle
    with handle:
        write(tmp_path / "a.mp3", b"new")
        assert handle.read() == bytes(5_000_000)
    assert asyncio.run(files.open(file)) is None


def linked(folder: Path) -> Path:
    """A folder with all sorts of links and things that are no files."""
    public = folder / "public"
    (public / "all").mkdir(parents=True)
    (public / "feed.rss").write_bytes(TEXT)
    (public / ".hidden").write_bytes(b"secret")
    (folder / "outside.txt").write_bytes(b"secret")
    (folder / "public-too").mkdir()
    (folder / "public-too/x.txt").write_bytes(b"secret")
    for name, target in {
        "inside.rss": "feed.rss",
        "all/up.rss": "../feed.rss",
        "out.txt": "../outside.txt",
        "absolute.txt": str(folder / "outside.txt"),
        "sibling": "../public-too",
        "shown.txt": ".hidden",
        "loop": "loop",
        "dangling": "nowhere",
    }.items():
        (public / name).symlink_to(target)
    os.mkfifo(public / "pipe")
    return public


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("feed.rss", "file"),
        ("inside.rss", "file"),
        ("all/up.rss", "file"),
        ("all", "folder"),
        ("out.txt", None),
        ("absolute.txt", None),
        ("sibling/x.txt", None),
        ("shown.txt", None),
        ("loop", None),
        ("dangling", None),
        ("pipe", None),
        ("feed.rss/x", None),
        ("nowhere/feed.rss", None),
        ("x" * 300, None),
        ("x/" * 3000, None),
    ],
)
def test_what_links_lead_to_is_shown_only_inside(tmp_path: Path, path: str, expected: str | None) -> None:
    found = asyncio.run(Files(linked(tmp_path), 1_000_000).file(path))

    assert ("file" if isinstance(found, File) else found) == expected


def test_the_folder_may_itself_be_a_link(tmp_path: Path) -> None:
    linked(tmp_path)
    (tmp_path / "link").symlink_to("public")
    files = Files(tmp_path / "link", 1_000_000)

    assert read(files, "feed.rss").body == TEXT
    assert asyncio.run(files.file("out.txt")) is None
