"""Documents and their compressed copies beside them: feed.atom.gz and feed.atom.br, for web servers that send them so.

nginx does with gzip_static and brotli_static, Caddy with `precompressed`. A copy stands before its document does, so
whoever is killed in between finds the document not yet written, and makes both again.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import brotli

from feeds.files import explained, holds, write_all

ENDINGS = {"gzip": ".gz", "br": ".br"}
SMALLEST = 500  # bytes; what is smaller fits into a packet as it is


def write_with_copies(
    documents: Mapping[Path, bytes], modified: datetime | None = None, *, wanted: bool
) -> frozenset[Path]:
    """Write documents as `feeds.files.write` does, and their copies with them, or take away those not wanted.

    Copies are as old as their document. Gives those of the documents that were not as they should be, or had not the
    copies that they should have: nothing else is compressed. Raises PublishError.
    """
    written: list[Path] = []
    files: dict[Path, bytes] = {}
    for path, data in documents.items():
        worthwhile = wanted and len(data) >= SMALLEST
        copies = {coding: path.with_name(path.name + ending) for coding, ending in ENDINGS.items()}
        there, same = [copy for copy in copies.values() if copy.is_file()], holds(path, data)
        if same and len(there) == (len(copies) if worthwhile else 0):
            continue
        written.append(path)
        if worthwhile:
            made = {copy: compress(data, coding) for coding, copy in copies.items()}
            files |= {copy: packed for copy, packed in made.items() if not holds(copy, packed)}
        else:
            _remove(there)
        files |= {} if same else {path: data}
    write_all(files, modified)
    return frozenset(written)


def compress(data: bytes, coding: str) -> bytes:
    """The bytes in a content coding, always the same."""
    return _ENCODERS[coding](data)


def read_copy(path: Path, data: bytes, coding: str) -> bytes | None:
    """The file's copy in a coding, if there is one that holds just these bytes."""
    with suppress(OSError, EOFError, ValueError, brotli.error):
        copy = path.with_name(path.name + ENDINGS[coding]).read_bytes()
        if _DECODERS[coding](copy) == data:
            return copy
    return None


def _remove(copies: Iterable[Path]) -> None:
    for copy in copies:
        with explained(copy):
            copy.unlink(missing_ok=True)


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 6, mtime=0)


def _brotli(data: bytes) -> bytes:
    # Beyond 5, two per cent are gained for four times the time.
    encoded: bytes = brotli.compress(data, quality=5, mode=brotli.MODE_TEXT)
    return encoded


_ENCODERS: dict[str, Callable[[bytes], bytes]] = {"gzip": _gzip, "br": _brotli}
_DECODERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": brotli.decompress}
