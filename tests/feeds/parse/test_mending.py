"""Ill-formed documents: every entry is there, the damage stays where it is, and it is told."""

from __future__ import annotations

import pytest

from feeds.model import Entry, Person, Text
from feeds.parse import NotAFeed
from tests.feeds.parse.documents import URL, read, rss

TAIL = "<item><guid>2</guid><title>Last</title><description>last</description></item>"
LAST = Entry(id="2", title="Last", summary=Text("last", base=URL))


def damaged(item: str) -> str:
    return f"<rss version='2.0'><channel><title>T</title><item>{item}</item>{TAIL}</channel></rss>"


KINDS = [
    ("undeclared prefix", "<guid>1</guid><dc:creator>Z</dc:creator>", Entry(id="1", authors=(Person("Z"),))),
    ("unknown prefix", "<guid>1</guid><zz:y>Z</zz:y>", Entry(id="1", extra={"zz:y": "Z"})),
    ("HTML entity", "<title>a&nbsp;b &eacute;</title>", Entry(title="a\xa0b é")),
    ("entity of nobody", "<title>a &foo; b</title>", Entry(title="a &foo; b")),
    ("bare ampersand", "<title>a & b &c</title><link>http://x.example/?a=1&b=2</link>",
     Entry(title="a & b &c", link="http://x.example/?a=1&b=2")),
    ("bare less-than", "<title>a < b</title><description>I <3 you</description>",
     Entry(title="a < b", summary=Text("I <3 you", base=URL))),
    ("control characters", "<title>a\x00\x08\x1fb\x0b</title>", Entry(title="ab")),
    ("references to control characters", "<title>a&#0;&#x1f;b</title>", Entry(title="a�b")),
    ("windows-1252 references", "<title>a &#150; b&#x92;s</title><guid>&</guid>", Entry(id="&", title="a – b’s")),
    ("unclosed HTML", "<description><p>a<br>b</description><guid>1</guid>",
     Entry(id="1", summary=Text("<p>a<br />b</p>", base=URL))),
    ("unclosed item tags", "<guid>1</guid><title>a", Entry(id="1", title="a")),
    ("end without start", "</b><guid>1</guid></title></x>", Entry(id="1")),
    ("wrong letter case", "<Title>a</title><guid>1</GUID>", Entry(id="1", title="a")),
    ("attributes without quotes", "<enclosure url=http://x.example/a.mp3 length=5><guid>1</guid>",
     Entry(id="1")),
    ("attribute twice", "<guid a='1' a='2'>1</guid>", Entry(id="1")),
    ("end of CDATA in text", "<title>a ]]> b</title>", Entry(title="a ]]> b")),
    ("markup in a comment", "<!-- <item> -- --><guid>1</guid>", Entry(id="1")),
]  # fmt: skip


@pytest.mark.parametrize(("item", "entry"), [case[1:] for case in KINDS], ids=[case[0] for case in KINDS])
def test_damage_is_mended_and_stays_in_its_entry(item: str, entry: Entry) -> None:
    parsed = read(damaged(item))
    assert len(parsed.entries) == 2
    first, last = parsed.entries
    assert last == LAST
    if "enclosure" in item:
        assert [one.url for one in first.enclosures] == ["http://x.example/a.mp3"]
    else:
        assert first == entry


@pytest.mark.parametrize("item", [case[1] for case in KINDS if case[0] != "control characters"])
def test_what_was_wrong_is_told_with_its_line(item: str) -> None:
    (problem,) = read("\n\n" + damaged(item)).problems
    assert problem.startswith("the XML is not well-formed: ")
    assert problem.endswith("(line 3)")


def test_a_truncated_document_gives_the_entries_that_came_whole() -> None:
    whole = rss("<item><guid>1</guid><title>One</title></item><item><guid>2</guid><title>Two</title></item>")
    for end in range(whole.index("<item>") + 6, len(whole)):
        parsed = read(whole[:end])
        assert parsed.feed.title == "T"
        assert [entry.title for entry in parsed.entries] == ["One", "Two"][: whole[:end].count("</item>")]
        assert parsed.cut_off == ("</channel>" not in whole[:end])


@pytest.mark.parametrize(
    "around",
    [
        ("\n\n ", "\n"),
        ("Warning: something failed\n", ""),
        ("<br />\n<b>Warning</b>: mysql in <b>/x.php</b>\n", ""),
        ("", "\n<!-- served in 3 ms -->"),
        ("", "<script>track()</script>"),
        ("<!-- a < b -->", ""),
        ("\ufeff", ""),
    ],
)
def test_what_stands_before_or_after_the_feed_does_no_harm(around: tuple[str, str]) -> None:
    before, after = around
    parsed = read(before + rss(TAIL) + after)
    assert parsed.entries == (LAST,)
    assert parsed.feed.title == "T"


