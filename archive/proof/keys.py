"""The key that signs checkpoints: an Ed25519 key in a file (PEM, PKCS #8), for its owner alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from archive.proof.note import ProofError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def key_in(path: Path) -> Ed25519PrivateKey:
    """The key in a file, made if there is no file. Raises ProofError for a file that holds none, and OSError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        try:
            found = load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError) as error:
            raise _none(path) from error
        if not isinstance(found, Ed25519PrivateKey):
            raise _none(path) from None
        return found
    made = Ed25519PrivateKey.generate()
    with os.fdopen(handle, "wb") as file:
        file.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    return made


def _none(path: Path) -> ProofError:
    remedy = "name a file with one in storage.key, or move this one away, and another key is made"
    return ProofError(str(path), "is no Ed25519 key without a password (PEM)", remedy)
