"""Values to bytes: a document in RSS 2.0, Atom 1.0 or JSON Feed 1.1, and the pages for people. Pure functions.

    Document ─tidy→ Document   (what the settings said of the channel, without what no format can hold)
    Item     ─ready→ Ready     (cleaned, absolute, complete: the one gate that hostile values pass)
    both     ─write→ bytes     (one module a format, which only maps names to names)

The same document gives the same bytes, whenever and wherever it is rendered: no clock, no locale, no version of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from config.settings import Format
from feeds.write import atom, json, rss
from feeds.write.document import Document, Links
from feeds.write.ready import Ready, ready, tidy

__all__ = ["Document", "Links", "ready_entries", "render", "renderings"]

_WRITERS = {"rss": rss.write, "atom": atom.write, "json": json.write}


def render(document: Document, format: Format) -> bytes:
    """The document in one format, UTF-8."""
    return renderings(document, (format,))[format]


def renderings(
    document: Document, formats: Iterable[Format], entries: Sequence[Ready] | None = None
) -> dict[Format, bytes]:
    """The document in several formats; its items are cleaned once for all of them, or not at all if they are ready."""
    document = tidy(document)
    if entries is None:
        entries = ready_entries(document)
    return {format: _WRITERS[format](document, entries) for format in formats}


def ready_entries(document: Document) -> list[Ready]:
    """The document's entries, ready to be written."""
    return [ready(item, document.pages) for item in document.entries]
