"""The rules of RSS 2.0, Atom and JSON Feed as checks: each gives the list of what a document breaks."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import jsonschema
from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
FH = "{http://purl.org/syndication/history/1.0}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
THR = "{http://purl.org/syndication/thread/1.0}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
SCHEMA = json.loads((Path(__file__).parent.parent / "data/schemas/jsonfeed-1.1.json").read_text("utf-8"))

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_RFC822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) "
    r"\d\d:\d\d:\d\d (?:[+-]\d{4}|GMT)"
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_IRI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?:[^\x00-\x20<>\"{}|\\^`%#\x7f-\xa0]|%[0-9A-Fa-f]{2})+(?:#[^\x00-\x20<>\"{}|\\^`#]*)?"
)
_MAIL = re.compile(r"[^@\s()<>]+@[^@\s()<>.]+(\.[^@\s()<>.]+)+")
_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+")
_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(//[0-9A-Za-z:@&=+$.\-_!~*'(),;%]*(\[[0-9A-Fa-f:.]+\](:\d*)?)?)?"
    r"([0-9A-Za-z;/?:@&=+$.\-_!~*'(),]|%[0-9A-Fa-f]{2})*(#([0-9A-Za-z;/?:@&=+$.\-_!~*'(),]|%[0-9A-Fa-f]{2})*)?",
    re.ASCII,
)
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z0-9]{1,8})*")
# ISO 639-1: there are no other languages of two letters (RFC 5646 section 2.2.1).
_TWO_LETTERS = frozenset(
    re.findall(
        "..",
        "aaabaeafakamanarasavayazbabebgbhbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfofrfygagdgl"
        "gngugvhahehihohrhthuhyhziaidieigiiikinioisitiuiwjajijvjwkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlulv"
        "mgmhmimkmlmnmomrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsascsdsesgshsiskslsmsnsosqsr"
        "ssstsusvswtatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyiyozazhzu",
    )
)
# RFC 5005 says of feeds, not of entries, where they stand among others.
_OF_FEEDS = frozenset(["current", "first", "last", "next", "previous", "prev-archive", "next-archive", "self"])
# Registered relations (https://www.iana.org/assignments/link-relations) that an entry can have.
_RELATIONS = _OF_FEEDS | frozenset(
    re.findall(
        r"\S+",
        """
        about alternate amphtml appendix archives author bookmark canonical chapter cite-as collection contents
        copyright describedby describes disclosure duplicate edit edit-form edit-media enclosure external glossary help
        hub icon index item latest-version license me memento original payment predecessor-version prev preview
        privacy-policy profile publication related replies search section service sponsored start status subsection
        successor-version tag terms-of-service timegate timemap type ugc up version-history via webmention working-copy
        working-copy-of
        """,
    )
)
_FIRST_YEAR = "1990"  # there were no feeds before it

_COMMON_ELEMENTS = {"author", "category", "contributor", "id", "link", "rights", "title", "updated"}
_FEED_ELEMENTS = _COMMON_ELEMENTS | {"entry", "generator", "icon", "logo", "subtitle"}
_ENTRY_ELEMENTS = _COMMON_ELEMENTS | {"content", "published", "source", "summary"}
_TEXT_ELEMENTS = {"title", "subtitle", "summary", "rights", "content"}
_ITEM_ONCE = ("title", "link", "description", "author", "comments", "enclosure", "guid", "pubDate", "source")


def broken_atom(document: bytes) -> list[str]:
    """What RFC 4287 (and 4685, for threads) has against the document."""
    feed = etree.fromstring(document)
    if feed.tag != ATOM + "feed":
        return [f"the root is {feed.tag}"]
    entries = feed.findall(ATOM + "entry")
    problems = [*_atom_container(feed, _FEED_ELEMENTS)]
    if len(feed.findall(f"{ATOM}link[@rel='self']")) != 1:
        problems.append("the feed has not one link rel=self")
    ids = Counter(entry.findtext(ATOM + "id") for entry in entries)
    problems += [f"id {one} stands {count} times" for one, count in ids.items() if count > 1]
    times = Counter(entry.findtext(ATOM + "updated") for entry in entries)
    problems += [f"{count} entries were updated at {one}" for one, count in times.items() if count > 1]
    if (feed.findtext(ATOM + "updated") or "") < _FIRST_YEAR:
        problems.append("the feed is older than feeds are")
    if re.search(rb"<(title|subtitle|summary|content|rights|name)( type=\"text\")?>[^<]*&(amp|lt|gt);", document):
        problems.append("a plain text is not escaped with hexadecimal references")
    problems += _archive(feed)
    for entry in entries:
        authors = [*feed.findall(ATOM + "author"), *entry.iter(ATOM + "author")]
        problems += [] if authors else ["an entry has no author"]
        problems += _atom_entry(entry)
    return problems


def _atom_entry(entry: Any) -> Iterator[str]:
    yield from _atom_container(entry, _ENTRY_ELEMENTS)
    content = entry.findall(ATOM + "content")
    if len(content) > 1 or len(entry.findall(ATOM + "summary")) > 1 or len(entry.findall(ATOM + "published")) > 1:
        yield "an entry has content, summary or published twice"
    if not content and not _alternates(entry):
        yield "an entry has neither content nor an alternate link"
    if not [one for name in ("content", "summary") if (one := (entry.findtext(ATOM + name) or "").strip())]:
        yield "an entry has no text"
    for source in entry.findall(ATOM + "source"):
        yield from (f"source: {problem}" for problem in _atom_container(source, _FEED_ELEMENTS - {"entry"}))
    for reply in entry.findall(THR + "in-reply-to"):
        if not reply.get("ref") or reply.get("ref") == entry.findtext(ATOM + "id"):
            yield "in-reply-to refers to nothing or to itself"
        if not _URI.fullmatch(reply.get("href", "a:b")):
            yield f"in-reply-to has an href that is no URI: {reply.get('href')!r}"
    for link in entry.findall(ATOM + "link"):
        if link.get("rel") in _OF_FEEDS:
            yield f"an entry has a link rel={link.get('rel')}"
    yield from _media(entry)


def _atom_container(element: Any, allowed: set[str]) -> Iterator[str]:
    """What holds for feed, entry and source alike."""
    for name in ("id", "title", "updated"):
        if len(element.findall(ATOM + name)) != 1:
            yield f"{element.tag} has not one {name}"
    for child in element:
        name = child.tag.removeprefix(ATOM)
        if child.tag.startswith(ATOM) and name not in allowed:
            yield f"{name} may not stand in {element.tag}"
        if not child.tag.startswith("{"):
            yield f"{name} has no namespace"
        if name in _TEXT_ELEMENTS and (child.get("type", "text") not in ("text", "html") or len(child)):
            yield f"{name} is neither text nor escaped HTML"
        if name in ("updated", "published") and not _RFC3339.fullmatch(child.text or ""):
            yield f"{name} is no RFC 3339 time: {child.text}"
        if child.get("type") == "html" and "\ufffd" in (child.text or ""):
            yield f"{name} has U+FFFD as a character, not as a reference"
        if name == "id" and not _IRI.fullmatch(child.text or ""):
            yield f"id is no IRI: {child.text!r}"
        if name == "link":
            yield from _atom_link(child)
        if name == "category" and not child.get("term"):
            yield "a category has no term"
        if name in ("author", "contributor"):
            yield from _atom_person(child)
    if not (element.findtext(ATOM + "title") or "").strip():
        yield "a title is blank"
    alternates = Counter((link.get("type"), link.get("hreflang")) for link in _alternates(element))
    yield from (f"alternate link {kind} stands {count} times" for kind, count in alternates.items() if count > 1)
    if not _language(element.get(XML_LANG, "en")):
        yield f"xml:lang is {element.get(XML_LANG)}"


def _atom_link(link: Any) -> Iterator[str]:
    if not _URI.fullmatch(link.get("href", "")):
        yield f"a link's href is no absolute URI: {link.get('href')!r}"
    if not _TYPE.fullmatch(link.get("type", "a/b")):
        yield f"a link's type is {link.get('type')!r}"
    if not link.get("length", "0").isdecimal():
        yield f"a link's length is {link.get('length')!r}"
    if not (link.get("rel", "alternate") in _RELATIONS or _IRI.fullmatch(link.get("rel"))):
        yield f"a link's rel is {link.get('rel')!r}"
    if not _language(link.get("hreflang", "en")):
        yield f"a link's hreflang is {link.get('hreflang')!r}"
    if link.get("title") == "":
        yield "a link's title is empty"


def _atom_person(person: Any) -> Iterator[str]:
    names = [child.tag.removeprefix(ATOM) for child in person]
    if names.count("name") != 1 or not (person.findtext(ATOM + "name") or "").strip():
        yield "a person has not one name"
    if len(names) != len(set(names)) or set(names) - {"name", "email", "uri"}:
        yield f"a person has {names}"
    if not _MAIL.fullmatch(person.findtext(ATOM + "email", "a@b.c")):
        yield f"an email is {person.findtext(ATOM + 'email')!r}"
    if not _URI.fullmatch(person.findtext(ATOM + "uri", "a:b")):
        yield f"a uri is {person.findtext(ATOM + 'uri')!r}"


def _alternates(element: Any) -> list[Any]:
    return [link for link in element.findall(ATOM + "link") if link.get("rel", "alternate") == "alternate"]


def broken_rss(document: bytes) -> list[str]:
    """What the RSS 2.0 specification and the RSS Board's profile have against the document."""
    rss = etree.fromstring(document)
    if rss.tag != "rss" or rss.get("version") != "2.0" or [child.tag for child in rss] != ["channel"]:
        return ["the root is not rss 2.0 with one channel"]
    channel = rss[0]
    problems = [
        f"the channel has not one {name}"
        for name in ("title", "link", "description", "language", "lastBuildDate", "generator", "docs")
        if len(channel.findall(name)) != 1 or not (channel.findtext(name) or "").strip()
    ]
    own = channel.findall(f"{ATOM}link[@rel='self']")
    if len(own) != 1 or own[0].get("type") != "application/rss+xml":
        problems.append("the channel has not one atom:link rel=self with its type")
    problems += _dates(channel, "lastBuildDate")
    for link in channel.findall(ATOM + "link"):
        problems += _atom_link(link)
    guids = Counter(item.findtext("guid") for item in channel.findall("item"))
    problems += [f"guid {guid!r} stands {count} times" for guid, count in guids.items() if count > 1 or not guid]
    for item in channel.findall("item"):
        problems += _rss_item(item)
    if re.search(rb"<(title|category|source|dc:rights|author|managingEditor)[^>]*>[^<]*&(amp|lt|gt);", document):
        problems.append("a plain text is not escaped with hexadecimal references")
    if parsedate_to_datetime(channel.findtext("lastBuildDate")).year < int(_FIRST_YEAR):
        problems.append("the channel is older than feeds are")
    if [one for one in channel.iter() if str(one.tag).startswith(ITUNES)] and channel.find(ITUNES + "category") is None:
        problems.append("a podcast has no category")
    problems += _archive(channel)
    return problems


