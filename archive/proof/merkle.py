"""Merkle trees over a log that only grows (RFC 9162 section 2, with the hashes of RFC 6962). Pure arithmetic.

Hashes are SHA-256, 32 bytes. A subtree is told by the leaves below it, `(start, stop)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

SIZE = 32
EMPTY = sha256().digest()
Span = tuple[int, int]


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf that says this (RFC 9162 section 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node above two others (RFC 9162 section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


class Growing:
    """A tree that takes leaf after leaf, and remembers no more than the roots of its whole subtrees, at most 64."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """One leaf more, by its hash."""
        peak, low = leaf, self.size
        while low & 1:
            peak = node_hash(self._peaks.pop(), peak)
            low >>= 1
        self._peaks.append(peak)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree of all leaves so far."""
        if not self._peaks:
            return EMPTY
        root, *others = reversed(self._peaks)
        for peak in others:
            root = node_hash(peak, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root of the tree of these leaves, by their hashes."""
    tree = Growing()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def inclusion(index: int, size: int) -> list[Span]:
    """The subtrees whose hashes prove that a leaf is in a tree of that size (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    spans: list[Span] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            spans.append((middle, stop))
            stop = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def consistency(old: int, size: int) -> list[Span]:
    """The subtrees whose hashes prove that a tree goes on from what it was (RFC 9162 section 2.1.4.1)."""
    if not 0 < old <= size:
        raise ValueError(f"a tree of {size} leaves does not go on from one of {old}")
    if old == size:
        return []
    spans: list[Span] = []
    start, stop = 0, size
    while old != stop:
        middle = start + _split(stop - start)
        if old <= middle:
            spans.append((middle, stop))
            stop = middle
        else:
            spans.append((start, middle))
            start = middle
    return ([(start, stop)] if start else []) + spans[::-1]


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the hashes prove that the leaf is in the tree of that root (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for other in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(other, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, other)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def goes_on(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the hashes prove that the tree of `root` begins with all of that of `old_root` (RFC 9162 2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not path and old_root == root
    hashes = list(path) if old & (old - 1) else [old_root, *path]
    if not hashes:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = now = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, now = node_hash(other, before), node_hash(other, now)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            now = node_hash(now, other)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and now == root


def _split(count: int) -> int:
    """The largest power of two that is less than the count."""
    return 1 << ((count - 1).bit_length() - 1)
