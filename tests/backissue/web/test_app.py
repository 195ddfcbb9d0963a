"""The published files over HTTP, asked for by real requests."""

from __future__ import annotations

import email.utils
import gzip
import hashlib
import http.client
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import brotli
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from backissue.web import app, freshness, running
from config.settings import Schedule
from feeds.files import write
from tests.backissue.web.conftest import FEED, FILES, PUBLISHED, Site, fill

DECODERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": brotli.decompress, "identity": bytes}
LIVE = "public, max-age=900, stale-while-revalidate=900, stale-if-error=86400"
FOREVER = "public, max-age=31536000, immutable"
DATE = email.utils.formatdate(PUBLISHED, usegmt=True)


@pytest.mark.parametrize(
    ("path", "name"),
    [("/", "index.html"), ("/all/", "all/index.html"), ("/all/feed.rss?utm_source=x", "all/feed.rss")]
    + [(f"/{name}", name) for name in FILES if name.isascii() and "/." not in name and "taken" not in name]
    + [("/a%20b/%C3%A9%3A%25.txt", "a b/é:%.txt")],
)
def test_every_file_is_served_as_it_is(site: Site, path: str, name: str) -> None:
    answer = site.ask(path)

    assert answer.status == 200
    assert answer.body == FILES[name]
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["last-modified"] == DATE
    live = name.startswith("all/feed.")
    fields = ["Accept-Encoding", *(["A-IM"] if live else []), *(["Accept"] if name.endswith((".rss", ".atom")) else [])]
    assert answer.headers["vary"] == ", ".join(fields)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'


@pytest.mark.parametrize(
    ("path", "cache", "cors", "policy"),
    [
        ("/", LIVE, False, True),
        ("/all/", LIVE, False, True),
        ("/channels.opml", LIVE, True, True),
        ("/all/feed.rss", LIVE, True, True),
        ("/all/feed.json", LIVE, True, False),
        ("/all/voice.mp3", LIVE, False, False),
        ("/all/archive/000001.rss", FOREVER, True, True),
        ("/all/archive/000001.atom", FOREVER, True, True),
        ("/all/archive/000001.json", FOREVER, True, False),
        ("/all/archive/000002.atom", LIVE, True, True),  # which is open
        ("/all/archive/000002.json", LIVE, True, False),
    ],
)
def test_caching_and_what_other_sites_and_scripts_may(
    site: Site, path: str, cache: str, cors: bool, policy: bool
) -> None:
    headers = site.ask(path).headers

    assert headers["cache-control"] == cache
    assert headers.get("access-control-allow-origin") == ("*" if cors else None)
    assert headers.get("content-security-policy", "").startswith("default-src 'none'; ") is policy


def test_an_archive_document_is_for_good_once_it_is_closed(own_site: Site) -> None:
    fill(own_site.public)
    path, seen = own_site.public / "all/archive/000002.rss", []
    for data in (path.read_bytes(), FILES["all/archive/000001.rss"]):
        path.write_bytes(data)
        seen += [own_site.ask("/all/archive/000002.rss").headers["cache-control"] for _ in range(2)]

    assert seen == [LIVE, LIVE, FOREVER, FOREVER]


@pytest.mark.parametrize("fields", [{}, {"if_none_match": "*"}, {"if_match": '"x"'}, {"range": "bytes=0-9"}])
@pytest.mark.parametrize("coding", ["gzip", "br", "identity"])
def test_the_page_of_a_withdrawn_entry_is_gone_and_says_so(site: Site, coding: str, fields: dict[str, str]) -> None:
    answers = [site.ask("/all/entries/taken.html", accept_encoding=coding, **fields) for _ in range(2)]
    head = site.ask("/all/entries/taken.html", "HEAD", accept_encoding=coding, **fields)

    for answer in answers:
        assert answer.status == 410
        assert DECODERS[coding](answer.body) == FILES["all/entries/taken.html"]
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == LIVE
        assert "etag" not in answer.headers
    assert (head.status, head.headers["content-length"]) == (410, str(len(answers[0].body)))
    assert site.ask("/all/entries/kept.html").status == 200


