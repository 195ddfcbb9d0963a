"""Publishing the archive as it was known at an instant."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path

from archive.past import Past
from archive.store.sqlite import SqliteStore
from config.settings import Channel, Site
from feeds.parse import parse
from feeds.publish import publish
from tests.support.archive import URL, an_entry, hour, open_archive, shown, told
from tests.support.items import NOON


def published(store: SqliteStore, folder: Path, at: datetime | None) -> list[tuple[str | None, str]]:
    """The entries of the Atom document that is published: their titles and texts."""
    source = Past(store, at) if at else store
    publish(Channel(name="all", title="All"), Site(), source, folder, authority=store.authority)
    body = next(folder.rglob("*.atom"), None) or next(path for path in folder.rglob("*") if "atom" in path.name)
    found = parse(body.read_bytes(), "https://b.example/all.atom")
    return sorted((entry.title, entry.content.value if entry.content else "") for entry in found.entries)


def test_the_past_is_published_as_it_was(tmp_path: Path) -> None:
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        feed = store.subscribe(URL, kind="remote", now=NOON)
        steps = [
            [an_entry(1)],
            [an_entry(2), an_entry(1)],
            [an_entry(2, "Edited"), an_entry(1)],
            [an_entry(2), an_entry(3)],
        ]
        then = []
        for number, entries in enumerate(steps):
            told(store, shown(feed, hour(number), *entries))
            then.append(published(store, tmp_path / f"then{number}", hour(number)))
        again = [published(store, tmp_path / f"again{number}", hour(number)) for number in range(4)]
        assert again == then
        assert [len(one) for one in then] == [1, 2, 2, 3]
        assert any("Edited" in text for _, text in then[2])
        assert not any("Edited" in text for _, text in then[3])
        assert published(store, tmp_path / "now", None) == then[3]


def test_the_past_leaves_no_trace(tmp_path: Path) -> None:
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        feed = store.subscribe(URL, kind="remote", now=NOON)
        told(store, shown(feed, hour(0), an_entry(1)))
        published(store, tmp_path / "then", hour(0))
        assert store.channel_state("all").length == 0
