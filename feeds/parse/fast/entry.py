"""An entry of a well-formed feed. What is rare is read by the careful path's own functions, element by element."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from feeds.html import one_line
from feeds.model import Category, Enclosure, Entry, Extension, Link, Person, Source, Text
from feeds.parse.elements import alternate, link_of, person_of
from feeds.parse.entries import (
    all_enclosures,
    description_of_media,
    first_source,
    image_of,
    is_told,
    lonely_duration,
    merged,
    permalink,
    replies_of,
    title_of_media,
)
from feeds.parse.errors import Declined
from feeds.parse.extensions import KEPT, answered, credited, extension, is_whole
from feeds.parse.extras import told
from feeds.parse.fast import groups, words
from feeds.parse.fast.groups import Fields, attributes
from feeds.parse.fast.setting import BASE, LANG, Setting
from feeds.parse.fast.tree import Document
from feeds.parse.fast.words import leaf, line, value
from feeds.parse.markup import Element, name
from feeds.parse.values import Note, Problems, absolute, integer, person, seconds, when
from feeds.remembered import remembered

_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
PUBLISHED = {
    name: place
    for place, name in enumerate(
        ("pubdate", "published", "issued", "dcterms:issued", "dc:date", "created", "dcterms:created")
    )
}
_FIRST_WORD = re.compile(r"\s*(\S*)")
# Attributes of enclosures and of media, which say what they say whatever else is there.
_OF_FILES = frozenset({"url", "type", "length", "fileSize", "duration", "medium", "isDefault", "width", "height"})
_WITH_EXTENSIONS = frozenset({"extras", "itunes:title", "media", "thr:in-reply-to"})
_PAGES = frozenset({None, "text/html", "application/xhtml+xml"})
_NOBODY = Person()
UPDATED = {name: place for place, name in enumerate(("updated", "modified", "lastbuilddate", "dcterms:modified"))}
_NONE: list[Element] = []


def read_entry(element: Element, document: Document, feed: Setting, problems: Problems, number: int) -> Entry:
    """The entry that an element holds. What cannot be read in the entry of that number goes to the problems."""
    fields = groups.of(element, document.entry_groups)
    get, setting, about = fields.get, feed, None
    if element.keys():
        setting, about = _own_setting(attributes(element), document, feed)
    url = setting.url
    link, comments, linked, others = _links(fields, setting)
    spoken = setting.xml_language
    if "dc:language" in fields or "language" in fields:
        spoken = value(fields, "dc:language", "language") or spoken
    summary = words.summary(fields, setting, spoken or feed.language)
    content = words.content(fields, setting, spoken or feed.language)
    media = get("media", _NONE)
    if media and summary is None and content is None:
        summary = description_of_media(media, url)
    duration = value(fields, "itunes:duration") if "itunes:duration" in fields else None
    enclosures: tuple[Enclosure, ...] = ()
    if linked or media or "enclosure" in fields:
        enclosures = _enclosures(get("enclosure", _NONE), linked, media, setting, duration)
    published = date(fields["published"], PUBLISHED) if "published" in fields else None
    updated = date(fields["updated"], UPDATED) if "updated" in fields else None
    if "subtitle" in fields and any(map(len, fields["subtitle"])):
        raise Declined("elements in a text that feedparser gets, although no entry has it")
    authors = people(fields["author"], setting) if "author" in fields else ()
    if not authors and "itunes:author" in fields:
        authors = people(fields["itunes:author"], setting)
    extra = extras(fields, summary, content) if "extras" in fields or "podcast" in fields else {}
    if duration or (published is None and "published" in fields) or (updated is None and "updated" in fields):
        extra |= lonely_duration(duration, enclosures) | unread_dates(
            fields, published, updated, problems.at(f"entry {number}")
        )
        extra = dict(sorted(extra.items()))
    return Entry(
        id=value(fields, "guid", "id") or about,
        link=link,
        title=words.title(fields, setting) or (title_of_media(media) if media else None),
        summary=summary,
        content=content,
        authors=authors,
        contributors=people(fields["contributor"], setting) if "contributor" in fields else (),
        published=published,
        updated=updated,
        categories=_categories(fields, setting) if "category" in fields or "itunes:keywords" in fields else (),
        enclosures=enclosures,
        links=others,
        language=spoken if spoken != feed.language else None,
        image=_image(media, get("image", _NONE), setting) if media or "image" in fields else None,
        rights=words.rights(fields, setting) if "rights" in fields else None,
        comments=comments,
        source=_source(fields["source"], setting) if "source" in fields else None,
        in_reply_to=_refs(fields["thr:in-reply-to"]) if "thr:in-reply-to" in fields else (),
        extra=extra,
        extensions=_extensions(fields) if not fields.keys().isdisjoint(_WITH_EXTENSIONS) else (),
    )


def links(elements: list[Element], setting: Setting) -> list[Link]:
    """All links, absolute, those of RSS before those of Atom."""
    with_text: list[Link] = []
    with_href: list[Link] = []
    for element in elements:
        given = attributes(element)
        if link := _link(element, given, setting):
            (with_href if "href" in given else with_text).append(link)
    return with_text + with_href


def people(elements: list[Element], setting: Setting) -> tuple[Person, ...]:
    """The people that such elements name, each once."""
    if len(elements) == 1 and not len(elements[0]):
        one = named(elements[0].text or "")
        return (one,) if one else ()
    found = [_person(element, setting) if len(element) else named(element.text or "") for element in elements]
    return tuple(dict.fromkeys([one for one in found if one]))


def date(elements: list[Element], order: dict[str, int]) -> datetime | None:
    """The first date that can be read, by the order of the elements' names."""
    if len(elements) == 1:
        text = elements[0].text
        return when(text.strip()) if text else None
    return next((found for text in _dates(elements, order).values() if (found := when(text))), None)


