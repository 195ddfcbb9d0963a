"""Compressed copies beside published documents."""

from __future__ import annotations

import gzip
from pathlib import Path

import brotli
import pytest

from feeds.compressed import compress, read_copy, write_with_copies
from feeds.files import PublishError

TEXT = b"<rss>" + b"text " * 1000


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_copies_hold_what_the_document_does(tmp_path: Path) -> None:
    path = tmp_path / "feed.rss"
    for data in (TEXT, TEXT + b"more"):
        assert write_with_copies(path, data, wanted=True)
        assert gzip.decompress((tmp_path / "feed.rss.gz").read_bytes()) == data
        assert brotli.decompress((tmp_path / "feed.rss.br").read_bytes()) == data
        assert path.read_bytes() == data
    assert names(tmp_path) == ["feed.rss", "feed.rss.br", "feed.rss.gz"]


def test_what_is_as_it_should_be_is_not_touched(tmp_path: Path) -> None:
    write_with_copies(tmp_path / "feed.rss", TEXT, wanted=True)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}

    assert not write_with_copies(tmp_path / "feed.rss", TEXT, wanted=True)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_a_copy_that_is_missing_is_made_good(tmp_path: Path) -> None:
    write_with_copies(tmp_path / "feed.rss", TEXT, wanted=True)
    (tmp_path / "feed.rss.br").unlink()

    assert write_with_copies(tmp_path / "feed.rss", TEXT, wanted=True)
    assert brotli.decompress((tmp_path / "feed.rss.br").read_bytes()) == TEXT


@pytest.mark.parametrize(("wanted", "data"), [(False, TEXT), (False, TEXT + b"more"), (True, b"short")])
def test_no_copy_is_left_of_another_document(tmp_path: Path, wanted: bool, data: bytes) -> None:
    write_with_copies(tmp_path / "feed.rss", TEXT, wanted=True)
    write_with_copies(tmp_path / "feed.rss", data, wanted=wanted)

    assert names(tmp_path) == ["feed.rss"]
    assert (tmp_path / "feed.rss").read_bytes() == data


def test_a_document_that_cannot_be_written_has_no_newer_copies_for_good(tmp_path: Path) -> None:
    (tmp_path / "feed.rss").mkdir()
    with pytest.raises(PublishError):
        write_with_copies(tmp_path / "feed.rss", TEXT, wanted=True)
    (tmp_path / "feed.rss").rmdir()

    assert write_with_copies(tmp_path / "feed.rss", TEXT, wanted=True)
    assert read_copy(tmp_path / "feed.rss", TEXT, "gzip") == compress(TEXT, "gzip")


@pytest.mark.parametrize("coding", ["gzip", "br"])
@pytest.mark.parametrize("found", [b"", b"rubbish", compress(b"another", "gzip"), compress(b"another", "br"), None])
def test_a_copy_of_something_else_is_none(tmp_path: Path, coding: str, found: bytes | None) -> None:
    if found is not None:
        for ending in (".gz", ".br"):
            (tmp_path / f"feed.rss{ending}").write_bytes(found)

    assert read_copy(tmp_path / "feed.rss", TEXT, coding) is None
