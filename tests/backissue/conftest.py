"""The folder in which the commands are run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.home import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A fresh folder with a configuration that lets this machine be asked."""
    for name in [name for name in os.environ if name.startswith(("BACKISSUE_", "_BACKISSUE"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    made = Home(folder)
    made.configure('[site]\nauthor = "Ann"\n[http]\nallow_private_addresses = true\n')
    yield made
    made.end()
