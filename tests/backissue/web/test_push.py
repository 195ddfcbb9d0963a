"""The callback over HTTP: what hubs and strangers get, and that nothing they send makes it stumble."""

from __future__ import annotations

import asyncio
import http.client
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.push import Desk
from archive.push.signature import sign
from archive.store import Push, Store
from backissue.web import app, running
from backissue.web.push import with_push
from config.settings import Schedule
from tests.backissue.web.conftest import Answer, Site
from tests.support.archive import URL, open_archive
from tests.support.home import rss
from tests.support.items import NOON

TOKEN = "T0-ken_"
LIMIT = 50_000
INTENT = {"hub.mode": "subscribe", "hub.topic": URL, "hub.challenge": "<b>c</b>", "hub.lease_seconds": "60"}


@dataclass
class Callback:
    """A served folder with a desk in front, and what is on that."""

    site: Site
    desk: Desk
    store: Store

    def get(self, path: str = f"/_push/{TOKEN}", method: str = "GET", **parameters: str) -> Answer:
        query = urlencode({**INTENT, **{name.replace("_", ".", 1): value for name, value in parameters.items()}})
        return self.site.ask(f"{path}?{query}", method)

    def post(self, body: bytes, path: str = f"/_push/{TOKEN}", **fields: str) -> int:
        connection = http.client.HTTPConnection(urlsplit(self.site.address).netloc, timeout=10)
        try:
            connection.request("POST", path, body, {name.replace("_", "-"): value for name, value in fields.items()})
            return connection.getresponse().status
        finally:
            connection.close()

    @property
    def push(self) -> Push:
        [(push, _)] = self.store.pushes()
        return push

    def stands(self, state: Any) -> None:
        """Put the subscription into that state."""
        push = Push(feed=1, hub="https://hub.example/", topic=URL, token=TOKEN, secret="s", asked=NOON, state=state)
        self.store.keep_push(push)


@pytest.fixture
def callback(tmp_path: Path) -> Iterator[Callback]:
    store = open_archive(tmp_path / "a.sqlite", wait=0.2)
    store.subscribe(URL, kind="remote", now=NOON)
    public = tmp_path / "public"
    public.mkdir()
    (public / "index.html").write_text("<!DOCTYPE html><title>Home</title>")
    desk = Desk(store, base="https://b.example/", now=lambda: NOON, schedule=Schedule(), limit=LIMIT)
    with running(with_push(app(public), desk), "127.0.0.1", 0) as address:
        made = Callback(Site(public, address), desk, store)
        made.stands("asked")
        yield made
    store.close()


def test_intent_is_verified(callback: Callback) -> None:
    answer = callback.get()
    assert (answer.status, answer.body) == (200, b"<b>c</b>")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"  # no page, whatever it holds
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store" and "date" in answer.headers
    assert callback.push.state == "verified"


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/_push/unknown", {}),
        ("/_push/", {}),
        (f"/_push/{TOKEN.lower()}", {}),
        (f"/_push/{TOKEN}/", {}),
        ("/_push/%54" + TOKEN[1:], {}),
        (f"/_push/{TOKEN}", {"hub_topic": "https://other.example/"}),
        (f"/_push/{TOKEN}", {"hub_mode": "unsubscribe"}),
    ],
)
def test_others_find_nothing(path: str, parameters: dict[str, str], callback: Callback) -> None:
    assert callback.get(path, **parameters).status == 404
    assert callback.push.state == "asked"


def test_a_head_is_no_question(callback: Callback) -> None:
    answer = callback.get(method="HEAD")
    assert (answer.status, answer.body, callback.push.state) == (404, b"", "asked")


