"""The columns of all tables that are exported, in their order: what each is called, holds and means.

docs/data.md is the same list for people. A column is never renamed, and new ones go to the end of their table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct, json

from archive.store import DocumentRecord, FeedRecord, Told
from archive.store.values import Way, way
from feeds.clean import clean
from feeds.html import to_text
from feeds.model import Person, Text

# time: aware UTC. texts, times: lists of them. json: a value with parts.
Kind = Literal["text", "integer", "number", "boolean", "time", "texts", "times", "json"]
Row = TypeVar("Row")


class Column(Struct, Generic[Row], frozen=True):
    """A column: `of` gives its value for a row, None where there is none; `meaning` is a sentence for people."""

    name: str
    kind: Kind
    of: Callable[[Row], Any]
    meaning: str


def _how(document: DocumentRecord | None) -> tuple[Way | None, str | None]:
    return way(document.served.request_headers, document.served.status) if document else (None, None)


def _plain(one: Told) -> str | None:
    entry = one.version.entry
    body = entry.content or entry.summary
    if body is None:
        return None
    return body.value if body.kind == "text" else to_text(clean(body.value, body.base or entry.link))


def _value(text: Text | None) -> str | None:
    return text.value if text else None


def _name(person: Person) -> str:
    return person.name or person.email or person.url or ""


FEEDS: tuple[Column[FeedRecord], ...] = (
    Column("feed", "integer", lambda one: one.id, "The feed's number in this archive."),
    Column("feed_url", "text", lambda one: one.url, "Its address; of articles that were taken in, their folder's."),
    Column("feed_title", "text", lambda one: one.title, "The operator's name for it, else its own, else its address."),
    Column("kind", "text", lambda one: one.kind, "`remote` for a feed that is asked, `local` for articles taken in."),
    Column("site", "text", lambda one: one.meta and one.meta.link, "The page that it names as its site."),
    Column("subtitle", "text", lambda one: one.meta and one.meta.subtitle, "What it says of itself."),
    Column("language", "text", lambda one: one.meta and one.meta.language, "The language it declares (RFC 5646)."),
    Column("tags", "texts", lambda one: one.tags, "The operator's tags."),
    Column("added", "time", lambda one: one.added, "When it was followed first."),
    Column("removed", "time", lambda one: one.removed, "Since when it is no longer followed."),
    Column("entries", "integer", lambda one: one.entries, "How many entries the archive has of it, at any time."),
)

VERSIONS: tuple[Column[Told], ...] = (
    Column("feed", "integer", lambda one: one.record.feed, "The number of its feed."),
    Column("feed_url", "text", lambda one: one.record.feed_url, "The address of its feed."),
    Column("feed_title", "text", lambda one: one.record.feed_title, "The title of its feed."),
    Column("entry", "integer", lambda one: one.record.id, "The entry's number in this archive."),
    Column("public_id", "text", lambda one: one.record.public_id, "The id that the entry is published with."),
    Column("guid", "text", lambda one: one.version.entry.id, "The guid or atom:id that its feed gave, to the letter."),
    Column(
        "identity",
        "json",
        lambda one: [
            {"key": key.value, "rule": key.rule, "confidence": key.confidence, "since": key.since}
            for key in one.aliases
        ],
        "The keys that tell the entry from others: each with the rule that gave it, how sure that is (1 is certain)"
        " and since when.",
    ),
    Column("version", "integer", lambda one: one.version.number, "The version of the entry, from 1."),
    Column("versions", "integer", lambda one: one.record.versions, "How many versions the entry has."),
    Column("current", "boolean", lambda one: one.version.current, "Whether it is what the entry says now."),
    Column("first_seen", "time", lambda one: one.version.first_seen, "When this version was served first."),
    Column("last_seen", "time", lambda one: one.version.last_seen, "When it was served last, so far as is known."),
    Column(
        "became_current",
        "times",
        lambda one: one.became,
        "When it became what the entry says; more than once where an edit was taken back.",
    ),
    Column(
        "late",
        "boolean",
        lambda one: one.late,
        "Whether it was learnt of when later versions were known already, from an old copy.",
    ),
    Column(
        "document", "integer", lambda one: one.version.document, "The number of the document that brought it first."
    ),
    Column(
        "document_url",
        "text",
        lambda one: one.document and one.document.served.url,
        "The address which that came from.",
    ),
    Column("document_sha256", "text", lambda one: one.document and one.document.sha256, "The SHA-256 of its bytes."),
    Column(
        "document_seen",
        "time",
        lambda one: one.document and one.document.first_at,
        "When that document was served first.",
    ),
    Column(
        "how",
        "text",
        lambda one: _how(one.document)[0],
        "`polled`: the feed's server gave it; `backfilled`: it gave it as a page of its past; `pushed`: a hub brought"
        " it; `replayed`: it was in a file; `web archive`: that had a copy; `taken in`: it is an article.",
    ),
    Column(
        "copy",
        "text",
        lambda one: _how(one.document)[1],
        "The file, hub or web archive that it comes from, or the way by which it was found.",
    ),
    Column("title", "text", lambda one: one.version.entry.title, "The title, as plain text."),
    Column("link", "text", lambda one: one.version.entry.link, "The address of the entry's own page."),
    Column(
        "date",
        "time",
        lambda one: one.record.date,
        "When the entry was published, so far as is known; never later than it was seen.",
    ),
    Column("published", "time", lambda one: one.version.entry.published, "When it was published, as it says itself."),
    Column("updated", "time", lambda one: one.version.entry.updated, "When it was changed, as it says itself."),
    Column(
        "authors",
        "texts",
        lambda one: [_name(person) for person in one.version.entry.authors],
        "Its authors: name, else mail address, else address.",
    ),
    Column(
        "tags", "texts", lambda one: [tag.label or tag.term for tag in one.version.entry.categories], "Its categories."
    ),
    Column(
        "language",
        "text",
        lambda one: one.version.entry.language,
        "The language it declares (RFC 5646); of articles, it may be inferred.",
    ),
    Column("rights", "text", lambda one: one.version.entry.rights, "What it says of rights."),
    Column(
        "enclosures",
        "texts",
        lambda one: [file.url for file in one.version.entry.enclosures],
        "The addresses of the files that go with it.",
    ),
    Column(
        "summary",
        "text",
        lambda one: _value(one.version.entry.summary),
        "Its summary as served, with its markup, which is not cleaned.",
    ),
    Column(
        "content",
        "text",
        lambda one: _value(one.version.entry.content),
        "Its content as served, with its markup, which is not cleaned.",
    ),
    Column("text", "text", _plain, "The fuller of the two as plain text."),
    Column("words", "integer", lambda one: one.version.words, "How many words that has."),
    Column("in_window", "boolean", lambda one: one.record.in_window, "Whether the entry stands in its feed now."),
    Column("left", "time", lambda one: one.record.left, "When the entry was missed in its feed first."),
    Column("left_why", "text", lambda one: one.record.left_why, "How it went."),
    Column("deleted", "time", lambda one: one.record.deleted, "When its publisher took it back, or it was withdrawn."),
    Column("deleted_why", "text", lambda one: one.record.deleted_why, "How that was told."),
    Column("sha256", "text", lambda one: one.version.sha256, "The SHA-256 of `canonical`."),
    Column(
        "canonical",
        "text",
        lambda one: json.encode(one.version.entry).decode(),
        "All that this version says, as the JSON that the archive keeps.",
    ),
)

DOCUMENTS: tuple[Column[DocumentRecord], ...] = (
    Column("document", "integer", lambda one: one.id, "The document's number in this archive."),
    Column("feed", "integer", lambda one: one.feed, "The number of its feed."),
    Column("url", "text", lambda one: one.served.url, "The address that it came from."),
    Column("status", "integer", lambda one: one.served.status, "The HTTP status; none where it was not asked for."),
    Column("first_seen", "time", lambda one: one.first_at, "When it was served first."),
    Column(
        "last_seen", "time", lambda one: one.last_at, "When the same bytes were served last, without others in between."
    ),
    Column("times", "integer", lambda one: one.times, "How many answers that were."),
    Column("how", "text", lambda one: _how(one)[0], "How it came, as in the versions."),
    Column(
        "copy",
        "text",
        lambda one: _how(one)[1],
        "The file, hub or web archive that it comes from, or the way by which it was found.",
    ),
    Column("format", "text", lambda one: one.format, "The format it was read as; none where it was read as no feed."),
    Column("charset", "text", lambda one: one.charset and one.charset.used, "How its bytes became text."),
    Column("problems", "texts", lambda one: one.problems, "What was wrong with it."),
    Column("sha256", "text", lambda one: one.sha256, "The SHA-256 of its bytes."),
    Column("bytes", "integer", lambda one: one.size, "How many bytes it has, content coding undone."),
    Column(
        "request_headers",
        "json",
        lambda one: one.served.request_headers,
        "Header fields of the request: pairs of name and value.",
    ),
    Column(
        "response_headers",
        "json",
        lambda one: one.served.response_headers,
        "Header fields of the first answer: pairs of name and value.",
    ),
)
BODY: Column[DocumentRecord] = Column("body", "text", lambda one: one.served.body, "Its bytes, content coding undone.")
