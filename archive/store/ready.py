"""What can be made of a document without the archive, ahead of recording it, wherever there is time. Pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from archive.history import fingerprint, form, plain_link
from archive.store import blobs
from archive.store.index import Words, plain_texts, words_of
from archive.store.values import Observation
from archive.store.versions import is_absolute_iri
from feeds.count import word_count
from feeds.model import Entry, ParsedFeed

_decode = msgspec.json.Decoder(Entry).decode


class Packed(Struct, frozen=True, array_like=True):
    """Bytes as they are stored."""

    sha256: bytes
    size: int
    codec: str
    data: bytes


class Ready(Struct, frozen=True, array_like=True):
    """An entry as it is stored when it is met for the first time.

    Its canonical JSON, digests, link and own id if that is an IRI, what it is found by with the digest of that, and how
    many words it has.
    """

    body: Packed
    form: bytes
    fingerprint: bytes
    link: str | None
    iri: str | None
    found_by: Words
    found_by_digest: bytes
    words: int


class Prepared(Observation, frozen=True, kw_only=True):
    """An observation with its document packed and its entries ready, each in its place.

    The bytes of the document are in it once, packed. Entries that have titles may stand there without their texts
    (`bare`). What is left out is in what is ready (`whole`).
    """

    document: Packed
    ready: tuple[Ready, ...]


class Form(Struct, frozen=True, array_like=True):
    """An entry's canonical JSON and its digest."""

    body: bytes
    digest: bytes


class Skimmed(Observation, frozen=True, kw_only=True):
    """An observation of a feed that is known: its entries may stand without their texts (`bare`), as most are known.

    What is left out is in `forms`, each in its place (`opened`).
    """

    forms: tuple[Form, ...]


def with_ready(seen: Observation, document: Packed, entries: tuple[Ready, ...]) -> Prepared:
    """The observation with what was made ready elsewhere."""
    facts = {name: getattr(seen, name) for name in Observation.__struct_fields__}
    facts["served"] = seen.served and replace(seen.served, body=b"")
    return Prepared(**facts, document=document, ready=entries)


def skimmed(seen: Observation, entries: tuple[Form, ...]) -> Skimmed:
    """The observation with the forms of its entries, which were made elsewhere."""
    return Skimmed(**{name: getattr(seen, name) for name in Observation.__struct_fields__}, forms=entries)


def forms(entries: Iterable[Entry]) -> tuple[Form, ...]:
    """The forms of the entries."""
    return tuple([Form(*form(entry)) for entry in entries])


def opened(made: Form) -> Entry:
    """The entry, with all its texts."""
    return _decode(made.body)


def bare(parsed: ParsedFeed) -> ParsedFeed:
    """The document without the texts that need not be at hand for its entries to be told from each other."""
    return replace(parsed, entries=tuple(map(_bare, parsed.entries)))


def whole(seen: Observation) -> Observation:
    """The observation with the bytes of its document and all texts of its entries."""
    if not isinstance(seen, Prepared) or seen.parsed is None or seen.served is None:
        return seen
    entries = tuple(_decode(_unpacked(one.body)) for one in seen.ready)
    served = replace(seen.served, body=_unpacked(seen.document))
    return replace(seen, served=served, parsed=replace(seen.parsed, entries=entries))


def _unpacked(body: Packed) -> bytes:
    return blobs.unpack(body.codec, body.data)


def packed(data: bytes) -> Packed:
    """The bytes, packed."""
    return Packed(hashlib.sha256(data).digest(), len(data), *blobs.pack(data))


def ready(entries: Iterable[Entry]) -> tuple[Ready, ...]:
    """The entries, ready."""
    return tuple(map(_ready, entries))


def _bare(entry: Entry) -> Entry:
    return replace(entry, summary=None, content=None) if entry.title else entry


def _ready(entry: Entry) -> Ready:
    body, digest = form(entry)
    texts = plain_texts(entry)
    found_by = words_of(entry, texts)
    return Ready(
        body=packed(body),
        form=digest,
        fingerprint=fingerprint(entry),
        link=entry.link and plain_link(entry.link),
        iri=entry.id if entry.id and is_absolute_iri(entry.id) else None,
        found_by=found_by,
        found_by_digest=found_by.digest,
        words=word_count(texts[-1]),
    )
