"""Images that a script would load once they are scrolled to, made plain: in a feed, no script runs. Pure.

Such pages put the address into an attribute of their own, and a picture of nothing, or none at all, into `src`. Beside
it, in <noscript>, may stand the same image for those without scripts; of the two, one is enough.
"""

from __future__ import annotations

import re

SOURCES = ("data-src", "data-lazy-src", "data-original")
SETS = ("data-srcset", "data-lazy-srcset")
_MARK = "data-"
# Tags as the sanitiser writes them.
_TAG = re.compile(r"<(img|source)((?: [^\s=<>\"]+(?:=\"[^\"]*\")?)*)>")
_ATTRIBUTE = re.compile(r" ([^\s=<>\"]+)(?:=\"([^\"]*)\")?")
_TWICE = re.compile(r"(<img[^>]*>)\s*(<img[^>]*>)")
_ADDRESS = re.compile(r" src=\"([^\"?#]*)")


def plain_images(html: str) -> str:
    """Cleaned HTML, in which the attributes above may still stand, without them."""
    if _MARK not in html:
        return html
    lazy: set[str] = set()

    def tag(match: re.Match[str]) -> str:
        made = _made(match[1], dict(_ATTRIBUTE.findall(match[2]))) if _MARK in match[2] else match[0]
        if made != match[0]:
            lazy.add(made)
        return made

    html = _TAG.sub(tag, html)
    return _TWICE.sub(lambda match: _once(match, lazy), html) if lazy else html


def _made(name: str, given: dict[str, str]) -> str:
    """The tag with the address and the set that it is to have in the end."""
    sources, sets = (list(filter(None, map(given.get, names))) for names in (SOURCES, SETS))
    kept = {key: value for key, value in given.items() if key not in (*SOURCES, *SETS)}
    if sources and ("." in sources[0] or "/" in sources[0]):  # and not "true"
        kept["src"] = sources[0]
    if sets:
        kept["srcset"] = sets[0]
        if name == "img" and not kept.get("src"):  # which all readers know, as few do sets
            kept["src"] = sets[0].partition(" ")[0].rstrip(",")
    attributes = "".join(f' {key}="{value}"' for key, value in sorted(kept.items()))
    return f"<{name}{attributes}>"


def _once(match: re.Match[str], lazy: set[str]) -> str:
    """Of an image and the same beside it, the second, which says more of itself as a rule."""
    one, other = _ADDRESS.search(match[1]), _ADDRESS.search(match[2])
    return match[2] if match[1] in lazy and one and other and one[1] == other[1] else match[0]
