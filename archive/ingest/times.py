"""Times as metadata gives them, in a standard's form or spelled out."""

from __future__ import annotations

from datetime import datetime

from archive.ingest.dateline import spelled
from feeds.dates import parse_date


def moment(text: str) -> datetime | None:
    """The time that the text gives, aware UTC; None if it gives none that is complete and without doubt."""
    return spelled(text) or parse_date(text) if text.strip() else None
