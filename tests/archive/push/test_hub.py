"""Our own hub: who may subscribe, who is asked back, what is delivered when, signed, again, and not any more."""

from __future__ import annotations

import asyncio
import hmac
import stat
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from archive.fetch import FetchError, Request, Response
from archive.push.hub import Hub, Topic
from archive.store import StoreError
from tests.support.items import NOON
from tests.support.small_disk import small_disk

HUB, TOPIC, CALLBACK = "https://b.example/_hub", "https://b.example/all/feed.atom", "https://reader.example/cb?x=1"


class Reader:
    """A subscriber: agrees or not, takes what comes with a status (0 for no answer), remembers it."""

    def __init__(self) -> None:
        self.agrees, self.status, self.redirects = True, 204, False
        self.asked: list[dict[str, str]] = []
        self.got: list[tuple[bytes, Mapping[str, str]]] = []

    async def get(self, request: Request) -> Response:
        said = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        self.asked.append(said)
        body = said["hub.challenge"].encode() if self.agrees else b"no"
        return answer(request.url, 200, body, ((301, "x"),) if self.redirects else ())

    async def post(self, url: str, form: Mapping[str, str] | bytes, more: Mapping[str, str] | None = None) -> Response:
        assert isinstance(form, bytes) and url == CALLBACK
        self.got.append((form, more or {}))
        if not self.status:
            raise FetchError(url, "connection", "cannot be reached")
        return answer(url, self.status)


def answer(url: str, status: int, body: bytes = b"", redirects: tuple[tuple[int, str], ...] = ()) -> Response:
    return Response(
        url=url,
        final_url=url,
        status=status,
        headers=(),
        request_headers=(),
        body=body,
        at=NOON,
        elapsed=0.0,
        redirects=redirects,
    )


class Room:
    """A hub with one document, a clock and a reader."""

    def __init__(self, folder: Path) -> None:
        self.file, self.record = folder / "feed.atom", folder / "archive.hub"
        self.file.write_bytes(b"<feed>1</feed>")
        self.time, self.state, self.reader = NOON, 1, Reader()
        self.open()

    def open(self) -> None:
        self.hub = Hub(HUB, self.topics, self.record, now=lambda: self.time)

    def topics(self) -> dict[str, Topic]:
        return {TOPIC: Topic(self.file, "application/atom+xml", str(self.state))}

    def ask(self, **values: str) -> int:
        form = {"mode": "subscribe", "callback": CALLBACK, "topic": TOPIC, "secret": "s3cret", **values}
        return self.hub.asked(urlencode({f"hub.{name}": value for name, value in form.items()}).encode())[0]

    def change(self) -> None:
        self.state += 1
        self.file.write_bytes(b"<feed>%d</feed>" % self.state)

    def tend(self, **later: float) -> int:
        """How many deliveries were tried, so much later."""
        self.time += timedelta(**later)
        before = len(self.reader.got)
        if self.hub.waits():
            asyncio.run(self.hub.tend(self.reader))
        return len(self.reader.got) - before


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_who_subscribes_is_asked_back_and_gets_what_changes(room: Room) -> None:
    assert room.ask(lease_seconds="3600") == 202
    assert room.tend() == 0
    (said,) = room.reader.asked
    assert (said["hub.mode"], said["hub.topic"], said["hub.lease_seconds"]) == ("subscribe", TOPIC, "3600")
    assert len(said["hub.challenge"]) > 20 and said["x"] == "1"
    room.change()
    assert (room.tend(), room.tend()) == (1, 0)
    body, fields = room.reader.got[0]
    assert body == b"<feed>2</feed>"
    assert fields["Content-Type"] == "application/atom+xml"
    assert fields["Link"] == f'<{HUB}>; rel="hub", <{TOPIC}>; rel="self"'
    assert fields["X-Hub-Signature"] == f"sha256={hmac.new(b's3cret', body, 'sha256').hexdigest()}"
    assert stat.S_IMODE(room.record.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"mode": "publish"}, 400),
        ({"callback": "ftp://reader.example/"}, 400),
        ({"callback": "https://reader.example/#a"}, 400),
        ({"callback": "https://reader.example/\r\nX: y"}, 400),
        ({"callback": "https://["}, 400),
        ({"callback": "https://r.example/" + "a" * 2000}, 400),
        ({"topic": "https://b.example/secret/feed.atom"}, 404),
        ({"secret": "é" * 100}, 400),
        ({"lease_seconds": "soon"}, 400),
        ({"lease_seconds": "0"}, 400),
        ({"lease_seconds": "9" * 400}, 202),
        ({"secret": ""}, 202),
    ],
)
def test_what_may_be_asked_for(room: Room, values: dict[str, str], status: int) -> None:
    assert room.ask(**values) == status
    room.tend()
    assert len(room.reader.asked) == (status == 202)


