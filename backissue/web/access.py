"""Who may ask for what is not for everyone: who shows the token, and whose browser was not led here by another site.

The token goes in the Authorization field (RFC 6750 section 2.1), never in an address, and is compared in constant time.
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.types import ASGIApp, Receive, Scope, Send

from backissue.web.reply import Headers, Reply, deliver

_GUARDED = re.compile(rb"/metrics|/-/.*", re.DOTALL)
_BEARER = re.compile(rb"bearer +(.*)", re.IGNORECASE | re.DOTALL)
_PORTS = {"http": 80, "https": 443}
_HERE = ("same-origin", "none")


class Refusal(Struct, frozen=True):
    """Why not: a status, a line for people, and for a 401 what would be wanted."""

    status: int
    text: str
    challenge: str | None = None


def with_token(site: ASGIApp, token: str, base: str, *, now: Callable[[], float] = time.time) -> ASGIApp:
    """The ASGI application with a door before /metrics and all below /-/; `base` is the address of the site."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _GUARDED.fullmatch(path_of(scope)):
            await site(scope, receive, send)
            return
        why = refusal(scope["method"], scope["headers"], token, base)
        if why is None:
            await site(scope, receive, send)
            return
        extra = [(b"www-authenticate", why.challenge.encode())] if why.challenge else []
        await deliver(said(why.status, why.text, scope["method"], extra), int(now()), receive, send)

    return serve


def refusal(method: str, headers: Headers, token: str, base: str) -> Refusal | None:
    """Why a request with these header fields (names in lower case) is refused; None if it is not.

    A browser says where a request that changes something comes from (Origin, Sec-Fetch-Site, Referer); other programs
    say nothing, and need none but the token.
    """
    if method not in ("GET", "HEAD") and not _from_here(headers, base):
        return Refusal(403, "This was sent by a page of another site, which may not ask for it.")
    shown = [value for name, value in headers if name == b"authorization"]
    if len(shown) > 1:
        return Refusal(400, "There is more than one Authorization field.")
    match = _BEARER.fullmatch(shown[0]) if shown else None
    if match is None:
        return Refusal(
            401, "The token is wanted: Authorization: Bearer TOKEN (http.token).", 'Bearer realm="backissue"'
        )
    if not hmac.compare_digest(sha256(match[1].strip()).digest(), sha256(token.encode()).digest()):
        wrong = 'Bearer realm="backissue", error="invalid_token"'
        return Refusal(401, "This is not the token (http.token).", wrong)
    return None


def path_of(scope: Scope) -> bytes:
    """The path as it was sent, below the place where the application is mounted."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.removeprefix(scope.get("root_path", "").encode())


def said(status: int, text: str, method: str, extra: Headers | None = None) -> Reply:
    """An answer of one line, which no cache keeps."""
    body = f"{text}\n".encode()
    return plain(status, b"text/plain; charset=utf-8", body, method, extra)


def plain(status: int, type_: bytes, body: bytes, method: str, extra: Headers | None = None) -> Reply:
    """An answer that no cache keeps."""
    headers = [
        (b"content-type", type_),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *(extra or ()),
    ]
    return Reply(status, headers, b"" if method == "HEAD" else body)


def _from_here(headers: Headers, base: str) -> bool:
    given: Mapping[bytes, bytes] = dict(headers)
    for name in (b"origin", b"sec-fetch-site", b"referer"):
        if sum(one == name for one, _ in headers) > 1:
            return False
    if b"origin" in given:
        return _origin(given[b"origin"].decode("latin-1")) == _origin(base)
    if b"sec-fetch-site" in given:
        return given[b"sec-fetch-site"].decode("latin-1") in _HERE
    return b"referer" not in given or _origin(given[b"referer"].decode("latin-1")) == _origin(base)


def _origin(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of an address (RFC 6454 section 4); None, which is nobody's, for what has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
