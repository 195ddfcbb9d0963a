"""What is fuzzed: for each subject what may be said of any bytes, its words, and where its corpus lies.

A target takes bytes and gives what was noteworthy about them: inputs that bring something new are built upon. It
raises nothing for any input; what it asserts is true for all of them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Hashable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree
from msgspec import Struct
from starlette.exceptions import HTTPException
from yarl import URL

from archive.backfill.cdx import address, chosen, query, read_listing
from archive.backfill.shapes import like
from archive.fetch import FetchError, headers
from archive.fetch.decode import Body, TooLargeError, UndecodableError
from archive.fetch.hosts import read_robots
from archive.fetch.urls import normalise, redirected, target
from archive.ingest import IngestError, ingest
from archive.push.callback import parameters
from archive.push.offer import offer
from archive.push.signature import fault
from archive.warcs import Answer, Trouble, records
from backissue.web.conditional import entity_tags, evaluate, http_date
from backissue.web.negotiate import coding
from backissue.web.paths import relative
from backissue.web.ranges import requested
from config.errors import BackissueError
from config.load import read
from config.settings import FORMATS, Site
from feeds import html, opml
from feeds.clean import clean
from feeds.count import word_count
from feeds.dates import parse_date
from feeds.discover import discover
from feeds.parse import NotAFeed, parse
from feeds.sitemap import named_in_robots, read_sitemap
from feeds.write import render
from feeds.write.html import channel_page
from tests.feeds.parse.both import assert_agreed
from tests.support.items import a_document, an_item
from tests.support.xss import executable, vectors

DATA = Path(__file__).parents[1] / "data"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PAGE = "https://b.example/feeds/main"

_MARKUP = (
    b"< > </ /> \" ' = & &amp; &lt; &#0; &#x1F600; &#xD800; &nbsp; &bogus; <!-- --> --!> <![CDATA[ ]]> <? ?> <!DOCTYPE "
    b"\x00 \x0c \x1b \xff \xc2\xa0 \xe2\x80\xa8 \xef\xbb\xbf \xf0\x9f\x8e\xa3 <p> </p> <a <b> <div> </div> <br/> <pre> "
    b"<table> <tr> <td> <li> <img src=x> href= src= class= id= style= onload=a() javascript: data: http:// //["
)
_FEED = _MARKUP + (
    b' <rss version="2.0"> <channel> </channel> <item> </item> <title> <link> <guid isPermaLink="false"> <pubDate> '
    b"<description> <content:encoded> <enclosure <category> <source <author> <entry> </entry> <id> <updated> "
    b'<content type="xhtml"> <content type="html"> <summary> xml:base= xml:lang= xmlns= xmlns:x="u" x: <image> <div '
    b"<media:content <itunes:duration> <dc:date> <at:deleted-entry <svg> <math> <rdf:RDF <!ENTITY encoding= utf-16 "
    b'{ } [ ] : , "items" "version" "id" "content_html" "authors" null true 1e9'
)
_WARC = (
    b"WARC/1.0\r\n WARC/1.1\r\n \r\n\r\n WARC-Type:\x20response\r\n revisit resource request -1 99999999999 dns:a "
    b"Content-Length:\x20 WARC-Date:\x202024-05-01T12:30:00Z\r\n WARC-Target-URI:\x20https://a.example/\r\n "
    b"HTTP/1.1\x20200\x20OK\r\n 404 WARC-Payload-Digest:\x20sha1:AAAA\r\n WARC-Block-Digest:\x20 sha256: md5: 0 "
    b"Transfer-Encoding:\x20chunked\r\n Content-Encoding:\x20gzip\r\n br \x1f\x8b\x08 filedesc:// \x00 \xff ffffffff "
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff 5\r\nhello\r\n <https://a> WARC-Refers-To-Date:\x20 20240501123000 "
    b"WARC-Refers-To-Target-URI:\x20 WARC-Segment-Number:\x201\r\n"
)
_CDX = (
    b'[ ] [] , " {" } \n \n\n \x20 - 200 301 warc/revisit 20200102030405 00010101000000 99991231235959 20200230000000 '
    b'"url" "timestamp" "original" "statuscode" "status" "digest" "mime" null 1e9 https:// http://[ http://[::1] '
    b"\xff \\ud800 https://a.example/ a.warc com,example)/ CDX\x20"
)
_SITEMAP = (
    b"<urlset> </urlset> <url> </url> <loc> </loc> <lastmod> </lastmod> <sitemap> </sitemap> <sitemapindex> "
    b"https://source.example/2024/05/ https:// http://[ http://[::1] :99999 /../ %00 \xff \xef\xbb\xbf <!DOCTYPE "
    b"<!ENTITY &a; &#0; ]]> <![CDATA[ <!-- --> 2024-05-01T00:00:00Z 0001-01-01 9999-12-31T23:59:59-12:00 @ "
    b"Sitemap: \n xmlns= \xd9\xa1"
)
_DATE = (
    b"2026 26 -11- 11 29 30 31 24:00 23:59:60 T Z +00:00 -2359 GMT EST PDT Mon, Tue Nov December -- : / , . st nd 1e3 "
    b"AM pm \xe6\x97\xa5 \xd9\xa1 -0000 UTC W07 000000 99999999999 ( )"
)
_HTTP = (
    b': ; , = " \\ / * ? # % %00 %2e%2e / .. @ [::1] [ ] 127.0.0.1 0x7f.1 https:// http:// <https://a.example/>; '
    b'rel=hub rel=self rel="a b" anchor= bytes= 0- -5 W/ "x" gzip br zstd identity q=0 q=0.5 max-age= no-store '
    b"no-cache Wed, 25 Nov 2026 07:00:00 GMT sha256= User-agent: Disallow: $ \n \r\n \xff \xc3\xa9"
)
_SETTINGS = (
    b'[ ] [[ ]] = " """ \' \'\'\' { } , . # \n title = [site] [http] [[sources]] [[channels]] name url = "http://x" '
    b"true false 1 -1 0x1F 1e400 inf nan 2026-11-25 2026-11-25T00:00:00Z \\u0000 \\UFFFFFFFF \\n \xff \xe2\x80\xa8 "
    b"entries base_url timeout formats max_bytes language [push] [storage]"
)


