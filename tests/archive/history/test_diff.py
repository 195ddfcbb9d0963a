"""Word by word: what an edit changed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.history.diff import Piece, word_diff

WORDS = st.text(st.sampled_from("ab é «»,.\n\t山川한"), max_size=40)


def marked(before: str, after: str) -> str:
    """The difference in one line: [-removed-] and {+added+}."""
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(marks[piece.kind].format(piece.text) for piece in word_diff(before, after))


@pytest.mark.parametrize(
    ("before", "after", "difference"),
    [
        ("", "", ""),
        ("one two", "one two", "one two"),
        ("one two three", "one three", "one [-two -]three"),
        ("one three", "one two three", "one {+two +}three"),
        ("He said no.", "He said yes.", "He said [-no-]{+yes+}."),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("a\nb\nc", "a\nc", "a\n[-b\n-]c"),
        ("« Oui », dit-il", "« Non », dit-il", "« [-Oui -]{+Non +}», dit-il"),
        ("山と川", "山と空", "山と[-川-]{+空+}"),
    ],
)
def test_differences(before: str, after: str, difference: str) -> None:
    assert marked(before, after) == difference


@given(WORDS, WORDS)
def test_both_texts_are_in_it_to_the_letter(before: str, after: str) -> None:
    pieces = word_diff(before, after)

    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after
    assert all(one.kind != other.kind for one, other in pairwise(pieces))


def test_a_paragraph_too_large_to_compare_is_replaced() -> None:
    before = " ".join(f"w{number}" for number in range(200_000))

    pieces = word_diff(before, before.replace("w777 ", "x "))

    assert [piece.kind for piece in pieces] == ["removed", "added"]


def test_a_letter_in_a_long_article() -> None:
    paragraphs = [f"Paragraph {number} tells the same story again and again.\n" for number in range(2000)]
    changed = [*paragraphs]
    changed[1000] = changed[1000].replace("story", "tale")

    pieces = word_diff("".join(paragraphs), "".join(changed))

    assert [piece for piece in pieces if piece.kind != "same"] == [Piece("removed", "story "), Piece("added", "tale ")]
