"""What holds for all documents, and for those at hand."""

from __future__ import annotations

import re
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.settings import FORMATS, Format
from feeds.model import ParsedFeed
from feeds.parse import NotAFeed, parse
from feeds.write import render
from tests.feeds.parse.documents import URL, atom, read, rss
from tests.support.items import FULL, a_document, an_item
from tests.support.readback import address

FEEDS = Path(__file__).resolve().parents[3].parent / "shared" / "feeds"
PIECES = st.sampled_from(
    [
        "<", ">", "&", '"', "'", "<item>", "</item>", "<entry>", "<![CDATA[", "]]>", "<!--", "-->",
        "<x:y a:b='c'>", "</channel>", "</rss>", "\x00", "&foo;", "&#0;", "&#x110000;",
        "<guid isPermaLink='true'>", "<link href='http://[' />", "<content type='image/png'>AA", "<svg>",
        "<source>", "<div>", " xml:base='http://['", "<image>", "<title>", "<?", "<!DOCTYPE [",
        "<media:group>", " xmlns=''", " xmlns:dc=''", "<a:b:c>", "é²", "<creativeCommons:license>x",
        "<georss:point>", "<pubDate>", "2026-13-45", "<itunes:duration>", "<base href='x'>", "<rss>",
        "<feed>", "{", "[",
    ]
)  # fmt: skip
DOCUMENT = rss("<item><guid>1</guid><title>One</title><description>&lt;p&gt;a&lt;/p&gt;</description></item>" * 2)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A feed with pieces put in and taken out at random."""
    text = DOCUMENT
    for _ in range(draw(st.integers(1, 8))):
        at, cut = draw(st.integers(0, len(text))), draw(st.integers(0, 20))
        text = text[:at] + draw(PIECES | st.just("")) + text[at + cut :]
    return text


@given(st.binary(max_size=300) | damaged().map(str.encode) | st.lists(PIECES).map(lambda some: "".join(some).encode()))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(b"<rss><item")
@example(b'{"version":"https://jsonfeed.org/version/1","items":[{"id":1e999}]}')
def test_whatever_the_bytes_the_answer_is_a_feed_or_not_a_feed_and_always_the_same(body: bytes) -> None:
    def answer() -> ParsedFeed | str:
        try:
            return parse(body, URL)
        except NotAFeed as refusal:
            return str(refusal)

    assert answer() == answer()


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=20)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=8), st.booleans())
@settings(deadline=None)
def test_as_many_entries_come_out_as_went_in(entries: list[tuple[str, str]], as_atom: bool) -> None:
    form = "<entry><id>{}</id><summary>{}</summary></entry>"
    if not as_atom:
        form = "<item><guid>{}</guid><description>{}</description></item>"
    items = [form.format(f"urn:{n}:{escape(one)}", escape(text)) for n, (one, text) in enumerate(entries)]
    parsed = read((atom if as_atom else rss)("".join(items)))
    assert len(parsed.entries) == len(entries)
    assert [one.id for one in parsed.entries] == [f"urn:{n}:{text}".strip() for n, (text, _) in enumerate(entries)]
    assert parsed.problems == ()


@pytest.mark.parametrize("format", FORMATS)
def test_what_we_write_is_read_back(format: Format) -> None:
    entries = [FULL, an_item(2).entry]
    document = a_document(*(an_item(number, entry) for number, entry in enumerate(entries, 1)))
    parsed = parse(render(document, format), document.links[format].self)
    assert parsed.problems == ()
    assert parsed.feed.title == document.title
    assert parsed.feed.link_to("self") == document.links[format].self
    assert len(parsed.entries) == len(entries)
    for written, found in zip(entries, parsed.entries, strict=True):
        assert (found.id, found.link, found.title) == (written.id, address(written.link), written.title)
        updated = (found.updated or found.published).replace(microsecond=0)
        assert (found.published, updated) == (written.published, written.updated or written.published)
        assert [one.term for one in found.categories] == [one.term for one in written.categories]
        assert [one.url for one in found.enclosures] == [one.url for one in written.enclosures]
        assert [one.length for one in found.enclosures] == [one.length for one in written.enclosures]
        assert found.language == written.language
        assert found.image == written.image
        body, original = found.content or found.summary, written.content or written.summary
        assert body is not None
        assert original is not None
        assert body.kind == original.kind


@pytest.mark.skipif(not FEEDS.is_dir(), reason=f"there are no feeds in {FEEDS}")
def test_every_entry_of_the_feeds_at_hand_is_found() -> None:
    files = sorted(FEEDS.iterdir())
    assert files
    for file in files:
        body = file.read_bytes()
        parsed = parse(body, "https://b.example/feed")
        assert len(parsed.entries) == len(re.findall(rb"<(?:item|entry)[\s>]", body)), file.name
        assert all(one.id or one.link or one.title for one in parsed.entries), file.name
        assert parsed.feed.title, file.name
