"""Every setting with its type and default: the one typed model of backissue.toml.

A class is a table of the file, a field is a key. Settings that hold a time tell their unit in the class's docstring;
sizes are in bytes. What a type cannot say (names that must differ, folders that should exist) is in `config.cross`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

Format = Literal["rss", "atom", "json"]
Ways = Literal["no", "links", "all"]
Kind = Literal["entries", "corrections", "deletions"]
Keeping = Literal["no", "images", "all"]
# A description is what a message says was expected, an example what it proposes instead.
# Patterns end with \Z because $ would let a line break pass.
Filled = Annotated[str, Meta(min_length=1)]
Slug = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9-]*\Z",
        max_length=64,
        description="1 to 64 lower-case letters (a to z), digits and hyphens",
        examples=["news"],
    ),
]
HttpUrl = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s/]+\S*\Z",
        description="an address that starts with http:// or https:// and holds no spaces",
        examples=["https://example.org/"],
    ),
]
MaybeHttpUrl = Annotated[
    str,
    Meta(
        pattern=r"^(https?://[^\s/]+\S*)?\Z",
        description="an address that starts with http:// or https:// and holds no spaces, or nothing",
        examples=["https://example.org/"],
    ),
]
CopyUrl = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s/]+/\S*\{timestamp\}\S*\{url\}\S*\Z",
        description="an address that starts with http:// or https://, with {timestamp} and {url} in it",
        examples=["https://web.archive.org/web/{timestamp}id_/{url}"],
    ),
]
Language = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z",
        description="a language tag (RFC 5646)",
        examples=["en", "pt-BR"],
    ),
]
Place = Annotated[
    str,
    Meta(
        pattern=r"^[^\s/@:\[\]]+(/[0-9]+)?\Z|^[0-9A-Fa-f:.]+(/[0-9]+)?\Z",
        description="a host, an IP address or a network (CIDR)",
        examples=["intranet.example", "10.0.0.0/8"],
    ),
]
Secret = Annotated[str, Meta(extra={"secret": True})]
Token = Annotated[
    str,
    Meta(
        pattern=r"^([A-Za-z0-9_-]{20,100})?\Z",
        description="20 to 100 letters (a to z), digits, hyphens and underscores",
        examples=["${TOKEN}"],
        extra={"secret": True},
    ),
]
Every = Annotated[
    str,
    Meta(
        pattern=r"^([1-9][0-9]{0,2} (hour|day|week)s?)?\Z",
        description="a number of hours, days or weeks, or nothing",
        examples=["1 day"],
    ),
]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", description="a day", examples=["2026-11-24"])]
User = Annotated[str, Meta(pattern=r"^[^:]+\Z", description="a name without a colon", examples=["reader"])]
Positive = Annotated[int, Meta(ge=1)]
Minutes = Annotated[int, Meta(ge=1, le=525_600)]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Count = Annotated[int, Meta(ge=0)]

FORMATS: tuple[Format, ...] = ("rss", "atom", "json")


class Site(Struct, frozen=True, forbid_unknown_fields=True):
    """Who publishes, and under which address. `base_url` ends with a slash once it is loaded.

    `images` is whether pages show pictures that lie with other hosts, which so learn who opens a page. `hubs` are told
    at once when a channel changed, and push it to who subscribed with them (W3C WebSub).
    """

    title: Filled = "Backissue"
    base_url: HttpUrl = "http://127.0.0.1:8080/"
    author: str = ""
    email: str = ""
    language: Language = "en"
    description: str = "Feeds and every back issue of them"
    images: bool = False
    hubs: tuple[HttpUrl, ...] = ()


class Storage(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the archive and the published files live; relative paths start at the configuration's folder.

    `compressed` is whether feeds are also published in gzip and brotli, beside themselves. `mirror` is a place that the
    published files are uploaded to, as fsspec has it: "s3://bucket/path". `min_free` is how many bytes
    shall stay free on the archive's disk: no feed is asked while it has less. `key` is the file of the key that signs
    checkpoints; empty is the archive's name with .key behind it.
    """

    archive: Filled = "backissue.sqlite"
    public: Filled = "public"
    compressed: bool = False
    mirror: str = ""
    min_free: Count = 200_000_000
    key: str = ""


