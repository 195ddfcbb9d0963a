"""What holds for all that stands in a head or in an entry: bases and languages."""

from __future__ import annotations

from functools import lru_cache

from feedparser.urls import _urljoin, make_safe_absolute_uri
from msgspec import Struct
from msgspec.structs import replace

from feeds.html import one_line
from feeds.parse.elements import XML
from feeds.parse.errors import Declined
from feeds.parse.fast.tree import ATOM, Document
from feeds.parse.values import LONGEST_BASE, absolute
from feeds.remembered import remembered

BASE, LANG = f"{XML}base", f"{XML}lang"


class Setting(Struct, frozen=True):
    """What holds for a feed's texts: where relative addresses start from, and the language, declared in the head."""

    url: str
    base: str
    outer: str
    seen: str
    language: str | None
    xml_language: str | None
    is_atom: bool
    drops_div: bool
    has_controls: bool
    may_be_twice: bool
    is_odd: bool

    @classmethod
    def of(cls, document: Document, url: str, language: str | None) -> Setting:
        """The setting that a head makes. `seen` is an entry's base as feedparser writes it, `outer` the head's."""
        root, head = document.root, document.head
        base, (outer, seen) = url, _bases(url)
        if BASE in root.attrib or BASE in head.attrib:
            for one in (root,) if root is head else (root, head):
                base = joined(one.get(BASE), base)
            outer = base_seen(base_seen("", root.get(BASE) or "") if root is not head else "", base)
            seen = base_seen(outer, base)
        return cls(
            url=url,
            base=base,
            outer=outer,
            seen=seen,
            language=language,
            xml_language=xml_language(document),
            is_atom=document.is_atom,
            drops_div=document.main == ATOM,
            has_controls=document.has_controls,
            may_be_twice=document.may_be_twice,
            is_odd=document.has_controls or document.may_be_twice,
        )

    def inside(self, base: str | None, spoken: str | None) -> Setting:
        """The setting in an entry that has an xml:base or an xml:lang."""
        here = joined(base, self.base) if base else self.base
        own = self.xml_language if spoken is None else one_line(spoken).replace("_", "-") or None
        return replace(self, base=here, seen=base_seen(self.outer, here), xml_language=own)


def joined(step: str | None, base: str) -> str:
    """The base that an xml:base makes of the one around it; raises Declined if it is too long."""
    found = absolute(step, base) or base
    if len(found) > LONGEST_BASE:
        raise Declined("a base beyond reason")
    return found


def xml_language(document: Document) -> str | None:
    """The xml:lang of a head, of its own or its root's."""
    spoken = document.head.get(LANG)
    spoken = document.root.get(LANG) if spoken is None else spoken
    return one_line(spoken or "").replace("_", "-") or None


@remembered
def _bases(url: str) -> tuple[str, str]:
    """What feedparser makes of a document's address: the base of its head and that of its entries."""
    outer = base_seen("", url)
    return outer, base_seen(outer, url)


def base_seen(outer: str, step: str) -> str:
    """The base that feedparser makes of one inside another."""
    return _seen_short(outer, step) if len(outer) + len(step) < 500 else _seen_short.__wrapped__(outer, step)


@lru_cache(maxsize=256)
def _seen_short(outer: str, step: str) -> str:
    step = step or outer
    return str((make_safe_absolute_uri(outer, step) or outer) if outer else _urljoin(outer, step))
