"""What goes into a store and comes out of it: values only, no cursors, rows or SQL."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cached_property
from typing import Literal

from msgspec import Struct

from archive.history import Key
from feeds.channel import Item
from feeds.model import Charset, Entry, Feed, ParsedFeed

Headers = tuple[tuple[str, str], ...]

# Among a document's request headers, written by ourselves: how it came here where it was not asked for by polling.
PUSHED_BY = "Backissue-Pushed-By"  # the hub that delivered it, asked by nobody
REPLAYED = "Backissue-Replayed"  # the file that it was in
BACKFILLED = "Backissue-Backfilled"  # by which way it was found: a page of the feed that holds what came before
BY_SITEMAP = "sitemap"  # a way: the page is an article
COPY = "Backissue-Copy"  # the web archive that kept it, whose time is the document's


class Rule(Struct, frozen=True, array_like=True):
    """Something that bears on a feed's next due time: its name, the time it asks for (UTC), whether it decided."""

    name: str
    at: datetime | None = None
    decided: bool = False


class PollState(Struct, frozen=True, kw_only=True):
    """How a remote feed stands with its server. Times are aware UTC, `interval` is in minutes.

    `etag` and `last_modified` are the validators to the letter as last received, `validated` the
    address that gave them; `sha256` is that of the last body.
    `gone` is when the feed answered 410 (its polling has ended), `error` why the last poll failed, None after a
    success; `reason` says in words what decided `next_due`, `rules` all that bore on it.
    `moved_to` is where a permanent redirect led since `moved_since`; `answers` counts answers of any kind, `lies` that
    the server was caught saying "not modified" of what was modified.
    `plan` is when the feed's rhythm wants it asked (archive.schedule.pacing), which polling reads and does not change.
    """

    next_due: datetime
    interval: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    validated: str | None = None
    sha256: bytes | None = None
    last_polled: datetime | None = None
    last_success: datetime | None = None
    last_changed: datetime | None = None
    last_status: int | None = None
    failures: int = 0
    error: str | None = None
    gone: datetime | None = None
    reason: str | None = None
    moved_to: str | None = None
    moved_since: datetime | None = None
    answers: int = 0
    lies: bool = False
    plan: str | None = None
    rules: tuple[Rule, ...] = ()


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


class FeedRecord(Struct, frozen=True, kw_only=True):
    """A feed of the archive. `kind` is local for articles taken in; `meta` is what its last document said of itself."""

    id: int
    url: str
    kind: Literal["remote", "local"]
    added: datetime
    removed: datetime | None = None
    given_title: str | None = None
    tags: tuple[str, ...] = ()
    guids_trusted: bool = True
    meta: Feed | None = None
    poll: PollState | None = None
    entries: int = 0

    @property
    def title(self) -> str:
        """The operator's title, else the feed's own, else its address."""
        return self.given_title or (self.meta and self.meta.title) or self.url


class Arrived(Struct, frozen=True):
    """An entry: when it was first seen, and the date that it gave itself, if that tells something (aware UTC)."""

    seen: datetime
    date: datetime | None = None


class Lesson(Struct, frozen=True, kw_only=True):
    """What came of a remote feed since its rhythm was learnt last.

    `known` is that rhythm as JSON, learnt from what came by `learnt`; `changed` is when the last document came,
    `window` how many entries it shows. `pushed` says that a hub brings its news.
    """

    feed: FeedRecord
    known: str | None
    learnt: datetime | None
    changed: datetime
    window: int
    pushed: bool = False
    arrived: tuple[Arrived, ...] = ()


class Learnt(Struct, frozen=True, kw_only=True):
    """What was learnt of a feed: its rhythm as JSON from what came by `learnt`, and how many entries a day it makes.

    `plan` says until `planned` when to ask. Where the next due time moves by it, it is that of `after`, if it still is
    that of `before`.
    """

    feed: int
    known: str
    learnt: datetime
    expected: float
    plan: str
    planned: datetime
    before: PollState | None = None
    after: PollState | None = None


