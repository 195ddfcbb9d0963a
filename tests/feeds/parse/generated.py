"""Feeds made at random, in every format and with every field, ordinary and odd; and damage done to any document."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from xml.sax.saxutils import escape

NAMESPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "fh": "http://purl.org/syndication/history/1.0",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "georss": "http://www.georss.org/georss",
    "admin": "http://webns.net/mvcb/",
    "x": "urn:of-nobody",
}
ATOM = "http://www.w3.org/2005/Atom"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XHTML = "http://www.w3.org/1999/xhtml"
# The main namespace, the root, what stands between root and head, and whether the entries stand in the head.
FORMATS = {
    "RSS 2.0": ("", '<rss version="2.0"{}>', "<channel>", "</channel></rss>", "item"),
    "RSS 0.91": ("", '<rss version="0.91"{}>', "<channel>", "</channel></rss>", "item"),
    "RSS": ("", "<rss{}>", "<channel>", "</channel></rss>", "item"),
    "RSS 1.0": ("http://purl.org/rss/1.0/", "<rdf:RDF{}>", '<channel rdf:about="a">', "</rdf:RDF>", "item"),
    "RSS 0.90": ("http://my.netscape.com/rdf/simple/0.9/", "<rdf:RDF{}>", "<channel>", "</rdf:RDF>", "item"),
    "Atom 1.0": (ATOM, "<feed{}>", "", "</feed>", "entry"),
    "Atom 0.3": ("http://purl.org/atom/ns#", '<feed version="0.3"{}>', "", "</feed>", "entry"),
}

_WORDS = (
    "harbour", "L’été", "à Paris", "новости", "日本語", "naïve", "AT&T", "1 < 2", "R&amp;D", "&nbsp;", "&#8217;",
    "<b>bold</b>", "<p>One</p>", "<br>", "<br/>", "<a href='/x'>x</a>", "<unknown>", "&lt;i&gt;", "&foo;", "\xa0", "  ",
    "\n", "\t", "Ã©", "\x85", "\x92", "]]", ">", '"', "'", "https://b.example/", "😀", "\u200f", "\u2028", "Ⅷ", "ß",
    "ﬁ", "</p>", "&eacute;", "&#xe9;", "C++", "&copy", "İ", "100%", "é<b>é</b>",
)  # fmt: skip
_URLS = (
    "https://b.example/1", "https://b.example/1?a=1&b=2", "/2", "3", "", " https://b.example/4 ", "#x", "?q",
    "https://b.example/é", "HTTP://B.EXAMPLE/", "https://b.example", "https://b.example/?", "https://b.example/#",
    "https://b.example/a;b", "//c.example/x", "http://[", "mailto:a@b.example", "https://b.example/a b", "urn:x:1",
    "https://b.example/\n5", "ftp://b.example/x", "https://b.example/x;", "https://u:p@b.example:8080/", "http:/x",
    "https://b.example/a/../b", "https://b.example/%20;x?y;z#;",
)  # fmt: skip
_DATES = (
    "Tue, 24 Nov 2026 12:00:00 GMT", "2026-11-24T12:00:00Z", "2026-11-24T12:00:00+01:00", "24 Nov 2026", "2026-11-24",
    "Tue, 24 Nov 2026 12:00:00 +0130", " 2026-11-24T12:00:00.123Z ", "soon", "", "1700000000", "03/04/2026",
    "2026-11-24T24:00:00Z", "2026-11-24T12:00:60Z", "Tuesday, 24 November 2026 12:00 PST", "0001-01-01T00:00:00+01:00",
    "Thu,04 Jul 2019 9:00:0 GMT+9", "24 Nov 2026 12:00:00 Eastern Standard Time",
)  # fmt: skip
_PEOPLE = (
    "Zoë Élan", "zoe@b.example (Zoë)", "Bao &lt;bao@b.example&gt;", "", " ", "a@b.example", "R&amp;D &amp;amp; co",
    "&lt;b&gt;Z&lt;/b&gt;", "two\n lines",
)  # fmt: skip
_TYPES = ("text", "html", "text/html", "text/plain", "xhtml", "HTML", "application/xhtml+xml", "image/png", "x", "")
_INLINE = ("p", "b", "a", "br", "img", "div", "span", "P", "hr", "svg", "body", "title", "li")


def feed(chance: Random, plain: bool = False) -> str:
    """A feed; a plain one holds nothing out of the way."""
    name = chance.choice(list(FORMATS))
    main, root, head, end, entry = FORMATS[name]
    is_rdf, is_atom = "rdf" in root, "feed" in root
    spaces = dict(NAMESPACES) | ({"rdf": RDF} if is_rdf else {}) | ({} if is_atom else {"atom": ATOM})
    declared = "".join(f' xmlns:{prefix}="{address}"' for prefix, address in spaces.items())
    declared += f' xmlns="{main}"' if main else ""
    declared += _common(chance, plain) if is_atom or not plain else ""
    inside = _elements(chance, _HEADS[is_atom], plain)
    entries = [_entry(chance, entry, is_atom, plain) for _ in range(chance.randint(0, 3))]
    if is_rdf:
        body = head + "".join(inside) + "</channel>" + "".join(entries)
    else:
        body = head + _mixed(chance, inside, entries, plain)
    declaration = chance.choice(['<?xml version="1.0"?>\n', '<?xml version="1.0" encoding="utf-8"?>', "", "\n"])
    if not plain and chance.random() < 0.1:
        declaration += chance.choice(["<!-- a -->", "junk", '<!DOCTYPE rss [<!ENTITY foo "bar">]>', "<?x y?>"])
    return declaration + root.format(declared) + body + end + chance.choice(["", "\n", "<!-- b -->"])


def damaged(chance: Random, body: bytes) -> bytes:
    """The document with one to four things wrong with it."""
    for _ in range(chance.randint(1, 4)):
        body = chance.choice(_DAMAGES)(chance, body)
    return body


def _mixed(chance: Random, inside: list[str], entries: list[str], plain: bool) -> str:
    pieces = [*inside, *entries]
    if not plain:
        chance.shuffle(pieces)
    return chance.choice(["", "\n", " "]).join(pieces)


def _entry(chance: Random, tag: str, is_atom: bool, plain: bool) -> str:
    inside = _elements(chance, _ENTRIES[is_atom], plain)
    attributes = _common(chance, plain)
    if not plain and chance.random() < 0.1:
        attributes += chance.choice([' href="/x"', ' lastmod="2026-11-24"', ' base="x"', ' x:y="z"', ' lang="de"'])
    return f"<{tag}{attributes}>{chance.choice(['', chr(10)]).join(inside)}</{tag}>"


def _elements(chance: Random, names: tuple[str, ...], plain: bool) -> list[str]:
    chosen = [chance.choice(names) for _ in range(chance.randint(0, 12))]
    if plain or chance.random() < 0.5:
        # Once each, as the standards have it.
        chosen = list(dict.fromkeys(chosen))
    if not plain and chance.random() < 0.1:
        chosen.append(chance.choice(_ODD_NAMES))
    return [_maker(name)(chance, name, plain) for name in chosen]


def _text(chance: Random, plain: bool) -> str:
    words = _WORDS[:20] if plain else _WORDS
    text = chance.choice(["", " "]).join(chance.choice(words) for _ in range(chance.randint(0, 6)))
    if plain and not text.strip():
        text = "harbour"
    form = chance.random()
    if form < 0.5:
        return escape(text)
    if form < 0.8:
        return f"<![CDATA[{text.replace(']]>', '')}]]>"
    half = len(text) // 2
    pieces = escape(text[:half]), escape(text[half:])
    between = (
        "" if plain else chance.choice(["", "<!-- c -->", "<?p i?>", "<![CDATA[ & ]]>", "&#146;", "&#xe9;", "&#13;"])
    )
    return between.join(pieces)


def _attributes(chance: Random, plain: bool, **values: str) -> str:
    kept = {key: value for key, value in values.items() if chance.random() < 0.8 or plain}
    pieces = [f' {key.replace("_", ":")}="{escape(value, {chr(34): "&quot;"})}"' for key, value in kept.items()]
    return "".join(pieces) + ("" if plain else _common(chance, plain))


def _common(chance: Random, plain: bool) -> str:
    found = ""
    if chance.random() < 0.08:
        found += chance.choice(
            [' xml:lang="fr"', ' xml:lang=""', ' xml:lang="en_GB"', ' xml:lang="d e"'][: 1 if plain else 4]
        )
    if chance.random() < 0.08:
        found += chance.choice(
            [' xml:base="/b/"', ' xml:base="https://c.example/x"', ' xml:base="http://["'][: 2 if plain else 3]
        )
    return found


def _simple(chance: Random, name: str, plain: bool) -> str:
    return f"<{name}{_attributes(chance, plain) if not plain else ''}>{_text(chance, plain)}</{name}>"


def _typed(chance: Random, name: str, plain: bool) -> str:
    name = name.removeprefix("atom ")
    kind = chance.choice(_TYPES[:5] if plain or chance.random() < 0.8 else _TYPES)
    given = "" if chance.random() < 0.4 else _attributes(chance, plain, type=kind)
    if not plain and chance.random() < 0.1:
        given += chance.choice([' mode="escaped"', ' mode="base64"', ' mode="xml"', ' src="/x"', ' lang="de"'])
    is_nested = "xhtml" in given or (not plain and chance.random() < 0.1)
    return f"<{name}{given}>{_xhtml(chance, plain) if is_nested else _text(chance, plain)}</{name}>"


def _xhtml(chance: Random, plain: bool) -> str:
    namespace = f' xmlns="{XHTML}"' if plain or chance.random() < 0.9 else ""
    inner = "".join(_inline(chance, plain, 3) for _ in range(chance.randint(0, 4)))
    around = chance.choice(["", "\n", " "] if plain else ["", "\n", " ", "x", "\xa0"])
    more = "" if plain or chance.random() < 0.9 else f'<div xmlns="{XHTML}">more</div>'
    return f"{around}<div{namespace}>{inner}</div>{around}{more}"


def _inline(chance: Random, plain: bool, depth: int) -> str:
    tag = chance.choice(_INLINE[:7] if plain else _INLINE)
    given = _attributes(chance, plain, href=chance.choice(_URLS[:4]), rel="NoFollow") if tag == "a" else ""
    if not plain and chance.random() < 0.1:
        given += chance.choice([' Class="A"', ' xml:lang="fr"', ' type="A"', ' title="&#10;&lt;&quot;"', ' x:y="1"'])
    text = escape(chance.choice(_WORDS[:8] if plain else _WORDS))
    if tag in ("br", "hr", "img"):
        return f"<{tag}{given}/>{text}"
    inside = "".join(_inline(chance, plain, depth - 1) for _ in range(chance.randint(0, 2))) if depth else ""
    return f"<{tag}{given}>{text if chance.random() < 0.8 else ''}{inside}</{tag}>{text}"


def _address(chance: Random, name: str, plain: bool) -> str:
    url = chance.choice(_URLS[:3] if plain else _URLS)
    if not plain and chance.random() < 0.05:
        url = '<a href="/y">y</a>'
    return f"<{name}{_attributes(chance, plain, isPermaLink='false') if name == 'guid' else ''}>{escape(url)}</{name}>"


def _link(chance: Random, name: str, plain: bool) -> str:
    rel = chance.choice(["alternate", "self", "hub", "next", "prev-archive", "enclosure", "via", "replies", "REL", ""])
    given = _attributes(
        chance, plain, href=chance.choice(_URLS[:3] if plain else _URLS), rel=rel,
        type=chance.choice(["text/html", "audio/mpeg", "TEXT/HTML ", ""]), hreflang=chance.choice(["en", ""]),
        title=chance.choice(_WORDS), length=chance.choice(["1", "0", "x", ""]),
    )  # fmt: skip
    return f"<{name}{given}/>" if plain or chance.random() < 0.8 else f"<{name}{given}>{_text(chance, plain)}</{name}>"


def _date(chance: Random, name: str, plain: bool) -> str:
    return f"<{name}>{chance.choice(_DATES[:6] if plain or chance.random() < 0.7 else _DATES)}</{name}>"


def _person(chance: Random, name: str, plain: bool) -> str:
    if chance.random() < 0.5:
        return f"<{name}>{chance.choice(_PEOPLE)}</{name}>"
    parts = {
        "name": escape(chance.choice(_WORDS)),
        "email": "mailto:z@b.example",
        "uri": escape(chance.choice(_URLS)),
        "url": "/u",
    }
    inside = "".join(f"<{key}>{value}</{key}>" for key, value in parts.items() if chance.random() < 0.7)
    return f"<{name}{_attributes(chance, plain)}>{inside}</{name}>"


def _category(chance: Random, name: str, plain: bool) -> str:
    given = _attributes(
        chance, plain, term=chance.choice(["a", "b", " ", "é"]), scheme="https://b.example/tags",
        label=chance.choice(["A", ""]), domain="d",
    )  # fmt: skip
    if plain or chance.random() < 0.5:
        given = ""
    return f"<{name}{given}>{_text(chance, plain) if plain or chance.random() < 0.7 else ''}</{name}>"


def _file(chance: Random, name: str, plain: bool) -> str:
    given = _attributes(
        chance, plain, url=chance.choice(_URLS[:3] if plain else _URLS), length=chance.choice(["5", "0", "x"]),
        type=chance.choice(["audio/mpeg", "IMAGE/png", ""]), fileSize="7", duration=chance.choice(["61", "1:01", "x"]),
    )  # fmt: skip
    inside = (
        "" if plain or chance.random() < 0.7 else "<media:title>T</media:title><media:description>D</media:description>"
    )
    return f"<{name}{given}>{inside}</{name}>"


def _fixed(chance: Random, name: str, plain: bool) -> str:
    return _FIXED[name]


_FIXED = {
    "image": "<image><title>I</title><url>/i.png</url><link>https://b.example/</link></image>",
    "skipHours": "<skipHours><hour>24</hour><hour>3</hour><hour>x</hour></skipHours>",
    "skipDays": "<skipDays><day>Sunday</day><day>monday</day><day>x</day></skipDays>",
    "itunes:image": '<itunes:image href="/p.jpg"/>',
    "itunes:category": '<itunes:category text="Arts"><itunes:category text="Books"/></itunes:category>',
    "itunes:owner": "<itunes:owner><itunes:name>N</itunes:name><itunes:email>n@b.example</itunes:email></itunes:owner>",
    "itunes:duration": "<itunes:duration>1:02:03</itunes:duration>",
    "fh:complete": "<fh:complete/>",
    "fh:archive": "<fh:archive/>",
    "at:deleted-entry": '<at:deleted-entry ref="urn:x" when="2026-11-24T12:00:00Z"><at:by><name>E</name></at:by>'
    "<at:comment>Spam</at:comment></at:deleted-entry>",
    "thr:in-reply-to": '<thr:in-reply-to ref="urn:b:0" href="/0"/>',
    "source": '<source url="https://o.example/feed">Other</source>',
    "atom:source": "<atom:source><atom:id>urn:o</atom:id><atom:title>Other</atom:title></atom:source>",
    "media:thumbnail": '<media:thumbnail url="/t.jpg"/>',
    "media:group": '<media:group><media:content url="/v.mp4"/><media:title>M</media:title></media:group>',
    "admin:generatorAgent": f'<admin:generatorAgent xmlns:rdf="{RDF}" rdf:resource="https://g.example/"/>',
    "podcast:transcript": '<podcast:transcript url="/t.srt" type="application/srt"/>',
    "podcast:person": '<podcast:person role="host">Zoë</podcast:person>',
    "podcast:value": '<podcast:value type="lightning"><podcast:valueRecipient name="N" split="1"/>x</podcast:value>',
    "psc:chapters": '<psc:chapters xmlns:psc="http://podlove.org/simple-chapters"><psc:chapter start="0" title="é"/>'
    "</psc:chapters>",
    "items": "<items><x:li/></items>",
    "liveItem": "<podcast:liveItem><title>Live</title><item><title>in</title></item></podcast:liveItem>",
    "nested item": "<item><title>nested</title></item>",
    "nested entry": "<entry><title>nested</title></entry>",
    "redeclared": '<dc:title xmlns:dc="urn:else">x</dc:title>',
    "prefix": '<d:title xmlns:d="http://purl.org/dc/elements/1.1/">prefixed</d:title>',
    "default": '<title xmlns="urn:else">x</title>',
    "atom:title": "<atom:title>x</atom:title>",
    "svg": '<content type="xhtml"><svg xmlns="http://www.w3.org/2000/svg"><title>x</title></svg></content>',
    "cloud": '<cloud domain="c.example" port="80"/>',
    "TITLE": "<TITLE>Shouted</TITLE>",
    "b64": '<content type="application/octet-stream" mode="base64">w6k=</content>',
}
_BOTH = (
    "title", "dc:title", "media:title", "description", "dc:description", "itunes:summary", "itunes:subtitle", "link",
    "rights", "dc:rights", "copyright", "category", "dc:subject", "category", "author", "dc:creator", "itunes:author",
    "itunes:keywords", "itunes:image", "language", "dc:language", "dc:date", "itunes:explicit", "x:y",
    "media:description", "podcast:person", "podcast:transcript", "podcast:value", "psc:chapters", "georss:point",
    "keywords",
)  # fmt: skip
_HEAD = (
    *_BOTH, "generator", "ttl", "skipHours", "skipDays", "image", "itunes:category", "itunes:owner", "sy:updatePeriod",
    "sy:updateFrequency", "sy:updateBase", "fh:complete", "fh:archive", "at:deleted-entry", "managingEditor",
    "webMaster", "lastBuildDate", "docs", "cloud", "admin:generatorAgent", "items",
)  # fmt: skip
_ENTRY = (
    *_BOTH, "description", "content:encoded", "guid", "pubDate", "comments", "enclosure", "source", "media:content",
    "media:thumbnail", "media:group", "itunes:duration", "slash:comments", "wfw:commentRss", "thr:in-reply-to",
    "dc:contributor", "dcterms:modified", "dcterms:issued", "image", "thr:total",
)  # fmt: skip
_ATOM = (
    "atom title", "link", "link", "id", "updated", "author", "contributor", "category", "atom rights", "published",
    "thr:in-reply-to", "media:thumbnail", "dc:creator", "x:y", "modified", "issued", "created",
)  # fmt: skip
_HEADS = {
    False: (*_HEAD, "atom:link", "atom:updated", "atom:id"),
    True: (*_ATOM, "subtitle", "tagline", "generator", "icon", "logo", "fh:archive", "at:deleted-entry", "copyright"),
}
_ENTRIES = {
    False: (*_ENTRY, "atom:link", "atom:updated", "atom:author"),
    True: (*_ATOM, "summary", "content", "content", "media:group", "source"),
}
_ODD_NAMES = (
    "liveItem", "nested item", "nested entry", "redeclared", "prefix", "default", "atom:title", "svg", "TITLE", "b64",
    "atom:source", "content", "summary", "body", "fullitem", "abstract", "feed", "channel", "textInput", "subtitle",
    "content:encoded", "itunes:category", "atom:content",
)  # fmt: skip
_MAKERS = {
    "link": _link, "atom:link": _link, "guid": _address, "id": _address, "comments": _address, "icon": _address,
    "logo": _address, "wfw:commentRss": _address, "author": _person, "contributor": _person, "dc:creator": _person,
    "itunes:author": _person, "dc:contributor": _person, "managingEditor": _person, "atom:author": _person,
    "category": _category, "dc:subject": _category, "keywords": _category, "enclosure": _file, "media:content": _file,
    "atom title": _typed, "atom rights": _typed, "content": _typed, "summary": _typed, "subtitle": _typed,
    "tagline": _typed,
}  # fmt: skip
_DATED = re.compile(r"(?i)(?:.*(?:date|issued|modified|published|updated|created|updatebase))\Z")


def _maker(name: str) -> Callable[[Random, str, bool], str]:
    if name in _FIXED:
        return _fixed
    return _MAKERS.get(name) or (_date if _DATED.match(name) else _simple)


_ELEMENT = re.compile(rb"<([\w:]+)[^<>]*>[^<>]*</\1>|<[\w:]+[^<>]*/>")
_ATTRIBUTE = re.compile(rb"\s[\w:]+=\"[^\"<>]*\"")
_BYTES = (
    b"<",
    b">",
    b"&",
    b'"',
    b"]]>",
    b"<![CDATA[",
    b"\x00",
    b"\xff",
    b"\xc2\x92",
    b"\xc3\xa9",
    b" ",
    b"&amp;",
    b"<b>",
    b"&#1;",
)


def _places(chance: Random, body: bytes) -> tuple[int, int]:
    start = chance.randint(0, len(body))
    return start, min(len(body), start + chance.choice([1, 1, 2, 8, 60, 400]))


def _delete(chance: Random, body: bytes) -> bytes:
    start, stop = _places(chance, body)
    return body[:start] + body[stop:]


def _duplicate(chance: Random, body: bytes) -> bytes:
    start, stop = _places(chance, body)
    return body[:stop] + body[start:stop] + body[stop:]


def _flip(chance: Random, body: bytes) -> bytes:
    start = chance.randint(0, max(0, len(body) - 1))
    return body[:start] + bytes([chance.randint(0, 255)]) + body[start + 1 :]


def _insert(chance: Random, body: bytes) -> bytes:
    start = chance.randint(0, len(body))
    return body[:start] + chance.choice(_BYTES) + body[start:]


def _drop_attribute(chance: Random, body: bytes) -> bytes:
    found = list(_ATTRIBUTE.finditer(body))
    if not found:
        return body
    one = chance.choice(found)
    return body[: one.start()] + body[one.end() :]


def _swap_attributes(chance: Random, body: bytes) -> bytes:
    return _swap(chance, body, list(_ATTRIBUTE.finditer(body)))


def _swap_elements(chance: Random, body: bytes) -> bytes:
    return _swap(chance, body, list(_ELEMENT.finditer(body)))


def _move_element(chance: Random, body: bytes) -> bytes:
    found = list(_ELEMENT.finditer(body))
    if len(found) < 2:
        return body
    one, other = chance.choice(found), chance.choice(found)
    at = chance.choice([other.start(), other.end(), body.find(b">", other.start()) + 1])
    return body[:at] + one[0] + body[at:]


def _swap(chance: Random, body: bytes, found: list[re.Match[bytes]]) -> bytes:
    if len(found) < 2:
        return body
    one, other = sorted((chance.choice(found), chance.choice(found)), key=lambda match: match.start())
    if one.end() > other.start():
        return body
    return body[: one.start()] + other[0] + body[one.end() : other.start()] + one[0] + body[other.end() :]


_DAMAGES = (
    _delete, _duplicate, _flip, _insert, _drop_attribute, _swap_attributes, _swap_elements, _swap_elements,
    _move_element, _move_element,
)  # fmt: skip
