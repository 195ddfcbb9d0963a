"""Keeps secrets out of what is shown: the token, and credentials inside URLs."""

from __future__ import annotations

import re
from typing import Any

import msgspec

HIDDEN = "***"
_LONGEST = 60

# RFC 3986 section 3.2.1: the user information ends at the last "@" before the path, query or fragment.
_USER = re.compile(r"(?<=//)[^/?#\s]*@")
_LOOSE_USER = re.compile(r"^([\w+.-]*://)?(?=.*:.*@|.*//).*@", re.DOTALL)
_PARAMETER = re.compile(
    r"([?&;][\w.-]*?(?:token|key|secret|passw(?:or)?d|pass|pwd|auth|sig|signature)=)[^&#;\s]+", re.IGNORECASE
)


def masked(text: str) -> str:
    """A text without the credentials of the URLs in it.

    >>> masked("https://ann:pw@example.org/feed?token=abc")
    'https://***@example.org/feed?token=***'
    """
    return _PARAMETER.sub(rf"\1{HIDDEN}", _USER.sub(f"{HIDDEN}@", text))


def printable(text: str) -> str:
    """A text of unknown make in quotes, for a message: on one line, not too long, without credentials."""
    # The address may be a broken one: a scheme forgotten, a slash in the password. All before the "@" is hidden.
    text = masked(_LOOSE_USER.sub(rf"\g<1>{HIDDEN}@", text))
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    escapes = {'"': '\\"', "\\": "\\\\"}
    letters = (escapes.get(letter, letter) if letter.isprintable() else _escape(letter) for letter in text)
    return f'"{"".join(letters)}"'


def is_secret(annotation: Any) -> bool:
    """Whether a field of that type must never be shown."""
    noted = getattr(annotation, "__metadata__", ())
    return any(isinstance(note, msgspec.Meta) and bool((note.extra or {}).get("secret")) for note in noted)


def _escape(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) <= 0xFFFF else f"\\U{ord(letter):08x}"
