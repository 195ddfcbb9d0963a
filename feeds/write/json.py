"""JSON Feed 1.1 (https://jsonfeed.org/version/1.1).

What it has no words for stands in `_backissue`: on the feed `archive`, `complete` and `current` (RFC 5005), `podcast`
and `withdrawn` (what RFC 6721 calls deleted entries), on an item
`source`, `rights`, `comments`, `in_reply_to`, `contributors`, `word_count`, `reading_minutes`, `links`, `licenses`,
`places` (GeoRSS), `media`, `itunes`, `created` (when it was published first) and `podcast`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from feeds.model import Enclosure, Extension, Link, Person
from feeds.write.document import Document
from feeds.write.ready import Ready, plain_text
from feeds.write.values import plain, rfc3339

_VERSION = "https://jsonfeed.org/version/1.1"


def write(document: Document, entries: Sequence[Ready]) -> bytes:
    """A tidy document and its ready entries as JSON Feed."""
    links = document.links["json"]
    feed = _given(
        version=_VERSION,
        title=document.title,
        home_page_url=document.site,
        feed_url=links.self,
        description=document.description,
        next_url=links.prev_archive,
        authors=_people((Person(document.author or document.title),)),
        language=document.language,
        icon=document.image,
        hubs=[{"type": "WebSub", "url": hub} for hub in document.hubs],
        _backissue=_given(
            archive=document.archive,
            complete=document.complete,
            current=links.current,
            next_archive=links.next_archive,
            updated=rfc3339(document.updated),
            podcast=[_extension(one) for one in document.podcasting if one.name.startswith("podcast:")],
            withdrawn=[
                _given(id=plain(item.id), at=rfc3339(taken.at), reason=plain(taken.reason))
                for item, taken in document.withdrawn
            ],
        ),
    )
    feed["items"] = [_item(entry, document.language, pages=document.pages is not None) for entry in entries]
    return msgspec.json.format(msgspec.json.encode(feed), indent=1) + b"\n"


def _item(entry: Ready, language: str, *, pages: bool) -> dict[str, Any]:
    item = _given(
        id=entry.id,
        url=entry.link,
        external_url=next((one.href for one in entry.links if one.rel == "via"), None) if pages else None,
        title=entry.title,
        **_body(entry),
        summary=plain_text(entry.summary) if entry.content else "",
        image=entry.image,
        date_published=rfc3339(entry.published),
        date_modified=rfc3339(entry.updated) if entry.updated != entry.published else None,
        authors=_authors(entry),
        tags=list(dict.fromkeys(category.term for category in entry.categories)),
        language=entry.language if entry.language != language else None,
        attachments=[_attachment(one) for one in entry.enclosures],
        _backissue=_given(
            source=_source(entry),
            rights=entry.rights,
            comments=entry.comments,
            in_reply_to=list(entry.in_reply_to),
            contributors=_people(entry.contributors),
            word_count=entry.word_count,
            reading_minutes=entry.reading_minutes,
            links=[_link(one) for one in entry.links if one.rel not in ("alternate", "license")],
            licenses=list(entry.rich.licenses),
            places=[{shape: [float(one) for one in numbers.split()]} for shape, numbers in entry.rich.places],
            media=_named(entry.rich.media),
            itunes=_named(entry.rich.itunes),
            created=rfc3339(entry.original) if entry.original else None,
            podcast=[_extension(one) for one in entry.rich.podcast],
        ),
    )
    if not entry.body:
        item["content_text"] = entry.title
    return item


def _link(one: Link) -> dict[str, Any]:
    return _given(href=one.href, rel=one.rel, type=one.type, hreflang=one.hreflang, title=one.title)


def _named(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By names without prefixes; several of one name are one text."""
    found: dict[str, list[str]] = {}
    for name, text in pairs:
        found.setdefault(name.partition(":")[2], []).append(text)
    return {name: ", ".join(texts) for name, texts in found.items()}


def _extension(one: Extension) -> dict[str, Any]:
    parts = [_extension(part) for part in one.parts]
    return _given(name=one.name, text=one.text, attributes=dict(one.attributes), parts=parts)


def _body(entry: Ready) -> dict[str, str]:
    """An item has to have content, so a summary that stands alone is it."""
    if entry.body is None:
        return {}
    return {"content_html" if entry.body.kind == "html" else "content_text": entry.body.value}


def _authors(entry: Ready) -> list[dict[str, str]]:
    """An item without authors inherits the feed's; a copied one must not, so its source stands in."""
    if not entry.authors and entry.source:
        return _people((Person(entry.source.title, url=entry.source.link),))
    return _people(entry.authors)


def _people(people: Iterable[Person]) -> list[dict[str, str]]:
    return [_given(name=person.name or person.email, url=person.url) for person in people]


def _attachment(one: Enclosure) -> dict[str, Any]:
    return _given(
        url=one.url, mime_type=one.type, title=one.title, size_in_bytes=one.length, duration_in_seconds=one.duration
    )


def _source(entry: Ready) -> dict[str, Any] | None:
    source = entry.source
    if source is None:
        return None
    updated = rfc3339(source.updated.replace(microsecond=0)) if source.updated else None
    return _given(
        title=source.title,
        id=source.id,
        url=source.link,
        feed_url=source.feed,
        updated=updated,
        authors=_people(source.authors),
        rights=source.rights,
        tags=list(dict.fromkeys(category.term for category in source.categories)),
    )


def _given(**values: Any) -> dict[str, Any]:
    """The values that say something, in order; a number always does."""
    return {key: value for key, value in values.items() if value or type(value) is int}
