"""What only a process of its own shows: signals, kills, pipes, terminals, and work that goes on."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.support.home import ARTICLE, Home, imported, put_feeds, rss, running, wait_for
from tests.support.server import FeedServer

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}


def entries(home: Home) -> int:
    """How many are written down."""
    with closing(sqlite3.connect(home.folder / "backissue.sqlite")) as db:
        return int(db.execute("SELECT count(*) FROM entry").fetchone()[0])


def on_a_terminal(home: Home, *words: str, columns: int = 60) -> str:
    """What a command writes to a terminal."""
    master, slave = pty.openpty()
    environ = os.environ | {"COLUMNS": str(columns), "TERM": "xterm"}
    process = home.start(*words, stdout=slave, stderr=slave, env=environ)
    os.close(slave)
    written = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError as error:
            assert error.errno == errno.EIO  # the other end is closed
            break
        if not piece:
            break
        written += piece
    os.close(master)
    assert process.wait(timeout=20) == 0
    return written.decode()


def test_progress_shows_on_a_terminal_and_not_in_a_pipe(home: Home, feed_server: FeedServer) -> None:
    imported(home, put_feeds(feed_server, 12))
    shown = on_a_terminal(home, "archive")
    assert "Asking feeds" in shown and "12/12" in shown
    home.write("ferry.txt", ARTICLE)
    assert "Taking in" in on_a_terminal(home, "ingest", "ferry.txt")
    output, errors = home.start("archive", *[str(number) for number in range(1, 13)]).communicate(timeout=20)
    assert errors == "" and "\x1b" not in output and "Asking" not in output
    machine = home.start("archive", "1", "--json")
    output, errors = machine.communicate(timeout=20)
    assert errors == "" and json.loads(output)["feeds"]


def test_tables_fit_a_terminal_and_are_whole_in_a_pipe(home: Home, feed_server: FeedServer) -> None:
    feed_server.put("/a", rss("とても長い日本語の題名" * 5, "one"))
    home("add", feed_server.url("/a"))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", on_a_terminal(home, "list")).splitlines()
    widths = [sum(2 if ord(letter) > 0x2E80 else 1 for letter in line) for line in lines]
    assert max(widths) <= 60 and lines[1].endswith("…")
    assert feed_server.url("/a") in home("list").stdout


def test_a_reader_that_goes_away_is_no_error(home: Home, feed_server: FeedServer) -> None:
    feed_server.put("/a", rss("A", *[f"item-{number}" for number in range(800)]))
    home("add", feed_server.url("/a"))
    for words in (("list", "1", "--limit", "800"), ("list", "1", "--limit", "800", "--json"), ("export",), ("list",)):
        process = home.start(*words)
        assert process.stdout is not None and process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert (process.wait(timeout=20), process.stderr.read()) == (0, "")
        process.stderr.close()


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_archive_stopped_keeps_what_came(
    number: signal.Signals, code: int, home: Home, feed_server: FeedServer
) -> None:
    urls = put_feeds(feed_server, 6)
    with FeedServer() as slow:
        slow.hang("/hang")
        imported(home, [*urls, slow.url("/hang")])
        process = home.start("archive")
        wait_for(lambda: slow.asked("/hang") and entries(home) == 6)
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)  # the server hangs for longer
    assert process.returncode == code
    assert errors == "stopped; all that came is saved, and what was not asked yet stays due\n"
    assert "6 new entries" in output
    feeds = home.json("list")["feeds"]
    assert [feed["entries"] for feed in feeds] == [1] * 6 + [0]
    again = home.json("archive", code=1)
    assert [feed["url"] for feed in again["feeds"]] == [feeds[6]["url"]]


@pytest.mark.parametrize("command", ["add", "archive"])
def test_finding_a_feed_can_be_stopped(command: str, home: Home, feed_server: FeedServer) -> None:
    feed_server.hang("/hang")
    process = home.start(command, feed_server.url("/hang"))
    wait_for(lambda: feed_server.asked("/hang"))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (130, "stopped; what was done before is saved\n")
    assert home.json("list")["feeds"] == []


def test_ingest_stopped_keeps_what_came(home: Home, feed_server: FeedServer) -> None:
    feed_server.hang("/hang")
    for number in range(60):
        home.write(f"articles/{number}.txt", ARTICLE.replace("nine", str(number)))
    home.write("late.txt", ARTICLE)
    process = home.start("ingest", "articles", feed_server.url("/hang"), "late.txt")
    wait_for(lambda: feed_server.asked("/hang"))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors == "stopped; 60 articles saved, the same command takes in the rest\n"
    assert home.json("list")["feeds"][0]["entries"] == 60
    assert "1 new, 0 changed, 60 unchanged" in home("ingest", "articles", "late.txt").stdout


# Ctrl-C comes while a module is looked for, which is at some moment of the start.
INTERRUPTED = """
import os, runpy, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == wanted:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
wanted = sys.argv.pop(1)
sys.meta_path.insert(0, Finder())
runpy.run_module("backissue", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("module", ["click", "backissue.cli.base", "backissue.cli.articles", "archive.ingest", "lxml"])
def test_every_command_can_be_stopped_while_it_starts(module: str, home: Home) -> None:
    path = home.write("ferry.txt", ARTICLE)
    command = [sys.executable, "-c", INTERRUPTED, module, "ingest", str(path)]
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    ended = subprocess.run(
        command, cwd=home.folder, capture_output=True, text=True, timeout=60, env=ENVIRONMENT, preexec_fn=heed
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "stopped; what was done before is saved\n")


def test_waiting_for_standard_input_can_be_stopped(home: Home) -> None:
    process = home.start("ingest", "-", stdin=subprocess.PIPE)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "stopped; what was done before is saved\n")


