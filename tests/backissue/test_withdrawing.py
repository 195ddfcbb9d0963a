"""Entries taken back: what the archive keeps, what subscribers are told, and what their addresses answer."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backissue.web import app, running
from feeds.parse import parse
from tests.support.home import Home


def take_note(home: Home, number: int) -> None:
    text = f"Note {number}\n\nIt says {number}, at length.\n"
    home("ingest", "-", "--kind", "text", "--language", "en", input=text)


@pytest.fixture
def notes(home: Home) -> Path:
    """Three notes, published; the folder of their channel."""
    for number in (1, 2, 3):
        take_note(home, number)
    home("publish")
    return home.folder / "public" / "all"


def asked(address: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def titles(channel: Path) -> dict[str, list[str]]:
    found = {}
    for format in ("rss", "atom"):
        data = (channel / f"feed.{format}").read_bytes()
        found[format] = [entry.title or "" for entry in parse(data, url="https://x.example/").entries]
    found["json"] = [item["title"] for item in json.loads((channel / "feed.json").read_bytes())["items"]]
    return found


def test_a_withdrawn_entry_leaves_and_subscribers_are_told(home: Home, notes: Path) -> None:
    before = {path.name: path.read_bytes() for path in (notes / "entries").iterdir()}
    said = home("withdraw", "2", "--reason", "By mistake: <b>sorry</b> & so on").stdout
    assert said == "Entry 2 is withdrawn once 'backissue publish' has run\n"
    assert titles(notes)["atom"] == ["Note 3", "Note 2", "Note 1"]

    home("publish")
    assert titles(notes) == {format: ["Note 3", "Note 1"] for format in ("rss", "atom", "json")}
    [tombstone] = parse((notes / "feed.atom").read_bytes(), url="https://x.example/").tombstones
    assert tombstone.comment == "By mistake: <b>sorry</b> & so on"
    facts = home.json("show", "2")["entry"]
    assert tombstone.ref == facts["public_id"]
    assert facts["deleted_why"] == "withdrawn"
    assert "It says 2" in json.dumps(facts)
    [gone] = json.loads((notes / "feed.json").read_bytes())["_backissue"]["withdrawn"]
    assert gone["id"] == tombstone.ref

    [page] = [name for name, data in before.items() if b"It says 2" in data]
    with running(app(notes.parent), "127.0.0.1", 0) as address:
        status, body = asked(address, f"/all/entries/{page}")
        others = {asked(address, f"/all/entries/{name}")[0] for name in before if name != page}
    assert (status, others) == (410, {200})
    assert b"withdrawn by its publisher" in body
    assert b"By mistake: &lt;b&gt;sorry&lt;/b&gt; &amp; so on" in body
    assert b"It says 2" not in body
    assert all(b"Note 2" not in path.read_bytes() for path in notes.rglob("*.html"))


def test_what_is_given_back_is_published_again(home: Home, notes: Path) -> None:
    home("withdraw", "2")
    home("publish")
    home("withdraw", "2", "--undo")
    home("publish")

    assert sorted(titles(notes)["rss"]) == ["Note 1", "Note 2", "Note 3"]
    assert b"deleted-entry" not in (notes / "feed.atom").read_bytes()
    pages = [path.name for path in (notes / "entries").iterdir() if b"It says 2" in path.read_bytes()]
    with running(app(notes.parent), "127.0.0.1", 0) as address:
        assert [asked(address, f"/all/entries/{page}")[0] for page in pages] == [200]


def test_closed_documents_stay_as_they_are(home: Home) -> None:
    home.configure('[site]\nauthor = "Ann"\n[[channels]]\nname = "all"\ntitle = "All"\nentries = 1\n')
    for number in range(1, 6):
        take_note(home, number)
        home("publish")
    archive = home.folder / "public" / "all" / "archive"
    closed = {path: path.read_bytes() for path in archive.glob("*.atom") if b"<fh:archive" in path.read_bytes()}
    assert closed

    home("withdraw", "1")
    home("publish")
    assert {path: path.read_bytes() for path in closed} == closed
    assert b"deleted-entry" in (archive.parent / "feed.atom").read_bytes()


def test_archive_documents_that_are_closed_later_do_not_show_it_again(home: Home) -> None:
    config = home.folder / "backissue.toml"
    config.write_text(config.read_text("utf-8") + '\n[[channels]]\nname = "few"\ntitle = "F"\nentries = 2\n', "utf-8")
    for number in range(1, 6):
        take_note(home, number)
    home("publish")
    home("withdraw", "3")
    home("publish")
    public = home.folder / "public/few"
    assert not [path for path in public.rglob("*.json") if b"It says 3" in path.read_bytes()]
    for number in range(6, 12):
        take_note(home, number)
        home("publish")
    documents = list((home.folder / "public/few/archive").glob("0*"))
    assert len(documents) >= 9
    assert not [path for path in documents if b"It says 3" in path.read_bytes()]
    home("withdraw", "3", "--undo")
    home("publish")
    assert "Note 3" in titles(home.folder / "public/few")["atom"]
