"""Who scrolled out of a window, and who was taken from it."""

from __future__ import annotations

import pytest

from archive.history import departures


@pytest.mark.parametrize(
    ("window", "shown", "expected"),
    [
        pytest.param([5, 4, 3, 2, 1], {5, 4, 3}, {1: "scrolled out", 2: "scrolled out"}, id="pushed out at the end"),
        pytest.param([5, 4, 3], {5, 3}, {4: "removed"}, id="from between"),
        pytest.param([5, 4, 3], {4, 3}, {5: "removed"}, id="the newest"),
        pytest.param([5, 4, 3, 2], {5, 3}, {4: "removed", 2: "scrolled out"}, id="one of each"),
        pytest.param([5, 4], set(), {5: "scrolled out", 4: "scrolled out"}, id="a window rolled on whole"),
        pytest.param([9, 3, 2, 1], {9, 3}, {2: "scrolled out", 1: "scrolled out"}, id="a pinned one stays on top"),
        pytest.param([2, 1], {1, 2, 3}, {}, id="all stayed"),
        pytest.param([], {1}, {}, id="no window before"),
    ],
)
def test_departures(window: list[int], shown: set[int], expected: dict[int, str]) -> None:
    assert departures(window, shown) == expected
    assert departures(window[::-1], shown, newest_first=False) == expected
