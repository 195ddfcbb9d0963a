"""What stands in feeds and entries alike, read off the tree: bases, languages, links, people and dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from feeds.html import one_line, unescape
from feeds.model import Link, Person
from feeds.parse.markup import Element, children, name, value
from feeds.parse.values import LONGEST_BASE, Note, absolute, integer, person, when

XML = "{http://www.w3.org/XML/1998/namespace}"
_BASE = f"{XML}base"
# Some systems put a whole <a> where the address belongs.
_ANCHOR = re.compile(r"""\s*<a\s[^<>]*?\bhref\s*=\s*["']([^"'<>]*)""", re.IGNORECASE)
_IANA = "http://www.iana.org/assignments/relation/"


def head_of(root: Element) -> Element:
    """The element whose children describe the feed: the channel, or else the root."""
    return next(children(root, "channel", "feed"), root)


def base(element: Element, url: str) -> str:
    """The URL that relative ones in an element start from: the chain of xml:base from the root down, over `url`."""
    chain = [step for one in (element, *element.iterancestors()) if (step := one.get(_BASE))]
    for step in reversed(chain):
        joined = absolute(step, url) or url
        url = joined if len(joined) <= LONGEST_BASE else url
    return url


def language(element: Element) -> str | None:
    """The xml:lang of an element, of its own or inherited."""
    for one in (element, *element.iterancestors()):
        declared = one.get(f"{XML}lang")
        if declared is not None:
            return one_line(declared).replace("_", "-") or None
    return None


def links(element: Element, url: str) -> list[Link]:
    """All links of a feed or an entry, absolute, those of RSS before those of Atom."""
    elements = sorted(children(element, "link", "atom:link"), key=lambda child: child.get("href") is not None)
    return [link for child in elements if (link := link_of(child, url))]


def alternate(found: list[Link]) -> str | None:
    """The page that a feed or an entry is about: RSS's link, or Atom's alternate one that is HTML."""
    pages = [link for link in found if link.rel == "alternate"]
    html = [link for link in pages if link.type in (None, "text/html", "application/xhtml+xml")]
    return next((link.href for link in html or pages), None)


def people(element: Element, *names: str, url: str) -> tuple[Person, ...]:
    """The people named in such elements, each once."""
    found = (person_of(child, url) for child in children(element, *names))
    return tuple(dict.fromkeys(one for one in found if one and one != Person()))


def date(element: Element, names: tuple[str, ...], unread: dict[str, str], note: Note) -> datetime | None:
    """The first date that can be read, by the order of the names; if there is none, what was there goes to `unread`."""
    failed: dict[str, str] = {}
    for one in names:
        text = value(element, one)
        if text:
            if found := when(text):
                return found
            failed[one] = text
    for one, text in failed.items():
        note("a date cannot be read", text)
        unread[one] = text
    return None


def link_of(element: Element, url: str) -> Link | None:
    """The link in an element, absolute."""
    text = element.get("href") or "".join(element.itertext())
    anchor = _ANCHOR.match(text)
    href = absolute(unescape(anchor[1]) if anchor else text, base(element, url))
    if href is None:
        return None
    rel = element.get("rel", "").strip()
    return Link(
        href=href,
        rel=rel.removeprefix(_IANA).lower() or "alternate",
        type=one_line(element.get("type", "")).lower() or None,
        hreflang=one_line(element.get("hreflang", "")) or None,
        title=one_line(element.get("title", "")) or None,
        length=integer(element.get("length")),
    )


def person_of(element: Element, url: str) -> Person | None:
    """Somebody named in an element, in one text or in parts."""
    if not len(element):
        return person(element.text or "")
    parts: Iterator[Element] = iter(element)
    told: dict[str, str] = {}
    for part in parts:
        told.setdefault(name(part).rpartition(":")[2], one_line("".join(part.itertext())))
    address = absolute(told.get("uri") or told.get("url") or told.get("homepage"), base(element, url))
    email = told.get("email", "").removeprefix("mailto:")
    return Person(name=told.get("name") or None, email=email or None, url=address)
