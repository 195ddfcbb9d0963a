"""What feedparser reads: the texts and categories of a feed and its entries, and which format this is.

feedparser's dictionaries blur what the document said: `description`, `itunes:summary` and `media:description` take each
other's place, `media:title` that of the title, a guid becomes a link, a date another date. So it is handed a copy of the
tree that holds one element of each kind and none of those; and its dictionaries are asked for their own keys only, as
`entry["updated"]`, `get` and `in` answer with aliases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
from io import BytesIO
from typing import Any

import feedparser
from lxml import etree
from msgspec import Struct

from feeds.html import one_line
from feeds.model import Category, Text
from feeds.parse.markup import ENTRY_NAMES, Element, Markup, entries, name, texts
from feeds.parse.values import Problems, absolute, plain_title

Words = dict[str, Any]

# Of each line feedparser sees the first kind that says something.
_ALTERNATIVES = (
    ("title", "dc:title", "media:title"),
    ("description", "summary", "abstract", "dc:description", "itunes:summary", "media:description"),
    ("subtitle", "tagline", "itunes:subtitle"),
    ("rights", "copyright", "dc:rights"),
)
_KEPT = frozenset(
    {"content", "content:encoded", "body", "xhtml:body", "fullitem", "category", "dc:subject", "keywords"}
)
_HEADERS = {"content-type": "application/xml; charset=utf-8"}
_FORMATS = {
    "rss090": "RSS 0.90",
    "rss091n": "RSS 0.91",
    "rss091u": "RSS 0.91",
    "rss092": "RSS 0.92",
    "rss093": "RSS 0.93",
    "rss094": "RSS 0.94",
    "rss10": "RSS 1.0",
    "rss20": "RSS 2.0",
    "rss": "RSS",
    "atom01": "Atom 0.1",
    "atom02": "Atom 0.2",
    "atom03": "Atom 0.3",
    "atom10": "Atom 1.0",
    "atom": "Atom",
}
_BY_ROOT = {"channel": "CDF", "rdf:rdf": "RSS 1.0", "feed": "Atom", "entry": "Atom"}
_NO_END = re.compile(r"></(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)>")
_HTML = frozenset({"text/html", "application/xhtml+xml"})


class Texts(Struct, frozen=True):
    """feedparser's dictionaries of a feed and of each of its entries, as plain ones."""

    format: str
    feed: Words
    entries: Sequence[Words]


def read_texts(document: Markup, problems: Problems) -> Texts:
    """The words of a document; for an entry that feedparser cannot read, none."""
    root = _without_aliases(document.root)
    answer = _ask(root)
    found = [dict(one) for one in answer.entries] if answer else []
    if len(found) != len(document.entries):
        found = [_alone(one, number, problems) for number, one in enumerate(entries(root), 1)]
    version = answer.version if answer else ""
    format = _FORMATS.get(version) or _BY_ROOT.get(name(root), "RSS")
    return Texts(format, dict(answer.feed) if answer else {}, found)


def text_of(words: Words, key: str, url: str, language: str | None) -> Text | None:
    """A text by feedparser's key; `language` is the one that its surroundings are in."""
    detail = dict.get(words, f"{key}_detail")
    return as_text(detail, url, language) if detail else None


def as_text(detail: Words, url: str, language: str | None) -> Text | None:
    """A text with its kind, base and language, as served."""
    value, kind = str(dict.get(detail, "value") or ""), str(dict.get(detail, "type") or "")
    if not value.strip():
        return None
    if kind == "application/xhtml+xml":
        # feedparser ends every element, but </br> is a second line break.
        value = _NO_END.sub(" />", value)
    own = dict.get(detail, "language")
    return Text(
        value=value,
        kind="html" if kind in _HTML else "text",
        base=absolute(dict.get(detail, "base"), url) or url,
        language=own if own and own != language else None,
    )


def title_of(words: Words, key: str, is_atom: bool) -> str | None:
    """A title or the like, plain. Atom says whether it is HTML; with RSS this has to be guessed."""
    detail = dict.get(words, f"{key}_detail") or {}
    kind = "html" if dict.get(detail, "type") in _HTML else "text"
    return plain_title(str(dict.get(detail, "value") or ""), kind if is_atom else "guess")


def categories_of(words: Words) -> tuple[Category, ...]:
    """The categories; feedparser has each once."""
    found = []
    for tag in dict.get(words, "tags") or ():
        term, label = one_line(dict.get(tag, "term") or ""), one_line(dict.get(tag, "label") or "")
        if term or label:
            found.append(Category(term or label, one_line(dict.get(tag, "scheme") or "") or None, label or None))
    return tuple(dict.fromkeys(found))


def _ask(root: Element) -> Any:
    """feedparser's answer; None where it fails."""
    body = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    try:
        return feedparser.parse(
            BytesIO(body), response_headers=dict(_HEADERS), resolve_relative_uris=False, sanitize_html=False
        )
    except Exception:
        # Whatever it trips over, from KeyError to RecursionError: no document may stop the reading of others.
        return None


def _alone(entry: Element, number: int, problems: Problems) -> Words:
    """The words of one entry, in a document of its own: what is wrong with one does no harm to others."""
    root = entry.getroottree().getroot()
    document = etree.Element(root.tag, root.attrib, root.nsmap)
    document.append(deepcopy(entry))
    answer = _ask(document)
    if answer and len(answer.entries) == 1:
        return dict(answer.entries[0])
    problems.add("the text of an entry cannot be read", f"entry {number}")
    return {}


def _without_aliases(root: Element) -> Element:
    copy = deepcopy(root)
    for entry in entries(copy):
        _prune(entry, _KEPT)
    for head in [copy, *(one for one in copy if name(one) in ("channel", "feed"))]:
        if name(head) not in ENTRY_NAMES:
            _prune(head, _KEPT | ENTRY_NAMES | {"channel", "feed"})
    return copy


def _prune(parent: Element, kept: Iterable[str]) -> None:
    by_name: dict[str, bool] = {}
    for child in parent:
        by_name[name(child)] = by_name.get(name(child), False) or bool(texts(child))
    chosen = set(kept)
    for line in _ALTERNATIVES:
        present = [one for one in line if one in by_name]
        chosen.update([one for one in present if by_name[one]][:1] or present[:1])
    for child in list(parent):
        if name(child) not in chosen:
            parent.remove(child)
