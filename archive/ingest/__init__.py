"""Articles taken in: text files, Markdown files and web pages become entries.

    bytes ── decode ──► text ── plain | markdown | page ──► what the document tells ── finish ──► Entry

Each reader takes one kind of document and gives an Entry whose content is not cleaned yet; `finish` cleans it, gives
the headings their anchors and adds what every article has. Nothing here touches the network or an archive; only
`files` looks at a disk.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from archive.ingest.decode import decode
from archive.ingest.errors import IngestError, NoArticlesError
from archive.ingest.files import articles
from archive.ingest.finish import Given, finish
from archive.ingest.kinds import guess_kind, kind_of, refuse_feed
from archive.ingest.markdown import read_markdown
from archive.ingest.page import read_page
from archive.ingest.plain import read_plain
from feeds.html import clean_text
from feeds.model import Entry

__all__ = ["IngestError", "NoArticlesError", "articles", "ingest"]

# Form feeds and the separators of ASCII part texts; XML, which feeds are written in, has no place for them.
_BREAKS = re.compile("[\x0b\x0c\x1c-\x1f]")


def ingest(
    body: bytes,
    name: str,
    *,
    kind: str | None = None,
    url: str | None = None,
    content_type: str | None = None,
    language: str | None = None,
    source: str | None = None,
    tags: tuple[str, ...] = (),
) -> Entry:
    """The article in a file or page, as an entry whose `origins` tell where each field came from.

    `name` is the file's name or the page's address, as errors shall show it; `kind` is text, markdown or html, else the
    content type, the name's suffix or the content decides. `url` is where a page was fetched from. `language`, `source`
    and `tags` are the word of the person who hands it over: declared. A date comes from the document or is None.
    `extra` tells the charset that was read, and what of the text is in neither title nor content (`left_out`).
    Raises IngestError for empty, binary and undecodable input, for feeds, and where there is no article.
    """
    markup = kind == "html" or guess_kind(body[:1000].decode("latin-1"), name, content_type) == "html"
    text, charset = decode(body, name, content_type=content_type, markup=markup)
    text = clean_text(_BREAKS.sub("\n", text.removeprefix("\ufeff")))
    if not text.strip():
        raise IngestError(name, "holds only white space", "put the article's text into it")
    refuse_feed(text, name)
    chosen = kind_of(text, name, kind=kind, content_type=content_type)
    match chosen:
        case "html":
            entry = read_page(text, name, url)
        case "markdown":
            entry = read_markdown(text, name)
        case "text":
            entry = read_plain(text)
    entry = replace(entry, extra={**entry.extra, "charset": charset})
    given = Given(url=url, language=language, source=source, tags=tags)
    return finish(entry, name, given, chosen)
