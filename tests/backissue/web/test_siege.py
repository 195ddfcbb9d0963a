"""Slow, idle and numerous clients: others are served meanwhile, and nobody stays for ever."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send

from backissue.web import app, running
from backissue.web.crowd import Crowd
from config.settings import Serve
from tests.backissue.web.conftest import FILES, Site, fill
from tests.support.home import Home, wait_for
from tests.support.wire import answer, answers, connected, until_closed

if sys.platform != "win32":
    import resource

GOOD = b"GET /all/small.txt HTTP/1.1\r\nHost: x\r\n\r\n"
BRIEF = Serve(timeout=0.4, idle=0.4)
LARGE = 20_000_000  # bytes, which is more than two systems keep on the way


@contextmanager
def besieged(public: Path, limits: Serve) -> Iterator[Site]:
    """The folder, served within these limits."""
    fill(public)
    pages = app(public)
    with running(pages, "127.0.0.1", 0, at_once=pages.at_once, limits=limits) as address:
        yield Site(public, address)


def is_closed(peer: socket.socket) -> bool:
    """Whether the other side has closed; what was sent before is read and forgotten."""
    peer.setblocking(False)
    try:
        while peer.recv(65536):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    return True


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (b"", []),
        (b"\r\n", []),
        (GOOD, [200]),
        (b"GET / HTT", [408]),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: ", [408]),
        (GOOD + b"GET", [200, 408]),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n1", [405]),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na", [405]),
    ],
)
def test_who_says_no_more_is_told_so_and_left(own: Site, sent: bytes, statuses: list[int]) -> None:
    with connected(own.address) as peer:
        peer.sendall(sent)
        assert [one.status for one in answers(until_closed(peer))] == statuses


@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nA: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n",
        b"\r\n",
    ],
    ids=["head", "body", "blank-lines"],
)
def test_a_byte_now_and_then_gains_no_time(own: Site, begun: bytes) -> None:
    with connected(own.address) as peer:
        peer.sendall(begun)

        def ended() -> bool:
            try:
                peer.setblocking(True)
                peer.sendall(b"\n" if begun == b"\r\n" else b"a")
            except ConnectionError:
                return True
            time.sleep(0.05)
            return is_closed(peer)

        wait_for(ended)


def test_who_does_not_read_is_left_and_holds_up_nobody(own: Site) -> None:
    (own.public / "long.mp3").write_bytes(bytes(LARGE))
    fields = b"GET /long.mp3 HTTP/1.1\r\nHost: x\r\n\r\n"
    with ExitStack() as all_:
        peers = [all_.enter_context(connected(own.address)) for _ in range(30)]
        for peer in peers:
            peer.sendall(fields)
        assert own.ask("/all/feed.rss").body == FILES["all/feed.rss"]
        handles = Path("/proc/self/fd")
        if handles.exists():
            wait_for(lambda: not any("long.mp3" in target for target in map(read_link, handles.iterdir())))
        got = [len(until_closed(peer)) for peer in peers]
    assert max(got) < LARGE


def read_link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def test_a_slow_reader_that_goes_on_reading_gets_all(own: Site) -> None:
    (own.public / "long.mp3").write_bytes(bytes(LARGE))
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 500_000)
        peer.connect((urlsplit(own.address).hostname, urlsplit(own.address).port))
        peer.sendall(b"GET /long.mp3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got, began = 0, time.monotonic()
        while piece := peer.recv(1_000_000):
            got += len(piece)
            time.sleep(0.02)
    assert got > LARGE
    assert time.monotonic() - began > BRIEF.timeout  # so that the test shows something


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Site]:
    """A folder for one test to change, served to those that are quick."""
    with besieged(tmp_path / "public", BRIEF) as site:
        yield site


def test_where_all_places_are_taken_those_that_wait_the_longest_give_way(tmp_path: Path) -> None:
    with besieged(tmp_path / "public", Serve(connections=40)) as site, ExitStack() as all_:
        idle = [all_.enter_context(connected(site.address)) for _ in range(20)]
        for peer in idle:
            peer.sendall(GOOD)
            assert peer.recv(65536).startswith(b"HTTP/1.1 200 OK")
        heads = [all_.enter_context(connected(site.address)) for _ in range(20)]
        for peer in heads:
            peer.sendall(b"GET / HTTP/1.1\r\n")
        newcomers = [all_.enter_context(connected(site.address)) for _ in range(20)]
        for peer in newcomers:
            peer.sendall(GOOD)
            assert peer.recv(65536).startswith(b"HTTP/1.1 200 OK")
        gone = [is_closed(peer) for peer in [*idle, *heads]]
        assert 20 <= sum(gone) < 40
        assert not any(map(is_closed, newcomers))


class Waiting:
    """A client that has been waited for, or waits itself (None), and what became of it."""

    def __init__(self, waited: float | None) -> None:
        self.for_ = waited
        self.fate = "stays"

    def waited(self, now: float) -> float | None:
        return self.for_

    def hurry(self, now: float) -> None:
        self.fate = "hurried"

    def give_way(self) -> None:
        self.fate = "gave way"

    def turn_away(self, *, politely: bool) -> None:
        self.fate = "turned away"


@pytest.mark.parametrize(
    ("waited", "fates"),
    [
        ((5.0, 9.0, None, 0.0), ["gave way", "gave way", "stays", "gave way", "stays"]),
        ((None, None, None, None), ["stays", "stays", "stays", "stays", "turned away"]),
        ((5.0, 9.0, 1.0), ["stays", "stays", "stays", "stays"]),
    ],
)
def test_who_gives_way(waited: tuple[float | None, ...], fates: list[str]) -> None:
    clients = [Waiting(one) for one in (*waited, 0.0)]
    connections = set(clients)
    Crowd(Serve(connections=4)).admit(clients[-1], connections)

    assert [one.fate for one in clients] == fates
    assert connections == {one for one in clients if one.fate == "stays"}


def test_no_more_give_way_than_need_be() -> None:
    clients = [Waiting(float(number)) for number in range(200)]
    Crowd(Serve(connections=199)).admit(clients[0], set(clients))

    assert 0 < sum(one.fate == "gave way" for one in clients) < 20
    assert clients[199].fate == "gave way"
    assert clients[0].fate == "stays"


def test_where_nobody_can_give_way_newcomers_are_turned_away_politely(tmp_path: Path) -> None:
    release = threading.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        while not release.is_set():
            await asyncio.sleep(0.01)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    with running(slow, "127.0.0.1", 0, limits=Serve(connections=10)) as address, ExitStack() as all_:
        busy = [all_.enter_context(connected(address)) for _ in range(10)]
        for peer in busy:
            peer.sendall(GOOD)
        statuses = []
        for _ in range(5):
            with connected(address) as peer:
                peer.sendall(GOOD)
                statuses += [(one.status, "retry-after" in one.headers) for one in answers(until_closed(peer))]
        assert statuses == [(503, True)] * 5
        release.set()
        assert [answer(peer).body for peer in busy] == [b"ok"] * 10
        with connected(address) as peer:
            peer.sendall(GOOD)
            assert answer(peer).body == b"ok"


@pytest.fixture
def served(home: Home) -> Callable[..., tuple[int, str]]:
    """Starts `backissue serve` as a process; gives its number and address."""
    fill(home.folder / "public")

    def start(**options: object) -> tuple[int, str]:
        process = home.start("serve", "--port", "0", "--json", **options)
        assert process.stdout is not None
        return process.pid, json.loads(process.stdout.readline())["address"]

    return start


@pytest.fixture
def many_handles() -> Iterator[None]:
    """This process may have as many files open as it takes to besiege another."""
    if sys.platform == "win32":
        pytest.skip("handles are told otherwise here")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2300:
        pytest.skip(f"this machine allows {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2300) if soft >= 0 else soft, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.skipif(sys.platform != "linux", reason="handles and memory are looked up in /proc")
def test_two_thousand_idle_connections(served: Callable[..., tuple[int, str]], many_handles: None) -> None:
    # As systemd starts programs: 1,024 handles, and the right to have more.
    limits = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))  # noqa: E731
    number, address = served(preexec_fn=limits)
    with ExitStack() as all_:
        peers = [all_.enter_context(connected(address)) for _ in range(2000)]
        for number_, peer in enumerate(peers):  # silent, in the midst of a head, between two requests
            peer.sendall((b"", b"GET / HTTP/1.1\r\nHost: x\r\nA: ", GOOD)[number_ % 3])
        for path, body in FILES.items():
            if path in ("index.html", "all/feed.rss", "all/voice.mp3", "all/small.txt"):
                found = Site(Path(), address).ask(f"/{path}")
                assert (found.status, found.body) == (200, body)
        assert sum(1 for _ in Path(f"/proc/{number}/fd").iterdir()) > 2000
        status = Path(f"/proc/{number}/status").read_text()
        memory = int(status.partition("VmRSS:")[2].split()[0]) * 1024
        assert memory < 300_000_000
        asked = http.client.HTTPConnection(urlsplit(address).netloc, timeout=15)
        for _ in range(200):
            asked.request("GET", "/all/small.txt")
            assert asked.getresponse().read() == FILES["all/small.txt"]
        asked.close()


@pytest.mark.skipif(sys.platform != "linux", reason="handles are looked up in /proc")
def test_few_file_handles_are_enough(home: Home, served: Callable[..., tuple[int, str]], many_handles: None) -> None:
    _, address = served(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)))
    peer: socket.socket
    for _ in range(3):
        with ExitStack() as all_:
            crowd = []
            for _ in range(500):
                peer = all_.enter_context(socket.socket())
                peer.setblocking(False)
                peer.connect_ex((urlsplit(address).hostname, urlsplit(address).port))
                crowd.append(peer)
            for peer in crowd:
                with suppress(OSError):  # it could not be taken, or is not yet
                    peer.send(b"GET /all/voice.mp3 HTTP/1.1\r\nHost: x\r\n\r\n")
            wait_for(lambda: reached(address))
    (process,) = home.started
    process.terminate()
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "serve.connections: 2500 want " in errors
    assert "Traceback" not in errors
    assert len(errors.splitlines()) < 20, errors


def reached(address: str) -> bool:
    """Whether somebody who comes now is served."""
    try:
        return Site(Path(), address).ask("/all/small.txt").body == FILES["all/small.txt"]
    except (OSError, http.client.HTTPException):
        return False
