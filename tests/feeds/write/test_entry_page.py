"""The page of an entry: all that it has, in its own language, with a way on."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import html

from config.settings import Channel, Site
from feeds.channel import Item
from feeds.model import Category, Enclosure, Entry, Person, Section, Text
from feeds.write.archive_pages import Part, Row, part_page, years_page
from feeds.write.entry_page import Around, Neighbour, entry_page
from tests.support.items import FULL, HOUR, NOON, an_item

SITE = Site(title="A Site & more", images=True)
CHANNEL = Channel(name="news", title="News", formats=("rss", "json"))
AROUND = Around("2026-11", "2026-11-2", Neighbour("aaaa", "Before"), Neighbour("bbbb", "بعد", "ar"))
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def page(item: Item, around: Around = AROUND, channel: Channel = CHANNEL) -> Any:
    return html.fromstring(entry_page(item, channel, SITE, around))


def links(root: Any, path: str) -> list[tuple[str, str]]:
    return [(link.text_content(), link.get("href")) for link in root.xpath(path)]


def test_a_page_has_all_of_its_entry() -> None:
    root = page(an_item(entry=FULL))
    article = root.find(".//article")
    facts = article.findtext("header/p") or ""

    assert (root.get("lang"), root.get("dir")) == ("fr", "ltr")
    assert root.findtext("head/title") == "« L’été » à Paris: 1 < 2 & 3 > 2 · News"
    assert article.findtext("header/h1") == "« L’été » à Paris: 1 < 2 & 3 > 2"
    assert links(article, "header//a") == [
        ("Zoë Élan", "https://source.example/zoe"),
        ("La Source", "https://source.example/"),
    ]
    assert article.xpath("header//time/@datetime") == ["2026-11-24T09:00:00Z"]
    assert "1 minute to read" in article.xpath("string(header)"), facts
    assert article.xpath("string(div[@class='text'])").strip().startswith("« Bonjour » à tous & toutes; a < b ]]>")
    assert article.xpath("footer//ul[@class='tags']/li/bdi/text()") == ["Paris", "été"]
    assert article.xpath("footer//audio/@src") == ["https://source.example/a.mp3"]
    assert article.xpath("footer//video/@src") == ["https://source.example/b.mp4"]
    assert article.xpath("img/@src") == ["https://source.example/7.jpg"]
    assert ("source.example", "https://source.example/2026/%C3%A9t%C3%A9-%C3%A0-paris?a=1&b=2") in links(
        article, "footer/p//a"
    )
    assert ("Comments", "https://source.example/7#comments") in links(article, "footer/p//a")
    assert article.xpath("footer/p/text()")[-1] == "© Zoë Élan"


def test_a_page_leads_back_on_and_to_the_feeds() -> None:
    root = page(an_item())

    assert links(root, "//nav[@class='crumbs']//a") == [
        ("A Site & more", "../../"),
        ("News", "../"),
        ("November 2026", "../archive/2026-11-2.html"),
    ]
    assert links(root, "//nav[@class='turn']//a") == [("EarlierBefore", "aaaa.html"), ("Laterبعد", "bbbb.html")]
    assert root.xpath("//nav[@class='turn']//bdi[@lang='ar']/@dir") == ["rtl"]
    assert root.xpath("//head/link[@rel='alternate']/@href") == ["../feed.rss", "../feed.json"]
    assert root.xpath("//head/link[@rel='canonical']/@href") == ["https://source.example/1"]
    assert root.xpath("//a[@class='skip']/@href") == ["#content"]
    assert len(root.xpath("//main[@id='content']")) == len(root.xpath("//h1")) == 1
    assert root.xpath("//nav/@aria-label") == ["Where this is", "Entries beside this one"]


def test_what_is_our_own_is_nobodys_copy() -> None:
    assert page(an_item(local=True)).xpath("//head/link[@rel='canonical']") == []


def test_an_edit_is_told() -> None:
    edited = an_item(2, number=2, changed=NOON + 24 * HOUR)

    assert page(an_item()).xpath("//p[@class='note']") == []
    assert page(edited).xpath("string(//p[@class='note'])") == "Edited on 25 November 2026: this is version 2."


def test_sections_are_listed_where_there_are_some() -> None:
    names = ["Eins", "Zwei", "Drei"]
    text = "".join(f'<h2 id="{name.lower()}">{name}</h2><p>a</p>' for name in names)
    sections = tuple(Section(name, name.lower(), 3 if name == "Zwei" else 2) for name in names)
    entry = Entry(title="Abschnitte", content=Text(text), sections=(*sections, Section("Lost", "lost")), language="de")
    root = page(an_item(entry=entry, id="tag:b:1"))

    assert links(root, "//nav[@class='sections']//a") == [("Eins", "#eins"), ("Zwei", "#zwei"), ("Drei", "#drei")]
    assert [one.get("class") for one in root.xpath("//nav[@class='sections']//li")] == [None, "deep", None]
    few = page(an_item(entry=Entry(title="a", content=Text(text), sections=sections[:2]), id="tag:b:1"))
    assert few.xpath("//nav[@class='sections']") == []


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (Entry(title="سوق الكتب", language="ar"), ("ar", "rtl")),
        (Entry(title="مرحبا بالعالم", language="en"), ("en", "rtl")),
        (Entry(title="最後の渡し船"), ("ja", "ltr")),
        (Entry(content=Text("<p>Bonjour</p>"), language="fr-CA"), ("fr-CA", "ltr")),
        (Entry(title="Hello"), ("en", "ltr")),
    ],
)
def test_a_page_is_in_the_language_of_its_entry(entry: Entry, expected: tuple[str, str]) -> None:
    root = page(an_item(entry=entry, id="tag:b:1", feed_language=None))

    assert (root.get("lang"), root.get("dir")) == expected
    assert root.xpath("//nav[@class='crumbs']/@lang") == ["en"]


def test_pages_hold_in_quotes_what_sources_say() -> None:
    entry = Entry(
        id="https://x.example/1",
        title=HOSTILE,
        link=f"https://x.example/{HOSTILE}",
        content=Text(HOSTILE),
        authors=(Person(HOSTILE, url=f"https://x.example/{HOSTILE}"),),
        categories=(Category(HOSTILE),),
        enclosures=(Enclosure(f"https://x.example/{HOSTILE}", HOSTILE, 1, HOSTILE), Enclosure("javascript:alert(1)")),
        language=HOSTILE,
        image="javascript:alert(1)",
        comments="javascript:alert(1)",
        rights=HOSTILE,
        sections=tuple(Section(HOSTILE, HOSTILE) for _ in range(3)),
    )
    channel = Channel(name="news", title=HOSTILE, description=HOSTILE)
    around = Around("2026-11", "2026-11", Neighbour("aaaa", HOSTILE, HOSTILE), None)
    pages = [
        entry_page(an_item(entry=entry, feed_title=HOSTILE), channel, SITE, around),
        part_page(Part("2026-11", 1, 1), [Row("aaaa", HOSTILE, NOON, HOSTILE)], channel, SITE, None, None),
        years_page([Part("2026-11", 1, 1)], channel, SITE),
    ]
    for data in pages:
        root = html.fromstring(data)
        assert root.xpath("//script") == []
        assert root.xpath("//@*[starts-with(name(), 'on')]") == []
        assert root.xpath("//@href[starts-with(., 'javascript')]") == root.xpath("//@src[starts-with(., 'java')]") == []
