"""Two digests of an entry: `form` changes with any byte of it, `fingerprint` only with what a reader would see.

The fingerprint starts with a version byte, so that a better rule can stand beside it later, and leaves out empty
fields, so that a new optional field does not make every entry look edited.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit, urlunsplit

import msgspec

from archive.history.identity import plain_link
from feeds.model import Entry, Text

VERSION = b"\x01"

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)([^<>]*)>")
_ATTRIBUTE = re.compile(r"""([^\s=/"'<>]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_SPACE = re.compile(r"\s+")
_BETWEEN = re.compile(r">\s+<")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def form(entry: Entry) -> tuple[bytes, bytes]:
    """The entry's canonical JSON and its digest (16 bytes): equal forms need no closer look."""
    body = msgspec.json.encode(entry, order="deterministic")
    return body, hashlib.blake2b(body, digest_size=16).digest()


def fingerprint(entry: Entry) -> bytes:
    """17 bytes that stay the same under white space, attribute order, comments and tracking parameters."""
    seen = msgspec.structs.replace(
        entry,
        link=entry.link and plain_link(entry.link),
        title=entry.title and _fold(entry.title),
        summary=_visible(entry.summary),
        content=_visible(entry.content),
        id=None,
        origins={},
    )
    body = msgspec.json.encode(seen, order="deterministic")
    return VERSION + hashlib.blake2b(body, digest_size=16).digest()


def _visible(text: Text | None) -> Text | None:
    if text is None:
        return None
    value = _fold(text.value)
    if text.kind == "html" and "<" in value:
        value = _COMMENT.sub("", value)
        value = _BETWEEN.sub("><", _TAG.sub(_tag, value))
    return Text(value, text.kind, language=text.language)


def _tag(match: re.Match[str]) -> str:
    slash, name, rest = match.groups()
    found = sorted((key.lower(), _attribute(value.strip("\"'"))) for key, value in _ATTRIBUTE.findall(rest))
    attributes = "".join(f' {key}="{value}"' for key, value in found)
    return f"<{slash}{name.lower()}{attributes}>"


def _attribute(value: str) -> str:
    if "utm_" not in value and "clid" not in value and not value.startswith("http"):
        return value
    try:
        fragment = urlsplit(value).fragment
    except ValueError:
        return value
    return urlunsplit(("", "", plain_link(value), "", fragment))


def _fold(text: str) -> str:
    return _SPACE.sub(" ", text).strip()
