"""What the log of all that is stored proves."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Signed(Struct, frozen=True):
    """A checkpoint that was signed: how many leaves the log had, when (aware UTC), and the note itself."""

    size: int
    at: datetime
    note: str


class Included(Struct, frozen=True):
    """That a row is in the log: its leaf's place, from 0, what that says, and the hashes from there to the root.

    `body` is what the row is about: the document as served, or the version's canonical JSON.
    """

    index: int
    leaf: bytes
    path: tuple[bytes, ...]
    body: bytes


class Altered(Struct, frozen=True):
    """A row that is not as the log has it: its table and number, and what befell it, in words."""

    table: str
    number: int
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.number} {self.what}"


class Verified(Struct, frozen=True):
    """What came of verifying: how many leaves, their root, checkpoints that hold, and the first fault, if any."""

    leaves: int
    root: bytes
    checkpoints: int
    fault: Altered | None = None
