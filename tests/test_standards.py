"""docs/standards.md keeps to its word: each line names a test that exists, or says why there is none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "docs/standards.md"
REASONS = ("deliberately not", "not applicable")


def lines() -> Iterator[list[str]]:
    """The cells of each line of a table, without heads."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and set(line) - set("|- ") and cells[-1] != "shown by |".strip(" |"):
            yield cells


@cache
def functions(file: str) -> frozenset[str]:
    """The tests of a file."""
    tree = ast.parse((TESTS / file).read_bytes())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("cells", list(lines()), ids=lambda cells: f"{cells[0]}: {cells[1]}"[:60])
def test_each_line_names_a_test_or_a_reason(cells: list[str]) -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", cells[-1])

    assert named or (cells[-1] == "-" and cells[-2].startswith(REASONS)), cells
    assert [f"{file}::{name}" for file, name in named if name not in functions(file)] == []
    assert re.sub(r"`[\w/.]+::\w+`|[, -]", "", cells[-1]) == ""


def test_there_is_a_table_for_each_standard() -> None:
    heads = re.findall("^## (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    for standard in ("RFC 4287", "RSS 2.0", "JSON Feed 1.1", "RFC 5005", "RFC 6721", "WebSub", "RFC 7303"):
        assert any(standard in head for head in heads)
    assert len(list(lines())) > 100