def unread_dates(fields: Fields, published: object, updated: object, note: Note) -> dict[str, str]:
    """The dates that nobody can read, by name, with a note of each."""
    found: dict[str, str] = {}
    for field, order, read in (("published", PUBLISHED, published), ("updated", UPDATED, updated)):
        if read is None and field in fields:
            failed = _dates(fields[field], order)
            for text in failed.values():
                note("a date cannot be read", text)
            found |= failed
    return found


def _dates(elements: list[Element], order: dict[str, int]) -> dict[str, str]:
    """By name, in its order, the first text of the dates."""
    found: dict[str, str] = {}
    for key, text in sorted(((name(one), leaf(one)) for one in elements), key=lambda pair: order[pair[0]]):
        if text:
            found.setdefault(key, text)
    return found


def extras(fields: Fields, *texts: Text | None) -> dict[str, str]:
    """The extension elements by name, in its order, save those that say the same as one of the texts."""
    found: dict[str, list[str]] = {}
    for element in (*fields.get("extras", ()), *fields.get("podcast", ())):
        text = _told(element)
        if text and not _is_said(text, texts):
            found.setdefault(name(element), []).append(text)
    return {key: "\n".join(found[key]) for key in sorted(found)}


@remembered
def named(text: str) -> Person | None:
    """Somebody named in one text. A feed has few authors, and each of them often."""
    found = person(text)
    return found if found != _NOBODY else None


def _own_setting(given: dict[str, str], document: Document, feed: Setting) -> tuple[Setting, str | None]:
    """The setting in an entry with attributes, and its rdf:about."""
    about = given.pop(_ABOUT, "").strip() or None if document.is_rdf else None
    base, spoken = given.pop(BASE, None), given.pop(LANG, None)
    if any(key[0] == "{" or key.lower() in ("href", "lastmod") for key in given):
        raise Declined("an odd attribute of an entry")
    return (feed if base is None and spoken is None else feed.inside(base, spoken)), about


def _links(fields: Fields, setting: Setting) -> tuple[str | None, str | None, list[Link], tuple[Link, ...]]:
    """An entry's page, its page of comments, the links to its files, and those that say more than the first two."""
    comments = absolute(value(fields, "comments"), setting.base) if "comments" in fields else None
    elements = fields.get("link", _NONE)
    if len(elements) == 1 and (href := _bare_link(elements[0], setting)):
        return href, comments, [], ()
    declared = links(elements, setting)
    if len(declared) == 1 and (only := declared[0]).rel == "alternate":
        return only.href, comments, [], () if is_told(only, only.href, None) else (only,)
    others = [one for one in declared if one.rel != "enclosure"]
    link = alternate(others) or _permalink(fields.get("guid", _NONE), setting)
    comments = comments or replies_of(others)
    rest = [one for one in others if not is_told(one, link, comments)]
    return link, comments, [one for one in declared if one.rel == "enclosure"], tuple(dict.fromkeys(rest))


def _bare_link(element: Element, setting: Setting) -> str | None:
    """The address in a link that has no attributes, as those of RSS are."""
    text = None if element.keys() else element.text
    return absolute(text, setting.base) if text and "<" not in text else None


def _permalink(guids: list[Element], setting: Setting) -> str | None:
    for guid in guids:
        attributes(guid)
    return permalink(guids, setting.base)


def _link(element: Element, given: dict[str, str], setting: Setting) -> Link | None:
    get = given.get
    text = get("href") or element.text or ""
    if "<" in text or BASE in given:
        return link_of(element, setting.url)
    href = absolute(text, setting.base)
    if href is None:
        return None
    if not given:
        return Link(href)
    length = get("length")
    return Link(
        href,
        _relation(get("rel", "")),
        _label(get("type", "")).lower() or None,
        _label(get("hreflang", "")) or None,
        line(get("title", "")) or None,
        integer(length) if length else None,
    )


