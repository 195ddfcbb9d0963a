"""Who wrote what came: the signature of a delivery (WebSub section 7.1). Pure."""

from __future__ import annotations

import hmac
from typing import Literal, get_args

Method = Literal["sha1", "sha256", "sha384", "sha512"]
METHODS: tuple[Method, ...] = get_args(Method)


def sign(method: Method, secret: str, body: bytes) -> str:
    """The X-Hub-Signature of a body.

    >>> sign("sha1", "secret", b"body")
    'sha1=bb91d7cd09deda94a8df56e23dc026adaf1b7f4b'
    """
    return f"{method}={hmac.digest(secret.encode(), body, method).hex()}"


def fault(value: str | None, secret: str, body: bytes) -> str | None:
    """What is wrong with the X-Hub-Signature of a body, None if nothing is; compared in constant time."""
    if value is None or not value.strip():
        return "it is not signed"
    name, _, given = (part.strip().lower() for part in value.partition("="))
    for method in METHODS:
        if name == method:
            right = sign(method, secret, body).partition("=")[2]
            # As bytes: text that is not ASCII cannot be compared.
            same = hmac.compare_digest(right.encode(), given.encode("utf-8", "replace"))
            return None if same else "its signature is not by our secret"
    return "its signature is of a kind that nobody registered"
