"""What feeds are known to do, detail by detail, and what must come of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from feeds.model import Category, Enclosure, Entry, Extension, Link, Person, Source, Text
from tests.feeds.parse.documents import URL, atom, read, read_entry, read_item, rss

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

TITLES = [
    ("AT&amp;T", "AT&T"),
    ("AT&amp;amp;T", "AT&T"),
    ("<![CDATA[AT&amp;T]]>", "AT&T"),
    ("&lt;b&gt;Bold&lt;/b&gt; and plain", "Bold and plain"),
    ("<![CDATA[1 < 2 & 3 > 2]]>", "1 < 2 & 3 > 2"),
    ("How to use &lt;b&gt; in HTML", "How to use <b> in HTML"),
    ("Vec&lt;T&gt; is a type", "Vec<T> is a type"),
    ("&amp;lt;b&amp;gt;", "<b>"),
    ("  two\n  lines ", "two lines"),
    ("One&lt;br&gt;Two", "One\nTwo".replace("\n", " ")),
    ("« L’été »", "« L’été »"),
    ("<b>Unescaped</b> markup", "Unescaped markup"),
    ("", None),
]


@pytest.mark.parametrize(("title", "expected"), TITLES)
def test_a_title_of_rss_becomes_plain_text(title: str, expected: str | None) -> None:
    assert read_item(f"<title>{title}</title>").title == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("<title>AT&amp;amp;T</title>", "AT&amp;T"),
        ("<title type='html'>AT&amp;amp;T</title>", "AT&T"),
        ("<title type='html'>&lt;i&gt;x&lt;/i&gt; y</title>", "x y"),
        ("<title>&lt;i&gt;x&lt;/i&gt;</title>", "<i>x</i>"),
        ('<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a <b>b</b> &lt;</div></title>', "a b <"),
    ],
)
def test_a_title_of_atom_is_what_its_type_says(title: str, expected: str) -> None:
    assert read_entry(title).title == expected


GUIDS = [
    ("<guid>12345</guid>", "12345", None),
    ("<guid>https://b.example/1</guid>", "https://b.example/1", "https://b.example/1"),
    ("<guid isPermaLink='false'>https://b.example/1</guid>", "https://b.example/1", None),
    ("<guid ispermalink='FALSE'>https://b.example/1</guid>", "https://b.example/1", None),
    ("<guid isPermaLink='true'>/1</guid>", "/1", "https://b.example/1"),
    ("<guid>https://b.example/g</guid><link>https://b.example/l</link>", "https://b.example/g", "https://b.example/l"),
    ("<link>https://b.example/l</link>", None, "https://b.example/l"),
    ("<guid> a&amp;b%20C </guid>", "a&b%20C", None),
    ("<guid/><link/>", None, None),
]


@pytest.mark.parametrize(("inner", "identity", "link"), GUIDS)
def test_an_id_is_kept_to_the_letter_and_a_link_is_not_made_up(
    inner: str, identity: str | None, link: str | None
) -> None:
    entry = read_item(inner)
    assert (entry.id, entry.link) == (identity, link)


def test_a_relative_atom_id_is_not_resolved() -> None:
    entry = read_entry("<id>./1</id>", 'xml:base="https://o.example/"')
    assert (entry.id, entry.link) == ("./1", None)


def test_the_same_guid_twice_gives_two_entries_in_order() -> None:
    parsed = read(rss("<item><guid>1</guid><title>a</title></item><item><guid>1</guid><title>b</title></item>"))
    assert [(one.id, one.title) for one in parsed.entries] == [("1", "a"), ("1", "b")]


def test_equal_entries_stay_two() -> None:
    assert len(read(rss("<item><title>a</title></item>" * 2)).entries) == 2


LINKS = [
    ("<link>/a b?x=1&amp;copy=2</link>", "https://b.example/a%20b?x=1&copy=2"),
    ("<link>\n https://b.example/1\n</link>", "https://b.example/1"),
    ("<link>1</link>", "https://b.example/feeds/1"),
    ("<link>//o.example/1</link>", "https://o.example/1"),
    ("<link xml:base='https://o.example/x/'>1</link>", "https://o.example/x/1"),
    ("<link>https://[bad/</link>", "https://[bad/"),
    ("<atom:link href='https://b.example/a'/><link>https://b.example/r</link>", "https://b.example/r"),
    ("<link href='https://b.example/a'/>", "https://b.example/a"),
    ("<link>magnet:?xt=1</link>", "magnet:?xt=1"),
    ("<link>&lt;a href='/1?a=1&amp;amp;b=2'>One&lt;/a></link>", "https://b.example/1?a=1&b=2"),
]


@pytest.mark.parametrize(("inner", "link"), LINKS)
def test_a_link_is_absolute(inner: str, link: str) -> None:
    assert read_item(inner).link == link


def test_an_html_alternate_comes_before_others_and_the_others_are_kept() -> None:
    pdf, html = "<link type='application/pdf' href='/1.pdf'/>", "<link type='text/html' href='/1'/>"
    entry = read_entry(f"{pdf}{html}<link rel='edit' href='/e'/>")
    assert entry.link == "https://b.example/1"
    assert entry.links == (
        Link("https://b.example/1.pdf", type="application/pdf"),
        Link("https://b.example/e", "edit"),
    )


def test_the_base_of_a_text_is_the_chain_of_xml_bases() -> None:
    entry = read_entry(
        "<summary type='html'>s</summary><content type='html' xml:base='c/'>x</content>", 'xml:base="/a/"'
    )
    assert (entry.summary, entry.content) == (
        Text("s", base="https://b.example/a/"),
        Text("x", base="https://b.example/a/c/"),
    )


DATES = [
    ("<pubDate>Tue, 24 Nov 2026 12:00:00 GMT</pubDate>", NOON, None),
    ("<dc:date>2026-11-24T12:00:00Z</dc:date>", NOON, None),
    ("<atom:updated>2026-11-24T12:00:00Z</atom:updated>", None, NOON),
    ("<pubDate>soon</pubDate><dc:date>2026-11-24T12:00:00Z</dc:date>", NOON, None),
    ("<pubDate>Tue, 24 Nov 2026 07:00:00 Eastern Standard Time</pubDate>", NOON, None),
    ("<title>none</title>", None, None),
]


@pytest.mark.parametrize(("inner", "published", "updated"), DATES)
def test_dates_are_those_that_the_source_gave(inner: str, published: datetime | None, updated: datetime | None) -> None:
    entry = read_item(inner)
    assert (entry.published, entry.updated, entry.extra) == (published, updated, {})


@pytest.mark.parametrize("date", ["soon", "2026-13-01", "12", "03/04/2026", "0000-00-00T00:00:00Z"])
def test_a_date_that_nobody_can_read_is_kept_as_it_stands_and_told(date: str) -> None:
    parsed = read(rss(f"<item><pubDate>{date}</pubDate></item>" * 3))
    assert [(one.published, one.updated, one.extra) for one in parsed.entries] == [(None, None, {"pubdate": date})] * 3
    assert parsed.problems == (f"a date cannot be read (entry 1: '{date}' and 2 more)",)


BODIES: list[tuple[str, Text | None, Text | None]] = [
    ("<description>&lt;p&gt;a&lt;/p&gt;</description>", Text("<p>a</p>", base=URL), None),
    ("<description><![CDATA[<p>a &amp; b</p>]]></description>", Text("<p>a &amp; b</p>", base=URL), None),
    ("<content:encoded>&lt;p&gt;a&lt;/p&gt;</content:encoded>", None, Text("<p>a</p>", base=URL)),
    ("<itunes:summary>s</itunes:summary><description>d</description>", Text("d", base=URL), None),
    ("<description/><itunes:summary>s</itunes:summary>", Text("s", "text", URL), None),
    ("<media:description>m</media:description><description>d</description>", Text("d", base=URL), None),
    ("<media:group><media:description>m</media:description></media:group>", Text("m", "text", URL), None),
    ("<description>a <b>bold</b> word</description>", Text("a <b>bold</b> word", base=URL), None),
    ("<description>a <![CDATA[<b>]]> c</description>", Text("a <b> c", base=URL), None),
    ("<description> </description>", None, None),
    ("<description>&lt;script&gt;x&lt;/script&gt;&lt;a href='/r'&gt;</description>",
     Text("<script>x</script><a href='/r'>", base=URL), None),
]  # fmt: skip


@pytest.mark.parametrize(("inner", "summary", "content"), BODIES)
def test_texts_of_rss_are_kept_as_served_and_not_taken_for_each_other(
    inner: str, summary: Text | None, content: Text | None
) -> None:
    entry = read_item(inner)
    assert (entry.summary, entry.content) == (summary, content)


CONTENTS = [
    ("<content>a &lt; b</content>", Text("a < b", "text", URL)),
    ("<content type='html'>&lt;b>a&lt;/b></content>", Text("<b>a</b>", base=URL)),
    ("<content type='text/html'>&lt;b>a&lt;/b></content>", Text("<b>a</b>", base=URL)),
    ("<content type='text'>a</content><content type='html'>h</content>", Text("h", base=URL)),
    (
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
        "<p>a<br/>b &lt; <img src='i'/></p></div></content>",
        Text('<p>a<br />b &lt; <img src="i" /></p>', base=URL),
    ),
    (
        "<content type='xhtml'><x:div xmlns:x='http://www.w3.org/1999/xhtml'><x:p>a</x:p></x:div></content>",
        Text("<p>a</p>", base=URL),
    ),
    ("<content type='html' xml:lang='fr'>x</content>", Text("x", base=URL, language="fr")),
    ("<content type='html' xml:lang='en'>x</content>", Text("x", base=URL)),
]


@pytest.mark.parametrize(("inner", "content"), CONTENTS)
def test_content_of_atom_is_what_its_type_says(inner: str, content: Text) -> None:
    assert read_entry(inner, 'xml:lang="en"').content == content


def test_content_is_not_copied_to_the_summary() -> None:
    assert read_entry("<content type='html'>x</content>").summary is None


PEOPLE = [
    ("<author>zoe@b.example (Zoë)</author>", [Person("Zoë", "zoe@b.example")]),
    ("<author>Zoë &lt;zoe@b.example&gt;</author>", [Person("Zoë", "zoe@b.example")]),
    ("<author>zoe@b.museum</author>", [Person(email="zoe@b.museum")]),
    ("<author>Zoë</author>", [Person("Zoë")]),
    ("<dc:creator>Zoë</dc:creator><dc:creator>Bao</dc:creator>", [Person("Zoë"), Person("Bao")]),
    ("<dc:creator>Tom &amp;amp; Jo</dc:creator>", [Person("Tom & Jo")]),
    ("<author>Zoë</author><itunes:author>Studio</itunes:author>", [Person("Zoë")]),
    ("<itunes:author>Studio</itunes:author>", [Person("Studio")]),
    ("<atom:author><atom:name>Z</atom:name><atom:uri>/z</atom:uri></atom:author>",
     [Person("Z", url="https://b.example/z")]),
    ("<author/>", []),
]  # fmt: skip


@pytest.mark.parametrize(("inner", "people"), PEOPLE)
def test_authors(inner: str, people: list[Person]) -> None:
    assert read_item(inner).authors == tuple(people)


def test_a_podcast_is_read() -> None:
    entry = read_item(
        """<title>E</title><enclosure url="/e.mp3" length="123" type="audio/mpeg"/>
        <itunes:duration> 1:02:03 </itunes:duration><itunes:image href="/e.jpg"/><itunes:keywords>a, b</itunes:keywords>
        <itunes:episode>7</itunes:episode><itunes:season>2</itunes:season>
        <podcast:transcript url="/t.vtt" type="text/vtt"/>
        <podcast:person>Zoë</podcast:person><podcast:person>Bao</podcast:person>"""
    )
    assert entry.enclosures == (Enclosure("https://b.example/e.mp3", "audio/mpeg", 123, duration=3723),)
    assert entry.image == "https://b.example/e.jpg"
    assert entry.categories == (Category("a"), Category("b"))
    assert entry.extra == {
        "itunes:episode": "7",
        "itunes:season": "2",
        "podcast:person": "Zoë\nBao",
        "podcast:transcript": 'type="text/vtt" url="/t.vtt"',
    }


def test_what_a_podcast_says_in_more_than_a_line_is_kept_whole() -> None:
    entry = read_item(
        """<podcast:person role="host" href="/zoe">Zoë</podcast:person><podcast:person>Bao</podcast:person>
        <podcast:alternateEnclosure type="audio/opus"><podcast:source uri="/e.opus"/><x/></podcast:alternateEnclosure>
        <psc:chapters xmlns:psc="http://podlove.org/simple-chapters" version="1.2">
        <psc:chapter start="00:00" title="One"/></psc:chapters>"""
    )
    assert entry.extra["podcast:person"] == "Zoë\nBao"
    assert entry.extensions == (
        Extension("podcast:person", "Zoë", (("href", "/zoe"), ("role", "host"))),
        Extension(
            "podcast:alternateEnclosure",
            None,
            (("type", "audio/opus"),),
            (Extension("podcast:source", None, (("uri", "/e.opus"),)),),
        ),
        Extension(
            "psc:chapters",
            None,
            (("version", "1.2"),),
            (Extension("psc:chapter", None, (("start", "00:00"), ("title", "One"))),),
        ),
    )


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("61", 61), ("01:01", 61), ("1:01:01", 3661), ("1h 2m 3s", 3723), ("PT1M", 60), ("61.5", 61), ("0", None)],
)
def test_durations(duration: str, seconds: int | None) -> None:
    entry = read_item(f'<enclosure url="/e.mp3"/><itunes:duration>{duration}</itunes:duration>')
    assert entry.enclosures[0].duration == seconds


def test_an_unread_duration_is_kept() -> None:
    assert read_item("<itunes:duration>long</itunes:duration>").extra == {"itunes:duration": "long"}


def test_one_file_in_several_places_is_one_enclosure() -> None:
    entry = read_item(
        '<enclosure url="/v.mp4" length="x" type="video/mp4"/><media:group><media:content url="/v.mp4" fileSize="9">'
        '<media:thumbnail url="/t.png"/></media:content><media:content url="/w.mp4"/></media:group>'
    )
    assert entry.enclosures == (
        Enclosure("https://b.example/v.mp4", "video/mp4", 9),
        Enclosure("https://b.example/w.mp4"),
    )
    assert entry.image == "https://b.example/t.png"


def test_a_title_of_media_is_not_the_titles_equal() -> None:
    assert read_item("<media:title>m</media:title><title>t</title>").title == "t"
    assert read_item("<media:group><media:title>m</media:title></media:group>").title == "m"


def test_what_counts_up_by_itself_is_left_out_as_it_would_look_like_an_edit() -> None:
    first, second = (
        read_item(f"<title>t</title><slash:comments>{n}</slash:comments><thr:total>{n}</thr:total>") for n in (1, 2)
    )
    assert first == second == Entry(title="t")


def test_other_extensions_are_kept() -> None:
    entry = read_item("<georss:point>45 7</georss:point><x:y xmlns:x='urn:x' b='2' a='1'/>")
    assert entry.extra == {"georss:point": "45 7", "x:y": 'a="1" b="2"'}


def test_a_source_of_atom_does_not_leak_into_the_entry() -> None:
    entry = read_entry(
        "<source><title>O</title><id>urn:o</id><updated>2026-11-24T12:00:00Z</updated><link href='https://o.example/'/>"
        "<author><name>O</name></author><category term='o'/></source>"
    )
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    of_it: dict[str, Any] = {"authors": (Person("O"),), "categories": (Category("o"),)}
    assert entry == Entry(source=Source("O", "urn:o", "https://o.example/", updated=noon, **of_it))


def test_categories_keep_scheme_and_label_and_stand_once() -> None:
    entry = read_item(
        "<category>a</category><category>a</category><dc:subject>b</dc:subject><category domain='d'>a</category>"
    )
    assert entry.categories == (Category("a"), Category("b"), Category("a", "d"))


def test_one_entry_that_feedparser_fails_at_harms_no_other() -> None:
    licence = "<creativeCommons:license>x</creativeCommons:license>"
    parsed = read(
        rss(
            f"<item><title>a</title><description>a {licence}</description><guid>1</guid></item>"
            "<item><title>b</title><description>b</description><guid>2</guid></item>"
        )
    )
    assert [(one.id, one.title) for one in parsed.entries] == [("1", "a"), ("2", "b")]
    first, second = parsed.entries
    assert first.summary is not None
    assert first.summary.value.startswith("a ")
    assert second.summary == Text("b", base=URL)
    assert parsed.problems == ("an entry is beyond feedparser: its texts are taken as they stand (entry 1)",)


def test_an_entry_within_an_entry_is_one_more_but_xml_in_a_text_is_none() -> None:
    inner = '<content type="application/xml"><x xmlns="urn:x"><entry/></x></content>'
    assert len(read(atom(f"<entry>{inner}</entry>")).entries) == 1
    assert len(read(rss("<item><title>a</title><item><title>b</title></item></item>")).entries) == 2
