"""Subscription lists in OPML 2.0 (opml.org/spec2.opml), read with patience and written to the letter."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import unescape

from lxml import etree
from msgspec import Struct
from msgspec.structs import replace

from config.errors import BackissueError
from feeds.dates import rfc822
from feeds.html import clean_text, one_line

_DOCS = "http://opml.org/spec2.opml"
_UNICODE = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_UNMARKED = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:\-]+)["']""")
_PROLOGUE = re.compile(r"\A\s*<\?xml[^>]*\?>")
_DOCTYPE = re.compile(r"\A((?:\s|(?><!--.*?-->))*+)<!DOCTYPE[^>\[]*+(?:\[.*?\]\s*)?>", re.DOTALL)
_REFERENCE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)([A-Za-z][A-Za-z0-9]{1,30};)?")
_NUMBER = re.compile(r"&#(?:([0-9]{1,7})|x([0-9A-Fa-f]{1,6}));")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_HOST = re.compile(r"[\w\-]+(?:\.[\w\-]+)+(?:[:/?]|\Z)")


class OpmlError(BackissueError):
    """The bytes are no OPML document."""


class Subscription(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A feed that somebody follows; `feed_url` is http(s), `tags` are its folders, outermost first, and categories."""

    feed_url: str
    title: str
    site_url: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    description: str | None = None


def read_opml(body: bytes, name: str = "the subscription list") -> list[Subscription]:
    """The subscriptions of an OPML document of any version, in its order; a feed that stands twice joins its tags.

    Folders and categories become tags. Ill-formed XML, other letter cases, missing types and titles and wrong
    encodings are put up with; outlines without an http(s) feed address are passed over. No entity is ever expanded.
    Raises OpmlError, which speaks of `name`.
    """
    root = _parse(_decode(body))
    kind = _name(root.tag) if root is not None else None
    if root is None or kind != "opml":
        raise OpmlError(name, *_diagnosis(body, kind))
    found: dict[str, Subscription] = {}
    for outline, folders in _outlines(root):
        subscription = _subscription(outline, folders)
        if subscription is None:
            continue
        known = found.get(subscription.feed_url)
        if known:
            subscription = replace(known, tags=tuple(dict.fromkeys(known.tags + subscription.tags)))
        found[subscription.feed_url] = subscription
    return list(found.values())


def write_opml(
    title: str,
    subscriptions: Iterable[Subscription],
    *,
    owner: str | None = None,
    owner_email: str | None = None,
    updated: datetime | None = None,
) -> bytes:
    """An OPML 2.0 document in UTF-8; the same values give the same bytes. `updated` is an aware time.

    The first tag is the folder that a subscription stands in, the others go into its `category`, where a comma parts
    tags and a slash parts levels: a comma in such a tag is written as a semicolon.
    """
    opml = etree.Element("opml", version="2.0")
    head = etree.SubElement(opml, "head")
    facts = {
        "title": title,
        "dateModified": rfc822(updated) if updated else None,
        "ownerName": owner,
        "ownerEmail": owner_email,
        "docs": _DOCS,
    }
    for tag, value in facts.items():
        if value is not None:
            etree.SubElement(head, tag).text = one_line(value)
    body = etree.SubElement(opml, "body")
    folders: dict[str, etree._Element] = {}
    for subscription in subscriptions:
        tags = _tags(subscription.tags)
        parent = body
        if tags:
            if tags[0] not in folders:
                folders[tags[0]] = etree.SubElement(body, "outline", text=tags[0])
            parent = folders[tags[0]]
        etree.SubElement(parent, "outline", _attributes(subscription, tags[1:]))
    document: bytes = etree.tostring(opml, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return document


def _attributes(subscription: Subscription, categories: Sequence[str]) -> dict[str, str]:
    title = one_line(subscription.title) or subscription.feed_url
    attributes = {
        "text": title,
        "title": title,
        "type": "rss",
        "xmlUrl": subscription.feed_url,
        "htmlUrl": subscription.site_url,
        "language": subscription.language,
        "description": subscription.description,
        "category": ",".join(tag.replace(",", ";").strip("/") for tag in categories),
    }
    return {name: one_line(value) for name, value in attributes.items() if value}


def _decode(body: bytes) -> str:
    """The text, by byte order mark, declaration, UTF-8 and windows-1252, whichever is the first to fit."""
    for start, encoding in _UNICODE + _UNMARKED:
        if body.startswith(start):
            return body.decode(encoding, "replace")
    match = _DECLARED.match(body[:1024])
    declared = match[1].decode().lower() if match else "utf-8"
    # A declaration that can be read byte by byte is not in UTF-16 or UTF-32, whatever it says.
    if declared.startswith(("utf-16", "utf16", "utf-32", "utf32", "ucs-2", "unicode")):
        declared = "utf-8"
    for encoding in (declared, "utf-8", "windows-1252"):
        try:
            return body.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return body.decode("windows-1252", "replace")


def _parse(text: str) -> etree._Element | None:
    # Without a document type there are no entities: nothing can be expanded, fetched or read from a disk.
    text = _DOCTYPE.sub("", _PROLOGUE.sub("", clean_text(text)))
    text = _NUMBER.sub(_allowed, _REFERENCE.sub(_plain, text))
    parser = etree.XMLParser(
        encoding="utf-8", recover=True, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        return etree.fromstring(text.strip().encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _plain(match: re.Match[str]) -> str:
    """What a reference that XML does not define stands for: HTML's character, or else its own letters."""
    reference = match[0]
    character = unescape(reference)
    return character if len(reference) > 1 and not character.startswith("&") else f"&amp;{reference[1:]}"


def _allowed(match: re.Match[str]) -> str:
    """A character by its number; one that XML forbids, as HTML has it: libxml2 lets some pass that are no text."""
    number = int(match[1]) if match[1] else int(match[2], 16)
    is_text = number <= sys.maxunicode and clean_text(chr(number))
    return match[0] if is_text else clean_text(unescape(match[0]))


def _outlines(root: etree._Element) -> Iterator[tuple[dict[str, str], tuple[str, ...]]]:
    """Each outline's attributes, named in lower case, and the folders it stands in; commented ones are left out."""
    waiting: list[tuple[etree._Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, folders = waiting.pop()
        if _name(element.tag) == "outline":
            attributes = {_name(name): one_line(value) for name, value in element.attrib.items()}
            if attributes.get("iscomment", "").lower() == "true":
                continue
            yield attributes, folders
            label = attributes.get("text") or attributes.get("title")
            if label and not attributes.get("xmlurl"):
                folders = (*folders, label)
        waiting.extend((child, folders) for child in reversed(element))


def _subscription(outline: dict[str, str], folders: tuple[str, ...]) -> Subscription | None:
    feed_url = _http(outline.get("xmlurl", ""))
    if feed_url is None:
        return None
    return Subscription(
        feed_url=feed_url,
        title=outline.get("title") or outline.get("text") or feed_url,
        site_url=_http(outline.get("htmlurl", "")),
        tags=_tags((*folders, *_categories(outline.get("category", "")))),
        language=outline.get("language") or None,
        description=outline.get("description") or None,
    )


def _http(url: str) -> str | None:
    """The address as http(s): `feed:` is taken off, a scheme left out is filled in."""
    url = url.replace(" ", "%20")
    if url[:5].lower() == "feed:":
        url = url[5:]
        url = f"http:{url}" if url.startswith("//") else url
    if url.lower().startswith(("http://", "https://")):
        return url
    return f"http://{url}" if _HOST.match(url) and not _SCHEME.match(url) else None


def _categories(value: str) -> Iterator[str]:
    """OPML 2.0's category: tags parted by commas; one that starts with a slash is a path of several."""
    for category in value.split(","):
        yield from category.split("/") if category.strip().startswith("/") else (category,)


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(one_line, tags))))


def _name(tag: object) -> str:
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _diagnosis(body: bytes, kind: str | None) -> tuple[str, str]:
    export = "export the subscriptions from your feed reader as OPML"
    if not body.strip():
        return "is empty", export
    if kind in {"rss", "feed", "rdf"}:
        return f"is a feed (its root is <{kind}>), no list of feeds", "add its address as a source instead"
    if kind:
        return f"is no OPML: its root is <{kind}>, not <opml>", export
    return "is no OPML: it holds no XML", export
