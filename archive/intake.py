"""Articles into the archive: files, folders, standard input and pages become entries of a local feed.

    article ─► unchanged since? ─► ingest (pure) ─► Observation ─► record, a batch in one transaction

A local feed holds the articles of one folder, or those that were handed over one by one. An article is known by its
path in the folder, by its absolute path, or by its address; whatever is found there later is its next version.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from msgspec import Struct

from archive.history import Key, plain_link
from archive.ingest import IngestError, ingest
from archive.store import Headers, Observation, Recorded, Served, Store, StoreError
from config.errors import reason_of
from config.settings import Folder, Settings
from feeds.model import Charset, Entry, Feed, ParsedFeed

if TYPE_CHECKING:
    from archive.fetch import Response

Outcome = Literal["new", "changed", "unchanged", "failed"]

BY_HAND = "local:articles"
_BATCH = 50

_log = logging.getLogger(__name__)


class Desk(Struct, frozen=True):
    """A local feed: its address (a name of ours, no URL), its title, and what holds for all of its articles.

    `source` is the name that the operator gave it, if any.
    """

    url: str
    title: str
    source: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None


class Article(Struct, frozen=True, kw_only=True):
    """An article to take in: `name` is how a person calls it, `key` what it is known by, `address` where it lies.

    `read` gives its bytes (it may raise IngestError); `page` is the URL that relative links start from.
    """

    name: str
    key: Key | None
    address: str
    desk: Desk
    read: Callable[[], bytes]
    kind: str | None = None
    page: str | None = None
    content_type: str | None = None


class Taken(Struct, frozen=True):
    """What came of an article: its entry's number, or the error that says why there is none."""

    name: str
    outcome: Outcome
    entry: int | None = None
    error: IngestError | None = None


def from_file(path: Path, settings: Settings, *, kind: str | None = None, given: Desk | None = None) -> Article:
    """The article in a file. One that lies in a configured folder belongs to it, unless it is `given` another desk."""
    real = path.resolve()
    desk, key = given or Desk(BY_HAND, settings.site.title), _path_key(real)
    for folder in settings.folders:
        root = Path(settings.root, folder.path).resolve()
        if given is None and real.is_relative_to(root):
            desk, key = desk_of(folder), _path_key(real.relative_to(root))
            break
    # Bytes of a name that are no UTF-8 are shown as \\xff: such a name can be neither printed nor stored.
    name = os.fsencode(path).decode("utf-8", "backslashreplace")
    return Article(name=name, key=key, address=real.as_uri(), desk=desk, read=lambda: _bytes(path), kind=kind)


def from_stream(body: bytes, settings: Settings, *, kind: str | None = None, given: Desk | None = None) -> Article:
    """The article that came by standard input; it is known by its title, or else by its first words."""
    desk = given or Desk(BY_HAND, settings.site.title)
    return Article(name="standard input", key=None, address="stdin:", desk=desk, read=lambda: body, kind=kind)


def from_page(
    page: Response, name: str, settings: Settings, *, kind: str | None = None, given: Desk | None = None
) -> Article:
    """The article of a page that was fetched; it is known by its address."""
    return Article(
        name=name,
        key=Key(f"link:{plain_link(page.final_url)}", "link"),
        address=page.final_url,
        desk=given or Desk(BY_HAND, settings.site.title),
        read=lambda: page.body,
        kind=kind,
        page=page.final_url,
        content_type=page.content_type,
    )


def _path_key(path: Path) -> Key:
    """The key of a path, whose name may be bytes that are no text (PEP 383)."""
    return Key(f"path:{os.fsencode(path.as_posix()).decode('utf-8', 'backslashreplace')}", "path")


def desk_of(folder: Folder) -> Desk:
    """The local feed of a configured folder."""
    name = folder.source or folder.path
    return Desk(f"local:{name}", name, folder.source or None, folder.tags, folder.language)


def desk_named(source: str | None, tags: tuple[str, ...], language: str | None, settings: Settings) -> Desk | None:
    """The local feed for articles that are handed over with these words about them; None if nothing was said."""
    if not (source or tags or language):
        return None
    url, title = (f"local:{source}", source) if source else (BY_HAND, settings.site.title)
    return Desk(url, title, source, tags, language)


def take_in(
    store: Store, articles: Iterable[Article], now: datetime, *, done: Callable[[Taken], None] = lambda taken: None
) -> list[Taken]:
    """Take the articles in; gives what came of each. `done` hears of each once it is written down.

    One that cannot be read is passed over and told of. Nothing is written for one whose bytes are those of last time.
    Raises StoreError.
    """
    desks = _Desks(store, now)
    found: list[Taken] = []
    waiting = iter(articles)
    while batch := tuple(islice(waiting, _BATCH)):
        for taken in _take_batch(store, desks, batch, now):
            found.append(taken)
            done(taken)
    return found