@pytest.mark.parametrize("coding", ["gzip", "br", "identity"])
def test_each_coding_has_its_own_tag_and_conditions(site: Site, coding: str) -> None:
    answer = site.ask("/all/feed.rss", accept_encoding=coding)

    assert answer.headers.get("content-encoding", "identity") == coding
    assert DECODERS[coding](answer.body) == FEED
    assert answer.headers["content-length"] == str(len(answer.body))
    tag = answer.headers["etag"]
    again = {name: site.ask("/all/feed.rss", accept_encoding=name, if_none_match=tag).status for name in DECODERS}
    assert again == {name: 304 if name == coding else 200 for name in DECODERS}


@pytest.mark.parametrize(("coding", "ending"), [("gzip", ".gz"), ("br", ".br")])
def test_a_published_copy_goes_out_as_it_lies_there(own_site: Site, coding: str, ending: str) -> None:
    fill(own_site.public)
    copy = {"gzip": gzip.compress(FEED, 1), "br": brotli.compress(FEED, quality=1)}[coding]
    (own_site.public / f"all/feed.rss{ending}").write_bytes(copy)
    (own_site.public / f"all/feed.atom{ending}").write_bytes(copy)  # of another document

    assert [own_site.ask("/all/feed.rss", accept_encoding=coding).body for _ in range(2)] == [copy, copy]
    assert DECODERS[coding](own_site.ask("/all/feed.atom", accept_encoding=coding).body) == FILES["all/feed.atom"]


def test_compressed_answers_promise_no_ranges(site: Site) -> None:
    answer = site.ask("/all/feed.rss", accept_encoding="gzip", range="bytes=0-9")

    assert answer.status == 200
    assert "accept-ranges" not in answer.headers
    assert gzip.decompress(answer.body) == FEED


