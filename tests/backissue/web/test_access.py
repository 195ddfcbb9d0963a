"""Who is let in to what is not for everyone."""

from __future__ import annotations

import re

import pytest

from backissue.web.access import refusal
from backissue.web.reply import Headers

TOKEN = "a token of twenty-nine letters"
BASE = "https://feeds.example/notes/"
SHOWN = (b"authorization", b"Bearer a token of twenty-nine letters")
ORIGIN = b"https://feeds.example"


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        ([], 401),
        ([b""], 401),
        ([b"Bearer"], 401),
        ([b"Bearer "], 401),
        ([TOKEN.encode()], 401),
        ([b"Basic " + TOKEN.encode()], 401),
        ([b"Bearer " + TOKEN.encode()[:-1]], 401),
        ([b"Bearer " + TOKEN.encode() + b"x"], 401),
        ([b"Bearer " + TOKEN.upper().encode()], 401),
        ([b"Bearer " + TOKEN.encode() + b"\xff"], 401),
        ([b"Bearer " + TOKEN.encode(), b"Bearer " + TOKEN.encode()], 400),
        ([b"Bearer x", b"Bearer " + TOKEN.encode()], 400),
        ([b"Bearer " + TOKEN.encode()], None),
        ([b"bearer   " + TOKEN.encode()], None),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_the_token(method: str, shown: list[bytes], status: int | None) -> None:
    found = refusal(method, [(b"authorization", value) for value in shown], TOKEN, BASE)

    assert (found and found.status) == status
    challenge = (found and found.challenge) or ""
    assert challenge.startswith('Bearer realm="') is (status == 401)
    assert ("invalid_token" in challenge) is (status == 401 and any(re.match(b"(?i)bearer ", one) for one in shown))


@pytest.mark.parametrize(
    ("fields", "allowed"),
    [
        ([], True),
        ([(b"origin", ORIGIN)], True),
        ([(b"origin", b"https://FEEDS.example:443")], True),
        ([(b"origin", b"http://feeds.example")], False),
        ([(b"origin", b"https://feeds.example:444")], False),
        ([(b"origin", b"https://feeds.example.evil.example")], False),
        ([(b"origin", b"https://evil.example")], False),
        ([(b"origin", b"https://evil.example/https://feeds.example")], False),
        ([(b"origin", b"null")], False),
        ([(b"origin", b"")], False),
        ([(b"origin", b"https://[")], False),
        ([(b"origin", ORIGIN), (b"origin", b"https://evil.example")], False),
        # What the server is asked as says nothing: a name of theirs can stand for this machine (DNS rebinding).
        ([(b"origin", b"https://evil.example"), (b"host", b"evil.example")], False),
        ([(b"sec-fetch-site", b"cross-site")], False),
        ([(b"sec-fetch-site", b"same-site")], False),
        ([(b"sec-fetch-site", b"same-origin")], True),
        ([(b"referer", b"https://evil.example/feeds.example")], False),
        ([(b"referer", b"https://feeds.example/notes/all/")], True),
        ([(b"origin", ORIGIN), (b"referer", b"https://evil.example/")], True),
    ],
)
def test_where_a_request_that_changes_something_comes_from(fields: Headers, allowed: bool) -> None:
    found = refusal("POST", [SHOWN, *fields], TOKEN, BASE)

    assert (found and found.status) == (None if allowed else 403)
    assert refusal("GET", [SHOWN, *fields], TOKEN, BASE) is None
