"""The HTTP surface, driven as a whole: by what docs/openapi.yaml describes (Schemathesis), and by bytes.

    python -m tests.fuzz.surface --examples 300 --seconds 300 --seed 7

It starts `backissue run` in a folder of its own, with all that can be switched on. An answer of 5xx, one that is not
described, or a server that does not go on is a fault.
"""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click

from tests.fuzz.mutate import mutated

ROOT = Path(__file__).parents[2]
TOKEN = "0123456789abcdef0123456789abcdef"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "unsupported_method",
)
SEEDS = (
    b"GET / HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nAccept-Encoding: br, gzip\r\n\r\n",
    b'GET /all/feed.rss HTTP/1.1\r\nHost: x\r\nA-IM: feed\r\nIf-None-Match: "x", W/"y"\r\n\r\n',
    b"GET /all/feed.atom HTTP/1.1\r\nHost: x\r\nRange: bytes=0-9\r\nIf-Range: Fri, 27 Nov 2026 12:00:00 GMT\r\n\r\n",
    b"HEAD /all/feed.json HTTP/1.1\r\nHost: x\r\nAccept-Datetime: Tue, 24 Nov 2026 08:30:00 GMT\r\n\r\n",
    b"GET /_past/map/all/feed.rss?before=1790000000 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /_past/20261124083000/all/feed.rss HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"POST /_push/AAAA?hub.mode=subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nX-Hub-Signature: x=0\r\n\r\nhi",
    b"POST /_hub HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nhub.mode",
    b"POST /-/refresh?feed=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\nOrigin: null\r\n\r\n" % TOKEN.encode(),
    b"GET /-/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n\r\n" % TOKEN.encode(),
    b"GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Basic eA==\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n2;a=b\r\nhi\r\n0\r\n\r\n",
)
_WORDS = (
    "GET |POST |HEAD |PUT |OPTIONS |CONNECT | HTTP/1.1| HTTP/1.0| HTTP/2.0|\r\n|\n|\r|\r\n\r\n|Host: x\r\n|Host: |: ",
    "/|//|..|%2e%2e|%2f|%5c|\\|%00|%c0%ae|%25|%|?|#|;|*|http://x/|Content-Length: ",
    "Content-Length: 5\r\n|Range: bytes=|-|,|Transfer-Encoding: chunked\r\n|Connection: close\r\n",
    "Connection: Upgrade\r\nUpgrade: h2c\r\n",
    'Expect: 100-continue\r\n|If-None-Match: *\r\n|If-Match: "|If-Modified-Since: |Accept-Encoding: |q=0',
    "A-IM: feed\r\n|Accept-Datetime: |Authorization: Bearer |Origin: |/-/|/metrics|/_past/|/_push/|gate/",
    "map/|all/|feed.rss|?feed=|?before=|0|5|ffffffff|\x00|\xff|\xc3\xa9|\t| ",
)
TOKENS = tuple(word.encode("latin-1") for line in _WORDS for word in line.split("|"))
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@contextmanager
def surface(folder: Path) -> Iterator[str]:
    """`backissue run` in that folder, with something published; gives its address."""
    feed = b"<rss version='2.0'><channel><title>F</title><item><title>One</title><guid>1</guid></item></channel></rss>"
    (folder / "articles").mkdir()
    (folder / "articles" / "one.txt").write_text("A first note\n\nThis is what it says.\n")
    (folder / "feed.xml").write_bytes(feed)
    (folder / "backissue.toml").write_text(
        f'[site]\nauthor = "Ann"\nhubs = ["https://hooks.example/_hub"]\n'
        f'[http]\ntoken = "{TOKEN}"\n[serve]\ntimeout = 5.0\nidle = 5.0\n'
        '[push]\nenabled = true\naddress = "https://hooks.example/"\n'
        '[[folders]]\npath = "articles"\n[[sources]]\nurl = "http://127.0.0.1:9/feed"\n'
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "backissue"]
    subprocess.run(
        [*command, "archive"],
        cwd=folder,
        env=environment,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    errors = folder / "errors"
    with errors.open("w") as told:
        process = subprocess.Popen(
            [*command, "run", "--port", "0", "--json"],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
        )
    try:
        assert process.stdout
        yield json.loads(process.stdout.readline())["address"]
        assert process.poll() is None, errors.read_text()[-5000:]
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert "Traceback" not in errors.read_text(), errors.read_text()[-5000:]


def described(address: str, *, examples: int, seed: int, phases: str) -> subprocess.CompletedProcess[str]:
    """Schemathesis with all that docs/openapi.yaml says; it ends with 0 if nothing is wrong."""
    options = ["--url", address.rstrip("/"), "--checks", ",".join(CHECKS), "--phases", phases]
    options += ["--max-examples", str(examples), "--seed", str(seed), "--header", f"Authorization:Bearer {TOKEN}"]
    options += ["--suppress-health-check", "all", "--generation-database", "none", "--warnings", "off", "--no-color"]
    command = [Path(sys.executable).with_name("schemathesis"), "run", ROOT / "docs/openapi.yaml", *options]
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def bytes_sent(address: str, *, tries: int, seconds: float, seed: int) -> Counter[int]:
    """Variants of a few requests, several on one connection; gives the statuses of all answers.

    Raises AssertionError for an answer of 5xx, and where the server does not answer a good request right after.
    """
    dice, seen, end = random.Random(seed), Counter[int](), time.monotonic() + seconds
    for _ in range(tries):
        if time.monotonic() > end:
            break
        sent = b"".join(
            mutated(dice.choice(SEEDS), SEEDS, TOKENS, dice)[:20_000] for _ in range(dice.choice((1, 1, 2, 4)))
        )
        got = _exchange(address, sent)
        statuses = [int(status) for status in _STATUS.findall(got)]
        assert not [status for status in statuses if status >= 500], (sent, got[:500])
        seen.update(statuses)
    assert _exchange(address, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    return seen


def _exchange(address: str, sent: bytes) -> bytes:
    """What is answered until nothing comes any more: we say that we are done, so it is not waited for."""
    parts, got = urlsplit(address), b""
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as peer:
        try:
            peer.sendall(sent)
            peer.shutdown(socket.SHUT_WR)
            while piece := peer.recv(65536):
                got += piece
        except ConnectionError:
            pass  # it was refused before all of it was sent
    return got


@click.command()
@click.option("--examples", default=100, show_default=True, help="Requests by Schemathesis, for each address.")
@click.option("--seconds", default=60, show_default=True, help="For requests made of bytes.")
@click.option("--seed", default=0, show_default=True, help="Another number gives other requests.")
def main(examples: int, seconds: int, seed: int) -> None:
    """Drive the whole HTTP surface; exit with 1 where an answer is 5xx or not what is described.

    \b
    Example:
      python -m tests.fuzz.surface --examples 300 --seconds 300 --seed 7
    """
    with tempfile.TemporaryDirectory() as folder, surface(Path(folder)) as address:
        seen = bytes_sent(address, tries=sys.maxsize, seconds=seconds, seed=seed)
        click.echo(f"bytes: {sum(seen.values())} answers: {dict(sorted(seen.items()))}")
        done = described(address, examples=examples, seed=seed, phases="examples,coverage,fuzzing")
        click.echo(done.stdout[-6000:] + done.stderr[-2000:])
    if done.returncode:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
