"""An entry, from its element in the tree and from the words that feedparser found in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from feeds.html import one_line
from feeds.model import Category, Enclosure, Entry, Link, Source, Text
from feeds.parse.elements import alternate, base, date, language, links, people
from feeds.parse.extensions import extensions_of_entry
from feeds.parse.extras import extras
from feeds.parse.markup import Element, attribute, children, first, lowered, name, value
from feeds.parse.texts import Words, as_text, categories_of, text_of, title_of
from feeds.parse.values import Note, absolute, integer, is_web, seconds, when

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_PUBLISHED = ("pubdate", "published", "issued", "dcterms:issued", "dc:date", "created", "dcterms:created")
_UPDATED = ("updated", "modified", "dcterms:modified")
_MEDIA = ("media:group", "media:content", "media:thumbnail", "media:title", "media:description")
_PAGES = frozenset({None, "text/html", "application/xhtml+xml"})


def read_entry(element: Element, words: Words, url: str, feed_language: str | None, is_atom: bool, note: Note) -> Entry:
    """The entry that an element holds. Relative addresses start from its xml:base, or else from `url`."""
    here = base(element, url)
    declared, media = links(element, url), list(children(element, *_MEDIA))
    others = [one for one in declared if one.rel != "enclosure"]
    if page := absolute(attribute(element, "href"), here):  # CDF
        others.insert(0, Link(page))
    identity = value(element, "guid", "id") or element.get(f"{_RDF}about", "").strip() or None
    link = alternate(others) or permalink(children(element, "guid"), here)
    comments = absolute(value(element, "comments"), here) or replies_of(others)
    spoken = value(element, "dc:language", "language") or language(element)
    summary, content = _bodies(words, spoken or feed_language)
    if summary is None and content is None:
        summary = description_of_media(media, url)
    length = seconds(value(element, "itunes:duration"))
    enclosures = merged(all_enclosures(children(element, "enclosure"), declared, media, url), length)
    unread: dict[str, str] = {}
    published, updated = date(element, _PUBLISHED, unread, note), date(element, _UPDATED, unread, note)
    said = [text.value for text in (summary, content) if text]
    return Entry(
        id=identity,
        link=link,
        title=title_of(words, "title", is_atom) or title_of_media(media),
        summary=summary,
        content=content,
        authors=people(element, "author", "dc:creator", "dc:author", url=url)
        or people(element, "itunes:author", url=url),
        contributors=people(element, "contributor", "dc:contributor", url=url),
        published=published,
        updated=updated or when(attribute(element, "lastmod")),
        categories=_categories(element, words),
        enclosures=enclosures,
        links=tuple(dict.fromkeys(one for one in others if not is_told(one, link, comments))),
        language=spoken if spoken != feed_language else None,
        image=image_of(media, children(element, "itunes:image", "image"), url),
        rights=title_of(words, "rights", is_atom),
        comments=comments,
        source=first_source(children(element, "source"), url),
        in_reply_to=tuple(ref for one in children(element, "thr:in-reply-to") if (ref := one.get("ref", "").strip())),
        extra=dict(
            sorted(
                (
                    extras(element, *said) | lonely_duration(value(element, "itunes:duration"), enclosures) | unread
                ).items()
            )
        ),
        extensions=extensions_of_entry(element),
    )


def permalink(guids: Iterable[Element], here: str) -> str | None:
    """The guid as a link. It is one unless it says it is not; but many that say nothing are no addresses."""
    for guid in guids:
        text = "".join(guid.itertext()).strip()
        said = (attribute(guid, "ispermalink") or "").lower()
        if said != "false" and text and (is_web(text) or (said == "true" and "/" in text)):
            return absolute(text, here)
    return None


def _bodies(words: Words, spoken: str | None) -> tuple[Text | None, Text | None]:
    """The summary and the fullest content. Several contents: the first HTML one, or else the longest."""
    summary = text_of(words, "summary", spoken)
    contents = [text for one in dict.get(words, "content") or () if (text := as_text(one, spoken))]
    content = max(contents, key=lambda text: (text.kind == "html", len(text.value)), default=None)
    return summary, content


def _media(elements: Iterable[Element]) -> Iterator[Element]:
    """Media RSS elements and those in groups and contents among them, in the document's order."""
    for one in elements:
        yield one
        if name(one) in ("media:group", "media:content"):
            yield from _media(children(one, *_MEDIA))


def title_of_media(media: Iterable[Element]) -> str | None:
    """The first title in an entry's Media RSS elements."""
    return next(
        (one_line("".join(one.itertext())) or None for one in _media(media) if name(one) == "media:title"), None
    )


