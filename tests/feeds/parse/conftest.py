"""Every document that the tests of this folder parse is read by both paths, and these have to agree."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from config.settings import Limits
from feeds.model import ParsedFeed
from feeds.parse import fast
from tests.feeds.parse.both import assert_agreed


@pytest.fixture(autouse=True)
def _both_paths(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    read = fast.read

    def checked(body: bytes, url: str, content_type: str | None, limits: Limits) -> ParsedFeed:
        found = read(body, url, content_type, limits)
        assert_agreed(body, url, content_type, limits)
        return found

    monkeypatch.setattr(fast, "read", checked)
    yield
