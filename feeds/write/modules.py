"""What entries say beyond RSS and Atom, as elements of the modules that both may hold: podcasts, places, credits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from feeds.model import Extension
from feeds.write.ready import Ready
from feeds.write.values import address, rfc3339
from feeds.write.xml import element, plain


def modules(entry: Ready) -> Iterator[bytes]:
    """The elements that stand in both formats."""
    if entry.original:
        yield element("dcterms:created", rfc3339(entry.original))
    for name, text in entry.rich.media:
        yield element(name, plain(text))
    for shape, numbers in entry.rich.places:
        yield from _place(shape, numbers)
    yield from map(_extension, entry.rich.podcast)


def threads(entry: Ready) -> Iterator[bytes]:
    """What an entry answers (RFC 4685)."""
    known = {one.ref: one for one in entry.rich.answers}
    for ref in entry.in_reply_to:
        own = address(ref) if ref.startswith(("http://", "https://")) else None
        if one := known.get(ref):
            yield element("thr:in-reply-to", ref=ref, href=one.href or own, type=one.type, source=one.source)
        else:
            yield element("thr:in-reply-to", ref=ref, href=own)


def prefixes(entries: Sequence[Ready]) -> set[str]:
    """The prefixes of what `modules` gives of these entries; that of Media RSS is always there."""
    found = {one.name.partition(":")[0] for entry in entries for one in entry.rich.podcast}
    found |= {"dcterms"} if any(entry.original for entry in entries) else set()
    return found | ({"georss"} if any(entry.rich.places for entry in entries) else set())


def _place(shape: str, numbers: str) -> Iterator[bytes]:
    """A place in GeoRSS Simple; a box as the polygon that it is, as W3C's feed validator takes no box for an element.

    One that goes over the date line is left out, since its polygon would go the other way round the earth.
    """
    if shape != "box":
        yield element(f"georss:{shape}", numbers)
        return
    south, west, north, east = numbers.split()
    if float(west) <= float(east):
        corners = ((south, west), (south, east), (north, east), (north, west), (south, west))
        yield element("georss:polygon", " ".join(map(" ".join, corners)))


def _extension(one: Extension) -> bytes:
    content = plain(one.text or "").encode() + b"".join(map(_extension, one.parts))
    return element(one.name, content, **dict(one.attributes))
