"""Markdown in, article out: CommonMark with tables and strikethrough, and front matter above it."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from msgspec.structs import replace

from archive.ingest.errors import IngestError
from archive.ingest.frontmatter import entry_of, split
from feeds.model import Entry, Text


def read_markdown(text: str, name: str) -> Entry:
    """The article in a Markdown text: what its front matter declares, with the body as HTML that is not cleaned.

    Raises IngestError for wrong front matter (file, line and remedy) and where there is nothing below it.
    """
    matter, body = split(text, name)
    if not body.strip():
        raise IngestError(name, "has front matter but no text", "write the article below the front matter")
    return replace(entry_of(matter), content=Text(_renderer().render(body)))


@cache
def _renderer() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
