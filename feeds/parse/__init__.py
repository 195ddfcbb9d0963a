"""Bytes to values: one call for RSS 0.90 to 2.0, Atom 0.3 and 1.0, CDF and JSON Feed.

body ─fast.read→ ParsedFeed                             well-formed RSS and Atom that holds nothing out of the way
     ─charset.decode→ text ─json.read→ ParsedFeed       where the text begins with "{"
                           ─careful.read→ ParsedFeed    where its root is a feed's
                           ─→ NotAFeed                  everything else, with the reason in one line
"""

from __future__ import annotations

from config.settings import Limits
from feeds.model import ParsedFeed
from feeds.parse.errors import Declined, NotAFeed, TooMuch

__all__ = ["Declined", "NotAFeed", "parse"]

_LIMITS = Limits()


def parse(body: bytes, url: str, *, content_type: str | None = None, limits: Limits = _LIMITS) -> ParsedFeed:
    """The feed in a document, from its bytes as served.

    `url` is where it was found, after redirects: relative addresses start from there. `content_type` is HTTP's header,
    of which only the charset counts. Raises NotAFeed, and nothing else whatever the bytes are, also where a limit is
    broken.
    """
    # Here, as they take long to load: most passes over feeds have nothing to parse.
    from feeds.parse.paths import read

    try:
        return read(body, url, content_type, limits)
    except TooMuch as excess:
        remedy = f"raise limits.{excess.setting} if it is worth it" if excess.setting else "tell the site's owner"
        raise NotAFeed(url, excess.reason, remedy) from None
