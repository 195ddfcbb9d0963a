"""Programs of others that tests use where they are installed."""

from __future__ import annotations

import shutil

import pytest


def program(name: str) -> str:
    """Where the program is; the test is skipped where it is not."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found
