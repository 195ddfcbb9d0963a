"""Proofs as files that stand for themselves: written by whoever has the log, checked by whoever has a public key.

That a row is in the log is told as C2SP's tlog-proof, with what its leaf says as the extra data. That a log goes on
from what it was has no common form; ours is as plain: a first line, the hashes, and both checkpoints.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from archive.proof.merkle import SIZE, goes_on, is_included, leaf_hash
from archive.proof.note import Checkpoint, ProofError, Verifier, checked, is_count

INCLUSION = "c2sp.org/tlog-proof@v1"
CONSISTENCY = "backissue-consistency@v1"


@dataclass(frozen=True)
class Holds:
    """What a proof shows: of an inclusion the leaf with its place, of a consistency the former checkpoint."""

    checkpoint: Checkpoint
    index: int | None = None
    leaf: dict[str, Any] | None = None
    former: Checkpoint | None = None


def inclusion(index: int, leaf: bytes, path: Sequence[bytes], note: str) -> str:
    """The proof that what the leaf says is in the log of a checkpoint (C2SP tlog-proof, "Format")."""
    lines = [INCLUSION, f"extra {_coded(leaf)}", f"index {index}", *map(_coded, path)]
    return "\n".join(lines) + f"\n\n{note}"


def consistency(path: Sequence[bytes], former: str, note: str) -> str:
    """The proof that the log of one checkpoint begins with all of that of a former one."""
    return "\n".join([CONSISTENCY, *map(_coded, path)]) + f"\n\n{former}\n{note}"


def check(proof: str, keys: Sequence[Verifier], body: bytes | None = None) -> Holds:
    """What a proof shows, by checkpoints that one of the keys signed. Raises ProofError where it shows nothing.

    `body` must be the bytes that the leaf has the SHA-256 of, if it is given.
    """
    first, _, rest = proof.partition("\n")
    head, blank, notes = rest.partition("\n\n")
    if head.startswith("\n"):  # no hashes are needed
        head, blank, notes = "", "\n\n", rest[1:]
    if not blank or first not in (INCLUSION, CONSISTENCY):
        raise ProofError("the proof", "is none", "give a file that 'backissue prove' wrote, whole")
    lines = head.split("\n") if head else []
    return _inclusion(lines, notes, keys, body) if first == INCLUSION else _consistency(lines, notes, keys)


def _inclusion(lines: list[str], note: str, keys: Sequence[Verifier], body: bytes | None) -> Holds:
    checkpoint = checked(note, *keys)
    if len(lines) < 2 or not lines[0].startswith("extra ") or not lines[1].startswith("index "):
        raise ProofError("the proof", "does not say what it proves", "give the file as it was written, whole")
    leaf, path = _bytes(lines[0][6:]), _hashes(lines[2:])
    number = lines[1][6:]
    index = int(number) if is_count(number) else -1
    if not is_included(leaf_hash(leaf), index, checkpoint.size, path, checkpoint.root):
        raise ProofError("the proof", "does not lead to the checkpoint's root", "what it tells was altered")
    says = _said(leaf)
    if body is not None and says.get("sha256") != sha256(body).hexdigest():
        raise ProofError("the body", "is not the one that was logged: its SHA-256 is another", "give the bytes as kept")
    return Holds(checkpoint, index, says)


def _consistency(lines: list[str], notes: str, keys: Sequence[Verifier]) -> Holds:
    parts = notes.split("\n\n")
    if len(parts) != 4 and len(parts) != 3:
        raise ProofError("the proof", "does not hold two checkpoints", "give the file as it was written, whole")
    # A note ends with a line break, and so another one parts it from the next.
    former = checked(f"{parts[0]}\n\n{parts[1]}\n", *keys)
    checkpoint = checked("\n\n".join(parts[2:]), *keys)
    path = _hashes(lines)
    if former.origin != checkpoint.origin:
        raise ProofError("the proof", "has checkpoints of two logs", "give one of a single log")
    if not goes_on(former.size, former.root, checkpoint.size, checkpoint.root, path):
        raise ProofError("the proof", "does not lead from one checkpoint to the other", "the log's past was altered")
    return Holds(checkpoint, former=former)


def _said(leaf: bytes) -> dict[str, Any]:
    try:
        says = json.loads(leaf)
    except (ValueError, RecursionError):
        says = None
    if not isinstance(says, dict):
        raise ProofError("the proof", "is of a leaf that says nothing of an archive's", "give a proof of Backissue's")
    return says


def _hashes(lines: Sequence[str]) -> list[bytes]:
    found = [_bytes(line) for line in lines]
    if any(len(one) != SIZE for one in found):
        raise ProofError("the proof", "holds a line that is no hash", "give the file as it was written, whole")
    return found


def _bytes(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if _coded(data) != text:
        raise ProofError("the proof", "holds a line that is no base64", "give the file as it was written, whole")
    return data


def _coded(data: bytes) -> str:
    return base64.b64encode(data).decode()
