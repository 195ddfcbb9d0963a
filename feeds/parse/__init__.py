"""Bytes to values: one call for RSS 0.90 to 2.0, Atom 0.3 and 1.0, CDF and JSON Feed.

body ─fast.read→ ParsedFeed                             well-formed RSS and Atom that holds nothing out of the way
     ─charset.decode→ text ─json.read→ ParsedFeed       where the text begins with "{"
                           ─careful.read→ ParsedFeed    where its root is a feed's
                           ─→ NotAFeed                  everything else, with the reason in one line
"""

from __future__ import annotations

from feeds.model import ParsedFeed
from feeds.parse.errors import Declined, NotAFeed

__all__ = ["Declined", "NotAFeed", "parse"]


def parse(body: bytes, url: str, *, content_type: str | None = None) -> ParsedFeed:
    """The feed in a document, from its bytes as served.

    `url` is where it was found, after redirects: relative addresses start from there. `content_type` is HTTP's header,
    of which only the charset counts. Raises NotAFeed, and nothing else whatever the bytes are.
    """
    # Here, as they take long to load: most passes over feeds have nothing to parse.
    from feeds.parse import careful, fast, json
    from feeds.parse.charset import decode
    from feeds.parse.sniff import check

    try:
        return fast.read(body, url, content_type)
    except Declined:
        pass
    text, charset = decode(body, content_type)
    if text.lstrip().startswith(("{", "[")):
        return json.read(text, url, charset)
    check(body, text, url)
    return careful.read(text, url, charset)
