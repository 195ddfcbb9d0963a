"""The fast path: it gives what the careful path gives, or declines; and it does take the ordinary documents.

More than stands here is compared: conftest.py puts every document of this folder's tests through both paths.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.settings import FORMATS
from feeds.write import Links, render
from tests.feeds.parse import test_formats
from tests.feeds.parse.both import assert_agreed, by_careful, by_fast, differences
from tests.feeds.parse.documents import URL, atom, rss
from tests.feeds.parse.generated import damaged, feed
from tests.support.items import FULL, HOME, a_document, an_item

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared" / "feeds"
OURS = sorted(path for path in (ROOT / "tests" / "data" / "feeds").iterdir() if path.suffix != ".json")
HANDED_OVER = {"broken-charset.atom", "broken-cut.rss", "broken-entities.rss", "broken-page.rss"}
FORMATS_BY_NAME = {name: text.encode() for name, text, *_ in test_formats.FEEDS if name != "CDF"}
RANDOM = st.integers(0, 2**32).map(Random)
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def written() -> dict[str, bytes]:
    """What feeds.write renders: live and archive documents, in RSS and Atom."""
    items = [an_item(1, FULL), an_item(2), an_item(3, entry=an_item(3).entry, number=2, local=True)]
    archive = {
        format: Links(self=f"{HOME}2.{format}", current=f"{HOME}feed.{format}", prev_archive=f"{HOME}1.{format}")
        for format in FORMATS
    }
    documents = {
        "live": a_document(*items, hubs=("https://hub.example/",)),
        "complete": a_document(*items, complete=True),
        "archive": a_document(*items, links=archive, archive=True),
        "empty": a_document(),
    }
    return {f"{name} {f}": render(one, f) for name, one in documents.items() for f in FORMATS if f != "json"}


WRITTEN = written()


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"there are no feeds in {SHARED}")
def test_the_feeds_at_hand_are_all_taken() -> None:
    declined = [path.name for path in sorted(SHARED.iterdir()) if not assert_agreed(path.read_bytes())]
    assert declined == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_own_feeds_are_taken_unless_they_are_broken(path: Path) -> None:
    assert assert_agreed(path.read_bytes()) is (path.name not in HANDED_OVER)


@pytest.mark.parametrize("name", FORMATS_BY_NAME)
def test_every_format_is_taken(name: str) -> None:
    assert assert_agreed(FORMATS_BY_NAME[name])


@pytest.mark.parametrize("name", WRITTEN)
def test_what_we_write_is_taken(name: str) -> None:
    assert assert_agreed(WRITTEN[name])


@given(RANDOM)
@SLOW
def test_ordinary_feeds_are_taken_in_every_format_with_every_field(chance: Random) -> None:
    assert assert_agreed(feed(chance, plain=True).encode())


@given(RANDOM)
@settings(SLOW, max_examples=200)
def test_odd_feeds_are_read_alike_or_declined(chance: Random) -> None:
    assert_agreed(feed(chance).encode())


@given(RANDOM, st.sampled_from([*FORMATS_BY_NAME.values(), *WRITTEN.values(), *(path.read_bytes() for path in OURS)]))
@settings(SLOW, max_examples=200)
def test_damaged_documents_are_read_alike_or_declined(chance: Random, body: bytes) -> None:
    assert_agreed(damaged(chance, body))


@given(RANDOM, st.booleans())
@settings(SLOW, max_examples=200)
def test_damaged_generated_feeds_are_read_alike_or_declined(chance: Random, plain: bool) -> None:
    assert_agreed(damaged(chance, feed(chance, plain).encode()))


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"there are no feeds in {SHARED}")
@given(RANDOM)
@settings(SLOW, max_examples=40)
def test_damaged_feeds_at_hand_are_read_alike_or_declined(chance: Random) -> None:
    small = [path for path in sorted(SHARED.iterdir()) if path.stat().st_size < 10_000]
    assert_agreed(damaged(chance, chance.choice(small).read_bytes()))


TAKEN = [
    ("several categories", rss("<item><category>a</category><category domain='d'>b</category></item>")),
    ("a date that nobody reads", rss("<item><pubDate>soon</pubDate></item>")),
    ("junk before the declaration", "\n\n" + rss("<item/>")),
    ("a document type", "<!DOCTYPE rss SYSTEM 'http://127.0.0.1:9/x.dtd'>" + rss("<item/>").partition("\n")[2]),
    ("comments", "<!-- a --><?x y?>" + rss("<!-- b --><item><title>a<!-- c -->b</title></item>").partition("\n")[2]),
    ("UTF-8 that was encoded twice", rss("<item><title>Ã©tÃ©</title></item>")),
    ("the same in pieces", rss("<item><title>Ã<![CDATA[©]]></title></item>")),
    ("the same as references", rss("<item><title>&#195;&#xa9;</title></item>")),
    ("C1 controls", rss("<item><title>it\x92s &#146; &#x93;</title></item>")),
    ("XHTML", atom("<entry><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>a<br/></p></div></content></entry>")),
    ("xml:base and xml:lang", atom("<entry xml:base='/x/' xml:lang='fr'><link href='1'/><summary>a</summary></entry>")),
    ("guids", rss("<item><guid>https://b.example/1</guid></item><item><guid isPermaLink='true'>/1</guid></item>")),
    ("media", rss("<item><media:group><media:content url='/v'/><media:title>M</media:title></media:group></item>")),
]  # fmt: skip


@pytest.mark.parametrize("document", [case[1] for case in TAKEN], ids=[case[0] for case in TAKEN])
def test_what_is_a_little_out_of_the_way_is_taken_too(document: str) -> None:
    assert assert_agreed(document.encode())


DECLINED = [
    ("an undefined entity", rss("<item><title>&nbsp;</title></item>")),
    ("an undeclared prefix", rss("<item><zz:y>1</zz:y></item>")),
    ("an undeclared prefix and a warning", rss("<item><zz:y>1</zz:y><x xmlns='relative'/></item>")),
    ("an entity", "<!DOCTYPE rss [<!ENTITY a 'b'>]><rss version='2.0'><channel><title>&a;</title></channel></rss>"),
    ("a nested item", rss("<item><x><item/></x></item>")),
    ("an item in an item", rss("<item><item/></item>")),
    ("several titles", rss("<item><title>a</title><title>b</title></item>")),
    ("base64", atom("<entry><content type='text/plain' mode='base64'>w6k=</content></entry>")),
    ("HTML unescaped in RSS", rss("<item><description>a <b>b</b></description></item>")),
    ("SVG", atom("<entry><content type='xhtml'><svg xmlns='http://www.w3.org/2000/svg'/></content></entry>")),
    ("an unknown type", atom("<entry><content type='image/png'>AA</content></entry>")),
    ("a prefix that means something else", rss("<item><dc:title xmlns:dc='urn:x'>a</dc:title></item>")),
    ("a category without a term", rss("<item><category domain='d'/><category>a</category></item>")),
    ("atom in a namespace of nobody", rss("<item><atom:link xmlns:atom='urn:x'/></item>")),
    ("elements in an entry's subtitle", rss("<item><subtitle><body>a</body></subtitle></item>")),
    ("CDF", "<channel><title>a</title><item href='x'/></channel>"),
    ("Atom without its namespace", "<feed><entry><title>a</title></entry></feed>"),
    ("JSON", '{"version": "https://jsonfeed.org/version/1.1", "items": []}'),
    ("HTML", "<html><body/></html>"),
    ("nothing", ""),
]  # fmt: skip


@pytest.mark.parametrize("document", [case[1] for case in DECLINED], ids=[case[0] for case in DECLINED])
def test_what_feedparser_has_ways_of_its_own_with_is_declined(document: str) -> None:
    assert by_fast(document.encode()) is None


WORDS = {
    "windows-1250": "Zażółć gęślą jaźń",
    "windows-1251": "Все новости",
    "windows-1252": "L’été « chaud »",
    "windows-1253": "Ειδήσεις",
    "windows-1254": "Günün haberleri ığş",
    "windows-1255": "חדשות",
    "windows-1256": "أخبار",
    "koi8-r": "Все новости",
    "shift_jis": "日本語のニュース",
    "gb18030": "新闻与评论",
    "iso-8859-1": "L’été « chaud »",
    "utf-8": "L’été 日本 😀",
}
PYTHON = {"shift_jis": "cp932", "iso-8859-1": "cp1252"}


def encoded(words: str, declared: str | None, codec: str) -> bytes:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    item = f"<item><title>{words}</title><description>{words}</description><category>{words}</category></item>"
    return f"{declaration}<rss version='2.0'><channel><title>{words}</title>{item}</channel></rss>".encode(codec)


@pytest.mark.parametrize("label", WORDS)
@pytest.mark.parametrize("said_by", ["the declaration", "HTTP", "both", "HTTP against the declaration"])
def test_encodings_are_read_by_both_paths(label: str, said_by: str) -> None:
    declared = {"HTTP": None, "HTTP against the declaration": "koi8-u"}.get(said_by, label)
    content_type = None if said_by == "the declaration" else f"application/rss+xml; charset={label}"
    body = encoded(WORDS[label], declared, PYTHON.get(label, label))
    assert assert_agreed(body, content_type=content_type)
    parsed = by_fast(body, content_type=content_type)
    assert parsed is not None
    assert (parsed.feed.title, parsed.entries[0].title) == (WORDS[label], WORDS[label])


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("declared", ["utf-16", "utf-8", None])
@pytest.mark.parametrize("content_type", [None, "text/xml; charset=iso-8859-1"])
def test_marks_come_before_all_else_on_both_paths(codec: str, declared: str | None, content_type: str | None) -> None:
    body = encoded("L’été 日本 😀", declared, codec)
    assert assert_agreed(body, content_type=content_type)


@pytest.mark.parametrize(
    "bad", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xef\xbf\xbf", b"\x00"]
)
def test_bytes_that_are_no_utf8_are_not_taken(bad: bytes) -> None:
    body = b"<rss version='2.0'><channel><item><title>a" + bad + b"b</title></item></channel></rss>"
    assert not assert_agreed(body)


def test_the_answer_tells_which_path_it_came_by() -> None:
    body = rss("<item><title>a</title></item>").encode()
    fast, careful = by_fast(body), by_careful(body)
    assert fast is not None
    assert not isinstance(careful, str)
    assert (fast.parser, careful.parser) == ("fast", "careful")
    assert differences(fast, careful) == []
    assert by_fast(body, "https://b.example/other") == fast


def test_dates_are_the_same_whether_they_were_read_before() -> None:
    dates = "<pubDate>Tue, 24 Nov 2026 12:00:00 GMT</pubDate><updated>2026-11-24T13:00:00+01:00</updated>"
    for _ in range(2):
        parsed = by_fast(rss(f"<item>{dates}</item>").encode(), URL)
        assert parsed is not None
        assert parsed.entries[0].published == datetime(2026, 11, 24, 12, tzinfo=UTC) == parsed.entries[0].updated


ADDRESSES = [
    "https://b.example", "https://b.example/?", "https://b.example/a;b?c#d", "HTTP://B.Example/x", "file:///tmp/feed.xml",
    "feed", "", "https://b.example/é", "https://[::1]/x", "http://[", "urn:x:y", "https://b.example/a/../b/./c",
]  # fmt: skip


@pytest.mark.parametrize("url", ADDRESSES)
@pytest.mark.parametrize("name", FORMATS_BY_NAME)
def test_wherever_it_came_from_both_paths_agree(name: str, url: str) -> None:
    assert assert_agreed(FORMATS_BY_NAME[name], url)
