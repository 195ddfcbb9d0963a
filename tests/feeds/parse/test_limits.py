"""What a document may hold: each limit is a setting, and what breaks one is no feed, in one line, on both paths."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from config.settings import Limits
from feeds.parse import NotAFeed, parse
from tests.feeds.parse.documents import URL, rss

MANY = 100_000
LIMITS = Limits(entries=10, entry_bytes=2000, tags=400, attributes=20, depth=30)
TAGS = "has more than 400 tags; raise limits.tags if it is worth it"
ENTRIES = "has 11 entries, more than 10; raise limits.entries if it is worth it"
SIZE = "has an entry (number 2) of more than 2,000 bytes; raise limits.entry_bytes if it is worth it"
ATTRIBUTES = "has a tag with more than 20 attributes; raise limits.attributes if it is worth it"
DEPTH = "has elements that lie more than 30 deep in each other; raise limits.depth if it is worth it"


def atom(inside: str) -> str:
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title>{inside}</feed>"


def rdf(inside: str) -> str:
    spaces = "xmlns='http://purl.org/rss/1.0/' xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
    return f"<rdf:RDF {spaces}><channel><title>t</title></channel>{inside}</rdf:RDF>"


def items(count: int) -> str:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"id": str(n)} for n in range(count)]})


def attributes(count: int) -> str:
    return " ".join(f'a{number}="1"' for number in range(count))


def deep(count: int) -> str:
    return "<a>" * count + "</a>" * count


BROKEN = "&nosuch;"  # what the fast path declines
CASES = [
    (rss("<item/>" * 10), None),
    (rss("<item/>" * 11), ENTRIES),
    (rss("<item/>" * 11 + BROKEN), ENTRIES),
    ("<rss><channel>" + "<item>" * 11 + "</channel>", ENTRIES),
    (atom("<entry/>" * 11), ENTRIES),
    (rdf("<item/>" * 11), ENTRIES),
    (items(10), None),
    (items(11), ENTRIES),
    (rss("<item/>" * 400), TAGS),
    (rss("<x/>" * 400), TAGS),
    (rss("<item>" + "<x/>" * 400), TAGS),
    (rss("<x/>" * 400).encode("utf-16").decode("latin-1"), TAGS),
    (rss("<" * 400), TAGS),
    (rss(f"<title>{'&lt;b&gt;' * 50}</title>"), None),
    ('{"items": [' + "{}," * 400, "has more than 400 lists and objects; raise limits.tags if it is worth it"),
    (" \ufeff [" + "[]," * 400, "has more than 400 lists and objects; raise limits.tags if it is worth it"),
    (rss(f"<item/><item><description>{'x' * 1500}</description></item>"), None),
    (rss(f"<item/><item><description>{'x' * 2500}</description></item>"), SIZE),
    (rss(f"<item/><item><description>{'x' * 2500}{BROKEN}</description></item>"), SIZE),
    (rss(f"<item/><item>{'<category>ab</category>' * 90}{'<category>cd</category>' * 90}</item>"), None),
    (rss("<item/><item>" + "".join(f"<category>word {n}</category>" for n in range(120)) + "</item>"), SIZE),
    (items(1)[:-2] + ', {"id": "2", "content_text": "' + "x" * 2500 + '"}]}', SIZE),
    (rss(f"<item {attributes(20)}/>"), None),
    (rss(f"<item {attributes(21)}/>"), ATTRIBUTES),
    (rss(f"<item><x {attributes(21)}/></item>"), ATTRIBUTES),
    (rss(f"<x><y {attributes(21)}/></x>{BROKEN}"), ATTRIBUTES),
    (atom(f"<entry><link {attributes(21)}/></entry>"), ATTRIBUTES),
    (f"<rss {attributes(21)}><channel><title>t</title></channel></rss>", ATTRIBUTES),
    (rss(f"<item>{deep(27)}</item>"), None),
    (rss(f"<item>{deep(28)}</item>"), DEPTH),
    (rss(f"<item>{deep(28)}{BROKEN}</item>"), DEPTH),
    (atom(f"<entry>{deep(29)}</entry>"), DEPTH),
    # Tags without an end make no depth: they end with what they are in.
    (rss(f"<item><title>a</title>{'<p>' * 100}</item><item/>"), None),
]


@pytest.mark.parametrize(("document", "told"), CASES)
def test_limits(document: str, told: str | None) -> None:
    body = document.encode("latin-1" if document.startswith("ÿþ") else "utf-8")
    if told is None:
        assert parse(body, URL, limits=LIMITS).format
        return
    with pytest.raises(NotAFeed) as refusal:
        parse(body, URL, limits=LIMITS)
    assert str(refusal.value) == f"{URL}: {told}"


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (rss("<item/>" * 10_001), "has 10,001 entries, more than 10,000"),
        (rss("<item/>" * 1_000_000), "has more than 500,000 tags"),
        (rss(f"<item>{deep(MANY)}</item>"), "has elements that lie more than 256 deep in each other; tell the site's"),
        (rss(f"<item>{deep(1000)}</item>"), "has elements that lie more than 256 deep in each other; tell the site's"),
        (rss(f"<item>{deep(MANY)}{BROKEN}</item>"), "has elements that lie more than 256 deep in each other"),
        (rss(f"<item {attributes(1_000_000)}/>"), "has a tag with more than 500 attributes"),
        (rss(f"<item {attributes(MANY)}/>{BROKEN}"), "has a tag with more than 500 attributes"),
        (
            rss(f"<item><title>{'x' * 12_000_000}</title></item>"),
            "has an entry (number 1) of more than 5,000,000 bytes",
        ),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": [' + "[]," * 1_000_000, "lists and objects"),
        ('{"items": [{"id": ' + "9" * 1_000_000 + "}]}", "is not valid JSON"),
        ('{"items": [{"id": 1e999999999}]}', "is not valid JSON"),
    ],
)
def test_limits_as_they_are_set_unless_somebody_sets_others(document: str, told: str) -> None:
    with pytest.raises(NotAFeed) as refusal:
        parse(document.encode(), URL)
    assert told in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_limits_can_be_raised() -> None:
    body = rss("<item/>" * 10_001).encode()
    assert len(parse(body, URL, limits=replace(Limits(), entries=10_001)).entries) == 10_001


@pytest.mark.parametrize("broken", ["", BROKEN], ids=["fast", "careful"])
def test_a_base_beyond_reason_is_none(broken: str) -> None:
    # Each link would be as long as the base: the square of the document.
    base = "http://a.example/" + "b/" * 50_000
    entries = "<entry><id>1</id><link href='x'/></entry>" * 3
    document = f"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='{base}'><title>t{broken}</title>{entries}</feed>"
    parsed = parse(document.encode(), "http://b.example/")
    assert [entry.link for entry in parsed.entries] == ["http://b.example/x"] * 3
