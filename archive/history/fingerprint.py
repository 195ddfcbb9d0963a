"""Two digests of an entry: `form` changes with any byte of it, `fingerprint` only with what a reader would see.

The fingerprint starts with a version byte, so that a better rule can stand beside it later, and leaves out empty
fields, so that a new optional field does not make every entry look edited.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from archive.history.asides import without_asides
from archive.history.identity import plain_link
from feeds.html import unescape
from feeds.model import Entry, Source, Text

VERSION = b"\x01"
UNDATED = b"\x02"

# Possessive throughout: what is no tag after all must not be tried again from every letter.
_TAG = re.compile(r"(<(?:/?+)[A-Za-z][A-Za-z0-9:-]*+[^<>]*+>)")
_PARTS = re.compile(r"<(/?+)([A-Za-z][A-Za-z0-9:-]*+)([^<>]*+)>")
_USUAL = re.compile(r"/?+[A-Za-z][A-Za-z0-9:-]*+[^<>]*+")
_ATTRIBUTE = re.compile(r"""([^\s=/"'<>]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]++))?""")
_ALL_BLANKS = [chr(code) for code in range(0x3001) if chr(code).isspace() and chr(code) != " "]
_BLANKS = [blank for blank in _ALL_BLANKS if blank.isascii()]
_MANY = 3
_LONG_TAG = 60  # such a one hardly comes twice


def form(entry: Entry) -> tuple[bytes, bytes]:
    """The entry's canonical JSON and its digest (16 bytes): equal forms need no closer look."""
    body = msgspec.json.encode(entry, order="deterministic")
    return body, hashlib.blake2b(body, digest_size=16).digest()


def fingerprint(entry: Entry) -> bytes:
    """17 bytes that stay the same under what no reader sees.

    That is white space (but in <pre>), the order of attributes, comments, tracking parameters, and whether a character
    is written as itself or as an entity; and what readers see but the entry does not say (`archive.history.asides`).
    """
    seen = msgspec.structs.replace(
        entry,
        link=entry.link and plain_link(entry.link),
        title=entry.title and _fold(entry.title),
        summary=_visible(entry.summary),
        content=_visible(entry.content),
        id=None,
        origins={},
        # What came to be read later: an entry must not look edited because more of it is kept than was before.
        extensions=(),
        source=_lasting(entry.source),
    )
    body = msgspec.json.encode(seen, order="deterministic")
    return VERSION + hashlib.blake2b(body, digest_size=16).digest()


def _lasting(source: Source | None) -> Source | None:
    """The source as it names a feed: when that last changed is not the entry's, and the rest came to be read later."""
    return Source(source.title, source.id, source.link, source.feed) if source else None


def undated(entry: Entry) -> bytes:
    """The fingerprint of the entry without its dates: 17 bytes that begin otherwise."""
    return UNDATED + fingerprint(msgspec.structs.replace(entry, published=None, updated=None))[1:]


def only_dates_moved(pairs: Sequence[tuple[Entry, Entry]]) -> bool:
    """Whether in all of these entries (before, now), three or more, nothing changed but the dates.

    Some feeds give the time of the visit as the date of all they show. One or two such changes may be corrections.
    """
    return len(pairs) >= _MANY and all(undated(before) == undated(now) for before, now in pairs)


def _visible(text: Text | None) -> Text | None:
    if text is None:
        return None
    value = text.value
    if text.kind == "html" and "<" in value and (usual := _usual(value)) is not None:
        return Text(usual, text.kind, language=text.language)
    if text.kind == "html" and ("<" in value or "&" in value):
        parts = _apart(without_asides(_without_comments(value)), "<pre", "</pre")
        folded = (part if pre else _fold(_spelled(part)).replace("> <", "><") for pre, part in parts)
        return Text("".join(folded), text.kind, language=text.language)
    return Text(_fold(value), text.kind, language=text.language)


def _usual(value: str) -> str | None:
    """The same for HTML of usual tags alone, much faster; None where something else is in it."""
    first, *pieces = value.split("<")
    plain = "&" not in value and value.count(">") == len(pieces)
    made = [first if plain else _words(first)]
    for piece in pieces:
        tag, end, rest = piece.partition(">")
        spelled = _usual_tag(tag) if len(tag) <= _LONG_TAG else _usual_tag.__wrapped__(tag)
        if spelled is None or not end:
            return None
        made += (spelled, rest if plain else _words(rest))
    return _fold("".join(made)).replace("> <", "><")


@lru_cache(2048)
def _usual_tag(tag: str) -> str | None:
    """A tag in one way; None where what surrounds it has to be looked at: <pre>, what may be aside, what is no tag."""
    if not _USUAL.fullmatch(tag):
        return None
    lower = tag.lower()
    if lower.startswith(("pre", "/pre", "img")) or "class" in lower or "id" in lower:
        return None
    return _tag(f"<{tag}>")


def _without_comments(value: str) -> str:
    if "<!--" not in value:
        return value
    return "".join(part.partition("-->")[2] if comment else part for comment, part in _apart(value, "<!--", "-->"))


def _apart(value: str, start: str, stop: str) -> Iterator[tuple[bool, str]]:
    """The text in pieces, each with whether it begins with `start`: such a one ends with the next `stop`."""
    lower, at = value.lower(), 0
    if len(lower) != len(value):  # some capitals have a small letter of two characters
        lower = value
    while (begin := lower.find(start, at)) >= 0 and (end := lower.find(stop, begin)) >= 0:
        yield False, value[at:begin]
        at = end + len(stop)
        yield True, value[begin:at]
    yield False, value[at:]


def _spelled(value: str) -> str:
    """The same HTML, its tags and entities written in one way."""
    pieces = _TAG.split(value)
    pieces[::2] = [_words(piece) for piece in pieces[::2]]
    pieces[1::2] = [_tag(piece) if len(piece) > _LONG_TAG else _known_tag(piece) for piece in pieces[1::2]]
    return "".join(pieces)


def _words(piece: str) -> str:
    if "&" in piece:
        piece = unescape(piece)
    elif "<" not in piece and ">" not in piece:
        return piece
    return html.escape(piece, quote=False)


def _tag(tag: str) -> str:
    match = _PARTS.fullmatch(tag)
    assert match
    slash, name, rest = match.groups()
    found = sorted((key.lower(), _attribute(value.strip("\"'"))) for key, value in _ATTRIBUTE.findall(rest))
    attributes = "".join([f' {key}="{value}"' for key, value in found])
    return f"<{slash}{name.lower()}{attributes}>"


_known_tag = lru_cache(2048)(_tag)  # most tags are <p>, </p> and their like


def _attribute(value: str) -> str:
    if "&" in value:
        value = unescape(value)
    if "utm_" in value or "clid" in value or value.startswith("http"):
        value = plain_link(value)
    return html.escape(value)


def _fold(text: str) -> str:
    for blank in _BLANKS if text.isascii() else _ALL_BLANKS:
        if blank in text:
            text = text.replace(blank, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip(" ")