def test_a_feed_without_its_namespace_is_one() -> None:
    parsed = read(
        "<feed><title>T</title><entry><id>1</id><title>One</title><content type='html'>x</content></entry></feed>"
    )
    assert parsed.entries == (Entry(id="1", title="One", content=Text("x", base=URL)),)


def test_entities_that_the_document_declares_as_characters_are_read() -> None:
    doctype = '<!DOCTYPE rss [<!ENTITY nbsp "&#160;"><!ENTITY firm "Big Co">]>'
    parsed = read(f"{doctype}<rss version='2.0'><channel><item><title>a&nbsp;&firm;</title></item></channel></rss>")
    assert parsed.entries == (Entry(title="a\xa0Big Co"),)
    assert parsed.problems == ()


def test_no_file_is_read_and_no_entity_grows(tmp_path: object) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))
    doctype = (
        f'<!DOCTYPE rss [<!ENTITY l0 "lol">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">'
        '<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">%p;]>'
    )
    parsed = read(f"{doctype}<rss version='2.0'><channel><item><title>&l29;&f;&p;</title></item></channel></rss>")
    assert parsed.entries == (Entry(title="&l29;&f;&p;"),)


MANY = 100_000
HOSTILE = [
    ("quadratic entity", f'<!DOCTYPE r [<!ENTITY a "{"x" * 200}">]>' + damaged("<title>" + "&a;" * MANY)),
    ("depth without end", damaged("<description>" + "<a>" * MANY)),
    ("namespaces", damaged("".join(f"<p{n}:x/>" for n in range(MANY // 10)))),
    ("declared namespaces", damaged("".join(f'<p{n}:x xmlns:p{n}="u:{n}"/>' for n in range(MANY // 10)))),
    ("less-than", damaged("<" * MANY)),
    ("quotes", damaged('<a "' * MANY)),
    ("ends", damaged("<b>" * MANY + "</c>" * MANY)),
    ("a long name", damaged(f"<{'a' * MANY}>")),
    ("spaces", damaged(f"<a{' ' * MANY}'")),
    ("markup in a title", damaged(f"<title>{'&lt;b&gt;' * MANY}</title>")),
    ("parentheses", damaged(f"<author>{'(' * MANY}a@b</author>")),
]


@pytest.mark.parametrize("document", [case[1] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_hostile_documents_are_read_to_their_end_and_lose_nothing(document: str) -> None:
    # Of a size that would take many minutes where time grows with its square.
    parsed = read(document)
    assert len(parsed.entries) == 2
    assert parsed.entries[1] == LAST


def test_many_open_items_are_many_entries() -> None:
    assert len(read("<rss><channel>" + "<item>" * 3000 + "</channel>").entries) == 3000


@pytest.mark.parametrize(
    ("end", "entries", "cut_off"),
    [
        ("</item></channel></rss>", 2, False),
        ("</item></channel>", 2, False),
        ("</channel></rss>", 2, False),
        ("</item></rss>", 2, False),
        ("</item>", 2, True),
        ("</item></chan", 2, True),
        ("", 1, True),
        (" of it goes on", 1, True),
        ("<b>bold", 1, True),
        ("<![CDATA[ and", 1, True),
        ("</ite", 1, True),
    ],
)
def test_half_an_entry_is_none(end: str, entries: int, cut_off: bool) -> None:
    first = "<item><guid>1</guid><description>First & whole</description></item>"
    parsed = read(f"<rss version='2.0'><channel><title>t</title>{first}<item><guid>2</guid><description>Text{end}")
    assert (len(parsed.entries), parsed.cut_off) == (entries, cut_off)
    assert ("the document breaks off before its end" in parsed.problems) == cut_off


def test_an_entry_that_is_all_there_is_is_kept() -> None:
    parsed = read("<entry xmlns='http://www.w3.org/2005/Atom'><title>Alone</title><content>It goes")
    assert [entry.title for entry in parsed.entries] == ["Alone"]


@pytest.mark.parametrize(
    "document", ["<rss", "<rss version='2.0'", "<rss><channel", "<feed xmlns='http://www.w3.org/2005/Atom'>"]
)
def test_what_is_cut_off_before_it_says_anything_is_no_feed(document: str) -> None:
    with pytest.raises(NotAFeed, match="is cut off before it says anything"):
        read(document)