@pytest.mark.parametrize("after", [1, 60, 150])
def test_a_pass_killed_anywhere_is_done_again_at_once(after: int, home: Home, feed_server: FeedServer) -> None:
    urls = put_feeds(feed_server, 200)
    imported(home, urls)
    process = home.start("archive")
    wait_for(lambda: len(feed_server.requests) >= after)
    process.kill()
    process.wait()
    result = home("archive")
    assert "No feed is due" not in result.stdout
    feeds = home.json("list")["feeds"]
    assert [feed["entries"] for feed in feeds] == [1] * 200
    assert all(feed["poll"]["last_success"] for feed in feeds)
    assert home.json("archive")["feeds"] == []
    assert home.json("check")["damage"] == []
    assert len(home.json("list", "--entries", "--limit", "1000")["entries"]) == 200
    assert len(json.loads((home.folder / "public/all/feed.json").read_text())["items"]) >= 50
    most = max(len(feed_server.asked(f"/{number}")) for number in range(200))
    assert most <= 2  # a batch that was under way is asked once more, and no more than that


def test_a_feed_that_another_run_asks_is_passed_over(home: Home, feed_server: FeedServer) -> None:
    feed_server.hang("/hang")
    imported(home, [feed_server.url("/hang")])
    process = home.start("archive")
    wait_for(lambda: feed_server.asked("/hang"))
    result = home("archive", "1")
    assert result.stderr.startswith(f"Passed over: {feed_server.url('/hang')}: another run of Backissue asks it")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130


def get(address: str) -> bytes:
    """What is served there; nothing before it is published."""
    with suppress(urllib.error.HTTPError), urllib.request.urlopen(address, timeout=5) as answer:
        return bytes(answer.read())
    return b""


