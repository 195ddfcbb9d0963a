"""What a feed says of itself, and of entries that it has deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from feeds.html import one_line
from feeds.model import Category, Feed, Link, Tombstone
from feeds.parse.elements import alternate, base, date, head_of, language, links, people
from feeds.parse.extensions import extensions
from feeds.parse.extras import extras
from feeds.parse.markup import ENTRY_NAMES, Element, attribute, children, name, value
from feeds.parse.texts import Words, categories_of, title_of
from feeds.parse.values import Note, about, absolute, integer, when

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_PUBLISHED = ("pubdate", "published", "issued", "dc:date", "created")
_UPDATED = ("updated", "modified", "lastbuilddate", "dcterms:modified")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PERIODS = frozenset({"hourly", "daily", "weekly", "monthly", "yearly"})


def language_of(root: Element) -> str | None:
    """The language that a feed declares for all that it holds."""
    head = head_of(root)
    return one_line(value(head, "language", "dc:language") or "").replace("_", "-") or language(head)


def read_feed(root: Element, words: Words, url: str, is_atom: bool, note: Note) -> Feed:
    """The feed that a document describes. Relative addresses start from its xml:base, or else from `url`."""
    head = head_of(root)
    if name(head) in ENTRY_NAMES:
        return Feed()
    declared = links(head, url)
    if page := absolute(attribute(head, "href"), base(head, url)):  # CDF
        declared.insert(0, Link(page))
    link = alternate(declared)
    unread: dict[str, str] = {}
    published, updated = date(head, _PUBLISHED, unread, note), date(head, _UPDATED, unread, note)
    # RSS 1.0 has its picture beside the channel, which only refers to it.
    pictures = [*children(head, "image"), *children(root, "image"), *children(head, "logo", "itunes:image")]
    period = (value(head, "sy:updateperiod") or "").lower()
    return Feed(
        id=value(head, "id", "guid") or about(head.get(f"{_RDF}about")),
        title=title_of(words, "title", is_atom),
        link=link,
        subtitle=title_of(words, "subtitle", is_atom),
        authors=people(head, "author", "managingeditor", "dc:creator", "dc:author", url=url)
        or people(head, "itunes:author", url=url),
        published=published,
        updated=updated or when(attribute(head, "lastmod")),
        language=language_of(root),
        rights=title_of(words, "rights", is_atom),
        generator=one_line(value(head, "generator") or _resource(head, "admin:generatoragent") or "") or None,
        image=picture(pictures, url),
        icon=absolute(value(head, "icon"), base(head, url)),
        categories=tuple(
            dict.fromkeys([*categories_of(words), *podcast_categories(head.iter(), value(head, "itunes:keywords"))])
        ),
        links=tuple(dict.fromkeys(one for one in declared if one != Link(link or "", type=one.type))),
        ttl=integer(value(head, "ttl")),
        skip_hours=skip_hours(children(head, "skiphours")),
        skip_days=skip_days(children(head, "skipdays")),
        update_period=period if period in PERIODS else None,
        update_frequency=integer(value(head, "sy:updatefrequency")) or None,
        update_base=when(value(head, "sy:updatebase")),
        complete=any(True for _ in children(head, "fh:complete")),
        archive=any(True for _ in children(head, "fh:archive")),
        extra=dict(sorted((extras(head) | unread).items())),
        extensions=extensions(head),
    )


def read_tombstones(root: Element) -> tuple[Tombstone, ...]:
    """The entries that the feed says are deleted (RFC 6721)."""
    return tombstones(children(head_of(root), "at:deleted-entry"))


def tombstones(elements: Iterable[Element]) -> tuple[Tombstone, ...]:
    """What such elements say of deleted entries."""
    return tuple(
        Tombstone(
            ref=ref,
            when=when(one.get("when")),
            by=_who(one),
            comment=one_line(value(one, "at:comment") or "") or None,
        )
        for one in elements
        if (ref := one.get("ref", "").strip())
    )


def _who(tombstone: Element) -> str | None:
    """Who deleted an entry: a name, or else a mail address."""
    for by in children(tombstone, "at:by"):
        parts = {name(part).rpartition(":")[2]: one_line(part.text or "") for part in by}
        return parts.get("name") or parts.get("email") or one_line(by.text or "") or None
    return None


def _resource(head: Element, *names: str) -> str | None:
    return next((one.get(f"{_RDF}resource") for one in children(head, *names)), None)


def picture(places: Iterable[Element], url: str) -> str | None:
    """The address of the first picture in such elements."""
    for one in places:
        address = value(one, "url") or attribute(one, "href", "url", f"{_RDF}resource") or one.text
        if found := absolute(address, base(one, url)):
            return found
    return None


def podcast_categories(elements: Iterable[Element], keywords: str | None) -> Iterator[Category]:
    """The podcast categories among some elements, and those of a list of keywords."""
    for one in elements:
        if name(one) == "itunes:category" and (term := one_line(one.get("text", ""))):
            yield Category(term)
    yield from (Category(term) for one in (keywords or "").split(",") if (term := one_line(one)))


def skip_hours(elements: Iterable[Element]) -> tuple[int, ...]:
    """0 to 23; older RSS counts to 24, which is midnight too."""
    hours = (integer(one) for one in _listed(elements, "hour"))
    return tuple(sorted({hour % 24 for hour in hours if hour is not None and hour <= 24}))


def skip_days(elements: Iterable[Element]) -> tuple[str, ...]:
    """English names of days."""
    return tuple(dict.fromkeys(one.capitalize() for one in _listed(elements, "day") if one.lower() in _DAYS))


def _listed(elements: Iterable[Element], child: str) -> Iterable[str]:
    return [(one.text or "").strip() for group in elements for one in children(group, child)]
