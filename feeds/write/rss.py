"""RSS 2.0 with the RSS Advisory Board's profile, through feedgen.

https://www.rssboard.org/rss-specification, https://www.rssboard.org/rss-profile; archives: RFC 5005 appendix B.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from feedgen.feed import FeedGenerator

from feeds.model import Enclosure, Person
from feeds.write.document import GENERATOR, MEDIA_TYPES, Document
from feeds.write.extension import RssElements, hexadecimal
from feeds.write.ready import Ready, escaped, html
from feeds.write.stylesheet import with_stylesheet
from feeds.write.values import Timestamp, given, rfc3339

_NO_COMMENT = str.maketrans("", "", "()\\")
_DOCS = "https://www.rssboard.org/rss-specification"
# Elements whose text is no HTML.
_PLAIN = "title|category|source|author|managingEditor|dc:creator|dc:contributor|dc:rights"


def write(document: Document, entries: Sequence[Ready]) -> bytes:
    """A tidy document and its ready entries as RSS 2.0."""
    feed = _head(document)
    for entry in entries:
        _item(feed.add_entry(order="append"), entry, document.language)
    head, item, items = feed.rss_str(pretty=True).partition(b"<item>")
    text = hexadecimal(head, f"{_PLAIN}|description") + item + hexadecimal(items, _PLAIN)
    return with_stylesheet(text, document, "rss")


def _head(document: Document) -> Any:
    feed = FeedGenerator()
    feed.load_extension("media", atom=False)
    feed.register_extension("more", RssElements, RssElements, atom=False)
    feed.title(document.title)
    feed.description(document.description or document.title)
    links = document.links["rss"]
    feed.link(href=links.self, rel="self", type=MEDIA_TYPES["rss"])
    feed.link(href=document.site, rel="alternate")  # feedgen takes the last link for RSS
    feed.language(document.language)
    feed.lastBuildDate(Timestamp.of(document.updated))
    feed.generator(GENERATOR)
    feed.docs(_DOCS)
    if document.email:
        feed.managingEditor(f"{document.email} ({_comment(document.author) or document.email})")
    if document.archive:
        feed.more.add("fh:archive")
    if document.complete:
        feed.more.add("fh:complete")
    for rel, href in (
        ("current", links.current),
        ("prev-archive", links.prev_archive),
        ("next-archive", links.next_archive),
    ):
        if href:
            feed.more.add("atom:link", rel=rel, href=href, type=MEDIA_TYPES["rss"])
    for hub in document.hubs:
        feed.more.add("atom:link", rel="hub", href=hub)
    return feed


def _item(item: Any, entry: Ready, language: str) -> None:
    item.guid(entry.id, permalink=entry.permalink)
    if entry.title:
        item.title(entry.title)
    if entry.link:
        item.link(href=entry.link)
    _texts(item, entry)
    item.pubDate(Timestamp.of(entry.published))
    if entry.updated != entry.published:
        item.more.add("atom:updated", rfc3339(entry.updated))
    _people(item, entry.authors)
    for person in entry.contributors:
        item.more.add("dc:contributor", person.name or person.email or person.url)
    for category in entry.categories:
        item.category(given(term=category.term, scheme=category.scheme))
    if entry.enclosures:
        _enclosures(item, entry.enclosures)
    if entry.image:
        item.media.thumbnail({"url": entry.image}, group=None)
    if entry.comments:
        item.comments(entry.comments)
    if entry.source and (url := entry.source.feed or entry.source.link):
        item.source(url=url, title=entry.source.title)
    if entry.language and entry.language != language:
        item.more.add("dc:language", entry.language)
    if entry.rights:
        item.more.add("dc:rights", entry.rights)


def _texts(item: Any, entry: Ready) -> None:
    """The full text goes to content:encoded, which never stands without a description."""
    if entry.content:
        item.content(html(entry.content))
        item.description(html(entry.summary) or escaped(entry.excerpt) or escaped(entry.name))
    elif entry.summary:
        item.description(html(entry.summary))
    elif not entry.title:
        item.description(escaped(entry.name))


def _people(item: Any, people: Iterable[Person]) -> None:
    """`author` is one mail address with a name in a comment; for anything else there is dc:creator, never both."""
    everyone = list(people)
    for person in everyone:
        if len(everyone) == 1 and person.email and person.name and person.name == _comment(person.name):
            item.author(given(name=person.name, email=person.email))
        else:
            item.more.add("dc:creator", person.name or person.email or person.url)


def _enclosures(item: Any, enclosures: Sequence[Enclosure]) -> None:
    """One enclosure an item, which is on the web; media:content says what it cannot, and has the others.

    (itunes:duration would make the channel a podcast, which has to name a category of Apple's.)
    """
    first = next((one for one in enclosures if one.url.startswith(("http://", "https://"))), None)
    if first:
        item.enclosure(first.url, str(first.length or 0), first.type)
    for one in enclosures:
        if one is not first or one.duration:
            size, duration = (str(value) if value else None for value in (one.length, one.duration))
            item.media.content(given(url=one.url, fileSize=size, type=one.type, duration=duration), group=None)


def _comment(name: str | None) -> str:
    """What of a name can stand in an RFC 822 comment as it is."""
    return (name or "").translate(_NO_COMMENT).strip()
