"""Texts as feedparser reads them (mixin.py, `pop`), for those that it does nothing unusual with; Declined for others.

It trims a text, mends UTF-8 that was encoded twice, maps C1 controls as windows-1252, guesses with RSS whether plain
text is HTML, and writes XHTML anew: lower-case names, an end for every element, Atom 1.0's outer <div> taken off.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache

from feedparser.html import _cp1252
from feedparser.mixin import _FeedParserMixin

from feeds.html import one_line
from feeds.model import Category, Text
from feeds.parse.elements import XML
from feeds.parse.errors import Declined
from feeds.parse.fast.groups import LINES, USUAL_PREFIXES, Fields, attributes
from feeds.parse.fast.setting import BASE, LANG, Setting, base_seen
from feeds.parse.fast.xhtml import written
from feeds.parse.markup import Element, name
from feeds.parse.texts import NO_END
from feeds.parse.values import LONGEST_BASE, plain_title
from feeds.remembered import remembered

PLAIN, HTML, XHTML_TYPE = "text/plain", "text/html", "application/xhtml+xml"
_TYPES = {
    "text": PLAIN, "plain": PLAIN, PLAIN: PLAIN, "html": HTML, HTML: HTML, "xhtml": XHTML_TYPE, XHTML_TYPE: XHTML_TYPE,
}  # fmt: skip
# What feedparser files under a feed's subtitle.
_DESCRIPTIONS = frozenset({"description", "abstract", "dc:description", "media:description"})

# The elements that hold HTML if they do not say otherwise.
_HTML_ENDINGS = ("description", "}encoded")
_SPACE = " \n\t\r\f"
_C1 = re.compile("[\x80-\x9f]")
_LANGUAGE = re.compile(r"[A-Za-z0-9_\-]*")
_NOTHING: dict[str, str] = {}
_OF_XML = frozenset({BASE, LANG, f"{XML}space"})
_OF_CATEGORIES = _OF_XML | {"term", "scheme", "domain", "label"}


def line(text: str) -> str:
    """The same as `one_line`, soon done with a text that is one."""
    return text.strip(" ") if text.isprintable() and "  " not in text else one_line(text)


def leaf(element: Element) -> str:
    """The text of an element that holds no others, trimmed."""
    text = element.text
    return text.strip() if text else ""


def value(fields: Fields, *keys: str) -> str | None:
    """The text of the first element that has any, by the order of the fields."""
    for key in keys:
        for element in fields.get(key, ()):
            if text := leaf(element):
                return text
    return None


def title(fields: Fields, setting: Setting) -> str | None:
    """The title of a feed or an entry, plain."""
    found = _chosen(fields, "title")
    return None if found is None else _plain(found, setting)


def rights(fields: Fields, setting: Setting) -> str | None:
    """The rights, plain."""
    found = _chosen(fields, "rights")
    return None if found is None else _plain(found, setting)


def subtitle(fields: Fields, setting: Setting) -> str | None:
    """A feed's subtitle, plain. Of a description and a subtitle, feedparser has the one that comes later."""
    one, other = _chosen(fields, "summary"), _chosen(fields, "subtitle")
    for each in (one, other):
        # What feedparser gets is to be understood, whether or not it counts.
        if each is not None and len(each):
            _detail(each, setting)
    if one is not None and name(one) not in _DESCRIPTIONS:
        one = None
    if one is not None and other is not None:
        one = max(one, other, key=one.getparent().index)
    found = other if one is None else one
    return None if found is None else _plain(found, setting)


def summary(fields: Fields, setting: Setting, spoken: str | None) -> Text | None:
    """An entry's summary."""
    found = _chosen(fields, "summary")
    return None if found is None else _text(found, setting, spoken)


def content(fields: Fields, setting: Setting, spoken: str | None) -> Text | None:
    """An entry's content."""
    found = fields.get("content")
    if found is None:
        return None
    if len(found) > 1:
        raise Declined("several contents")
    return _text(found[0], setting, spoken)


def categories(elements: list[Element], setting: Setting) -> list[Category]:
    """The categories that such elements name. One that feedparser would take together with another is declined."""
    found = []
    for element in elements:
        if element.prefix is not None:
            _check_prefix(element)
        text = leaf(element)
        if setting.is_odd and not text.isascii():
            text = _repaired(text, setting)
        if element.keys():
            given = attributes(element)
            if len(given) == 1 and "term" in given and not text and (category := _category(given["term"])):
                found.append(category)
                continue
            if not given.keys() <= _OF_CATEGORIES:
                raise Declined("an attribute of a category")
            term, label = given.get("term"), given.get("label")
            scheme = given.get("scheme", given.get("domain"))
            if not term and not text and (scheme or label):
                raise Declined("a category without a term")
            one, other = line(term or text), line(label or "")
            if one or other:
                found.append(Category(one or other, line(scheme or "") or None, other or None))
            text = text if term else ""
        if text and (category := _category(text)):
            found.append(category)
    return found


