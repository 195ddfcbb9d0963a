"""What the standards ask of documents, clause by clause; docs/standards.md names the test of each.

The cases are what sources really say: each would make a document that the feed validator of the W3C has something
against, an error or a warning, if it went out as it came in.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import etree

from config.settings import FORMATS, Format
from feeds.model import Category, Enclosure, Entry, Link, Person, Text
from feeds.write import render
from tests.support.items import a_document, an_item
from tests.support.rules import (
    ATOM,
    broken_atom,
    broken_json,
    broken_rss,
)

CHECKS = {"rss": broken_rss, "atom": broken_atom, "json": broken_json}
PAGE = "https://source.example/1"


def one(**values: Any) -> Any:
    """An item of an entry with these values, an id and a title."""
    return an_item(entry=Entry(**{"id": "tag:source.example,2026:1", "title": "One", **values}))


def atom(*items: Any, **values: Any) -> Any:
    """The Atom document of the items."""
    return etree.fromstring(render(a_document(*items, **values), "atom"))


def entry(item: Any, **values: Any) -> Any:
    """The item as an Atom entry."""
    return atom(item, **values).find(f"{ATOM}entry")


def rss(*items: Any, **values: Any) -> Any:
    """The channel of the RSS document of the items."""
    return etree.fromstring(render(a_document(*items, **values), "rss"))[0]


def rss_item(item: Any, **values: Any) -> Any:
    """The item as an RSS item."""
    return rss(item, **values).find("item")


def feed(*items: Any, **values: Any) -> Any:
    """The JSON Feed of the items."""
    return json.loads(render(a_document(*items, **values), "json"))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"title": "1&1", "content": Text("1&amp;1")}, id="what looks like a reference"),
        pytest.param({"title": "a < b > c &lt; d", "rights": "&copy; & <b>"}, id="what looks like markup"),
        pytest.param({"authors": (Person("AT&T; 1&1"),), "categories": (Category("1&1", None, "&x"),)}, id="in names"),
        pytest.param({"link": PAGE, "content": None, "summary": None}, id="no text at all"),
        pytest.param({"title": None, "content": Text("<pre>\u2028</pre>")}, id="a text of nothing but space"),
        pytest.param({"content": Text("<p>Elman\ufffds work</p>")}, id="a replacement character"),
        pytest.param({"language": "US"}, id="a country for a language"),
        pytest.param({"language": "english"}, id="a name for a language"),
        pytest.param({"links": (Link(PAGE, "alternate", hreflang="US"),)}, id="a country for a link's language"),
        pytest.param({"link": "https://été.example/äpfel?a[]=«»#ß"}, id="an IRI"),
        pytest.param({"link": f"https://source.example/{'é' * 70}"}, id="a long IRI"),
        pytest.param({"link": "http://[2001:db8::1]/a[1]"}, id="square brackets"),
        pytest.param({"enclosures": (Enclosure("ftp://x.example/a.mp3"),)}, id="an enclosure off the web"),
        pytest.param(
            {"enclosures": (Enclosure("https://x.example/é.mp3", "audio/mpeg", 5, "é", 61), Enclosure("magnet:?xt=1"))},
            id="an enclosure with a duration",
        ),
        pytest.param(
            {"authors": (Person("Ann", "ann@x.example"), Person("Bo"))}, id="an author with and one without mail"
        ),
        pytest.param({"authors": (Person(None, "ann@x.example"),)}, id="a mail address without a name"),
        pytest.param({"authors": (Person("Ann (x)", "ann@x.example"),)}, id="brackets in a name"),
        pytest.param({"authors": (Person("Ann", "root@localhost"),)}, id="a mail address that nobody can reach"),
        pytest.param({"links": (Link(PAGE, "shop"), Link(PAGE, "next"), Link(PAGE, "prev-archive"))}, id="relations"),
        pytest.param({"in_reply_to": ("https://source.example/é[1]",)}, id="a reply to an IRI"),
        pytest.param({"comments": "https://source.example/é", "image": "https://source.example/é.jpg"}, id="more IRIs"),
    ],
)
@pytest.mark.parametrize("format", FORMATS)
def test_what_validators_warn_of_is_made_good(format: Format, values: dict[str, Any]) -> None:
    document = a_document(one(**values), an_item(2))

    assert CHECKS[format](render(document, format)) == []
