"""Reading the archive's raw documents again: by better parsers, or with a charset put right.

The old archive stays beside the new one, so nothing can get lost by a parser that turns out to be worse.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import cast, get_args

from msgspec import Struct

from archive.history import Key
from archive.history.identity import Rule
from archive.ingest import IngestError, ingest
from archive.store import Difference, DocumentRecord, Observation, StoreError
from archive.store.errors import explained
from archive.store.rebuild import rebuild
from archive.store.values import BACKFILLED, BY_SITEMAP, PUSHED_BY
from feeds.model import Charset, Entry, Feed, ParsedFeed
from feeds.parse import NotAFeed, parse


class Reparsed(Struct, frozen=True):
    """What reading again brought: `documents` read, entries that differ, where the old archive lies now if it moved."""

    documents: int
    differences: tuple[Difference, ...]
    kept: Path | None


def reparse(path: Path, now: datetime, *, replace: bool, done: Callable[[], None] = lambda: None) -> Reparsed:
    """Make the archive anew from its documents; with `replace` the new one takes the old one's place, which is kept.

    Nobody else may have the archive open. `done` hears of each document. Raises StoreError; the archive is untouched
    then, as it is without `replace`.
    """
    new = path.with_name(f"{path.name}.reparsed")
    count = 0

    def one_more() -> None:
        nonlocal count
        count += 1
        done()

    with explained(path):
        if new.exists():
            raise StoreError(str(new), "is in the way", "remove it: it is what an interrupted reparse left")
        try:
            found = rebuild(path, new, read, now, done=one_more)
            kept = _exchange(path, new, now) if replace else None
        finally:
            for left in (new, new.with_name(f"{new.name}-wal"), new.with_name(f"{new.name}-shm")):
                left.unlink(missing_ok=True)
    return Reparsed(count, tuple(found), kept)


def read(document: DocumentRecord, kind: str) -> Observation | None:
    """What a document says, read by today's parsers; None if that is nothing."""
    said = dict(document.served.request_headers)
    is_article = kind == "local" or said.get(BACKFILLED) == BY_SITEMAP
    parsed = _article(document) if is_article else _feed(document)
    if parsed is None:
        return None
    keys = (_key(document),) if is_article else None
    return Observation(
        feed=document.feed,
        at=document.first_at,
        served=document.served,
        parsed=parsed,
        # A hub may leave out what it brought before, and a page of the past holds nothing else.
        windowed=kind == "remote" and parsed.is_window and not ({PUSHED_BY, BACKFILLED} & said.keys()),
        keys=keys,
        past=BACKFILLED in said,
    )


def _feed(document: DocumentRecord) -> ParsedFeed | None:
    served = document.served
    content_type = next((value for name, value in served.response_headers if name.lower() == "content-type"), None)
    try:
        # A web archive's copy of it lies elsewhere, and its links start where it was.
        url = dict(served.request_headers).get("Backissue-Page", served.url)
        return parse(served.body, url, content_type=content_type)
    except NotAFeed:
        return None


def _article(document: DocumentRecord) -> ParsedFeed | None:
    served, said = document.served, dict(document.served.request_headers)
    tags = tuple(value for name, value in served.request_headers if name == "Backissue-Tag")
    try:
        entry = ingest(
            served.body,
            said.get("Backissue-Name", served.url),
            kind=said.get("Backissue-Kind"),
            url=said.get("Backissue-Page"),
            content_type=dict(served.response_headers).get("Content-Type"),
            language=said.get("Backissue-Language"),
            source=said.get("Backissue-Source"),
            tags=tags,
        )
    except IngestError:
        return None
    feed = Feed(title=said.get("Backissue-Desk"))
    return ParsedFeed(format="article", feed=feed, entries=(entry,), charset=_charset(entry), parser="ingest")


def _charset(entry: Entry) -> Charset:
    return Charset(used=entry.extra.get("charset", "utf-8"))


def _key(document: DocumentRecord) -> Key:
    said = dict(document.served.request_headers)
    rule = said.get("Backissue-Rule", "path")
    return Key(
        said.get("Backissue-Key", f"path:{document.served.url}"), cast(Rule, rule if rule in get_args(Rule) else "path")
    )


def _exchange(path: Path, new: Path, now: datetime) -> Path:
    kept = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%S}")
    for log in (path.with_name(f"{path.name}-wal"), new.with_name(f"{new.name}-wal")):
        if log.exists() and log.stat().st_size:
            raise StoreError(
                str(log), "still holds changes, so somebody has the archive open", "stop them, and try again"
            )
    path.rename(kept)
    new.rename(path)
    return kept
