"""Atom 1.0 (RFC 4287): the head through feedgen, entries as text.

With archives (RFC 5005), threads (RFC 4685), licences (RFC 4946) and tombstones (RFC 6721).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from feedgen.feed import FeedGenerator

from feeds.channel import Withdrawn
from feeds.model import Link, Person, Source, Text
from feeds.write.document import GENERATOR, MEDIA_TYPES, Document
from feeds.write.extension import NAMESPACES, AtomElements, hexadecimal, whole
from feeds.write.modules import modules, prefixes, threads
from feeds.write.ready import Ready
from feeds.write.stylesheet import with_stylesheet
from feeds.write.values import Timestamp, given, rfc3339
from feeds.write.values import plain as plain_line
from feeds.write.xml import element, inserted, markup, nested, plain


def write(document: Document, entries: Sequence[Ready]) -> bytes:
    """A tidy document and its ready entries as Atom."""
    head = hexadecimal(_head(document, entries).atom_str(pretty=True), "title|subtitle|name")
    tombstones = (_tombstone(plain_line(item.id), withdrawn) for item, withdrawn in document.withdrawn)
    elements = chain(tombstones, (_entry(entry, document.language) for entry in entries))
    return inserted(with_stylesheet(head, document, "atom"), b"</feed>", elements, depth=1)


def _head(document: Document, entries: Sequence[Ready]) -> Any:
    feed = FeedGenerator()
    feed.load_extension("media", rss=False)
    feed.register_extension("more", AtomElements, AtomElements, rss=False)
    podcasting = [one for one in document.podcasting if one.name.startswith("podcast:")]
    feed.more.prefixes = prefixes(entries) | ({"podcast"} if podcasting else set())
    feed.id(document.id)
    feed.title(document.title)
    if document.description:
        feed.subtitle(document.description)
    feed.updated(Timestamp.of(document.updated))
    feed.author(_known(Person(document.author or document.title, document.email or None)))
    feed.language(document.language)
    feed.generator(GENERATOR)
    if document.image:
        feed.logo(document.image)
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
    feed.more.elements += map(whole, podcasting)
    return feed


def _tombstone(identity: str, withdrawn: Withdrawn) -> bytes:
    """The word that an entry was taken back (RFC 6721)."""
    reason = element("at:comment", plain(plain_line(withdrawn.reason or "")))
    attributes = {"xmlns:at": NAMESPACES["at"], "ref": identity, "when": rfc3339(withdrawn.at)}
    return element("at:deleted-entry", reason if withdrawn.reason else b"", **attributes)


def _entry(entry: Ready, language: str) -> bytes:
    lines = [
        element("id", plain(entry.id)),
        element("title", plain(entry.name)),
        element("updated", rfc3339(entry.stamp)),
        *(_person("author", person) for person in entry.authors),
        *_texts_and_link(entry),
    ]
    for category in entry.categories:
        lines.append(element("category", term=category.term, scheme=category.scheme, label=category.label))
    lines += [_person("contributor", person) for person in entry.contributors]
    lines.append(element("published", rfc3339(entry.published)))
    if entry.rights:
        lines.append(element("rights", plain(entry.rights)))
    if entry.image:
        lines.append(element("media:thumbnail", url=entry.image))
    lines += _links(entry)
    lines += [*threads(entry), *modules(entry)]
    if entry.source:
        lines.append(_source(entry, entry.source))
    differs = entry.language and entry.language != language
    return nested("entry", lines, depth=1, attributes=f' xml:lang="{entry.language}"' if differs else "")


def _texts_and_link(entry: Ready) -> Iterator[bytes]:
    """Content where there is no alternate link (RFC 4287 section 4.1.2), and else a text at least (section 4.1.1.1)."""
    content, summary = entry.content, entry.summary
    if content is None and entry.link is None:
        content, summary = summary or Text(entry.name, "text"), None
    elif content is None and summary is None:
        summary = Text(entry.name, "text")
    if content:
        yield _text("content", content)
    if entry.link:
        yield element("link", href=entry.link)
    if summary:
        yield _text("summary", summary)


def _text(name: str, text: Text) -> bytes:
    return element(name, markup(text.value) if text.kind == "html" else plain(text.value), type=text.kind)


def _links(entry: Ready) -> Iterator[bytes]:
    """All links but the entry's own."""
    others = [link for link in entry.links if link != Link(entry.link or "")]
    others += [Link(one.url, "enclosure", one.type, title=one.title, length=one.length) for one in entry.enclosures]
    if entry.comments and not any(link.rel == "replies" for link in others):
        others.append(Link(entry.comments, "replies", "text/html"))
    for link in others:
        length = None if link.length is None else str(link.length)
        kind = {"rel": link.rel, "type": link.type, "hreflang": link.hreflang}
        yield element("link", href=link.href, **kind, title=link.title, length=length)


def _source(entry: Ready, source: Source) -> bytes:
    """The feed an entry was copied from (section 4.2.11).

    Where nobody is named as author, the feed stands in: the source's author comes before ours (section 4.2.1). The feed
    was updated no earlier than its entry, where it does not say when.
    """
    title, updated = plain(source.title or ""), (source.updated or entry.updated).replace(microsecond=0)
    lines = [element("id", plain(source.id or "")), element("title", title), element("updated", rfc3339(updated))]
    if source.feed:
        lines.append(element("link", rel="self", href=source.feed))
    if source.link and source.link != source.feed:
        lines.append(element("link", rel="alternate", href=source.link))
    lines += [_person("author", person, depth=3) for person in source.authors]
    if not entry.authors:
        lines.append(nested("author", [element("name", title)], depth=3))
    for one in source.categories:
        lines.append(element("category", term=one.term, scheme=one.scheme, label=one.label))
    if source.rights:
        lines.append(element("rights", plain(source.rights)))
    return nested("source", lines, depth=2)


def _person(name: str, person: Person, depth: int = 2) -> bytes:
    return nested(name, [element(key, plain(value)) for key, value in _known(person).items()], depth=depth)


def _known(person: Person) -> dict[str, str]:
    return given(name=person.name or person.email or person.url, email=person.email, uri=person.url)
