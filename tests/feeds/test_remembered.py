"""What is remembered of texts stays small, whatever texts these are."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from feeds.clean import clean
from feeds.html import to_text
from feeds.remembered import remembered
from feeds.write.values import address


def test_short_texts_are_read_once_and_none_is_a_text() -> None:
    asked: list[str | None] = []

    def read(text: str | None) -> int:
        asked.append(text)
        return len(text or "")

    read_again = remembered(read)
    for text in ("a", "a", None, None, "b" * 1000, "b" * 1000):
        assert read_again(text) == len(text or "")
    assert asked == ["a", None, "b" * 1000, "b" * 1000]


@pytest.mark.parametrize(
    "read",
    [
        lambda text: to_text(f'<p title="{text}">x</p>'),
        lambda text: clean(f'<p><a href="https://a.example/{text}">x</a></p>'),
        lambda text: address(f"https://a.example/{text}"),
    ],
    ids=["tags", "anchors", "addresses"],
)
def test_long_texts_are_not_kept(read: Callable[[str], object]) -> None:
    tracemalloc.start()
    try:
        for number in range(400):
            read(f"{number}" + "x" * 50_000)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2_000_000
