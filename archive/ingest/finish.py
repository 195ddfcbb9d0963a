"""What every article gets in the end: clean HTML, anchors, counts, and title, summary and language if missing."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from archive.ingest.errors import IngestError
from archive.ingest.kinds import Kind
from archive.ingest.language import guess_language
from archive.ingest.structure import first_heading, first_sentence, lead, outline, without_title
from feeds.clean import clean
from feeds.count import reading_minutes, word_count
from feeds.html import excerpt, to_text
from feeds.model import Category, Entry, Origin, Source, Text

_LONGEST_SUMMARY = 600


class Given(Struct, frozen=True):
    """What the person who hands an article over says of it."""

    url: str | None = None
    language: str | None = None
    source: str | None = None
    tags: tuple[str, ...] = ()


def finish(entry: Entry, name: str, given: Given, kind: Kind) -> Entry:
    """The entry with clean content, sections, counts, and with title, summary and language where they were missing.

    What is given stands above what the document says; given tags come on top of its own. The content of what is no
    plain text may begin with the title, which then leaves it.
    Raises IngestError if no text is left.
    """
    assert entry.content is not None
    html = clean(entry.content.value, entry.content.base)
    origins: dict[str, Origin] = dict(entry.origins)
    title = _line(entry.title)
    if not title and kind != "text" and (heading := first_heading(html)):
        title, origins["title"] = heading, "derived"
    extra = dict(entry.extra)
    if title and kind != "text":
        html, headline = without_title(html, title, page=kind == "html")
        extra |= {"left_out": headline} if headline else {}
    html, sections = outline(html.strip())
    text = to_text(html)
    if not text.strip():
        raise IngestError(name, "holds no article text", "check that it is the right file or page")
    if not title:
        title, origins["title"] = first_sentence(_first_line(text)), "inferred"
    summary = _summary(entry, html, origins)
    language = given.language or entry.language or guess_language(f"{title}\n{text}")
    if language:
        origins["language"] = "declared" if given.language else origins.get("language", "inferred")
    words = word_count(text)
    origins |= {"content": "derived", "word_count": "derived", "reading_minutes": "derived"}
    if sections:
        origins["sections"] = "derived"
    return _with_given(
        replace(
            entry,
            title=title,
            summary=summary,
            content=replace(entry.content, value=html, language=language),
            sections=sections,
            language=language,
            word_count=words,
            reading_minutes=reading_minutes(words),
            origins=origins,
            extra=extra,
        ),
        given,
    )


def _summary(entry: Entry, html: str, origins: dict[str, Origin]) -> Text | None:
    if entry.summary:
        value = _line(entry.summary.value)
        if value:
            return Text(value, "text")
    paragraph = lead(html)
    if not paragraph:
        origins.pop("summary", None)
        return None
    origins["summary"] = "derived"
    return Text(excerpt(paragraph, _LONGEST_SUMMARY), "text")


def _with_given(entry: Entry, given: Given) -> Entry:
    origins: dict[str, Origin] = dict(entry.origins)
    link, source, categories = entry.link, entry.source, entry.categories
    if given.source:
        source = replace(source, title=given.source) if source else Source(title=given.source)
        origins["source"] = "declared"
    if given.tags:
        terms = dict.fromkeys([*(category.term for category in categories), *given.tags])
        categories = tuple(Category(term) for term in terms)
        origins["categories"] = "declared"
    if not link and given.url:
        link, origins["link"] = given.url, "derived"
    return replace(entry, link=link, source=source, categories=categories, origins=origins)


def _first_line(text: str) -> str:
    """The first line that says something; a text of signs alone has only its first."""
    lines = [line for line in text.split("\n") if line.strip()]
    return next((line for line in lines if any(map(str.isalnum, line))), lines[0])


def _line(text: str | None) -> str:
    return " ".join((text or "").split("\n")).strip()
