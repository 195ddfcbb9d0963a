"""The door of ingest: which reader is chosen, what is given along, and what is turned away."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.ingest import IngestError, ingest
from feeds.model import Category, Source

TEXT = "A quiet morning\n\nThe harbour was quiet, and the fishermen spoke of nothing but the wind.\n\nThen it turned.\n"
MARKDOWN = "# A quiet morning\n\nThe *harbour* was quiet.\n\n- wind\n- rain\n"
HTML = (
    "<!doctype html><html><body><h1>A quiet morning</h1><p>The <i>harbour</i> was quiet.</p><p>Then.</p></body></html>"
)


@pytest.mark.parametrize(
    ("body", "name", "kind", "content_type", "mark"),
    [
        (TEXT, "a.txt", None, None, "<p>The harbour"),
        (TEXT, "a", None, None, "<p>The harbour"),
        (MARKDOWN, "a.md", None, None, "<em>harbour</em>"),
        (MARKDOWN, "a.MARKDOWN", None, None, "<em>harbour</em>"),
        (MARKDOWN, "a", None, None, "<em>harbour</em>"),
        (MARKDOWN, "a.md", None, "text/plain; charset=utf-8", "<em>harbour</em>"),
        (MARKDOWN, "a", None, "text/markdown", "<em>harbour</em>"),
        (MARKDOWN, "a.txt", None, None, "*harbour*"),
        (MARKDOWN, "a.md", "text", None, "*harbour*"),
        (HTML, "a.html", None, None, "<i>harbour</i>"),
        (HTML, "a", None, None, "<i>harbour</i>"),
        (HTML, "a.txt", None, None, "<i>harbour</i>"),
        (HTML, "https://p.example/a?b=c.txt", None, "text/html", "<i>harbour</i>"),
        ("<p>The <i>harbour</i> was quiet.</p>", "a", None, None, "<i>harbour</i>"),
        ("<p>The <i>harbour</i>.</p>", "a", None, "text/plain", "&lt;i&gt;harbour"),
        ("<p>The <i>harbour</i>.</p>", "a.html", "text", None, "&lt;i&gt;harbour"),
    ],
)
def test_kinds(body: str, name: str, kind: str | None, content_type: str | None, mark: str) -> None:
    content = ingest(body.encode(), name, kind=kind, content_type=content_type).content
    assert content is not None
    assert mark in content.value


def test_what_is_given_is_declared() -> None:
    entry = ingest(
        TEXT.encode(), "a.txt", url="https://p.example/a", language="en-GB", source="The Post", tags=("sea", "wind")
    )
    assert (entry.language, entry.source, entry.link) == ("en-GB", Source(title="The Post"), "https://p.example/a")
    assert entry.categories == (Category("sea"), Category("wind"))
    assert entry.origins == {
        "title": "derived",
        "summary": "derived",
        "content": "derived",
        "word_count": "derived",
        "reading_minutes": "derived",
        "language": "declared",
        "source": "declared",
        "categories": "declared",
        "link": "derived",
    }


def test_given_tags_come_on_top_and_a_declared_link_stays() -> None:
    body = b"---\ntags: [sea, rain]\nlang: fr\nurl: https://p.example/own\n---\nLa mer.\n\nLa pluie.\n"
    entry = ingest(body, "a.md", url="https://p.example/other", language="en", tags=("sea", "wind"))
    assert entry.categories == (Category("sea"), Category("rain"), Category("wind"))
    assert (entry.link, entry.language) == ("https://p.example/own", "en")


def test_every_field_that_is_filled_has_an_origin() -> None:
    entry = ingest(TEXT.encode(), "a.txt")
    filled = {field for field in entry.__struct_fields__ if getattr(entry, field)} - {"origins", "extra"}
    assert set(entry.origins) == filled
    assert (entry.published, entry.updated, entry.id, entry.link) == (None, None, None, None)
    assert entry.word_count == 16
    assert entry.reading_minutes == 1
    assert entry.extra == {"charset": "utf-8"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'<?xml version="1.0"?>\n<rss version="2.0"></rss>', "is a feed, not an article"),
        (b'<!-- c --><feed xmlns="http://www.w3.org/2005/Atom"/>', "is a feed, not an article"),
        (b'<rdf:RDF xmlns:rdf="x"/>', "is a feed, not an article"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "is a feed, not an article"),
        (b'<opml version="2.0"/>', "is an OPML list of feeds, not an article"),
    ],
)
@pytest.mark.parametrize("name", ["a.xml", "a.html", "a.txt", "https://p.example/feed"])
def test_feeds_belong_to_add(body: bytes, reason: str, name: str) -> None:
    with pytest.raises(IngestError) as caught:
        ingest(body, name)
    assert str(caught.value) == f"{name}: {reason}; subscribe to it with 'backissue add {name}'"


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b"text", "pdf", "a: cannot be read as 'pdf'; say text, markdown or html"),
        ("\u200b\ufeff\x01".encode(), "text", "a: holds no article text; check that it is the right file or page"),
        (
            "<div>\x85\xa0</div>".encode(),
            "markdown",
            "a: holds no article text; check that it is the right file or page",
        ),
        ("\x0c\x0b\u2028".encode(), "text", "a: holds only white space; put the article's text into it"),
    ],
)
def test_other_refusals(body: bytes, kind: str, message: str) -> None:
    with pytest.raises(IngestError) as caught:
        ingest(body, "a", kind=kind)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "body",
    [
        "<!--" * 2000,
        "<?" * 2000 + "?>",
        "# " + "#" * 9000 + "x",
        "a " + "." * 9000 + "b",
        "12 mars 2024" + " " * 9000,
        "Contents\n" * 2000,
        "short line\n" * 3000,
        "x: " * 3000,
        "—" * 9000,
        "(" * 9000 + "1." * 3000,
        "<p>" * 4000,
    ],
    ids=lambda body: body[:8].strip(),
)
def test_hostile_texts_cost_little(body: str) -> None:
    for name in ("a.txt", "a.md", "a.html"):
        try:
            ingest(body.encode(), name)
        except IngestError as error:
            assert "\n" not in str(error)


@settings(deadline=None)  # The first guess of a language loads the model.
@example(b".", "a.md")
@given(st.binary(max_size=300), st.sampled_from(["a.txt", "a.md", "a.html", "a"]))
def test_any_bytes_are_an_article_or_refused(body: bytes, name: str) -> None:
    try:
        entry = ingest(body, name)
    except IngestError as error:
        assert "\n" not in str(error)
    else:
        assert entry.title
