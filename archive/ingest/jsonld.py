"""Articles described in JSON-LD (schema.org Article and its kinds), as search engines ask pages to carry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

from archive.ingest.times import moment
from feeds.html import unescape
from feeds.model import Person

_KIND = re.compile(r"(?:\w*Article|BlogPosting|LiveBlogPosting|SocialMediaPosting|Report)$")
_DEEPEST = 6


class Linked(Struct, frozen=True):
    """What the first article described says of itself; everything as plain text."""

    headline: str | None = None
    description: str | None = None
    authors: tuple[Person, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    keywords: tuple[str, ...] = ()
    language: str | None = None
    publisher: str | None = None
    image: str | None = None
    url: str | None = None


def linked(scripts: Iterable[str]) -> Linked:
    """The article in a page's JSON-LD scripts; the empty value if there is none, or the scripts are no JSON."""
    things = [thing for script in scripts for thing in _things(_loaded(script))]
    named: dict[str, dict[str, Any]] = {}
    for thing in things:
        if isinstance(thing.get("@id"), str):
            named.setdefault(thing["@id"], {}).update(thing)
    article = next((thing for thing in things if any(map(_KIND.match, _strings(thing.get("@type"))))), None)
    if article is None:
        return Linked()
    return Linked(
        headline=_text(article.get("headline")) or _text(article.get("name")),
        description=_text(article.get("description")),
        authors=_people(article.get("author"), named),
        published=moment(_text(article.get("datePublished")) or ""),
        updated=moment(_text(article.get("dateModified")) or ""),
        keywords=_keywords(article),
        language=_text(_about(article.get("inLanguage"), named, "alternateName", "name")),
        publisher=_text(_about(article.get("publisher"), named, "name")),
        image=_text(_about(article.get("image"), named, "url", "contentUrl")),
        url=_text(article.get("url")) or _text(_about(article.get("mainEntityOfPage"), named, "@id")),
    )


def _loaded(script: str) -> Any:
    script = re.sub(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*$", "", script.strip())
    try:
        return json.loads(script, strict=False)
    except (ValueError, RecursionError):
        return None


def _things(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every object in the data, outer ones first."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _things(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _things(inner, depth + 1)


def _about(value: Any, named: dict[str, dict[str, Any]], *keys: str) -> Any:
    """What an object, or the first of several, or one that is only referred to, has under the first of the keys."""
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, dict):
        return value
    told = {**named.get(str(value.get("@id")), {}), **value}
    return next((told[key] for key in keys if told.get(key)), None)


def _people(value: Any, named: dict[str, dict[str, Any]]) -> tuple[Person, ...]:
    people: dict[str, Person] = {}
    for person in value if isinstance(value, list) else [value]:
        name = _text(_about(person, named, "name"))
        url = _text(_about(person, named, "url")) if isinstance(person, dict) else None
        if name and "://" not in name:
            people.setdefault(name, Person(name, url=url if url and url.startswith(("http://", "https://")) else None))
    return tuple(people.values())


def _keywords(article: dict[str, Any]) -> tuple[str, ...]:
    terms: list[str] = []
    for value in (article.get("keywords"), article.get("articleSection")):
        listed = _strings(value)
        terms += [term for words in listed for term in (words.split(",") if isinstance(value, str) else [words])]
    return tuple(dict.fromkeys(cleaned for term in terms if (cleaned := _text(term))))


def _strings(value: Any) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return " ".join(unescape(value).split()) or None if isinstance(value, str) else None
