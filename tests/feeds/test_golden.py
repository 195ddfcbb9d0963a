"""The same archive gives the same bytes on any machine and in any year, and closed documents are left alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import feeds
from tests.support.golden import DATA, documents, publish_golden
from tests.support.opened import is_closed

SUFFIXES = (".rss", ".atom", ".json")
ROOT = Path(__file__).parents[2]


def test_documents_are_those_that_were_written_down(tmp_path: Path) -> None:
    publish_golden(tmp_path)

    assert documents(tmp_path) == documents(DATA)
    assert len(documents(DATA)) == 12


@pytest.mark.parametrize(
    ("now", "environment"),
    [
        ("2026-11-25T00:00:00+00:00", {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"}),
        ("2031-02-03T04:05:06+00:00", {"TZ": "Pacific/Chatham", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "77"}),
        ("2126-12-31T23:59:59+00:00", {"TZ": "America/St_Johns", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "1234567"}),
    ],
)
def test_neither_year_nor_machine_is_in_them(tmp_path: Path, now: str, environment: dict[str, str]) -> None:
    publish_golden(tmp_path / "here")
    command = [sys.executable, "-m", "tests.support.golden", str(tmp_path / "there"), now]
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True)

    assert documents(tmp_path / "there") == documents(tmp_path / "here") == documents(DATA)
    # Servers make Last-Modified of it.
    ages = [
        {name: (tmp_path / place / name).stat().st_mtime for name in documents(DATA)} for place in ("here", "there")
    ]
    assert ages[0] == ages[1]


def test_publishing_asks_no_clock() -> None:
    folder = Path(str(feeds.__file__)).parent
    asking = re.compile(r"\b(?:now|today|utcnow|localtime|gmtime|monotonic|time\.time)\(")

    assert [path.name for path in folder.rglob("*.py") if asking.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(("count", "closing"), [(38, False), (39, False), (40, True), (41, False)])
def test_closed_documents_are_not_even_opened_for_one_more_entry(tmp_path: Path, count: int, closing: bool) -> None:
    command = [sys.executable, "-m", "tests.support.opened", str(tmp_path), str(count)]
    told = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    archive = {path for path in (tmp_path / "public/news/archive").glob("0*") if path.suffix in SUFFIXES}
    touched = {Path(path) for path in told["touched"]}
    still_open = {path for path in archive if not is_closed(path)}

    assert len(told["closed"]) >= 15
    assert touched.isdisjoint(Path(path) for path in told["closed"])
    assert {tmp_path / f"public/news/feed{suffix}" for suffix in SUFFIXES} <= touched
    assert len(still_open) == len(SUFFIXES)
    assert touched & archive - still_open == ({path for path in archive if path.stem == "000007"} if closing else set())
