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
