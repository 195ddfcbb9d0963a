"""Documents and their compressed copies beside them: feed.atom.gz and feed.atom.br, for web servers that send them so.

nginx does with gzip_static and brotli_static, Caddy with `precompressed`. A copy stands before its document does, so
whoever is killed in between finds the document not yet written, and makes both again.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import brotli

from feeds.files import explained, holds, write

ENDINGS = {"gzip": ".gz", "br": ".br"}
SMALLEST = 500  # bytes; what is smaller fits into a packet as it is


def write_with_copies(path: Path, data: bytes, modified: datetime | None = None, *, wanted: bool) -> bool:
    """Give the file these bytes as `feeds.files.write` does, and its copies with it, or take away those not wanted.

    Copies are as old as their document. False if all is as it should be already: then nothing is compressed. Raises
    PublishError.
    """
    worthwhile = wanted and len(data) >= SMALLEST
    copies = {coding: path.with_name(path.name + ending) for coding, ending in ENDINGS.items()}
    if holds(path, data) and all(copy.is_file() is worthwhile for copy in copies.values()):
        return False
    for coding, copy in copies.items():
        if worthwhile:
            write(copy, compress(data, coding), modified)
        else:
            with explained(copy):
                copy.unlink(missing_ok=True)
    write(path, data, modified)
    return True


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


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 6, mtime=0)


def _brotli(data: bytes) -> bytes:
    # Beyond 5, two per cent are gained for four times the time.
    encoded: bytes = brotli.compress(data, quality=5, mode=brotli.MODE_TEXT)
    return encoded


_ENCODERS: dict[str, Callable[[bytes], bytes]] = {"gzip": _gzip, "br": _brotli}
_DECODERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": brotli.decompress}