def test_what_is_no_form_is_refused(room: Room) -> None:
    assert [room.hub.asked(body)[0] for body in (b"", b"\xff", b"&".join([b"a=b"] * 200))] == [400, 400, 400]


@pytest.mark.parametrize(("agrees", "redirects"), [(False, False), (True, True)])
def test_who_does_not_agree_is_not_subscribed(room: Room, agrees: bool, redirects: bool) -> None:
    room.reader.agrees, room.reader.redirects = agrees, redirects
    room.ask()
    room.tend()
    assert room.hub.subscriptions() == []


def test_nobody_can_end_the_subscription_of_another(room: Room) -> None:
    room.ask()
    room.tend()
    room.ask(mode="unsubscribe")
    room.reader.agrees = False
    room.tend()
    assert len(room.hub.subscriptions()) == 1
    room.ask(mode="unsubscribe")
    room.reader.agrees = True
    room.tend()
    assert room.hub.subscriptions() == []


def test_a_delivery_that_fails_comes_again_ever_more_seldom_and_then_with_the_next_change(room: Room) -> None:
    room.ask()
    room.tend()
    for status in (0, 500, 302):
        room.reader.status = status
        room.change()
        assert [room.tend(seconds=15 * 2**number) for number in range(-1, 8)] == [1, 1, 1, 1, 1, 1, 1, 1, 0]
    room.reader.status = 200
    room.change()
    assert (room.tend(), room.tend(hours=1)) == (1, 0)


def test_it_ends_with_410_and_with_its_lease(room: Room) -> None:
    room.ask(lease_seconds="3600")
    room.tend()
    room.change()
    assert room.tend(minutes=61) == 0
    assert room.hub.subscriptions() == [] or room.hub.subscriptions()[0].expires < room.time
    room.ask()
    room.tend()
    room.reader.status = 410
    room.change()
    assert room.tend() == 1
    assert room.hub.subscriptions() == []


def test_a_restart_forgets_nobody_and_sends_what_changed_meanwhile(room: Room) -> None:
    room.ask()
    room.tend()
    room.change()
    room.open()
    assert room.tend() == 1
    room.open()
    assert room.tend() == 0
    room.record.write_bytes(b"[{")
    room.open()
    assert room.hub.subscriptions() == []


def test_a_lease_is_renewed_and_does_not_repeat_what_was_sent(room: Room) -> None:
    room.ask(lease_seconds="3600")
    room.tend()
    room.change()
    room.tend()
    before: datetime = room.hub.subscriptions()[0].expires
    room.ask(lease_seconds="3600")
    assert room.tend(minutes=30) == 0
    assert room.hub.subscriptions()[0].expires == before + timedelta(minutes=30)


def test_a_full_disk_is_told_and_costs_no_subscription(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 40_000) as disk:
        room = Room(disk.folder)
        assert (room.ask(), room.tend()) == (202, 0)
        (disk.folder / "full").write_bytes(b"x" * disk.free)
        room.change()
        with pytest.raises(StoreError, match="cannot be written") as caught:
            room.tend()
        assert str(caught.value).startswith(f"{room.record}: ") and caught.value.remedy
        assert [path.name for path in disk.folder.glob("*.tmp")] == []
        (disk.folder / "full").unlink()
        room.open()
        assert room.tend() == 1
        assert [one.callback for one in room.hub.subscriptions()] == [CALLBACK]