class Price(Struct, frozen=True):
    """What a request costs in entry-hours, as of an instant, so that so many feeds need that many an hour."""

    value: float
    at: datetime
    feeds: int
    budget: int


class Served(Struct, frozen=True, kw_only=True, dict=True):
    """A document as it came: the bytes (content coding undone), where from, and the headers both ways."""

    body: bytes
    url: str
    status: int | None = None
    request_headers: Headers = ()
    response_headers: Headers = ()

    @cached_property
    def sha256(self) -> bytes:
        """The digest of the bytes."""
        return hashlib.sha256(self.body).digest()


class Observation(Struct, frozen=True, kw_only=True):
    """What one look at a feed brought.

    `served` is None where no document came (304, failure); `parsed` is None where it was no feed, or the same bytes as
    before. `poll` is the state to keep from now on, None for local feeds. `windowed` says that the document is the
    feed's whole window, so that an entry missing from it has left; articles taken in one by one are no window. `keys`
    are the entries' keys where they do not come from the entries themselves.
    `moved_to` is the feed's address from now on, where a permanent redirect was confirmed. `doubt` is the state to keep
    instead of `poll` if the document brings entries that are new or changed: its server said "not modified" before.
    `pressed` is the one to keep if it shows a gap: the feed is asked sooner then.
    `past` says that the document was served now and holds what came before: it adds entries and versions, and changes
    nothing that is current (RFC 5005 section 4.2).
    """

    feed: int
    at: datetime
    served: Served | None = None
    parsed: ParsedFeed | None = None
    poll: PollState | None = None
    windowed: bool = True
    keys: tuple[Key, ...] | None = None
    moved_to: str | None = None
    doubt: PollState | None = None
    pressed: PollState | None = None
    past: bool = False


class Recorded(Struct, frozen=True, kw_only=True):
    """What an observation changed, in numbers of entries; `entries` are the ids it touched.

    `gap` says that entries may have passed unseen before it. `known_since` is since when what a document of the past
    shows is known; None where it is not.
    """

    feed: int
    new: int = 0
    edited: int = 0
    unchanged: int = 0
    left: int = 0
    entries: tuple[int, ...] = ()
    gap: bool = False
    known_since: datetime | None = None


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


Way = Literal["polled", "pushed", "replayed", "backfilled", "web archive", "taken in"]


_WAYS: tuple[tuple[Way, str], ...] = (
    ("web archive", COPY),
    ("backfilled", BACKFILLED),
    ("replayed", REPLAYED),
    ("pushed", PUSHED_BY),
)


def way(request: Headers, status: int | None) -> tuple[Way, str | None]:
    """How a document came here, and by which way, file, hub or web archive, by what was kept with it."""
    said = dict(request)
    for how, name in _WAYS:
        if name in said:
            return how, said[name]
    return ("polled" if status else "taken in"), None


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


class Choice(Struct, frozen=True):
    """What is asked for of an archive: these feeds alone (None is all), from `since` until before `until` (UTC)."""

    feeds: frozenset[int] | None = None
    since: datetime | None = None
    until: datetime | None = None


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


class Gap(Struct, frozen=True, kw_only=True):
    """A time in which entries of a feed may have come and gone unseen (aware UTC): docs/gaps.md.

    `since` is when the feed was seen last before, `until` when it was seen next; that window showed `entries`, of which
    it `shared` so many with the one before. About `likely` are missing, with four chances in five between `low` and
    `high`; None where that was not reckoned. `filled` is when they were fetched from elsewhere, `by` what brought them.
    """

    feed: int
    since: datetime
    until: datetime
    entries: int | None = None
    shared: int = 0
    likely: int | None = None
    low: int | None = None
    high: int | None = None
    filled: datetime | None = None
    by: str | None = None