class Target(Struct, frozen=True):
    """A subject: `tokens` are words that its inputs are made of."""

    run: Callable[[bytes], Hashable]
    tokens: tuple[bytes, ...]


# What is too large to be stored: a beginning, a piece so many times, and an end. Each of them took seconds once.
_LARGE: dict[str, tuple[tuple[bytes, bytes, int, bytes], ...]] = {
    "html": ((b"<x", b"a", 60_000, b""), (b"<p>&#", b"1", 60_000, b"</p>")),
    "parse": (
        (b"", b" ", 60_000, b"<html>"),
        (
            b"<rss version='2.0'><channel><item><description>&amp;#",
            b"1",
            5000,
            b"</description></item></channel></rss>",
        ),
        (b"<rss><channel><item ", b"w", 60_000, b"></item>"),
        (b"<rss><channel></", b"w", 60_000, b"<item>"),
        (b"<rss version='2.0'><channel><item><author>a", b"\xc2\xa0", 25_000, b"b</author></item></channel></rss>"),
        (b"<rss version='2.0'><channel><item><author>a@b", b"?", 50_000, b" c</author></item></channel></rss>"),
    ),
}


def seeds(name: str) -> list[bytes]:
    """The stored corpus of a target; of several, the vectors and small documents that other tests use as well."""
    found = [path.read_bytes() for path in sorted((DATA / "fuzz" / name).iterdir())]
    found += [start + piece * count + end for start, piece, count, end in _LARGE.get(name, ())]
    if name in ("html", "article"):
        found += [vector.html.encode() for vector in vectors()]
    if name in ("parse", "publish"):
        found += [path.read_bytes() for path in sorted((DATA / "feeds").iterdir()) if path.is_file()]
    if name == "article":
        found += [path.read_bytes() for path in sorted((DATA / "articles").iterdir()) if path.is_file()]
    return found


def _parse(data: bytes) -> Hashable:
    """Any bytes are a feed or none; where both paths read them, they read the same."""
    try:
        found = parse(data, PAGE)
    except NotAFeed as refusal:
        return refusal.reason[:60]
    assert_agreed(data)
    fields = {name for entry in found.entries for name in entry.__struct_fields__ if getattr(entry, name)}
    return found.format, found.parser, min(len(found.entries), 3), frozenset(fields), len(found.problems)


