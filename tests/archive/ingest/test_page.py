"""Web pages: the article without the page around it, and all that pages say of their articles."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.ingest import IngestError, ingest
from feeds.model import Category, Entry, Person, Section, Source, Text

CHROME = """<!DOCTYPE html>
<html lang="fr-FR"><head><meta charset="utf-8">
<title>Le phare des Goélands s’éteint | La Gazette du Port</title>
<meta property="og:title" content="Le phare des Goélands s’éteint">
<meta property="og:site_name" content="La Gazette du Port">
<meta property="og:description" content="Un siècle de lumière prend fin.">
<meta property="og:image" content="/images/phare.jpg">
<meta name="author" content="Par Jeanne Martin et Luc Petit">
<meta property="article:published_time" content="2024-03-12T08:30:00+01:00">
<meta property="article:modified_time" content="2024-03-13T09:00:00+01:00">
<meta property="article:section" content="Société">
<meta property="article:tag" content="phares"><meta property="article:tag" content="mer, côte">
<meta name="keywords" content="Phares, Bretagne">
<link rel="canonical" href="/2024/phare">
</head><body>
<header><a href="/">La Gazette du Port</a>
<nav><ul><li><a href="/monde">Monde</a></li><li><a href="/sport">Sport</a></li></ul></nav></header>
<div class="cookie-banner">Nous utilisons des cookies pour vous servir des publicités.</div>
<main><article>
<h1>Le phare des Goélands s’éteint</h1>
<p>Après cent trois ans de service, le phare de la pointe a été éteint dimanche soir devant une foule silencieuse,
venue à pied par le sentier.</p>
<p>Le gardien a tourné la clef lui-même, puis il a donné la clef au maire, qui ne savait visiblement pas quoi en faire
et l’a gardée à la main.</p>
<h2 id="h-1">Une lampe venue de <em>Gand</em></h2>
<p>La lentille, fabriquée en Belgique, avait été livrée dans quarante caisses. Il en manquait une, et l’on n’a jamais
su ce qu’elle contenait (<a href="/archives/caisse">notre enquête</a>).</p>
<blockquote><p>« Je ne savais rien faire d’autre&nbsp;», a dit le gardien.</p></blockquote>
<h2 id="h-2">Ce qui vient après</h2>
<p>Un feu automatique, posé sur une bouée, prendra le relais au printemps. Il a coûté moins cher que la cérémonie,
a fait remarquer un conseiller municipal.</p>
<ul><li>un feu blanc, toutes les onze secondes</li><li>une portée de douze milles</li></ul>
</article>
<aside class="related"><h3>À lire aussi</h3><ul><li><a href="/x">Les ports vides</a></li></ul></aside></main>
<footer><p>© La Gazette du Port. Mentions légales. Abonnez-vous à notre lettre.</p></footer>
</body></html>"""

BODY = (
    "<p>It was a long evening, and the boats came in one after another. Nobody counted them.</p><p>Then it rained.</p>"
)


def page(head: str = "", body: str = BODY, attributes: str = "") -> Entry:
    html = f"<!doctype html><html{attributes}><head>{head}</head><body>{body}</body></html>"
    return ingest(html.encode(), "a.html")


def linked(**data: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


def test_an_article_within_a_page() -> None:
    entry = ingest(
        CHROME.encode(), "https://gazette.example/2024/phare?x=1", url="https://gazette.example/2024/phare?x=1"
    )
    assert entry.title == "Le phare des Goélands s’éteint"
    assert entry.summary == Text("Un siècle de lumière prend fin.", "text")
    assert entry.authors == (Person("Jeanne Martin"), Person("Luc Petit"))
    assert entry.published == datetime(2024, 3, 12, 7, 30, tzinfo=UTC)
    assert entry.updated == datetime(2024, 3, 13, 8, 0, tzinfo=UTC)
    assert [category.term for category in entry.categories] == ["phares", "mer, côte", "Bretagne", "Société"]
    assert (entry.language, entry.source) == ("fr-FR", Source(title="La Gazette du Port"))
    assert entry.link == "https://gazette.example/2024/phare"
    assert entry.image == "https://gazette.example/images/phare.jpg"
    assert entry.sections == (
        Section("Une lampe venue de Gand", "une-lampe-venue-de-gand"),
        Section("Ce qui vient après", "ce-qui-vient-après"),
    )
    assert entry.content is not None
    html = entry.content.value
    assert html.startswith("<p>Après cent trois ans")
    assert "« Je ne savais rien faire d’autre\u00a0», a dit" in html
    assert 'href="https://gazette.example/archives/caisse"' in html
    assert "<li>une portée de douze milles</li>" in html
    for chrome in ("cookies", "Mentions", "Sport", "Les ports vides", "<h1"):
        assert chrome not in html
    assert entry.origins["content"] == "derived"
    assert entry.origins["published"] == "declared"


def test_a_plain_document_is_kept_whole() -> None:
    entry = page("<title>A walk</title>", "<h1>A walk</h1><p>Short.</p><h3>On</h3><p>a &lt; b</p><hr><p>End</p>")
    assert entry.content is not None
    assert entry.content.value == '<p>Short.</p><h2 id="on">On</h2><p>a &lt; b</p><hr><p>End</p>'
    assert (entry.title, entry.link, entry.published) == ("A walk", None, None)


def test_a_short_article_that_the_page_marks_as_one_is_kept() -> None:
    article = "<article><h1>Rain</h1><p>It rained for most of the day and all night.</p></article>"
    body = f"<nav><a href='/'>Home</a></nav>{article}"
    entry = page(body=body)
    assert entry.title == "Rain"
    assert entry.content is not None
    assert entry.content.value == "<p>It rained for most of the day and all night.</p>"


@pytest.mark.parametrize(
    ("head", "body", "title", "origin"),
    [
        ("<title>The boats - The Post</title>", "<h1>The boats</h1>" + BODY, "The boats", "derived"),
        ("<title>The boats | The Post</title>", BODY, "The boats | The Post", "declared"),
        (
            '<title>The boats | The Post</title><meta property="og:site_name" content="The Post">',
            BODY,
            "The boats",
            "declared",
        ),
        (
            '<title>The Post » The boats</title><meta property="og:site_name" content="The Post">',
            BODY,
            "The boats",
            "declared",
        ),
        ('<meta name="twitter:title" content="The boats">', BODY, "The boats", "declared"),
        (
            "<title>Page</title>" + linked(**{"@type": "NewsArticle", "headline": "The boats"}),
            BODY,
            "The boats",
            "declared",
        ),
        ("", "<h1>One</h1><p>a</p><h1>Two</h1><p>b</p>", "One", "derived"),
        ("", BODY, "It was a long evening, and the boats came in one after another", "inferred"),
    ],
)
def test_titles(head: str, body: str, title: str, origin: str) -> None:
    entry = page(head, body)
    assert (entry.title, entry.origins["title"]) == (title, origin)


WHEN = datetime(2024, 3, 12, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("head", "body", "when"),
    [
        ('<meta name="date" content="2024-03-12T08:30:00Z">', "", WHEN),
        ('<meta name="DC.date.issued" content="2024-03-12T08:30:00Z">', "", WHEN),
        ('<meta itemprop="datePublished" content="2024-03-12T08:30:00Z">', "", WHEN),
        (linked(**{"@type": "Article", "datePublished": "2024-03-12T08:30:00Z"}), "", WHEN),
        ("", '<p><time datetime="2024-03-12T08:30:00Z">12 March</time></p>', WHEN),
        ("", '<p><time datetime="2024-03-12T08:30Z">a</time> <time datetime="2023-03-12">b</time></p>', None),
        ("", "<p>Published 12 March 2024</p>", None),
        ('<meta name="date" content="yesterday">', "", None),
        ("", "", None),
    ],
)
def test_dates_are_told_or_none(head: str, body: str, when: datetime | None) -> None:
    entry = page(head, BODY + body)
    assert entry.published == when
    assert entry.origins.get("published") == ("declared" if when else None)


def test_json_ld() -> None:
    head = linked(
        **{
            "@context": "https://schema.org",
            "@graph": [
                {"@type": "Organization", "@id": "#o", "name": "The Post"},
                {"@type": "WebPage", "name": "page"},
                {
                    "@type": ["NewsArticle", "Article"],
                    "headline": "Boats &amp; rain",
                    "description": "So it was.",
                    "author": [{"@type": "Person", "name": "Ann Roe", "url": "https://p.example/ann"}, "Bob Doe"],
                    "datePublished": "2024-03-12T08:30:00Z",
                    "dateModified": "2024-03-13",
                    "keywords": "boats, rain",
                    "articleSection": ["Sea"],
                    "inLanguage": "en-GB",
                    "publisher": {"@id": "#o"},
                    "image": [{"@type": "ImageObject", "url": "https://p.example/i.jpg"}],
                    "mainEntityOfPage": {"@id": "https://p.example/boats"},
                },
            ],
        }
    )
    entry = page(head)
    assert (entry.title, entry.summary) == ("Boats & rain", Text("So it was.", "text"))
    assert entry.authors == (Person("Ann Roe", url="https://p.example/ann"), Person("Bob Doe"))
    assert (entry.published, entry.updated) == (WHEN, datetime(2024, 3, 13, tzinfo=UTC))
    assert entry.categories == (Category("boats"), Category("rain"), Category("Sea"))
    assert (entry.language, entry.source) == ("en-GB", Source(title="The Post"))
    assert (entry.image, entry.link) == ("https://p.example/i.jpg", "https://p.example/boats")


@pytest.mark.parametrize("script", ["{", "[]", "null", '"a"', "[" * 5000, '{"@type": "Person", "name": "x"}'])
def test_json_ld_that_tells_nothing(script: str) -> None:
    entry = page(f'<title>The boats</title><script type="application/ld+json">{script}</script>')
    assert (entry.title, entry.authors) == ("The boats", ())


@pytest.mark.parametrize(
    ("attributes", "head", "language"),
    [
        (' lang="pt-BR"', "", "pt-BR"),
        (' xml:lang="de"', "", "de"),
        ("", '<meta http-equiv="content-language" content="it">', "it"),
        ("", '<meta property="og:locale" content="en_US">', "en-US"),
        (' lang="no such language!"', "", "en"),
    ],
)
def test_languages(attributes: str, head: str, language: str) -> None:
    assert page(head, BODY, attributes).language == language


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<html></html>", "is a page without an article"),
        ("<html><body><script>x()</script></body></html>", "is a page without an article"),
        (
            "<html><body><nav><a href='/'>Home</a><a href='/b'>Other</a></nav></body></html>",
            "is a page without an article",
        ),
        ("<html><body><form><input name='q'><p>Log in</p></form></body></html>", "is a page without an article"),
        ("<!-- nothing -->", "is an empty page"),
        ("<html><body><p>&nbsp;</p></body></html>", "is a page without an article"),
    ],
)
def test_pages_without_an_article(html: str, reason: str) -> None:
    with pytest.raises(IngestError) as caught:
        ingest(html.encode(), "a.html")
    assert caught.value.reason == reason


def test_relative_addresses_start_from_the_base_that_the_page_names() -> None:
    body = "<p>A paragraph with <a href='c'>a link</a> in it.</p><p>More.</p>"
    html = f"<html><head><base href='/b/'><link rel=canonical href=d></head><body>{body}</body></html>"
    entry = ingest(html.encode(), "x", kind="html", url="https://p.example/a/x")
    assert entry.link == "https://p.example/b/d"
    assert entry.content is not None
    assert '<a href="https://p.example/b/c"' in entry.content.value


def test_the_headline_of_a_page_leaves_the_text_whatever_metadata_call_it() -> None:
    entry = page('<meta property="og:title" content="Boats, and rain">', f"<h1>The long evening</h1>{BODY}<h2>On</h2>")
    assert (entry.title, entry.extra["left_out"]) == ("Boats, and rain", "The long evening")
    assert [section.heading for section in entry.sections] == ["On"]
    assert "The long evening" not in (entry.content or Text("")).value


@pytest.mark.parametrize("body", [f"<h1>One</h1>{BODY}<h1>Two</h1>{BODY}", f"{BODY}<h1>One</h1>{BODY}"])
def test_other_headings_of_a_page_stay(body: str) -> None:
    entry = page('<meta property="og:title" content="Boats, and rain">', body)
    assert "One" in [section.heading for section in entry.sections]
    assert "left_out" not in entry.extra


LINE = "It was a long evening, and the boats came in one after another, for nobody counted them."


@pytest.mark.parametrize(
    "body", [f"<div>{LINE}</div><div>{LINE}</div>", f"{LINE}<br><br>{LINE}", f"<h1>Boats</h1>{LINE}<br><br>{LINE}"]
)
def test_the_lead_of_a_page_without_paragraphs(body: str) -> None:
    entry = page("<title>Boats</title>", body)
    assert entry.summary == Text(LINE, "text")
    assert entry.origins["summary"] == "derived"


def test_microformats() -> None:
    byline = "<a class='p-author h-card' href='/a'>Ann Reed</a>"
    dates = (
        "<time class='dt-published' datetime='2024-03-01T10:00:00+01:00'>1</time><time datetime='2020-01-01'>2</time>"
    )
    entry = page(body=f"<div class='h-entry'><h1 class='p-name'>Boats</h1>{byline}{dates}<div>{BODY}</div></div>")
    assert entry.authors == (Person("Ann Reed"),)
    assert entry.published == datetime(2024, 3, 1, 9, tzinfo=UTC)


def test_a_large_page_is_read_to_its_end() -> None:
    body = f"<nav>a</nav>{'<p>It was a long evening, and nobody counted the boats.</p>' * 20_000}"
    assert "nobody counted the boats" in (page(body=body).content or Text("")).value


TAGS = ["p", "h1", "h2", "div", "nav", "article", "main", "footer", "a", "ul", "li", "title", "meta", "script", "time"]
TAGS += ["pre", "table", "form", "html", "body", "head", "br", "img", "b"]
PIECES = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=15),
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
    st.sampled_from(
        ['<a href="//[">', '<base href="http://[x">', '<meta name="date" content="9999-99-99">', "<![CDATA[", "<!--"]
    ),
)


@settings(deadline=None, max_examples=60)  # Extraction from a page with navigation takes its time.
@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_page_is_read_or_refused(html: str) -> None:
    try:
        entry = ingest(html.encode(), "a.html", kind="html", url="https://p.example/")
    except IngestError as error:
        assert "\n" not in str(error)
    else:
        assert entry.title
        assert entry.content
        assert entry.published is None