# A feed has few, and each of them often.
@remembered
def _category(text: str) -> Category | None:
    text = line(text)
    return Category(text) if text else None


def _chosen(fields: Fields, line: str) -> Element | None:
    """The element of a line that counts."""
    elements = fields.get(line)
    if "media" in fields or "podcast" in fields:
        others = (*fields.get("media", ()), *fields.get("podcast", ()))
        elements = [*(elements or ()), *(one for one in others if name(one) in LINES[line])]
    if not elements:
        return None
    return elements[0] if len(elements) == 1 else _first_that_says(elements, line)


def _first_that_says(elements: list[Element], line: str) -> Element:
    """The element of the first kind that says something, or else of the first kind."""
    by_name: Fields = {}
    for element in elements:
        by_name.setdefault(name(element), []).append(element)
    kinds = [by_name[one] for one in LINES[line] if one in by_name]
    kind = next((kind for kind in kinds if any(_says(one) for one in kind)), kinds[0])
    if len(kind) > 1:
        raise Declined(f"several {line} elements")
    return kind[0]


def _says(element: Element) -> bool:
    text = element.text
    return bool(text and text.strip(_SPACE)) or bool(
        len(element) and any(one.strip(_SPACE) for one in element.itertext())
    )


def _plain(element: Element, setting: Setting) -> str | None:
    if setting.is_atom or element.keys() or len(element) or element.prefix is not None:
        text, kind, _ = _detail(element, setting)
    else:
        # The usual title of RSS, whose type is to be guessed whatever it says.
        text, kind = leaf(element), PLAIN
        if setting.is_odd and not text.isascii():
            text = _repaired(text, setting)
    if "<" in text or "&" in text:
        return plain_title(text, ("text" if kind == PLAIN else "html") if setting.is_atom else "guess")
    return line(text) or None


def _text(element: Element, setting: Setting, spoken: str | None) -> Text | None:
    text, kind, declared = _detail(element, setting)
    if not text.strip():
        return None
    base, own = setting.seen, setting.xml_language
    if declared:
        if step := declared.get(BASE):
            base = base_seen(base, step)
            if len(base) > LONGEST_BASE:
                raise Declined("a base beyond reason")
        language = declared.get(LANG)
        if language is not None:
            own = language.replace("_", "-") or None
    return Text(text, "text" if kind == PLAIN else "html", base or None, own if own and own != spoken else None)


def _detail(element: Element, setting: Setting) -> tuple[str, str, dict[str, str]]:
    """An element's text, its type, and its attributes."""
    kind, declared = _default_type(element.tag), _NOTHING
    if element.keys():
        declared = attributes(element)
        kind = _declared_type(declared, kind)
    if element.prefix is not None:
        _check_prefix(element)
    if kind == XHTML_TYPE:
        if not setting.is_atom:
            raise Declined("XHTML in RSS")
        return NO_END.sub(" />", _repaired(written(element, setting.drops_div), setting)), kind, declared
    if len(element):
        raise Declined("elements in a text")
    text = element.text
    text = text.strip() if text else ""
    if setting.is_odd and not text.isascii():
        text = _repaired(text, setting)
    if kind == PLAIN and not setting.is_atom and _looks_like_html(text):
        kind = HTML
    return text, kind, declared


@lru_cache(maxsize=512)
def _default_type(tag: str) -> str:
    return HTML if tag.lower().endswith(_HTML_ENDINGS) else PLAIN


def _declared_type(declared: dict[str, str], kind: str) -> str:
    for key, said in declared.items():
        if key == "type":
            found = _TYPES.get(said.lower())
            if found is None:
                raise Declined(f"the type {said}")
            kind = found
        elif key == "mode":
            if said not in ("escaped", "xml"):
                raise Declined(f"the mode {said}")
        elif key == LANG:
            if not _LANGUAGE.fullmatch(said):
                raise Declined("an odd language")
        elif key not in (BASE, f"{XML}space"):
            raise Declined(f"the attribute {key}")
    return kind


def _check_prefix(element: Element) -> None:
    if USUAL_PREFIXES.get(element.tag[1:].rpartition("}")[0], "atom") != element.prefix:
        raise Declined(f"the prefix {element.prefix}")


def _looks_like_html(text: str) -> bool:
    return ("</" in text or "&" in text) and bool(_FeedParserMixin.looks_like_html(text))


def _repaired(text: str, setting: Setting) -> str:
    has_controls = setting.has_controls
    if setting.may_be_twice and not text.isascii():
        with suppress(UnicodeError):
            text, has_controls = text.encode("iso-8859-1").decode("utf-8"), True
    return text.translate(_cp1252) if has_controls and _C1.search(text) else text
