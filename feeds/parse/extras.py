"""What the model has no field for, and is kept all the same: extension elements, as strings by their usual names.

Whatever changes at every fetch by its nature stays out: a count of comments or views would make each poll look as if
the publisher had edited every entry.
"""

from __future__ import annotations

from feeds.html import one_line
from feeds.parse.markup import Element, name

_COUNTS = frozenset(
    {
        "slash:comments", "slash:hit_parade", "thr:total", "thr:count", "media:community", "media:statistics",
        "media:starrating",
    }
)  # fmt: skip
_COUNTING = ("opensearch:", "yt:statistics", "feedburner:awareness", "sy:")
# These have fields, or say the same as one that has.
_READ = frozenset(
    [
        "abstract",
        "at:deleted-entry",
        "author",
        "body",
        "category",
        "channel",
        "comments",
        "content",
        "content:encoded",
        "contributor",
        "copyright",
        "created",
        "dc:author",
        "dc:contributor",
        "dc:creator",
        "dc:date",
        "dc:description",
        "dc:language",
        "dc:rights",
        "dc:subject",
        "dc:title",
        "dcterms:created",
        "dcterms:issued",
        "dcterms:modified",
        "description",
        "docs",
        "enclosure",
        "entry",
        "feed",
        "fh:archive",
        "fh:complete",
        "fullitem",
        "generator",
        "guid",
        "icon",
        "id",
        "image",
        "info",
        "issued",
        "item",
        "items",
        "itunes:author",
        "itunes:category",
        "itunes:duration",
        "itunes:image",
        "itunes:keywords",
        "itunes:title",
        "keywords",
        "language",
        "lastbuilddate",
        "link",
        "logo",
        "managingeditor",
        "media:category",
        "media:content",
        "media:description",
        "media:group",
        "media:thumbnail",
        "media:title",
        "modified",
        "pubdate",
        "published",
        "rights",
        "skipdays",
        "skiphours",
        "source",
        "subtitle",
        "summary",
        "tagline",
        "textinput",
        "thr:in-reply-to",
        "title",
        "ttl",
        "updated",
        "xhtml:body",
        "admin:generatoragent",
    ]
)


def extras(element: Element, *texts: str | None) -> dict[str, str]:
    """The other children of a feed or an entry, by name, in the order of the names; several of one name by the line.

    An element without text is kept as its attributes. What says the same as one of `texts` is left out.
    """
    known = {one_line(text) for text in texts if text}
    found: dict[str, list[str]] = {}
    for child in element:
        key = name(child)
        text = told(child) if is_extra(key) else ""
        if text and one_line(text) not in known:
            found.setdefault(key, []).append(text)
    return {key: "\n".join(found[key]) for key in sorted(found)}


def is_extra(key: str) -> bool:
    """Whether an element of that name is kept here."""
    return bool(key) and key not in _READ and key not in _COUNTS and not key.startswith(_COUNTING)


def told(element: Element) -> str:
    """The text of an extension element, or else its attributes."""
    text = " ".join(filter(None, (part.strip() for part in element.itertext())))
    return text or " ".join(f'{key.rpartition("}")[2]}="{value}"' for key, value in sorted(element.attrib.items()))
