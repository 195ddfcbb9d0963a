"""Every format of the last 27 years, all fields that it has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from feeds.model import (
    Category,
    Enclosure,
    Entry,
    Extension,
    Feed,
    Link,
    Person,
    Source,
    Text,
    Tombstone,
)
from feeds.parse import parse

URL = "https://b.example/feeds/main"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

RSS_090 = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">
  <channel><title>Old</title><link>http://old.example/</link><description>News</description></channel>
  <image><title>Old</title><url>http://old.example/i.gif</url><link>http://old.example/</link></image>
  <item><title>One</title><link>http://old.example/1</link></item>
</rdf:RDF>"""
RSS_091 = """<?xml version="1.0"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://127.0.0.1:9/rss-0.91.dtd">
<rss version="0.91"><channel><title>Old</title><link>http://old.example/</link>
<language>en-us</language><copyright>© Old</copyright><managingEditor>ed@old.example (Ed)</managingEditor>
<skipDays><day>Sunday</day><day>sunday</day><day>Someday</day></skipDays>
<skipHours><hour>24</hour><hour>3</hour></skipHours>
<item><title>One</title><link>http://old.example/1</link><description>A day</description></item></channel></rss>"""
RSS_092 = """<rss version="0.92"><channel><title>Old</title><link>http://old.example/</link>
<item><description>&lt;b&gt;Bold&lt;/b&gt; words</description>
<enclosure url="/a.mp3" length="10" type="audio/mpeg"/><source url="http://o.example/feed">Other</source>
<category domain="http://c.example/">music</category></item></channel></rss>"""
RSS_10 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel rdf:about="http://b.example/rdf"><title>B</title><link>http://b.example/</link><description>D</description>
<dc:language>fr</dc:language><dc:date>2026-11-24T12:00:00Z</dc:date><dc:rights>CC</dc:rights>
<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>
<sy:updateBase>2026-11-24T12:00+00:00</sy:updateBase>
<items><rdf:Seq><rdf:li resource="http://b.example/1"/></rdf:Seq></items></channel>
<image rdf:about="http://b.example/i.png"><url>http://b.example/i.png</url></image>
<item rdf:about="tag:b.example,2026:1"><title>Un</title><link>http://b.example/1</link><description>Bref</description>
<content:encoded><![CDATA[<p>Long</p>]]></content:encoded><dc:creator>Zoë</dc:creator><dc:creator>Bao</dc:creator>
<dc:subject>ville</dc:subject><dc:date>2026-11-24T13:00:00+01:00</dc:date></item></rdf:RDF>"""
RSS_20 = """<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"
  xmlns:fh="http://purl.org/syndication/history/1.0" xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
