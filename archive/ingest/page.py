"""A web page in, article out: its metadata, and its main text without the page around it."""

from __future__ import annotations

import re

from lxml import etree, html
from lxml.html import HtmlElement
from msgspec.structs import replace

from archive.ingest.errors import IngestError
from archive.ingest.metadata import page_metadata, text_of, web_address
from feeds.html import escape, to_text
from feeds.model import Entry, Text

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
_AROUND = ("nav", "aside", "footer", "form", "header", "iframe", "dialog", "menu")
_ROLES = frozenset({"navigation", "banner", "contentinfo", "complementary", "search", "dialog", "menubar"})
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|menu|sidebar|side-bar|footer|masthead|breadcrumbs?|cookies?|consent|banner|related"
    r"|recommended|share|sharing|social|newsletter|subscribe|comments?|advert\w*|ads?|promo|widget|toolbar)(?:$|[\s_-])",
    re.IGNORECASE,
)
_MOST_LINKED = 0.5
_FEWEST_WORDS = 8
_SHORT_WORDS = 60
_LARGE = 500_000  # characters
# No-break spaces become plain ones in extraction; private-use characters that no page uses stand in for them.
_GUARDED = {0xA0: "\uf8a0", 0x202F: "\uf8a1"}
_RESTORED = {0xF8A0: "\u00a0", 0xF8A1: "\u202f"}
_DOUBLE_PRE = re.compile(r"<pre><pre>(.*?)</pre></pre>", re.DOTALL)


def read_page(text: str, name: str, url: str | None = None) -> Entry:
    """The article in a web page: what the page declares, and its main text as HTML that is not cleaned.

    A document without a page around it (menus, side bars, footers) is kept whole; else its main text is extracted.
    `url` is where relative addresses start from, unless the page has a <base>.
    Raises IngestError for a page without an article.
    """
    root = _parsed(text, name)
    base = _base(root, url)
    entry = page_metadata(root, base)
    body = _main(root, name)
    return replace(entry, content=Text(body, base=base))


def _parsed(text: str, name: str) -> HtmlElement:
    try:
        root: HtmlElement = html.document_fromstring(_DECLARATION.sub("", text))
    except (etree.ParserError, ValueError):
        raise IngestError(name, "is an empty page", "check that it was saved completely") from None
    return root


def _base(root: HtmlElement, url: str | None) -> str | None:
    for element in root.iter("base"):
        if address := web_address(element.get("href"), url):
            return address
    return url


def _main(root: HtmlElement, name: str) -> str:
    """The HTML of the article's text."""
    body = root.find("body")
    if body is None:
        raise _no_article(name)
    if not _has_chrome(body):
        if not text_of(body):
            raise _no_article(name)
        return _inner(body)
    extracted = _extracted(root)
    marked = _marked(body)
    if marked is not None and _words(extracted) < max(_SHORT_WORDS, _words(marked) // 2):
        # Extraction by rules of thumb fails with short articles; where the page marks one, it is taken at its word.
        extracted = marked
    if _words(extracted) < _FEWEST_WORDS:
        raise _no_article(name)
    return extracted


def _no_article(name: str) -> IngestError:
    return IngestError(name, "is a page without an article", "give the address or file of the article itself")


def _has_chrome(body: HtmlElement) -> bool:
    for element in body.iter(*_AROUND):
        if element.tag != "header" or not any(above.tag in ("article", "main") for above in element.iterancestors()):
            return True
    for element in body.iter(etree.Element):
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        if (element.get("role") or "") in _ROLES or (
            element.tag in ("div", "section", "ul", "p") and _NAMES.search(names)
        ):
            return True
    linked = sum(len(text_of(link)) for link in body.iter("a"))
    return linked > _MOST_LINKED * len(text_of(body))


def _extracted(root: HtmlElement) -> str:
    # Imported here because it loads a dozen packages, and only pages need them.
    import trafilatura

    page = html.tostring(root, encoding="unicode")
    found = trafilatura.extract(
        page.translate(_GUARDED),
        output_format="html",
        include_comments=False,
        include_formatting=True,
        include_links=True,
        include_images=True,
        favor_recall=True,
        # The second and third opinion that it asks for else takes the square of a page's size.
        fast=len(page) > _LARGE,
    )
    return _DOUBLE_PRE.sub(r"<pre>\1</pre>", _body(found)).translate(_RESTORED) if found else ""


def _body(page: str) -> str:
    match = re.search(r"<body>(.*)</body>", page, re.DOTALL)
    return match[1] if match else page


def _marked(body: HtmlElement) -> str | None:
    """The one <article>, or else the <main> of a page, without what belongs to the page inside it."""
    articles = [
        element for element in body.iter("article") if not any(up.tag == "article" for up in element.iterancestors())
    ]
    found = articles if len(articles) == 1 else list(body.iter("main"))
    if len(found) != 1 or not found[0].xpath(".//p"):
        return None
    for inner in list(found[0].iter("nav", "aside", "footer", "form", "iframe", "dialog", "menu")):
        inner.drop_tree()
    return _inner(found[0])


def _inner(element: HtmlElement) -> str:
    for script in list(element.iter("script", "style", "template")):
        script.drop_tree()
    parts = [etree.tostring(child, encoding="unicode", method="html") for child in element]
    return escape(element.text or "") + "".join(parts)


def _words(body: str) -> int:
    return len(to_text(body).split())
