"""What the archive holds: entries with their versions, and the documents that they came in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from archive.store.values.came import Headers, Served, Way
from feeds.channel import Item
from feeds.model import Charset, Entry, Feed


class EntryRecord(Struct, frozen=True, kw_only=True):
    """An entry in its current version.

    `versions` counts the distinct contents it ever had, `sha256` is that of the current one's canonical JSON, `date`
    when it was published so far as is known. `in_window` tells whether its feed still shows it; if not, `left` and
    `left_why` tell since when and how it went. `deleted` is when its publisher took it back, so far as it was not
    published again since: by a tombstone (RFC 6721), or by leaving a feed that is complete (RFC 5005 section 2); or
    when it was withdrawn by hand.
    """

    id: int
    public_id: str
    feed: int
    feed_url: str
    feed_title: str
    first_seen: datetime
    date: datetime
    changed: datetime
    versions: int
    words: int
    sha256: str
    in_window: bool
    left: datetime | None = None
    left_why: str | None = None
    deleted: datetime | None = None
    deleted_why: str | None = None
    entry: Entry


class Copy(Struct, frozen=True):
    """Which copy a version came from: the address that gave it, of what time it is (aware UTC), how it came here.

    A web archive's copy is of the time at which that took it, all others of the time at which they were served.
    `detail` is by which way it was found, or from which file, hub or web archive.
    """

    url: str
    at: datetime
    how: Way
    detail: str | None = None


class VersionRecord(Struct, frozen=True, kw_only=True):
    """One distinct content of an entry, numbered from 1.

    `first_seen` and `last_seen` are when it was first and last served; `current` marks the present one, `document` is
    the number of the document that brought it, `copy` what that was, `sha256` that of its canonical JSON.
    """

    number: int
    first_seen: datetime
    last_seen: datetime
    current: bool
    words: int
    sha256: str
    document: int | None = None
    copy: Copy | None = None
    entry: Entry


class Hit(Struct, frozen=True, kw_only=True):
    """A search result: the entry, where the words stand in it, and how well they fit (smaller is better, bm25).

    `snippet` is plain text in parts, every other one (the second, fourth ...) being a word that was looked for.
    """

    record: EntryRecord
    snippet: tuple[str, ...]
    score: float


class DocumentRecord(Struct, frozen=True, kw_only=True):
    """A raw document: a run of equal answers, the first and the last of which came at these times.

    `size` is in bytes. `charset` is how they became text; `format` is None where they were read as no feed, and then so
    is that.
    """

    id: int
    feed: int
    first_at: datetime
    last_at: datetime
    times: int
    format: str | None
    charset: Charset | None
    problems: tuple[str, ...]
    sha256: str
    size: int
    served: Served


class Announced(Struct, frozen=True):
    """What a feed's last document says around its entries: where it came from, the answer's headers, its own head."""

    feed: int
    url: str
    headers: Headers
    meta: Feed | None


class Alias(Struct, frozen=True):
    """A key that an entry is known by, the rule that gave it to it, how sure that is (1 is certain), and since when."""

    value: str
    rule: str
    confidence: float
    since: datetime


class Told(Struct, frozen=True):
    """A version of an entry, with where it came from.

    `document` is what brought it first (its bytes left out), `aliases` what the entry is known by. `became` are the
    times at which it became what the entry says; `late` that this was learnt afterwards, of an old copy.
    """

    record: EntryRecord
    version: VersionRecord
    document: DocumentRecord | None
    aliases: tuple[Alias, ...]
    became: tuple[datetime, ...]
    late: bool


class Joining(Struct, frozen=True):
    """What a person did: `entry` was merged into `other`, or `other` split off from `entry`, with these keys."""

    at: datetime
    action: Literal["merge", "split"]
    entry: int
    other: int
    keys: tuple[str, ...]


class Deletion(Struct, frozen=True):
    """A word that an entry is deleted, or given back.

    `item` is what the entry was then, `reason` what the archive calls it: "tombstone", "gone from a complete feed",
    "withdrawn" or "restored"; `seen` is when it was written down, `at` when it happened so far as is known, no later.
    `first` tells that nothing was said before of what the entry was then.
    """

    id: int
    item: Item
    reason: str
    seen: datetime
    at: datetime
    by: str | None = None
    comment: str | None = None
    first: bool = True


class Choice(Struct, frozen=True):
    """What is asked for of an archive: these feeds alone (None is all), from `since` until before `until` (UTC)."""

    feeds: frozenset[int] | None = None
    since: datetime | None = None
    until: datetime | None = None


class Difference(Struct, frozen=True):
    """An entry, by its public id, that reading the documents again made otherwise."""

    public_id: str
    kind: Literal["new", "changed", "missing"]


class Totals(Struct, frozen=True, kw_only=True):
    """How much an archive holds; `bytes` is the file's size."""

    feeds: int
    entries: int
    versions: int
    documents: int
    bytes: int
