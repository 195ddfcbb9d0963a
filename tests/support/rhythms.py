"""Rhythms of made feeds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from archive.rhythm import Rhythm, learn


def rhythm_of(arrivals: Iterable[datetime], now: datetime, window: int) -> Rhythm:
    """The rhythm of a feed that shows so many entries, from all its arrivals."""
    return learn(Rhythm(), arrivals, now, window=window)
