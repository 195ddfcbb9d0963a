"""Addresses of pictures, sound and films in a body, and those of our copies in their place. Pure.

Bodies are as the sanitiser writes them (`feeds.clean`), with absolute addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape

from feeds.html import escape

_TAG = re.compile(r"<(img|source|video|audio)((?: [^\s=<>\"]+(?:=\"[^\"]*\")?)*)>")
_ATTRIBUTE = re.compile(r" ([^\s=<>\"]+)(?:=\"([^\"]*)\")?")
_FILES = ("src", "poster")


def shown_in(html: str) -> Iterator[tuple[str, str]]:
    """The addresses of what a body shows, each with the kind of element: "img" for pictures, posters among them."""
    for name, given in _TAG.findall(html):
        attributes = dict(_ATTRIBUTE.findall(given))
        for key in _FILES:
            if url := attributes.get(key):
                yield ("img" if key == "poster" else name), unescape(url)


def with_copies(html: str, copies: Mapping[str, str]) -> str:
    """The body with the addresses of our copies; other sizes of a picture that we have go, as they lie elsewhere."""
    return _TAG.sub(lambda match: _tag(match, copies), html) if copies else html


def _tag(match: re.Match[str], copies: Mapping[str, str]) -> str:
    attributes = dict(_ATTRIBUTE.findall(match[2]))
    own = {key: copies[url] for key in _FILES if (url := unescape(attributes.get(key, ""))) in copies}
    if not own:
        return match[0]
    attributes |= {key: escape(url) for key, url in own.items()}
    if "src" in own:
        attributes.pop("srcset", None)
        attributes.pop("sizes", None)
    given = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{match[1]}{given}>"
