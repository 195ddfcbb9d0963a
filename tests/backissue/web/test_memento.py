"""What was published before (RFC 7089), asked for over a socket."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Event

import pytest
from msgspec.structs import replace

from archive.store import Store
from backissue.memory import Memory
from backissue.web import app, running
from backissue.web.memento import links, with_memory
from config.settings import Channel, Settings, Storage
from config.settings import Site as SiteSettings
from feeds.parse import parse
from feeds.publish import publish
from feeds.write.values import page_name
from tests.backissue.web.conftest import Answer, Site
from tests.support.archive import an_entry, hour, open_archive, shown, told
from tests.support.items import NOON

CHANNEL = Channel(name="all", title="All", entries=3)
FEED = "all/feed.atom"
LOOKS_LIKE_A_LINK = 'href="here'


class Archive:
    """An archive, what it published, and the server of both; its address stands for b.example."""

    def __init__(self, store: Store, settings: Settings, site: Site) -> None:
        self.store, self.settings, self.site = store, settings, site

    def publish(self) -> None:
        settings = self.settings
        publish(CHANNEL, settings.site, self.store, settings.public_path, authority=self.store.authority)

    def ask(self, address: str, method: str = "GET", **fields: str) -> Answer:
        return self.site.ask("/" + address.removeprefix("https://b.example/"), method, **fields)

    @property
    def page(self) -> str:
        """The path of the first entry's page."""
        return f"all/entries/{page_name(str(an_entry(1).id))}.html"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """Six entries, one an hour from 13:00; the first is edited at 20:00 and at 21:00."""
    store = open_archive(tmp_path / "a.sqlite")
    feed = store.subscribe("https://source.example/feed", kind="remote", now=NOON, title="La Source")
    told(store, *(shown(feed, hour(number), an_entry(number)) for number in range(1, 7)))
    told(
        store,
        *(
            shown(feed, hour(at), an_entry(1, text), windowed=False)
            for at, text in ((8, f"Better {LOOKS_LIKE_A_LINK}"), (9, "Best"))
        ),
    )
    settings = Settings(site=SiteSettings(base_url="https://b.example/"), channels=(CHANNEL,), root=str(tmp_path))
    settings = replace(settings, storage=Storage(archive="a.sqlite"))

    @contextmanager
    def opened() -> Iterator[Store]:
        other = open_archive(tmp_path / "a.sqlite")
        yield other
        other.close()

    pages = app(settings.public_path, links=partial(links, settings.site.base_url))
    whole = with_memory(pages, Memory(settings, opened), settings.site.base_url)
    with running(whole, "127.0.0.1", 0, at_once=pages.at_once) as address:
        made = Archive(store, settings, Site(settings.public_path, address))
        made.publish()
        yield made
    store.close()


def written(time: datetime) -> str:
    return email.utils.format_datetime(time, usegmt=True)


def stamp(time: datetime) -> str:
    return f"https://b.example/_past/{time:%Y%m%d%H%M%S}/"


def relations(answer: Answer) -> dict[str, tuple[str, str | None]]:
    """The Link field: relation to address and time."""
    found = {}
    for address, rel, rest in re.findall(r'<([^>]*)>; rel="([^"]*)"((?:; \w+="[^"]*")*)', answer.headers["link"]):
        when = re.search(r'datetime="([^"]*)"', rest)
        found[rel] = (address, when and when[1])
    return found


def entries(answer: Answer) -> list[str]:
    return [entry.title or "" for entry in parse(answer.body, url="https://b.example/").entries]


def test_documents_name_their_gate_and_map(archive: Archive) -> None:
    for path in (FEED, archive.page):
        for answer in (archive.ask(path), archive.ask(path), archive.ask(path, "HEAD")):
            found = relations(answer)
            assert found["timegate"][0] == f"https://b.example/_past/gate/{path}"
            assert found["timemap"][0] == f"https://b.example/_past/map/{path}"
        again = archive.ask(path, if_none_match=answer.headers["etag"])
        assert (again.status, relations(again)) == (304, found)
    assert "link" not in archive.ask("all/index.html").headers


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (NOON, hour(1)),  # before the first
        (hour(1), hour(1)),
        (hour(1) + timedelta(minutes=59), hour(1)),
        (hour(4), hour(4)),
        (hour(7), hour(6)),
        (hour(500), hour(9)),  # after the last
        (None, hour(9)),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_gate_leads_to_what_stood_then(
    archive: Archive, method: str, wanted: datetime | None, expected: datetime
) -> None:
    fields = {"accept_datetime": written(wanted)} if wanted else {}
    answer = archive.ask(f"_past/gate/{FEED}", method, **fields)

    assert answer.status == 302
    assert answer.headers["location"] == f"{stamp(expected)}{FEED}"
    assert answer.headers["vary"] == "accept-datetime"
    assert "memento-datetime" not in answer.headers
    assert relations(answer)["original"][0] == f"https://b.example/{FEED}"
    assert archive.ask(answer.headers["location"]).headers["memento-datetime"] == written(expected)


