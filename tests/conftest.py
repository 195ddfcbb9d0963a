"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.server import FeedServer


@pytest.fixture
def feed_server() -> Iterator[FeedServer]:
    """A running HTTP server on 127.0.0.1, with no documents yet."""
    with FeedServer() as server:
        yield server
