"""HTML that needs no cleaning, recognised fast.

Most of what is published is a plain run of paragraphs, lists, emphasis and absolute links, written as a serialiser of
HTML writes it. A parser would make the same text of it again, at many times the cost. `is_clean` knows such texts, and
whatever it is not sure of goes to the sanitiser (`feeds.clean`): tests compare the two.
"""

from __future__ import annotations

import re

from feeds.remembered import remembered

# An address that every parser of URLs takes for one (https://url.spec.whatwg.org/#host-parsing), and an anchor to it.
_A = r"""a\ href="https?://(?:(?!xn--)[a-z0-9][a-z0-9-]*\.)+[a-z]{2,}
    (?:[/?\#][^"&<>\s\x00-\x1f\x7f-\xa0]*+(?:&amp;[^"&<>\s\x00-\x1f\x7f-\xa0]*+)*+)?\""""
_ANCHOR = re.compile(_A, re.ASCII | re.VERBOSE)
# The most usual of all: paragraphs and headings, with anchors and emphasis in them that hold text alone.
_TEXT = "[^<>&]*+(?:&(?:amp|lt|gt);[^<>&]*+)*+"
_PARAGRAPHS = re.compile(
    rf"""{_TEXT}(?:<(p|h[1-6])>{_TEXT}
    (?:<(?:br>|{_A}>{_TEXT}</a>|(b|cite|code|em|i|s|small|strong|sub|sup)>{_TEXT}</\2>){_TEXT})*+
    </\1>{_TEXT})*+""",
    re.ASCII | re.VERBOSE,
)
_DEEP = 30
# Where no element is open.
_ROOT = None

# Within which elements another may stand for a parser to leave it there (HTML Standard, "in body").
_INLINE = frozenset(["a", "b", "br", "cite", "code", "em", "i", "s", "small", "strong", "sub", "sup"])
_LEAVES = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6"])
_HOLDERS = frozenset((_ROOT, "blockquote", "div", "li"))
_PLACES: dict[str, frozenset[str | None]] = (
    dict.fromkeys(_INLINE, _HOLDERS | _LEAVES | (_INLINE - {"br"}))
    | dict.fromkeys((*_LEAVES, "blockquote", "div", "ul", "ol"), _HOLDERS)
    | {"li": frozenset(("ul", "ol"))}
)
# The same by the end tags that are awaited: for a start tag the places, its own end tag, and whether it cannot nest.
_STARTS = {
    name: (frozenset(place and f"/{place}" for place in places), f"/{name}", name in _INLINE)
    for name, places in _PLACES.items()
}


def is_clean(html: str) -> bool:
    """Whether the sanitiser would surely give back this HTML as it is; it has no controls but line breaks and tabs."""
    if _PARAGRAPHS.fullmatch(html):
        return True
    first, *pieces = html.split("<")
    if ">" in first or html.count(">") != len(pieces):
        return False
    if "&" in html and html.count("&") != html.count("&amp;") + html.count("&lt;") + html.count("&gt;"):
        return False
    awaited: list[str | None] = [_ROOT]
    for piece in pieces:
        length = piece.find(">")
        tag = piece[:length]
        if tag == awaited[-1] and length > 0:
            awaited.pop()
            continue
        start = _STARTS.get("a" if tag[:2] == "a " and _is_anchor(tag) else tag)
        if start is None or length < 0:
            return False
        places, end, once = start
        if awaited[-1] not in places or (once and end in awaited) or len(awaited) > _DEEP:
            return False
        if tag != "br":
            awaited.append(end)
    return len(awaited) == 1


@remembered
def _is_anchor(tag: str) -> bool:
    return _ANCHOR.fullmatch(tag) is not None
