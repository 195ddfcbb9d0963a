"""An archive of each kind that there is, and a feed in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.store import Store
from tests.support.archive import URL, open_archive
from tests.support.items import NOON

STORES: dict[str, Callable[[Path], Store]] = {"sqlite": lambda folder: open_archive(folder / "a.sqlite")}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty archive."""
    made = STORES[request.param](tmp_path)
    yield made
    made.close()


@pytest.fixture
def feed(store: Store) -> int:
    """A remote feed of the archive."""
    return store.subscribe(URL, kind="remote", now=NOON)