def test_the_document_itself_leads_there_too(archive: Archive) -> None:
    for path, at in ((FEED, hour(6)), (archive.page, hour(1))):
        now = [archive.ask(path) for _ in range(2)]
        then = archive.ask(path, accept_datetime=written(hour(7)))
        assert (then.status, then.headers["location"]) == (302, f"{stamp(at)}{path}")
        assert [answer.status for answer in now] == [200, 200]
        assert all("Accept-Datetime" in answer.headers["vary"] for answer in now)
        assert archive.ask(path, accept_datetime="soon").status == 400
    (archive.settings.public_path / "all/feed.txt").write_bytes(b"a")
    assert archive.ask("all/feed.txt", accept_datetime=written(hour(7))).body == b"a"
    assert archive.ask("page.css", accept_datetime=written(hour(7))).status == archive.ask("page.css").status


@pytest.mark.parametrize("wanted", ["", "yesterday", "2026-11-24T08:30:00Z", "Tue, 32 Nov 2026 08:30:00 GMT"])
@pytest.mark.parametrize("path", [FEED, "page"])
def test_a_date_that_is_none(archive: Archive, path: str, wanted: str) -> None:
    path = archive.page if path == "page" else path
    answer = archive.ask(f"_past/gate/{path}", accept_datetime=wanted)
    assert answer.status == 400
    assert answer.body == b"Accept-Datetime is no date as HTTP writes it: Tue, 24 Nov 2026 08:30:00 GMT\n"


