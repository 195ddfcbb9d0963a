"""An archive with something of everything: runs of answers, equal bodies, edits, articles, copies, merges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.store import Observation, Served
from archive.store.sqlite import SqliteStore
from feeds.model import Category, Enclosure, Person
from tests.support.archive import URL, an_article, an_entry, hour, open_archive, parsed, same_again, shown, told

OTHER = "https://other.example/käse?a=b&c=d"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Feed 1 was asked five times, feed 2 says the same as 1 did; 3 holds an article; 1 has an old copy and a push."""
    made = open_archive(tmp_path / "archive.sqlite")
    one, two = (made.subscribe(url, kind="remote", now=hour(0)) for url in (URL, OTHER))
    desk = made.subscribe("file:///desk", kind="local", now=hour(0), title='Desk, the "first"')
    rich = {"authors": (Person(name="Zoë"), Person(email="a@b.example")), "categories": (Category("sea", label="Sea"),)}
    first = shown(one, hour(1), an_entry(1, **rich), an_entry(2, enclosures=(Enclosure("https://s.example/a.mp3"),)))
    told(made, first, same_again(first, hour(2)), same_again(first, hour(3)))
    told(made, shown(one, hour(4), an_entry(1, "Edited, with \x7f \u2028 and 'quotes'"), an_entry(2)))
    told(made, shown(two, hour(5), an_entry(7), url=OTHER, body=first.served.body if first.served else b""))
    told(made, an_article(desk, hour(6), an_entry(9), "/desk/a b\u00e9.txt"))
    copy = Served(body=b"<rss>old</rss>", url=URL, request_headers=(("Backissue-Replayed", "2026-01-01.xml"),))
    told(
        made,
        Observation(
            feed=one, at=hour(-9), served=copy, parsed=parsed(an_entry(3), an_entry(1, "Older")), windowed=True
        ),
    )
    pushed = Served(
        body=b"<feed>pushed</feed>",
        url=URL,
        request_headers=(("Backissue-Pushed-By", "https://hub.example/"),),
        response_headers=(("Content-Type", "application/atom+xml"),),
    )
    told(made, Observation(feed=one, at=hour(7), served=pushed, parsed=parsed(an_entry(4)), windowed=False))
    told(made, shown(one, hour(8), an_entry(1, **rich), an_entry(2), body=first.served.body if first.served else b""))
    made.merge(made.entries(feed=one)[0].id, made.entries(feed=one)[1].id, hour(9))
    yield made
    made.close()
