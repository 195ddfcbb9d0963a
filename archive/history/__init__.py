"""What the archive makes of a document: who each entry is, and what changed since the last one. Pure functions."""

from archive.history.changes import Change, Changes, Known, Seen, by_entry, changes
from archive.history.departures import Departure, departures
from archive.history.fingerprint import fingerprint, form, only_dates_moved, undated
from archive.history.identity import Key, keys, plain_link
from archive.history.recognise import Newcomer, Recognised, Resident, recognised

__all__ = [
    "Change",
    "Changes",
    "Departure",
    "Key",
    "Known",
    "Newcomer",
    "Recognised",
    "Resident",
    "Seen",
    "by_entry",
    "changes",
    "departures",
    "fingerprint",
    "form",
    "keys",
    "only_dates_moved",
    "plain_link",
    "recognised",
    "undated",
]
