"""The key that signs checkpoints: an Ed25519 key in a file (PEM, PKCS #8), for its owner alone."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from archive.proof.note import ProofError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def key_in(path: Path) -> Ed25519PrivateKey:
    """The key in a file, made if there is none. Raises ProofError for a file that holds something else, and OSError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    if not _is_there(path):
        made = Ed25519PrivateKey.generate()
        _make(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        found = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise _none(path) from error
    if not isinstance(found, Ed25519PrivateKey):
        raise _none(path) from None
    return found


def _is_there(path: Path) -> bool:
    """Whether the file has something in it; an empty one was left by who was ended before anything was written."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def _make(path: Path, data: bytes) -> None:
    """Make the file, whole or not at all; of several who do so at once one does, and the others find it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # its owner's alone
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists() and not _is_there(path):
            temporary.replace(path)
        else:
            _name(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _name(temporary: Path, path: Path) -> None:
    """Give the file its name, unless another has it."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    except OSError:  # some file systems have no second names
        temporary.replace(path)


def _none(path: Path) -> ProofError:
    remedy = "name a file with one in storage.key, or move this one away, and another key is made"
    return ProofError(str(path), "is no Ed25519 key without a password (PEM)", remedy)