def test_run_keeps_all_going_and_goes_on_after_a_restart(
    home: Home, feed_server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKISSUE_SCHEDULE__TICK", "0.2")
    (url,) = put_feeds(feed_server, 1)
    home.configure(
        "[http]\nallow_private_addresses = true\n"
        f"[[sources]]\nurl = '{url}'\n[[folders]]\npath = 'articles'\nsource = 'Desk'\n"
    )
    path = home.write("articles/ferry.txt", ARTICLE)
    old = time.time() - 60
    os.utime(path, (old, old))
    process, address = running(home)
    wait_for(lambda: b"The ferry is back" in get(f"{address}all/feed.rss"))
    wait_for(lambda: b"item-0" in get(f"{address}all/feed.rss"))
    # An article that is edited while it runs, and lies still for a moment.
    path.write_text(ARTICLE.replace("nine", "ten"))
    os.utime(path, (old + 1, old + 1))
    wait_for(lambda: b"ten years" in get(f"{address}all/feed.atom"))
    path.unlink()
    path.parent.rmdir()
    time.sleep(1)
    begun = time.monotonic()
    process.terminate()
    output, errors = process.communicate(timeout=10)
    assert time.monotonic() - begun < 5 and process.returncode == 0
    assert json.loads(output.splitlines()[-1]) == {"stopped": True}
    assert errors.count("does not exist") == 1, errors  # told once, not at every tick
    process, address = running(home)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    assert len(feed_server.asked("/0")) == 1  # it was not due again
    (ferry,) = home.json("search", "ferry")["hits"]
    assert ferry["record"]["versions"] == 2


def test_run_ends_in_time_while_a_server_hangs_and_leaves_nothing_claimed(home: Home, feed_server: FeedServer) -> None:
    feed_server.hang("/hang")
    imported(home, [feed_server.url("/hang")])
    process, _ = running(home)
    wait_for(lambda: feed_server.asked("/hang"))
    begun = time.monotonic()
    process.terminate()
    _, errors = process.communicate(timeout=10)
    assert time.monotonic() - begun < 5
    assert (process.returncode, errors) == (0, "")
    feed_server.put("/hang", rss("It came", "one"))
    assert len(home.json("archive")["feeds"]) == 1


def test_run_ends_in_time_while_it_publishes(home: Home, feed_server: FeedServer) -> None:
    items = [f"item-{number}" for number in range(2500)]
    feed_server.put("/a", rss("A", *items, text="Words " * 30))
    home("add", feed_server.url("/a"))
    channels = "".join(f"[[channels]]\nname = 'c{number}'\ntitle = 'C'\n" for number in range(20))
    home.configure(f"[http]\nallow_private_addresses = true\n{channels}")
    process, _ = running(home)
    wait_for((home.folder / "public/c0/archive").exists)
    begun = time.monotonic()
    process.terminate()
    _, errors = process.communicate(timeout=10)
    assert time.monotonic() - begun < 5
    assert (process.returncode, errors) == (0, "")
    assert not list((home.folder / "public").rglob(".*.tmp"))
    assert not (home.folder / "public/c19").exists()
    home.configure("[[channels]]\nname = 'c0'\ntitle = 'C'\n")
    home("publish")
    public = home.folder / "public/c0"
    documents = [json.loads(path.read_text()) for path in (*public.glob("archive/*.json"), public / "feed.json")]
    # All but the one that is open, whose entries are still in the live one.
    final = [one for one in documents if "current" not in one["_backissue"] or one["_backissue"].get("archive")]
    seen = [item["id"] for document in final for item in document["items"]]
    assert len(seen) == len(set(seen)) == 2500


@pytest.fixture
def held(home: Home) -> Iterator[None]:
    """A public folder that another program holds, so that whoever publishes waits and waits."""
    folder = home.folder / "public/all"
    folder.mkdir(parents=True)
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    yield
    os.close(handle)


def test_run_ends_in_time_though_a_pass_does_not(home: Home, held: None) -> None:
    process, _ = running(home)
    time.sleep(1)
    begun = time.monotonic()
    process.terminate()
    output, errors = process.communicate(timeout=10)
    assert time.monotonic() - begun < 5
    assert (process.returncode, errors, output) == (0, "", '{"stopped":true}\n')


def test_a_second_ctrl_c_does_not_wait(home: Home, held: None) -> None:
    process = home.start("archive")
    wait_for((home.folder / "backissue.sqlite").exists)
    time.sleep(1)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130 and errors.startswith("stopped; ")


@pytest.mark.parametrize("command", ["run", "serve"])
def test_a_port_that_is_taken(command: str, home: Home, feed_server: FeedServer) -> None:
    imported(home, put_feeds(feed_server, 1))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = home.start(command, "--port", str(port))
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 1
    assert errors == f"Error: 127.0.0.1:{port}: the port is taken; choose another with --port\n"
    assert not feed_server.requests


def test_two_runs_share_an_archive(home: Home, feed_server: FeedServer) -> None:
    imported(home, put_feeds(feed_server, 60))
    both = [home.start("archive") for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")
    assert all(len(feed_server.asked(f"/{number}")) == 1 for number in range(60))
    assert len(home.json("list", "--entries", "--limit", "100")["entries"]) == 60


def test_the_program_is_a_module_too() -> None:
    command = [sys.executable, "-m", "backissue", "-V"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stdout.startswith("backissue, version ")
