"""What feedparser reads: the texts and categories of a feed and its entries, and which format this is.

feedparser's dictionaries blur what the document said: `description`, `itunes:summary` and `media:description` take each
other's place, `media:title` that of the title, a guid becomes a link, a date another date. So it is handed a copy of
the tree that holds one element of each kind and none of those; and its dictionaries are asked for their own keys only,
as `entry["updated"]`, `get` and `in` answer with aliases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

import feedparser
from lxml import etree
from msgspec import Struct

from feeds.html import one_line
from feeds.model import Category, Text
from feeds.parse.elements import XML, base, head_of, language
from feeds.parse.markup import Element, Markup, again, entries, name, texts
from feeds.parse.values import Problems, plain_title

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
_MOST_NAMESPACES = 500
NO_END = re.compile(r"></(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)>")
_HTML = frozenset({"text/html", "application/xhtml+xml"})


class Texts(Struct, frozen=True):
    """feedparser's dictionaries of a feed and of each of its entries, as plain ones."""

    format: str
    feed: Words
    entries: Sequence[Words]


def read_texts(document: Markup, url: str, problems: Problems) -> Texts:
    """The words of a document; for an entry that feedparser cannot read, none."""
    root = again(document)
    originals, copies = [head_of(document.root), *document.entries], [head_of(root), *entries(root)]
    for original, copy in zip(originals, copies, strict=True):
        # An entry may stand anywhere in what was mended: from now on it stands in the head, and tells this itself.
        copy.set(f"{XML}base", base(original, url))
        copy.set(f"{XML}lang", language(original) or "")
    head, items = copies[0], copies[1:]
    for item in items:
        if item is not root:
            item.getparent().remove(item)
    for item in items:
        _prune(item, _KEPT)
    _prune(root, _KEPT | {"channel", "feed"})
    if head is not root:
        _prune(head, _KEPT)
    if root not in items:
        head.extend(items)
    etree.cleanup_namespaces(root)
    if len({prefix for _, (prefix, _) in etree.iterwalk(root, events=("start-ns",))}) > _MOST_NAMESPACES:
        # This would cost feedparser the square of their number.
        problems.add("the texts are in namespaces beyond reason: they are taken as they stand")
        parts = [_as_they_stand(one, url) for one in originals]
        return Texts(_BY_ROOT.get(name(root), "RSS"), parts[0], parts[1:])
    answer = _ask(root)
    found = [dict(one) for one in answer.entries] if answer else []
    if len(found) != len(items):
        found = list(_one_by_one(root, head, items, problems))
        answer = answer or _ask(root)
    format = _FORMATS.get(answer.version if answer else "") or _BY_ROOT.get(name(root), "RSS")
    return Texts(format, dict(answer.feed) if answer else {}, found)


def text_of(words: Words, key: str, spoken: str | None) -> Text | None:
    """A text by feedparser's key; `spoken` is the language of its surroundings."""
    detail = dict.get(words, f"{key}_detail")
    return as_text(detail, spoken) if detail else None


def as_text(detail: Words, spoken: str | None) -> Text | None:
    """A text with its kind, base and language, as served."""
    value, kind = str(dict.get(detail, "value") or ""), str(dict.get(detail, "type") or "")
    if not value.strip():
        return None
    if kind == "application/xhtml+xml":
        # feedparser ends every element, but </br> is a second line break.
        value = NO_END.sub(" />", value)
    own = dict.get(detail, "language")
    return Text(
        value=value,
        kind="html" if kind in _HTML else "text",
        base=str(dict.get(detail, "base") or "") or None,
        language=own if own and own != spoken else None,
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
    except MemoryError:
        raise
    except Exception:
        # Whatever it trips over, from KeyError to RecursionError: no document may stop the reading of others.
        return None


def _one_by_one(root: Element, head: Element, items: list[Element], problems: Problems) -> Iterator[Words]:
    """The words of each entry, in a document of its own: what is wrong with one does no harm to others."""
    if root in items:
        yield from (_as_they_stand(item, "") for item in items)
        return
    for item in items:
        head.remove(item)
    for number, item in enumerate(items, 1):
        head.append(item)
        answer = _ask(root)
        head.remove(item)
        if answer and len(answer.entries) == 1:
            yield dict(answer.entries[0])
        else:
            problems.add("an entry is beyond feedparser: its texts are taken as they stand", f"entry {number}")
            yield _as_they_stand(item, "")


def _as_they_stand(item: Element, url: str) -> Words:
    """The texts of an entry without feedparser: what is said is kept, if not understood in all its finesse."""
    words: Words = {}
    for child in item:
        value, kind = (child.text or "").strip(), "text/html"
        if len(child):
            whole = etree.tostring(child, encoding="unicode", with_tail=False)
            value = whole[whole.index(">") + 1 : whole.rindex("</")].strip()
        elif child.get("type") in ("text", "text/plain"):
            kind = "text/plain"
        detail = {"value": value, "type": kind, "base": base(child, url)}
        if name(child) in ("content", "content:encoded", "body", "xhtml:body", "fullitem"):
            words.setdefault("content", []).append(detail)
        elif name(child) in _ALTERNATIVES[0]:
            words["title_detail"] = detail
        elif name(child) in _ALTERNATIVES[1]:
            words["summary_detail"] = detail
    return words


def _prune(parent: Element, kept: frozenset[str]) -> None:
    """Take out of a feed's head or an entry what feedparser is not to read."""
    said: dict[str, bool] = {}
    for child in parent:
        said[name(child)] = said.get(name(child), False) or bool(texts(child))
    chosen = set(kept)
    for line in _ALTERNATIVES:
        present = [one for one in line if one in said]
        chosen.update([one for one in present if said[one]][:1] or present[:1])
    for child in list(parent):
        if name(child) not in chosen:
            parent.remove(child)
