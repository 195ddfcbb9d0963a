"""Which targets are paths, and which are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from backissue.web.paths import relative
from tests.backissue.web.conftest import Site, fill
from tests.support.wire import answer, connected


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


UP = [
    *rb".. %2e%2e %2E. .%2e %252e%252e %25%32%65. ..%00 %00.. ..; ..%20 %20.. ... %c0%ae%c0%ae %e0%80%ae%e0%80%ae "
    rb"%f0%80%80%ae. %c0%2e. %uff0e%uff0e %ef%bc%8e%ef%bc%8e %u002e. ..%0d%0a ..? ..#".split(),
    b"\xc0\xae\xc0\xae",
    b"..\xff",
]
SLASHES = rb"/ // \ %2f %5c %252f %255c %c0%af %e0%80%af %ef%bc%8f /./ /%2f \/ %00/ /%00 %2f%2f".split()


def test_no_way_to_write_a_path_shows_what_lies_beside_the_published_folder(own_site: Site) -> None:
    fill(own_site.public)
    beside = own_site.public.parent / "backissue.toml"
    beside.write_text("[http]\ntoken = 'a secret'\n")
    starts = (b"/", b"/all/", b"//", b"/all/feed.rss/", b"http://x/")
    targets = [
        start + slash.join([up] * depth + [name])
        for start in starts
        for up in UP
        for slash in SLASHES
        for depth, name in ((1, b"backissue.toml"), (2, b"backissue.toml"))
    ]
    targets += [b"/" + str(beside).encode(), b"file://" + str(beside).encode(), b"/%2e" + str(beside).encode()]
    head = b" HTTP/1.1\r\nHost: x\r\n\r\n"
    while targets:
        with connected(own_site.address) as peer:
            going_on = True
            while targets and going_on:
                target = targets.pop()
                peer.sendall(b"GET " + target + head)
                said = answer(peer)
                assert said.status in (400, 404), (target, said)
                assert b"a secret" not in said.body, target
                going_on = said.headers.get("connection") != "close"


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
