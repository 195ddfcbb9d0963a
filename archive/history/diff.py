"""What an edit changed, word by word. Pure functions over plain text.

Paragraphs are compared first and words within the ones that changed, so that a long article costs little and a moved
line does not drag all that follows into the difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

from msgspec import Struct

Kind = Literal["same", "added", "removed"]

# A word with the space behind it; a character of its own where scripts put no spaces; a piece of punctuation.
_WORD = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af]\s*|\w+\s*|[^\w\s]\s*|\s+")
_MOST_PAIRS = 4_000_000  # words of one side times words of the other; beyond, a paragraph is replaced as a whole


class Piece(Struct, frozen=True):
    """A stretch of text that stands in both, or only in the newer, or only in the older."""

    kind: Kind
    text: str


def word_diff(before: str, after: str) -> list[Piece]:
    """The pieces in reading order, what was removed before what was added in its place.

    Those that are not added make up `before` to the letter, those that are not removed `after`.
    """
    return _joined(_blocks(_paragraphs(before), _paragraphs(after)))


def _blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    for same, old, new in _opcodes(before, after):
        if same:
            yield Piece("same", "".join(old))
        else:
            yield from _words("".join(old), "".join(new))


def _words(before: str, after: str) -> Iterator[Piece]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) * len(new) > _MOST_PAIRS:
        yield Piece("removed", before)
        yield Piece("added", after)
        return
    for same, removed, added in _opcodes(old, new):
        if same:
            yield Piece("same", "".join(removed))
        else:
            yield Piece("removed", "".join(removed))
            yield Piece("added", "".join(added))


def _opcodes(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield tag == "equal", before[i:j], after[k:m]


def _paragraphs(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _joined(pieces: Iterator[Piece]) -> list[Piece]:
    """Without empty pieces, and with neighbours of one kind made one."""
    found: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if found and found[-1].kind == piece.kind:
            found[-1] = Piece(piece.kind, found[-1].text + piece.text)
        else:
            found.append(piece)
    return found