@pytest.mark.parametrize("coding", ["gzip", "br", "identity"])
@pytest.mark.parametrize("path", ["/all/feed.rss", "/all/archive/000001.atom", "/"])
def test_a_304_guides_caches_as_the_200_does_and_says_no_more(site: Site, path: str, coding: str) -> None:
    full = site.ask(path, accept_encoding=coding)
    short = site.ask(path, accept_encoding=coding, if_none_match=full.headers["etag"])

    assert (short.status, short.body) == (304, b"")
    guiding = {"cache-control", "etag", "vary", "access-control-allow-origin"} & full.headers.keys()
    assert short.headers.keys() == guiding | {"date"}
    assert {name: short.headers[name] for name in guiding} == {name: full.headers[name] for name in guiding}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"if_none_match": "*"}, 304),
        ({"if_none_match": '"a,b", W/{tag}'}, 304),
        ({"if_none_match": '"other"'}, 200),
        ({"if_none_match": '"other"', "if_modified_since": DATE}, 200),
        ({"if_modified_since": DATE}, 304),
        ({"if_modified_since": time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(PUBLISHED))}, 304),
        ({"if_modified_since": "soon"}, 200),
        ({"if_match": "{tag}"}, 200),
        ({"if_match": '"other"'}, 412),
        ({"if_unmodified_since": email.utils.formatdate(PUBLISHED - 1, usegmt=True)}, 412),
        ({"accept_encoding": "identity;q=0"}, 406),
        ({"accept_encoding": "*;q=0"}, 406),
        ({"accept_encoding": "deflate, *;q=0"}, 406),
        ({"accept_encoding": "identity;q=0, gzip"}, 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions_on_the_wire(site: Site, method: str, fields: dict[str, str], status: int) -> None:
    tag = site.ask("/all/feed.rss").headers["etag"]
    fields = {name: value.format(tag=tag) for name, value in fields.items()}

    assert site.ask("/all/feed.rss", method, **fields).status == status


def test_fields_given_twice_are_one_list(site: Site) -> None:
    tag = site.ask("/all/feed.rss").headers["etag"]

    head = exchange(site, f'GET /all/feed.rss HTTP/1.1\r\nHost: x\r\nIf-None-Match: "a"\r\nIf-None-Match: {tag}\r\n')
    assert head.startswith("HTTP/1.1 304 ")


def test_conditions_count_only_where_there_is_a_document(site: Site) -> None:
    assert site.ask("/nothing", if_none_match="*").status == 404
    assert site.ask("/nothing", if_match='"x"').status == 404
    assert site.ask("/all", if_none_match="*").status == 301


@pytest.mark.parametrize("coding", ["gzip", "br", "identity", "identity;q=0, deflate"])
@pytest.mark.parametrize("path", ["/", "/all", "/all/feed.rss", "/all/voice.mp3", "/nothing", "/..", "/all/feed.json"])
def test_head_is_get_without_the_body(site: Site, path: str, coding: str) -> None:
    get, head = (site.ask(path, method, accept_encoding=coding) for method in ("GET", "HEAD"))

    assert head.status == get.status
    assert head.body == b""
    assert int(head.headers["content-length"]) == len(get.body) > 0
    for answer in (get, head):
        assert email.utils.parsedate_to_datetime(answer.headers.pop("date"))
    assert head.headers == get.headers


@pytest.mark.parametrize(
    ("fields", "status", "part", "content_range"),
    [
        ({"range": "bytes=0-99"}, 206, slice(0, 100), "bytes 0-99/10240"),
        ({"range": "bytes=-10"}, 206, slice(-10, None), "bytes 10230-10239/10240"),
        ({"range": "bytes=10000-"}, 206, slice(10000, None), "bytes 10000-10239/10240"),
        ({"range": "bytes=0-"}, 206, slice(None), "bytes 0-10239/10240"),
        ({"range": "bytes=0-1,5-6"}, 200, slice(None), None),
        ({"range": "bytes=9-1"}, 200, slice(None), None),
        ({"range": "pages=1"}, 200, slice(None), None),
        ({"range": "bytes=0-99", "if_range": "{tag}"}, 206, slice(0, 100), "bytes 0-99/10240"),
        ({"range": "bytes=0-99", "if_range": "W/{tag}"}, 200, slice(None), None),
        ({"range": "bytes=0-99", "if_range": '"other"'}, 200, slice(None), None),
        ({"range": "bytes=0-99", "if_range": DATE}, 206, slice(0, 100), "bytes 0-99/10240"),
        ({"range": "bytes=99999-", "if_range": '"other"'}, 200, slice(None), None),
        ({"range": "bytes=0-99", "if_none_match": "{tag}"}, 304, slice(0), None),
        ({"range": "bytes=0-99", "accept_encoding": "gzip, br"}, 206, slice(0, 100), "bytes 0-99/10240"),
    ],
)
def test_ranges(site: Site, fields: dict[str, str], status: int, part: slice, content_range: str | None) -> None:
    tag = site.ask("/all/voice.mp3").headers["etag"]

    answer = site.ask("/all/voice.mp3", **{name: value.format(tag=tag) for name, value in fields.items()})
    assert answer.status == status
    assert answer.body == FILES["all/voice.mp3"][part]
    assert answer.headers.get("content-range") == content_range
    assert answer.headers["etag"] == tag


def test_a_range_beyond_the_end(site: Site) -> None:
    answer = site.ask("/all/voice.mp3", range="bytes=10240-")

    assert answer.status == 416
    assert answer.headers["content-range"] == "bytes */10240"
    assert "etag" not in answer.headers


def test_range_means_nothing_to_head(site: Site) -> None:
    answer = site.ask("/all/voice.mp3", "HEAD", range="bytes=0-9")

    assert (answer.status, answer.headers["content-length"]) == (200, "10240")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/all/feed.rss", "/nothing", "/.."])
def test_other_methods(site: Site, method: str, path: str) -> None:
    answer = site.ask(path, method)

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_refused_body_does_not_disturb_what_follows(site: Site) -> None:
    connection = http.client.HTTPConnection(urlsplit(site.address).netloc, timeout=10)
    for size in (10, 1_000_000):
        connection.request("POST", "/all/feed.rss", body=b"x" * size)
        response = connection.getresponse()
        response.read()
        assert response.status == 405
        connection.request("GET", "/all/small.txt")
        assert connection.getresponse().read() == b"short"
    connection.close()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/all/feed.rss/", 404),
        ("/all/archive", 404),  # a folder without an index
        ("/all/archive/", 404),
        ("/all/.state", 404),
        ("//", 404),
        ("//example.org/%2e%2e", 400),
        ("/../conftest.py", 400),
        ("/all/%2e%2e/%2e%2e/etc/passwd", 400),
        ("/all/..%2f..%2fetc%2fpasswd", 400),
        ("/all\\feed.rss", 400),
        ("/all/feed.rss%00", 400),
        ("/%", 400),
    ],
)
def test_refusals_name_the_index(site: Site, path: str, status: int) -> None:
    plain, page = site.ask(path), site.ask(path, accept="text/html,*/*;q=0.8")

    assert (plain.status, page.status) == (status, status)
    assert plain.headers["content-type"] == "text/plain; charset=utf-8"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert plain.headers["cache-control"] == "no-store"
    home = plain.body.decode().split()[-1]
    assert f'<a href="{home}">' in page.body.decode()
    assert urlsplit(urljoin("http://127.0.0.1" + path.replace("\\", "/"), home)).path in ("/", "")