class Http(Struct, frozen=True, forbid_unknown_fields=True):
    """How Backissue asks others: `timeout` in seconds for a whole answer, `connections` at once in all and per host.

    `connect_timeout` and `silence` are in seconds, too: until a connection stands, and between two pieces of an answer.
    `gap` is how many seconds a host rests between two requests. One request in `full_fetch` is for the whole document.
    """

    contact: str = ""
    subscribers: Count = 0
    timeout: Seconds = 30.0
    connect_timeout: Seconds = 10.0
    silence: Seconds = 15.0
    connections: Positive = 50
    per_host: Positive = 1
    gap: Annotated[float, Meta(ge=0, le=3600)] = 1.0
    robots: bool = False
    full_fetch: Count = 100
    max_bytes: Positive = 20_000_000
    redirects: Count = 5
    header_bytes: Annotated[int, Meta(ge=1_000)] = 65_536
    header_fields: Annotated[int, Meta(ge=16)] = 128
    allow_private: tuple[Place, ...] = ()
    allow_private_addresses: bool = False
    token: Secret = ""


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """How much is read of a document that came, however it was written; what is more makes a feed fail.

    `entry_bytes` and `memory` are in bytes, `seconds` are what reading one document may take.
    """

    entries: Positive = 10_000
    entry_bytes: Positive = 5_000_000
    tags: Positive = 500_000
    attributes: Positive = 500
    depth: Annotated[int, Meta(ge=16, le=256)] = 256
    memory: Annotated[int, Meta(ge=100_000_000)] = 220_000_000
    seconds: Seconds = 30.0


