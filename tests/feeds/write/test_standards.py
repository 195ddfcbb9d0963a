"""What the standards ask of documents, clause by clause; docs/standards.md names the test of each.

The cases are what sources really say: each would make a document that the feed validator of the W3C has something
against, an error or a warning, if it went out as it came in.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timezone
from typing import Any

import pytest
from lxml import etree

from config.settings import FORMATS, Format
from feeds.model import Category, Enclosure, Entry, Link, Person, Text
from feeds.parse import parse
from feeds.write import Links, render
from tests.support.items import FULL, HOME, HOUR, NOON, a_document, an_item
from tests.support.rules import (
    ATOM,
    CONTENT,
    DC,
    FH,
    ITUNES,
    MEDIA,
    THR,
    XML_LANG,
    broken_atom,
    broken_json,
    broken_rss,
)

CHECKS = {"rss": broken_rss, "atom": broken_atom, "json": broken_json}
PAGE = "https://source.example/1"


def one(**values: Any) -> Any:
    """An item of an entry with these values, an id and a title."""
    return an_item(entry=Entry(**{"id": "tag:source.example,2026:1", "title": "One", **values}))


def atom(*items: Any, **values: Any) -> Any:
    """The Atom document of the items."""
    return etree.fromstring(render(a_document(*items, **values), "atom"))


def entry(item: Any, **values: Any) -> Any:
    """The item as an Atom entry."""
    return atom(item, **values).find(f"{ATOM}entry")


def rss(*items: Any, **values: Any) -> Any:
    """The channel of the RSS document of the items."""
    return etree.fromstring(render(a_document(*items, **values), "rss"))[0]


def rss_item(item: Any, **values: Any) -> Any:
    """The item as an RSS item."""
    return rss(item, **values).find("item")


def feed(*items: Any, **values: Any) -> Any:
    """The JSON Feed of the items."""
    return json.loads(render(a_document(*items, **values), "json"))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"title": "1&1", "content": Text("1&amp;1")}, id="what looks like a reference"),
        pytest.param({"title": "a < b > c &lt; d", "rights": "&copy; & <b>"}, id="what looks like markup"),
        pytest.param({"authors": (Person("AT&T; 1&1"),), "categories": (Category("1&1", None, "&x"),)}, id="in names"),
        pytest.param({"link": PAGE, "content": None, "summary": None}, id="no text at all"),
        pytest.param({"title": None, "content": Text("<pre>\u2028</pre>")}, id="a text of nothing but space"),
        pytest.param({"content": Text("<p>Elman\ufffds work</p>")}, id="a replacement character"),
        pytest.param({"language": "US"}, id="a country for a language"),
        pytest.param({"language": "english"}, id="a name for a language"),
        pytest.param({"links": (Link(PAGE, "alternate", hreflang="US"),)}, id="a country for a link's language"),
        pytest.param({"link": "https://été.example/äpfel?a[]=«»#ß"}, id="an IRI"),
        pytest.param({"link": f"https://source.example/{'é' * 70}"}, id="a long IRI"),
        pytest.param({"link": "http://[2001:db8::1]/a[1]"}, id="square brackets"),
        pytest.param({"enclosures": (Enclosure("ftp://x.example/a.mp3"),)}, id="an enclosure off the web"),
        pytest.param(
            {"enclosures": (Enclosure("https://x.example/é.mp3", "audio/mpeg", 5, "é", 61), Enclosure("magnet:?xt=1"))},
            id="an enclosure with a duration",
        ),
        pytest.param(
            {"authors": (Person("Ann", "ann@x.example"), Person("Bo"))}, id="an author with and one without mail"
        ),
        pytest.param({"authors": (Person(None, "ann@x.example"),)}, id="a mail address without a name"),
        pytest.param({"authors": (Person("Ann (x)", "ann@x.example"),)}, id="brackets in a name"),
        pytest.param({"authors": (Person("Ann", "root@localhost"),)}, id="a mail address that nobody can reach"),
        pytest.param({"links": (Link(PAGE, "shop"), Link(PAGE, "next"), Link(PAGE, "prev-archive"))}, id="relations"),
        pytest.param({"in_reply_to": ("https://source.example/é[1]",)}, id="a reply to an IRI"),
        pytest.param({"comments": "https://source.example/é", "image": "https://source.example/é.jpg"}, id="more IRIs"),
    ],
)
@pytest.mark.parametrize("format", FORMATS)
def test_what_validators_warn_of_is_made_good(format: Format, values: dict[str, Any]) -> None:
    document = a_document(one(**values), an_item(2))

    assert CHECKS[format](render(document, format)) == []


@pytest.mark.parametrize(
    ("format", "old", "new"),
    [
        ("atom", ".000001Z", ".000002Z"),
        ("atom", "&#x26;", "&amp;"),
        ("atom", "A &#x26; B</summary>", "</summary>"),
        ("atom", "Text 2", "Text \ufffd"),
        ("atom", 'xml:lang="en"', 'xml:lang="US"'),
        ("atom", 'rel="enclosure"', 'rel="shop"'),
        ("atom", 'rel="enclosure"', 'rel="next"'),
        ("atom", 'href="https://source.example/1"', 'href="https://source.example/é"'),
        ("atom", 'href="https://source.example/1"', 'href="https://source.example/[1]"'),
        ("atom", "<updated>2026", "<updated>1970"),
        ("atom", "ann@x.example", "ann@localhost"),
        ("atom", ' rel="current"', ' rel="related"'),
        ("rss", "<author>ann@x.example (Ann)</author>", "<author>ann@x.example</author>"),
        ("rss", "</author>", "</author><dc:creator>Ann</dc:creator>"),
        ("rss", "&#x26;", "&amp;"),
        ("rss", "Text 2", "Text \ufffd"),
        ("rss", 'url="https://x.example/a.mp3"', 'url="ftp://x.example/a.mp3"'),
        ("rss", "<link>https://source.example/1<", "<link>https://source.example/é<"),
        ("rss", "<dc:language>fr<", "<dc:language>US<"),
        ("rss", "24 Nov 2026", "24 Nov 1987"),
        ("rss", ' rel="current"', ' rel="related"'),
        ("rss", "</item>", '<itunes:duration xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">1</itunes:duration></item>'),
        ("json", "https://source.example/1", "https://source.example/é"),
    ],
)  # fmt: skip
def test_these_rules_would_tell(format: Format, old: str, new: str) -> None:
    links = {one: Links(self=HOME, current=f"{HOME}feed.{one}") for one in FORMATS}
    first = one(
        title="A & B", link=PAGE, language="fr", authors=(Person("Ann", "ann@x.example"),),
        enclosures=(Enclosure("https://x.example/a.mp3", "audio/mpeg"),),
    )  # fmt: skip
    second = an_item(2, Entry(id="urn:x:2", title="2", content=Text("<p>Text 2</p>"), published=first.date))
    text = render(a_document(first, second, links=links, archive=True), format).decode()

    assert old in text
    assert CHECKS[format](text.encode()) == []
    assert CHECKS[format](text.replace(old, new).encode()) != []


# Atom


def test_an_atom_document_is_utf8_and_says_in_which_language() -> None:
    text = render(a_document(one(language="fr"), language="de"), "atom")
    root = etree.fromstring(text)

    assert text.lower().startswith(
        (b"<?xml version='1.0' encoding='utf-8'?>", b'<?xml version="1.0" encoding="utf-8"?>')
    )
    assert text.decode("utf-8")
    assert (root.get(XML_LANG), root.find(f"{ATOM}entry").get(XML_LANG)) == ("de", "fr")


def test_text_constructs_are_plain_or_escaped() -> None:
    said = entry(one(title="a <b> & c", summary=Text("a <b> & c", "text"), content=Text("<p>a &lt; <b>b</b></p>")))

    assert (said.find(f"{ATOM}title").get("type"), said.findtext(f"{ATOM}title")) == (None, "a <b> & c")
    assert (said.find(f"{ATOM}summary").get("type"), said.findtext(f"{ATOM}summary")) == ("text", "a <b> & c")
    assert (said.find(f"{ATOM}content").get("type"), len(said.find(f"{ATOM}content"))) == ("html", 0)
    assert said.findtext(f"{ATOM}content") == "<p>a &lt; <b>b</b></p>"


def test_a_person_has_a_name_and_at_most_a_mail_and_an_address() -> None:
    people = (
        Person("Ann", "ann@x.example", "https://x.example/é"), Person(email="bo@x.example"), Person(url="https://c.example/")
    )  # fmt: skip
    found = [
        {child.tag.removeprefix(ATOM): child.text for child in one}
        for one in entry(one(authors=people)).iter(f"{ATOM}author")
    ]

    assert found == [
        {"name": "Ann", "email": "ann@x.example", "uri": "https://x.example/%C3%A9"},
        {"name": "bo@x.example", "email": "bo@x.example"},
        {"name": "https://c.example/", "uri": "https://c.example/"},
    ]


def test_times_of_atom_are_utc_and_to_the_second() -> None:
    when = datetime(1969, 7, 20, 22, 17, 40, 500_000, tzinfo=timezone(2 * HOUR))
    said = entry(one(published=when))

    assert said.findtext(f"{ATOM}published") == "1969-07-20T20:17:40Z"
    assert re.fullmatch(r"1969-07-20T20:17:40\.\d{6}Z", said.findtext(f"{ATOM}updated"))


@pytest.mark.parametrize(
    ("declared", "published"),
    [(NOON - HOUR, "2026-11-24T11:00:00Z"), (None, "2026-11-24T12:00:00Z"), (NOON + HOUR, "2026-11-24T12:00:00Z")],
)
def test_an_entry_was_published_when_its_source_says_or_it_was_first_seen(declared: Any, published: str) -> None:
    assert entry(one(published=declared)).findtext(f"{ATOM}published") == published


def test_entries_of_one_time_have_times_of_their_own_in_their_order() -> None:
    known = [an_item(number, Entry(id=f"urn:x:{number}", title="x", published=NOON)) for number in range(1, 200)]
    times = [one.findtext(f"{ATOM}updated") for one in atom(*known).iter(f"{ATOM}entry")]

    assert len(set(times)) == len(known)
    assert times == sorted(times)


def test_of_two_versions_the_newer_has_the_later_time_even_within_a_second() -> None:
    old = an_item(7, Entry(id="urn:x:1", title="x", published=NOON.replace(microsecond=900_000)))
    new = an_item(8, Entry(id="urn:x:1", title="x", published=NOON.replace(microsecond=900_000)), number=2)
    before, after = (entry(item).findtext(f"{ATOM}updated") for item in (old, new))

    assert before < after


def test_the_head_of_an_atom_feed() -> None:
    root = atom(one())
    head = [child for child in root if child.tag != f"{ATOM}entry"]
    names = [child.tag.removeprefix(ATOM) for child in head if child.tag != f"{ATOM}link"]
    links = [dict(link.attrib) for link in root.findall(f"{ATOM}link")]

    assert sorted(names) == ["author", "generator", "id", "subtitle", "title", "updated"]
    assert root.findtext(f"{ATOM}id") == "tag:b.example,2026:news"
    assert {"rel": "self", "href": f"{HOME}feed.atom", "type": "application/atom+xml"} in links
    assert {"rel": "alternate", "href": HOME, "type": "text/html"} in links


def test_an_entry_has_text_and_content_where_it_has_no_link() -> None:
    bare, linked = entry(one()), entry(one(link=PAGE))

    assert bare.findtext(f"{ATOM}content") == "One"
    assert (linked.find(f"{ATOM}content"), linked.findtext(f"{ATOM}summary")) == (None, "One")


def test_no_two_alternates_are_of_one_type_and_language() -> None:
    links = (
        Link(PAGE),
        Link(f"{PAGE}?print"),
        Link(f"{PAGE}.fr", hreflang="fr"),
        Link(f"{PAGE}.pdf", type="application/pdf"),
    )
    found = [
        (link.get("type"), link.get("hreflang"))
        for link in entry(one(link=PAGE, links=links)).findall(f"{ATOM}link")
        if link.get("rel", "alternate") == "alternate"
    ]

    assert sorted(found, key=str) == sorted([(None, None), (None, "fr"), ("application/pdf", None)], key=str)


@pytest.mark.parametrize(
    "identity", ["HTTP://Source.example:80/%7ea/../b", "urn:uuid:1225C695-CFB8-4EBB", "https://é.example/ü"]
)
def test_an_id_is_published_to_the_letter(identity: str) -> None:
    item = an_item(entry=Entry(id=identity, title="One"))

    assert (
        entry(item).findtext(f"{ATOM}id") == rss_item(item).findtext("guid") == feed(item)["items"][0]["id"] == identity
    )


def test_an_enclosure_says_what_it_is() -> None:
    sound = Enclosure("https://x.example/a.mp3", "audio/mpeg", 4321, "Le son", 61)
    (link,) = [
        link for link in entry(one(enclosures=(sound,))).findall(f"{ATOM}link") if link.get("rel") == "enclosure"
    ]

    assert dict(link.attrib) == {
        "rel": "enclosure", "href": sound.url, "type": "audio/mpeg", "length": "4321", "title": "Le son",
    }  # fmt: skip


def test_a_copied_entry_names_its_source_and_our_own_does_not() -> None:
    copied, own = entry(an_item(1)), entry(an_item(1, local=True))
    source = copied.find(f"{ATOM}source")

    assert [source.findtext(f"{ATOM}{name}") for name in ("id", "title")] == [
        "tag:source.example,2026:feed",
        "La Source",
    ]
    assert source.findtext(f"{ATOM}updated")
    assert own.find(f"{ATOM}source") is None


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_what_is_not_of_the_format_has_a_namespace(format: Format) -> None:
    document = a_document(an_item(entry=FULL), archive=True, hubs=("https://hub.example/",))
    tags = {one.tag for one in etree.fromstring(render(document, format)).iter() if isinstance(one.tag, str)}
    allowed = (ATOM, CONTENT, DC, FH, MEDIA, THR)
    own = {tag for tag in tags if not tag.startswith("{")}

    assert not [tag for tag in tags - own if not tag.startswith(allowed)]
    assert own <= (RSS_ELEMENTS if format == "rss" else set())


# RSS


RSS_ELEMENTS = set(
    re.findall(
        r"\w+",
        "rss channel title link description language copyright managingEditor webMaster pubDate lastBuildDate category "
        "generator docs cloud ttl image rating textInput skipHours skipDays item author comments enclosure guid source",
    )
)


def test_the_head_of_a_channel() -> None:
    channel = rss(one())
    (own,) = channel.findall(f"{ATOM}link")
    names = [child.tag for child in channel if not child.tag.startswith("{") and child.tag != "item"]

    assert (channel.getparent().tag, channel.getparent().get("version")) == ("rss", "2.0")
    assert sorted(names) == sorted(
        ["title", "link", "description", "language", "lastBuildDate", "generator", "docs", "managingEditor"]
    )
    assert (channel.findtext("link"), channel.findtext("docs")) == (HOME, "https://www.rssboard.org/rss-specification")
    assert dict(own.attrib) == {"rel": "self", "href": f"{HOME}feed.rss", "type": "application/rss+xml"}
    assert channel.findtext("managingEditor") == "editor@b.example (The Editor)"


@pytest.mark.parametrize(
    ("values", "title", "described"),
    [
        ({}, "One", False),
        ({"title": None, "content": Text("<p>Text</p>")}, None, True),
        ({"title": None, "link": PAGE}, None, True),
        ({"content": Text("<p>Text</p>")}, "One", True),
    ],
)
def test_an_item_has_a_title_or_a_description(values: dict[str, Any], title: str | None, described: bool) -> None:
    item = rss_item(one(**values))

    assert item.findtext("title") == title
    assert bool(item.findtext("description")) == described


@pytest.mark.parametrize(
    ("identity", "link", "permanent"),
    [
        (PAGE, PAGE, "true"),
        (PAGE, None, "true"),
        (PAGE, f"{PAGE}?utm", "false"),
        ("tag:source.example,2026:1", PAGE, "false"),
        ("https://source.example/é", "https://source.example/é", "false"),
    ],
)
def test_a_guid_says_whether_it_is_a_permalink(identity: str, link: str | None, permanent: str) -> None:
    guid = rss_item(an_item(entry=Entry(id=identity, link=link, title="One"))).find("guid")

    assert (guid.text, guid.get("isPermaLink")) == (identity, permanent)


@pytest.mark.parametrize(
    ("when", "written"),
    [
        (datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC), "Sun, 20 Jul 1969 20:17:40 +0000"),
        (datetime(2026, 11, 1, 23, 30, tzinfo=timezone(-5 * HOUR)), "Mon, 02 Nov 2026 04:30:00 +0000"),
    ],
)
def test_times_of_rss_have_years_of_four_digits(when: datetime, written: str) -> None:
    channel = rss(one(published=when), updated=when)

    assert (channel.findtext("item/pubDate"), channel.findtext("lastBuildDate")) == (written, written)


def test_an_item_has_one_enclosure_and_the_others_are_media() -> None:
    files = (
        Enclosure("magnet:?xt=1"),
        Enclosure("https://x.example/a.mp3", None, None, None, 61),
        Enclosure("https://x.example/b"),
    )
    item = rss_item(one(enclosures=files))
    (found,) = item.findall("enclosure")

    assert dict(found.attrib) == {"url": "https://x.example/a.mp3", "length": "0", "type": "audio/mpeg"}
    assert [media.get("url") for media in item.findall(f"{MEDIA}content")] == ["magnet:?xt=1", "https://x.example/b"]
    assert not [element for element in item.iter() if element.tag.startswith(ITUNES)]


@pytest.mark.parametrize(
    ("people", "author", "creators"),
    [
        ((Person("Zoë", "z@x.example"),), "z@x.example (Zoë)", []),
        ((Person("Zoë"),), None, ["Zoë"]),
        ((Person("Zoë", "z@x.example"), Person("Bo", "b@x.example")), None, ["Zoë", "Bo"]),
        ((Person(email="z@x.example"),), None, ["z@x.example"]),
    ],
)
def test_an_author_is_a_mail_address_or_a_creator(people: Any, author: str | None, creators: list[str]) -> None:
    item = rss_item(one(authors=people))

    assert (item.findtext("author"), [element.text for element in item.findall(f"{DC}creator")]) == (author, creators)


def test_a_full_text_stands_beside_a_description() -> None:
    item = rss_item(one(content=Text("<p>All of <b>it</b></p>")))

    assert (item.findtext("description"), item.findtext(f"{CONTENT}encoded")) == (
        "All of it",
        "<p>All of <b>it</b></p>",
    )
    names = [element.tag for element in item]
    assert names.index("description") < names.index(f"{CONTENT}encoded")


def test_plain_texts_are_escaped_with_hexadecimal_references() -> None:
    text = render(a_document(one(title="1 < 2 & 3 > 2", categories=(Category("R&D"),))), "rss").decode()

    assert "<title>1 &#x3C; 2 &#x26; 3 &#x3E; 2</title>" in text
    assert "<category>R&#x26;D</category>" in text


def test_a_category_keeps_its_path_and_its_domain() -> None:
    found = rss_item(one(categories=(Category("a/b/c", "https://x.example/tags"), Category("d")))).findall("category")

    assert [(one.text, one.get("domain")) for one in found] == [("a/b/c", "https://x.example/tags"), ("d", None)]


def test_a_copied_item_names_the_feed_it_comes_from() -> None:
    source = rss_item(an_item(1)).find("source")

    assert (source.text, source.get("url")) == ("La Source", "https://source.example/feed.xml")
    assert rss_item(an_item(1, local=True)).find("source") is None


@pytest.mark.parametrize("format", FORMATS)
def test_every_address_is_absolute(format: Format) -> None:
    body = Text('<p><a href="/a">a</a><img src="b.png"><a href="//c.example/">c</a></p>')
    (entry,) = parse(render(a_document(one(link="https://source.example/x/1", content=body)), format), HOME).entries
    assert entry.content
    found = re.findall('(?:href|src)="(.*?)"', entry.content.value)

    assert found == ["https://source.example/a", "https://source.example/x/b.png", "https://c.example/"]


# JSON Feed


def test_the_top_of_a_json_feed() -> None:
    links = {format: Links(self=f"{HOME}feed.{format}", prev_archive=f"{HOME}archive/1.{format}") for format in FORMATS}
    data = render(a_document(one(), links=links, hubs=("https://hub.example/",)), "json")
    top = json.loads(data.decode("utf-8"))

    assert not data.startswith(b"\xef\xbb\xbf")
    assert {name: value for name, value in top.items() if name not in ("items", "_backissue")} == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "News & « Nouvelles »",
        "home_page_url": HOME,
        "feed_url": f"{HOME}feed.json",
        "description": "What is new",
        "next_url": f"{HOME}archive/1.json",
        "authors": [{"name": "The Editor"}],
        "language": "en",
        "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
    }
    assert top["items"]


@pytest.mark.parametrize(
    ("values", "content"),
    [
        ({}, {"content_text": "One"}),
        ({"summary": Text("Short", "text")}, {"content_text": "Short"}),
        (
            {"content": Text("<p>All</p>"), "summary": Text("<p>Short</p>")},
            {"content_html": "<p>All</p>", "summary": "Short"},
        ),
    ],
)
def test_an_item_of_json_feed_has_content(values: dict[str, Any], content: dict[str, str]) -> None:
    (item,) = feed(one(**values))["items"]

    assert {name: item[name] for name in ("content_html", "content_text", "summary") if name in item} == content
    assert isinstance(item["id"], str)


def test_times_of_json_feed_are_rfc3339() -> None:
    (item,) = feed(one(published=datetime(1969, 7, 20, 20, 17, 40, 5, tzinfo=UTC), updated=NOON - HOUR))["items"]

    assert (item["date_published"], item["date_modified"]) == ("1969-07-20T20:17:40Z", "2026-11-24T11:00:00Z")


def test_an_attachment_has_an_address_and_a_type() -> None:
    (item,) = feed(one(enclosures=(Enclosure("https://x.example/a", None, 5, "A", 61),)))["items"]

    assert item["attachments"] == [
        {
            "url": "https://x.example/a", "mime_type": "application/octet-stream", "title": "A", "size_in_bytes": 5,
            "duration_in_seconds": 61,
        }
    ]  # fmt: skip


def test_what_json_feed_has_no_words_for_is_an_object_of_its_own() -> None:
    document = feed(an_item(entry=FULL), archive=True)
    known = set(
        re.findall(
            r"\w+",
            "version title home_page_url feed_url description next_url authors language hubs items id url content_html "
            "content_text summary image date_published date_modified tags attachments",
        )
    )
    extensions = {
        name: value for top in (document, *document["items"]) for name, value in top.items() if name not in known
    }

    assert extensions.keys() == {"_backissue"}
    assert all(isinstance(value, dict) and "." not in name for name, value in extensions.items())


# Archives


def links_of(head: Any) -> dict[str, str]:
    return {link.get("rel", "alternate"): link.get("href") for link in head.findall(f"{ATOM}link")}


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_documents_say_where_they_stand(format: Format) -> None:
    """In RSS by elements of Atom in the channel (RFC 5005 appendix B)."""
    there = {one: f"{HOME}{one}" for one in ("current", "prev-archive", "next-archive")}
    closed = Links(
        self=f"{HOME}2",
        current=there["current"],
        prev_archive=there["prev-archive"],
        next_archive=there["next-archive"],
    )
    read = rss if format == "rss" else atom
    live = read(one(), links={format: Links(self=HOME, prev_archive=there["prev-archive"])})
    archive = read(one(), links={format: closed}, archive=True)

    assert links_of(live).keys() - {"alternate"} == {"self", "prev-archive"}
    assert links_of(archive).items() >= there.items()
    assert (live.find(f"{FH}archive"), live.find(f"{FH}complete")) == (None, None)
    assert archive.find(f"{FH}archive") is not None
    assert not list(archive.find(f"{FH}archive"))


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_a_hub_is_named_beside_the_documents_own_address(format: Format) -> None:
    head = (rss if format == "rss" else atom)(one(), hubs=("https://hub.example/",))

    assert links_of(head).items() >= {"hub": "https://hub.example/", "self": f"{HOME}feed.{format}"}.items()
