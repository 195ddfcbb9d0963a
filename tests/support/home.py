"""A folder in which the commands are run, in this process or in one of their own."""

from __future__ import annotations

import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from backissue.cli import main
from tests.support.server import FeedServer

ARTICLE = "The ferry is back\n\nAfter nine years the ferry crosses the river again, with a cat on board.\n"


class Home:
    """The folder: `folder` holds a backissue.toml, and is the current one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []

    def __call__(self, *words: str | Path, code: int = 0, input: str | bytes | None = None) -> Result:
        """Run a command in this process; it must end with that exit code."""
        result = CliRunner().invoke(main, [str(word) for word in words], input=input, prog_name="backissue")
        assert result.exit_code == code, (words, result.exit_code, result.output)
        assert "Traceback" not in result.output
        return result

    def json(self, *words: str | Path, code: int = 0, input: str | bytes | None = None) -> Any:
        """What a command with --json prints on standard output."""
        return json.loads(self(*words, "--json", code=code, input=input).stdout)

    def start(self, *words: str | Path, **options: Any) -> subprocess.Popen[str]:
        """Run a command in a process of its own, which is killed at the test's end if need be."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        command = [sys.executable, "-m", "backissue", *map(str, words)]
        # A shell that put the tests into the background had Ctrl-C ignored, and that would be inherited.
        heed, also = partial(signal.signal, signal.SIGINT, signal.SIG_DFL), pipes.pop("preexec_fn", None)
        first = (lambda: (heed(), also())) if also else heed
        process = subprocess.Popen(command, cwd=self.folder, text=True, preexec_fn=first, **pipes)
        self.started.append(process)
        return process

    def end(self) -> None:
        """Leave no process behind."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def write(self, name: str, text: str | bytes) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def configure(self, text: str) -> None:
        """Make this the configuration."""
        self.write("backissue.toml", text)

    def contents(self) -> dict[str, str]:
        """A digest of every row that the archive holds, by table."""
        path = self.folder / "backissue.sqlite"
        if not path.exists():
            return {}
        with closing(sqlite3.connect(path)) as db:
            tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                table: hashlib.sha256(repr(db.execute(f"SELECT * FROM {table}").fetchall()).encode()).hexdigest()
                for table in tables
            }


def rss(title: str, *items: str, text: str = "Text") -> bytes:
    """An RSS document with an item for each title."""
    entries = "".join(
        f"<item><title>{item}</title><link>https://source.example/{item}</link><guid>{item}</guid>"
        f"<description>{text} of {item}</description></item>"
        for item in items
    )
    head = f"<title>{title}</title><link>https://source.example/</link><description>d</description>"
    return f'<rss version="2.0"><channel>{head}{entries}</channel></rss>'.encode()


def put_feeds(server: FeedServer, count: int) -> list[str]:
    """That many feeds of one item on the server; gives their addresses."""
    for number in range(count):
        server.put(f"/{number}", rss(f"Feed {number}", f"item-{number}"))
    return [server.url(f"/{number}") for number in range(count)]


def opml(urls: list[str]) -> str:
    """A list of these feeds, as other readers write it."""
    outlines = "".join(f'<outline type="rss" text="{url}" xmlUrl="{url}"/>' for url in urls)
    return f'<opml version="2.0"><head/><body>{outlines}</body></opml>'


def imported(home: Home, urls: list[str]) -> None:
    """Have these feeds followed."""
    home.write("list.opml", opml(urls))
    home("import", "list.opml")


def running(home: Home, *words: str) -> tuple[subprocess.Popen[str], str]:
    """`run` on a free port, once it serves; and its address."""
    process = home.start("run", "--port", "0", "--json", *words)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())["address"]


def wait_for(condition: Callable[[], Any], seconds: float = 15) -> Any:
    """What the condition gives once it is true; an AssertionError if it does not become so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come about")
