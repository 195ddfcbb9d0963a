"""Serving: `backissue serve`, one process, beside one worker of nginx; 200 and 304 of the same feed of 100 KB.

Both have access logs off and keep connections open. What asks is wrk, in a process of its own and the same for both
sides: one thread, 32 connections. Both sides run all the time, and are asked in turns.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.measure import Result, Side, compare

_SECONDS = 3
_CONNECTIONS = 32
_NGINX = """
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
    types {{ application/rss+xml rss; }}
    server {{ listen 127.0.0.1:{port}; root {public}; }}
}}
"""
_RATE = re.compile(r"(\d+) requests in")
_WRONG = re.compile(r"(?:Socket errors|Non-2xx or 3xx responses): .*")


def results(rounds: int) -> Iterator[Result | str]:
    """The ratios for 200 and 304; a word instead where nginx or wrk is not installed."""
    missing = [name for name in ("nginx", "wrk") if shutil.which(name) is None]
    if missing:
        yield f"serve: skipped, as {' and '.join(missing)} cannot be found"
        return
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        feed = _feed(work)
        with _backissue(work) as ours, _nginx(work) as theirs:
            sides = {"Backissue": ours + feed, "nginx, one worker": theirs + feed}
            yield _compared("serve a feed of 100 KB (200)", sides, conditional=False, rounds=rounds)
            yield _compared("serve that it did not change (304)", sides, conditional=True, rounds=rounds)


def _compared(what: str, sides: dict[str, str], *, conditional: bool, rounds: int) -> Result:
    loads = []
    for name, address in sides.items():
        fields, status = {}, 200
        if conditional:
            with urllib.request.urlopen(address) as answer:
                fields, status = {"If-None-Match": answer.headers["ETag"]}, 304
        _check(address, fields, status)
        loads.append(Side(name, lambda address=address, fields=fields: _load(address, fields)))  # type: ignore[misc]
    return compare(what, "answers", *loads, rounds)


def _check(address: str, fields: dict[str, str], status: int) -> None:
    """See that this request gets that status, so that what is measured is what is told."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=fields)) as answer:
            found = answer.status
    except urllib.error.HTTPError as error:
        found = error.code
    assert found == status, (address, found)


def _load(address: str, fields: dict[str, str]) -> float:
    """Ask for some seconds as fast as it answers; gives how many answers came."""
    headers = [part for name, value in fields.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{_SECONDS}s", *headers, address]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert not _WRONG.search(said), said
    found = _RATE.search(said)
    assert found, said
    return float(found[1])


def _feed(work: Path) -> str:
    """Write the feed into the published folder; gives its path below the address."""
    path = work / "public" / "all" / "feed.rss"
    path.parent.mkdir(parents=True)
    item = "<item><guid>urn:x:%04d</guid><title>An entry</title><description>%s</description></item>\n"
    text = "".join(item % (number, "What it says. " * 60) for number in range(110))
    path.write_text(f'<rss version="2.0"><channel><title>All</title>\n{text}</channel></rss>\n')
    past = time.time() - 86_400
    os.utime(path, (past, past))
    (work / "backissue.toml").write_text("")
    return "all/feed.rss"


@contextlib.contextmanager
def _backissue(work: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "backissue", "--config", str(work / "backissue.toml")]
    with _process([*command, "serve", "--port", "0", "--json"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["address"]


@contextlib.contextmanager
def _nginx(work: Path) -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    # Started by root, its worker would give up its rights, and could not read the folder.
    user = "user root;" if os.geteuid() == 0 else ""
    (work / "nginx.conf").write_text(user + _NGINX.format(work=work, port=port, public=work / "public"))
    with _process(["nginx", "-c", str(work / "nginx.conf"), "-p", str(work)], stderr=subprocess.DEVNULL):
        _wait(port)
        yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def _process(
    command: Sequence[str], *, stdout: int | None = None, stderr: int | None = None
) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=stdout, stderr=stderr, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def _wait(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")