@pytest.mark.parametrize(
    ("path", "location"), [("/all", "./all/"), ("/all?x=1&y", "./all/?x=1&y"), ("/a%20b", None), ("/%61ll", "./all/")]
)
def test_a_folder_redirects_to_its_slash(site: Site, path: str, location: str | None) -> None:
    answer = site.ask(path)

    assert answer.headers.get("location") == location
    assert answer.status == (301 if location else 404)
    if location:
        assert site.ask(urlsplit(urljoin(site.address + path[1:], location)).path).status == 200


def test_before_anything_is_published(own_site: Site) -> None:
    for path in ("/", "/all/feed.rss"):
        answer = own_site.ask(path, accept="text/html")
        assert answer.status == 503
        assert answer.headers["retry-after"] == "30"
        assert b"<code>backissue publish</code>" in answer.body
    assert own_site.ask("/..").status == 400

    fill(own_site.public)
    assert own_site.ask("/").status == 200
    assert own_site.ask("/nothing").status == 404


def test_what_is_not_to_be_shown(own_site: Site, tmp_path: Path) -> None:
    fill(own_site.public)
    (tmp_path / "secret.txt").write_text("secret")
    (own_site.public / "all/out.txt").symlink_to(tmp_path / "secret.txt")
    (own_site.public / "all/state.txt").symlink_to(".state")
    (own_site.public / "all/same.rss").symlink_to("feed.rss")

    assert [own_site.ask(f"/all/{name}").status for name in ("out.txt", "state.txt", "same.rss")] == [404, 404, 200]


def test_a_link_that_is_turned_outwards_is_not_followed(own_site: Site, tmp_path: Path) -> None:
    fill(own_site.public)
    link = own_site.public / "all/link.txt"
    link.symlink_to("small.txt")
    assert own_site.ask("/all/link.txt").body == b"short"

    (tmp_path / "secret.txt").write_text("other")
    link.unlink()
    link.symlink_to(tmp_path / "secret.txt")
    assert own_site.ask("/all/link.txt").status == 404


@pytest.mark.parametrize(("ago", "told"), [(60, True), (2, True), (-2, False), (-86400, False)])
def test_last_modified_is_told_once_its_second_is_over(own_site: Site, ago: int, told: bool) -> None:
    fill(own_site.public)
    os.utime(own_site.public / "all/feed.rss", (time.time() - ago,) * 2)

    assert ("last-modified" in own_site.ask("/all/feed.rss").headers) == told


