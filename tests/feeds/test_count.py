from __future__ import annotations

import pytest

from feeds.count import reading_minutes, word_count


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one", 1),
        ("one two\n\nthree", 3),
        ("well-known state-of-the-art", 2),
        ("don’t l’été", 2),
        ("«\u00a0Bonjour\u202f!\u00a0»", 1),
        ("so—it goes – on… and/or", 5),
        ("— – … ! ?", 0),
        ("3.14 and 1,000", 3),
        ("漢字かな", 4),
        ("Python は 便利", 4),
        ("한국어 문장", 2),
        ("हिन्दी में", 2),
        ("สวัสดีครับ", 2),
        ("привет мир", 2),
    ],
)
def test_words_are_counted(text: str, words: int) -> None:
    assert word_count(text) == words


@pytest.mark.parametrize(("words", "minutes"), [(0, 1), (1, 1), (344, 1), (345, 2), (460, 2), (2300, 10)])
def test_reading_takes(words: int, minutes: int) -> None:
    assert reading_minutes(words) == minutes
