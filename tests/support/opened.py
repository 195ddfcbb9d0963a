"""Which files publishing opens, renames and removes, as the interpreter itself tells (PEP 578).

`python -m tests.support.opened FOLDER COUNT` publishes so many entries and then one more into a folder, and prints the
paths that the second publication touched, as JSON. In a process of its own, as nobody can stop listening.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from config.settings import Channel, Site
from feeds.publish import publish
from tests.support.archive import an_entry, hour, open_archive, shown

CHANNEL = Channel(name="news", title="News", entries=5)
_EVENTS = ("open", "os.rename", "os.remove", "os.utime", "os.chmod", "os.truncate")


def main(folder: Path, count: int) -> None:
    """Publish some entries, and then one more under observation."""
    store = open_archive(folder / "archive.sqlite")
    feed = store.subscribe("https://source.example/feed.xml", kind="remote", now=hour(0))
    for number in range(1, count + 1):
        store.record([shown(feed, hour(number), an_entry(number), windowed=False)])
    publish(CHANNEL, Site(), store, folder / "public", authority=store.authority)
    closed = [str(path) for path in folder.rglob("*") if path.is_file() and is_closed(path)]
    store.record([shown(feed, hour(count + 1), an_entry(count + 1), windowed=False)])
    touched: list[str] = []

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        if event in _EVENTS:
            touched.extend(os.fsdecode(one) for one in arguments if isinstance(one, str | bytes | os.PathLike))

    sys.addaudithook(listen)
    publish(CHANNEL, Site(), store, folder / "public", authority=store.authority)
    print(json.dumps({"closed": closed, "touched": touched}))


def is_closed(path: Path) -> bool:
    """Whether it is a document that says that it never changes."""
    data = path.read_bytes()
    return b"<fh:archive/>" in data or b'"archive": true' in data


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