class Watch(Struct, frozen=True, kw_only=True):
    """From when until when a feed is known, and between which times that is not proven to be without a gap (aware UTC).

    `rhythm` is what is known of when its entries come, as JSON.
    """

    feed: FeedRecord
    start: datetime
    end: datetime
    holes: tuple[tuple[datetime, datetime], ...] = ()
    rhythm: str | None = None


class Event(Struct, frozen=True):
    """Something that befell a feed, and when it was seen (aware UTC).

    gone: it answered 410. parked: a page stood in its place. replaced: it became another feed. complete: it says that
    it shows all there is (RFC 5005 section 2). back: it is again what it was. moved: it has another address from now
    on; the detail is the old one. double: it redirects for good to an address that another feed has. lies: its server
    said "not modified" of what was modified. gap: what it showed when it was last seen proves not that all was seen
    that came since, so that entries may have come and gone; the detail tells when that was, and how many. filled: what
    may have been missed was fetched from elsewhere.
    """

    at: datetime
    kind: Literal["gone", "parked", "replaced", "complete", "back", "moved", "double", "lies", "gap", "filled"]
    detail: str | None = None
    gap: Gap | None = None


class Push(Struct, frozen=True, kw_only=True):
    """How a feed stands with the hub that pushes it (W3C WebSub). Times are aware UTC.

    `topic` is the feed's address as the hub knows it, `token` the secret part of our callback's, `secret` what signs
    the deliveries. asked: since `asked` the hub has not agreed yet. verified: it has, and pushes until `expires`;
    `asked` is then the last time that it was asked for more. denied: it will not. ended: we want no more.
    `pushed` is when a delivery was taken in last, `reason` what is wrong.
    """

    feed: int
    hub: str
    topic: str
    token: str
    secret: str
    state: Literal["asked", "verified", "denied", "ended"] = "asked"
    asked: datetime
    expires: datetime | None = None
    pushed: datetime | None = None
    reason: str | None = None

    def __repr__(self) -> str:
        return f"<Push {self.feed} {self.state}>"  # without its secrets


class Announced(Struct, frozen=True):
    """What a feed's last document says around its entries: where it came from, the answer's headers, its own head."""

    feed: int
    url: str
    headers: Headers
    meta: Feed | None


class Difference(Struct, frozen=True):
    """An entry, by its public id, that reading the documents again made otherwise."""

    public_id: str
    kind: Literal["new", "changed", "missing"]


class Health(Struct, frozen=True, kw_only=True):
    """How a feed fares: entries per day over the last 28, gaps known, until when somebody has it to ask (aware UTC).

    `expected` is how many entries a day its rhythm makes, None where that is not known yet.
    """

    feed: int
    per_day: float
    expected: float | None = None
    gaps: int = 0
    leased_until: datetime | None = None


class Totals(Struct, frozen=True, kw_only=True):
    """How much an archive holds; `bytes` is the file's size."""

    feeds: int
    entries: int
    versions: int
    documents: int
    bytes: int


class Signed(Struct, frozen=True):
    """A checkpoint that was signed: how many leaves the log had, when (aware UTC), and the note itself."""

    size: int
    at: datetime
    note: str


class Included(Struct, frozen=True):
    """That a row is in the log: its leaf's place, from 0, what that says, and the hashes from there to the root.

    `body` is what the row is about: the document as served, or the version's canonical JSON.
    """

    index: int
    leaf: bytes
    path: tuple[bytes, ...]
    body: bytes


class Altered(Struct, frozen=True):
    """A row that is not as the log has it: its table and number, and what befell it, in words."""

    table: str
    number: int
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.number} {self.what}"


class Verified(Struct, frozen=True):
    """What came of verifying: how many leaves, their root, checkpoints that hold, and the first fault, if any."""

    leaves: int
    root: bytes
    checkpoints: int
    fault: Altered | None = None
