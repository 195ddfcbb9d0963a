"""What stands in an entry's HTML and is none of it: related articles, advertisements, share buttons, tracking pixels.

Sites add them to the texts of their feeds, and turn them at every visit. Only what says by its class or id that it is
such a block is one; a paragraph that speaks of advertisements is content.
"""

from __future__ import annotations

import re
from collections import defaultdict

_TAG = re.compile(r"<(/?+)([A-Za-z][A-Za-z0-9:-]*+)([^<>]*+)>")
_ATTRIBUTE = re.compile(r"""([^\s=/"'<>]++)\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]++)""")
_NAMED = frozenset({"aside", "div", "dl", "figure", "ins", "nav", "ol", "p", "section", "span", "table", "ul"})
# Whole words of a class or id, in small letters.
_MARK = re.compile(
    r"(?:jp-|yarpp-|wp-block-|entry-|post-|js-)?related(?:[-_]?(?:articles?|content|entries|links|news|posts?|stories))?"
    r"|(?:jp-)?relatedposts|yarpp|crp_related|wp_rp_wrap|outbrain|ob-widget|taboola|trc_related_container|zergnet"
    r"|sharedaddy|sd-sharing|sharebuttons?|share-buttons?|social-share|addtoany(?:_share_save_container)?|feedflare"
    r"|wp-block-ads?|adverts?|advertisements?|adsbygoogle|ad-(?:banner|block|container|slot|unit|wrapper)|google-ads?"
    r"|(?:banner|text)-ad|adslot|adunit|sponsored-(?:block|links?|posts?)"
)
_HINTS = (
    *("related", "yarpp", "crp_", "wp_rp", "outbrain", "ob-widget", "taboola", "zergnet", "shar", "addtoany"),
    *("feedflare", "advert", "-ad", "ad-", "google", "adslot", "adunit", "sponsored-", "<img"),
)
_COUNTERS = re.compile(
    r"""["'/.](?:doubleclick\.net|googlesyndication\.com|google-analytics\.com|feedsportal\.com|pixel\.wp\.com"""
    r"""|stats\.wordpress\.com|pheedo\.com|adserver\.adtechus\.com|pixel\.quantserve\.com)/"""
    r"""|//feeds\.feedburner\.com/~r/""",
    re.IGNORECASE,
)
_SIZE = re.compile(r"\s*[01](?:px)?\s*")
_WORD = re.compile(r"[^\W_]")


def without_asides(value: str) -> str:
    """The HTML without such blocks; all of it where nothing else would be left."""
    lower = value.lower()
    if not any(hint in lower for hint in _HINTS):
        return value
    kept, at = [], 0
    for start, stop in _blocks(value):
        if start >= at:
            kept.append(value[at:start])
            at = stop
    if not at:
        return value
    rest = "".join([*kept, value[at:]])
    return rest if _WORD.search(_TAG.sub("", rest)) or "<img" in rest else value


def _blocks(value: str) -> list[tuple[int, int]]:
    """Where the blocks begin and end, in order; one that is never closed is none."""
    found: list[tuple[int, int]] = []
    opened: defaultdict[str, list[tuple[int, bool]]] = defaultdict(list)
    for tag in _TAG.finditer(value):
        slash, name, rest = tag[1], tag[2].lower(), tag[3]
        if name == "img":
            if not slash and _counts(rest):
                found.append(tag.span())
        elif name in _NAMED:
            if not slash:
                opened[name].append((tag.start(), _is_marked(rest)))
            elif opened[name]:
                start, marked = opened[name].pop()
                if marked:
                    found.append((start, tag.end()))
    return sorted(found, key=lambda block: (block[0], -block[1]))


def _is_marked(attributes: str) -> bool:
    lower = attributes.lower()
    if "class" not in lower and "id" not in lower:
        return False
    return any(
        _MARK.fullmatch(word)
        for name, value in _ATTRIBUTE.findall(lower)
        if name in ("class", "id")
        for word in value.strip("\"'").split()
    )


def _counts(attributes: str) -> bool:
    """Whether an image is there to count readers: it is a point, or from a host that serves no others."""
    if _COUNTERS.search(attributes):
        return True
    found = {name: value.strip("\"'") for name, value in _ATTRIBUTE.findall(attributes.lower())}
    return all(_SIZE.fullmatch(found.get(side, "")) for side in ("width", "height"))
