"""What the archive makes of a document: who each entry is, and what changed since the last one. Pure functions."""

from archive.history.changes import Change, Changes, Known, Seen, changes
from archive.history.fingerprint import fingerprint, form
from archive.history.identity import Key, adopted, keys, plain_link

__all__ = [
    "Change",
    "Changes",
    "Key",
    "Known",
    "Seen",
    "adopted",
    "changes",
    "fingerprint",
    "form",
    "keys",
    "plain_link",
]