def test_the_folder_may_come_and_go(own_site: Site) -> None:
    fill(own_site.public)
    tag = own_site.ask("/all/feed.rss").headers["etag"]
    own_site.public.rename(own_site.public.with_name("away"))
    assert own_site.ask("/all/feed.rss", if_none_match=tag).status == 503

    fill(own_site.public)
    assert own_site.ask("/all/feed.rss", if_none_match=tag).status == 304


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may read everything, so for a moment we are not."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_file_that_cannot_be_read(own_site: Site, caplog: pytest.LogCaptureFixture) -> None:
    fill(own_site.public)
    (own_site.public / "all").chmod(0)
    with unprivileged():
        answer = own_site.ask("/all/feed.rss")
    (own_site.public / "all").chmod(0o755)

    assert answer.status == 500
    [record] = caplog.records
    assert record.getMessage().endswith("cannot be read (permission denied); give this user access")
    assert record.exc_info is None


def test_a_file_that_is_replaced_is_never_half_served(own_site: Site) -> None:
    path = own_site.public / "all/feed.rss"
    path.parent.mkdir(parents=True)
    states = [bytes([65 + number]) * (20_000 + 5000 * number) for number in range(8)]
    tags = {f'"{hashlib.sha256(state).hexdigest()[:32]}"': state for state in states}
    write(path, states[0])
    done = threading.Event()

    def replace() -> None:
        turn = 0
        while not done.is_set():
            turn += 1
            write(path, states[turn % len(states)])

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        for turn in range(300):
            coding = ("identity", "gzip", "br")[turn % 3]
            answer = own_site.ask("/all/feed.rss", accept_encoding=coding)
            assert answer.status == 200
            tag = answer.headers["etag"].replace("-gz", "").replace("-br", "")
            assert DECODERS[coding](answer.body) == tags[tag]
    finally:
        done.set()
        writer.join()


def test_a_large_file_comes_from_one_version(own_site: Site) -> None:
    old = os.urandom(1 << 20) * 12
    path = own_site.public / "long.mp3"
    path.parent.mkdir()
    write(path, old)
    connection = http.client.HTTPConnection(urlsplit(own_site.address).netloc, timeout=10)
    connection.request("GET", "/long.mp3")
    response = connection.getresponse()
    begun = response.read(1000)
    write(path, b"new")

    assert begun + response.read() == old
    connection.close()
    assert own_site.ask("/long.mp3").body == b"new"


def test_parts_of_a_large_file(own_site: Site) -> None:
    data = os.urandom(1 << 20) * 5
    path = own_site.public / "long.mp3"
    path.parent.mkdir()
    write(path, data)
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'

    head = own_site.ask("/long.mp3", "HEAD")
    assert (head.headers["etag"], head.headers["content-length"]) == (tag, str(len(data)))
    part = own_site.ask("/long.mp3", range="bytes=1000000-3999999", if_range=tag)
    assert (part.status, part.body) == (206, data[1000000:4000000])
    assert own_site.ask("/long.mp3", if_none_match=tag).status == 304
    assert own_site.ask("/long.mp3").body == data


def test_a_client_that_leaves_holds_nothing_open(own_site: Site) -> None:
    path = own_site.public / "long.mp3"
    path.parent.mkdir()
    write(path, bytes(40_000_000))
    connection = http.client.HTTPConnection(urlsplit(own_site.address).netloc, timeout=10)
    connection.request("GET", "/long.mp3")
    response = connection.getresponse()
    response.read(10)
    held = sum(open_files(path) for _ in range(1))
    response.close()
    connection.close()

    end = time.monotonic() + 5
    while open_files(path) and time.monotonic() < end:
        time.sleep(0.02)
    assert (held, open_files(path)) == (1, 0)


def open_files(path: Path) -> int:
    """How many handles this process has on a file."""
    count = 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            count += link.readlink() == path
        except OSError:
            continue
    return count


