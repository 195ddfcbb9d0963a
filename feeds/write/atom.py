"""Atom 1.0 (RFC 4287) with archives (RFC 5005) and threads (RFC 4685), through feedgen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from feedgen.feed import FeedGenerator

from feeds.model import Link, Person
from feeds.write.document import GENERATOR, MEDIA_TYPES, Document
from feeds.write.extension import AtomElements, element, hexadecimal
from feeds.write.ready import Ready
from feeds.write.stylesheet import with_stylesheet
from feeds.write.values import Timestamp, address, given, rfc3339


def write(document: Document, entries: Sequence[Ready]) -> bytes:
    """A tidy document and its ready entries as Atom."""
    feed = _head(document)
    for entry in entries:
        _entry(feed.add_entry(order="append"), entry, document.language)
    text = hexadecimal(feed.atom_str(pretty=True), "title|subtitle|summary|content|rights|name")
    return with_stylesheet(text, document, "atom")


def _head(document: Document) -> Any:
    feed = FeedGenerator()
    feed.load_extension("media", rss=False)
    feed.register_extension("more", AtomElements, AtomElements, rss=False)
    feed.id(document.id)
    feed.title(document.title)
    if document.description:
        feed.subtitle(document.description)
    feed.updated(Timestamp.of(document.updated))
    feed.author(_person(Person(document.author or document.title, document.email or None)))
    feed.language(document.language)
    feed.generator(GENERATOR)
    links = document.links["atom"]
    feed.link(href=links.self, rel="self", type=MEDIA_TYPES["atom"])
    feed.link(href=document.site, rel="alternate", type="text/html")
    for rel, href in (
        ("current", links.current),
        ("prev-archive", links.prev_archive),
        ("next-archive", links.next_archive),
    ):
        if href:
            feed.link(href=href, rel=rel, type=MEDIA_TYPES["atom"])
    for hub in document.hubs:
        feed.link(href=hub, rel="hub")
    if document.archive:
        feed.more.add("fh:archive")
    if document.complete:
        feed.more.add("fh:complete")
    return feed


def _entry(out: Any, entry: Ready, language: str) -> None:
    out.id(entry.id)
    out.title(entry.name)
    out.updated(Timestamp.of(entry.stamp))
    out.published(Timestamp.of(entry.published))
    _texts(out, entry)
    _links(out, entry)
    for person in entry.authors:
        out.author(_person(person))
    for person in entry.contributors:
        out.contributor(_person(person))
    for category in entry.categories:
        out.category(given(term=category.term, scheme=category.scheme, label=category.label))
    if entry.rights:
        out.rights(entry.rights)
    if entry.image:
        out.media.thumbnail({"url": entry.image}, group=None)
    for ref in entry.in_reply_to:
        out.more.add("thr:in-reply-to", ref=ref, href=address(ref) if ref.startswith(("http://", "https://")) else None)
    if entry.source:
        out.more.elements.append(_source(entry))
    if entry.language and entry.language != language:
        out.more.language = entry.language


def _texts(out: Any, entry: Ready) -> None:
    """Content where there is no alternate link (RFC 4287 section 4.1.2), and else a text at least (section 4.1.1.1)."""
    content, summary = entry.content, entry.summary
    if content is None and entry.link is None:
        content, summary = summary, None
    if content:
        out.content(content.value, type=content.kind)
    elif entry.link is None:
        out.content(entry.name, type="text")
    if summary:
        out.summary(summary.value, type=summary.kind)
    elif content is None and entry.link:
        out.summary(entry.name, type="text")


def _links(out: Any, entry: Ready) -> None:
    """The entry's own link is feedgen's; it drops `rel` and `type` of all others, so they are added here."""
    if entry.link:
        out.link(href=entry.link)
    others = [link for link in entry.links if link != Link(entry.link or "")]
    others += [Link(one.url, "enclosure", one.type, title=one.title, length=one.length) for one in entry.enclosures]
    if entry.comments and not any(link.rel == "replies" for link in others):
        others.append(Link(entry.comments, "replies", "text/html"))
    for link in others:
        length = None if link.length is None else str(link.length)
        attributes = {
            "rel": link.rel,
            "type": link.type,
            "hreflang": link.hreflang,
            "title": link.title,
            "length": length,
        }
        out.more.add("link", href=link.href, **attributes)


def _source(entry: Ready) -> Any:
    """The feed an entry was copied from (section 4.2.11).

    Where the entry names no author, the feed stands in: the source's author comes before ours (section 4.2.1). The feed
    was updated no earlier than its entry.
    """
    source = entry.source
    assert source is not None
    author = [] if entry.authors else [element("author", None, element("name", source.title))]
    links = [element("link", rel="self", href=source.feed)] if source.feed else []
    if source.link and source.link != source.feed:
        links.append(element("link", rel="alternate", href=source.link))
    updated = element("updated", rfc3339(entry.updated))
    return element("source", None, element("id", source.id), element("title", source.title), updated, *links, *author)


def _person(person: Person) -> dict[str, str]:
    return given(name=person.name or person.email or person.url, email=person.email, uri=person.url)