@remembered
def _relation(rel: str) -> str:
    return rel.strip().removeprefix("http://www.iana.org/assignments/relation/").lower() or "alternate"


@remembered
def _label(text: str) -> str:
    return line(text)


def _person(element: Element, setting: Setting) -> Person | None:
    if attributes(element):
        found = person_of(element, setting.url)
        return found if found != _NOBODY else None
    told: dict[str, str] = {}
    for part in element:
        text = "".join(part.itertext()) if len(part) else part.text or ""
        told.setdefault(part.tag.rpartition("}")[2].lower(), line(text))
    get = told.get
    address = absolute(get("uri") or get("url") or get("homepage"), setting.base)
    name, email = get("name") or None, get("email", "").removeprefix("mailto:") or None
    return Person(name, email, address) if name or email or address else None


def _enclosures(
    elements: list[Element], linked: list[Link], media: list[Element], setting: Setting, duration: str | None
) -> tuple[Enclosure, ...]:
    """The files that go with an entry, each once."""
    if len(elements) == 1 and not (linked or media or duration):
        given = attributes(elements[0])
        if _OF_FILES.issuperset(given):
            file = _file(given, given.get("length"), None, setting)
            return (file,) if file else ()
    contents = [one for one in media if name(one) == "media:content"]
    said = [attributes(one) for one in (*elements, *contents)]
    if linked or any(map(len, media)) or not all(map(_OF_FILES.issuperset, said)):
        return merged(all_enclosures(elements, linked, media, setting.url), seconds(duration))
    found = [file for one in said[: len(elements)] if (file := _file(one, one.get("length"), None, setting))]
    for one in said[len(elements) :]:
        if file := _file(one, one.get("fileSize"), one.get("duration"), setting):
            found.append(file)
    return merged(found, seconds(duration)) if len(found) > 1 or duration else tuple(found)


def _file(given: dict[str, str], length: str | None, duration: str | None, setting: Setting) -> Enclosure | None:
    href = absolute(given.get("url"), setting.base)
    if href is None:
        return None
    type = _label(given.get("type", "").strip()).lower() or None
    return Enclosure(
        href, type, (integer(length) or None) if length else None, None, seconds(duration) if duration else None
    )


def _image(media: list[Element], others: list[Element], setting: Setting) -> str | None:
    """An entry's picture."""
    for one in media:
        if len(one):
            break
        if name(one) == "media:thumbnail":
            given = attributes(one)
            if not _OF_FILES.issuperset(given):
                break
            if found := absolute(given.get("url"), setting.base):
                return found
    return image_of(media, others, setting.url)


def _categories(fields: Fields, setting: Setting) -> tuple[Category, ...]:
    found = words.categories(fields["category"], setting) if "category" in fields else []
    if keywords := value(fields, "itunes:keywords"):
        found += [Category(term) for one in keywords.split(",") if (term := line(one))]
    return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)


def _source(elements: list[Element], setting: Setting) -> Source | None:
    """Where an entry came from. RSS tells it in one attribute and a text."""
    given = attributes(elements[0])
    if len(elements) > 1 or len(elements[0]) or given.keys() != {"url"}:
        return first_source(elements, setting.url)
    title, feed = line(elements[0].text or "") or None, absolute(given["url"], setting.base)
    return Source(title, feed=feed) if title or feed else None


def whole(elements: list[Element]) -> tuple[Extension, ...]:
    """The elements of podcasts that are more than a line of text."""
    return tuple([extension(one, key) for one in elements if is_whole(one) and (key := name(one)).startswith(KEPT)])


def _extensions(fields: Fields) -> tuple[Extension, ...]:
    """The same of an entry, behind what came to be read later (`feeds.parse.extensions`)."""
    titles = [extension(one, "itunes:title") for one in fields.get("itunes:title", _NONE)]
    answers = answered(fields.get("thr:in-reply-to", _NONE))
    return (*titles, *answers, *credited(fields.get("media", _NONE)), *whole(fields.get("extras", _NONE)))


def _refs(elements: list[Element]) -> tuple[str, ...]:
    return tuple(ref for one in elements if (ref := attributes(one).get("ref", "").strip()))


def _told(element: Element) -> str:
    if len(element) == 0 and (text := leaf(element)):
        return text
    attributes(element)
    return told(element)


def _is_said(text: str, texts: Iterable[Text | None]) -> bool:
    """Whether one of the texts is the same but for white space. The first words tell most of them apart."""
    return any(one and _word(one.value) == _word(text) and one_line(one.value) == one_line(text) for one in texts)


def _word(text: str) -> str:
    match = _FIRST_WORD.match(text)
    return match[1] if match else ""
