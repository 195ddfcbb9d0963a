"""Which entry of a feed this is: one pure rule, from guid, else link, else what does not change.

An entry is `(feed, key)`. The key of a guid is the guid to the letter (RFC 4287 section 4.2.6.1: ids are compared
character by character). A guid that stands at several items of one document, with different links or titles, names
none of them; such items, and later those of a feed that was caught doing so, are told apart by guid and link.

A key that the archive has not met may still speak of an entry that it knows: see `archive.history.recognise`.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from feeds.model import Entry

Rule = Literal["guid", "guid+link", "guid+title", "link", "title", "content", "path"]

TRACKING = frozenset(
    {"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "ref_src", "cmpid", "_hsenc", "_hsmi"}
)
# Nearly every link; what it does not fit goes the long way.
_PLAIN = re.compile(r"https?://([A-Za-z0-9.:-]+)(/[!-\"$->@-~]*)?", re.ASCII)


class Key(Struct, frozen=True):
    """What an entry is known by in its feed, and the rule that gave it."""

    value: str
    rule: Rule


def keys(entries: Sequence[Entry], *, guids_trusted: bool = True) -> tuple[list[Key], bool]:
    """The key of each entry of a document, and whether the feed's guids can be trusted from now on.

    `guids_trusted` is what was known of the feed before. Once lost, trust does not come back.
    """
    groups: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.id:
            groups[entry.id].append(entry)
    trusted = guids_trusted and all(len(same) == 1 or _are_one(same) for same in groups.values())
    return [_key(entry, trusted) for entry in entries], trusted


def plain_link(url: str) -> str:
    """The address without what differs between copies of it: scheme, www, tracking parameters, end slash.

    A fragment stays: the entries of many a changelog differ in nothing else.
    """
    plain = _PLAIN.fullmatch(url)
    if plain and (host := plain[1].lower().removeprefix("www.")):
        return f"//{host}{(plain[2] or '').rstrip('/')}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    query = "&".join(part for part in parts.query.split("&") if not _tracks(part))
    fragment = "" if _tracks(parts.fragment) else parts.fragment
    host = parts.netloc.lower().removeprefix("www.")
    return urlunsplit(("", host, parts.path.rstrip("/"), query, fragment)) or url


def _key(entry: Entry, guids_trusted: bool) -> Key:
    if entry.id and guids_trusted:
        return Key(f"guid:{entry.id}", "guid")
    if entry.id and (link := _telling_link(entry)):
        return Key(f"guid+link:{entry.id} {link}", "guid+link")
    if entry.id:
        return Key(f"guid+title:{entry.id} {entry.title or _digest(entry)}", "guid+title")
    if entry.link:
        return Key(f"link:{plain_link(entry.link)}", "link")
    if entry.title:
        return Key(f"title:{entry.title}", "title")
    return Key(f"content:{_digest(entry)}", "content")


def _are_one(same: Sequence[Entry]) -> bool:
    """Whether items under one guid are one entry, or versions of it, each with a date of its own (RFC 4287 4.1.1)."""
    if len({_telling_link(entry) for entry in same}) > 1:
        return False
    if _telling_link(same[0]) or len({entry.title for entry in same}) == 1:
        return True
    dates = {entry.updated for entry in same}
    return None not in dates and len(dates) == len(same)


def _telling_link(entry: Entry) -> str | None:
    """The link where it says more than the guid, which often is the link, or the site's front page for all items."""
    link = entry.link and plain_link(entry.link)
    return link if link and link != plain_link(entry.id or "") else None


def _digest(entry: Entry) -> str:
    body = entry.content or entry.summary
    return hashlib.sha256((body.value if body else "").encode()).hexdigest()


def _tracks(part: str) -> bool:
    return part.startswith(("utm_", "xtor=")) or part.partition("=")[0] in TRACKING