class Schedule(Struct, frozen=True, forbid_unknown_fields=True):
    """How often remote feeds are asked, in minutes, and how often `run` looks for work, in seconds.

    `budget` is how many requests an hour all of them together may take; 0 sets no limit.
    """

    interval: Minutes = 60
    budget: Count = 0
    polite: Annotated[int, Meta(ge=15, le=525_600)] = 60
    # Whoever wants one feed more often says so for that feed.
    minimum: Annotated[int, Meta(ge=15, le=525_600)] = 15
    maximum: Minutes = 1440
    tick: Seconds = 30.0

    @property
    def fresh(self) -> int:
        """For how many seconds caches may keep what is published and will change."""
        return min(max(self.interval * 60 // 4, 60), 3600)


class Backfill(Struct, frozen=True, forbid_unknown_fields=True):
    """What is fetched of a feed's past: when it is added, and where entries may have passed unseen.

    "links" follows the links to earlier pages that a feed has (RFC 5005), "all" also tries how the system pages that
    made it. `pages`, `seconds` and `bytes` bound what is fetched of a feed at a time. `web_archive` tells which copies
    a web archive has (CDX), `copies` is the address of a copy's bytes, with {timestamp} and {url} in it.
    """

    adding: Ways = "links"
    gaps: Ways = "links"
    pages: Positive = 100
    seconds: Seconds = 600.0
    bytes: Positive = 100_000_000
    web_archive: HttpUrl = "https://web.archive.org/cdx/search/cdx"
    copies: CopyUrl = "https://web.archive.org/web/{timestamp}id_/{url}"


class Push(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether hubs are asked to push feeds to `run` (WebSub), and under which address; else the site's."""

    enabled: bool = False
    address: MaybeHttpUrl = ""


class Media(Struct, frozen=True, forbid_unknown_fields=True):
    """How much is kept of what entries show, where that is wanted: the largest file and all together, in bytes.

    `seconds` are what a pass spends on it; what is left is got by the next.
    """

    file_bytes: Positive = 50_000_000
    total_bytes: Positive = 5_000_000_000
    seconds: Seconds = 120.0


class Serve(Struct, frozen=True, forbid_unknown_fields=True):
    """Where `serve` and `run` listen (port 0 takes any free one), and whether they tell Prometheus how all goes.

    `memento` is whether they show what feeds and pages were before. `connections` are open at once, each of which may
    rest for `idle` seconds between two requests; `timeout` is how many a client may take to send one whole, and to take
    nothing of its answer. `header_bytes` is the most that the head of a request may have.
    """

    host: Filled = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    metrics: bool = True
    memento: bool = True
    connections: Positive = 2500
    idle: Seconds = 30.0
    timeout: Seconds = 30.0
    header_bytes: Annotated[int, Meta(ge=1_000)] = 16_384


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """A remote feed. `interval` (minutes) stands above the schedule's, `media` above that of its channels."""

    url: HttpUrl
    title: str = ""
    interval: Minutes | None = None
    tags: tuple[str, ...] = ()
    media: Keeping | None = None


class Folder(Struct, frozen=True, forbid_unknown_fields=True):
    """A folder whose articles are taken in at every pass. `media` stands above that of its channels."""

    path: Filled
    source: str = ""
    tags: tuple[str, ...] = ()
    language: Language | None = None
    media: Keeping | None = None


class Channel(Struct, frozen=True, forbid_unknown_fields=True):
    """A published feed. An empty filter lets everything pass; filters of different kinds must all agree.

    `kind` is what it tells of the entries that pass: themselves, their edits, or that they were deleted. `search` is
    a search as `backissue search` takes it (`feeds.query`). `link` is what an entry leads to: its original, or its
    page here. One with a `token` in its address or with a `password` (of `user`, for HTTP Basic) is named nowhere.
    `drip` is the time between two entries for who reads it from its start (`feeds.drip`), `drip_starts` the days from
    which that is written as files. `podcast` is Apple's category, such as "Arts > Books"; with one, the channel is a
    podcast.
    """

    name: Slug
    title: Filled
    description: str = ""
    kind: Kind = "entries"
    feeds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    languages: tuple[Language, ...] = ()
    words: tuple[str, ...] = ()
    search: str = ""
    entries: Positive = 50
    max_bytes: Positive = 500_000
    pages: bool = True
    link: Literal["original", "page"] = "original"
    image: MaybeHttpUrl = ""
    podcast: str = ""
    explicit: bool = False
    drip: Every = ""
    drip_starts: tuple[Day, ...] = ()
    media: Keeping = "no"
    formats: tuple[Format, ...] = FORMATS
    language: Language | None = None
    token: Token = ""
    user: User = "reader"
    password: Secret = ""

    @property
    def private(self) -> bool:
        """Whether it is not for everybody."""
        return bool(self.token or self.password)

    @property
    def folder(self) -> str:
        """The folder that its files lie in, below the public one, and the start of its addresses."""
        return f"{self.name}-{self.token}" if self.token else self.name


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole configuration. `root` is the folder that relative paths start from, not a key of the file."""

    site: Site = Site()
    storage: Storage = Storage()
    http: Http = Http()
    limits: Limits = Limits()
    schedule: Schedule = Schedule()
    backfill: Backfill = Backfill()
    serve: Serve = Serve()
    push: Push = Push()
    media: Media = Media()
    sources: tuple[Source, ...] = ()
    folders: tuple[Folder, ...] = ()
    channels: tuple[Channel, ...] = (Channel(name="all", title="Everything"),)
    root: str = "."

    @property
    def archive_path(self) -> Path:
        """The archive's SQLite file."""
        return Path(os.path.normpath(Path(self.root, self.storage.archive)))

    @property
    def media_path(self) -> Path:
        """The folder that copies of files are kept in, beside the archive."""
        return self.archive_path.with_suffix(".media")

    @property
    def key_path(self) -> Path:
        """The file of the key that signs checkpoints."""
        beside = self.archive_path.with_name(f"{self.archive_path.name}.key")
        return Path(os.path.normpath(Path(self.root, self.storage.key))) if self.storage.key else beside

    @property
    def push_address(self) -> str:
        """The public address that `run` is reached under, with a slash at its end."""
        return self.push.address.rstrip("/") + "/" if self.push.address else self.site.base_url

    @property
    def public_path(self) -> Path:
        """The folder that published files are written to."""
        return Path(os.path.normpath(Path(self.root, self.storage.public)))
