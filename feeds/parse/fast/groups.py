"""Which field an element belongs to: the children of a head or an entry, by field, in the document's order.

The names are those that `markup.name` gives, one for an element however it is written. What is in neither table is an
extension, for the field "extras".
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from msgspec import Struct

from feeds.parse.errors import Declined
from feeds.parse.extras import is_extra
from feeds.parse.markup import ENTRY_NAMES, Element, is_known, name

Fields = dict[str, list[Element]]

# Texts, as `words` reads them; of those on a line, the first kind that says something counts.
LINES = {
    "title": ("title", "dc:title", "media:title"),
    "summary": ("description", "summary", "abstract", "dc:description", "itunes:summary", "media:description"),
    "subtitle": ("subtitle", "tagline", "itunes:subtitle"),
    "rights": ("rights", "copyright", "dc:rights"),
    "content": ("content", "content:encoded"),
    "category": ("category", "dc:subject", "keywords"),
}
_BOTH = {name: line for line, names in LINES.items() for name in names} | {
    "guid": "guid",
    "id": "id",
    "link": "link",
    "author": "author",
    "dc:creator": "author",
    "dc:author": "author",
    "itunes:author": "itunes:author",
    "itunes:keywords": "itunes:keywords",
    "language": "language",
    "dc:language": "dc:language",
    "pubdate": "published",
    "published": "published",
    "issued": "published",
    "dc:date": "published",
    "created": "published",
    "updated": "updated",
    "modified": "updated",
    "dcterms:modified": "updated",
    # These may take the place of others of their line, and are read for themselves too.
    "media:title": "media",
    "media:description": "media",
    "itunes:summary": "podcast",
    "itunes:subtitle": "podcast",
    # The careful path reads these; the first is in a namespace of nobody.
    "atom:link": "declined",
    "body": "declined",
    "xhtml:body": "declined",
    "fullitem": "declined",
    "channel": "declined",
    "feed": "declined",
    "item": "declined",
    "entry": "declined",
}
_HEAD = _BOTH | {
    "managingeditor": "author",
    "lastbuilddate": "updated",
    "generator": "generator",
    "admin:generatoragent": "admin:generatoragent",
    "image": "image",
    "logo": "logo",
    "itunes:image": "logo",
    "icon": "icon",
    "itunes:category": "itunes:category",
    "ttl": "ttl",
    "skiphours": "skiphours",
    "skipdays": "skipdays",
    "sy:updateperiod": "sy:updateperiod",
    "sy:updatefrequency": "sy:updatefrequency",
    "sy:updatebase": "sy:updatebase",
    "fh:complete": "fh:complete",
    "fh:archive": "fh:archive",
    "at:deleted-entry": "at:deleted-entry",
    "content": "declined",
    "content:encoded": "declined",
}
_ENTRY = _BOTH | {
    "dcterms:issued": "published",
    "dcterms:created": "published",
    "contributor": "contributor",
    "dc:contributor": "contributor",
    "comments": "comments",
    "enclosure": "enclosure",
    "media:group": "media",
    "media:content": "media",
    "media:thumbnail": "media",
    "itunes:duration": "itunes:duration",
    "itunes:title": "itunes:title",
    "source": "source",
    "thr:in-reply-to": "thr:in-reply-to",
    "image": "image",
    "itunes:image": "image",
    "itunes:category": "declined",
}
# An element of one of these may hold others; in any other field of a feed it holds text alone.
_NESTED = frozenset(
    {
        "title", "summary", "subtitle", "rights", "content", "author", "itunes:author", "contributor", "image", "logo",
        "media", "source", "extras", "skiphours", "skipdays", "itunes:category", "at:deleted-entry", "ignored",
    }
)  # fmt: skip
# Where texts stand besides the format's own namespace, and the prefixes that feedparser knows these by.
USUAL_PREFIXES = {
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.itunes.com/DTDs/PodCast-1.0.dtd": "itunes",
    "http://www.itunes.com/DTDs/Podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss/": "media",
    "http://search.yahoo.com/mrss": "media",
}
_ITUNES_CATEGORY = "{http://www.itunes.com/dtds/podcast-1.0.dtd}category"
_WITH_TEXTS = frozenset({*LINES, "media", "podcast"})
_NONE: dict[str, str] = {}
_MOST_TAGS = 5000
_LONGEST_TAG = 200
_MOST_ATTRIBUTES = 500


class Table(Struct, frozen=True):
    """The fields by names, and by tags as lxml writes them: these are filled in as they are met."""

    names: dict[str, str]
    main: str
    tags: dict[str, str]


@cache
def table(kind: Literal["head", "entry"], main: str) -> Table:
    """The fields of a head or an entry in a format with that namespace."""
    return Table(_HEAD if kind == "head" else _ENTRY, main, {})


def of(element: Element, known: Table, entry_tag: str = "") -> Fields:
    """The children of an element by field; those that are entries are the field "entries"."""
    tags = known.tags
    found: Fields = {}
    # A slice is there sooner than an iterator has gone through it.
    for child in element[:]:
        tag = child.tag
        field = tags.get(tag)
        if field is None:
            field = "entries" if tag == entry_tag else _learn(child, known)
            if field == "entries":
                tags[tag] = field
        if field in found:
            found[field].append(child)
        else:
            found[field] = [child]
        if len(child) and field != "entries":
            look_inside(child, field)
    if "declined" in found:
        raise Declined(f"<{found['declined'][0].tag}>")
    return found


def attributes(element: Element) -> dict[str, str]:
    """An element's attributes. lxml takes the square of the time to read very many values."""
    keys = element.keys()
    if not keys:
        return _NONE
    if len(keys) > _MOST_ATTRIBUTES:
        raise Declined("attributes beyond reason")
    return dict(element.items())


def _learn(child: Element, known: Table) -> str:
    tag, key = str(child.tag), name(child)
    namespace = tag[1:].rpartition("}")[0]
    field = known.names.get(key)
    if field is None:
        field = "extras" if is_extra(key) else "ignored"
    elif field in _WITH_TEXTS and not (namespace in (known.main, *USUAL_PREFIXES) and tag.isascii()):
        field = "media" if field == "media" and key not in ("media:title", "media:description") else "declined"
    if is_known(namespace) and len(known.tags) < _MOST_TAGS and len(tag) < _LONGEST_TAG:
        known.tags[tag] = field
    return field


def look_inside(child: Element, field: str) -> None:
    """Decline what the careful path finds at any depth: entries, and categories of podcasts."""
    if field not in _NESTED:
        raise Declined(f"<{child.tag}> holds elements")
    if field == "content":
        return
    for one in child.iterdescendants():
        tag = one.tag.lower()
        if tag.rpartition("}")[2] in ENTRY_NAMES or (tag == _ITUNES_CATEGORY and field != "itunes:category"):
            raise Declined(f"<{one.tag}> in <{child.tag}>")