<channel><title>B &amp; co</title><link>https://b.example/</link><description>News</description>
<atom:link rel="self" type="application/rss+xml" href="https://b.example/rss"/>
<atom:link rel="hub" href="https://hub.example/"/><atom:link rel="prev-archive" href="/rss/1"/><fh:complete/>
<language>en_GB</language><webMaster>web@b.example</webMaster><generator>Gen 1</generator><ttl>60</ttl>
<lastBuildDate>Tue, 24 Nov 2026 12:00:00 GMT</lastBuildDate><pubDate>Tue, 24 Nov 2026 11:00:00 GMT</pubDate>
<image><url>/logo.png</url><title>B</title><link>https://b.example/</link></image><category>news</category>
<item><guid isPermaLink="false"> b-1 </guid><title>One</title><link>/1?a=1&amp;b=2</link>
<description><![CDATA[<p>Short</p>]]></description>
<content:encoded><![CDATA[<p>Long <img src="i.png"></p>]]></content:encoded>
<author>zoe@b.example (Zoë Élan)</author><dc:creator>Bao</dc:creator><dc:contributor>Chloé</dc:contributor>
<pubDate>Tue, 24 Nov 2026 12:00:00 GMT</pubDate><atom:updated>2026-11-24T13:00:00Z</atom:updated>
<category domain="https://b.example/tags">a/b</category><category>c</category>
<enclosure url="/a.mp3" length="0" type="audio/mpeg"/><comments>/1#comments</comments>
<slash:comments>7</slash:comments><media:thumbnail url="/t.jpg"/>
<media:content url="/v.mp4" fileSize="5" type="video/mp4" duration="61"><media:title>Clip</media:title></media:content>
<dc:rights>© Z</dc:rights><dc:language>fr</dc:language><source url="https://o.example/feed">Other</source></item>
</channel></rss>"""
ATOM_10 = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://b.example/"
  xmlns:thr="http://purl.org/syndication/thread/1.0" xmlns:at="http://purl.org/atompub/tombstones/1.0"
  xmlns:fh="http://purl.org/syndication/history/1.0">
<id>urn:b</id><title type="html">B &amp;amp; &lt;b&gt;co&lt;/b&gt;</title><subtitle>News</subtitle>
<updated>2026-11-24T12:00:00Z</updated><author><name>Ed</name><email>ed@b.example</email><uri>/ed</uri></author>
<link rel="self" href="atom" type="application/atom+xml"/><link href="./"/><link rel="next-archive" href="/2"/>
<rights>©</rights><generator uri="https://g.example/" version="2">Gen</generator><icon>/i.ico</icon><logo>l.png</logo>
<fh:archive/><category term="news" label="News"/>
<at:deleted-entry ref="urn:b:0" when="2026-11-24T12:00:00Z"><at:by><name>Ed</name></at:by><at:comment>Spam</at:comment>
</at:deleted-entry>
<entry xml:base="2026/"><id>urn:b:1</id><title>1 &lt; 2</title><updated>2026-11-24T12:00:00Z</updated>
<published>2026-11-24T11:00:00Z</published><link href="1"/>
<link rel="enclosure" href="a.ogg" length="9" type="audio/ogg"/>
<link rel="via" href="https://o.example/1" title="Seen"/><link rel="alternate" type="application/pdf" href="1.pdf"/>
<link rel="replies" type="text/html" href="1#c"/>
<content type="xhtml" xml:lang="fr"><div xmlns="http://www.w3.org/1999/xhtml">
<p>Vu &amp; <a href="x">lu</a><br/></p></div>
</content><summary>Vu</summary><contributor><name>Chloé</name></contributor>
<category term="a" scheme="https://b.example/t" label="A"/><thr:in-reply-to ref="urn:b:0" href="/0"/>
<source><id>urn:o</id><title>Other</title><link href="https://o.example/"/>
<link rel="self" href="https://o.example/feed"/></source></entry></feed>"""
ATOM_03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#" xml:lang="de"><title mode="escaped">Alt</title>
<link rel="alternate" type="text/html" href="http://a.example/"/><modified>2004-01-02T03:04:05Z</modified>
<tagline>Motto</tagline><copyright>A</copyright>
<entry><id>tag:a,2004:1</id><title>Eins</title><issued>2004-01-01T00:00:00+01:00</issued>
<modified>2004-01-02T00:00:00Z</modified><link rel="alternate" type="text/html" href="/1"/>
<content type="text/html" mode="escaped">&lt;p&gt;Text&lt;/p&gt;</content></entry></feed>"""
CDF = """<CHANNEL HREF="http://c.example/" LASTMOD="2026-11-24T12:00"><TITLE>C</TITLE><ABSTRACT>About</ABSTRACT>
<ITEM HREF="1.htm" LASTMOD="2026-11-24T12:00"><TITLE>One</TITLE><ABSTRACT>First</ABSTRACT></ITEM></CHANNEL>"""

FEEDS: list[tuple[str, str, Feed, Entry]] = [
    (
        "RSS 0.90",
        RSS_090,
        Feed(title="Old", link="http://old.example/", subtitle="News", image="http://old.example/i.gif"),
        Entry(title="One", link="http://old.example/1"),
    ),
    (
        "RSS 0.91",
        RSS_091,
        Feed(
            title="Old",
            link="http://old.example/",
            authors=(Person("Ed", "ed@old.example"),),
            language="en-us",
            rights="© Old",
            skip_hours=(0, 3),
            skip_days=("Sunday",),
        ),
        Entry(title="One", link="http://old.example/1", summary=Text("A day", base=URL)),
    ),
    (
        "RSS 0.92",
        RSS_092,
        Feed(title="Old", link="http://old.example/"),
        Entry(
            summary=Text("<b>Bold</b> words", base=URL),
            enclosures=(Enclosure("https://b.example/a.mp3", "audio/mpeg", 10),),
            source=Source("Other", feed="http://o.example/feed"),
            categories=(Category("music", "http://c.example/"),),
        ),
    ),
    (
        "RSS 1.0",
        RSS_10,
        Feed(
            id="http://b.example/rdf",
            title="B",
            link="http://b.example/",
            subtitle="D",
            published=NOON,
            language="fr",
            rights="CC",
            image="http://b.example/i.png",
            update_period="hourly",
            update_frequency=2,
            update_base=NOON,
        ),
        Entry(
            id="tag:b.example,2026:1",
            link="http://b.example/1",
            title="Un",
            summary=Text("Bref", base=URL),
            content=Text("<p>Long</p>", base=URL),
            authors=(Person("Zoë"), Person("Bao")),
            published=NOON,
            categories=(Category("ville"),),
        ),
    ),
    (
        "RSS 2.0",
        RSS_20,
        Feed(
            title="B & co",
            link="https://b.example/",
            subtitle="News",
            published=NOON.replace(hour=11),
            updated=NOON,
            language="en-GB",
            generator="Gen 1",
            image="https://b.example/logo.png",
            categories=(Category("news"),),
            links=(
                Link("https://b.example/rss", "self", "application/rss+xml"),
                Link("https://hub.example/", "hub"),
                Link("https://b.example/rss/1", "prev-archive"),
            ),
            ttl=60,
            complete=True,
            extra={"webmaster": "web@b.example"},
        ),
        Entry(
            id="b-1",
            link="https://b.example/1?a=1&b=2",
            title="One",
            summary=Text("<p>Short</p>", base=URL),
            content=Text('<p>Long <img src="i.png"></p>', base=URL),
            authors=(Person("Zoë Élan", "zoe@b.example"), Person("Bao")),
            contributors=(Person("Chloé"),),
            published=NOON,
            updated=NOON.replace(hour=13),
            categories=(Category("a/b", "https://b.example/tags"), Category("c")),
            enclosures=(
                Enclosure("https://b.example/a.mp3", "audio/mpeg"),
                Enclosure("https://b.example/v.mp4", "video/mp4", 5, "Clip", 61),
            ),
            language="fr",
            image="https://b.example/t.jpg",
            rights="© Z",
            comments="https://b.example/1#comments",
            source=Source("Other", feed="https://o.example/feed"),
        ),
    ),
    (
        "Atom 1.0",
        ATOM_10,
        Feed(
            id="urn:b",
            title="B & co",
            link="https://b.example/",
            subtitle="News",
            authors=(Person("Ed", "ed@b.example", "https://b.example/ed"),),
            updated=NOON,
            language="en",
            rights="©",
            generator="Gen",
            image="https://b.example/l.png",
            icon="https://b.example/i.ico",
            categories=(Category("news", label="News"),),
            links=(
                Link("https://b.example/atom", "self", "application/atom+xml"),
                Link("https://b.example/2", "next-archive"),
            ),
            archive=True,
        ),
        Entry(
            id="urn:b:1",
            link="https://b.example/2026/1",
            title="1 < 2",
            summary=Text("Vu", "text", "https://b.example/2026/"),
            content=Text('<p>Vu &amp; <a href="x">lu</a><br /></p>', "html", "https://b.example/2026/", language="fr"),
            contributors=(Person("Chloé"),),
            published=NOON.replace(hour=11),
            updated=NOON,
            categories=(Category("a", "https://b.example/t", "A"),),
            enclosures=(Enclosure("https://b.example/2026/a.ogg", "audio/ogg", 9),),
            links=(
                Link("https://o.example/1", "via", title="Seen"),
                Link("https://b.example/2026/1.pdf", type="application/pdf"),
            ),
            comments="https://b.example/2026/1#c",
            source=Source("Other", "urn:o", "https://o.example/", "https://o.example/feed"),
            in_reply_to=("urn:b:0",),
            extensions=(Extension("thr:in-reply-to", None, (("href", "/0"), ("ref", "urn:b:0"))),),
        ),
    ),
    (
        "Atom 0.3",
        ATOM_03,
        Feed(
            title="Alt",
            link="http://a.example/",
            subtitle="Motto",
            updated=datetime(2004, 1, 2, 3, 4, 5, tzinfo=UTC),
            language="de",
            rights="A",
        ),
        Entry(
            id="tag:a,2004:1",
            link="https://b.example/1",
            title="Eins",
            content=Text("<p>Text</p>", base=URL),
            published=datetime(2003, 12, 31, 23, tzinfo=UTC),
            updated=datetime(2004, 1, 2, tzinfo=UTC),
        ),
    ),
    (
        "CDF",
        CDF,
        Feed(title="C", link="http://c.example/", subtitle="About", updated=NOON),
        Entry(
            link="https://b.example/feeds/1.htm",
            title="One",
            summary=Text("First", "text", URL),
            updated=NOON,
        ),
    ),
]


@pytest.mark.parametrize(("format", "document", "feed", "entry"), FEEDS, ids=[case[0] for case in FEEDS])
def test_a_document_of_every_format_is_read_whole(format: str, document: str, feed: Feed, entry: Entry) -> None:
    parsed = parse(document.encode(), URL)
    assert parsed.entries == (entry,)
    assert parsed.feed == feed
    assert (parsed.format, parsed.problems) == (format, ())


def test_tombstones_are_read() -> None:
    assert parse(ATOM_10.encode(), URL).tombstones == (Tombstone("urn:b:0", NOON, "Ed", "Spam"),)


def test_an_atom_entry_document_is_a_feed_of_one() -> None:
    parsed = parse(
        b'<entry xmlns="http://www.w3.org/2005/Atom"><id>urn:1</id><title>T</title><content>C</content></entry>', URL
    )
    assert parsed.entries == (Entry(id="urn:1", title="T", content=Text("C", "text", URL)),)
    assert parsed.format == "Atom 1.0"


@pytest.mark.parametrize(
    "document", ["<rss version='2.0'><channel/></rss>", '<feed xmlns="http://www.w3.org/2005/Atom"/>']
)
def test_a_feed_without_entries_is_a_feed(document: str) -> None:
    assert parse(document.encode(), URL).entries == ()
