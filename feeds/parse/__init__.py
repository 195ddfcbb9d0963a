"""Bytes to values: one call for RSS 0.90 to 2.0, Atom 0.3 and 1.0, CDF and JSON Feed.

body ─charset.decode→ text ─json.read→ ParsedFeed       where the text begins with "{"
                           ─careful.read→ ParsedFeed    where its root is a feed's
                           ─→ NotAFeed                  everything else, with the reason in one line
"""

from __future__ import annotations

from collections.abc import Callable

from feeds.model import Charset, ParsedFeed
from feeds.parse import careful, json
from feeds.parse.charset import decode
from feeds.parse.errors import Declined, NotAFeed
from feeds.parse.sniff import check

__all__ = ["Declined", "NotAFeed", "parse"]

# The first that does not decline reads the document; the last one never declines.
_XML_PATHS: tuple[Callable[[str, str, Charset], ParsedFeed], ...] = (careful.read,)


def parse(body: bytes, url: str, *, content_type: str | None = None) -> ParsedFeed:
    """The feed in a document, from its bytes as served.

    `url` is where it was found, after redirects: relative addresses start from there. `content_type` is HTTP's header,
    of which only the charset counts. Raises NotAFeed, and nothing else whatever the bytes are.
    """
    text, charset = decode(body, content_type)
    if text.lstrip().startswith(("{", "[")):
        return json.read(text, url, charset)
    check(body, text, url)
    for read in _XML_PATHS:
        try:
            return read(text, url, charset)
        except Declined:
            continue
    raise AssertionError("the careful path declined")
