"""The lines "Title: ...", "Author: ...", "Date: ..." that may stand at the top of a plain text, as in an e-mail."""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import Struct

from archive.ingest import cues
from archive.ingest.times import moment
from feeds.model import Source

_ADDRESS = re.compile(r"\s*<[^>]*>")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


class Headers(Struct, frozen=True):
    """What the header lines said; `lines` are the lines as they stood."""

    title: str | None = None
    subtitle: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    source: Source | None = None
    link: str | None = None
    lines: tuple[str, ...] = ()


def headers(text: str) -> tuple[Headers, str]:
    """The header lines at the top of a text, and the text below them.

    They are header lines if the first field is a title, or if there are two fields or more; and something must follow.
    A date that cannot be read is left out of `published`, not guessed; its line stays in `lines`.
    """
    lines = text.splitlines()
    start = next((place for place, line in enumerate(lines) if line.strip()), 0)
    stop = start
    fields: dict[str, str] = {}
    while stop < len(lines) and (found := cues.header(lines[stop].strip())) and found[1] and found[0] not in fields:
        fields[found[0]] = found[1]
        stop += 1
    below = "\n".join(lines[stop:])
    if not fields or (len(fields) < 2 and "title" not in fields) or not below.strip():
        return Headers(), text
    language = fields.get("language", "")
    link = fields.get("link", "")
    return Headers(
        title=fields.get("title"),
        subtitle=fields.get("subtitle"),
        authors=_listed(_ADDRESS.sub("", fields.get("author", ""))),
        published=moment(fields.get("date", "")),
        updated=moment(fields.get("updated", "")),
        tags=_listed(fields.get("tags", "")),
        language=language if _LANGUAGE.fullmatch(language) else None,
        source=Source(title=fields["source"]) if "source" in fields else None,
        link=link if re.match(r"https?://\S+$", link) else None,
        lines=tuple(line.strip() for line in lines[start:stop]),
    ), below


def _listed(value: str) -> tuple[str, ...]:
    parts = re.split(r"\s*[,;、，؛]\s*|\s+(?:and|et|und)\s+", value)
    return tuple(dict.fromkeys(part.strip(" #") for part in parts if part.strip(" #")))
