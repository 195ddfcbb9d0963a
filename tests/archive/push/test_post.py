"""Forms go out under the guards of the polite client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from archive.fetch import Fetcher, FetchError, Response
from config.settings import Http
from tests.support.hub import Hub
from tests.support.items import NOON
from tests.support.server import FeedServer

HERE = Http(allow_private_addresses=True, timeout=2.0)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        yield made


def post(url: str, settings: Http = HERE, **form: str) -> Response:
    async def ask() -> Response:
        async with Fetcher(settings, now=lambda: NOON, version="0.1.0") as fetcher:
            return await fetcher.post(url, {name.replace("_", "."): value for name, value in form.items()})

    return asyncio.run(ask())


def test_a_form_arrives(hub: Hub) -> None:
    answer = post(hub.address, hub_mode="subscribe", hub_topic="https://a.example/é?b&c=d", hub_callback="ftp://x")
    assert (answer.status, answer.body) == (400, b"hub.callback and hub.topic are wanted")
    [request] = hub.log("request")
    assert (request["topic"], request["agent"]) == ("https://a.example/é?b&c=d", "Backissue/0.1.0")


def test_a_redirect_that_keeps_the_method_is_followed(hub: Hub) -> None:
    with Hub() as other:
        hub.behave(redirects=other.address)
        answer = post(hub.address, hub_mode="subscribe", hub_topic="t", hub_callback="x")
        assert (answer.status, answer.final_url) == (400, other.address)
        assert answer.redirects == ((307, other.address),)
        other.behave(redirects=hub.address)
        with pytest.raises(FetchError, match="redirects in a circle"):
            post(hub.address, hub_mode="subscribe", hub_topic="t", hub_callback="x")


def test_nothing_in_a_private_network_is_asked(hub: Hub, feed_server: FeedServer) -> None:
    for url in (hub.address, hub.address.replace("127.0.0.1", "localhost"), "http://10.0.0.1/", "http://[::1]/"):
        with pytest.raises(FetchError) as caught:
            post(url, Http(timeout=2.0), hub_mode="subscribe")
        assert caught.value.kind == "address"
    assert hub.log() == []


@pytest.mark.parametrize("url", ["", "x", "ftp://a.example/", "http://2130706433/"])
def test_what_is_no_web_address_is_not_asked(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        post(url)
    assert caught.value.kind == "address"
