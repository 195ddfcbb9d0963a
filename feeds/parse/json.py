"""JSON Feed 1.0 and 1.1 (https://jsonfeed.org/version/1.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from config.settings import Limits
from feeds.html import one_line
from feeds.model import Category, Charset, Enclosure, Entry, Feed, Link, ParsedFeed, Person, Text
from feeds.parse.errors import NotAFeed
from feeds.parse.limits import check_count
from feeds.parse.values import Note, Problems, absolute, is_web, plain_title, tell_charset, when

_VERSION = "jsonfeed.org/version/"
_ADVICE = "give the address of an RSS, Atom or JSON feed"


def read(text: str, url: str, charset: Charset, limits: Limits) -> ParsedFeed:
    """The feed in a decoded JSON document. Values of the wrong type are passed over; an item never is.

    Raises NotAFeed, TooMuch.
    """
    data = _decoded(text, url)
    version = str(data.get("version")) if isinstance(data, dict) else ""
    if not isinstance(data, dict) or not (_VERSION in version or isinstance(data.get("items"), list)):
        raise NotAFeed(url, "is JSON, but not JSON Feed", _ADVICE)
    problems = Problems()
    tell_charset(charset, problems)
    head = _Fields(data, url, problems.at("feed"))
    language, items = head.line("language"), head.several("items")
    check_count(len(items), limits)
    entries = tuple(_entry(item, url, language, problems.at(f"entry {number}")) for number, item in enumerate(items, 1))
    number = version.rstrip("/").rpartition("/")[2]
    return ParsedFeed(
        format={"1": "JSON Feed 1.0", "1.1": "JSON Feed 1.1"}.get(number, "JSON Feed"),
        feed=_feed(head, language),
        entries=entries,
        charset=charset,
        problems=problems.told(),
    )


def _decoded(text: str, url: str) -> Any:
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"))
    except RecursionError:
        raise NotAFeed(url, "is JSON nested beyond reason", _ADVICE) from None
    except msgspec.DecodeError as error:
        raise NotAFeed(url, f"is not valid JSON: {error}", "try again later, or tell the site") from None


def _feed(head: _Fields, language: str | None) -> Feed:
    rels = {"self": head.link("feed_url"), "next": head.link("next_url")}
    hubs = (_Fields.of(hub, head).link("url") for hub in head.several("hubs"))
    links = [Link(href, rel) for rel, href in rels.items() if href]
    return Feed(
        title=plain_title(head.text("title") or "", "text"),
        link=head.link("home_page_url"),
        subtitle=plain_title(head.text("description") or "", "text"),
        authors=_people(head),
        language=language,
        image=head.link("icon"),
        icon=head.link("favicon"),
        links=tuple(dict.fromkeys([*links, *(Link(hub, "hub") for hub in hubs if hub)])),
        extra=head.kept("user_comment", "expired"),
    )


def _entry(item: Any, url: str, language: str | None, note: Note) -> Entry:
    """An item as an entry; one that is no object is an entry without anything, for it was there."""
    if not isinstance(item, dict):
        note("an item is no object")
    fields = _Fields(item if isinstance(item, dict) else {}, url, note)
    identity = (fields.text("id") or "").strip() or None
    own = fields.line("language")
    html, plain, summary = fields.text("content_html"), fields.text("content_text"), fields.text("summary")
    content = Text(html, "html", url) if html else Text(plain, "text", url) if plain else None
    image, banner = fields.link("image"), fields.link("banner_image")
    external = fields.link("external_url")
    unread: dict[str, str] = {}
    return Entry(
        id=identity,
        link=fields.link("url") or (identity if identity and is_web(identity) else None),
        title=plain_title(fields.text("title") or "", "text"),
        summary=Text(summary, "text", url) if summary else None,
        content=content,
        authors=_people(fields),
        published=fields.date("date_published", unread),
        updated=fields.date("date_modified", unread),
        categories=tuple(dict.fromkeys(Category(term) for tag in fields.several("tags") if (term := _word(tag, note)))),
        enclosures=tuple(dict.fromkeys(_enclosures(fields))),
        links=(Link(external, "related"),) if external else (),
        language=own if own != language else None,
        image=image or banner,
        extra=({"banner_image": banner} if image and banner and image != banner else {}) | unread,
    )


def _enclosures(fields: _Fields) -> Iterator[Enclosure]:
    for one in fields.several("attachments"):
        part = _Fields.of(one, fields)
        address = part.link("url")
        if address:
            yield Enclosure(
                address,
                part.line("mime_type"),
                part.number("size_in_bytes"),
                part.line("title"),
                part.number("duration_in_seconds"),
            )


def _people(fields: _Fields) -> tuple[Person, ...]:
    """The authors of version 1.1, or else the author of version 1."""
    listed = fields.several("authors") or ([fields.data["author"]] if fields.data.get("author") else [])
    parts = (_Fields.of({"name": one} if isinstance(one, str) else one, fields) for one in listed)
    found = (Person(name=part.line("name"), url=part.link("url")) for part in parts)
    return tuple(dict.fromkeys(one for one in found if one != Person()))


def _word(tag: Any, note: Note) -> str | None:
    if isinstance(tag, str | int | float) and not isinstance(tag, bool):
        return one_line(str(tag)) or None
    note("a tag is no text")
    return None


class _Fields:
    """The fields of an object by name, as what they should be; what is of another type is noted and passed over."""

    def __init__(self, data: Mapping[str, Any], url: str, note: Note) -> None:
        self.data = data
        self._url = url
        self._note = note

    @classmethod
    def of(cls, value: Any, parent: _Fields) -> _Fields:
        """The fields of a value within another's."""
        if not isinstance(value, dict):
            parent._note("an author, attachment or hub is no object")
        return cls(value if isinstance(value, dict) else {}, parent._url, parent._note)

    def text(self, name: str) -> str | None:
        """A text; a number, which some sites take for ids, as its digits."""
        value = self.data.get(name)
        if value is None or isinstance(value, str):
            return value or None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        self._note(f"{name} is no text")
        return None

    def line(self, name: str) -> str | None:
        """A text on one line."""
        return one_line(self.text(name) or "") or None

    def link(self, name: str) -> str | None:
        """An address, absolute."""
        return absolute(self.text(name), self._url)

    def date(self, name: str, unread: dict[str, str]) -> datetime | None:
        """A time; what cannot be read goes to `unread`."""
        text = self.line(name)
        found = when(text)
        if text and found is None:
            self._note("a date cannot be read", text)
            unread[name] = text
        return found

    def number(self, name: str) -> int | None:
        """A whole number that is not negative."""
        value = self.data.get(name)
        if isinstance(value, str) and value.strip().isdecimal() and len(value) <= 18:
            value = int(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1 << 63:
            return int(value)
        if value is not None:
            self._note(f"{name} is no number")
        return None

    def several(self, name: str) -> list[Any]:
        """A list; one value that is none is a list of one."""
        value = self.data.get(name)
        if value is None or isinstance(value, list):
            return value or []
        self._note(f"{name} is no list")
        return [value] if name != "items" else []

    def kept(self, *names: str) -> dict[str, str]:
        """Fields that the model has none for."""
        found = {name: self.data.get(name) for name in sorted(names)}
        return {name: str(value).lower() if value is True else str(value) for name, value in found.items() if value}
