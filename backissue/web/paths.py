"""From a request's target to a path below the published folder. Pure.

Whatever could lead elsewhere is refused, not repaired: clients normalise addresses before they ask (RFC 3986 section
6.2.2), so "..", written plainly or not, is no honest request.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_REFUSED = re.compile(r"[\x00-\x1f\x7f/\\]|\A\.\.?\Z")
_ABSOLUTE = re.compile(rb"https?://[^/?#]*", re.IGNORECASE)


def relative(target: bytes) -> str:
    """The path, with slashes and without the first; one that ends with a slash, or is empty, means a folder.

    `target` is the request's path as sent, also in absolute form (RFC 9112 section 3.2.2). Raises HTTPException: 400
    where it is no path that a client could mean, 404 for hidden names and empty ones.
    """
    if not target.startswith(b"/"):
        target = _ABSOLUTE.sub(b"", target, count=1) or b"/"
    if not target.startswith(b"/") or _BAD_ESCAPE.search(target):
        raise HTTPException(400)
    segments = [_segment(segment) for segment in target[1:].split(b"/")]
    if any(segment.startswith(".") for segment in segments) or "" in segments[:-1]:
        raise HTTPException(404)
    return "/".join(segments)


def _segment(raw: bytes) -> str:
    try:
        segment = unquote_to_bytes(raw).decode() if b"%" in raw else raw.decode()
    except UnicodeDecodeError:
        raise HTTPException(400) from None
    if _REFUSED.search(segment):
        raise HTTPException(400)
    return segment
