"""The client against a real server: what it asks, what it makes of the answers, and what it refuses."""

from __future__ import annotations

import asyncio
import gzip
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import brotli
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from msgspec import structs

from archive.fetch import Fetcher, FetchError, Hosts, Kind, Request, Response
from archive.fetch.client import user_agent
from config.settings import Http
from tests.support.server import FeedServer

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FEED = b"<?xml version='1.0'?><rss version='2.0'><channel><title>News</title></channel></rss>"
HERE = Http(allow_private_addresses=True, timeout=2.0, max_bytes=100_000, gap=0)


class Names(AbstractResolver):
    """Every name under .test stands for this machine, but for inside.test; there are no others."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if not host.rstrip(".").endswith((".test", "localhost")):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        address = "10.0.0.1" if host == "inside.test" else "127.0.0.1"
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        return None


def get(*requests: Request | str, settings: Http = HERE, hosts: Hosts | None = None) -> list[Response]:
    """The answers to requests that are all made at once."""

    async def ask() -> list[Response]:
        fetcher = Fetcher(settings, now=lambda: NOW, version="0.1.0", subscribers=3, hosts=hosts, resolver=Names())
        async with fetcher:
            wanted = [Request(url=request) if isinstance(request, str) else request for request in requests]
            return await asyncio.gather(*map(fetcher.get, wanted))

    return asyncio.run(ask())


def failed(url: str, settings: Http = HERE) -> FetchError:
    with pytest.raises(FetchError) as caught:
        get(url, settings=settings)
    assert str(caught.value).isprintable()
    return caught.value


# --- the plain way -----------------------------------------------------------------------------------------------


def test_a_document(feed_server: FeedServer) -> None:
    feed_server.put("/feed", FEED, etag='W/"a,b"', last_modified="Tue, 24 Nov 2026 11:00:00 GMT")
    url = feed_server.url("/feed")
    [response] = get(url)
    assert (response.status, response.body, response.url, response.final_url) == (200, FEED, url, url)
    assert (response.etag, response.last_modified) == ('W/"a,b"', "Tue, 24 Nov 2026 11:00:00 GMT")
    assert (response.content_type, response.at) == ("application/rss+xml", NOW)
    assert (response.redirects, response.moved_to, response.retry_after, response.max_age) == ((), None, None, None)
    assert 0 < response.elapsed < 1
    assert ("ETag", 'W/"a,b"') in response.headers


def test_what_is_sent_is_known_and_no_more_than_needed(feed_server: FeedServer) -> None:
    feed_server.put("/feed", FEED, headers={"Set-Cookie": "id=1; Path=/"})
    feed_server.redirect("/old", "/feed", 302)

    async def ask() -> Response:
        settings = structs.replace(HERE, contact="https://example.org/me")
        async with Fetcher(settings, now=lambda: NOW, version="0.1.0", subscribers=3) as fetcher:
            await fetcher.get(Request(url=feed_server.url("/feed?page=1")))
            return await fetcher.get(Request(url=feed_server.url("/old#top")))

    response = asyncio.run(ask())
    first, redirect, second = feed_server.requests
    assert [seen.path for seen in feed_server.requests] == ["/feed?page=1", "/old", "/feed"]
    for seen in (first, redirect, second):
        assert seen.method == "GET"
        assert seen.headers.keys() == {"host", "user-agent", "accept", "accept-encoding"}
        assert seen.headers["user-agent"] == "Backissue/0.1.0 (+https://example.org/me; 3 subscribers)"
        assert seen.headers["accept-encoding"] == "gzip, br, zstd"
        assert seen.headers["accept"].startswith("application/atom+xml, application/rss+xml, application/feed+json")
    assert {name.lower(): value for name, value in response.request_headers} == second.headers
    assert {type(part) for field in (*response.request_headers, *response.headers) for part in field} == {str}


def test_a_page_is_asked_for_as_a_page(feed_server: FeedServer) -> None:
    get(Request(url=feed_server.url("/"), accept="page"))
    assert feed_server.requests[0].headers["accept"].startswith("text/html, ")


@pytest.mark.parametrize(
    ("version", "contact", "subscribers", "agent"),
    [
        ("1.0", "", None, "Backissue/1.0"),
        ("1.0", "", 1, "Backissue/1.0 (1 subscriber)"),
        ("1.0", "ann@example.org", None, "Backissue/1.0 (+ann@example.org)"),
        ("1.0", "a) b\r\nX: (y", 0, "Backissue/1.0 (+abX:y; 0 subscribers)"),
    ],
)
def test_user_agent(version: str, contact: str, subscribers: int | None, agent: str) -> None:
    assert user_agent(version, contact, subscribers) == agent


@pytest.mark.parametrize(
    ("etag", "last_modified"),
    [
        ('"abc"', None),
        ('W/"a b, c"', None),
        ("unquoted", None),
        (None, "Tue, 24 Nov 2026 11:00:00 GMT"),
        (None, "tuesday, 24 nov 2026 11:00:00 +0000"),
        ('"abc"', "Tue, 24 Nov 2026 11:00:00 GMT"),
    ],
)
def test_validators_go_out_as_they_came_in(
    feed_server: FeedServer, etag: str | None, last_modified: str | None
) -> None:
    feed_server.put(
        "/feed", FEED, etag=etag or False, last_modified=last_modified, headers={"Cache-Control": "max-age=60"}
    )
    [first] = get(feed_server.url("/feed"))
    assert (first.status, first.etag, first.last_modified) == (200, etag, last_modified)
    [second] = get(Request(url=first.url, etag=first.etag, last_modified=first.last_modified))
    sent = feed_server.requests[1].headers
    assert (sent.get("if-none-match"), sent.get("if-modified-since")) == (etag, last_modified)
    assert (second.status, second.body, second.max_age) == (304, b"", 60)


def test_a_validator_that_no_header_can_carry_is_left_out(feed_server: FeedServer) -> None:
    feed_server.put("/feed", FEED)
    [response] = get(Request(url=feed_server.url("/feed"), etag="a\r\nX-Evil: 1", last_modified="\udcff"))
    assert response.status == 200
    assert feed_server.requests[0].headers.keys() == {"host", "user-agent", "accept", "accept-encoding"}


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_compressed(feed_server: FeedServer, encoding: str) -> None:
    feed_server.put("/feed", FEED * 100, encoding=encoding)
    [response] = get(feed_server.url("/feed"))
    assert response.body == FEED * 100
    assert ("Content-Encoding", encoding) in response.headers


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 500, 503])
def test_errors_of_the_server_are_answers(feed_server: FeedServer, status: int) -> None:
    feed_server.error("/feed", status, {"Retry-After": "120"}, b"sorry")
    [response] = get(feed_server.url("/feed"))
    assert (response.status, response.body) == (status, b"sorry")
    assert response.retry_after == NOW + timedelta(minutes=2)
    assert len(feed_server.requests) == 1, "asked again at once"


@pytest.mark.parametrize(
    "broken", [{"Content-Encoding": "gzip"}, {"Content-Encoding": "zstd"}, {"Content-Encoding": "dcz"}]
)
def test_a_broken_error_page_does_not_hide_the_error(feed_server: FeedServer, broken: dict[str, str]) -> None:
    feed_server.error("/feed", 503, broken)
    [response] = get(feed_server.url("/feed"))
    assert (response.status, response.body) == (503, b"")


def test_hints_on_when_to_come_back(feed_server: FeedServer) -> None:
    feed_server.put("/a", FEED, headers={"Cache-Control": "max-age=3600", "Age": "600"})
    feed_server.put(
        "/b", FEED, headers={"Expires": "Tue, 24 Nov 2026 13:00:00 GMT", "Date": "Tue, 24 Nov 2026 12:30:00 GMT"}
    )
    feed_server.error("/c", 429, {"Retry-After": "Wed, 25 Nov 2026 00:00:00 GMT"})
    a, b, c = get(*(feed_server.url(path) for path in ("/a", "/b", "/c")))
    assert (a.max_age, b.max_age, c.max_age) == (3000, 1800, None)
    assert c.retry_after == datetime(2026, 11, 25, tzinfo=UTC)


def test_links_of_the_header(feed_server: FeedServer) -> None:
    feed_server.put("/blog/feed", FEED, headers={"Link": '<https://hub.example/>; rel="hub", <feed>; rel=self'})
    [response] = get(feed_server.url("/blog/feed"))
    assert {link.rel: link.href for link in response.links} == {
        "hub": "https://hub.example/",
        "self": feed_server.url("/blog/feed"),
    }


def test_an_address_goes_out_to_the_letter(feed_server: FeedServer) -> None:
    path = "/%7Eann/a%2fb?sig=x%2By/z&empty=&q=%C3%A4"
    feed_server.put(path, FEED)
    [response] = get(feed_server.url(path))
    assert (response.status, feed_server.requests[0].path) == (200, path)


# --- redirects ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        ([301], True),
        ([308], True),
        ([301, 308, 301], True),
        ([302], False),
        ([303], False),
        ([307], False),
        ([301, 302], False),
        ([307, 308], False),
        ([301] * 5, True),
    ],
)
def test_redirects(feed_server: FeedServer, statuses: list[int], moved: bool) -> None:
    for hop, status in enumerate(statuses):
        feed_server.redirect(f"/{hop}", f"/{hop + 1}", status)
    feed_server.put(f"/{len(statuses)}", FEED)
    [response] = get(feed_server.url("/0"))
    end = feed_server.url(f"/{len(statuses)}")
    assert (response.status, response.body, response.url, response.final_url) == (200, FEED, feed_server.url("/0"), end)
    assert response.redirects == tuple(
        (status, feed_server.url(f"/{hop}")) for hop, status in enumerate(statuses, start=1)
    )
    assert response.moved_to == (end if moved else None)


BROWSE = "open it in a browser and give the address it ends at"


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("/0", "redirects in a circle, back to {}/0; check the address"),
        ("/1", "redirects in a circle, back to {}/1; check the address"),
        ("/0#again", "redirects in a circle, back to {}/0; check the address"),
        ("ftp://example.org/", f"redirects to ftp://example.org/, which is no web address; {BROWSE}"),
        ("javascript:alert(1)", f"redirects to javascript:alert(1), which is no web address; {BROWSE}"),
        ("http://[", f"redirects to http://[, which is no web address; {BROWSE}"),
        ("http://0x7f.1/", f"redirects to http://0x7f.1/, which is no web address; {BROWSE}"),
        ("", f"redirects (status 302) without saying where to; {BROWSE}"),
    ],
)
def test_redirects_that_lead_nowhere(feed_server: FeedServer, location: str, message: str) -> None:
    feed_server.redirect("/0", "/1", 301)
    feed_server.redirect("/1", location, 302)
    error = failed(feed_server.url("/0"))
    assert error.kind == "redirects"
    assert str(error) == f"{feed_server.url('/0')}: {message.format(feed_server.url(''))}"


def test_too_many_redirects(feed_server: FeedServer) -> None:
    for hop in range(9):
        feed_server.redirect(f"/{hop}", f"/{hop + 1}")
    error = failed(feed_server.url("/0"))
    assert (error.kind, error.reason) == ("redirects", "redirects more than 5 times")
    assert len(feed_server.requests) == 6
    assert failed(feed_server.url("/0"), structs.replace(HERE, redirects=1)).reason == "redirects more than 1 time"
    assert failed(feed_server.url("/0"), structs.replace(HERE, redirects=0)).reason == "redirects more than 0 times"


def test_validators_are_for_the_address_that_gave_them(feed_server: FeedServer) -> None:
    feed_server.redirect("/old", "/new", 302)
    feed_server.put("/new", FEED, etag='"1"')
    old, new = feed_server.url("/old"), feed_server.url("/new")
    [first] = get(Request(url=old, etag='"1"'))
    assert first.status == 200, "they were sent to another address"
    [second] = get(Request(url=old, etag='"1"', validated=first.final_url))
    assert (second.status, second.final_url) == (304, new)
    assert [(seen.path, seen.headers.get("if-none-match")) for seen in feed_server.requests] == [
        ("/old", '"1"'),
        ("/new", None),
        ("/old", None),
        ("/new", '"1"'),
    ]


def test_credentials_go_to_their_server_alone_and_are_never_shown(feed_server: FeedServer) -> None:
    port = feed_server.port
    feed_server.redirect("/feed", "/moved")
    feed_server.redirect("/moved", f"http://other.test:{port}/there")
    feed_server.put("/there", FEED)
    [response] = get(f"http://ann:hunter2@site.test:{port}/feed")
    assert [seen.headers.get("authorization") for seen in feed_server.requests] == [
        "Basic YW5uOmh1bnRlcjI=",
        "Basic YW5uOmh1bnRlcjI=",
        None,
    ]
    assert response.moved_to == f"http://other.test:{port}/there"
    assert "hunter2" not in repr(response)
    feed_server.put("/moved", FEED)
    [response] = get(f"http://ann:hunter2@site.test:{port}/feed")
    assert (response.moved_to, response.final_url) == (
        f"http://ann:hunter2@site.test:{port}/moved",
        f"http://site.test:{port}/moved",
    )
    assert ("Authorization", "***") in response.request_headers
    assert "YW5u" not in str(response.request_headers)
    assert "hunter2" not in str(failed(f"http://ann:hunter2@gone.example:{port}/feed"))
    assert "hunter2" not in str(failed(f"ftp://ann:hunter2@site.test:{port}/feed"))


# --- what goes wrong ---------------------------------------------------------------------------------------------

OK = b"HTTP/1.1 200 OK\r\n"
LARGE_HEAD = "the head of its answer is larger than 65,536 bytes, or has more than 128 lines"
TWICE = gzip.compress(gzip.compress(bytes(10_000_000)))


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (b"", "protocol", "the server closed the connection without an answer"),
        (OK[:9], "protocol", "the server closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "protocol", "what came back is no proper HTTP answer"),
        (b"\x00\xff" * 500, "protocol", "what came back is no proper HTTP answer"),
        (OK + b"Bad Header\x00: \x01\r\n\r\n", "protocol", "what came back is no proper HTTP answer"),
        (OK + b"Content-Length: many\r\n\r\n", "protocol", "what came back is no proper HTTP answer"),
        (OK + b"X: " + b"y" * 200_000 + b"\r\n\r\n", "too-large", LARGE_HEAD),
        (OK + (b"X: " + b"y" * 10_000 + b"\r\n") * 7 + b"\r\n", "too-large", LARGE_HEAD),
        (b"HTTP/1.1 200 " + b"O" * 200_000 + b"\r\n\r\n", "too-large", LARGE_HEAD),
        (OK + b"X" * 200_000 + b": y\r\n\r\n", "too-large", LARGE_HEAD),
        (OK + b"X: y\r\n" * 5000 + b"\r\n", "too-large", LARGE_HEAD),
        (OK + b"Content-Length: 100\r\n\r\n<rss>", "protocol", "the answer broke off before its end"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n", "protocol", "the answer broke off before its end"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "protocol", ""),
        (
            b"HTTP/1.1 304 Not Modified\r\n\r\n",
            "protocol",
            'the server says "not modified", but was not asked that way',
        ),
        (
            b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/99\r\nContent-Length: 5\r\n\r\n<rss>",
            "protocol",
            "the server sent only a part of the document, and was not asked that way",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 9000, "protocol", "the server closed the connection without an answer"),
        (OK + b"Content-Length: -5\r\n\r\n<rss>", "protocol", "what came back is no proper HTTP answer"),
        (
            OK + b"Content-Length: 5\r\nContent-Length: 4\r\n\r\n<rss>",
            "protocol",
            "what came back is no proper HTTP answer",
        ),
        (OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + TWICE, "too-large", "is larger than 100,000 bytes"),
        (OK + b"Content-Encoding: " + b"gzip," * 50 + b"\r\n\r\n<rss>", "decode", "is compressed 50 times over"),
        (OK + b"Content-Length: 9999999\r\n\r\n<rss>", "too-large", "is larger than 100,000 bytes"),
        (
            OK + b"Content-Encoding: gzip\r\n\r\n<rss/>",
            "decode",
            "says it is compressed as gzip, but is not, or is damaged",
        ),
        (OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(FEED)[:-9], "decode", "its gzip data breaks off"),
    ],
)
def test_broken_answers(feed_server: FeedServer, answer: bytes, kind: Kind, message: str) -> None:
    feed_server.raw("/feed", answer)
    error = failed(feed_server.url("/feed"))
    assert (error.subject, error.kind) == (feed_server.url("/feed"), kind)
    assert message in error.reason
    assert error.remedy
    assert "\n" not in str(error)


@pytest.mark.parametrize("moment", [0.0, 0.1], ids=["at once", "while its body is read"])
def test_trailers_without_end(moment: float) -> None:
    """The same is said of them, whether they come with the head or once the body is being read."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n<\r\n0\r\n")
        await writer.drain()
        await asyncio.sleep(moment)
        writer.write(b"X: y\r\n" * 1000)
        writer.close()

    async def ask() -> str:
        async with (
            await asyncio.start_server(serve, "127.0.0.1", 0) as server,
            Fetcher(HERE, now=lambda: NOW, version="0") as fetcher,
        ):
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            with pytest.raises(FetchError) as caught:
                await fetcher.get(Request(url=url))
        return caught.value.reason

    assert asyncio.run(ask()).startswith("the head of its answer is larger than ")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n\r\n" + FEED,
        OK + b"\r\n" + FEED,
        OK + b"X-Name: caf\xe9\r\nX-Empty:\r\n\r\n" + FEED,
        OK.replace(b"\r", b"") + b"X: y\n\n" + FEED,
    ],
    ids=["HTTP/1.0", "no length", "Latin-1 in the head", "bare line feeds"],
)
def test_answers_that_are_odd_but_whole(feed_server: FeedServer, answer: bytes) -> None:
    feed_server.raw("/feed", answer)
    assert get(feed_server.url("/feed"))[0].body == FEED