def _rss_item(item: Any) -> Iterator[str]:
    if not (item.findtext("title") or item.findtext("description")):
        yield "an item has neither title nor description"
    yield from (f"an item has {name} twice" for name in _ITEM_ONCE if len(item.findall(name)) > 1)
    if item.find(CONTENT + "encoded") is not None and not item.findtext("description"):
        yield "content:encoded stands without a description"
    if item.find("author") is not None and item.find(DC + "creator") is not None:
        yield "an item has both author and dc:creator"
    if not _language(item.findtext(DC + "language", "en")):
        yield f"dc:language is {item.findtext(DC + 'language')}"
    for name in ("description", CONTENT + "encoded"):
        if "\ufffd" in (item.findtext(name) or ""):
            yield f"{name} has U+FFFD as a character, not as a reference"
    yield from _dates(item, "pubDate")
    guid = item.find("guid")
    if guid.get("isPermaLink") not in ("true", "false"):
        yield "a guid does not say whether it is a permalink"
    if guid.get("isPermaLink") == "true" and guid.text != item.findtext("link"):
        yield "a permalink is not the item's link"
    if (author := item.findtext("author")) and not re.fullmatch(rf"{_MAIL.pattern} \([^()]+\)", author):
        yield f"author is no mail address: {author!r}"
    for enclosure in item.findall("enclosure"):
        if not (_URI.fullmatch(enclosure.get("url", "")) and enclosure.get("url").startswith(("http://", "https://"))):
            yield f"an enclosure is not on the web: {enclosure.get('url')!r}"
        if not enclosure.get("length", "").isdecimal() or not _TYPE.fullmatch(enclosure.get("type", "")):
            yield "an enclosure has no length or type"
    for name in ("link", "comments"):
        if not _URI.fullmatch(item.findtext(name, "a:b")):
            yield f"{name} is no absolute address: {item.findtext(name)!r}"
    yield from _media(item)
    for source in item.findall("source"):
        if not source.text or not _URI.fullmatch(source.get("url", "")):
            yield "source has no name or address"
    yield from ("a category is empty" for category in item.findall("category") if not category.text)


