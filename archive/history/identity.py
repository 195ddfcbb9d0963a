"""Which entry of a feed this is: one pure rule, from guid, else link, else what does not change.

An entry is `(feed, key)`. The key of a guid is the guid to the letter (RFC 4287 section 4.2.6.1: ids are compared
character by character). A guid that stands at several items of one document, with different links or titles, names
none of them; such items, and later those of a feed that was caught doing so, are told apart by guid and link.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from msgspec import Struct

from feeds.model import Entry

Rule = Literal["guid", "guid+link", "guid+title", "link", "title", "content", "path"]

TRACKING = frozenset(
    {"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "ref_src", "cmpid", "_hsenc", "_hsmi"}
)


class Key(Struct, frozen=True):
    """What an entry is known by in its feed, and the rule that gave it."""

    value: str
    rule: Rule


def keys(entries: Sequence[Entry], *, guids_trusted: bool = True) -> tuple[list[Key], bool]:
    """The key of each entry of a document, and whether the feed's guids can be trusted from now on.

    `guids_trusted` is what was known of the feed before. Once lost, trust does not come back.
    """
    faces: defaultdict[str, set[tuple[str | None, str | None]]] = defaultdict(set)
    for entry in entries:
        if entry.id:
            faces[entry.id].add((entry.link and plain_link(entry.link), None if entry.link else entry.title))
    trusted = guids_trusted and all(len(seen) == 1 for seen in faces.values())
    return [_key(entry, trusted) for entry in entries], trusted


def plain_link(url: str) -> str:
    """The address without what differs between copies of it: scheme, www, tracking parameters, fragment, end slash."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(name)]
    host = parts.netloc.lower().removeprefix("www.")
    return urlunsplit(("", host, parts.path.rstrip("/"), urlencode(query), "")) or url


def _key(entry: Entry, guids_trusted: bool) -> Key:
    if entry.id and guids_trusted:
        return Key(f"guid:{entry.id}", "guid")
    if entry.id and entry.link:
        return Key(f"guid+link:{entry.id} {plain_link(entry.link)}", "guid+link")
    if entry.id:
        return Key(f"guid+title:{entry.id} {entry.title or _digest(entry)}", "guid+title")
    if entry.link:
        return Key(f"link:{plain_link(entry.link)}", "link")
    if entry.title:
        return Key(f"title:{entry.title}", "title")
    return Key(f"content:{_digest(entry)}", "content")


def _digest(entry: Entry) -> str:
    body = entry.content or entry.summary
    return hashlib.sha256((body.value if body else "").encode()).hexdigest()


def _tracks(name: str) -> bool:
    return name.startswith("utm_") or name in TRACKING
