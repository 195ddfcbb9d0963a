"""RFC 3229 with `A-IM: feed`: subscribers get what they lack, and then have what the whole document says."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterable

import brotli
import feedparser
import pytest
from msgspec.structs import replace

from backissue.web.former import wanted
from config.settings import FORMATS, Format
from feeds.channel import Item, Withdrawn
from feeds.files import write
from feeds.model import Entry
from feeds.parse import parse
from feeds.write import render
from tests.backissue.web.conftest import PUBLISHED, Answer, Site
from tests.support.items import NOON, a_document, an_item

DECODERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": brotli.decompress, "identity": bytes}
LIVE = "public, max-age=900, stale-while-revalidate=900, stale-if-error=86400"


def publish(site: Site, *items: object, format: Format = "atom", age: int = 0) -> str:
    """Publish entries by their numbers (a text is an edit of the entry of that number); gives the path to ask for."""
    path = site.public / f"all/feed.{format}"
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, render(a_document(*map(_item, items)), format))
    os.utime(path, (PUBLISHED + age, PUBLISHED + age))
    return f"/all/feed.{format}"


def _item(one: object) -> Item:
    if isinstance(one, int):
        return an_item(one)
    return an_item(100, Entry(id=f"tag:source.example,2026:{one}", title="Edited"), number=2)


def numbers(answer: Answer) -> list[str]:
    """The last parts of the entries' ids."""
    body = DECODERS[answer.headers.get("content-encoding", "identity")](answer.body)
    found: Iterable[str]
    if body[:1] == b"{":
        found = [item["id"] for item in json.loads(body)["items"]]
    else:
        parsed = feedparser.parse(body)
        assert not parsed.bozo
        found = [entry.id for entry in parsed.entries]
    return [id.rpartition(":")[2] for id in found]


@pytest.mark.parametrize("coding", ["gzip", "br", "identity"])
@pytest.mark.parametrize("format", FORMATS)
def test_only_what_is_new_or_changed(own_site: Site, format: Format, coding: str) -> None:
    path = publish(own_site, 3, 2, 1, format=format)
    first = own_site.ask(path, accept_encoding=coding)
    publish(own_site, 5, 4, 3, "2", 1, format=format, age=60)

    answer = own_site.ask(path, accept_encoding=coding, a_im="feed", if_none_match=first.headers["etag"])
    whole = own_site.ask(path, accept_encoding=coding)

    assert (answer.status, answer.headers["im"]) == (226, "feed")
    assert numbers(answer) == ["5", "4", "2"]
    assert numbers(whole) == ["5", "4", "3", "2", "1"]
    assert answer.headers["delta-base"] == first.headers["etag"]
    assert answer.headers["cache-control"] == f"no-store, im, {LIVE}"
    for name in ("etag", "vary", "content-type", "last-modified", "access-control-allow-origin"):
        assert answer.headers[name] == whole.headers[name]
    assert whole.headers["vary"].startswith("Accept-Encoding, A-IM")
    assert whole.headers["cache-control"] == LIVE
    # What it has now is the whole document: it is asked for no more of it.
    again = own_site.ask(path, accept_encoding=coding, a_im="feed", if_none_match=answer.headers["etag"])
    assert (again.status, again.headers["vary"]) == (304, whole.headers["vary"])


