"""Checkpoints as signed notes (C2SP signed-note and tlog-checkpoint, https://c2sp.org), signed with Ed25519 (RFC 8032).

A checkpoint says: this log has so many leaves, and they have this root.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from archive.proof.merkle import SIZE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ED25519 = b"\x01"
_MOST = 1_000_000  # characters of a note: many signatures fit


class ProofError(ValueError):
    """A key, checkpoint or proof is none, or does not hold: what was given, what is wrong, and what to do."""

    def __str__(self) -> str:
        subject, reason, remedy = self.args
        return " ".join(f"{subject}: {reason}; {remedy}".splitlines())


@dataclass(frozen=True)
class Checkpoint:
    """What was signed: the log's name, its number of leaves and their root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note's text (tlog-checkpoint, "Note text")."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class Verifier:
    """A public key by its name: what a librarian keeps to check checkpoints with."""

    name: str
    key: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that tell it in a note."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.key).decode()}"


def verifier(text: str) -> Verifier:
    """The key that a line `name+id+key` tells. Raises ProofError."""
    parts = text.strip().split("+", 2)
    data = _decoded(parts[-1])
    if len(parts) != 3 or not _is_name(parts[0]) or data is None or data[:1] != _ED25519 or len(data) != 33:
        raise ProofError(_short(text), "is no verifier key", "give the line that 'backissue checkpoint --key' prints")
    found = Verifier(parts[0], data[1:])
    if found.id.hex() != parts[1]:
        raise ProofError(_short(text), "is a verifier key with a slip in it", "copy it again, whole")
    return found


def verifier_of(key: Ed25519PrivateKey, name: str) -> Verifier:
    """The public half of a key."""
    return Verifier(name, key.public_key().public_bytes_raw())


def signed(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The checkpoint as a note that the key signed under the log's name."""
    signature = verifier_of(key, checkpoint.origin).id + key.sign(checkpoint.text.encode())
    return f"{checkpoint.text}\n— {checkpoint.origin} {base64.b64encode(signature).decode()}\n"


def read(note: str) -> Checkpoint:
    """The checkpoint in a note, whoever signed it. Raises ProofError for a text that is none."""
    text, _ = _parts(note)
    lines = text.split("\n")
    root = _decoded(lines[2]) if len(lines) >= 4 else None
    if root is None or len(root) != SIZE or not lines[0] or "" in lines[:-1] or not is_count(lines[1]):
        raise ProofError("the checkpoint", "is not one", "it has the log's name, a number and a root, a line each")
    return Checkpoint(lines[0], int(lines[1]), root)


def checked(note: str, *keys: Verifier) -> Checkpoint:
    """The checkpoint in a note that one of the keys signed. Raises ProofError where none did, or one wrongly."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    found, is_signed = read(note), False
    text, signatures = _parts(note)
    for name, signature in signatures:
        for key in keys:
            if (name, signature[:4]) != (key.name, key.id):
                continue
            try:
                Ed25519PublicKey.from_public_bytes(key.key).verify(signature[4:], text.encode())
            except (InvalidSignature, ValueError) as error:
                raise ProofError(
                    f"the checkpoint of {found.origin}",
                    "was altered, or not signed by this key",
                    "get it again from where it was kept",
                ) from error
            is_signed = True
    if is_signed:
        return found
    raise ProofError(
        f"the checkpoint of {found.origin}",
        f"is not signed by {' or '.join(_short(str(key)) for key in keys)}",
        "give the key of who signed it",
    )


def is_by(note: str, key: Verifier) -> bool:
    """Whether a note has a signature that says it is of this key, right or wrong. Raises ProofError for no note."""
    return any(name == key.name and signature[:4] == key.id for name, signature in _parts(note)[1])


def is_count(text: str) -> bool:
    """Whether a text is a number as checkpoints and proofs have it: decimal, without zeros before it."""
    return text.isascii() and text.isdigit() and (text == "0" or text[0] != "0") and len(text) < 20


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """A note's text with its last line break, and the names and bytes of its signatures."""
    text, blank, below = note.rpartition("\n\n")
    found = [_signature(line) for line in below.removesuffix("\n").split("\n")]
    signatures = [one for one in found if one]
    if not blank or len(note) > _MOST or not below.endswith("\n") or len(signatures) < len(found) or _controls(note):
        raise ProofError("the checkpoint", "is no signed note", "give the file as it was written, whole")
    return text + "\n", signatures


def _signature(line: str) -> tuple[str, bytes] | None:
    dash, _, rest = line.partition(" ")
    name, _, coded = rest.partition(" ")
    data = _decoded(coded)
    return (name, data) if dash == "—" and _is_name(name) and data and len(data) > 4 else None


def _controls(note: str) -> bool:
    return any(sign < " " and sign != "\n" for sign in note)


def _is_name(text: str) -> bool:
    return bool(text) and "+" not in text and not any(sign.isspace() for sign in text)


def _decoded(text: str) -> bytes | None:
    """The bytes of base64 that is written the one way there is (RFC 4648 section 4)."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
