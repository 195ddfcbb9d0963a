"""Both paths over one document."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from config.settings import Limits
from feeds.model import ParsedFeed
from feeds.parse import Declined, NotAFeed, careful, fast
from feeds.parse.charset import decode
from feeds.parse.sniff import check
from tests.feeds.parse.documents import URL

LIMITS = Limits()

# As it is without the checks of conftest.py.
_fast_read = fast.read


def by_fast(body: bytes, url: str = URL, content_type: str | None = None, limits: Limits = LIMITS) -> ParsedFeed | None:
    """What the fast path makes of a document; None if it declines."""
    try:
        return _fast_read(body, url, content_type, limits)
    except Declined:
        return None


def by_careful(
    body: bytes, url: str = URL, content_type: str | None = None, limits: Limits = LIMITS
) -> ParsedFeed | str:
    """What the careful path makes of a document; its refusal as a text."""
    text, charset = decode(body, content_type)
    try:
        check(body, text, url)
        return careful.read(text, url, charset, limits)
    except NotAFeed as refusal:
        return str(refusal)


def assert_agreed(body: bytes, url: str = URL, content_type: str | None = None, limits: Limits = LIMITS) -> bool:
    """Assert that the fast path gives what the careful one does in every field, or declines; tell which."""
    one = by_fast(body, url, content_type, limits)
    if one is None:
        return False
    assert one.parser == "fast"
    assert differences(one, by_careful(body, url, content_type, limits)) == []
    return True


def differences(one: Any, other: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Where two values differ, except in the name of the parser."""
    if type(one) is type(other) and isinstance(one, Struct):
        names = [name for name in one.__struct_fields__ if name != "parser"]
        pairs = [(f"{path}.{name}", getattr(one, name), getattr(other, name)) for name in names]
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        pairs = [(f"{path}[{place}]", *both) for place, both in enumerate(zip(one, other, strict=True))]
    else:
        return [] if one == other and type(one) is type(other) else [(path, one, other)]
    return [found for place, mine, theirs in pairs for found in differences(mine, theirs, place)]
