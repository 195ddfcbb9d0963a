"""A channel whose documents lie in `tests/data/published`, byte for byte as they have to come out.

`python -m tests.support.golden` publishes it there: that is what is right from now on, so look at the difference before
you commit it. With a folder and a time it does so elsewhere, at that time.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from config.settings import Channel, Site
from feeds.model import Entry, Person, Text
from feeds.publish import publish
from tests.support.archive import hour, open_archive, shown
from tests.support.items import FULL, NOON

CHANNEL = Channel(name="news", title="News & « Nouvelles »", description="What is new", entries=2, pages=False)
SITE = Site(title="A Site", base_url="https://b.example/", author="The Editor", email="editor@b.example")
DATA = Path(__file__).parent.parent / "data/published"


def publish_golden(public: Path, now: datetime = NOON) -> None:
    """Archive seven entries and an edit, in three visits to a feed, and publish them; `now` is the clock's."""
    entries = [_entry(number) for number in range(1, 7)]
    edited = Entry(
        **{**{name: getattr(entries[1], name) for name in Entry.__struct_fields__}, "title": "In other words"}
    )
    with tempfile.TemporaryDirectory() as folder:
        store = open_archive(Path(folder, "archive.sqlite"), now=now)
        feed = store.subscribe("https://source.example/feed.xml", kind="remote", now=NOON)
        for at, seen in ((1, entries[:3]), (2, [FULL, *entries[3:]]), (3, [edited])):
            store.record([shown(feed, hour(at), *seen, windowed=False)])
        publish(CHANNEL, SITE, store, public, authority="b.example,2026")
        store.close()


def _entry(number: int) -> Entry:
    return Entry(
        id=f"https://source.example/{number}",
        link=f"https://source.example/{number}",
        title=f"Entry {number}: «\u00a0été\u00a0», 日本, “a < b & c”",
        content=Text(
            f'<p dir="ltr">Text {number} — <a href="/{number}?a=1&amp;b=2">là</a>&nbsp;!</p><pre>\n a &lt; b</pre>'
        ),
        authors=(Person("Zoë Élan"),) if number % 2 else (),
        published=hour(-number) if number != 3 else None,
    )


def documents(public: Path) -> dict[str, bytes]:
    """The feeds and archive documents."""
    return {
        str(path.relative_to(public)): path.read_bytes()
        for path in sorted(public.rglob("*"))
        if path.suffix in (".rss", ".atom", ".json")
    }


def _write_down() -> None:
    with tempfile.TemporaryDirectory() as folder:
        publish_golden(Path(folder))
        shutil.rmtree(DATA, ignore_errors=True)
        for name, data in documents(Path(folder)).items():
            (DATA / name).parent.mkdir(parents=True, exist_ok=True)
            (DATA / name).write_bytes(data)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        publish_golden(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
    else:
        _write_down()
