"""What entries say in the words of extensions is passed on: podcasts, licences, places, threads, sources."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from config.settings import FORMATS, Channel, Format, Site
from feeds.model import Category, Entry, Extension, Link, Person, Source, Text
from feeds.parse import parse
from feeds.publish import publish
from feeds.write import render
from feeds.write.rich import Answer, Rich, rich
from feeds.write.values import page_name
from tests.support.items import HOME, HOUR, NOON, a_document, an_item
from tests.support.memory import MemoryArchive
from tests.support.rules import ATOM, ITUNES, THR, broken_atom, broken_json, broken_rss

CHECKS = {"rss": broken_rss, "atom": broken_atom, "json": broken_json}
BASE = "https://pod.example/feed.xml"
PODCAST = """<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
    xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:psc="http://podlove.org/simple-chapters"
    xmlns:georss="http://www.georss.org/georss" xmlns:media="http://search.yahoo.com/mrss/"
    xmlns:thr="http://purl.org/syndication/thread/1.0" xmlns:atom="http://www.w3.org/2005/Atom"
    xmlns:creativeCommons="http://backend.userland.com/creativeCommonsRssModule"><channel><title>Pod</title>
    <link>https://pod.example/</link><item><title>Episode 7</title><guid isPermaLink="false">urn:pod:7</guid>
    <link>https://pod.example/7</link><pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate>
    <enclosure url="https://pod.example/7.mp3" length="123" type="audio/mpeg"/>
    <itunes:duration>1:02:03</itunes:duration><itunes:episode>7</itunes:episode><itunes:season>two</itunes:season>
    <itunes:episodeType>full</itunes:episodeType><itunes:explicit>false</itunes:explicit>
    <itunes:image href="https://pod.example/7.jpg"/>
    <podcast:transcript url="/7.vtt" type="text/vtt" language="en"/>
    <podcast:transcript url="https://pod.example/7.srt" type="application/srt"/>
    <podcast:chapters url="https://pod.example/7.json" type="application/json+chapters"/>
    <podcast:person role="host" href="https://pod.example/zoe">Zoë &amp; co</podcast:person>
    <podcast:person>Bao</podcast:person><podcast:soundbite startTime="1.5" duration="30">Hear</podcast:soundbite>
    <podcast:location geo="geo:45,7">Turin</podcast:location><podcast:unheard of="it"/>
    <podcast:value type="lightning" method="keysend"><podcast:valueRecipient type="node" address="02d" split="1"/>
    </podcast:value>
    <psc:chapters version="1.2"><psc:chapter start="00:00" title="Start"/><psc:chapter title="none"/></psc:chapters>
    <georss:point>45.07 7.69</georss:point><media:credit role="x">Camera</media:credit>
    <creativeCommons:license>https://creativecommons.org/licenses/by/4.0/</creativeCommons:license>
    <thr:in-reply-to ref="urn:pod:6" href="/6" type="text/html" source="https://pod.example/feed.xml"/>
    <media:group><media:content url="https://pod.example/7.png" type="image/png"><media:credit>Inside</media:credit>
    </media:content></media:group><atom:link rel="via" href="https://other.example/"/>
    </item></channel></rss>"""
ENTRY = parse(PODCAST.encode(), url=BASE).entries[0]
PODCASTED = [
    Extension("podcast:person", "Zoë & co", (("href", "https://pod.example/zoe"), ("role", "host"))),
    Extension("podcast:soundbite", "Hear", (("duration", "30"), ("startTime", "1.5"))),
    Extension("podcast:location", "Turin", (("geo", "geo:45,7"),)),
    Extension(
        "podcast:value",
        None,
        (("method", "keysend"), ("type", "lightning")),
        (Extension("podcast:valueRecipient", None, (("address", "02d"), ("split", "1"), ("type", "node"))),),
    ),
    Extension(
        "psc:chapters",
        None,
        (("version", "1.2"),),
        (Extension("psc:chapter", None, (("start", "00:00"), ("title", "Start"))),),
    ),
    Extension("podcast:chapters", None, (("type", "application/json+chapters"), ("url", "https://pod.example/7.json"))),
    Extension("podcast:person", "Bao"),
    Extension(
        "podcast:transcript", None, (("language", "en"), ("type", "text/vtt"), ("url", "https://pod.example/7.vtt"))
    ),
    Extension("podcast:transcript", None, (("type", "application/srt"), ("url", "https://pod.example/7.srt"))),
]


def test_what_extensions_say_is_made_ready() -> None:
    assert rich(ENTRY, BASE) == Rich(
        podcast=tuple(PODCASTED),
        itunes=(("itunes:episode", "7"), ("itunes:episodeType", "full"), ("itunes:explicit", "false")),
        answers=(Answer("urn:pod:6", "https://pod.example/6", "text/html", BASE),),
        media=(("media:credit", "Camera"), ("media:credit", "Inside")),
        places=(("point", "45.07 7.69"),),
        licenses=("https://creativecommons.org/licenses/by/4.0/",),
    )


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_it_comes_back_as_it_was(format: Format) -> None:
    document = render(a_document(an_item(entry=ENTRY, feed_url=BASE), podcast="Arts"), format)
    assert CHECKS[format](document) == []
    (again,) = parse(document, url=HOME).entries
    assert set(rich(again, HOME).podcast) == set(PODCASTED)
    assert rich(again, HOME).places == (("point", "45.07 7.69"),)
    assert rich(again, HOME).licenses == ("https://creativecommons.org/licenses/by/4.0/",)
    assert again.in_reply_to == ENTRY.in_reply_to
    assert rich(again, HOME).answers == rich(ENTRY, BASE).answers
    assert rich(again, HOME).media == rich(ENTRY, BASE).media
    assert Link("https://other.example/", "via") in again.links
    assert again.enclosures[0].url == ENTRY.enclosures[0].url
    assert (again.published, again.image) == (ENTRY.published, ENTRY.image)


def test_json_feed_has_it_in_its_extension() -> None:
    (item,) = json.loads(render(a_document(an_item(entry=ENTRY, feed_url=BASE)), "json"))["items"]
    own = item["_backissue"]
    assert {"name": "podcast:person", "text": "Bao"} in own["podcast"]
    assert own["places"] == [{"point": [45.07, 7.69]}]
    assert own["itunes"] == {"episode": "7", "episodeType": "full", "explicit": "false"}
    assert own["licenses"] == ["https://creativecommons.org/licenses/by/4.0/"]
    assert own["media"] == {"credit": "Camera, Inside"}


def test_a_podcast_says_what_apple_asks_for() -> None:
    values: dict[str, Any] = {"podcast": "Arts > Books", "image": f"{HOME}cover.jpg", "explicit": True}
    document = a_document(an_item(entry=ENTRY, feed_url=BASE), **values)
    assert [CHECKS[format](render(document, format)) for format in FORMATS] == [[], [], []]
    channel = etree.fromstring(render(document, "rss"))[0]
    category = channel.find(f"{ITUNES}category")
    assert (category.get("text"), category[0].get("text")) == ("Arts", "Books")
    assert channel.findtext(f"{ITUNES}explicit") == "true"
    assert channel.find(f"{ITUNES}image").get("href") == f"{HOME}cover.jpg"
    item = channel.find("item")
    found = {one.tag.removeprefix(ITUNES): one.text for one in item if one.tag.startswith(ITUNES)}
    assert found == {"duration": "3723", "image": None, "episode": "7", "episodeType": "full", "explicit": "false"}
    assert feedparser.parse(render(document, "rss")).feed.image.href == f"{HOME}cover.jpg"
    assert json.loads(render(document, "json"))["icon"] == f"{HOME}cover.jpg"


def test_what_is_no_podcast_says_nothing_of_itunes() -> None:
    assert b"itunes" not in render(a_document(an_item(entry=ENTRY, feed_url=BASE)), "rss")


def test_namespaces_stand_where_they_are_used() -> None:
    bare = render(a_document(an_item()), "rss")
    assert not any(one in bare for one in (b"xmlns:podcast", b"xmlns:georss", b"xmlns:thr", b"xmlns:creativeCommons"))


@pytest.mark.parametrize(
    ("extra", "places"),
    [
        ({"georss:point": "45 7"}, [("point", "45 7")]),
        ({"georss:point": "45,7\n1 2"}, [("point", "45 7"), ("point", "1 2")]),
        ({"georss:box": "1 2 3 4"}, [("box", "1 2 3 4")]),
        ({"georss:polygon": "1 2 3 4 5 6 1 2"}, [("polygon", "1 2 3 4 5 6 1 2")]),
        ({"georss:where": "45.5 -7"}, [("point", "45.5 -7")]),
        ({"geo:lat": "45.5", "geo:long": "7"}, [("point", "45.5 7")]),
        ({"geo:lat": "45.5"}, []),
        ({"georss:point": "91 7"}, []),
        ({"georss:point": "45"}, []),
        ({"georss:point": "here there"}, []),
        ({"georss:line": "1 2 3"}, []),
    ],
)
def test_places(extra: dict[str, str], places: list[tuple[str, str]]) -> None:
    assert list(rich(Entry(extra=extra), BASE).places) == places


@pytest.mark.parametrize(
    ("name", "said", "written"),
    [
        ("episode", "7", "7"),
        ("episode", "0", None),
        ("season", "٣", None),
        ("season", "two", None),
        ("explicit", "clean", "false"),
        ("explicit", "Yes", "true"),
        ("explicit", "maybe", None),
        ("episodetype", "Bonus", "bonus"),
        ("episodetype", "teaser", None),
        ("block", "YES", "Yes"),
        ("block", "no", None),
        ("subtitle", "word " * 60, "word " * 50 + "word…"),
        ("summary", "word " * 900, "word " * 799 + "word…"),
    ],
)
def test_an_episode_says_it_as_apple_asks(name: str, said: str, written: str | None) -> None:
    found = rich(Entry(extra={f"itunes:{name}": said}), BASE).itunes
    assert [text for _, text in found] == ([written] if written else [])


def test_a_podcast_has_an_owner_where_the_site_has_an_address() -> None:
    for email in ("", "pod@host.example"):
        document = a_document(an_item(entry=ENTRY), podcast="Arts", author="Pod & Co", email=email)
        owner = etree.fromstring(render(document, "rss"))[0].find(f"{ITUNES}owner")
        said = None if owner is None else {one.tag.removeprefix(ITUNES): one.text for one in owner}
        assert said == ({"name": "Pod & Co", "email": email} if email else None)


@pytest.mark.parametrize("format", ["rss", "atom"])
@pytest.mark.parametrize(
    ("box", "polygon"), [("1 2 3 4", "1 2 1 4 3 4 3 2 1 2"), ("1 170 3 -170", None), ("1 2 3 4 5 6", None)]
)
def test_a_box_is_written_as_the_polygon_that_it_is(format: Format, box: str, polygon: str | None) -> None:
    entry = Entry(title="Here", extra={"georss:box": box})
    root = etree.fromstring(render(a_document(an_item(entry=entry)), format))
    found = [one for one in root.iter() if one.prefix == "georss"]
    assert [(etree.QName(one).localname, one.text) for one in found] == ([("polygon", polygon)] if polygon else [])


@pytest.mark.parametrize(
    "one",
    [
        Extension("podcast:transcript", None, (("url", "javascript:alert(1)"), ("type", "text/vtt"))),
        Extension("podcast:transcript", None, (("url", "https://pod.example/a"),)),
        Extension("podcast:person", None, (("role", "host"),)),
        Extension("podcast:nobody", "knows", (("a", "b"),)),
        Extension("psc:chapter", None, (("start", "0"), ("title", "out of place"))),
        Extension("evil:script", "alert(1)"),
    ],
)
def test_what_is_not_as_it_should_be_is_left_out(one: Extension) -> None:
    assert rich(Entry(extensions=(one,)), BASE).podcast == ()


_NAMES = ["podcast:person", "podcast:transcript", "itunes:episode", "georss:point", "cc:license", "media:credit"]
_TEXTS = st.text(max_size=30)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(_NAMES), _TEXTS, max_size=4),
    st.lists(
        st.builds(
            Extension,
            st.sampled_from(["podcast:person", "podcast:Value", "psc:chapters"]),
            _TEXTS,
            st.lists(st.tuples(st.sampled_from(["href", "role", "type", "x y", "ü", 'a"b']), _TEXTS)).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
)
def test_nothing_that_extensions_say_spoils_a_document(extra: dict[str, str], whole: tuple[Extension, ...]) -> None:
    document = a_document(an_item(entry=replace(ENTRY, extra=extra, extensions=whole)), podcast="Arts")
    for format in FORMATS:
        assert CHECKS[format](render(document, format)) == []


def test_a_source_keeps_the_time_of_its_feed() -> None:
    source = Source("Le Blog", "urn:blog", "https://blog.example/", "https://blog.example/feed", NOON - 5 * HOUR)
    item = an_item(entry=Entry(id="urn:1", title="One", link="https://blog.example/1", source=source))
    atom = etree.fromstring(render(a_document(item), "atom")).find(f"{ATOM}entry/{ATOM}source")
    assert atom.findtext(f"{ATOM}updated") == "2026-11-24T07:00:00Z"
    assert [link.get("href") for link in atom.findall(f"{ATOM}link")] == [source.feed, source.link]
    rss = etree.fromstring(render(a_document(item), "rss")).find("channel/item/source")
    assert (rss.get("url"), rss.text) == (source.feed, source.title)
    (said,) = json.loads(render(a_document(item), "json"))["items"]
    assert said["_backissue"]["source"]["updated"] == "2026-11-24T07:00:00Z"
    assert said["authors"] == [{"name": "Le Blog", "url": "https://blog.example/"}]
    (again,) = parse(render(a_document(item), "atom"), url=HOME).entries
    assert again.source == replace(source, authors=(Person("Le Blog"),))  # Atom wants one


def test_what_a_feed_says_holds_for_entries_that_say_nothing_of_it() -> None:
    ann, zoe = Person("Ann", "ann@source.example"), Person("Zoë")
    feed: dict[str, Any] = {"feed_authors": (ann,), "feed_rights": "© Ann", "feed_categories": (Category("harbour"),)}
    bare = Entry(id="urn:1", title="One", link="https://source.example/1")
    own = replace(bare, authors=(zoe,), rights="© Zoë", categories=(Category("ferry"),))
    copied = replace(
        bare, source=Source("Other", "urn:other", feed="https://other.example/f", authors=(zoe,), rights="© O")
    )
    for entry, author, rights, tags in (
        (bare, ann, "© Ann", ["harbour"]),
        (own, zoe, None, None),
        (copied, zoe, "© O", None),
    ):
        document = a_document(an_item(entry=entry, **feed))
        atom, rss, (item,) = (
            render(document, "atom"),
            render(document, "rss"),
            json.loads(render(document, "json"))["items"],
        )
        assert (broken_atom(atom), broken_rss(rss)) == ([], [])
        (again,) = parse(atom, url=HOME).entries
        assert (again.authors, again.rights) == ((author,), entry.rights)
        assert again.source
        assert again.source.authors == (() if entry is own else (author,))
        assert again.source.rights == rights
        assert parse(rss, url=HOME).entries[0].authors == (author,)
        assert item["authors"] == [{"name": author.name}]
        assert item["_backissue"]["source"].get("tags") == tags


def test_links_can_lead_to_pages_that_name_the_original(tmp_path: Path) -> None:
    site = Site(title="A Site", base_url="https://b.example/", author="The Editor")
    items = [
        an_item(1, Entry(id="https://source.example/1", link="https://source.example/1", title="1", content=Text("a"))),
        an_item(2, Entry(id="urn:2", title="Own", content=Text("b")), local=True, changed=NOON + timedelta(seconds=1)),
    ]
    channel = Channel(name="news", title="News", link="page")
    publish(channel, site, MemoryArchive(items), tmp_path, authority="b.example,2026")
    pages = {item.id: f"https://b.example/news/entries/{page_name(item.id)}.html" for item in items}
    for format in FORMATS:
        data = (tmp_path / f"news/feed.{format}").read_bytes()
        assert CHECKS[format](data) == []
        assert {one.id: one.link for one in parse(data, url=HOME).entries} == pages
    assert all((tmp_path / page.removeprefix("https://b.example/")).is_file() for page in pages.values())
    via = Link("https://source.example/1", "via", "text/html")
    for format in ("rss", "atom"):
        entries = parse((tmp_path / f"news/feed.{format}").read_bytes(), url=HOME).entries
        assert [link for one in entries for link in one.links if link.rel == "via"] == [via]
    found = json.loads((tmp_path / "news/feed.json").read_bytes())["items"]
    assert [one.get("external_url") for one in found if one["id"] == "https://source.example/1"] == [via.href]
    page = (tmp_path / pages["https://source.example/1"].removeprefix("https://b.example/")).read_text("utf-8")
    assert 'rel="canonical" href="https://source.example/1"' in page


def test_threads_stand_in_rss_too() -> None:
    item = etree.fromstring(render(a_document(an_item(entry=ENTRY, feed_url=BASE)), "rss")).find("channel/item")
    assert item.find(f"{THR}in-reply-to").get("ref") == "urn:pod:6"