@pytest.mark.parametrize("encode", [gzip.compress, brotli.compress], ids=["gzip", "br"])
def test_bombs(feed_server: FeedServer, encode: Callable[[bytes], bytes]) -> None:
    coding = "br" if encode is brotli.compress else "gzip"
    feed_server.put("/bomb", encode(b"\0" * 20_000_000), headers={"Content-Encoding": coding})
    assert len(feed_server._routes["/bomb"].body) < 100_000, "the wire alone would exceed the limit"
    assert failed(feed_server.url("/bomb")).kind == "too-large"


def test_a_body_without_end_is_cut_off(feed_server: FeedServer) -> None:
    feed_server.raw("/big", OK + b"\r\n" + b"x" * 5_000_000)
    error = failed(feed_server.url("/big"))
    assert str(error).endswith("/big: is larger than 100,000 bytes; raise http.max_bytes if it is worth it")


@pytest.mark.parametrize("path", ["/hang", "/drip", "/late", "/slowly-round"])
def test_time_runs_out(feed_server: FeedServer, path: str) -> None:
    feed_server.hang("/hang")
    feed_server.slow("/drip", 60)
    feed_server.put("/late", FEED, delay=60)
    feed_server.put("/slowly-round", delay=0.15, status=302, headers={"Location": "/slowly-on"})
    feed_server.put("/slowly-on", delay=0.25)
    start = time.monotonic()
    error = failed(feed_server.url(path), structs.replace(HERE, timeout=0.3))
    assert time.monotonic() - start < 3
    assert error.kind == "timeout"
    assert re.search(r"took longer than 0\.3 s; try again later, or raise http\.timeout$", str(error))


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_silence_is_told_apart(feed_server: FeedServer, path: str) -> None:
    feed_server.hang("/hang")
    feed_server.slow("/drip", 2000, b"x" * 100)
    error = failed(feed_server.url(path), structs.replace(HERE, silence=0.1, timeout=60))
    assert (error.kind, error.reason) == ("timeout", "sent nothing for 0.1 s")
    assert error.remedy == "try again later, or raise http.silence"


