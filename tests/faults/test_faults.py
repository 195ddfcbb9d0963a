"""Feeds have bad days: the others are stored rightly, each fault is told apart, nothing is left open."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.faults.drive import drive
from tests.support.faults import FAULTS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="handles are counted in /proc")


def test_a_fifth_of_500_feeds_has_a_fault_and_the_next_pass_completes_the_archive(tmp_path: Path) -> None:
    outcome = drive(tmp_path, feeds=500, share=20, seed=6, passes=2, seconds=5.0)

    assert outcome.wrong == []
    assert set(outcome.asked) == set(FAULTS)