def _dates(element: Any, name: str) -> Iterator[str]:
    for time in element.findall(name):
        found = _RFC822.fullmatch(time.text or "")
        if not found:
            yield f"{name} is no RFC 822 time: {time.text}"
        elif found[1] != _DAYS[date(int(found[4]), _MONTHS.index(found[3]) + 1, int(found[2])).weekday()]:
            yield f"{name} names a wrong day: {time.text}"


def broken_json(document: bytes) -> list[str]:
    """What the JSON Feed 1.1 specification has against the document."""
    feed = json.loads(document.decode("utf-8"))
    checker = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    problems = [f"{error.json_path}: {error.message}" for error in checker.iter_errors(feed)]
    ids = Counter(item["id"] for item in feed["items"])
    problems += [f"id {one!r} stands {count} times" for one, count in ids.items() if count > 1]
    if feed.get("next_url") == feed["feed_url"]:
        problems.append("next_url is feed_url")
    times = [item[name] for item in feed["items"] for name in ("date_published", "date_modified") if name in item]
    problems += [f"{time} is no RFC 3339 time" for time in times if not _RFC3339.fullmatch(time)]
    addresses = [item.get(name, "a:b") for item in feed["items"] for name in ("url", "image")]
    problems += [f"{url!r} is no absolute address" for url in addresses if not _URI.fullmatch(url)]
    return problems


def _media(entry: Any) -> Iterator[str]:
    """Media RSS."""
    for name in ("content", "thumbnail"):
        for one in entry.findall(MEDIA + name):
            if not _URI.fullmatch(one.get("url", "")):
                yield f"media:{name} has no URI: {one.get('url')!r}"
            if not _TYPE.fullmatch(one.get("type", "a/b")):
                yield f"media:{name} has the type {one.get('type')!r}"


def _archive(head: Any) -> Iterator[str]:
    """RFC 5005: an archive document leads to others and to the live one."""
    relations = {link.get("rel") for link in head.findall(ATOM + "link")}
    closed = head.find(FH + "archive") is not None and head.find(FH + "complete") is None
    if closed and "current" not in relations:
        yield "an archive document has no link rel=current"


def _language(tag: str) -> bool:
    form = _LANGUAGE.fullmatch(tag)
    return form is not None and (len(form[1]) == 3 or form[1].lower() in _TWO_LETTERS)
