"""RSS 2.0 with the RSS Advisory Board's profile: the head through feedgen, items as text.

https://www.rssboard.org/rss-specification, https://www.rssboard.org/rss-profile; archives: RFC 5005 appendix B.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from feedgen.feed import FeedGenerator

from feeds.model import Enclosure, Person
from feeds.write.document import GENERATOR, MEDIA_TYPES, Document
from feeds.write.extension import RssElements, hexadecimal, whole
from feeds.write.extension import element as made_element
from feeds.write.modules import modules, prefixes, threads
from feeds.write.ready import Ready, escaped, html
from feeds.write.stylesheet import with_stylesheet
from feeds.write.values import Timestamp, rfc822, rfc3339
from feeds.write.xml import element, inserted, markup, nested, plain

_NO_COMMENT = str.maketrans("", "", "()\\")
_DOCS = "https://www.rssboard.org/rss-specification"


def write(document: Document, entries: Sequence[Ready]) -> bytes:
    """A tidy document and its ready entries as RSS 2.0."""
    head = hexadecimal(_head(document, entries).rss_str(pretty=True), "title|description|managingEditor")
    items = (nested("item", _item(entry, document), depth=2) for entry in entries)
    return inserted(with_stylesheet(head, document, "rss"), b"</channel>", items, depth=2)


def _head(document: Document, entries: Sequence[Ready]) -> Any:
    feed = FeedGenerator()
    feed.load_extension("media", atom=False)
    feed.register_extension("more", RssElements, RssElements, atom=False)
    feed.more.prefixes = _prefixes(document, entries)
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
    if document.image:
        feed.image(document.image, document.title, document.site)
    if document.podcast:
        _add_podcast(feed, document)
    feed.more.elements += [whole(one) for one in document.podcasting if not one.name.startswith("itunes:")]
    return feed


def _add_podcast(feed: Any, document: Document) -> None:
    """What Apple asks of a podcast (https://podcasters.apple.com/support/823-podcast-requirements)."""
    category, _, part = (name.strip() for name in document.podcast.partition(">"))
    feed.more.add("itunes:category", text=category)
    if part:
        feed.more.elements[-1].append(made_element("itunes:category", text=part))
    feed.more.add("itunes:explicit", "true" if document.explicit else "false")
    said = [one for one in document.podcasting if one.name.startswith("itunes:")]
    feed.more.elements += map(whole, said)
    if not any(one.name == "itunes:author" for one in said):
        feed.more.add("itunes:author", document.author or document.title)
    if document.email:
        feed.more.add("itunes:owner")
        owner = {"name": document.author or document.title, "email": document.email}
        feed.more.elements[-1].extend(made_element(f"itunes:{name}", text) for name, text in owner.items())
    if document.image:
        feed.more.add("itunes:image", href=document.image)
    if document.private:
        feed.more.add("itunes:block", "Yes")


def _prefixes(document: Document, entries: Sequence[Ready]) -> set[str]:
    found = prefixes(entries)
    found |= {"itunes"} if document.podcast else set()
    found |= {one.name.partition(":")[0] for one in document.podcasting} - {"itunes"}
    found |= {"thr"} if any(entry.in_reply_to for entry in entries) else set()
    return found | ({"creativeCommons"} if any(entry.rich.licenses for entry in entries) else set())


def _item(entry: Ready, document: Document) -> Iterator[bytes]:
    if entry.title:
        yield element("title", plain(entry.title))
    if entry.link:
        yield element("link", plain(entry.link))
    yield from _texts(entry)
    author = _author(entry.authors)
    if author:
        yield element("author", plain(author))
    yield element("guid", plain(entry.id), isPermaLink="true" if entry.permalink else "false")
    for category in entry.categories:
        yield element("category", plain(category.term), domain=category.scheme)
    if entry.comments:
        yield element("comments", plain(entry.comments))
    first = _enclosure(entry.enclosures)
    if first:
        yield element("enclosure", url=first.url, length=str(first.length or 0), type=first.type)
    yield element("pubDate", rfc822(entry.published))
    if entry.source and (url := entry.source.feed or entry.source.link):
        yield element("source", plain(entry.source.title or ""), url=url)
    for one in entry.enclosures:
        if one is not first:
            size, duration = (str(value) if value else None for value in (one.length, one.duration))
            yield element("media:content", url=one.url, fileSize=size, type=one.type, duration=duration)
    if entry.image:
        yield element("media:thumbnail", url=entry.image)
    if entry.updated != entry.published:
        yield element("atom:updated", rfc3339(entry.updated))
    for person in entry.authors if not author else ():
        yield element("dc:creator", plain(_name(person)))
    for person in entry.contributors:
        yield element("dc:contributor", plain(_name(person)))
    if entry.language and entry.language != document.language:
        yield element("dc:language", entry.language)
    if entry.rights:
        yield element("dc:rights", plain(entry.rights))
    yield from _links(entry)
    yield from threads(entry)
    yield from modules(entry)
    if document.podcast:
        yield from _itunes(entry, first)


def _links(entry: Ready) -> Iterator[bytes]:
    """All links but the entry's own, and those that RSS has elements for."""
    for one in entry.links:
        if one.rel == "license":
            yield element("creativeCommons:license", plain(one.href))
        elif one.rel != "alternate" and one.href != entry.comments:
            kind = {"rel": one.rel, "type": one.type, "hreflang": one.hreflang}
            yield element("atom:link", href=one.href, **kind, title=one.title)


def _itunes(entry: Ready, file: Enclosure | None) -> Iterator[bytes]:
    """What goes with an episode for Apple, in a channel that is a podcast."""
    if file and file.duration:
        yield element("itunes:duration", str(file.duration))
    if entry.image:
        yield element("itunes:image", href=entry.image)
    for name, text in entry.rich.itunes:
        yield element(name, plain(text))


def _texts(entry: Ready) -> Iterator[bytes]:
    """The full text goes to content:encoded, which never stands without a description."""
    if entry.content:
        start = html(entry.summary) or escaped(entry.excerpt) or escaped(entry.name)
        yield element("description", markup(start))
        yield element("content:encoded", markup(html(entry.content)))
    elif entry.summary:
        yield element("description", markup(html(entry.summary)))
    elif not entry.title:
        yield element("description", markup(escaped(entry.name)))


def _author(people: Sequence[Person]) -> str | None:
    """`author` is one mail address with a name in a comment; for anything else there is dc:creator, never both."""
    if len(people) != 1 or not people[0].email or not people[0].name or people[0].name != _comment(people[0].name):
        return None
    return f"{people[0].email} ({people[0].name})"


def _name(person: Person) -> str:
    return person.name or person.email or person.url or ""


def _enclosure(enclosures: Iterable[Enclosure]) -> Enclosure | None:
    """The one enclosure that an item takes, which is on the web; media:content has the others.

    How long it plays is said in a podcast alone: itunes:duration would make any other channel one, which has to name a
    category of Apple's, and readers take media:content for one more file.
    """
    return next((one for one in enclosures if one.url.startswith(("http://", "https://"))), None)


def _comment(name: str | None) -> str:
    """What of a name can stand in an RFC 822 comment as it is."""
    return (name or "").translate(_NO_COMMENT).strip()