def test_from_version_to_version_nothing_is_lost(own_site: Site) -> None:
    path = publish(own_site, 1)
    tag, had = own_site.ask(path).headers["etag"], {"1"}
    for newest in range(2, 30):
        publish(own_site, *range(newest, max(0, newest - 10), -1), age=newest)
        if newest % 3 == 0:
            own_site.ask(path)
        if newest % 5 == 0:
            answer = own_site.ask(path, a_im="feed", if_none_match=tag)
            assert answer.status == 226
            tag, had = answer.headers["etag"], had | set(numbers(answer))
            assert had >= set(numbers(own_site.ask(path)))
    assert had == {str(number) for number in range(1, 26)}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"a_im": "feed", "if_none_match": "{old}"}, 226),
        ({"a_im": "vcdiff, FEED;q=0.5", "if_none_match": '"x", W/{old}'}, 226),
        ({"a_im": "feed", "if_none_match": "{old}", "if_modified_since": "Sat, 31 Dec 2033 00:00:00 GMT"}, 226),
        ({"a_im": "feed"}, 200),
        ({"a_im": "feed", "if_none_match": '"unknown"'}, 200),
        ({"a_im": "feed", "if_modified_since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
        ({"a_im": "feed;q=0", "if_none_match": "{old}"}, 200),
        ({"a_im": "vcdiff", "if_none_match": "{old}"}, 200),
        ({"if_none_match": "{old}"}, 200),
        ({"a_im": "feed", "if_none_match": "{old}, {new}"}, 304),
        ({"a_im": "feed", "if_none_match": "*"}, 304),
        ({"a_im": "feed", "if_none_match": "{old}", "range": "bytes=0-9"}, 206),
        ({"a_im": "feed", "if_none_match": "{old}", "if_match": '"x"'}, 412),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_gets_one(own_site: Site, method: str, fields: dict[str, str], status: int) -> None:
    path = publish(own_site, 2, 1)
    old = own_site.ask(path).headers["etag"]
    publish(own_site, 3, 2, 1, age=60)
    new = own_site.ask(path).headers["etag"]
    given = {name: value.format(old=old, new=new) for name, value in fields.items()}

    answer = own_site.ask(path, method, **given)
    assert answer.status == (200 if (method, status) == ("HEAD", 206) else status)
    assert ("im" in answer.headers) is (status == 226)
    if method == "HEAD":
        assert answer.body == b""
        assert (
            status in (206, 304, 412)
            or answer.headers["content-length"] == own_site.ask(path, **given).headers["content-length"]
        )


def test_where_all_is_new_the_whole_goes_out(own_site: Site) -> None:
    path = publish(own_site, 2, 1)
    old = own_site.ask(path).headers["etag"]
    publish(own_site, 4, 3, age=60)

    answer = own_site.ask(path, a_im="feed", if_none_match=old)
    assert (answer.status, numbers(answer)) == (200, ["4", "3"])


def test_a_new_title_alone_is_a_delta_without_entries(own_site: Site) -> None:
    path = publish(own_site, 2, 1)
    old = own_site.ask(path)
    file = own_site.public / path[1:]
    write(file, file.read_bytes().replace(b"</title>", b" anew</title>", 1))

    answer = own_site.ask(path, a_im="feed", if_none_match=old.headers["etag"])
    assert (answer.status, numbers(answer)) == (226, [])
    assert b" anew</title>" in answer.body


def test_a_tombstone_is_in_the_delta(own_site: Site) -> None:
    path = publish(own_site, 2, 1)
    old = own_site.ask(path).headers["etag"]
    taken = replace(an_item(1), version=9, withdrawn=Withdrawn(NOON))
    write(own_site.public / path[1:], render(a_document(taken, an_item(3), an_item(2)), "atom"))

    answer = own_site.ask(path, a_im="feed", if_none_match=old)
    assert (answer.status, numbers(answer)) == (226, ["3"])
    [tombstone] = parse(answer.body, url="https://b.example/").tombstones
    assert (tombstone.ref, tombstone.when) == (an_item(1).id, NOON)


def test_other_documents_have_no_deltas(own_site: Site) -> None:
    path = publish(own_site, 1)
    for name in ("all/index.html", "all/archive/000001.atom"):
        (own_site.public / name).parent.mkdir(exist_ok=True)
        (own_site.public / name).write_bytes((own_site.public / path[1:]).read_bytes())
        old = own_site.ask(f"/{name}").headers["etag"]
        with (own_site.public / name).open("ab") as file:
            file.write(b"\n")
        answer = own_site.ask(f"/{name}", a_im="feed", if_none_match=old)
        assert (answer.status, "A-IM" in answer.headers["vary"]) == (200, False)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("feed", True),
        (" Feed ", True),
        ("gzip,feed", True),
        ("feed;q=0.001", True),
        ("feed ; q=1.000", True),
        ("feed;q=0", False),
        ("feed;q=0.000", False),
        ("feeds", False),
        ("", False),
        (",", False),
        ("feed;q=2", False),
        ("*", False),
    ],
)
def test_what_the_field_takes(field: str, expected: bool) -> None:
    assert wanted(field) is expected
