"""Several processes on one archive: one `run`, which is known by name, and any other command beside it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.home import ARTICLE, Home, imported, put_feeds, running, wait_for
from tests.support.server import FeedServer


def refused(home: Home, *words: str) -> str:
    """What a second run is told, on one line."""
    process = home.start("run", "--port", "0", *words)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (1, ""), errors
    assert errors.count("\n") == 1, errors
    return errors


def test_a_second_run_is_told_who_runs_the_archive(home: Home, tmp_path: Path) -> None:
    first, _ = running(home)
    line = refused(home)
    at = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} UTC"
    who = f"is run already, by process {first.pid} on {re.escape(socket.gethostname())} since {at}"
    assert re.fullmatch(f"Error: .*backissue.sqlite: {who}; stop that one first, or name another archive\n", line), line
    assert json.loads(refused(home, "--json"))["error"]["reason"].startswith("is run already, by process")
    # Under another name it is the same archive.
    (tmp_path / "other").symlink_to(home.folder)
    home.configure(f"[storage]\narchive = '{tmp_path}/other/backissue.sqlite'\n")
    assert f"by process {first.pid} on" in refused(home)
    first.terminate()
    first.communicate(timeout=10)
    assert not (home.folder / "backissue.sqlite.run").exists()


def test_whoever_was_killed_runs_nothing(home: Home) -> None:
    first, _ = running(home)
    assert f"by process {first.pid} on" in refused(home)
    first.kill()
    first.wait()
    assert (home.folder / "backissue.sqlite.run").exists()
    assert home.json("status")["runner"] is None
    second, _ = running(home)
    assert f"by process {second.pid} on" in refused(home)
    assert home.json("status")["runner"]["pid"] == second.pid
    assert f"It is run by process {second.pid} on {socket.gethostname()} since " in home("status").stdout


def test_of_many_that_begin_at_once_one_runs(home: Home) -> None:
    many = [home.start("run", "--port", "0", "--json") for _ in range(4)]
    wait_for(lambda: sum(process.poll() is not None for process in many) == len(many) - 1, 60)
    (left,) = [process for process in many if process.poll() is None]
    for process in many:
        if process is not left:
            _, errors = process.communicate(timeout=10)
            assert process.returncode == 1
            assert "is run already" in errors or "is run by another process already" in errors, errors
    left.terminate()
    _, errors = left.communicate(timeout=10)
    assert (left.returncode, errors) == (0, "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to(home: Home) -> None:
    home.folder.chmod(0o500)
    try:
        assert "cannot be held for this run (permission denied" in refused(home)
    finally:
        home.folder.chmod(0o700)


def test_other_commands_are_safe_beside_a_run(
    home: Home, feed_server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKISSUE_SCHEDULE__TICK", "0.1")
    imported(home, put_feeds(feed_server, 60))
    run, _ = running(home)
    beside: list[subprocess.Popen[str]] = []
    for number in range(3):
        home.write(f"ferry-{number}.txt", ARTICLE.replace("nine", str(number)))
        beside += [home.start("archive"), home.start("publish"), home.start("ingest", f"ferry-{number}.txt")]
    for process in beside:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, ""), process.args
    wait_for(lambda: all(feed["poll"]["last_success"] for feed in home.json("list")["feeds"] if feed["poll"]))
    run.terminate()
    _, errors = run.communicate(timeout=10)
    assert (run.returncode, errors) == (0, "")
    assert all(len(feed_server.asked(f"/{number}")) == 1 for number in range(60))
    home("publish")
    assert home.json("check")["damage"] == []
    assert len(home.json("list", "--entries", "--limit", "100")["entries"]) == 63
    public = home.folder / "public/all"
    documents = [json.loads(path.read_text()) for path in (*public.glob("archive/*.json"), public / "feed.json")]
    assert len({item["id"] for document in documents for item in document["items"]}) == 63
