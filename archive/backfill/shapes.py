"""Which pages of a site are like a feed's entries, by their addresses alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from archive.history import plain_link
from feeds.sitemap import Place

Shape = tuple[str, ...]

_FEW = 3  # entries whose first segments tell nothing yet
_PAGE = re.compile(r"\.(?:html?|php|aspx?)$")


def shape(url: str) -> Shape:
    """What the addresses of a site's articles have in common: the host, and of each segment whether it is a number.

    Nothing for what is no address.

    >>> shape("https://www.example.org/2024/05/a-title.html")
    ('example.org', '4 digits', '2 digits', 'word.html')
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    host = parts.netloc.rpartition("@")[2].lower().removeprefix("www.")
    return (host, *(_kind(one) for one in parts.path.split("/") if one))


def like(places: Iterable[Place], links: Collection[str]) -> list[Place]:
    """The pages whose addresses have the shape of one of the links, the latest changed first, none that is among them.

    Where all links begin with the same segment, pages have to do so, too.
    """
    shapes = {shape(link) for link in links} - {()}
    known = {plain_link(link) for link in links}
    firsts = {_first(link) for link in links if shape(link)}
    start = next(iter(firsts)) if len(firsts) == 1 and len(links) >= _FEW else None
    found: dict[str, Place] = {}
    for place in places:
        name = plain_link(place.url)
        if name in known or name in found or shape(place.url) not in shapes:
            continue
        if start is None or start.isdigit() or _first(place.url) == start:
            found[name] = place
    return sorted(found.values(), key=lambda place: place.changed.timestamp() if place.changed else 0, reverse=True)


def _first(url: str) -> str:
    segments = [one for one in urlsplit(url).path.split("/") if one]
    return segments[0] if len(segments) > 1 else ""


def _kind(segment: str) -> str:
    if segment.isdigit():
        return f"{len(segment)} digits" if len(segment) in (2, 4) else "number"
    end = _PAGE.search(segment.lower())
    return f"word{end[0]}" if end else "word"