class _Desks:
    """The numbers of local feeds, and what their articles were last time."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self._now = now
        self._known: dict[str, tuple[int, dict[str, bytes]]] = {}

    def known(self, desk: Desk) -> tuple[int, dict[str, bytes]]:
        if desk.url not in self._known:
            feed = self._desk(desk)
            self._known[desk.url] = feed, self._store.digests(feed)
        return self._known[desk.url]

    def _desk(self, desk: Desk) -> int:
        # The tags of what is handed over one by one are each article's own.
        tags = () if desk.url == BY_HAND else desk.tags
        return self._store.subscribe(desk.url, kind="local", now=self._now, title=desk.title, tags=tags)


def _take_batch(store: Store, desks: _Desks, batch: tuple[Article, ...], now: datetime) -> Iterator[Taken]:
    looked = [_look(article, desks, now) for article in batch]
    kept = iter(_keep(store, [one for one in looked if isinstance(one, Observation)]))
    for article, one in zip(batch, looked, strict=True):
        yield _taken(article, next(kept)) if isinstance(one, Observation) else one


def _keep(store: Store, observations: list[Observation]) -> list[Recorded | Exception]:
    """What each changed, or the fault of ours that kept it from being written down."""
    try:
        return [*store.record(observations)]
    except StoreError:
        raise
    except Exception as fault:
        if len(observations) == 1:
            return [fault]
        return [kept for one in observations for kept in _keep(store, [one])]


def _look(article: Article, desks: _Desks, now: datetime) -> Observation | Taken:
    try:
        return _read(article, desks, now)
    except StoreError:
        raise
    except IngestError as error:
        return Taken(article.name, "failed", error=error)
    except Exception as fault:  # a fault of ours in one article must not keep the others from being taken in
        return _failed(article, fault)


def _read(article: Article, desks: _Desks, now: datetime) -> Observation | Taken:
    body = article.read()
    feed, documents = desks.known(article.desk)
    if article.key and documents.get(article.address) == hashlib.sha256(body).digest():
        return Taken(article.name, "unchanged")
    entry = ingest(
        body,
        article.name,
        kind=article.kind,
        url=article.page,
        content_type=article.content_type,
        language=article.desk.language,
        source=article.desk.source,
        tags=article.desk.tags,
    )
    return _observation(article, feed, body, entry, now)


def _observation(article: Article, feed: int, body: bytes, entry: Entry, now: datetime) -> Observation:
    key, address = article.key, article.address
    if key is None:
        # Each has an address of its own, so that none seems to have taken another's place.
        key, address = Key(f"title:{entry.title}", "title"), f"{address}{quote(entry.title or '')}"
    parsed = ParsedFeed(
        format="article",
        feed=Feed(title=article.desk.title),
        entries=(entry,),
        charset=Charset(used=entry.extra.get("charset", "utf-8")),
        parser="ingest",
    )
    headers = (("Content-Type", article.content_type),) if article.content_type else ()
    served = Served(body=body, url=address, request_headers=_words(article, key), response_headers=headers)
    return Observation(feed=feed, at=now, served=served, parsed=parsed, windowed=False, keys=(key,))


def _words(article: Article, key: Key) -> Headers:
    """What was said of the article when it was handed over, so that it can be read again in the same way."""
    desk = article.desk
    said = [
        ("Backissue-Key", key.value),
        ("Backissue-Rule", key.rule),
        ("Backissue-Name", article.name),
        ("Backissue-Kind", article.kind),
        ("Backissue-Page", article.page),
        ("Backissue-Language", desk.language),
        ("Backissue-Source", desk.source),
        ("Backissue-Desk", desk.title),
        *(("Backissue-Tag", tag) for tag in desk.tags),
    ]
    return tuple((name, value) for name, value in said if value is not None)


def _taken(article: Article, recorded: Recorded | Exception) -> Taken:
    if isinstance(recorded, Exception):
        return _failed(article, recorded)
    outcome: Outcome = "new" if recorded.new else "changed" if recorded.edited else "unchanged"
    return Taken(article.name, outcome, next(iter(recorded.entries), None))


def _failed(article: Article, fault: Exception) -> Taken:
    _log.error("%s could not be taken in", article.name, exc_info=fault)
    reason = f"could not be taken in: a fault of Backissue ({type(fault).__name__}: {fault})"
    return Taken(article.name, "failed", error=IngestError(article.name, reason, "please report it with the article"))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = f"cannot be read ({reason_of(error)})"
        raise IngestError(str(path), reason, "check its rights, and that it is still there") from error
