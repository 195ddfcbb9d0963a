"""What a web page says of its article: meta elements, JSON-LD, and the marks of HTML itself.

Sources, best first: JSON-LD of an article (schema.org), Open Graph and article:* (ogp.me), Dublin Core and the plain
meta names of HTML, then elements of the page. What the page states is declared; what is read off its text, derived.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement
from msgspec import Struct

from archive.ingest.credits import is_name
from archive.ingest.jsonld import Linked, linked
from archive.ingest.structure import alike
from archive.ingest.times import moment
from feeds.model import Category, Entry, Origin, Person, Source, Text

_TITLES = ("og:title", "twitter:title", "dc.title", "dcterms.title", "citation_title")
_SUMMARIES = ("og:description", "description", "twitter:description", "dc.description", "dcterms.abstract")
_AUTHORS = ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "parsely-author", "byl")
_PUBLISHED = (
    "article:published_time", "og:published_time", "datepublished", "publishdate", "pubdate", "publication_date",
    "date", "dc.date", "dc.date.issued", "dcterms.date", "dcterms.issued", "dcterms.created",
    "citation_publication_date", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime",
)  # fmt: skip
_UPDATED = (
    "article:modified_time", "og:updated_time", "datemodified", "last-modified", "lastmod", "dcterms.modified",
    "dc.date.modified", "revised",
)  # fmt: skip
_TAGS = ("article:tag", "keywords", "news_keywords", "parsely-tags", "dc.subject")
_SOURCES = ("og:site_name", "application-name", "dc.publisher", "citation_journal_title")
_IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_LANGUAGES = ("content-language", "dc.language", "dcterms.language", "language")
_TEXT = etree.XPath("descendant-or-self::text()[not(parent::script or parent::style or parent::noscript)]")
_SEPARATOR = re.compile(r"\s+[|–—·•:»/-]\s+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")


class _Page(Struct, frozen=True):
    root: HtmlElement
    metas: dict[str, list[str]]
    data: Linked
    base: str | None

    def first(self, names: tuple[str, ...]) -> str | None:
        """The first value among the meta elements of those names."""
        return next((value for name in names for value in self.metas.get(name, ())), None)

    def times(self, names: tuple[str, ...]) -> Iterator[datetime]:
        """The readable times among the meta elements of those names."""
        return (when for name in names for value in self.metas.get(name, ()) if (when := moment(value)))

    def web(self, address: str | None) -> str | None:
        """The address, absolute, if it is one of the web."""
        return web_address(address, self.base)


def page_metadata(root: HtmlElement, base: str | None) -> Entry:
    """The entry as far as the page declares it, without content; `base` is what relative addresses start from."""
    page = _Page(root, _metas(root), linked(_scripts(root)), base)
    source = page.first(_SOURCES) or page.data.publisher
    told: dict[str, tuple[Any, Origin]] = {
        "title": _title(page, source),
        "summary": (page.first(_SUMMARIES) or page.data.description, "declared"),
        "authors": (_authors(page), "declared"),
        "published": _published(page),
        "updated": (page.data.updated or next(page.times(_UPDATED), None), "declared"),
        "categories": (_categories(page), "declared"),
        "language": (_language(page), "declared"),
        "link": (_canonical(page), "declared"),
        "source": (Source(title=source) if source else None, "declared"),
        "image": (page.web(page.first(_IMAGES) or page.data.image), "declared"),
    }
    fields = {field: value for field, (value, _) in told.items() if value}
    if "summary" in fields:
        fields["summary"] = Text(fields["summary"], "text")
    return Entry(**fields, origins={field: told[field][1] for field in fields})


def web_address(address: str | None, base: str | None) -> str | None:
    """The address made absolute against `base`; None if it is none of http or https."""
    if not address or not address.strip():
        return None
    try:
        absolute = urljoin(base or "", address.strip())
        parts = urlsplit(absolute)
    except ValueError:
        return None
    return absolute if parts.scheme in ("http", "https") and parts.netloc and " " not in absolute else None


def _metas(root: HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        value = " ".join((element.get("content") or "").split())
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            for name in (element.get(attribute) or "").lower().split():
                if value and value not in found.setdefault(name, []):
                    found[name].append(value)
    return found


def _scripts(root: HtmlElement) -> list[str]:
    kind = "application/ld+json"
    return [script.text or "" for script in root.iter("script") if (script.get("type") or "").lower().startswith(kind)]


def _title(page: _Page, source: str | None) -> tuple[str | None, Origin]:
    declared = page.data.headline or page.first(_TITLES)
    headings = [words for heading in page.root.iter("h1") if (words := text_of(heading))]
    element = page.root.find(".//head/title")
    titled = text_of(element) if element is not None else ""
    if declared:
        return _without_site(declared, source, headings), "declared"
    if len(headings) == 1:
        return headings[0], "derived"
    if titled:
        return _without_site(titled, source, headings), "declared"
    return (headings[0], "derived") if headings else (None, "derived")


def _without_site(title: str, source: str | None, headings: list[str]) -> str:
    """The title without the site's name, which many pages put behind or before it."""
    parts = _SEPARATOR.split(title)
    if len(parts) < 2:
        return title
    for heading in headings:
        if any(alike(heading, title[: match.start()]) for match in _SEPARATOR.finditer(title)):
            return heading
    if source and alike(parts[-1], source):
        return title[: list(_SEPARATOR.finditer(title))[-1].start()].strip()
    if source and alike(parts[0], source):
        return title[next(_SEPARATOR.finditer(title)).end() :].strip()
    return title


