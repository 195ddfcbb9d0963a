"""The one gate between what sources say and what is published: every value is made fit for every format.

HTML is cleaned, addresses are absolute and safe to follow, plain text is free of what XML cannot hold, media types and
language tags have their form, and what is empty is None or "". Writers after this only map names to names.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, structs

from feeds.channel import Item
from feeds.clean import clean
from feeds.html import escape, excerpt, excerpt_of, paragraphs, to_text
from feeds.model import Category, Enclosure, Link, Person, Source, Text
from feeds.write.copies import with_copies
from feeds.write.document import Document
from feeds.write.rich import NOTHING, Rich, rich
from feeds.write.values import address, iri, language_tag, mail, media_type, page_name, plain, relation, text_value

_ENOUGH = (500, 1000, 5000)  # characters of HTML that are looked at for an excerpt, if fewer are not enough
# Written by other means, or said of feeds (RFC 5005 sections 3 and 4).
_NOT_OF_ENTRIES = frozenset(
    {"self", "enclosure", "current", "first", "last", "next", "previous", "prev-archive", "next-archive"}
)


_NOBODY = Person()


class Ready(Struct, frozen=True, kw_only=True):
    """An item with every value ready to be written.

    `title` is "" where the entry has none; `permalink` tells that the id is the entry's own page. `excerpt` is the
    start of the text, plain. `source` is None for entries of our own. `links` starts with the alternate link, if any.
    `original` is when it was published first, where `published` is another time. Times are to the second; `stamp` is
    `updated` with the number of the version in its fraction: no two entries of a document share one, as RFC 4287
    section 3.3 asks, and of two versions the newer one has the later.
    """

    id: str
    title: str
    link: str | None
    permalink: bool
    content: Text | None
    summary: Text | None
    excerpt: str
    published: datetime
    updated: datetime
    stamp: datetime
    authors: tuple[Person, ...]
    contributors: tuple[Person, ...]
    categories: tuple[Category, ...]
    enclosures: tuple[Enclosure, ...]
    links: tuple[Link, ...]
    language: str | None
    image: str | None
    rights: str
    comments: str | None
    source: Source | None
    in_reply_to: tuple[str, ...]
    word_count: int | None
    reading_minutes: int | None
    rich: Rich = NOTHING
    original: datetime | None = None

    @property
    def body(self) -> Text | None:
        """The fullest text there is."""
        return self.content or self.summary

    @property
    def name(self) -> str:
        """The title, or what stands best in its place."""
        return self.title or plain(excerpt(self.excerpt, 80)) or self.link or self.id


def tidy(document: Document) -> Document:
    """The document with heads that every format can hold; its items stay as they are."""
    return structs.replace(
        document,
        title=plain(document.title) or document.id,
        description=plain(document.description),
        author=plain(document.author),
        email=mail(document.email) or "",
    )


def ready(item: Item, pages: str | None = None) -> Ready:
    """The item, ready to be written. Never fails, whatever the source said.

    Where `pages` is the address of the folder with entries' pages, the item's page takes the place of its link, which
    becomes one of the others (RFC 4287 section 4.2.7.2: `via`).
    """
    entry = item.entry
    identity = plain(item.id)
    own = identity if identity.startswith(("http://", "https://")) else None
    link = address(entry.link) or address(own)
    told = rich(entry, item.feed_url)
    licenses = tuple(Link(one, "license") for one in told.licenses)
    page = f"{pages}{page_name(item.id)}.html" if pages else link
    origin = (Link(link, "via", "text/html"),) if link and link != page else ()
    content, summary = _text(entry.content, link, item), _text(entry.summary, link, item)
    body, updated = content or summary, item.updated
    return Ready(
        id=identity,
        title=plain(entry.title),
        link=page,
        permalink=page is not None and page == own,
        content=content,
        summary=summary,
        excerpt=_start(summary or body),
        published=item.date.replace(microsecond=0),
        updated=updated.replace(microsecond=0),
        stamp=updated.replace(microsecond=item.version % 1_000_000),
        authors=_people(item.authors),
        contributors=_people(entry.contributors),
        categories=_categories(entry.categories),
        enclosures=_enclosures(entry.enclosures, item),
        links=_links(page, (*origin, *entry.links, *licenses)),
        language=language_tag(item.language),
        image=_copy(address(entry.image), item),
        rights=plain(entry.rights),
        comments=address(entry.comments),
        source=_source(item),
        in_reply_to=tuple(ref for ref in dict.fromkeys(entry.in_reply_to) if iri(ref) == ref != identity),
        word_count=entry.word_count,
        reading_minutes=entry.reading_minutes,
        rich=told,
        original=item.original and item.original.replace(microsecond=0),
    )


def html(text: Text | None) -> str:
    """A ready text as HTML."""
    if text is None:
        return ""
    return text.value if text.kind == "html" else _referred(paragraphs(text.value))


def escaped(text: str) -> str:
    """A plain text on one line as HTML."""
    return _referred(escape(text))


def _referred(html: str) -> str:
    """HTML that refers to U+FFFD instead of holding it, so that nobody takes it for a fault of the document."""
    return html.replace("\ufffd", "&#xFFFD;")


def plain_text(text: Text | None) -> str:
    """A ready text without markup."""
    if text is None:
        return ""
    return to_text(text.value) if text.kind == "html" else text.value


def _text(text: Text | None, link: str | None, item: Item) -> Text | None:
    if text is None:
        return None
    if text.kind == "html":
        value = _referred(clean(text.value, text.base or link or item.feed_link or item.feed_url).strip())
        value = with_copies(value, item.copies)
    else:
        value = text_value(text.value)
    # U+0085 is the end of a line, but readers take it for the ellipsis that it is in windows-1252.
    return Text(value.replace("\x85", "\n"), text.kind) if value else None


def _start(text: Text | None) -> str:
    """The excerpt, made from as little of the text as it takes: long articles need not be read through for it."""
    for length in _ENOUGH:
        if text and text.kind == "html" and len(text.value) > length:
            head = text.value[:length]
            start = excerpt_of(head[: head.rfind("<")] if "<" in head else head)
            if start.endswith("…") or length == _ENOUGH[-1]:
                return start
    if text and text.kind == "html":
        return excerpt_of(text.value)
    return excerpt(text.value if text else "")


def _people(people: tuple[Person, ...]) -> tuple[Person, ...]:
    found = (Person(plain(one.name) or None, mail(one.email), address(one.url)) for one in people)
    return tuple(dict.fromkeys(one for one in found if one != _NOBODY))


def _categories(categories: tuple[Category, ...]) -> tuple[Category, ...]:
    found: dict[tuple[str, str | None], Category] = {}
    for one in categories:
        term = plain(one.term) or plain(one.label)
        scheme = address(one.scheme)
        if term:
            found.setdefault((term, scheme), Category(term, scheme, plain(one.label) or None))
    return tuple(found.values())


def _copy(url: str | None, item: Item) -> str | None:
    """The address of our copy of a file, or else its own."""
    return item.copies.get(url, url) if url else None


def _enclosures(enclosures: tuple[Enclosure, ...], item: Item) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for one in enclosures:
        if url := address(one.url):
            length = one.length if one.length is not None and one.length >= 0 else None
            duration = one.duration if one.duration is not None and one.duration > 0 else None
            kind, own = media_type(one.type, url), item.copies.get(url, url)
            if own in item.sizes:
                kind, length = item.sizes[own]
            found.setdefault(own, Enclosure(own, kind, length, plain(one.title) or None, duration))
    return tuple(found.values())


def _links(link: str | None, others: tuple[Link, ...]) -> tuple[Link, ...]:
    """The alternate link and the others; no two alternates of equal type and language (RFC 4287 section 4.1.2)."""
    found: dict[tuple[str, str | None, str | None], Link] = {}
    if link:
        found["alternate", None, None] = Link(link)
    for one in others:
        href, rel = address(one.href), relation(one.rel)
        if href is None or rel is None or rel in _NOT_OF_ENTRIES or (rel == "alternate" and href == link):
            continue
        kind = media_type(one.type) if one.type else None
        language = language_tag(one.hreflang)
        key = (rel, kind, language) if rel == "alternate" else (rel, href, None)
        found.setdefault(key, Link(href, rel, kind, language, plain(one.title) or None))
    return tuple(found.values())


def _source(item: Item) -> Source | None:
    """Where a copied entry came from, with what holds for it as it says nothing of that itself (section 4.2.11)."""
    said, entry = item.source, item.entry
    if said is None:
        return None
    feed, link = address(said.feed), address(said.link)
    identity = iri(said.id) or feed or link
    title = plain(said.title) or identity
    if not (title and identity):
        return None
    return Source(
        title,
        identity,
        link,
        feed,
        said.updated,
        () if entry.authors else _people(said.authors),
        None if entry.rights else plain(said.rights) or None,
        () if entry.categories else _categories(said.categories),
    )