def test_it_can_be_mounted_below_a_path(tmp_path: Path) -> None:
    fill(tmp_path)
    outer = Starlette(routes=[Mount("/old news", app(tmp_path))])
    with running(outer, "127.0.0.1", 0) as address:
        site = Site(tmp_path, address)
        assert site.ask("/old%20news/all/feed.rss").body == FEED
        assert site.ask("/old%20news/").body == FILES["index.html"]
        assert site.ask("/old%20news/all").headers["location"] == "./all/"
        assert site.ask("/old%20news/all/nothing").body.decode().split()[-1] == "../"


def test_max_age_is_said_as_given(tmp_path: Path) -> None:
    fill(tmp_path)
    with running(app(tmp_path, max_age=60, memory=0), "127.0.0.1", 0) as address:
        site = Site(tmp_path, address)
        live = "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400"
        assert site.ask("/all/feed.rss").headers["cache-control"] == live
        assert gzip.decompress(site.ask("/all/feed.rss", accept_encoding="gzip").body) == FEED


@pytest.mark.parametrize(("interval", "seconds"), [(60, 900), (15, 225), (1, 60), (1440, 3600), (240, 3600)])
def test_freshness_follows_the_schedule(interval: int, seconds: int) -> None:
    assert freshness(Schedule(interval=interval)) == seconds


def exchange(site: Site, request: str) -> str:
    """Send the bytes of a request as they are; gives the head of the answer."""
    split = urlsplit(site.address)
    with socket.create_connection((split.hostname or "", split.port or 0), timeout=10) as raw:
        raw.sendall(request.encode("latin-1") + b"Connection: close\r\n\r\n")
        received = b""
        while more := raw.recv(65536):
            received += more
    return received.partition(b"\r\n\r\n")[0].decode("latin-1")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET /all/feed.rss HTTP/1.0", 200),
        ("GET http://example.org/all/feed.rss HTTP/1.1\r\nHost: example.org", 200),
        ("OPTIONS * HTTP/1.1\r\nHost: x", 405),
        ("GET all/feed.rss HTTP/1.1\r\nHost: x", 400),
        ("GET /all/feed.rss HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade", 200),
        ("GET /all/feed.rss HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade", 200),
        ("GET /all/feed.rss HTTP/1.1\r\nHost: x\r\nIf-None-Match: \x80\xff", 200),
        ("nonsense", 400),
    ],
)
def test_requests_as_bytes(site: Site, line: str, status: int, caplog: pytest.LogCaptureFixture) -> None:
    assert exchange(site, line + "\r\n").startswith(f"HTTP/1.1 {status} ")
    assert caplog.records == []


BROWSERS = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize(
    ("path", "accept", "type"),
    [
        ("/all/feed.rss", BROWSERS, "application/xml"),
        ("/all/feed.atom", BROWSERS, "application/xml"),
        ("/all/feed.rss", "*/*", "application/rss+xml"),
        ("/all/feed.atom", "application/atom+xml, text/html;q=0.5", "application/atom+xml"),
        ("/all/feed.rss", "application/rss+xml, application/xml;q=0.8, */*", "application/rss+xml"),
        ("/all/feed.json", BROWSERS, "application/feed+json"),
        ("/all/", BROWSERS, "text/html"),
    ],
)
def test_browsers_are_told_that_a_feed_is_xml(site: Site, path: str, accept: str, type: str, coding: str) -> None:
    plain = site.ask(path, accept_encoding=coding)
    for _ in range(2):  # what lies ready is for others
        answer = site.ask(path, accept=accept, accept_encoding=coding)
        assert answer.body == plain.body
        assert answer.headers["content-type"] == f"{type}; charset=utf-8"
        assert (answer.headers["etag"] == plain.headers["etag"]) == (type != "application/xml")
        assert site.ask(path, accept=accept, if_none_match=answer.headers["etag"], accept_encoding=coding).status == 304
    assert site.ask(path, accept_encoding=coding).headers["content-type"] == plain.headers["content-type"]