def _authors(page: _Page) -> tuple[Person, ...]:
    if page.data.authors:
        return page.data.authors
    for name in _AUTHORS:
        people = [value for value in page.metas.get(name, ()) if "://" not in value and not value.startswith("@")]
        if people:
            return tuple(Person(person) for value in people for person in _names(value))
    marked = page.root.xpath(
        "//a[contains(concat(' ', @rel, ' '), ' author ')] | //*[@itemprop='author']"
        " | //*[contains(concat(' ', @class, ' '), ' h-entry ')]//*[contains(concat(' ', @class, ' '), ' p-author ')]"
    )
    return tuple(Person(name) for name in dict.fromkeys(text_of(element) for element in marked) if 0 < len(name) <= 80)


def _names(value: str) -> list[str]:
    value = re.sub(r"^(?:by|par|von|por|di)\s+", "", value, flags=re.IGNORECASE)
    parts = [part.strip() for part in re.split(r"\s*[,;]\s*|\s+(?:and|et|und|&)\s+", value) if part.strip()]
    return parts if all(is_name(part) for part in parts) else [value]


def _published(page: _Page) -> tuple[datetime | None, Origin]:
    declared = page.data.published or next(page.times(_PUBLISHED), None)
    if declared:
        return declared, "declared"
    times = page.root.xpath(
        "//*[@itemprop='datePublished'] | //time[@pubdate] | //time[@datetime][contains(@class, 'publish')]"
        " | //time[contains(concat(' ', @class, ' '), ' dt-published ')]"
    )
    times = times or page.root.xpath("//article//header//time[@datetime]")
    if not times:
        # One date in the whole page can be no other's than the article's.
        every = page.root.xpath("//time[@datetime]")
        times = every if len({element.get("datetime") for element in every}) == 1 else []
    for element in times:
        when = moment(element.get("datetime") or element.get("content") or text_of(element))
        if when:
            return when, "declared"
    return None, "declared"


def _categories(page: _Page) -> tuple[Category, ...]:
    terms = list(page.data.keywords)
    for name in _TAGS:
        for value in page.metas.get(name, ()):
            terms += [value] if name == "article:tag" else re.split(r"\s*[,;،、]\s*", value)
    terms += page.metas.get("article:section", [])
    seen: dict[str, str] = {}
    for term in terms:
        if term.strip():
            seen.setdefault(term.strip().casefold(), term.strip())
    return tuple(Category(term) for term in seen.values())


def _language(page: _Page) -> str | None:
    html_lang = (
        page.root.get("lang")
        or page.root.get("{http://www.w3.org/XML/1998/namespace}lang")
        or page.root.get("xml:lang")
    )
    for value in (html_lang, page.data.language, page.first(_LANGUAGES), page.first(("og:locale",))):
        if value and _LANGUAGE.fullmatch(value.strip()):
            return value.strip().replace("_", "-")
    return None


def _canonical(page: _Page) -> str | None:
    for link in page.root.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split() and (address := page.web(link.get("href"))):
            return address
    return page.web(page.first(("og:url",))) or page.web(page.data.url)


def text_of(element: HtmlElement) -> str:
    """The text of an element on one line."""
    return " ".join("".join(map(str, _TEXT(element))).split())