@pytest.mark.parametrize(
    ("moment", "titles"),
    [
        (1, ["Entry 1"]),
        (2, ["Entry 2", "Entry 1"]),
        (4, ["Entry 4", "Entry 3", "Entry 2"]),
        (6, ["Entry 6", "Entry 5", "Entry 4"]),
        (8, ["Entry 6", "Entry 5", "Entry 1"]),
    ],
)
def test_a_feed_as_it_was(archive: Archive, moment: int, titles: list[str]) -> None:
    answer = archive.ask(f"{stamp(hour(moment))}{FEED}")

    assert answer.status == 200
    assert entries(answer) == titles
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert answer.headers["memento-datetime"] == written(hour(moment))
    found = relations(answer)
    assert found["original"][0] == f"https://b.example/{FEED}"
    assert found["timegate"][0] == f"https://b.example/_past/gate/{FEED}"
    assert found["timemap"][0] == f"https://b.example/_past/map/{FEED}"
    again = archive.ask(f"{stamp(hour(moment))}{FEED}", if_none_match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    head = archive.ask(f"{stamp(hour(moment))}{FEED}", "HEAD")
    assert head.body == b"" and head.headers["content-length"] == str(len(answer.body))


@pytest.mark.parametrize("format", ["rss", "atom", "json"])
def test_what_was_stays_the_same_whatever_comes(archive: Archive, format: str) -> None:
    address = f"{stamp(hour(4))}all/feed.{format}"
    before = archive.ask(address)
    assert before.status == 200
    told(archive.store, shown(1, hour(20), an_entry(20), windowed=False))
    archive.publish()
    after = archive.ask(address)
    assert after.body == before.body
    assert relations(archive.ask(f"_past/gate/all/feed.{format}"))["last memento"][1] == written(hour(20))


def test_from_one_to_the_next(archive: Archive) -> None:
    address, seen = f"{stamp(hour(1))}{FEED}", []
    while address:
        found = relations(archive.ask(address))
        [own] = [when for name, (where, when) in found.items() if where == address and "memento" in name]
        seen.append(own)
        address = next((where for name, (where, _) in found.items() if "next" in name.split()), "")
    assert seen == [written(hour(number)) for number in (1, 2, 3, 4, 5, 6, 8, 9)]
    assert found["first memento"][1] == seen[0]
    assert found["prev memento"][1] == seen[-2]
    assert "last memento" in found


def test_a_page_as_it_was(archive: Archive) -> None:
    path = archive.page
    then = archive.ask(f"_past/gate/{path}", accept_datetime=written(hour(8) + timedelta(minutes=1)))
    assert then.headers["location"] == f"{stamp(hour(8))}{path}"
    answer = archive.ask(then.headers["location"])

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<p>Better {LOOKS_LIKE_A_LINK} 1</p>" in answer.body.decode() and b"Best" not in answer.body
    assert b"As it was on" in answer.body
    assert f'<a href="https://b.example/{path}">'.encode() in answer.body
    relative = re.findall(rb'<[^<>]* href="(?!https?:|#)([^"]*)"', answer.body)
    assert relative == []
    assert b"Best" in archive.ask(path).body


def test_the_map_lists_all_of_it(archive: Archive) -> None:
    answer = archive.ask(f"_past/map/{archive.page}")

    assert answer.headers["content-type"] == "application/link-format; charset=utf-8"
    times = [written(hour(number)) for number in (1, 8, 9)]
    own = f"https://b.example/_past/map/{archive.page}"
    assert answer.body.decode().rstrip("\n").split(",\n") == [
        f'<https://b.example/{archive.page}>; rel="original"',
        f'<{own}>; rel="self"; type="application/link-format"; from="{times[0]}"; until="{times[-1]}"',
        f'<https://b.example/_past/gate/{archive.page}>; rel="timegate"',
        f'<{stamp(hour(1))}{archive.page}>; rel="first memento"; datetime="{times[0]}"',
        f'<{stamp(hour(8))}{archive.page}>; rel="memento"; datetime="{times[1]}"',
        f'<{stamp(hour(9))}{archive.page}>; rel="last memento"; datetime="{times[2]}"',
    ]


def test_long_maps_are_cut(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backissue.web.memento._MOST", 3)
    address, found = f"https://b.example/_past/map/{FEED}", []
    while address:
        text = archive.ask(address).body.decode()
        found.append(re.findall(r'rel="[^"]*memento"; datetime="([^"]*)"', text))
        further = re.search(r'<([^>]*)>; rel="timemap"', text)
        address = further[1] if further else ""
    assert found == [[written(hour(number)) for number in part] for part in ((6, 8, 9), (3, 4, 5), (1, 2))]


def test_what_was_withdrawn_has_no_past(archive: Archive) -> None:
    path = archive.page
    archive.store.withdraw(1, hour(30))
    archive.publish()

    for address in (f"_past/gate/{path}", f"_past/map/{path}", f"{stamp(hour(1))}{path}"):
        assert archive.ask(address).status == 410
    assert entries(archive.ask(f"{stamp(hour(2))}{FEED}")) == ["Entry 2"]
    archive.store.restore(1, hour(31))
    assert archive.ask(f"{stamp(hour(1))}{path}").status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("_past/gate/all/nothing.atom", 404),
        ("_past/gate/other/feed.atom", 404),
        ("_past/gate/all/feed.txt", 404),
        ("_past/map/all/entries/0123456789abcdef.html", 404),
        (f"_past/99999999999999/{FEED}", 404),
        (f"_past/20260230000000/{FEED}", 404),
        (f"_past/map/{FEED}?before=1", 404),
        (f"_past/map/{FEED}?before=x", 200),
        (f"_past/map/{FEED}?before={'9' * 5000}", 200),
        (f"_past/20261124000000/{FEED}", 302),
    ],
)
def test_what_is_not_there(archive: Archive, path: str, status: int) -> None:
    assert archive.ask(path).status == status
    assert archive.ask(path, "POST").status == 405


def test_who_comes_when_too_many_wait_is_asked_to_come_back(archive: Archive, tmp_path: Path) -> None:
    going_on = Event()

    @contextmanager
    def slow() -> Iterator[Store]:
        assert going_on.wait(60)
        with closing(open_archive(tmp_path / "a.sqlite")) as store:
            yield store

    public = archive.settings.public_path
    whole = with_memory(app(public), Memory(archive.settings, slow), archive.settings.site.base_url)
    with running(whole, "127.0.0.1", 0) as address, ThreadPoolExecutor(60) as others:
        site = Site(public, address)
        asked = [others.submit(site.ask, f"/_past/gate/{FEED}") for _ in range(60)]
        turned_away = [one.result() for one in islice(as_completed(asked), 10)]
        served_still = site.ask(f"/{FEED}").status
        going_on.set()
        answered = [one.result().status for one in asked]

    assert [(one.status, one.headers["retry-after"]) for one in turned_away] == [(503, "10")] * 10
    assert served_still == 200
    assert answered.count(302) == 50
