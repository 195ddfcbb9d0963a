"""Only the public internet, and what the operator named or opened, under whatever spelling."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from archive.fetch import Fetcher, FetchError, Request, Response
from archive.find import find
from config.settings import Http
from feeds.parse import NotAFeed
from tests.support.server import FeedServer

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
FEED = b"<?xml version='1.0'?><rss version='2.0'><channel><title>News</title></channel></rss>"
ADVICE = "write it like https://example.org/feed"


class Names(AbstractResolver):
    """Looks names up in a table; what a name stands for changes with each look, and the last stays."""

    def __init__(self, **names: str) -> None:
        self.names = {name.replace("_", "."): addresses.split() for name, addresses in names.items()}
        self.looks: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.looks.append(host)
        addresses = self.names.get(host.rstrip("."), ["127.0.0.1"])
        address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        return None


def ask(*requests: Request, settings: Http | None = None, names: Names | None = None) -> list[Response | FetchError]:
    """What comes of requests that are made one after the other over the same connections."""

    async def one(fetcher: Fetcher, request: Request) -> Response | FetchError:
        try:
            return await fetcher.get(request)
        except FetchError as error:
            return error

    async def all_of_them() -> list[Response | FetchError]:
        limits = settings or Http(timeout=2.0, gap=0)
        async with Fetcher(limits, now=lambda: NOON, version="0", resolver=names or Names()) as fetcher:
            return [await one(fetcher, request) for request in requests]

    return asyncio.run(all_of_them())


def named(url: str) -> Request:
    return Request(url=url, named=url)


def refusal(outcome: Response | FetchError) -> str:
    assert isinstance(outcome, FetchError), outcome
    assert outcome.kind in {"address", "redirects"}
    assert str(outcome).isprintable()
    return f"{outcome.reason}; {outcome.remedy}"


def status(outcome: Response | FetchError) -> int:
    assert isinstance(outcome, Response), outcome
    return outcome.status


# --- what the operator names -------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "feeds.localhost", "nas.local", "nas", "wiki.internal"])
def test_what_the_operator_names_may_be_local(feed_server: FeedServer, host: str) -> None:
    feed_server.put("/feed", FEED)
    url = feed_server.url("/feed", host=host)
    assert status(ask(named(url))[0]) == 200
    # The same address from anywhere else leads nowhere, also while the connection of the one before lies open.
    good, bad = ask(named(url), Request(url=url))
    assert status(good) == 200
    assert refusal(bad).endswith(f'is not on the public internet; add "{host}" to http.allow_private if you trust it')
    assert len(feed_server.requests) == 2


def test_a_name_that_others_may_own_has_to_stand_for_a_public_address(feed_server: FeedServer) -> None:
    feed_server.put("/feed", FEED)
    [outcome] = ask(named(feed_server.url("/feed", host="feeds.example.org")))
    assert refusal(outcome) == (
        "feeds.example.org stands for 127.0.0.1, which is not on the public internet; "
        'add "feeds.example.org" to http.allow_private if you trust it'
    )
    assert feed_server.requests == []


def test_a_local_server_may_move_its_own_feeds(feed_server: FeedServer) -> None:
    feed_server.redirect("/feed", "/new")
    feed_server.put("/new", FEED)
    assert status(ask(named(feed_server.url("/feed")))[0]) == 200


@pytest.fixture
def other() -> Iterator[FeedServer]:
    with FeedServer() as server:
        server.put("/", FEED)
        yield server


SPELLINGS = [
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://127.0.0.2:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0x7f.0.0.0x1:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://localhost:{port}/",
    "http://LocalHost.:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2001:0:7f00:1::]:{port}/",
    "http://[2001:470::5efe:7f00:1]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://example.org@127.0.0.1:{port}/",
    "http://example.org:80@127.0.0.1:{port}/",
    "http://example.org%40@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@example.org/",
    "http://127.0.0.1:{port}\\@example.org/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://１２７.0.0.1:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/",
    "//127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "http://inside.example:{port}/",
    "http://inside.example.:{port}/",
    "http://bücher.example:{port}/",
    "http://printer:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://192.0.0.192/opc/v2/",
    "http://100.100.100.200/latest/",
    "http://168.63.129.16/machine/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[fc00::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_into_the_own_network(
    feed_server: FeedServer, other: FeedServer, spelling: str, status: int
) -> None:
    location = spelling.format(port=other.port)
    feed_server.redirect("/feed", location.encode().decode("latin-1"), status)
    [outcome] = ask(named(feed_server.url("/feed")), settings=Http(timeout=2.0, gap=0))
    assert "redirect" in refusal(outcome)
    assert [seen.path for seen in feed_server.requests] == ["/feed"]
    assert other.requests == []


@pytest.mark.parametrize("spelling", [one for one in SPELLINGS if not one.startswith("//")])
def test_no_address_from_content_leads_into_the_own_network(other: FeedServer, spelling: str) -> None:
    url = spelling.format(port=other.port)
    assert refusal(ask(Request(url=url))[0])
    assert other.requests == []


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://example.org/x", "gopher://example.org/", "data:text/xml,<rss/>", "dict://x"],
)
def test_other_schemes_are_refused(feed_server: FeedServer, location: str) -> None:
    feed_server.redirect("/feed", location, 302)
    direct, redirected = ask(Request(url=location, named=location), named(feed_server.url("/feed")))
    assert refusal(direct) == f"is no address that can be asked; {ADVICE}"
    assert refusal(redirected).startswith(f"redirects to {location}, which is no web address; ")


# --- names that change their minds -------------------------------------------------------------------------------


def test_a_connection_goes_to_the_address_that_was_checked(feed_server: FeedServer) -> None:
    feed_server.put("/feed", FEED)
    # Both are this machine; the one is opened and stands for the public internet.
    settings = Http(timeout=2.0, gap=0, allow_private=("127.0.0.1",))
    names = Names(rebind_example="127.0.0.1 127.0.0.2")
    url = feed_server.url("/feed", host="rebind.example")
    assert status(ask(Request(url=url), settings=settings, names=names)[0]) == 200
    assert names.looks == ["rebind.example"], "looked up twice: once for the check, once for the connection"
    [later] = ask(Request(url=url), settings=settings, names=names)
    assert refusal(later).startswith("rebind.example stands for 127.0.0.2, which is not on the public internet")
    assert len(feed_server.requests) == 1


# --- what the operator opens -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opened", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.0/8", "127.0.0.1"),
        ("127.0.0.5/8", "127.0.0.1"),
        ("127.0.0.0/8", "[::ffff:127.0.0.1]"),
        ("127.0.0.0/8", "inside.example"),
        ("inside.example", "inside.example"),
        ("Inside.Example.", "inside.example"),
        ("inside.example", "INSIDE.example."),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "bücher.example"),
        ("localhost", "localhost"),
    ],
)
def test_the_operator_opens_hosts_and_networks(feed_server: FeedServer, opened: str, host: str) -> None:
    feed_server.put("/feed", FEED)
    url = feed_server.url("/feed", host=host)
    if "ffff" in host:
        outcome = ask(Request(url=url), settings=Http(timeout=2.0, allow_private=(opened,)))[0]
        assert not isinstance(outcome, FetchError) or outcome.kind != "address"
        return
    assert status(ask(Request(url=url), settings=Http(timeout=2.0, allow_private=(opened,)))[0]) == 200


@pytest.mark.parametrize(
    ("opened", "host"),
    [
        ("10.0.0.0/8", "127.0.0.1"),
        ("127.0.0.2/31", "127.0.0.1"),
        ("127.0.0.0/8", "[::1]"),
        ("127.0.0.0/8", "[64:ff9b::7f00:1]"),
        ("::/0", "127.0.0.1"),
        ("inside.example", "127.0.0.1"),
        ("inside.example", "other.example"),
        ("inside.example", "a.inside.example"),
        ("inside.example", "inside.example.org"),
    ],
)
def test_what_is_opened_opens_nothing_else(feed_server: FeedServer, opened: str, host: str) -> None:
    url = feed_server.url("/feed", host=host)
    assert refusal(ask(Request(url=url), settings=Http(timeout=2.0, allow_private=(opened,)))[0])
    assert feed_server.requests == []


def test_the_whole_network_can_be_opened(feed_server: FeedServer) -> None:
    feed_server.put("/feed", FEED)
    settings = Http(timeout=2.0, allow_private_addresses=True)
    assert status(ask(Request(url=feed_server.url("/feed", host="inside.example")), settings=settings)[0]) == 200


# --- pages that name feeds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "file:///etc/passwd"])
def test_a_page_leads_to_no_other_server_of_the_own_network(
    feed_server: FeedServer, other: FeedServer, link: str
) -> None:
    href = link.format(port=other.port)
    page = f'<html><link rel="alternate" type="application/rss+xml" href="{href}">'
    feed_server.put("/", page, content_type="text/html")

    async def look() -> None:
        async with Fetcher(Http(timeout=2.0, gap=0), now=lambda: NOON, version="0", resolver=Names()) as fetcher:
            await find(fetcher.get, feed_server.url("/"))

    with pytest.raises(NotAFeed, match=r"could not be read|names no feed"):
        asyncio.run(look())
    assert other.requests == []


def test_a_local_page_leads_to_its_own_feed(feed_server: FeedServer) -> None:
    feed_server.put(
        "/", '<html><link rel="alternate" type="application/rss+xml" href="feed">', content_type="text/html"
    )
    feed_server.put("/feed", FEED)

    async def look() -> str:
        async with Fetcher(Http(timeout=2.0, gap=0), now=lambda: NOON, version="0") as fetcher:
            return (await find(fetcher.get, feed_server.url("/"))).url

    assert asyncio.run(look()) == feed_server.url("/feed")


def test_a_hub_is_asked_in_no_own_network(other: FeedServer) -> None:
    async def post() -> None:
        async with Fetcher(Http(timeout=2.0, gap=0), now=lambda: NOON, version="0", resolver=Names()) as fetcher:
            await fetcher.post(other.url("/"), {"hub.mode": "subscribe"})

    with pytest.raises(FetchError, match="is not on the public internet"):
        asyncio.run(post())
    assert other.requests == []