def test_other_methods(callback: Callback) -> None:
    answer = callback.get(method="PUT")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    ("state", "status"), [("asked", 202), ("verified", 202), ("denied", 410), ("ended", 410), (None, 410)]
)
def test_a_delivery_to_each_kind_of_subscription(state: str | None, status: int, callback: Callback) -> None:
    callback.stands(state or "asked")
    path = f"/_push/{TOKEN if state else 'unknown'}"
    body = rss("News", "one")
    assert callback.post(body, path, X_Hub_Signature=sign("sha384", "s", body)) == status
    assert [one.outcome for one in callback.desk.take_in()] == (["new"] if status == 202 else [])


@pytest.mark.parametrize(
    "signature", [None, "", "sha1=0", sign("sha1", "another", rss("News", "one")), "md5=0", "sha1", "é"]
)
def test_a_delivery_by_somebody_else_is_answered_alike(signature: str | None, callback: Callback) -> None:
    callback.stands("verified")
    fields = {} if signature is None else {"X_Hub_Signature": signature}
    assert callback.post(rss("News", "one"), **fields) == 202
    assert callback.desk.take_in() == []
    assert str(callback.push.reason).startswith("a delivery was ignored: ")


def test_a_large_body_is_refused_by_its_length_and_by_its_bytes(callback: Callback) -> None:
    callback.stands("verified")
    body = b" " * (LIMIT + 1)
    assert callback.post(body, X_Hub_Signature=sign("sha1", "s", body)) == 413
    host, port = urlsplit(callback.site.address).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        head = f"POST /_push/{TOKEN} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        raw.sendall(head.encode())
        for _ in range(6):
            raw.sendall(b"2710\r\n" + b" " * 10_000 + b"\r\n")
        assert raw.recv(12) == b"HTTP/1.1 413"
    assert callback.push.reason == "a delivery was ignored: it is larger than 50,000 bytes"
    assert callback.post(b" " * LIMIT) == 202


def test_the_site_is_where_it_was(callback: Callback) -> None:
    assert b"Home" in callback.site.ask("/").body
    assert callback.site.ask("/_pushed").status == 404
    assert callback.site.ask("/", "POST").status == 405


def test_an_archive_that_cannot_be_used_is_told_to_come_again(callback: Callback) -> None:
    with closing(sqlite3.connect(callback.site.public.parent / "a.sqlite")) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = callback.get()
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    assert callback.get().status == 200


def asked(
    serve: Any, method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], parts: list[bytes]
) -> int:
    """The status of an answer, without a network; a body of no parts is broken off."""
    sent: list[dict[str, Any]] = []
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages[-1:] = [{**messages[-1], "more_body": False}] if messages else [{"type": "http.disconnect"}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": headers,
    }
    asyncio.run(serve(scope, receive, send))
    return int(sent[0]["status"])


names = st.sampled_from([b"x-hub-signature", b"content-type", b"content-length", b"content-encoding", b"link", b"x"])
signatures = st.sampled_from(["sha1", "sha256", "sha384", "sha512"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["GET", "POST", "HEAD", "DELETE", "x"]),
    st.sampled_from([f"/_push/{TOKEN}", "/_push/other"]) | st.text(st.characters(codec="ascii")).map("/_push/".__add__),
    st.binary() | st.lists(st.tuples(st.sampled_from([*INTENT]), st.text())).map(lambda said: urlencode(said).encode()),
    st.lists(st.tuples(names, st.binary())),
    st.lists(st.binary()),
    st.none() | signatures,
    st.sampled_from(["asked", "verified", "denied", "ended"]),
)
def test_nothing_makes_it_fail(
    callback: Callback,
    method: str,
    path: str,
    query: bytes,
    headers: list[tuple[bytes, bytes]],
    parts: list[bytes],
    signed: Any,
    state: str,
) -> None:
    callback.stands(state)
    if signed:
        headers = [(b"x-hub-signature", sign(signed, "s", b"".join(parts)).encode()), *headers]
    serve = with_push(app(callback.site.public), callback.desk)
    status = asked(serve, method, path, query, headers, parts)

    assert 200 <= status < 500
    callback.desk.take_in()
    if state in ("denied", "ended"):
        assert callback.push.state == state
