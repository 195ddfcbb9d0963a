"""Compressed copies beside published documents."""

from __future__ import annotations

import gzip
from pathlib import Path

import brotli
import pytest

from config.settings import Channel, Site
from feeds.compressed import compress, read_copy, write_with_copies
from feeds.files import PublishError
from feeds.publish import publish
from tests.support.items import NOON, an_item
from tests.support.memory import MemoryArchive

TEXT = b"<rss>" + b"text " * 1000


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_copies_hold_what_the_document_does(tmp_path: Path) -> None:
    path = tmp_path / "feed.rss"
    for data in (TEXT, TEXT + b"more"):
        assert write_with_copies({path: data}, wanted=True)
        assert gzip.decompress((tmp_path / "feed.rss.gz").read_bytes()) == data
        assert brotli.decompress((tmp_path / "feed.rss.br").read_bytes()) == data
        assert path.read_bytes() == data
    assert names(tmp_path) == ["feed.rss", "feed.rss.br", "feed.rss.gz"]


def test_what_is_as_it_should_be_is_not_touched(tmp_path: Path) -> None:
    write_with_copies({tmp_path / "feed.rss": TEXT}, wanted=True)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}

    assert not write_with_copies({tmp_path / "feed.rss": TEXT}, wanted=True)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_copies_are_as_old_as_their_document(tmp_path: Path) -> None:
    for data in (TEXT, TEXT + b"more"):
        write_with_copies({tmp_path / "feed.rss": data}, NOON, wanted=True)
        assert len({path.stat().st_mtime for path in tmp_path.iterdir()}) == 1


def test_a_copy_that_is_missing_is_made_good(tmp_path: Path) -> None:
    write_with_copies({tmp_path / "feed.rss": TEXT}, wanted=True)
    (tmp_path / "feed.rss.br").unlink()

    assert write_with_copies({tmp_path / "feed.rss": TEXT}, wanted=True)
    assert brotli.decompress((tmp_path / "feed.rss.br").read_bytes()) == TEXT


@pytest.mark.parametrize(("wanted", "data"), [(False, TEXT), (False, TEXT + b"more"), (True, b"short")])
def test_no_copy_is_left_of_another_document(tmp_path: Path, wanted: bool, data: bytes) -> None:
    write_with_copies({tmp_path / "feed.rss": TEXT}, wanted=True)
    write_with_copies({tmp_path / "feed.rss": data}, wanted=wanted)

    assert names(tmp_path) == ["feed.rss"]
    assert (tmp_path / "feed.rss").read_bytes() == data


def test_a_document_that_cannot_be_written_has_no_newer_copies_for_good(tmp_path: Path) -> None:
    (tmp_path / "feed.rss").mkdir()
    with pytest.raises(PublishError):
        write_with_copies({tmp_path / "feed.rss": TEXT}, wanted=True)
    (tmp_path / "feed.rss").rmdir()

    assert write_with_copies({tmp_path / "feed.rss": TEXT}, wanted=True)
    assert read_copy(tmp_path / "feed.rss", TEXT, "gzip") == compress(TEXT, "gzip")


@pytest.mark.parametrize("coding", ["gzip", "br"])
@pytest.mark.parametrize("found", [b"", b"rubbish", compress(b"another", "gzip"), compress(b"another", "br"), None])
def test_a_copy_of_something_else_is_none(tmp_path: Path, coding: str, found: bytes | None) -> None:
    if found is not None:
        for ending in (".gz", ".br"):
            (tmp_path / f"feed.rss{ending}").write_bytes(found)

    assert read_copy(tmp_path / "feed.rss", TEXT, coding) is None


def test_only_what_is_written_is_compressed(tmp_path: Path) -> None:
    source = MemoryArchive([an_item(number) for number in range(1, 31)])
    channel = Channel(name="news", title="News", entries=5, pages=False)

    def run(compressed: bool = True) -> dict[str, tuple[bytes, int]]:
        publish(channel, Site(), source, tmp_path, authority="b.example,2026", compressed=compressed)
        paths = [path for path in tmp_path.rglob("*") if path.is_file()]
        return {str(path.relative_to(tmp_path)): (path.read_bytes(), path.stat().st_ino) for path in paths}

    first = run()
    documents = {name for name in first if name.endswith((".rss", ".atom", ".json", ".html"))}
    assert len(documents) > 10
    assert first.keys() - {"news/.state"} == documents | {name + end for name in documents for end in (".gz", ".br")}
    for name in documents:
        assert gzip.decompress(first[f"{name}.gz"][0]) == brotli.decompress(first[f"{name}.br"][0]) == first[name][0]

    source.add(an_item(31))
    second = run()
    touched = {name for name in second if second[name] != first.get(name)}
    assert not any(name.startswith("news/archive/000001.") for name in touched)
    assert all(f"{name}.gz" in touched for name in touched & documents)

    third = run(compressed=False)
    assert not [name for name in third if name.startswith("news/feed.") and name.endswith((".gz", ".br"))]
    assert third["news/archive/000001.atom.gz"] == first["news/archive/000001.atom.gz"]
    assert {name: data for name, (data, _) in run().items()} == {name: data for name, (data, _) in second.items()}