def test_a_slow_body_in_time_is_fine(feed_server: FeedServer) -> None:
    feed_server.slow("/feed", 0.2, FEED)
    assert get(feed_server.url("/feed"))[0].body == FEED


def test_waiting_for_a_turn_is_not_held_against_the_server(feed_server: FeedServer) -> None:
    for number in range(4):
        feed_server.put(f"/{number}", FEED, delay=0.2)
    answers = get(*(feed_server.url(f"/{number}") for number in range(4)), settings=structs.replace(HERE, timeout=0.6))
    assert [answer.status for answer in answers] == [200] * 4
    assert all(0.2 <= answer.elapsed < 0.6 for answer in answers)


def test_no_server() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/feed"
        error = failed(url)
    assert error.kind == "refused"
    assert str(error) == f"{url}: the server refused the connection; check the address and its port, or try again later"


def test_no_host(feed_server: FeedServer) -> None:
    error = failed("https://exmaple.org/feed")
    assert (error.kind, str(error)) == ("dns", "https://exmaple.org/feed: no such host; check the address")
    feed_server.redirect("/feed", "https://exmaple.org/new")
    assert str(failed(feed_server.url("/feed"))) == (
        f"{feed_server.url('/feed')}: redirected to https://exmaple.org/new: no such host; check the address"
    )


