"""The path that a document takes: the fast one where it is fit for it, else one of the two that read anything."""

from __future__ import annotations

from config.settings import Limits
from feeds.model import ParsedFeed
from feeds.parse import careful, fast, json
from feeds.parse.charset import decode
from feeds.parse.errors import Declined
from feeds.parse.limits import check_body, check_count, check_sizes
from feeds.parse.sniff import check


def read(body: bytes, url: str, content_type: str | None, limits: Limits) -> ParsedFeed:
    """The feed in a document. Raises NotAFeed, and TooMuch where a limit is broken."""
    check_body(body, limits)
    parsed = _read(body, url, content_type, limits)
    check_count(len(parsed.tombstones), limits)
    check_sizes(parsed, len(body), limits)
    return parsed


def _read(body: bytes, url: str, content_type: str | None, limits: Limits) -> ParsedFeed:
    try:
        return fast.read(body, url, content_type, limits)
    except Declined:
        pass
    text, charset = decode(body, content_type)
    if text.lstrip().startswith(("{", "[")):
        return json.read(text, url, charset, limits)
    check(body, text, url)
    return careful.read(text, url, charset, limits)
