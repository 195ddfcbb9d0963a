"""`run` and a real hub, each a process of its own: subscribed, pushed, renewed, and over."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.home import Home, rss, wait_for
from tests.support.hub import Hub, ask
from tests.support.newsroom import free_port
from tests.support.server import FeedServer

FEED = "/feed.xml"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        yield made


class Follower:
    """`run` over one feed, in a process of its own."""

    def __init__(self, home: Home, topic: str) -> None:
        self.home = home
        self.port = free_port()
        home.configure(
            f"[site]\nauthor = 'Ann'\nbase_url = 'http://127.0.0.1:{self.port}/'\n"
            "[http]\nallow_private_addresses = true\n[push]\nenabled = true\n[schedule]\ntick = 0.3\n"
            f"[[sources]]\nurl = '{topic}'\n"
        )
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Begin, and wait until it serves."""
        self.process = self.home.start("run", "--port", str(self.port), "--json")
        assert self.process.stdout
        assert json.loads(self.process.stdout.readline())["feeds"] == 1

    def stop(self) -> tuple[list[dict[str, Any]], str]:
        """End it, in time; gives what it printed and complained about."""
        assert self.process
        begun = time.monotonic()
        self.process.terminate()
        output, errors = self.process.communicate(timeout=10)
        assert time.monotonic() - begun < 5 and self.process.returncode == 0, errors
        assert "Traceback" not in errors
        return [json.loads(line) for line in output.splitlines()], errors

    def published(self) -> bytes:
        """The channel as it is served."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/all/feed.rss", timeout=5) as answer:
            return bytes(answer.read())

    def row(self, table: str = "push") -> dict[str, Any]:
        """How the feed stands."""
        with closing(sqlite3.connect(self.home.folder / "backissue.sqlite")) as db:
            db.row_factory = sqlite3.Row
            found = db.execute(f"SELECT * FROM {table}").fetchone()
            return dict(found) if found else {}

    def is_verified(self) -> bool:
        """Whether the hub has agreed to push."""
        return self.row().get("state") == "verified"


def offered(server: FeedServer, hub: Hub, *items: str, **options: Any) -> str:
    """The feed, which names the hub in its headers; gives its address."""
    topic = server.url(FEED)
    links = {"Link": f'<{hub.address}>; rel="hub", <{topic}>; rel="self"'}
    server.put(FEED, rss("News", *items), headers=links, **options)
    return topic


def test_what_a_hub_pushes_is_published_within_seconds(home: Home, feed_server: FeedServer, hub: Hub) -> None:
    topic = offered(feed_server, hub, "one")
    follower = Follower(home, topic)
    follower.start()
    wait_for(lambda: hub.log("verified"))
    (request,) = hub.log("request")
    assert request["agent"].startswith("Backissue/") and request["topic"] == topic
    assert b"<title>one</title>" in wait_for(follower.published)

    offered(feed_server, hub, "two", "one")
    hub.publish(topic)
    begun = time.monotonic()
    wait_for(lambda: b"<title>two</title>" in follower.published(), seconds=5)
    assert time.monotonic() - begun < 5
    assert len(feed_server.asked(FEED)) == 2  # the first poll, and the hub
    assert [one["status"] for one in hub.log("delivery")] == [202]

    told, errors = follower.stop()
    assert errors == ""
    (delivered,) = [line for line in told if "delivered" in line]
    assert [(one["url"], one["new"]) for one in delivered["feeds"]] == [(topic, 1)]
    assert {feed["entries"] for feed in home.json("list")["feeds"]} == {2}

    # Nothing is lost by a restart: the hub is not asked again, and its next delivery is taken.
    before = follower.row()
    follower.start()
    offered(feed_server, hub, "three", "two", "one")
    hub.publish(topic)
    wait_for(lambda: b"<title>three</title>" in follower.published(), seconds=5)
    follower.stop()
    assert len(hub.log("request")) == 1 and len(feed_server.asked(FEED)) == 3
    assert {**follower.row(), "pushed": None} == {**before, "pushed": None}


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_delivery_is_taken_with_each_signature(method: str, home: Home, feed_server: FeedServer, hub: Hub) -> None:
    hub.behave(method=method)
    topic = offered(feed_server, hub, "one")
    follower = Follower(home, topic)
    follower.start()
    wait_for(lambda: hub.log("verified"))
    hub.deliver(topic, rss("News", "pushed"))
    wait_for(lambda: b"<title>pushed</title>" in follower.published(), seconds=5)
    follower.stop()
    # What was not delivered along has not left the feed.
    (feed,) = home.json("list")["feeds"]
    entries = home.json("list", str(feed["id"]))["entries"]
    assert sorted((one["entry"]["title"], one["in_window"]) for one in entries) == [("one", True), ("pushed", True)]


def test_what_is_not_signed_by_our_secret_is_answered_and_ignored(
    home: Home, feed_server: FeedServer, hub: Hub
) -> None:
    topic = offered(feed_server, hub, "one")
    follower = Follower(home, topic)
    follower.start()
    wait_for(lambda: hub.log("verified"))
    hub.behave(forges=True)
    hub.deliver(topic, rss("News", "forged"))
    wait_for(lambda: follower.row()["reason"] == "a delivery was ignored: its signature is not by our secret")
    hub.behave(forges=False, method=None)
    hub.deliver(topic, rss("News", "bare"))
    wait_for(lambda: follower.row()["reason"] == "a delivery was ignored: it is not signed")
    hub.behave(method="md5")
    hub.deliver(topic, rss("News", "odd"))
    wait_for(lambda: "nobody registered" in follower.row()["reason"])
    assert [one["status"] for one in hub.log("delivery")] == [202] * 3
    hub.behave(method="sha512")
    hub.deliver(topic, rss("News", "true"))
    wait_for(lambda: b"<title>true</title>" in follower.published(), seconds=5)
    assert follower.row()["reason"] is None
    follower.stop()
    assert home.json("list")["feeds"][0]["entries"] == 2


def test_a_lease_is_renewed_before_it_ends(home: Home, feed_server: FeedServer, hub: Hub) -> None:
    hub.behave(lease=4)
    topic = offered(feed_server, hub, "one")
    follower = Follower(home, topic)
    follower.start()
    wait_for(lambda: len(hub.log("verified")) >= 3, seconds=15)
    times = [one["time"] for one in hub.log("verified")]
    assert all(2.5 < later - earlier < 4 for earlier, later in pairwise(times)), times
    hub.deliver(topic, rss("News", "late"))
    wait_for(lambda: b"<title>late</title>" in follower.published(), seconds=5)
    follower.stop()
    assert {one["callback"] for one in hub.log("verified")} == {hub.log("verified")[0]["callback"]}


def test_denied_refused_and_unverified(home: Home, feed_server: FeedServer, hub: Hub) -> None:
    hub.behave(denies=True, reason="not for\nyou")
    follower = Follower(home, offered(feed_server, hub, "one"))
    follower.start()
    wait_for(lambda: follower.row().get("state") == "denied")
    assert follower.row()["reason"] == "not for you"
    assert wait_for(lambda: hub.log("denied"))[0]["status"] == 200
    hub.deliver(feed_server.url(FEED), rss("News", "late"))
    _, errors = follower.stop()
    assert "does not push it: not for you" in errors
    assert len(hub.log("request")) == 1  # it is not asked again at every tick


@pytest.mark.parametrize(
    ("manners", "state", "reason"),
    [
        ({"refuses": 403}, "denied", "the hub answered 403"),
        ({"refuses": 503}, "asked", "the hub answered 503"),
        ({"challenge": False}, "asked", None),
    ],
)
def test_a_hub_that_does_not_do_its_part(
    manners: dict[str, Any], state: str, reason: str | None, home: Home, feed_server: FeedServer, hub: Hub
) -> None:
    hub.behave(**manners)
    follower = Follower(home, offered(feed_server, hub, "one"))
    follower.start()
    wait_for(lambda: hub.log("request"))
    time.sleep(1.2)
    follower.stop()
    assert (follower.row()["state"], follower.row()["reason"]) == (state, reason)
    assert len(hub.log("request")) == 1
    assert [one["status"] for one in hub.log("not verified")] == ([404] if "challenge" in manners else [])
    # Whoever starts anew tries anew, unless it was told no.
    hub.behave(refuses=0, challenge=True)
    follower.start()
    if state == "asked":
        wait_for(follower.is_verified)
    else:
        time.sleep(1)
        assert follower.row()["state"] == "denied"
    follower.stop()


def test_a_hub_may_send_us_to_another(home: Home, feed_server: FeedServer, hub: Hub) -> None:
    with Hub() as other:
        hub.behave(redirects=other.address)
        topic = offered(feed_server, hub, "one")
        follower = Follower(home, topic)
        follower.start()
        wait_for(lambda: other.log("verified"))
        other.deliver(topic, rss("News", "two"))
        wait_for(lambda: b"<title>two</title>" in follower.published(), seconds=5)
        follower.stop()
        assert [one["what"] for one in hub.log()] == ["request"]


def test_a_feed_that_is_removed_is_unsubscribed(home: Home, feed_server: FeedServer, hub: Hub) -> None:
    topic = offered(feed_server, hub, "one")
    follower = Follower(home, topic)
    follower.start()
    wait_for(lambda: hub.log("verified"))
    callback = hub.log("verified")[0]["callback"]
    home.configure("[http]\nallow_private_addresses = true\n")
    home("remove", topic)
    wait_for(lambda: [one["mode"] for one in hub.log("verified")] == ["subscribe", "unsubscribe"])
    assert follower.row()["state"] == "ended"
    assert ask(callback, b"<rss/>")[0] == 410
    follower.stop()


def test_another_hub_gets_another_subscription(home: Home, feed_server: FeedServer, hub: Hub) -> None:
    topic = offered(feed_server, hub, "one")
    follower = Follower(home, topic)
    follower.start()
    wait_for(lambda: hub.log("verified"))
    old = follower.row()
    with Hub() as other:
        offered(feed_server, other, "two", "one")
        # What is delivered tells nothing of hubs; the next visit does, here one that is asked for by hand.
        home("archive", topic)
        wait_for(lambda: other.log("verified"))
        new = follower.row()
        assert new["hub"] == other.address and old["token"] != new["token"] and old["secret"] != new["secret"]
        hub.deliver(topic, rss("News", "from the old hub"))
        wait_for(lambda: hub.log("ended"))
        follower.stop()


def test_a_delivery_is_tried_again_after_a_restart(home: Home, feed_server: FeedServer, hub: Hub) -> None:
    topic = offered(feed_server, hub, "one")
    follower = Follower(home, topic)
    follower.start()
    wait_for(lambda: hub.log("verified"))
    follower.stop()
    hub.deliver(topic, rss("News", "meanwhile"))
    wait_for(lambda: hub.log("delivery"))
    follower.start()
    wait_for(lambda: b"<title>meanwhile</title>" in follower.published())
    follower.stop()


def test_it_ends_in_time_while_a_hub_hangs(home: Home, feed_server: FeedServer) -> None:
    topic = feed_server.url(FEED)
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        links = {"Link": f'<http://127.0.0.1:{hanging.getsockname()[1]}/>; rel="hub", <{topic}>; rel="self"'}
        feed_server.put(FEED, rss("News", "one"), headers=links)
        follower = Follower(home, topic)
        follower.start()
        connection, _ = hanging.accept()
        with connection:
            assert connection.recv(5) == b"POST "
            follower.stop()
    assert follower.row()["state"] == "asked"


def test_without_the_setting_no_hub_is_asked(home: Home, feed_server: FeedServer, hub: Hub) -> None:
    follower = Follower(home, offered(feed_server, hub, "one"))
    path: Path = home.folder / "backissue.toml"
    home.configure(path.read_text().replace("enabled = true", "enabled = false"))
    follower.start()
    wait_for(lambda: feed_server.asked(FEED))
    time.sleep(1)
    assert ask(f"http://127.0.0.1:{follower.port}/_push/x")[0] == 404
    follower.stop()
    assert hub.log() == []