@pytest.mark.parametrize(
    "url", ["", "example.org/feed", "feed://example.org", "http:///feed", "http://a b/", "http://xn--a/"]
)
def test_no_address(url: str) -> None:
    assert failed(url).kind in {"address", "dns"}


def test_plain_http_behind_https(feed_server: FeedServer) -> None:
    error = failed(feed_server.url("/feed").replace("http:", "https:"))
    assert error.kind == "tls"
    assert error.remedy == "check whether the address should start with http://"


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")
def test_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    key, chain = str(tmp_path / "key.pem"), str(tmp_path / "chain.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=site.test"
    subprocess.run([*command.split(), "-keyout", key, "-out", chain], check=True, capture_output=True)
    with FeedServer(certificate=(chain, key)) as server:
        error = failed(server.url("/feed", host="site.test"))
        assert server.requests == []
    assert error.kind == "tls"
    assert error.reason.startswith("its certificate is not trusted (self")


# --- manners -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("per_host", "most"), [(1, 1), (2, 2), (4, 4)])
def test_no_more_at_once_than_a_host_is_granted(feed_server: FeedServer, per_host: int, most: int) -> None:
    for number in range(8):
        feed_server.put(f"/{number}", FEED, delay=0.03)
    urls = [feed_server.url(f"/{number}", host=host) for number in range(8) for host in ("a.test", "B.test")]
    get(*urls, settings=structs.replace(HERE, per_host=per_host))
    for host in ("a.test", "b.test"):
        assert min(most, 2) <= feed_server.most_at_once(host) <= most
    assert feed_server.most_at_once() > most, "hosts should not wait for each other"


def test_no_more_at_once_than_connections_in_all(feed_server: FeedServer) -> None:
    feed_server.put("/feed", FEED, delay=0.03)
    get(
        *(feed_server.url("/feed", host=f"{number}.test") for number in range(12)),
        settings=structs.replace(HERE, connections=3),
    )
    assert 1 < feed_server.most_at_once() <= 3
    assert len(feed_server.requests) == 12


def test_a_host_rests_between_two_requests(feed_server: FeedServer) -> None:
    feed_server.put("/feed", FEED, delay=0.02)
    get(*[feed_server.url("/feed", host="a.test")] * 4, settings=structs.replace(HERE, per_host=1, gap=0.1))
    seen = feed_server.requests
    rests = [later.time - (earlier.ended or 0) for earlier, later in pairwise(seen)]
    assert len(rests) == 3
    assert all(rest >= 0.095 for rest in rests)


def test_hosts_that_redirect_to_each_other_do_not_lock_up(feed_server: FeedServer) -> None:
    port = feed_server.port
    feed_server.put("/feed", FEED, delay=0.02)
    feed_server.redirect("/to-a", f"http://a.test:{port}/feed")
    feed_server.redirect("/to-b", f"http://b.test:{port}/feed")
    wanted = [f"http://a.test:{port}/to-b", f"http://b.test:{port}/to-a"] * 5
    answers = get(*wanted, settings=structs.replace(HERE, connections=1))
    assert [answer.status for answer in answers] == [200] * 10
    assert feed_server.most_at_once() == 1


def test_one_failure_leaves_the_others_alone(feed_server: FeedServer) -> None:
    feed_server.put("/feed", FEED)
    feed_server.hang("/hang")
    feed_server.raw("/cut", b"")

    async def ask() -> list[Response | BaseException]:
        async with Fetcher(structs.replace(HERE, timeout=0.2), now=lambda: NOW, version="0.1.0") as fetcher:
            wanted = [Request(url=feed_server.url(path)) for path in ("/hang", "/feed", "/cut", "/feed")]
            return await asyncio.gather(*map(fetcher.get, wanted), return_exceptions=True)

    kinds = [answer.kind if isinstance(answer, FetchError) else answer.status for answer in asyncio.run(ask())]  # type: ignore[union-attr]
    assert kinds == ["timeout", 200, "protocol", 200]


def test_cancelling_leaves_nothing_behind(feed_server: FeedServer) -> None:
    feed_server.hang("/hang")
    feed_server.put("/feed", FEED)

    async def ask() -> Response:
        async with Fetcher(HERE, now=lambda: NOW, version="0.1.0") as fetcher:
            task = asyncio.create_task(fetcher.get(Request(url=feed_server.url("/hang"))))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await fetcher.get(Request(url=feed_server.url("/feed")))

    assert asyncio.run(ask()).status == 200, "the host's turn was not given back"


def test_the_server_leaves_nothing_behind() -> None:
    before = set(threading.enumerate())
    with FeedServer() as server:
        server.hang("/hang")
        server.put("/feed", FEED)
        port = server.port
        with pytest.raises(FetchError):
            get(server.url("/hang"), settings=structs.replace(HERE, timeout=0.1))
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n")
    client.close()
    assert set(threading.enumerate()) == before
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))
