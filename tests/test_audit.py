"""What `.ci/audit` makes of pip-audit's reports: a skip is never told as a pass."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLAW = {"id": "PYSEC-2026-1", "fix_versions": ["1.2"], "aliases": [], "description": "d"}


def good(name: str) -> dict[str, Any]:
    return {"name": name, "version": "1.1", "vulns": []}


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([good("a"), good("b")], 0, "2 packages looked up, 0 known vulnerabilities; no data on 0"),
        ([good("a"), {"name": "b", "skip_reason": "not found"}], 0, "1 packages looked up, 0 known"),
        ([{"name": "a", "skip_reason": "not found"}], 0, "skipped: pip-audit got no data on any of 1 packages"),
        ([good("a") | {"vulns": [FLAW]}, good("b")], 1, "a 1.1: PYSEC-2026-1; fixed in 1.2"),
        ([good("a") | {"vulns": [FLAW | {"fix_versions": []}]}], 1, "fixed in no release yet"),
    ],
)
def test_reports_are_judged(tmp_path: Path, found: list[dict[str, Any]], code: int, said: str) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"dependencies": found, "fixes": []}), encoding="utf-8")

    done = subprocess.run([sys.executable, ROOT / ".ci/audit", "--judge", report], capture_output=True, text=True)

    assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr


def test_ci_runs_it_and_the_fuzzers() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")

    assert '.ci/audit "$work/audit"' in script
    assert "-m tests.fuzz --seconds 60" in script
