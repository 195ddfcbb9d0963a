"""The pages for people: well-formed, reachable, and never a way in for what a source says."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from lxml import html as lxml_html

from config.settings import FORMATS, Channel, Site
from feeds.model import Enclosure, Entry, Person, Text
from feeds.write import Links
from feeds.write.html import Digest, channel_page, digest, index_page
from tests.support.items import FULL, HOME, NOON, a_document, an_item

VOID = {"meta", "link", "br", "img"}
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


class Nesting(HTMLParser):
    """Checks that every element is closed by its own end tag, and counts them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        assert len(attrs) == len(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


def test_a_channels_page_shows_its_entries() -> None:
    document = a_document(
        an_item(entry=FULL), an_item(2), an_item(3, Entry(title="بلا رابط", language="ar"), id="tag:b:3")
    )
    page = channel_page(document, Site(title="Home")).decode("utf-8")
    articles = lxml_html.fromstring(page.encode()).findall(".//article")

    assert page.startswith("<!DOCTYPE html>\n")
    assert Nesting(page).all("script") == []
    assert [article.findtext(".//bdi") for article in articles] == [
        "« L’été » à Paris: 1 < 2 & 3 > 2",
        "Entry 2",
        "بلا رابط",
    ]
    assert [(one.get("lang"), one.get("dir")) for one in articles] == [("fr", "ltr"), (None, "ltr"), ("ar", "rtl")]
    assert [one.find("h2/a") is None for one in articles] == [False, False, True]
    assert '<time datetime="2026-11-24T09:00:00Z" lang="en" dir="ltr">24 November 2026</time>' in page
    assert "Un résumé — court." in page


def test_an_entry_without_a_page_can_be_read_in_full() -> None:
    text = f"<p>{'long ' * 99}</p><h3 id='a'>Deep</h3><p>end</p>"
    entries = (
        Entry(title="Long", content=Text(text)),
        Entry(title="Long, and elsewhere", content=Text(text), link="https://x.example/"),
        Entry(title="Short", content=Text("<p>short</p>")),
        Entry(title="Hostile", content=Text(f"<p>{'x ' * 200}{HOSTILE}</div></details></article>")),
    )
    items = [an_item(number, entry, id=f"tag:b:{number}", local=True) for number, entry in enumerate(entries)]
    page = channel_page(a_document(*items), Site(title="Home")).decode("utf-8")
    articles = lxml_html.fromstring(page.encode()).findall(".//article")

    assert [article.find("details") is not None for article in articles] == [True, False, False, True]
    assert articles[0].findtext("details/div/p[2]") == "end"
    assert Nesting(page).all("script") == []
    assert "onerror" not in page


def test_files_are_named_by_kind_and_size() -> None:
    files = (
        Enclosure("https://x.example/a.mp3", "audio/mpeg", 12_345_678),
        Enclosure("https://x.example/b.csv", "text/csv"),
        Enclosure("https://x.example/c"),
    )
    page = channel_page(
        a_document(an_item(entry=Entry(title="t", enclosures=files), id="tag:b:1")), Site(title="Home")
    ).decode()

    assert [a.text for a in lxml_html.fromstring(page).findall(".//article/p/a")][-3:] == [
        "audio, 12.3 MB",
        "text/csv",
        "file",
    ]


def test_every_feed_is_found_from_the_pages() -> None:
    expected = [
        ("application/rss+xml", "feed.rss"),
        ("application/atom+xml", "feed.atom"),
        ("application/feed+json", "feed.json"),
    ]
    channel = Channel(name="news", title="News")
    for page, folder in (
        (channel_page(a_document(), Site(title="Home")), ""),
        (index_page(Site(), [(channel, Digest())]), "news/"),
    ):
        links = [one for one in Nesting(page.decode()).all("link") if one["rel"] == "alternate"]
        assert [(one["type"], one["href"]) for one in links] == [(kind, folder + href) for kind, href in expected]
        assert all(one["title"] for one in links)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_hold_in_quotes_what_sources_say(language: str) -> None:
    entry = Entry(
        id="https://x.example/1",
        title=HOSTILE,
        link=f"https://x.example/{HOSTILE}",
        content=Text(HOSTILE, "text"),
        authors=(Person(HOSTILE),),
        enclosures=(Enclosure(f"https://x.example/{HOSTILE}", HOSTILE),),
        language=HOSTILE,
    )
    document = a_document(
        an_item(entry=entry, feed_title=HOSTILE), title=HOSTILE, description=HOSTILE, author=HOSTILE, language=language
    )
    channel = Channel(name="news", title=HOSTILE, description=HOSTILE)
    site = Site(title=HOSTILE, description=HOSTILE, language=language)
    for page in (channel_page(document, Site(title="Home")), index_page(site, [(channel, digest(document))])):
        read = Nesting(page.decode("utf-8"))
        assert read.all("script") == read.all("img") == []
        assert not [name for _, attributes in read.seen for name in attributes if name.startswith("on")]
        assert (read.all("html")[0]["lang"], read.all("html")[0]["dir"]) == (
            language,
            "rtl" if language == "ar" else "ltr",
        )


def test_the_pages_are_the_same_each_time_and_empty_ones_are_pages_too() -> None:
    document = a_document(an_item(1))

    assert channel_page(document, Site(title="Home")) == channel_page(document, Site(title="Home"))
    assert b"No entries yet." in channel_page(a_document(), Site(title="Home"))
    assert b"No channels yet." in index_page(Site(), [])
    Nesting(index_page(Site(), []).decode())


def test_the_page_leads_to_what_came_before() -> None:
    links = {
        format: Links(self=f"{HOME}feed.{format}", prev_archive=f"{HOME}archive/000007.{format}") for format in FORMATS
    }

    assert b'href="archive/000007.rss"' in channel_page(a_document(an_item(1), links=links), Site(title="Home"))


def test_a_digest_is_short() -> None:
    items = [an_item(number) for number in range(1, 9)]

    shown = digest(a_document(*items))
    assert (shown.items, shown.updated, [line.title for line in shown.newest][-1], len(shown.newest)) == (
        8,
        NOON,
        "Entry 5",
        5,
    )
