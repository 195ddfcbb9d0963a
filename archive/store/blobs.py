"""Bytes by their SHA-256, compressed; the same bytes are stored once, and bytes like others as the difference.

A difference is zstd with the other bytes as its dictionary (RFC 8878 section 5): a feed's next document, of which one
entry changed, takes some hundred bytes. Chains of differences are kept short, so that any one is read fast.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading

import zstandard
from zstandard import ZstdCompressionDict, ZstdCompressionParameters, ZstdCompressor, ZstdDecompressor

_SMALL = 64
_LEVEL = 3
_DEEPEST = 40  # differences to put together to read one blob
_NEXT_TO_NOTHING = 20  # or if it is so many times smaller than the blob
_WORTHWHILE = 0.5  # a difference is kept only if it is smaller than so much of the blob compressed alone


class _Own(threading.local):
    """A thread's own: neither may be used by two threads at once, which ends the process."""

    def __init__(self) -> None:
        self.compress = ZstdCompressor(level=_LEVEL).compress
        self.decompress = ZstdDecompressor().decompress


_own = _Own()


def put(db: sqlite3.Connection, data: bytes, base: int | None = None, digest: bytes | None = None) -> int:
    """The id of the blob that holds these bytes, stored as a difference to the blob `base` where that is much less.

    `digest` is their SHA-256, where that is at hand.
    """
    digest = digest or hashlib.sha256(data).digest()
    row = db.execute("SELECT id FROM blob WHERE sha256 = ?", (digest,)).fetchone()
    if row:
        return int(row[0])
    codec, packed, depth = _packed(db, data, base)
    cursor = db.execute(
        "INSERT INTO blob (sha256, size, codec, data, base, depth) VALUES (?, ?, ?, ?, ?, ?)",
        (digest, len(data), codec, packed, base if depth else None, depth),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _packed(db: sqlite3.Connection, data: bytes, base: int | None) -> tuple[str, bytes, int]:
    """The codec's name, the bytes as stored, and how many differences have to be put together to read them."""
    difference = None if base is None or len(data) < _SMALL else _difference(db, data, base)
    # Next to nothing is worth it whatever the bytes would take alone; that need not be found out.
    if difference and len(difference[0]) * _NEXT_TO_NOTHING <= len(data):
        return "delta", *difference
    codec, packed = pack(data)
    if difference and len(packed) >= _SMALL and len(difference[0]) < _WORTHWHILE * len(packed):
        return "delta", *difference
    return codec, packed, 0


def get(db: sqlite3.Connection, blob: int) -> bytes:
    """The bytes of a blob. Raises ZstdError if they are damaged."""
    codec, data, base = db.execute("SELECT codec, data, base FROM blob WHERE id = ?", (blob,)).fetchone()
    return read(db, codec, data, base)


def read(db: sqlite3.Connection, codec: str, data: bytes, base: int | None) -> bytes:
    """The bytes of a blob's row. Raises ZstdError if they are damaged."""
    if base is None:
        return unpack(codec, data)
    return patched(data, get(db, base))


def patched(difference: bytes, other: bytes) -> bytes:
    """The bytes of which this is the difference to others. Raises ZstdError if they are damaged."""
    return ZstdDecompressor(dict_data=_dictionary(other)).decompress(difference)


def pack(data: bytes) -> tuple[str, bytes]:
    """The codec's name and the bytes as stored: compressed where that makes them smaller."""
    if len(data) < _SMALL:
        return "raw", data
    packed = _own.compress(data)
    return ("zstd", packed) if len(packed) < len(data) else ("raw", data)


def unpack(codec: str, data: bytes) -> bytes:
    """The bytes that `pack` was given."""
    return _own.decompress(data) if codec == "zstd" else data


def _difference(db: sqlite3.Connection, data: bytes, base: int) -> tuple[bytes, int] | None:
    """The difference to another blob and its depth, unless that is deep enough."""
    (depth,) = db.execute("SELECT depth FROM blob WHERE id = ?", (base,)).fetchone()
    if depth >= _DEEPEST:
        return None
    other = get(db, base)
    # Without the sizes zstd would not look back far enough to find what two large documents have in common.
    parameters = ZstdCompressionParameters.from_level(_LEVEL, source_size=len(data), dict_size=len(other))
    packed = ZstdCompressor(dict_data=_dictionary(other), compression_params=parameters).compress(data)
    return packed, depth + 1


def _dictionary(data: bytes) -> ZstdCompressionDict:
    return ZstdCompressionDict(data, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
