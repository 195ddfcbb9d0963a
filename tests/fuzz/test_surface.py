"""The whole HTTP surface of `backissue run`, by its description and by bytes, for a short while and always the same."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.surface import bytes_sent, described, surface


def test_no_request_is_answered_with_a_fault_or_otherwise_than_described(tmp_path: Path) -> None:
    with surface(tmp_path) as address:
        seen = bytes_sent(address, tries=300, seconds=60, seed=1)
        done = described(address, examples=3, seed=1, phases="coverage,fuzzing")

    assert {200, 400, 401, 404, 405} <= seen.keys(), seen
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert "16 selected / 16 total" in done.stdout
