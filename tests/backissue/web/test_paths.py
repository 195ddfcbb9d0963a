"""Which targets are paths, and which are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from backissue.web.paths import relative


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/", ""),
        (b"/index.html", "index.html"),
        (b"/all/", "all/"),
        (b"/all/feed.rss", "all/feed.rss"),
        (b"/%61ll/feed%2Erss", "all/feed.rss"),
        (b"/a%20b/%C3%A9%3a%25.txt", "a b/é:%.txt"),
        (b"/a+b", "a+b"),
        (b"/a...b", "a...b"),
        (b"http://127.0.0.1:8080/all/feed.rss", "all/feed.rss"),
        (b"HTTP://127.0.0.1", ""),
    ],
)
def test_paths(target: bytes, expected: str) -> None:
    assert relative(target) == expected


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/..", 400),
        (b"/../etc/passwd", 400),
        (b"/all/../index.html", 400),
        (b"/all/./feed.rss", 400),
        (b"/%2e%2e/x", 400),
        (b"/.%2E/x", 400),
        (b"/all/..%2fx", 400),
        (b"/all%2ffeed.rss", 400),
        (b"/..%5cx", 400),
        (b"/a\\b", 400),
        (b"/%00", 400),
        (b"/feed.rss%00.html", 400),
        (b"/a%0d%0ab", 400),
        (b"/%7f", 400),
        (b"/%zz", 400),
        (b"/%", 400),
        (b"/%4", 400),
        (b"/%ff", 400),
        (b"/%c0%ae%c0%ae/", 400),
        (b"/\xff", 400),
        (b"*", 400),
        (b"all/feed.rss", 400),
        (b"file:///etc/passwd", 400),
        (b"/.state", 404),
        (b"/all/.state", 404),
        (b"/all/%2estate", 404),
        (b"/.git/config", 404),
        (b"/...", 404),
        (b"//", 404),
        (b"//example.org/", 404),
        (b"/all//feed.rss", 404),
    ],
)
def test_what_is_refused(target: bytes, status: int) -> None:
    with pytest.raises(HTTPException) as refusal:
        relative(target)

    assert refusal.value.status_code == status


@given(st.binary(max_size=40) | st.text("/.%2eE5cC0fF\\a:", max_size=30).map(lambda text: f"/{text}".encode()))
def test_no_target_leads_out(target: bytes) -> None:
    try:
        path = relative(target)
    except HTTPException as refusal:
        assert refusal.status_code in (400, 404)
        return
    assert not path.startswith("/")
    assert not any(part.startswith(".") for part in path.split("/"))
    assert not set(path) & {"\\", "\0", "\r", "\n"}
