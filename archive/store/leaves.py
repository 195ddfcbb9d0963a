"""What of each row goes into the log: all of it that never changes, as JSON that anyone can read and hash again.

Fields that are null are left out, so that a column which is added later makes no old leaf look changed. What may change
is not bound: until when a document was served and how often (`last_at`, `times`), and how bytes are compressed.
Bodies are bound by their SHA-256, and entries and feeds, which may change, by what of them never does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
from msgspec import MsgspecError, Struct
from zstandard import ZstdError

from archive.store import heads

# What a row that was tampered with may raise on its way to a leaf.
BROKEN = (TypeError, ValueError, AttributeError, MemoryError, OverflowError, ZstdError, MsgspecError)

_encode = msgspec.json.Encoder().encode
Row = tuple[Any, ...]


class Leaf(Struct, frozen=True, tag_field="kind", omit_defaults=True, gc=False):
    """What a leaf says of a row; `kind` names the table."""

    id: int


class ArchiveLeaf(Leaf, frozen=True, tag="archive", gc=False):
    """The first leaf: whose log this is."""

    authority: str
    created: str


class FeedLeaf(Leaf, frozen=True, tag="feed", gc=False):
    """A feed, by the first address that is known of it."""

    url: str
    of: str
    added: str


class DocumentLeaf(Leaf, frozen=True, tag="document", gc=False):
    """A document as it was served. `asked` and `answered` are its headers, or their text in archives of schema 1."""

    feed: int
    url: str
    status: int | None
    first_at: str
    sha256: str
    asked: Any
    answered: Any
    format: str | None = None
    charset: str | None = None
    problems: str = "[]"


class FeedVersionLeaf(Leaf, frozen=True, tag="feed_version", gc=False):
    """What a feed said of itself."""

    feed: int
    first_seen: str
    fingerprint: str
    body: str


class VersionLeaf(Leaf, frozen=True, tag="version", gc=False):
    """A version of an entry; `sha256` is that of its canonical JSON."""

    entry: int
    public_id: str
    feed: int
    number: int
    first_seen: str
    fingerprint: str
    words: int
    sha256: str
    document: int | None = None


class EditionLeaf(Leaf, frozen=True, tag="edition", gc=False):
    """That a version became its entry's current one."""

    entry: int
    version: int
    at: str
    key: str | None = None
    late: int = 0


class DeletionLeaf(Leaf, frozen=True, tag="deletion", gc=False):
    """That an entry was taken back."""

    entry: int
    seen: str
    reason: str
    at: str | None = None
    by: str | None = None
    comment: str | None = None


class EventLeaf(Leaf, frozen=True, tag="event", gc=False):
    """What befell a feed."""

    feed: int
    at: str
    of: str
    detail: str | None = None


class JoiningLeaf(Leaf, frozen=True, tag="joining", gc=False):
    """What was joined and parted by hand."""

    at: str
    action: str
    entry: int
    other: int
    keys: str


class MovedLeaf(Leaf, frozen=True, tag="moved_version", gc=False):
    """That a version is another entry's now."""

    version: int
    copy: int


class Logged(NamedTuple):
    """A table of the log: the query for what is bound of its rows, the number first, and what a row makes.

    A row makes a leaf, if anything; and where it holds compressed bytes, a check of how they are stored.
    """

    name: str
    query: str
    leaf: Callable[[Row], Leaf] | None
    check: Callable[[Row], int] | None = None

    @property
    def between(self) -> str:
        """The query for the rows with numbers above the first and up to the second, in order."""
        return f"{self.query} WHERE {self.name}.id > ? AND {self.name}.id <= ? ORDER BY {self.name}.id"


def encoded(leaf: Leaf) -> bytes:
    """What is hashed."""
    return _encode(leaf)


def hashed(leaves: Iterable[Leaf]) -> list[bytes]:
    """The hashes of the leaves."""
    # `merkle.leaf_hash` written out: there are as many of them as there are entries in all feeds.
    return [sha256(b"\x00" + _encode(leaf)).digest() for leaf in leaves]


def _document(row: Row) -> Leaf:
    number, feed, url, status, first, digest, packed, asked, answered, *rest = row
    if packed is not None:
        if (asked, answered) != ("[]", "[]"):
            raise ValueError("headers stand in two places")
        asked, answered = heads.unpack(packed)
    return DocumentLeaf(number, feed, url, status, first, digest.hex(), asked, answered, *rest)


def _feed_version(row: Row) -> Leaf:
    number, feed, first, fingerprint, body = row
    return FeedVersionLeaf(number, feed, first, fingerprint.hex(), body)


def _version(row: Row) -> Leaf:
    number, entry, name, feed, place, first, fingerprint, words, digest, document = row
    return VersionLeaf(number, entry, name, feed, place, first, fingerprint.hex(), words, digest.hex(), document)


def blob_check(row: Row) -> int:
    """The CRC-32 of all that is stored of a blob: `(id, size, codec, base, depth, data)`."""
    _, size, codec, base, depth, data = row
    return crc32(data, crc32(f"{size} {codec} {base} {depth}".encode()))


def heads_check(packed: bytes | None) -> int:
    """The CRC-32 of a document's headers as they are stored."""
    return crc32(packed or b"")


# Their order is that of the leaves in a row of the log, and of the numbers in its `reach`: new tables go to the end.
TABLES = (
    Logged("blob", "SELECT id, size, codec, base, depth, data FROM blob", None, blob_check),
    # A feed's address may change; the first one is known for good.
    Logged(
        "feed",
        "SELECT id, coalesce((SELECT detail FROM event WHERE event.feed = feed.id AND event.kind = 'moved'"
        " ORDER BY event.id LIMIT 1), url), kind, added FROM feed",
        lambda row: FeedLeaf(*row),
    ),
    Logged(
        "document",
        "SELECT document.id, feed, url, status, first_at, sha256, heads, request_headers, response_headers, format,"
        " charset, problems FROM document LEFT JOIN blob ON blob.id = document.blob",
        _document,
        lambda row: heads_check(row[6]),
    ),
    Logged("feed_version", "SELECT id, feed, first_seen, fingerprint, body FROM feed_version", _feed_version),
    Logged(
        "version",
        "SELECT version.id, entry, public_id, feed, number, version.first_seen, fingerprint, words, sha256, document"
        " FROM version LEFT JOIN entry ON entry.id = version.entry LEFT JOIN blob ON blob.id = version.blob",
        _version,
    ),
    Logged("edition", "SELECT id, entry, version, at, key, late FROM edition", lambda row: EditionLeaf(*row)),
    Logged("deletion", "SELECT id, entry, seen, reason, at, by, comment FROM deletion", lambda row: DeletionLeaf(*row)),
    Logged("event", "SELECT id, feed, at, kind, detail FROM event", lambda row: EventLeaf(*row)),
    Logged("joining", "SELECT id, at, action, entry, other, keys FROM joining", lambda row: JoiningLeaf(*row)),
    Logged("moved_version", "SELECT id, version, copy FROM moved_version", lambda row: MovedLeaf(*row)),
)
