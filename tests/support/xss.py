"""Hostile markup of our own writing, and what of a page could run, told without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import msgspec
from lxml import html as lxml_html
from msgspec import Struct

_TABLE = Path(__file__).parents[1] / "data/xss/vectors.jsonl"
# Elements that run, load, lead away or change how a page is read; the last line shapes trees in ways that surprise.
_ELEMENTS = frozenset(
    [
        "applet",
        "base",
        "bgsound",
        "embed",
        "fencedframe",
        "form",
        "frame",
        "frameset",
        "iframe",
        "isindex",
        "link",
        "meta",
        "noembed",
        "noframes",
        "object",
        "portal",
        "script",
        "style",
        "button",
        "input",
        "keygen",
        "select",
        "textarea",
        "dialog",
        "marquee",
        "menuitem",
        "slot",
        "image",
        "param",
        "annotation-xml",
        "foreignobject",
        "listing",
        "math",
        "mglyph",
        "noscript",
        "plaintext",
        "svg",
        "template",
        "title",
        "xmp",
    ]
)
_HEAD = frozenset(["base", "link", "meta", "script", "style", "title"])
_ADDRESSES = frozenset(
    [
        "action",
        "archive",
        "attributionsrc",
        "background",
        "cite",
        "classid",
        "code",
        "codebase",
        "data",
        "dynsrc",
        "formaction",
        "href",
        "icon",
        "longdesc",
        "lowsrc",
        "manifest",
        "ping",
        "poster",
        "profile",
        "src",
        "usemap",
        "xlink:href",
    ]
)
_ATTRIBUTES = frozenset(
    ["autofocus", "background", "formaction", "ping", "popovertarget", "srcdoc", "style", "target", "usemap"]
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):")
_NOISE = re.compile("[\x00-\x20\x7f-\x9f\xa0\u2028\u2029\ufeff]")
_SAFE = frozenset(
    [
        "bitcoin",
        "doi",
        "feed",
        "ftp",
        "ftps",
        "gemini",
        "geo",
        "gopher",
        "http",
        "https",
        "irc",
        "ircs",
        "magnet",
        "mailto",
        "matrix",
        "news",
        "nntp",
        "openpgp4fpr",
        "sftp",
        "sip",
        "sips",
        "sms",
        "tel",
        "urn",
        "webcal",
        "xmpp",
    ]
)


class Vector(Struct, frozen=True, array_like=True):
    """A piece of markup that calls `fire()` where it is not cleaned; `kind` and `name` say how it tries to."""

    kind: str
    name: str
    html: str


@cache
def vectors() -> tuple[Vector, ...]:
    """The whole table."""
    return tuple(msgspec.json.decode(line, type=Vector) for line in _TABLE.read_bytes().splitlines())


def executable(markup: str) -> list[str]:
    """What in a page or a piece of one could run, load a document or send a form; [] for what is inert.

    Two parsers of different make look at it. What stands in a page's own head is held to what pages of ours have there.
    """
    seen = _Tags()
    seen.feed(markup)
    seen.close()
    found = [fault for tag, attributes, in_head in seen.tags for fault in _faults(tag, attributes, in_head)]
    found += [f"comment {text[:40]!r}" for text in seen.asides]
    return found + [fault for tag, attributes, in_head in _tree(markup) for fault in _faults(tag, attributes, in_head)]


_Tag = tuple[str, list[tuple[str, str]], bool]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[_Tag] = []
        self.asides: list[str] = []
        self._in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_head = tag == "head" or (self._in_head and tag in _HEAD)
        self.tags.append((tag, [(name.lower(), value or "") for name, value in attrs], self._in_head))

    def handle_comment(self, data: str) -> None:
        self.asides.append(data)

    def handle_pi(self, data: str) -> None:
        self.asides.append(data)

    def unknown_decl(self, data: str) -> None:
        self.asides.append(data)


def _tree(markup: str) -> Iterator[_Tag]:
    text = markup.strip()
    if not text:
        return
    page = text[:9].lower() == "<!doctype"
    root = lxml_html.document_fromstring(text if page else f"<!DOCTYPE html><html><body>{text}</body></html>")
    for element in root.iter():
        if isinstance(element.tag, str):
            in_head = page and any(above.tag == "head" for above in element.iterancestors())
            yield element.tag.lower(), [(name.lower(), value) for name, value in element.attrib.items()], in_head


def _faults(tag: str, attributes: list[tuple[str, str]], in_head: bool) -> Iterator[str]:
    given = dict(attributes)
    if in_head and tag in _HEAD:
        own = tag in ("title", "style") or (tag in ("meta", "link") and _is_ours(tag, given))
        if not own:
            yield f"<{tag} {given}> in the head"
    elif tag in _ELEMENTS or ":" in tag or not re.fullmatch("[a-z][a-z0-9]*", tag):
        yield f"<{tag}>"
    for name, value in attributes:
        if name.startswith("on") or name in _ATTRIBUTES or not re.fullmatch("[a-z][a-z0-9:-]*", name):
            yield f"<{tag} {name}>"
        if name in _ADDRESSES and (scheme := _scheme(value)) not in _SAFE:
            yield f"<{tag} {name}={scheme}:>"
        if name == "srcset" and [one for one in re.split(r",\s", value) if _scheme(one) not in {"http", "https"}]:
            yield f"<{tag} srcset>"


def _is_ours(tag: str, given: dict[str, str]) -> bool:
    if tag == "link":
        return set(given.get("rel", "").split()) <= {"stylesheet", "alternate", "canonical", "prev", "next", "up"}
    return given.get("http-equiv", "Content-Security-Policy") == "Content-Security-Policy"


def _scheme(value: str) -> str:
    """The scheme as a browser finds it, whatever blanks and controls hide it; a relative address has the page's."""
    match = _SCHEME.match(_NOISE.sub("", value).lower().removeprefix("feed:"))
    return match[1] if match else "https"
