"""An archive of its own in a folder, run by the installed command as a person runs it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.store import Store, open_store
from feeds.channel import Item
from tests.support.readback import newest

BACKISSUE = Path(sys.executable).with_name("backissue")


class Newsroom:
    """A folder with a backissue.toml; `run` starts the real command in it, in a process of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def configure(self, *, channels: str = "", sources: tuple[str, ...] = (), site: str = "") -> None:
        """Write the configuration; one channel "all" of everything unless others are given."""
        followed = "".join(f'[[sources]]\nurl = "{url}"\n' for url in sources)
        channels = channels or '[[channels]]\nname = "all"\ntitle = "Everything"\n'
        text = f"[site]\n{site}\n[http]\nallow_private_addresses = true\n{channels}\n{followed}"
        (self.root / "backissue.toml").write_text(text, encoding="utf-8")

    def run(self, *words: str | Path, fails: bool = False) -> str:
        """What the command prints; it must end well, or else with one line and code 1."""
        done = subprocess.run([BACKISSUE, *words], cwd=self.root, capture_output=True, text=True, timeout=120)
        assert done.returncode == (1 if fails else 0), (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout

    def facts(self, *words: str | Path) -> Any:
        """What the command prints for machines."""
        return json.loads(self.run(*words, "--json"))

    @contextmanager
    def serving(self, port: int) -> Iterator[str]:
        """`backissue serve` on that port, which must end well when it is told to; gives its address."""
        command = [BACKISSUE, "serve", "--port", str(port), "--json"]
        with subprocess.Popen(command, cwd=self.root, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout
                yield json.loads(process.stdout.readline())["address"]
            finally:
                process.terminate()
            assert process.wait(20) == 0

    @property
    def public(self) -> Path:
        """Where it publishes."""
        return self.root / "public"

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The archive itself, made if it is not there yet."""
        store = open_store(self.root / "backissue.sqlite", now=datetime.now(UTC), authority="x.example")
        try:
            yield store
        finally:
            store.close()

    def items(self) -> dict[str, Item]:
        """The newest version of each archived entry, by its id."""
        with self.store() as store:
            return newest(store.versions_after(0))


def free_port() -> int:
    """A port that was free a moment ago: addresses in feeds have to be known before somebody serves them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
