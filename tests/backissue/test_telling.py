"""A publisher, a hub and a subscriber, each a process of its own: what is new is there without anybody asking."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import etree

from tests.support.home import ARTICLE, Home, wait_for
from tests.support.hub import Hub
from tests.support.newsroom import free_port
from tests.support.server import FeedServer


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        yield made


@pytest.fixture
def reader(home: Home, tmp_path: Path) -> Iterator[Home]:
    """The folder of who subscribes."""
    (tmp_path / "reader").mkdir()
    made = Home(tmp_path / "reader")
    yield made
    made.end()


def address(port: int, hub: Hub | None = None) -> str:
    hubs = f"hubs = ['{hub.address}']\n" if hub else ""
    return (
        f"[site]\nauthor = 'Ann'\nbase_url = 'http://127.0.0.1:{port}/'\n{hubs}"
        "[http]\nallow_private_addresses = true\n[schedule]\ntick = 0.3\n"
    )


def titles(home: Home) -> set[str]:
    found = home.json("--config", home.folder / "backissue.toml", "list", "--entries")["entries"]
    return {one["entry"]["title"] for one in found}


def test_what_is_published_is_pushed(home: Home, reader: Home, hub: Hub) -> None:
    ports = free_port(), free_port()
    topic = f"http://127.0.0.1:{ports[0]}/all/feed.atom"
    home.write("articles/one.txt", ARTICLE)
    home.configure(address(ports[0], hub) + "[[folders]]\npath = 'articles'\n")
    reader.configure(address(ports[1]) + f"[push]\nenabled = true\n[[sources]]\nurl = '{topic}'\n")
    home.start("run", "--port", str(ports[0]))
    wait_for(lambda: (home.folder / "public/all/feed.atom").exists(), 30)
    wait_for(lambda: fetched(topic), 30)
    reader.start("run", "--port", str(ports[1]))
    wait_for(lambda: hub.log("verified"), 30)
    home.write(
        "articles/two.txt", "The lamp is lit\n\nThe keeper has lit the lamp, as on every evening before this one.\n"
    )

    wait_for(lambda: [one for one in hub.log("delivery") if 200 <= one["status"] < 300], 45)
    wait_for(lambda: titles(reader) == {"The ferry is back", "The lamp is lit"}, 30)


def fetched(topic: str) -> bool:
    try:
        with urllib.request.urlopen(topic, timeout=5) as answer:
            return bool(answer.read())
    except OSError:
        return False


def test_publishing_tells_hubs_once_the_files_are_at_their_place(home: Home, hub: Hub, feed_server: FeedServer) -> None:
    for format in ("rss", "atom", "json"):
        feed_server.put(f"/all/feed.{format}", b"what the hub fetches")
    home.configure(address(urlsplit(feed_server.url("/")).port or 0, hub))
    home.write("ferry.txt", ARTICLE)
    home("ingest", "ferry.txt")
    failed = home("publish", "--to", "xyz://nowhere", code=1)
    assert "Hubs told" not in failed.stdout
    told = home("publish", "--to", f"file://{home.folder}/there")
    assert "Hubs told of 3 documents, 0 to be told again later" in told.stdout
    assert "Hubs told" not in home("publish").stdout
    home.write("ferry.txt", ARTICLE + "\nMore of it.\n")
    home("ingest", "ferry.txt")
    assert home.json("publish")["hubs"]["told"] == 3
    links = etree.parse(home.folder / "public/all/feed.atom").iterfind("{*}link[@rel='hub']")
    assert [link.get("href") for link in links] == [hub.address]


def test_a_hub_that_is_not_there_keeps_nothing_from_being_published(home: Home) -> None:
    home.configure(address(1).replace("[http]", f"hubs = ['http://127.0.0.1:{free_port()}/']\n[http]"))
    home.write("ferry.txt", ARTICLE)
    home("ingest", "ferry.txt")
    result = home("publish")
    assert "0 documents, 3 to be told again later" in result.stdout
    assert all(line.startswith("Not told: ") for line in result.stderr.splitlines()) and result.stderr.count("\n") == 3


def test_the_hub_that_run_is_pushes_to_who_subscribed(home: Home, reader: Home) -> None:
    """Both are processes of their own, and the reader asks its feed once in an hour."""
    ports = free_port(), free_port()
    topic = f"http://127.0.0.1:{ports[0]}/all/feed.atom"
    home.write("articles/one.txt", ARTICLE)
    site = address(ports[0]).replace("[http]", f"hubs = ['http://127.0.0.1:{ports[0]}/_hub']\n[http]")
    home.configure(site + "[[folders]]\npath = 'articles'\n")
    reader.configure(address(ports[1]) + f"[push]\nenabled = true\n[[sources]]\nurl = '{topic}'\n")
    home.start("run", "--port", str(ports[0]))
    wait_for(lambda: (home.folder / "public/all/feed.atom").exists(), 30)
    wait_for(lambda: fetched(topic), 30)
    reader.start("run", "--port", str(ports[1]))
    record = home.folder / "backissue.sqlite.hub"
    wait_for(lambda: record.exists() and topic in record.read_text(), 45)
    home.write("articles/two.txt", "The lamp is lit\n\nThe keeper has lit the lamp, as on every evening before.\n")

    wait_for(lambda: titles(reader) == {"The ferry is back", "The lamp is lit"}, 60)
    facts = reader.json("--config", reader.folder / "backissue.toml", "history", "2")
    assert [one["copy"]["how"] for one in facts["versions"]] == ["pushed"]
    assert fetched(f"http://127.0.0.1:{ports[0]}/_hub") is False
