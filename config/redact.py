"""Keeps secrets out of what is shown: the token, and credentials inside URLs."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Struct, structs

from config.settings import Settings

HIDDEN = "***"
_LONGEST = 60

# RFC 3986 section 3.2.1: the user information ends at the last "@" before the path, query or fragment.
_USER = re.compile(r"(?<=//)[^/?#\s]*@")
_LOOSE_USER = re.compile(r"^([\w+.-]*://)?(?=.*:.*@|.*//).*@", re.DOTALL)
_PARAMETER = re.compile(
    r"([?&;][\w.-]*?(?:token|key|secret|passw(?:or)?d|pass|pwd|auth|sig|signature)=)[^&#;\s]+", re.IGNORECASE
)


def redacted(settings: Settings) -> dict[str, Any]:
    """The settings as plain dicts, lists and scalars, fit to be shown, with `***` for every secret that is set.

    Secrets are the fields marked so in `Settings`, user information in URLs, and URL parameters named like a secret.
    """
    return _table(settings)


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


def _table(struct: Struct) -> dict[str, Any]:
    values = ((field, getattr(struct, field.name)) for field in structs.fields(struct))
    return {field.name: HIDDEN if value and is_secret(field.type) else _plain(value) for field, value in values}


def _plain(value: Any) -> Any:
    match value:
        case Struct():
            return _table(value)
        case str():
            return masked(value)
        case tuple():
            return [_plain(element) for element in value]
        case _:
            return msgspec.to_builtins(value)


def _escape(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) <= 0xFFFF else f"\\U{ord(letter):08x}"
