"""A feed's text as a tree: safe, whole and well-formed, whatever it was. The names of its elements, the same for all.

There is never a document type, so there are no entities: nothing can be expanded, fetched or read from a disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lxml import etree
from msgspec import Struct

from config.settings import Limits
from feeds.html import clean_text, one_line
from feeds.parse.limits import HUGE, check_memory, check_tree
from feeds.parse.mend import NAMESPACES, declared_entities, mend
from feeds.parse.values import short

Element = Any

_MESSAGE = 120
# Longer tags are not remembered.
_LONGEST_TAG = 200

_FEEDS = frozenset(
    {
        "",
        "http://www.w3.org/2005/atom",
        "http://purl.org/atom/ns#",
        "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/",
        "http://channel.netscape.com/rdf/simple/0.9/",
        "http://backend.userland.com/rss",
        "http://backend.userland.com/rss2",
        "http://backend.userland.com/rss091",
        "http://blogs.law.harvard.edu/tech/rss",
        "http://purl.org/rss/1.0/modules/rss091#",
    }
)
_PREFIXES = {address.lower(): prefix for prefix, address in NAMESPACES.items()} | {
    "http://search.yahoo.com/mrss": "media",
    "http://www.w3.org/2005/atom": "atom",
    "http://www.w3.org/xml/1998/namespace": "xml",
    "http://wellformedweb.org/commentapi/": "wfw",
    "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
}
ENTRY_NAMES = frozenset({"item", "entry"})


class Markup(Struct, frozen=True):
    """A document's tree and its entries, in order; `text` is the same as XML, `problem` why it had to be mended.

    `cut_off` says that it ends before it should.
    """

    root: Element
    entries: tuple[Element, ...]
    text: str
    problem: str | None = None
    cut_off: bool = False


def read(text: str, at: int, limits: Limits) -> Markup | None:
    """The tree of the document whose root starts there; None if there is nothing to be made of it. Raises TooMuch."""
    head, text = text[:at], text[at:]
    # The lines keep their numbers.
    text = "\n" * head.count("\n") + clean_text(text)
    root, error = _parse(text)
    cut_off = False
    if error is not None:
        entities = declared_entities(head)
        blank = len(text) - len(text.lstrip("\n"))
        text, cut_off = mend(text[blank:], entities, limits)
        error = None if error[0] in entities else error
        root, _ = _parse(text)
    if root is None:
        return None
    check_tree(root, HUGE, limits)
    problem = f"the XML is not well-formed: {error[1]}" if error else None
    return Markup(root, tuple(entries(root)), text, problem, cut_off)


def again(document: Markup) -> Element:
    """The same tree anew, for whoever changes it. To copy one may take the square of the number of its namespaces."""
    return _parse(document.text)[0]


def entries(root: Element) -> Iterator[Element]:
    """The elements that are entries, in the document's order."""
    if name(root) in ENTRY_NAMES:
        yield root
    yield from (one for one in root.iterdescendants() if name(one) in ENTRY_NAMES and not _in_text(one))


def name(element: Element) -> str:
    """An element's name in lower case: plain in the feed formats' own namespaces, else with the usual prefix."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    return _name(tag, element.prefix) if len(tag) <= _LONGEST_TAG else _name.__wrapped__(tag, element.prefix)


@lru_cache(maxsize=4096)
def _name(tag: str, prefix: str | None) -> str:
    address, _, local = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
    return _prefixed(address.lower(), prefix, local.lower())


def is_known(namespace: str) -> bool:
    """Whether an element's name follows from its namespace, whatever its prefix is."""
    return namespace.lower() in _FEEDS or namespace.lower() in _PREFIXES


def texts(element: Element) -> str:
    """All the text in an element, on one line."""
    return one_line(" ".join(element.itertext()))


def children(element: Element, *names: str) -> Iterator[Element]:
    """The children with one of these names, in the document's order."""
    return (child for child in element if name(child) in names)


def value(element: Element, *names: str) -> str | None:
    """The text of the first child that has any, by the order of the names; trimmed."""
    for one in names:
        for child in children(element, one):
            text = "".join(child.itertext()).strip()
            if text:
                return text
    return None


def attribute(element: Element, *names: str) -> str | None:
    """The first attribute that has a value, by the order of the names; in any letter case, as CDF has them."""
    return first(lowered(element), *names)


def lowered(element: Element) -> dict[str, str]:
    """An element's attributes, their names in lower case."""
    return {str(key).lower(): text for key, text in element.attrib.items()}


def first(values: dict[str, str], *names: str) -> str | None:
    """The first of the values that says anything, by the order of the names."""
    for one in names:
        if text := values.get(one, "").strip():
            return text
    return None


def _prefixed(address: str, prefix: str | None, local: str) -> str:
    if address in _FEEDS:
        return local
    known = _PREFIXES.get(address)
    if known:
        return f"{known.lower()}:{local}"
    # An unknown default namespace is somebody's mistake for a known one.
    return f"{prefix.lower()}:{local}" if prefix else local


def _in_text(element: Element) -> bool:
    """Whether an element is part of an entry's own text, such as XML in its content."""
    return (
        any(name(one) in ENTRY_NAMES for one in element.iterancestors())
        and name(element.getparent()) not in ENTRY_NAMES
    )


def _parse(text: str) -> tuple[Element | None, tuple[str, str] | None]:
    """The tree, and the first error: the entity it is about, if it is about one, and a sentence."""
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as failure:
        check_memory(failure)
        return None, ("", "it has no element")
    for error in parser.error_log:
        check_memory(error)
        if error.level >= etree.ErrorLevels.ERROR:
            entity = re.search(r"Entity '([^']*)' not defined", error.message)
            return root, (entity[1] if entity else "", f"{short(error.message, _MESSAGE)} (line {error.line})")
    return root, None
