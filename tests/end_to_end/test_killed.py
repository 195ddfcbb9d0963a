"""`backissue publish`, killed at any instant: what is published is always whole, and the next run makes good."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lxml import etree, html

from archive.store import Observation
from feeds.model import Charset, Entry, Feed, ParsedFeed, Text
from feeds.write.stylesheet import stylesheet
from tests.support.newsroom import BACKISSUE, Newsroom

START = datetime(2026, 1, 1, tzinfo=UTC)
KILLS = 8


def test_a_kill_at_any_instant_leaves_whole_documents(tmp_path: Path) -> None:
    room, again = tmp_path / "room", tmp_path / "again"
    room.mkdir()
    newsroom = Newsroom(room)
    newsroom.configure(channels='[[channels]]\nname = "all"\ntitle = "All"\nentries = 5\n')
    entries = [
        Entry(id=f"tag:x.example,2026:{number}", title=f"Entry {number}", content=Text(f"<p>{'text ' * 200}</p>"))
        for number in range(400)
    ]
    with newsroom.store() as store:
        feed = store.subscribe("https://x.example/feed", kind="remote", now=START)
        parsed = ParsedFeed(format="atom10", feed=Feed(), entries=tuple(entries), charset=Charset(used="utf-8"))
        store.record([Observation(feed=feed, at=START + timedelta(days=1), parsed=parsed)])
    shutil.copytree(room, again)
    newsroom_again = Newsroom(again)

    begun = time.perf_counter()
    newsroom_again.run("publish")
    whole = time.perf_counter() - begun
    dice, cut_short = random.Random(9), 0
    for _ in range(KILLS):
        with subprocess.Popen([BACKISSUE, "publish"], cwd=room, stdout=subprocess.DEVNULL) as process:
            time.sleep(dice.uniform(0.3, 0.9) * whole)
            process.kill()
        cut_short += process.returncode != 0
        for path in published(room):
            read(path)
    newsroom.run("publish")

    assert cut_short
    assert {path.relative_to(room): path.read_bytes() for path in published(room)} == {
        path.relative_to(again): path.read_bytes() for path in published(again)
    }
    assert not list(newsroom.public.rglob(".*.tmp"))
    assert "The archive is whole" in newsroom.run("check")


def published(room: Path) -> list[Path]:
    """What a web server would show."""
    return [path for path in (room / "public").rglob("*") if path.is_file() and not path.name.startswith(".")]


def read(path: Path) -> None:
    """Fails where the document is not whole."""
    data = path.read_bytes()
    if path.suffix == ".json":
        json.loads(data)
    elif path.suffix == ".html":
        assert data.endswith(b"</html>\n")
        html.document_fromstring(data)
    elif path.suffix == ".css":
        assert data == stylesheet(path.name)
    else:
        etree.fromstring(data)
