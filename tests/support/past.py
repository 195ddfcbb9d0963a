"""A feed whose past lies on a server: pages by RFC 5005 and by the habits of publishing systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from tests.support.server import FeedServer

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def page(numbers: Iterable[int], links: Mapping[str, str] | None = None, generator: str = "", text: str = "") -> bytes:
    """An Atom document with these entries, and links of these relations."""
    entries = "".join(
        f"<entry><id>urn:n:{number}</id><title>Number {number}</title>"
        f"<published>{(START + number * HOUR).isoformat()}</published>"
        f"<updated>{(START + number * HOUR).isoformat()}</updated><content>Text {text or number}</content></entry>"
        for number in numbers
    )
    linked = "".join(f"<link rel={quoteattr(rel)} href={quoteattr(href)}/>" for rel, href in (links or {}).items())
    made = f"<generator>{escape(generator)}</generator>" if generator else ""
    head = f"<id>urn:feed</id><title>Numbers</title><updated>{START.isoformat()}</updated>{made}{linked}"
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>'.encode()


def put_archive(server: FeedServer, pages: int, size: int = 3, host: str = "127.0.0.1") -> str:
    """A feed at /feed that shows the last entries, and archive documents back to the first; gives its address.

    The feed shows the entries of the newest archive document and half of the one before it would be: nothing is lost
    between the two.
    """
    for number in range(1, pages + 1):
        before = {"prev-archive": server.url(f"/archive/{number - 1}", host)} if number > 1 else {}
        server.put(f"/archive/{number}", page(_numbers(number, size), {"current": server.url("/feed"), **before}))
    newest = range((pages + 1) * size, (pages - 1) * size, -1)
    server.put("/feed", page(newest, {"prev-archive": server.url(f"/archive/{pages}", host)}))
    return server.url("/feed")


def put_pages(
    server: FeedServer, addresses: Sequence[str], size: int = 3, generator: str = "", links: bool = False
) -> str:
    """A feed of several pages, the newest first, at these addresses; gives that of the first."""
    last = len(addresses) * size
    for place, address in enumerate(addresses):
        linked = {"first": server.url(addresses[0]), "last": server.url(addresses[-1])} if links else {}
        if links and place + 1 < len(addresses):
            linked["next"] = server.url(addresses[place + 1])
        if links and place:
            linked["previous"] = server.url(addresses[place - 1])
        start = last - place * size
        server.put(address, page(range(start, start - size, -1), linked, generator))
    return server.url(addresses[0])


def _numbers(number: int, size: int) -> range:
    return range(number * size, (number - 1) * size, -1)
