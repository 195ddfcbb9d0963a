"""Channels that are not for everybody: who may see them, and what is said beside what they see.

A token in the address keeps others from finding a channel, a password (HTTP Basic, RFC 7617) from reading it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

from msgspec import Struct

from config.settings import Channel

HEADERS = [
    (b"x-robots-tag", b"noindex, nofollow, noarchive"),
    # The address is the secret: whoever is linked to from there is not told it.
    (b"referrer-policy", b"no-referrer"),
]


class Private(Struct, frozen=True):
    """A private channel: its name, and the digest of what may read it, None where its address alone is secret."""

    name: str
    credentials: bytes | None

    @property
    def challenge(self) -> str:
        """The WWW-Authenticate field of a 401."""
        return f'Basic realm="{self.name}", charset="UTF-8"'

    def admits(self, authorization: str | None) -> bool:
        """Whether an Authorization field is right, or none is needed. Takes the same time whatever is wrong with it."""
        if self.credentials is None:
            return True
        scheme, _, given = (authorization or "").partition(" ")
        try:
            said = base64.b64decode(given.strip(), validate=True) if scheme.lower() == "basic" else b""
        except (binascii.Error, ValueError):
            said = b""
        return hmac.compare_digest(_digest(said), self.credentials)


class Guard:
    """Tells private channels by paths below the public folder."""

    def __init__(self, channels: Iterable[Channel] = ()) -> None:
        self._private = {
            channel.folder.casefold(): Private(
                channel.name, _digest(f"{channel.user}:{channel.password}".encode()) if channel.password else None
            )
            for channel in channels
            if channel.private
        }

    def of(self, path: str) -> Private | None:
        """The private channel that a path is of; file systems may not tell capitals apart."""
        return self._private.get(path.partition("/")[0].casefold()) if self._private else None


def _digest(said: bytes) -> bytes:
    return hashlib.sha256(said).digest()
