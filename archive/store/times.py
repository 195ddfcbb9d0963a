"""Times as the archive writes them: UTC, fixed width, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload

_WIDTH = len("2026-11-24T08:30:00.000000")


def to_text(time: datetime) -> str:
    """`2026-11-24T08:30:00.000000Z` of an aware time."""
    if time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    return time.isoformat(timespec="microseconds")[:_WIDTH] + "Z"


@overload
def from_text(text: str) -> datetime: ...
@overload
def from_text(text: None) -> None: ...
def from_text(text: str | None) -> datetime | None:
    """The aware UTC time of such a text; None of None."""
    return datetime.fromisoformat(text) if text is not None else None
