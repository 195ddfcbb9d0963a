"""Feeds and articles that hold a vector in every field that they have."""

from __future__ import annotations

import json
import re
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from tests.support.xss import Vector

SITE = "https://source.example"
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_XHTML = "http://www.w3.org/1999/xhtml"


def atom(vector: Vector, number: int, *, short: bool = True) -> bytes:
    """An Atom feed of two entries; the short one has no text."""
    text, value = _xml(vector.html)
    person = f"<name>{text}</name><uri>{text}</uri><email>{text}</email>"
    facts = (
        f'<title type="html">{text}</title><rights>{text}</rights><author>{person}</author>'
        f"<contributor>{person}</contributor><category term={value} scheme={value} label={value}/>"
        f'<link href={value} title={value} hreflang={value} type={value}/><link href="javascript:fire()"/>'
        f'<link rel={value} href={value}/><link rel="related" href="data:text/html,fire()" title={value}/>'
    )
    kind, body = ("html", text)
    if (whole := f'<div xmlns="{_XHTML}">{vector.html}</div>') and _is_xml(whole):
        kind, body = "xhtml", whole
    entries = (
        f"<entry><id>tag:{number}-1{text}</id><updated>2026-11-25T07:00:00Z</updated>{facts}"
        f'<link rel="enclosure" href="{SITE}/{number}.mp3" type={value} title={value}/>'
        f'<summary type="html">{text}</summary>'
        f'<content type="{kind}" xml:lang={value} xml:base={value}>{body}</content>'
        f"<source><id>{text}</id><title>{text}</title><link href={value}/></source></entry>"
        + f"<entry><id>{text}</id><updated>2026-11-25T06:00:00Z</updated>{facts}</entry>"
        * short
    )
    head = f"<id>{text}</id><subtitle>{text}</subtitle><generator uri={value}>{text}</generator><icon>{text}</icon>"
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={value}>{head}<logo>{text}</logo>{facts}{entries}</feed>'
    ).encode()


def rss(vector: Vector, number: int, *, short: bool = True) -> bytes:
    """An RSS 2.0 feed of two items; the short one has no text."""
    text, value = _xml(vector.html)
    facts = (
        f"<title>{text}</title><link>{text}</link><category domain={value}>{text}</category>"
        f"<dc:rights>{text}</dc:rights><dc:language>{text}</dc:language><itunes:author>{text}</itunes:author>"
        f"<itunes:image href={value}/>"
    )
    said = (
        f"<author>{text}</author><dc:creator>{text}</dc:creator><comments>{text}</comments>"
        f"<source url={value}>{text}</source>"
    )
    items = (
        f'<item><guid isPermaLink="false">{number}-1{text}</guid>{facts}{said}<description>{text}</description>'
        f'<content:encoded>{text}</content:encoded><enclosure url="{SITE}/{number}.mp3" type={value} length="9"/>'
        f"<media:content url={value} type={value}><media:title>{text}</media:title></media:content></item>"
        + f"<item><guid>{text}</guid>{facts}{said}</item>"
        * short
    )
    head = f"<managingEditor>{text}</managingEditor><copyright>{text}</copyright><generator>{text}</generator>"
    image = f"<image><url>{text}</url><title>{text}</title><link>{text}</link></image>"
    spaces = {
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "media": "http://search.yahoo.com/mrss/",
    }
    named = "".join(f' xmlns:{name}="{space}"' for name, space in spaces.items())
    feed = f"{facts}<description>{text}</description><language>{text}</language>{head}{image}{items}"
    return f'<rss version="2.0"{named}><channel>{feed}</channel></rss>'.encode()


def jsonfeed(vector: Vector, number: int, *, short: bool = True) -> bytes:
    """A JSON Feed of two items; the short one has no text. Controls stand in it as they are."""
    it = vector.html
    person = {"name": it, "url": it, "avatar": it}
    facts = {"title": it, "language": it, "authors": [person, {"name": it, "url": "javascript:fire()"}]}
    links = {"url": it, "external_url": "javascript:fire()", "image": it, "banner_image": it, "tags": [it]}
    texts = {"content_html": it, "content_text": it, "summary": it}
    files = [{"url": f"{SITE}/{number}.mp3", "mime_type": it, "title": it}, {"url": it, "mime_type": it}]
    items = [{"id": f"{number}-1{it}", **facts, **links, **texts, "attachments": files}]
    items += [{"id": it, **facts, **links}] * short
    head = {"home_page_url": it, "feed_url": it, "description": it, "icon": it, "favicon": it}
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", **facts, **head, "items": items}).encode()


def feed(vector: Vector, number: int) -> bytes:
    """One of the three, JSON for what XML cannot hold; every fourth has a short entry as well."""
    write = jsonfeed if _NOT_IN_XML.search(vector.html) else (atom, rss, jsonfeed)[number % 3]
    return write(vector, number, short=number % 4 == 0)


def article(vector: Vector, number: int) -> tuple[str, str]:
    """A file's name and text, as people write them: a page, Markdown with front matter, or plain text."""
    it, line = vector.html, json.dumps(" ".join(vector.html.split()))
    words = "Here are enough words that this can be told to be an article by whoever looks for one. " * 3
    match number % 3:
        case 0:
            value = quoteattr(it)
            head = f"<title>{escape(it)}</title><meta name=author content={value}><meta name=keywords content={value}>"
            body = f"<article><h1>{escape(it)}</h1><p>{words}</p><div>{it}</div><p>{words}</p></article>"
            return f"{number}.html", f"<!DOCTYPE html><html lang={value}><head>{head}</head><body>{body}</body></html>"
        case 1:
            names = ("title", "authors", "tags", "summary", "rights")  # others are checked, and refused
            fields = "\n".join(f"{name}: {line}" for name in names)
            return f"{number}.md", f'---\n{fields}\n---\n\n# {it}\n\n{it}\n\n{words}\n\n[a](javascript:fire() "{it}")\n'
        case _:
            return f"{number}.txt", f"{it}\n\nBy {it}\n\n{words}\n\n{it}\n\n{words}\n"


def _xml(text: str) -> tuple[str, str]:
    """The text as XML and as an attribute's value with its quotes."""
    text = _NOT_IN_XML.sub("", text)
    return escape(text), quoteattr(text)


def _is_xml(text: str) -> bool:
    try:
        etree.fromstring(text)
    except (etree.XMLSyntaxError, ValueError):
        return False
    return True
