"""What is published of an archive, channel by channel."""

from __future__ import annotations

import json
from pathlib import Path

from backissue.release import publish_all
from config.settings import Channel, Settings, Site
from feeds.model import Extension, Feed
from tests.support.archive import URL, an_entry, hour, open_archive, shown, told
from tests.support.items import NOON

OTHER = "https://other.example/feed.xml"


def test_a_podcast_speaks_for_itself_where_a_channel_shows_all_of_it_alone(tmp_path: Path) -> None:
    whole = {"all": (), "one": (URL,), "two": (URL, OTHER), "unknown": (URL, "nobody"), "some": (URL,)}
    channels = tuple(
        Channel(name=name, title=name, feeds=feeds, words=("Text",) if name == "some" else ())
        for name, feeds in whole.items()
    )
    site = Site(title="S", base_url="https://b.example/", author="E")
    settings = Settings(root=str(tmp_path), site=site, channels=channels)
    locked = Extension("podcast:locked", "yes", (("owner", "a@pod.example"),))
    head = Feed(title="Pod", extra={"podcast:guid": "917393e3"}, extensions=(locked,))
    store = open_archive(tmp_path / "a.sqlite")
    for url in (URL, OTHER):
        told(store, shown(store.subscribe(url, kind="remote", now=NOON), hour(1), an_entry(1), meta=head))
    assert publish_all(settings, store, channels).errors == ()
    said = {}
    for name in whole:
        feed = json.loads((tmp_path / f"public/{name}/feed.json").read_bytes())
        said[name] = [one["name"] for one in feed["_backissue"].get("podcast", ())]
    assert said == {"all": [], "one": ["podcast:locked", "podcast:guid"], "two": [], "unknown": [], "some": []}
    stood = (tmp_path / "public/one/feed.rss").read_bytes()
    changed = Feed(title="Pod", extra={"podcast:guid": "917393e3", "podcast:medium": "music"})
    told(store, shown(1, hour(2), an_entry(1), meta=changed))
    publish_all(settings, store, channels)
    now = (tmp_path / "public/one/feed.rss").read_bytes()
    assert b"<podcast:medium>music</podcast:medium>" in now
    assert b"<podcast:medium>" not in stood
    store.close()
