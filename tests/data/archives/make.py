"""Makes the archive that later releases must be able to read: `python tests/data/archives/make.py`, once a schema.

It holds a row or more of every kind. All of its texts were written for this project. An archive that is checked in is
never made anew: what was released is what people have.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))

from archive.proof.note import signed, verifier_of  # noqa: E402
from archive.schedule import learn  # noqa: E402
from archive.store import Store  # noqa: E402
from archive.store.schema import migrations  # noqa: E402
from archive.store.times import to_text  # noqa: E402
from config.settings import Schedule  # noqa: E402
from feeds.channel import Page  # noqa: E402
from feeds.model import Feed, Text, Tombstone  # noqa: E402
from tests.support.archive import (  # noqa: E402
    an_article,
    an_entry,
    asked,
    hour,
    no_feed,
    not_modified,
    open_archive,
    shown,
    told,
)
from tests.support.items import FULL, NOON  # noqa: E402


def make(path: Path) -> None:
    """Write the archive."""
    with closing(open_archive(path)) as store:
        feed = store.subscribe("https://source.example/feed.xml", kind="remote", now=NOON, tags=["été"], interval=30)
        gone = store.subscribe("https://gone.example/", kind="remote", now=NOON, title="Gone")
        notes = store.subscribe("local:notes", kind="local", now=NOON, title="Notes")
        meta = Feed(title="La Source", language="fr", ttl=60)
        told(
            store,
            shown(feed, hour(0), an_entry(2), an_entry(1), meta=meta),
            shown(feed, hour(1), FULL, an_entry(2, "Edited"), an_entry(1), meta=meta),
            not_modified(feed, hour(2)),
            no_feed(feed, hour(3)),
            shown(
                feed,
                hour(4),
                FULL,
                an_entry(2),
                meta=meta,
                tombstones=[Tombstone(str(an_entry(1).id), hour(3.5))],
                poll=asked(hour(4), last_success=hour(4), last_changed=hour(4)),
            ),
            shown(gone, hour(0), an_entry(2), an_entry(3, id="x"), an_entry(4, id="x")),
            an_article(notes, hour(5), an_entry(5, id=None, link=None), "/notes/a.md"),
        )
        told(store, shown(gone, hour(5), an_entry(2), poll=asked(hour(5), gone=hour(5), error="gone", failures=1)))
        store.unsubscribe(gone, hour(6))
        joined(store)
        learn(store, Schedule(), hour(6), lambda: False)
        store.extend_channel("all", [1, 2, 3, 4], cursor=4, selection="s")
        store.extend_channel("all", [], cursor=4, selection="s", dropped=[2])
        store.close_page("all", Page(1, 0, 3))
        store.claim(now=hour(9), limit=1, lease=timedelta(minutes=10))
        key = Ed25519PrivateKey.from_private_bytes(bytes(32))
        store.keep_signed(signed(store.head(), key), verifier_of(key, store.origin()), hour(10))
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "INSERT INTO push (feed, hub, topic, token, secret, state, asked)"
            " VALUES (1, 'https://hub.example/', 'https://source.example/feed.xml', 't', 's', 'asked', ?)",
            (to_text(NOON),),
        )
        db.execute("UPDATE poll SET lease_holder = 'host 1 1' WHERE lease_holder IS NOT NULL")
        db.commit()
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("VACUUM")


def joined(store: Store) -> None:
    """Entries under new guids, merged and split; a page in a feed's place; what schema 2 brought."""
    moved = store.subscribe("https://moved.example/feed", kind="remote", now=NOON)
    one, two, three = (an_entry(number, link=f"https://moved.example/{number}") for number in (21, 22, 23))
    again = replace(one, id="https://moved.example/new/21", content=Text("<p>Moved</p>"))
    told(
        store,
        shown(moved, hour(0), three, two, one),
        shown(moved, hour(1), three, two, again),
        no_feed(moved, hour(2)),
        shown(moved, hour(3), three, two, again),
    )
    numbers = {str(entry.id): number for entry in (one, two, three) if (number := store.find_entry(str(entry.id)))}
    store.split(numbers[str(one.id)].id, f"guid:{again.id}", hour(4))
    store.merge(numbers[str(two.id)].id, numbers[str(three.id)].id, hour(4))


if __name__ == "__main__":
    target = HERE / f"schema-{len(migrations())}.sqlite"
    if target.exists():
        sys.exit(f"{target} is there already: it stays as it was released")
    make(target)
