"""Values to bytes: a document in RSS 2.0, Atom 1.0 or JSON Feed 1.1, and the pages for people. Pure functions.

    Document ─tidy→ Document   (what the settings said of the channel, without what no format can hold)
    Item     ─ready→ Ready     (cleaned, absolute, complete: the one gate that hostile values pass)
    both     ─write→ bytes     (one module a format, which only maps names to names)

The same document gives the same bytes, whenever and wherever it is rendered: no clock, no locale, no version of ours.
"""

from __future__ import annotations

from collections.abc import Iterable

from config.settings import Format
from feeds.write import atom, json, rss
from feeds.write.document import Document, Links
from feeds.write.ready import ready, tidy

__all__ = ["Document", "Links", "render", "renderings"]

_WRITERS = {"rss": rss.write, "atom": atom.write, "json": json.write}


def render(document: Document, format: Format) -> bytes:
    """The document in one format, UTF-8."""
    return renderings(document, (format,))[format]


def renderings(document: Document, formats: Iterable[Format]) -> dict[Format, bytes]:
    """The document in several formats; its items are cleaned once for all of them."""
    document = tidy(document)
    entries = [ready(item) for item in document.entries]
    return {format: _WRITERS[format](document, entries) for format in formats}
