"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.server import FeedServer

# No example is timed: a busy machine is no fault. CI looks at the same ones each time, people at others each time.
settings.register_profile("people", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "people")


@pytest.fixture
def feed_server() -> Iterator[FeedServer]:
    """A running HTTP server on 127.0.0.1, with no documents yet."""
    with FeedServer() as server:
        yield server


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes are named by their length: what a compressor makes may hold the second of its making.

    The workers of pytest-xdist collect in processes of their own, and refuse to run if they name one test otherwise.
    """
    return f"{len(val)}-bytes" if isinstance(val, bytes) else None
