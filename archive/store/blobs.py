"""Bytes by their SHA-256, compressed; the same bytes are stored once."""

from __future__ import annotations

import hashlib
import sqlite3

import zstandard

_SMALL = 64
_compress = zstandard.ZstdCompressor(level=3).compress
_decompress = zstandard.ZstdDecompressor().decompress


def put(db: sqlite3.Connection, data: bytes) -> int:
    """The id of the blob that holds these bytes."""
    digest = hashlib.sha256(data).digest()
    row = db.execute("SELECT id FROM blob WHERE sha256 = ?", (digest,)).fetchone()
    if row:
        return int(row[0])
    codec, packed = pack(data)
    cursor = db.execute(
        "INSERT INTO blob (sha256, size, codec, data) VALUES (?, ?, ?, ?)", (digest, len(data), codec, packed)
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def get(db: sqlite3.Connection, blob: int) -> bytes:
    """The bytes of a blob."""
    codec, data = db.execute("SELECT codec, data FROM blob WHERE id = ?", (blob,)).fetchone()
    return unpack(codec, data)


def pack(data: bytes) -> tuple[str, bytes]:
    """The codec's name and the bytes as stored: compressed where that makes them smaller."""
    if len(data) < _SMALL:
        return "raw", data
    packed = _compress(data)
    return ("zstd", packed) if len(packed) < len(data) else ("raw", data)


def unpack(codec: str, data: bytes) -> bytes:
    """The bytes that `pack` was given."""
    return _decompress(data) if codec == "zstd" else data
