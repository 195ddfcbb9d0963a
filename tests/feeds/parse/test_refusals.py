"""What is no feed: told in one line, with what to do; its root decides, whatever it calls itself."""

from __future__ import annotations

import gzip

import pytest

from feeds.parse import NotAFeed, parse
from tests.feeds.parse.documents import URL, rss

REFUSED: list[tuple[bytes, str]] = [
    (b"", "is empty"),
    (b" \n\t", "is empty"),
    (b"<!DOCTYPE html><html><head><title>x</title></head></html>", "is an HTML page"),
    (b"<html xmlns='http://www.w3.org/1999/xhtml'><body><rss/></body></html>", "is an HTML page"),
    (b"<?xml version='1.0'?><!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN' 'x'><html/>", "is an HTML page"),
    (b"\n<!-- c --><HTML><BODY>", "is an HTML page"),
    (b"<div>blocked</div>", "is an HTML page"),
    (b"<!doctype html><p>x", "is an HTML page"),
    (b"<opml version='2.0'><body><outline xmlUrl='x'/></body></opml>", "import it with 'backissue import'"),
    (b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>", "is a sitemap"),
    (b"<x:note xmlns:x='urn:x'/>", "its root is <x:note>"),
    (
        b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description/></rdf:RDF>",
        "is RDF that holds no feed",
    ),
    (b"Not found", "is plain text"),
    (gzip.compress(b"<rss/>", mtime=0), "is still compressed"),
    (b"%PDF-1.7\n", "is a PDF document"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "is a picture"),
    (bytes(range(256)) * 4, "is binary data"),
    (b"{}", "is JSON, but not JSON Feed"),
    (b'{"items": 3}', "is JSON, but not JSON Feed"),
    (b'[{"id": 1}]', "is JSON, but not JSON Feed"),
    (b'{"version": "https://jsonfeed.org/version/1", "items": [1,]}', "is not valid JSON"),
    (b'{"version": "https://jsonfeed.org/version/1", "items": [NaN]}', "is not valid JSON"),
    (b'{"version": "https://jsonfeed.org/version/1", "items": [', "is not valid JSON"),
    (b'{"a":' * 100_000, "is JSON nested beyond reason"),
]


@pytest.mark.parametrize(("body", "told"), REFUSED)
def test_what_is_no_feed_is_refused_in_one_line(body: bytes, told: str) -> None:
    with pytest.raises(NotAFeed) as refusal:
        parse(body, URL)
    line = str(refusal.value)
    assert told in line
    assert line.startswith(f"{URL}: ")
    assert "; " in line
    assert "\n" not in line
    assert refusal.value.html == (told == "is an HTML page")


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "text/plain", "application/octet-stream", None])
def test_a_feed_is_one_whatever_its_content_type(content_type: str | None) -> None:
    assert len(parse(rss("<item/>").encode(), URL, content_type=content_type).entries) == 1


def test_html_in_a_feed_makes_it_no_page() -> None:
    body = rss("<item><description><![CDATA[<!DOCTYPE html><html><body>x</body></html>]]></description></item>")
    assert len(parse(body.encode(), URL).entries) == 1
    body = "<!DOCTYPE rss><rss version='2.0'><channel><title>T</title><html>x</html></channel></rss>"
    assert parse(body.encode(), URL).feed.title == "T"
