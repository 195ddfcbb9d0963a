"""Bags: valid by RFC 8493 alone, whole or not there."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive.export.bagit import write_bag
from archive.export.output import ExportError
from archive.store import Choice
from archive.store.sqlite import SqliteStore
from tests.support.archive import hour

HEX = {"sha256": 64, "sha512": 128}


def faults(bag: Path) -> list[str]:
    """What RFC 8493 finds wrong with a bag: the whole of section 3, so far as it is about what stands in the files."""
    found: list[str] = []
    declaration = (bag / "bagit.txt").read_bytes()
    if declaration != b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n":  # section 2.1.1: no BOM, these lines
        found.append("bagit.txt")
    payload = {one.relative_to(bag).as_posix() for one in (bag / "data").rglob("*") if one.is_file()}
    for kind, files in (("manifest", payload), ("tagmanifest", None)):
        for algorithm, length in HEX.items():  # section 2.4: SHA-512 should be there, several may be
            text = (bag / f"{kind}-{algorithm}.txt").read_text("utf-8")
            listed = {}
            for line in text.splitlines():
                match = re.fullmatch(r"([0-9a-fA-F]+)[ \t]+(.+)", line)  # section 2.1.3
                if match is None or len(match[1]) != length or match[2].startswith(("*", "/", "~")) or ".." in match[2]:
                    found.append(f"{kind}-{algorithm}: {line}")
                    continue
                if match[2] in listed:
                    found.append(f"{match[2]} is listed twice")
                listed[match[2]] = match[1]
                held = bag / match[2]
                if not held.is_file() or hashlib.new(algorithm, held.read_bytes()).hexdigest() != match[1].lower():
                    found.append(f"{match[2]} differs from {kind}-{algorithm}")
            if files is not None and listed.keys() != files:  # section 3: every payload file in every manifest
                found.append(f"{kind}-{algorithm} does not list the payload")
            if files is None and any(name.startswith(("tagmanifest", "data/")) for name in listed):  # section 2.2.1
                found.append(f"{kind}-{algorithm} lists what it must not")
    info = dict(line.split(": ", 1) for line in (bag / "bag-info.txt").read_text("utf-8").splitlines())  # section 2.2.2
    octets = sum((bag / name).stat().st_size for name in payload)
    if info.get("Payload-Oxum") != f"{octets}.{len(payload)}":
        found.append("Payload-Oxum")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", info.get("Bagging-Date", "")):
        found.append("Bagging-Date")
    if (bag / "fetch.txt").exists():
        found.append("fetch.txt")
    return found


def bag(store: SqliteStore, path: Path) -> Path:
    with store.snapshot() as source:
        write_bag(path, source, Choice(), now=hour(30), software="Backissue/1", organisation="A  library\nhere")
    return path


def test_a_bag_is_valid_and_complete(store: SqliteStore, tmp_path: Path) -> None:
    made = bag(store, tmp_path / "bag")

    assert faults(made) == []
    info = (made / "bag-info.txt").read_text("utf-8")
    assert "Bagging-Date: 2026-11-25\n" in info or f"Bagging-Date: {hour(30):%Y-%m-%d}\n" in info
    assert "Source-Organization: A library here\n" in info
    with (made / "data/documents.warc.gz").open("rb") as file:
        kinds = [record.rec_type for record in ArchiveIterator(file)]
    assert kinds.count("response") + kinds.count("resource") >= 5
    versions = [json.loads(line) for line in (made / "data/versions.jsonl").read_bytes().splitlines()]
    assert len(versions) == sum(len(store.history(one.id)) for one in store.entries())


@pytest.mark.parametrize("name", ["data/versions.jsonl", "bag-info.txt", "manifest-sha512.txt"])
def test_the_check_finds_what_was_altered(store: SqliteStore, tmp_path: Path, name: str) -> None:
    made = bag(store, tmp_path / "bag")
    body = bytearray((made / name).read_bytes())
    body[len(body) // 2] ^= 1
    (made / name).write_bytes(body)

    assert faults(made) != []


def test_a_folder_with_something_in_it_is_left_alone(store: SqliteStore, tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag/mine.txt").write_text("mine")
    with pytest.raises(ExportError, match="is there already"):
        bag(store, tmp_path / "bag")
    assert [one.name for one in (tmp_path / "bag").iterdir()] == ["mine.txt"]


def test_what_is_broken_off_leaves_nothing(store: SqliteStore, tmp_path: Path) -> None:
    def stop(name: str) -> None:
        raise KeyboardInterrupt

    before = {one.name for one in tmp_path.iterdir()}
    with store.snapshot() as source, pytest.raises(KeyboardInterrupt):
        write_bag(tmp_path / "bag", source, Choice(), now=hour(30), software="Backissue/1", organisation="", done=stop)
    assert {one.name for one in tmp_path.iterdir()} == before
