"""A BagIt bag (RFC 8493): the documents as WARC, the versions and feeds as tables, with manifests of all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from archive.export.output import whole_folder
from archive.export.tables import rows, write_csv, write_jsonl
from archive.export.warc import write_warc
from archive.store import Choice, Snapshot

ALGORITHMS = ("sha256", "sha512")
_README = """\
documents.warc.gz  every document as it was served (WARC 1.1)
versions.jsonl     every version of every entry, a JSON object a line
feeds.csv          the feeds
Backissue's docs/data.md tells what each column means.
"""


def write_bag(
    path: Path,
    source: Snapshot,
    choice: Choice,
    *,
    now: datetime,
    software: str,
    organisation: str,
    done: Callable[[str], None] = lambda name: None,
) -> int:
    """Make the bag, which holds all that belongs to it (no fetch.txt); gives how many bytes of payload it has.

    `now` becomes its Bagging-Date, `organisation` its Source-Organization. Raises ExportError and StoreError.
    """
    with whole_folder(path) as folder:
        data = folder / "data"
        data.mkdir()
        with (data / "documents.warc.gz").open("wb") as file:
            write_warc(file, source, choice, now=now, software=software, compressed=True, done=done)
        with (data / "versions.jsonl").open("wb") as file:
            write_jsonl(file, "versions", rows(source, "versions", choice, done))
        with (data / "feeds.csv").open("wb") as file:
            write_csv(file, "feeds", rows(source, "feeds", choice, done))
        (data / "README.txt").write_text(_README, "utf-8", newline="\n")
        payload = sorted(data.iterdir())
        size = sum(one.stat().st_size for one in payload)
        info = {
            "Source-Organization": organisation,
            "Bagging-Date": now.astimezone(UTC).date().isoformat(),
            "Bag-Software-Agent": software,
            "External-Identifier": f"tag:{source.authority}:archive",
            "External-Description": _span(choice),
            "Payload-Oxum": f"{size}.{len(payload)}",
        }
        _write(folder / "bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        lines = (f"{label}: {' '.join(value.split())}\n" for label, value in info.items() if value)
        _write(folder / "bag-info.txt", "".join(lines))
        for algorithm in ALGORITHMS:
            _manifest(folder, f"manifest-{algorithm}.txt", payload, algorithm)
        tags = sorted(one for one in folder.iterdir() if one.is_file())
        for algorithm in ALGORITHMS:
            _manifest(folder, f"tagmanifest-{algorithm}.txt", tags, algorithm)
    return size


def _span(choice: Choice) -> str:
    """What of the archive it holds, in words."""
    words = ["feeds, their documents and all versions of their entries"]
    words += [f"of {len(choice.feeds)} feeds"] if choice.feeds is not None else []
    words += [f"from {choice.since:%Y-%m-%d %H:%M}"] if choice.since else []
    words += [f"until {choice.until:%Y-%m-%d %H:%M}"] if choice.until else []
    return " ".join(words)


def _manifest(folder: Path, name: str, files: list[Path], algorithm: str) -> None:
    """A line for each file: its digest, two spaces, its path from the bag (RFC 8493 section 2.1.3)."""
    lines = []
    for one in files:
        with one.open("rb") as file:
            digest = hashlib.file_digest(file, algorithm).hexdigest()
        lines.append(f"{digest}  {one.relative_to(folder).as_posix()}\n")
    _write(folder / name, "".join(lines))


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="\n")
