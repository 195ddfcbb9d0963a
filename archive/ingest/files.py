"""Article files on a disk: which of the paths a person names hold articles."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from archive.ingest.errors import IngestError, NoArticlesError
from archive.ingest.kinds import SUFFIXES
from config.errors import reason_of

_KNOWN = ", ".join(SUFFIXES)


def articles(paths: Iterable[Path]) -> Iterator[Path]:
    """The article files among `paths` and in the folders among them, each once; folders are searched to the bottom.

    A file that is named is taken whatever it is called; in folders hidden files, "*.tmp" and "*~" are passed over, and
    names are in sorted order. A folder reached by a symbolic link is visited once.
    Raises IngestError for a path that does not exist, and NoArticlesError for a folder without any.
    """
    given: set[Path] = set()
    for path in paths:
        found = False
        for file in _walk(path, set()):
            found = True
            if (real := file.resolve()) not in given:
                given.add(real)
                yield file
        if not found:
            raise NoArticlesError(str(path), "holds no articles", f"put files there that end in {_KNOWN}")


def _walk(path: Path, visited: set[Path]) -> Iterator[Path]:
    try:
        if path.is_dir():
            yield from _folder(path, visited)
        elif path.is_file():
            yield path
        elif path.exists():
            raise IngestError(str(path), "is neither a file nor a folder", "name article files or folders of them")
        else:
            raise IngestError(str(path), "does not exist", "check the spelling")
    except OSError as error:
        reason = f"cannot be read ({reason_of(error)})"
        raise IngestError(str(path), reason, "check the rights of it and of the folders above") from error


def _folder(folder: Path, visited: set[Path]) -> Iterator[Path]:
    real = folder.resolve()
    if real in visited:
        return
    visited.add(real)
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if entry.name.startswith(".") or entry.name.endswith((".tmp", "~")):
            continue
        if path.is_dir():
            yield from _walk(path, visited)
        elif path.suffix.lower() in SUFFIXES and path.is_file():
            yield path