def description_of_media(media: Iterable[Element], url: str) -> Text | None:
    """The first description in an entry's Media RSS elements."""
    for one in _media(media):
        text = "".join(one.itertext()).strip() if name(one) == "media:description" else ""
        if text:
            return Text(text, "html" if one.get("type") == "html" else "text", base(one, url))
    return None


def merged(enclosures: Iterable[Enclosure], length: int | None) -> tuple[Enclosure, ...]:
    """The files that go with an entry, each once, with all that is said of it in different places.

    `length` is the duration in seconds that an entry says of its file.
    """
    found: dict[str, Enclosure] = {}
    for one in enclosures:
        known = found.get(one.url, one)
        found[one.url] = Enclosure(
            one.url,
            known.type or one.type,
            known.length or one.length,
            known.title or one.title,
            known.duration or one.duration,
        )
    first = next((one for one in found.values() if not (one.type or "").startswith("image/")), None)
    if length and first and first.duration is None:
        found[first.url] = replace(first, duration=length)
    return tuple(found.values())


def all_enclosures(
    elements: Iterable[Element], declared: Iterable[Link], media: Iterable[Element], url: str
) -> Iterator[Enclosure]:
    """What enclosure elements, links and Media RSS say of an entry's files."""
    for one in elements:
        given = lowered(one)
        if href := _address(one, first(given, "url", "href"), url):
            yield Enclosure(href, _type(given), integer(first(given, "length")) or None)
    for link in declared:
        if link.rel == "enclosure":
            yield Enclosure(link.href, link.type, link.length or None, link.title)
    for one in _media(media):
        given = lowered(one) if name(one) == "media:content" else {}
        if href := _address(one, first(given, "url"), url):
            title = one_line(value(one, "media:title") or "") or None
            length, duration = integer(first(given, "filesize")), seconds(first(given, "duration"))
            yield Enclosure(href, _type(given), length or None, title, duration)


def _address(element: Element, address: str | None, url: str) -> str | None:
    return absolute(address, base(element, url)) if address else None


def _type(given: dict[str, str]) -> str | None:
    return one_line(first(given, "type") or "").lower() or None


def lonely_duration(text: str | None, enclosures: tuple[Enclosure, ...]) -> dict[str, str]:
    """A duration that is no file's, or that nobody could read."""
    return {"itunes:duration": text} if text and not any(one.duration for one in enclosures) else {}


def image_of(media: Iterable[Element], others: Iterable[Element], url: str) -> str | None:
    """An entry's picture: a thumbnail, or else one of the other elements that hold one."""
    for one in (*(one for one in _media(media) if name(one) == "media:thumbnail"), *others):
        address = attribute(one, "url", "href") or value(one, "url") or one.text
        if found := absolute(address, base(one, url)):
            return found
    return None


def _categories(element: Element, words: Words) -> tuple[Category, ...]:
    """feedparser's, and the keywords of podcasts, without the scheme that it makes up for these."""
    keywords = (value(element, "itunes:keywords") or "").split(",")
    found = [*categories_of(words), *(Category(term) for one in keywords if (term := one_line(one)))]
    return tuple(dict.fromkeys(found))


def replies_of(others: Iterable[Link]) -> str | None:
    """Atom's page of comments (RFC 4685 section 4)."""
    return next((one.href for one in others if one.rel == "replies" and one.type in _PAGES), None)


def is_told(one: Link, link: str | None, comments: str | None) -> bool:
    """Whether a link says no more than the fields `link` and `comments` do."""
    plain = one.type in _PAGES and one.hreflang is None and one.title is None
    return plain and ((one.rel == "alternate" and one.href == link) or (one.rel == "replies" and one.href == comments))


def first_source(elements: Iterable[Element], url: str) -> Source | None:
    """Where an entry came from, by the first of such elements that says it."""
    for one in elements:
        found = links(one, url)
        feed = next((link.href for link in found if link.rel == "self"), None)
        address = absolute(attribute(one, "url"), base(one, url))
        title = value(one, "title") if len(one) else one.text
        source = Source(one_line(title or "") or None, value(one, "id"), alternate(found), feed or address)
        if len(one):
            source = replace(
                source,
                updated=when(value(one, "updated")),
                authors=people(one, "author", url=url),
                rights=one_line(value(one, "rights") or "") or None,
                categories=_said_categories(one),
            )
        if source != Source(updated=source.updated):
            return source
    return None


def _said_categories(source: Element) -> tuple[Category, ...]:
    """The categories of the feed that an entry came from, as Atom has them."""
    found = ((one.get("term", "").strip(), one) for one in children(source, "category"))
    return tuple(Category(term, one.get("scheme"), one.get("label")) for term, one in found if term)
