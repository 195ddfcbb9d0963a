"""XHTML as feedparser writes it anew: lower-case names, an end for every element, no namespaces."""

from __future__ import annotations

from collections.abc import Callable
from xml.sax.saxutils import escape

from feeds.parse.elements import XML
from feeds.parse.errors import Declined
from feeds.parse.fast.groups import attributes
from feeds.parse.fast.tree import XHTML
from feeds.parse.markup import Element

_DEEPEST = 100
_XHTML_PREFIXES = (None, "xhtml")
_LONGEST_TAG = 200
_MOST_TAGS = 500
# The names of XHTML's elements by their tags, as they are met.
_XHTML_TAGS: dict[str, str] = {}
_USUAL_ATTRIBUTES = frozenset(
    {"alt", "class", "height", "href", "id", "rel", "src", "style", "target", "title", "width"}
)
_BAD_XHTML = frozenset({"body", "svg"})


def written(element: Element, drops_div: bool) -> str:
    """The XHTML in an element, as feedparser writes it."""
    if drops_div and len(element) == 1 and not (element.text or "").strip():
        only = element[0]
        if only.tag.lower() == f"{{{XHTML}}}div" and not (only.tail or "").strip():
            _check(only)
            if only.prefix not in _XHTML_PREFIXES:
                raise Declined(f"the prefix {only.prefix} in XHTML")
            element = only
    pieces: list[str] = []
    _write(element, pieces.append, 0)
    return "".join(pieces).strip()


def _write(element: Element, put: Callable[[str], None], depth: int) -> None:
    if depth > _DEEPEST:
        raise Declined("XHTML nested beyond reason")
    if text := element.text:
        put(_escaped(text))
    for child in element[:]:
        tag = _XHTML_TAGS.get(child.tag) or _check(child)
        if child.prefix not in _XHTML_PREFIXES:
            raise Declined(f"the prefix {child.prefix} in XHTML")
        start = f"<{tag}{_written_attributes(child)}>" if child.keys() else f"<{tag}>"
        if len(child):
            put(start)
            _write(child, put, depth + 1)
            put(f"</{tag}>")
        else:
            text = child.text
            put(f"{start}{_escaped(text)}</{tag}>" if text else f"{start}</{tag}>")
        if text := child.tail:
            put(_escaped(text))


def _escaped(text: str) -> str:
    return escape(text) if "&" in text or "<" in text or ">" in text else text


def _check(element: Element) -> str:
    """The name of an XHTML element."""
    tag = element.tag
    namespace, _, local = tag[1:].rpartition("}")
    local = local.lower()
    if namespace != XHTML or not local.isascii() or local in _BAD_XHTML:
        raise Declined(f"<{tag}> in XHTML")
    if tag == f"{{{XHTML}}}{local}" and len(tag) < _LONGEST_TAG and len(_XHTML_TAGS) < _MOST_TAGS:
        _XHTML_TAGS[tag] = local
    return str(local)


def _written_attributes(element: Element) -> str:
    pieces = []
    for key, said in attributes(element).items():
        name = key if key in _USUAL_ATTRIBUTES else _attribute_name(key)
        said = said.lower() if key in ("rel", "type") else said
        if "&" in said or "<" in said or ">" in said or '"' in said:
            said = escape(said, {'"': "&quot;"})
        pieces.append(f' {name}="{said}"')
    return "".join(pieces)


def _attribute_name(key: str) -> str:
    if key.startswith(XML):
        key = f"xml:{key[len(XML) :]}"
    if key[0] == "{" or key != key.lower() or not key.isascii():
        raise Declined(f"the attribute {key} in XHTML")
    return key
