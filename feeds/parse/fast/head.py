"""What a well-formed feed says of itself."""

from __future__ import annotations

from feeds.model import Category, Feed, Link, Tombstone
from feeds.parse.channel import PERIODS, picture, podcast_categories, skip_days, skip_hours, tombstones
from feeds.parse.elements import alternate
from feeds.parse.errors import Declined
from feeds.parse.fast import words
from feeds.parse.fast.entry import PUBLISHED, UPDATED, date, extras, links, people, unread_dates, whole
from feeds.parse.fast.groups import Fields, attributes
from feeds.parse.fast.setting import Setting, xml_language
from feeds.parse.fast.tree import Document
from feeds.parse.fast.words import line, value
from feeds.parse.markup import Element, name
from feeds.parse.values import Problems, about, absolute, integer, when

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def language_of(document: Document) -> str | None:
    """The language that a feed declares for all that it holds."""
    declared = line(value(document.fields, "language", "dc:language") or "").replace("_", "-")
    return declared or xml_language(document)


def read_head(document: Document, setting: Setting, problems: Problems) -> Feed:
    """The feed that a head describes."""
    fields, url = document.fields, setting.url
    get = fields.get
    given = attributes(document.head)
    if any(key.lower() in ("href", "lastmod") for key in given):
        raise Declined("CDF")
    declared = links(get("link", []), setting)
    link = alternate(declared)
    period = (value(fields, "sy:updateperiod") or "").lower()
    generator = value(fields, "generator") or _resource(get("admin:generatoragent", [])) or ""
    published = date(fields["published"], PUBLISHED) if "published" in fields else None
    updated = date(fields["updated"], UPDATED) if "updated" in fields else None
    authors = people(fields["author"], setting) if "author" in fields else ()
    if not authors and "itunes:author" in fields:
        authors = people(fields["itunes:author"], setting)
    places = _pictures(document) if "image" in fields or "logo" in fields or document.is_rdf else []
    extra = extras(fields) if "extras" in fields or "podcast" in fields else {}
    if failed := unread_dates(fields, published, updated, problems.at("feed")):
        extra = dict(sorted((extra | failed).items()))
    return Feed(
        id=value(fields, "id", "guid") or about(given.get(f"{_RDF}about")),
        title=words.title(fields, setting),
        link=link,
        subtitle=words.subtitle(fields, setting),
        authors=authors,
        published=published,
        updated=updated,
        language=setting.language,
        rights=words.rights(fields, setting) if "rights" in fields else None,
        generator=line(generator) or None,
        image=picture(places, url) if places else None,
        icon=absolute(value(fields, "icon"), setting.base) if "icon" in fields else None,
        categories=_categories(fields, setting),
        links=tuple(dict.fromkeys([one for one in declared if one.href != link or one != Link(link, type=one.type)])),
        ttl=integer(value(fields, "ttl")),
        skip_hours=skip_hours(fields["skiphours"]) if "skiphours" in fields else (),
        skip_days=skip_days(fields["skipdays"]) if "skipdays" in fields else (),
        update_period=period if period in PERIODS else None,
        update_frequency=integer(value(fields, "sy:updatefrequency")) or None,
        update_base=when(value(fields, "sy:updatebase")) if "sy:updatebase" in fields else None,
        complete="fh:complete" in fields,
        archive="fh:archive" in fields,
        extra=extra,
        extensions=whole(fields["extras"]) if "extras" in fields else (),
    )


def read_tombstones(fields: Fields) -> tuple[Tombstone, ...]:
    """The entries that the feed says are deleted (RFC 6721)."""
    return tombstones(fields.get("at:deleted-entry", []))


def _categories(fields: Fields, setting: Setting) -> tuple[Category, ...]:
    found = words.categories(fields["category"], setting) if "category" in fields else []
    if "itunes:category" in fields or "itunes:keywords" in fields:
        listed = [each for one in fields.get("itunes:category", []) for each in one.iter()]
        found += podcast_categories(listed, value(fields, "itunes:keywords"))
    return tuple(dict.fromkeys(found))


def _resource(elements: list[Element]) -> str | None:
    return attributes(elements[0]).get(f"{_RDF}resource") if elements else None


def _pictures(document: Document) -> list[Element]:
    """The elements that hold a picture. RSS 1.0 has it beside the channel, which only refers to it."""
    fields = document.fields
    if document.root is document.head:
        beside = fields.get("image", [])
    else:
        beside = [one for one in document.root if one.tag.endswith("mage") and name(one) == "image"]
    return [*fields.get("image", []), *beside, *fields.get("logo", [])]
