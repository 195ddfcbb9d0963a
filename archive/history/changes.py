"""Old knowledge and a new document make a list of what to record. No store, no clock inside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from archive.history.identity import Key
from feeds.model import Entry

Kind = Literal["new", "edited", "returned", "noise", "aside"]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Seen(Struct, frozen=True):
    """An entry as the document shows it: its key, canonical JSON, the digest of that, and its visible fingerprint."""

    key: Key
    entry: Entry
    body: bytes
    form: bytes
    fingerprint: bytes


class Known(Struct, frozen=True):
    """What the archive knows of an entry: the last form seen, and the fingerprint of its current version."""

    entry: int
    form: bytes | None
    fingerprint: bytes | None
    in_window: bool


class Change(Struct, frozen=True):
    """One thing to record.

    new: an entry never met. edited: another content than the current one (it may be one the entry had before).
    returned: back in the window, unchanged. noise: other bytes, same content. aside: a second content that stands
    beside the current one under the same key in the same document.
    """

    kind: Kind
    seen: Seen
    known: Known | None = None


class Changes(Struct, frozen=True):
    """What a document changes, in the order to record it, and the entries of the window that it shows no longer."""

    changes: tuple[Change, ...]
    unchanged: int
    left: tuple[int, ...]


def changes(known: Mapping[str, Known], seen: Sequence[Seen], window: Collection[int] | None) -> Changes:
    """What to record of `seen` (in the document's order, which is newest first in nearly every feed).

    `known` maps keys to what is known of them, `window` holds the entries that stood in the feed's last document; it is
    None where a document is not a window at all (articles taken in one by one). Changes come oldest first, so that
    numbers given in their order follow time.
    """
    found: list[Change] = []
    unchanged = 0
    for same in by_entry(seen, known):
        current, asides = same[-1], same[:-1]
        kind = _kind(known.get(current.key.value), current, windowed=window is not None)
        if kind:
            found.append(Change(kind, current, known.get(current.key.value)))
        else:
            unchanged += 1
        others = {one.fingerprint: one for one in asides if one.fingerprint != current.fingerprint}
        found += [Change("aside", one, known.get(one.key.value)) for one in others.values()]
    shown = {known[one.key.value].entry for one in seen if one.key.value in known}
    return Changes(tuple(found), unchanged, tuple(sorted(set(window or ()) - shown)))


def _kind(before: Known | None, now: Seen, *, windowed: bool) -> Kind | None:
    if before is None:
        return "new"
    if before.fingerprint != now.fingerprint:
        return "edited"
    if windowed and not before.in_window:
        return "returned"
    return "noise" if before.form != now.form else None


def by_entry(seen: Sequence[Seen], known: Mapping[str, Known]) -> list[list[Seen]]:
    """The entries oldest first, those that are one entry together, the current one last: the one with the newest
    `updated`, or else the one that stands first."""
    groups: dict[str | int, list[Seen]] = {}
    for one in reversed(seen):
        before = known.get(one.key.value)
        groups.setdefault(before.entry if before else one.key.value, []).append(one)
    for same in groups.values():
        if len(same) > 1:
            same.sort(key=lambda one: one.entry.updated or _LONG_AGO)
    return list(groups.values())
