"""HTML that needs no cleaning, recognised fast.

Most of what is published is a plain run of paragraphs, lists, emphasis and absolute links, written as a serialiser of
HTML writes it. A parser would make the same text of it again, at many times the cost. `is_clean` knows such texts, and
whatever it is not sure of goes to the sanitiser (`feeds.html.clean`): tests compare the two.
"""

from __future__ import annotations

import re
from functools import lru_cache

# An address that every parser of URLs takes for one (https://url.spec.whatwg.org/#host-parsing), and an anchor to it.
_ANCHOR = re.compile(
    r"""a\ href="https?://(?:(?!xn--)[a-z0-9][a-z0-9-]*\.)+[a-z]{2,}
    (?:[/?\#][^"&<>\s\x00-\x1f\x7f-\xa0]*+(?:&amp;[^"&<>\s\x00-\x1f\x7f-\xa0]*+)*+)?\"""",
    re.ASCII | re.VERBOSE,
)
_DEEP = 30
_ROOT = ""

# Within which elements another may stand for a parser to leave it there (HTML Standard, "in body").
_INLINE = frozenset(["a", "b", "br", "cite", "code", "em", "i", "s", "small", "strong", "sub", "sup"])
_LEAVES = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6"])
_HOLDERS = frozenset((_ROOT, "blockquote", "div", "li"))
_PLACES = (
    dict.fromkeys(_INLINE, _HOLDERS | _LEAVES | _INLINE)
    | dict.fromkeys((*_LEAVES, "blockquote", "div", "ul", "ol"), _HOLDERS)
    | {"li": frozenset(("ul", "ol"))}
)


def is_clean(html: str) -> bool:
    """Whether the sanitiser would surely give back this HTML as it is; it has no controls but line breaks and tabs."""
    first, *pieces = html.split("<")
    if ">" in first or html.count(">") != len(pieces):
        return False
    if html.count("&") != html.count("&amp;") + html.count("&lt;") + html.count("&gt;"):
        return False
    open_elements = [_ROOT]
    for piece in pieces:
        end = piece.find(">")
        if end < 1:
            return False
        tag = piece[:end]
        if tag[0] == "/":
            if len(open_elements) == 1 or open_elements.pop() != tag[1:]:
                return False
            continue
        name = "a" if tag[0] == "a" and tag != "a" and _is_anchor(tag) else tag
        places = _PLACES.get(name)
        if places is None or open_elements[-1] not in places:
            return False
        if name != "br":
            if (name in _INLINE and name in open_elements) or len(open_elements) > _DEEP:
                return False
            open_elements.append(name)
    return open_elements == [_ROOT]


@lru_cache(2048)
def _is_anchor(tag: str) -> bool:
    return _ANCHOR.fullmatch(tag) is not None
