"""Who pushes a feed, and under which name: discovery (WebSub section 4). Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from archive.fetch.headers import Fields, links
from archive.fetch.urls import target
from feeds.model import Feed, Link


class Offer(Struct, frozen=True):
    """A hub that pushes, and the topic by which it knows the feed."""

    hub: str
    topic: str


def offer(url: str, fields: Fields, feed: Feed | None) -> Offer | None:
    """What a document from that address offers: its Link headers count, and where they name no hub, the document.

    A publisher that names a hub but not itself means the address that answered. Hubs with an https address come first
    (section 8.2). Addresses that nobody can be asked under are passed over.
    """
    headers = links(fields, url)
    for found in (headers, feed.links if feed else ()):
        hubs = sorted(_addresses(found, "hub"), key=lambda hub: not hub.lower().startswith("https:"))
        if hubs:
            # A hub in the headers and the topic in the document, or the other way round, is what some publishers do.
            topics = [*_addresses(found, "self"), *_addresses(headers, "self")]
            topics += _addresses(feed.links, "self") if feed else []
            return Offer(hubs[0], topics[0] if topics else url)
    return None


def _addresses(links: Iterable[Link], rel: str) -> list[str]:
    return [link.href for link in links if link.rel.lower() == rel and _can_be_asked(link.href)]


def _can_be_asked(url: str) -> bool:
    try:
        target(url)
    except ValueError:
        return False
    return True
