"""Listening, and ending well."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backissue.web import ServeError, app, running, serve
from config.errors import BackissueError
from tests.backissue.web.conftest import FILES, Site, fill

PROGRAM = """
import sys
from pathlib import Path
from backissue.web import app, serve
serve(app(Path(sys.argv[1])), "127.0.0.1", 0, ready=lambda address: print(address, flush=True))
print("ended", flush=True)
"""


@contextmanager
def started(public: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server as a process of its own, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(public)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_spite_of_idle_connections(tmp_path: Path, number: signal.Signals) -> None:
    fill(tmp_path)
    with started(tmp_path) as (process, address):
        idle = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        idle.request("GET", "/")
        assert idle.getresponse().read() == FILES["index.html"]
        silent = socket.create_connection((urlsplit(address).hostname or "", urlsplit(address).port or 0))
        begun = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
        spent = time.monotonic() - begun
        idle.close()
        silent.close()

    assert (process.returncode, out, err) == (0, "ended\n", "")
    assert spent < 2


def test_a_slow_download_does_not_hold_it_up(tmp_path: Path) -> None:
    (tmp_path / "long.mp3").write_bytes(bytes(50_000_000))
    with started(tmp_path) as (process, address):
        slow = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        slow.request("GET", "/long.mp3")
        response = slow.getresponse()
        response.read(10)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=10)
        spent = time.monotonic() - begun
        response.close()
        slow.close()

    assert (process.returncode, err) == (0, "")
    assert spent < 5


def test_what_is_under_way_may_end(tmp_path: Path) -> None:
    data = os.urandom(1 << 20) * 6
    (tmp_path / "long.mp3").write_bytes(data)
    with started(tmp_path) as (process, address):
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        connection.request("GET", "/long.mp3")
        response = connection.getresponse()
        begun = response.read(10)
        process.send_signal(signal.SIGTERM)
        rest = response.read()
        connection.close()
        process.communicate(timeout=10)

    assert begun + rest == data


def test_it_runs_in_a_thread_until_it_is_stopped(tmp_path: Path) -> None:
    fill(tmp_path)
    stop, addresses = threading.Event(), []
    ready = threading.Event()

    def note(address: str) -> None:
        addresses.append(address)
        ready.set()

    thread = threading.Thread(target=serve, args=(app(tmp_path), "127.0.0.1", 0), kwargs={"ready": note, "stop": stop})
    thread.start()
    assert ready.wait(10)
    with urllib.request.urlopen(addresses[0]) as response:
        assert response.read() == FILES["index.html"]
    stop.set()
    thread.join(5)

    assert not thread.is_alive()


def test_signals_are_as_before_once_it_has_ended(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    stop = threading.Event()
    serve(app(tmp_path), "127.0.0.1", 0, ready=lambda address: stop.set(), stop=stop)

    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_the_port_is_free_again_at_once(tmp_path: Path) -> None:
    with running(app(tmp_path), "127.0.0.1", 0) as first:
        Site(tmp_path, first).ask("/")
    with running(app(tmp_path), "127.0.0.1", urlsplit(first).port or 0) as second:
        assert second == first


def test_the_block_sees_its_own_errors(tmp_path: Path) -> None:
    with pytest.raises(KeyError), running(app(tmp_path), "127.0.0.1", 0):
        raise KeyError


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with running(app(tmp_path), "127.0.0.1", 0) as address:
        port = urlsplit(address).port or 0
        with pytest.raises(BackissueError) as error:
            serve(app(tmp_path), "127.0.0.1", port)

    assert str(error.value) == f"127.0.0.1:{port}: the port is taken; choose another with --port"


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("127.0.0.1", 70000, "127.0.0.1:70000: a port is a number from 0 to 65535; choose another with --port"),
        ("127.0.0.1", -1, "127.0.0.1:-1: a port is a number from 0 to 65535; choose another with --port"),
        ("192.0.2.1", 0, "192.0.2.1:0: this machine does not have that address; choose one it has with --host"),
        ("no host", 80, "no host:80: the host is not known; give a name or address of this machine with --host"),
        ("127.0.0.1\0", 80, "the host is not known; give a name or address of this machine with --host"),
        ("a" * 70, 80, "the host is not known; give a name or address of this machine with --host"),
        ("::ffff", 80, "[::ffff]:80: this machine does not have that address; choose one it has with --host"),
    ],
)
def test_an_address_that_cannot_be(tmp_path: Path, host: str, port: int, message: str) -> None:
    for start in (serve, running):
        with pytest.raises(ServeError) as error:
            started = start(app(tmp_path), host, port)
            assert started
            started.__enter__()
        assert str(error.value).endswith(message)
        assert "\n" not in str(error.value)


def test_a_name_stands_for_all_its_addresses(tmp_path: Path) -> None:
    fill(tmp_path)
    with running(app(tmp_path), "localhost", 0) as address:
        port = urlsplit(address).port
        with urllib.request.urlopen(f"http://localhost:{port}/") as response:
            assert response.status == 200


def test_ipv6(tmp_path: Path) -> None:
    fill(tmp_path)
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    with running(app(tmp_path), "::1", 0) as address:
        assert re.fullmatch(r"http://\[::1\]:\d+/", address)
        with urllib.request.urlopen(address) as response:
            assert response.status == 200


def test_one_line_for_each_request_if_asked_for(tmp_path: Path) -> None:
    fill(tmp_path)
    lines: list[str] = []
    with running(app(tmp_path), "127.0.0.1", 0, log=lines.append) as address:
        site = Site(tmp_path, address)
        site.ask("/all/small.txt?x=%0a")
        site.ask("/all/feed.rss", "HEAD")
        site.ask("/nothing", x_forwarded_for="192.0.2.7")

    assert [re.sub(r"[\d.]+ ms$", "# ms", line) for line in lines] == [
        "127.0.0.1 GET /all/small.txt?x=%0a 200, 5 bytes in # ms",
        "127.0.0.1 HEAD /all/feed.rss 200, 0 bytes in # ms",
        "192.0.2.7 GET /nothing 404, 94 bytes in # ms",
    ]


def test_nothing_is_printed_otherwise(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with running(app(tmp_path), "127.0.0.1", 0) as address:
        Site(tmp_path, address).ask("/")

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/", "/all/feed.rss", "/all/archive/000001.atom", "/all/voice.mp3", "/all/small.txt"])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"accept_encoding": "gzip, br"},
        {"accept_encoding": "gzip"},
        {"accept_encoding": "identity;q=0"},
        {"if_none_match": "*"},
        {"if_none_match": '"other"', "if_modified_since": "Sat, 31 Dec 2033 00:00:00 GMT"},
        {"if_modified_since": "Sat, 31 Dec 2033 00:00:00 GMT"},
        {"if_match": '"other"'},
        {"range": "bytes=0-9"},
        {"if_none_match": '"other", {tag}', "accept_encoding": "br;q=0.5"},
    ],
)
def test_what_is_answered_at_once_is_what_the_application_says(
    tmp_path: Path, method: str, path: str, fields: dict[str, str]
) -> None:
    fill(tmp_path)
    pages = app(tmp_path)
    with running(pages, "127.0.0.1", 0) as slow, running(pages, "127.0.0.1", 0, at_once=pages.at_once) as quick:
        tag = Site(tmp_path, slow).ask(path, **fields).headers.get("etag", "")
        given = {name: value.format(tag=tag) for name, value in fields.items()}
        first, again = Site(tmp_path, slow).ask(path, method, **given), Site(tmp_path, quick).ask(path, method, **given)

    for answer in (first, again):
        answer.headers.pop("date")
    assert list(again.headers.items()) == list(first.headers.items())
    assert again == first


def test_what_was_learnt_is_forgotten_with_the_file(own_site: Site) -> None:
    fill(own_site.public)
    assert [own_site.ask("/all/small.txt").body for _ in range(2)] == [b"short"] * 2
    (own_site.public / "all/small.txt").write_bytes(b"longer")
    assert [own_site.ask("/all/small.txt").body for _ in range(2)] == [b"longer"] * 2
    (own_site.public / "all/small.txt").unlink()
    assert [own_site.ask("/all/small.txt").status for _ in range(2)] == [404] * 2


def test_requests_sent_in_one_go_are_answered_in_their_order(own_site: Site) -> None:
    fill(own_site.public)
    own_site.ask("/all/small.txt")
    slow, quick, last = "GET /all/voice.mp3", "GET /all/small.txt", "GET /nothing"
    lines = [quick, quick, slow, quick, last, quick]
    sent = "".join(f"{line} HTTP/1.1\r\nHost: x\r\n\r\n" for line in lines[:-1])
    sent += f"{lines[-1]} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(urlsplit(own_site.address).netloc.split(":"), timeout=10) as peer:  # type: ignore[arg-type]
        peer.sendall(sent.encode())
        got = b"".join(iter(lambda: peer.recv(65536), b""))

    heads = re.findall(rb"HTTP/1\.1 (\d+) .*?content-length: (\d+)", got, re.DOTALL)
    sizes = {"GET /all/voice.mp3": b"10240", "GET /all/small.txt": b"5"}
    assert [status for status, _ in heads] == [b"404" if line == last else b"200" for line in lines]
    assert [size for status, size in heads if status == b"200"] == [sizes[line] for line in lines if line != last]


def test_a_method_that_nobody_knows_is_refused(own_site: Site) -> None:
    assert own_site.ask("/", "BREW").status == 400
