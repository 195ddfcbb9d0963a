"""Tables and words for people."""

from __future__ import annotations

import time

import pytest

from backissue import output


@pytest.mark.parametrize(
    "text, width",
    [("abc", 3), ("日本語", 6), ("한국어", 6), ("Ａ", 2), ("e\u0301te\u0301", 3), ("été", 3), ("", 0), ("a日", 3)],
)
def test_width_is_in_columns_of_a_terminal(text: str, width: int) -> None:
    assert output._width(text) == width


@pytest.mark.parametrize(
    "text, columns, shown",
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("ab", 1, "…"),
    ],
)
def test_a_text_is_cut_where_the_columns_end(text: str, columns: int, shown: str) -> None:
    assert output._cut(text, columns) == shown
    assert output._width(output._cut(text, columns)) <= columns


@pytest.mark.parametrize(
    "widths, columns, fitting",
    [
        ([4, 30, 30], 80, [4, 30, 30]),
        ([4, 100, 20], 80, [4, 52, 20]),
        ([4, 100, 60], 80, [4, 36, 36]),
        ([4, 10**6, 60], 80, [4, 36, 36]),
        ([4, 10, 10], 10, [4, 8, 8]),
        ([4], 80, [4]),
    ],
)
def test_the_widest_columns_give_way(widths: list[int], columns: int, fitting: list[int]) -> None:
    assert output._fitting(widths, columns) == fitting


def test_a_table_of_any_text_is_made_in_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.perf_counter()
    output.table(("title", "n"), [("語" * 200_000, 1), ("a\n\tb", None)], right=(1,))
    assert time.perf_counter() - begun < 2
    assert "a b" in capsys.readouterr().out


@pytest.mark.parametrize(
    "number, text",
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1234, "1.2 kB"),
        (12_345_678, "12.3 MB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_sizes(number: int, text: str) -> None:
    assert output.size(number) == text