def _publish(data: bytes) -> Hashable:
    """Whatever was read is published as well-formed XML, as JSON, and as a page that runs nothing."""
    try:
        entries = parse(data, PAGE).entries[:20]
    except NotAFeed:
        return None
    document = a_document(*(an_item(number, entry) for number, entry in enumerate(entries, 1)))
    for format in FORMATS:
        body = render(document, format)
        if format != "json":
            etree.fromstring(body)
    page = channel_page(document, Site(title="Home")).decode()
    assert executable(page) == []
    return frozenset(name for entry in entries for name in entry.__struct_fields__ if getattr(entry, name))


def _dates(data: bytes) -> Hashable:
    """Any text is a time in UTC or none, and what is a time is read back as itself."""
    text = data.decode(errors="replace")
    found = parse_date(text)
    assert found is None or (found.tzinfo is not None and parse_date(found.isoformat()) == found)
    others = headers.http_date(text), http_date(text, 1_800_000_000)
    assert others[0] is None or others[0].tzinfo is not None
    return found is None, others[0] is None, others[1] is None, found and (found.year, found.month)


def _html(data: bytes) -> Hashable:
    """Any text is cleaned: nothing in it runs, and cleaning it again changes nothing."""
    text = data.decode(errors="replace")
    for base in (None, PAGE):
        cleaned = clean(text, base)
        assert executable(cleaned) == []
        assert clean(cleaned, base) == cleaned
    plain = html.to_text(text)
    assert len(html.excerpt(plain)) <= 280
    word_count(plain)
    return frozenset(tag.partition(" ")[0] for tag in cleaned.split("<")[1:40]), plain.count("\n") > 3


def _opml(data: bytes) -> Hashable:
    """Any bytes are a list of feeds or none, and the list is written and read back with the same addresses."""
    try:
        found = opml.read_opml(data)
    except opml.OpmlError as refusal:
        return refusal.reason[:60]
    again = opml.read_opml(opml.write_opml("t", found))
    assert sorted(one.feed_url for one in again) == sorted(one.feed_url for one in found)
    return min(len(found), 4), frozenset(name for one in found for name in one.__struct_fields__ if getattr(one, name))


def _config(data: bytes) -> Hashable:
    """Any text is settings, or problems each of which takes one line."""
    reading = read(data.decode(errors="replace"), "backissue.toml", Path("/nowhere"), {})
    lines = [str(problem) for problem in reading.problems]
    assert not [line for line in lines if "\n" in line]
    return frozenset((problem.key or "")[:20] + problem.reason[:30] for problem in reading.problems[:4])


def _headers(data: bytes) -> Hashable:
    """Any header fields mean something or nothing, to the one who asks and to the one who answers."""
    lines = [line.partition(b":") for line in data.split(b"\n")]
    fields = headers.decoded([(name, value.strip()) for name, _, value in lines])
    text = data.decode("latin-1")
    found = offer(PAGE, fields, None)
    fresh = headers.max_age(fields, NOW), headers.retry_after(fields, NOW)
    headers.links([("Link", text)], PAGE)
    known = {name.lower(): value for name, value in fields}
    outcome = evaluate(known, '"x"', 1_700_000_000, 1_800_000_000)
    list(entity_tags(text))
    part, sent = requested(text, 1000), coding(text, ("identity", "gzip", "br"))
    fault(text, "secret", b"")
    parameters(data)
    return found is None, fresh[0] is None, fresh[1] is None, outcome, str(part)[:8], sent, len(headers.codings(fields))


def _address(data: bytes) -> Hashable:
    """Any text is an address or none: typed by a person, in a redirect, in robots.txt, in a request line."""
    text = data.decode(errors="replace")
    said: list[Hashable] = []
    try:
        said.append(str(target(normalise(text)).url)[:12])
    except BackissueError as refusal:
        said.append(refusal.reason)
    with suppress(ValueError):
        said.append(redirected(URL("https://b.example/a"), text).scheme)
    try:
        path = relative(data)
        assert ".." not in path.split("/")
        said.append(path.count("/"))
    except HTTPException as refusal:
        said.append(refusal.status_code)
    said.append(read_robots(200, data, NOW).allows(PAGE))
    return tuple(said)


def _body(data: bytes) -> Hashable:
    """Any bytes in any coding are a body within its limit, or refused."""
    names, _, rest = data.partition(b"\n")
    limit = 1_000_000
    try:
        body = Body(headers.codings([("Content-Encoding", names.decode("latin-1"))]), limit)
        for start in range(0, len(rest), 997):
            body.feed(rest[start : start + 997])
        whole = body.finish()
    except (TooLargeError, UndecodableError) as refusal:
        return type(refusal).__name__, str(refusal)[:40]
    assert len(whole) <= limit
    return names[:30], bool(whole)


