"""SECURITY.md promises nothing that no test shows."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.support.xss import vectors

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "test"), NAMED, ids=[test for _, test in NAMED])
def test_the_tests_that_it_names_exist(file: str, test: str) -> None:
    assert re.search(rf"^(?:async )?def {test}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE)


def test_every_promise_names_one() -> None:
    promises = re.split(r"\n\*\*", PAGE.partition("## What is promised")[2].partition("\n## ")[0])[1:]

    assert len(promises) >= 8
    assert [promise[:40] for promise in promises if "`tests/" not in promise] == []


def test_its_numbers_and_links_are_right() -> None:
    assert f"{len(Counter(vector.kind for vector in vectors()))} kinds" in PAGE
    assert [link for link in re.findall(r"\]\(([^)#:]+)\)", PAGE) if not (ROOT / link).exists()] == []
    assert [path for path in re.findall(r"`(feeds/[\w/]+\.py)`", PAGE) if not (ROOT / path).exists()] == []
