"""Cleaned HTML of strangers made part of a page of ours, as the HTML standard wants it. Pure.

What `feeds.clean` gives is safe; it still holds elements and attributes that HTML no longer has, images without
words, and headings that rank above the page's own. Here each tag is looked at once; texts stay to the letter.
"""

from __future__ import annotations

import re
from html import unescape

from feeds.html import escape
from feeds.write.values import address, language_tag

# Tags as the sanitiser writes them: names in lower case, each value in double quotes with its own quotes escaped.
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [^\s"=<>/]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([^\s"=<>/]+)="([^"]*)"')
# Elements that HTML gave up, and those that divide a page into regions, which are for the page itself to name.
_RENAMED = {
    "acronym": "abbr", "big": "span", "center": "div", "strike": "s", "tt": "code",
    "address": "div", "article": "div", "aside": "div", "footer": "div", "header": "div", "hgroup": "div",
    "main": "div", "nav": "div", "section": "div",
}  # fmt: skip
_HEADING = re.compile(r"h[1-6]")
_NUMBER = re.compile(r"[0-9]{1,6}")
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:?\d\d)?)?)?")
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_FORMS = {
    "colspan": re.compile(r"[1-9][0-9]{0,2}"),
    "datetime": _DATE,
    "dir": re.compile(r"ltr|rtl|auto"),
    "height": _NUMBER,
    "loading": re.compile(r"lazy|eager"),
    "preload": re.compile(r"none|metadata|auto"),
    "rowspan": re.compile(r"[0-9]{1,4}"),
    "scope": re.compile(r"row|col|rowgroup|colgroup"),
    "span": re.compile(r"[1-9][0-9]{0,2}"),
    "start": _INTEGER,
    "width": _NUMBER,
}
_OWN_IDS = ("content",)


def page_body(html: str, *, level: int = 2) -> str:
    """Cleaned HTML for a page whose own headings end above `level`; none is skipped, and no id is given twice."""
    ids = set(_OWN_IDS)
    outline: list[int] = []  # the levels of the heading under way and of those above it, as the source has them
    headings: list[str] = []
    opened: dict[str, list[str]] = {"time": [], "data": []}

    def tag(match: re.Match[str]) -> str:
        end, name, given = match.groups()
        if name in opened:  # without a machine's value these two are plain words
            if end:
                return f"</{opened[name].pop()}>" if opened[name] else ""
            kept = _attributes(name, given, ids)
            opened[name].append(name if "datetime" in kept or "value" in kept else "span")
            return _written(opened[name][-1], kept)
        new = _RENAMED.get(name, name)
        if _HEADING.fullmatch(name):
            if not end:
                outline[:] = [*(above for above in outline if above < int(name[1])), int(name[1])]
                headings.append(f"h{min(level + len(outline) - 1, 6)}")
            new = headings.pop() if end else headings[-1]
        return f"</{new}>" if end else _written(new, _attributes(name, given, ids))

    return _TAG.sub(tag, html)


def _written(name: str, attributes: dict[str, str]) -> str:
    given = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>"


def _attributes(name: str, given: str, ids: set[str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for key, raw in _ATTRIBUTE.findall(given):
        value = _fit(name, key, unescape(raw), ids)
        if value is not None:
            kept[key] = value
    if name == "img":
        kept.setdefault("alt", "")
        kept.setdefault("loading", "lazy")
        if "srcset" in kept and re.search(r"\dw\b", kept["srcset"]):
            kept.setdefault("sizes", "100vw")
        if "sizes" in kept and "srcset" not in kept:
            del kept["sizes"]
    return kept


def _fit(name: str, key: str, value: str, ids: set[str]) -> str | None:
    """The value as the standard wants it; None for an attribute that is better left out."""
    if key in _FORMS:
        return value if _FORMS[key].fullmatch(value) else None
    if key in ("href", "src", "poster", "cite"):
        return address(value)
    if key == "lang":
        return language_tag(value)
    if key == "id":
        if not value or value in ids or any(char.isspace() for char in value):
            return None
        ids.add(value)
    elif key == "align" or (key == "class" and name not in ("pre", "code")):
        return None
    elif key == "type" and name != "ol":
        return value if _TYPE.fullmatch(value) else None
    elif key == "value" and name == "li":
        return value if _INTEGER.fullmatch(value) else None
    elif key in ("media", "hreflang") and not value:
        return None
    return value