def _article(data: bytes) -> Hashable:
    """Any bytes are an article or none, whichever kind of document they are taken for; a page may link feeds."""
    said: list[Hashable] = []
    for kind in ("text", "markdown", "html"):
        try:
            entry = ingest(data, f"a.{kind}", kind=kind)
        except IngestError as refusal:
            said.append(refusal.reason[:30])
            continue
        said.append(frozenset(name for name in entry.__struct_fields__ if getattr(entry, name)))
        assert entry.content is None or entry.content.kind == "text" or executable(entry.content.value) == []
    return tuple(said), len(discover(data, PAGE))


def _warc(data: bytes) -> Hashable:
    """Any bytes are records of a web archive, or damage that is told in a line each."""
    said: list[Hashable] = []
    for found in records(io.BytesIO(data), limit=100_000, now=NOW):
        if isinstance(found, Answer):
            assert found.at.tzinfo is not None and found.at <= NOW
            assert found.body is None or len(found.body) <= 100_000
            said.append((found.status, found.body is None, found.feed is None))
        elif isinstance(found, Trouble):
            assert found.reason.isprintable(), found.reason
            said.append(found.reason[:40])
        else:
            said.append(found.kind)
        if len(said) > 1000:
            break
    return tuple(said[:6])


def _cdx(data: bytes) -> Hashable:
    """Any bytes are a list of copies or none; those worth fetching are some of them, the newest first."""
    try:
        found = read_listing(data)
    except ValueError as refusal:
        return type(refusal).__name__
    assert all(
        one.at.tzinfo is UTC and one.timestamp == f"{one.at.year:04}{one.at:%m%d%H%M%S}" for one in found.captures
    )
    best = chosen(found.captures, (), (), "https://a.example/{timestamp}id_/{url}", NOW)
    assert all(one in found.captures and one.at <= NOW for one in best)
    assert [one.at for one in best] == sorted((one.at for one in best), reverse=True)
    for one in best:
        with suppress(FetchError):
            normalise(address("https://a.example/{timestamp}id_/{url}", one))
    if found.resume:
        query("https://a.example/cdx", PAGE, found.resume)
    return (
        min(len(found.captures), 3),
        min(len(best), 3),
        found.resume is None,
        {one.status[:4] for one in best} != set(),
    )


def _sitemap(data: bytes) -> Hashable:
    """Any bytes are a sitemap or name nothing; what it names can be asked for or is refused, and some are articles."""
    found = read_sitemap(data)
    assert len(found.pages) + len(found.sitemaps) <= 50_000
    names = [*found.sitemaps, *named_in_robots(data.decode(errors="replace")), *(one.url for one in found.pages)]
    for name in names[:50]:
        with suppress(FetchError):
            normalise(name)
    pages = like(found.pages, ["https://source.example/2024/05/another-tale"])
    assert len({one.url for one in pages}) == len(pages)
    return min(len(found.pages), 3), min(len(pages), 3), min(len(found.sitemaps), 3), len(names) > len(found.pages)


def _words(text: bytes) -> tuple[bytes, ...]:
    return tuple(text.split(b" "))


TARGETS: dict[str, Target] = {
    "parse": Target(_parse, _words(_FEED)),
    "publish": Target(_publish, _words(_FEED)),
    "dates": Target(_dates, _words(_DATE)),
    "html": Target(_html, _words(_MARKUP)),
    "opml": Target(
        _opml, _words(_MARKUP + b' <opml> <outline xmlUrl="http://a" text= type= category= <body> </outline>')
    ),
    "config": Target(_config, _words(_SETTINGS)),
    "headers": Target(_headers, _words(_HTTP)),
    "address": Target(_address, _words(_HTTP)),
    "body": Target(
        _body, (b"gzip\n", b"br\n", b"zstd\n", b"deflate\n", b"gzip, br\n", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd")
    ),
    "warc": Target(_warc, _words(_WARC)),
    "cdx": Target(_cdx, _words(_CDX)),
    "sitemap": Target(_sitemap, _words(_SITEMAP)),
    "article": Target(
        _article, _words(_MARKUP + b" --- +++ title: author: date: tags: # ## * - > ``` |a|b| [x](y) \n\n")
    ),
}
