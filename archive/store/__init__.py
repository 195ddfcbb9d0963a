"""The archive's memory: one Protocol (`Store`), the values it speaks in, and SQLite beneath it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from archive.store.errors import StoreError
from archive.store.protocol import Snapshot, Store
from archive.store.values import (
    Alias,
    Announced,
    Arrived,
    Choice,
    Copy,
    Difference,
    DocumentRecord,
    EntryRecord,
    Event,
    FeedRecord,
    Gap,
    Headers,
    Health,
    Hit,
    Joining,
    Learnt,
    Lesson,
    Observation,
    PollState,
    Price,
    Push,
    Recorded,
    Rule,
    Served,
    Told,
    Totals,
    Verified,
    VersionRecord,
    Watch,
)

__all__ = [
    "Alias",
    "Announced",
    "Arrived",
    "Choice",
    "Copy",
    "Difference",
    "DocumentRecord",
    "EntryRecord",
    "Event",
    "FeedRecord",
    "Gap",
    "Headers",
    "Health",
    "Hit",
    "Joining",
    "Learnt",
    "Lesson",
    "Observation",
    "PollState",
    "Price",
    "Push",
    "Recorded",
    "Rule",
    "Served",
    "Snapshot",
    "Store",
    "StoreError",
    "Told",
    "Totals",
    "Verified",
    "VersionRecord",
    "Watch",
    "open_store",
]


def open_store(path: Path, *, now: datetime, authority: str, create: bool = True) -> Store:
    """The archive at a path, made if need be. Raises StoreError; see `archive.store.schema.connect`."""
    from archive.store.sqlite import SqliteStore  # whoever needs no more than the values loads no database

    return SqliteStore(path, now=now, authority=authority, create=create)
