"""A client for archived feeds, written from RFC 5005 (sections 4 and 4.2, appendix B) alone; JSON Feed by `next_url`.

It knows nothing of this project, but for the names that JSON Feed has not. "Archive documents are stable", so it stops
at one that it has read before. Of an entry met twice it keeps the one updated last, and of those updated at the same
time the one from the document that was published later: the subscription document comes after all archives, an archive
after its predecessors.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"
_FH = "{http://purl.org/syndication/history/1.0}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}"


class Walker:
    """Keeps the logical feed of a subscription; `entries` maps ids to (updated, text)."""

    def __init__(self, subscription: str) -> None:
        self.subscription = subscription
        self.entries: dict[str, tuple[datetime, str]] = {}
        self.archives: set[str] = set()

    def walk(self) -> Iterator[str]:
        """Read the subscription document, then archive after archive; gives the address of each once it is read.

        What was found becomes known at the end of the walk, so that one broken off is made again in full.
        """
        found: list[tuple[str, dict[str, tuple[datetime, str]]]] = []
        address: str | None = self.subscription
        while address:
            assert address not in [known for known, _ in found], "the archive runs in a circle"
            read = _read(address)
            assert read.archive == bool(found), "only archive documents say that they are some"
            assert not read.archive or read.current == self.subscription
            found.append((address, read.entries))
            yield address
            address = None if read.before in self.archives else read.before
        for _, entries in reversed(found):
            _merge(self.entries, entries)
        self.archives |= {address for address, _ in found[1:]}

    def walk_forth(self) -> dict[str, tuple[datetime, str]]:
        """What the archives found so far lead to from the oldest on, by next-archive, and at last by current."""
        found: dict[str, tuple[datetime, str]] = {}
        address = min(self.archives)
        while True:
            read = _read(address)
            _merge(found, read.entries)
            if read.after is None:
                break
            assert read.archive, "only what never changes knows what follows it"
            after = _read(read.after)
            assert after.before == address, "there and back"
            address = read.after
        assert not read.archive, "the last one is still filling"
        assert read.current == self.subscription
        assert _read(read.current).before == read.before, "who subscribes is sent to archives alone"
        _merge(found, _read(read.current).entries)
        return found


class _Read(NamedTuple):
    """A document's entries by their ids, whether it is an archive, and the documents before, after and current."""

    entries: dict[str, tuple[datetime, str]]
    archive: bool
    before: str | None
    after: str | None
    current: str | None


def _merge(known: dict[str, tuple[datetime, str]], newer: dict[str, tuple[datetime, str]]) -> None:
    for identity, (updated, text) in newer.items():
        if identity not in known or known[identity][0] <= updated:
            known[identity] = (updated, text)


def _read(address: str) -> _Read:
    with urllib.request.urlopen(address, timeout=10) as response:
        body = response.read()
    if body.lstrip().startswith(b"{"):
        return _json(json.loads(body))
    root = etree.fromstring(body)
    head = root if root.tag == f"{_ATOM}feed" else root.find("channel")
    links = {link.get("rel"): link.get("href") for link in head.iterfind(f"{_ATOM}link")}
    entries = [_rss_item(item) for item in head.iterfind("item")] + [
        _entry(one) for one in head.iterfind(f"{_ATOM}entry")
    ]
    assert len(dict(entries)) == len(entries), "an id stands twice in one document"
    archive = head.find(f"{_FH}archive") is not None
    return _Read(dict(entries), archive, *(links.get(rel) for rel in ("prev-archive", "next-archive", "current")))


def _rss_item(item: Any) -> tuple[str, tuple[datetime, str]]:
    updated = item.findtext(f"{_ATOM}updated")
    when = datetime.fromisoformat(updated) if updated else parsedate_to_datetime(item.findtext("pubDate"))
    return item.findtext("guid"), (when, item.findtext(f"{_CONTENT}encoded") or item.findtext("description"))


def _entry(entry: Any) -> tuple[str, tuple[datetime, str]]:
    when = datetime.fromisoformat(entry.findtext(f"{_ATOM}updated"))
    return entry.findtext(f"{_ATOM}id"), (when, entry.findtext(f"{_ATOM}content"))


def _json(feed: dict[str, Any]) -> _Read:
    entries = {}
    for item in feed["items"]:
        assert item["id"] not in entries, "an id stands twice in one document"
        when = datetime.fromisoformat(item.get("date_modified", item["date_published"]))
        entries[item["id"]] = (when, item["content_html"])
    more = feed.get("_backissue", {})
    after, current = more.get("next_archive"), more.get("current")
    return _Read(entries, more.get("archive", False), feed.get("next_url"), after, current)
