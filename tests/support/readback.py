"""What published documents say, read back by two readers that know nothing of our writers, beside what is archived."""

from __future__ import annotations

import json
import re
from calendar import timegm
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import feedparser
from lxml import etree, html

from feeds.channel import Item
from feeds.model import Entry, Person, Text
from feeds.parse import parse
from tests.support.rules import broken_atom, broken_json, broken_rss

RULES: dict[str, Callable[[bytes], list[str]]] = {"rss": broken_rss, "atom": broken_atom, "json": broken_json}

_FORBIDDEN = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HIDDEN = ("script", "style", "template", "title", "head", "iframe", "object", "textarea", "select", "svg")


class Facts(dict[str, Any]):
    """What is said of an entry, in values that can be compared."""


def documents(channel: Path) -> dict[str, list[Path]]:
    """The documents of a channel in each format it has, the live one first, then the archive from its newest on."""
    found = {}
    for format in RULES:
        live = channel / f"feed.{format}"
        if live.exists():
            found[format] = [live, *sorted((channel / "archive").glob(f"*.{format}"), reverse=True)]
    return found


def _writers(item: Item) -> tuple[Person, ...]:
    """Who wrote an entry: whom it names, or else its source, or the feed that it stood in (RFC 4287 section 4.2.1)."""
    source = item.entry.source
    return item.entry.authors or (source.authors if source else () if item.local else item.feed_authors)


def archived(item: Item) -> Facts:
    """What the archive holds of an item, as far as every format has words for it."""
    entry = item.entry
    content, summary = _said(entry.content), _said(entry.summary)
    body = content or summary
    return Facts(
        id=item.id,
        title=line(entry.title),
        link=address(entry.link or (item.id if item.id.startswith("http") else None)),
        published=item.date.replace(microsecond=0),
        updated=item.updated.replace(microsecond=0),
        authors=[name or email for name, email in dict.fromkeys(map(_named, _writers(item))) if name or email],
        categories=list(dict.fromkeys(line(one.term) for one in entry.categories if line(one.term))),
        enclosures=[(address(one.url), one.length or 0) for one in entry.enclosures],
        summary=letters(summary) if content else "",
        body=letters(body),
        targets=targets(body, entry.link or item.feed_link or item.feed_url),
    )


def _said(text: Text | None) -> Text | None:
    """A text that is not blank."""
    return text if text and _FORBIDDEN.sub("", text.value).strip() else None


def _named(person: Person) -> tuple[str, str]:
    return line(person.name), line(person.email)


def by_us(path: Path) -> list[Facts]:
    """What our own reader finds in a document."""
    parsed = parse(path.read_bytes(), f"https://reader.example/{path.name}")
    assert not parsed.problems, (path, parsed.problems)
    return [_ours(entry) for entry in parsed.entries]


def _ours(entry: Entry) -> Facts:
    assert entry.published
    return Facts(
        id=entry.id,
        title=line(entry.title),
        link=entry.link,
        published=entry.published.replace(microsecond=0),
        updated=(entry.updated or entry.published).replace(microsecond=0),
        authors=[line(person.name or person.email) for person in entry.authors],
        categories=list(dict.fromkeys(line(one.term) for one in entry.categories)),
        enclosures=[(one.url, one.length or 0) for one in entry.enclosures],
        summary=letters(entry.summary) if entry.content else "",
        body=letters(entry.content or entry.summary),
        targets=targets(entry.content or entry.summary, ""),
    )


def by_feedparser(path: Path) -> list[Facts]:
    """What feedparser finds in an RSS or Atom document, which it must find in order."""
    parsed = feedparser.parse(path.read_bytes(), sanitize_html=False, resolve_relative_uris=False)
    assert not parsed.bozo, (path, parsed.get("bozo_exception"))
    return [_theirs(entry) for entry in parsed.entries]


def _theirs(entry: Any) -> Facts:
    body = _text((entry.get("content") or [entry.get("summary_detail")])[0])
    changed = entry.updated_parsed if dict.__contains__(entry, "updated_parsed") else entry.published_parsed
    return Facts(
        id=entry.id,
        title=line(entry.get("title")),
        link=entry.get("link"),
        published=datetime.fromtimestamp(timegm(entry.published_parsed), UTC),
        updated=datetime.fromtimestamp(timegm(changed), UTC),
        authors=[line(one.get("name") or one.get("email")) for one in entry.get("authors", []) if one],
        categories=list(dict.fromkeys(line(tag.term) for tag in entry.get("tags", []))),
        enclosures=[(one.href, int(one.get("length") or 0)) for one in entry.get("enclosures", [])]
        + [(one["url"], int(one.get("filesize") or 0)) for one in entry.get("media_content", [])],
        summary=letters(_text(entry.summary_detail)) if "content" in entry and "summary_detail" in entry else "",
        body=letters(body),
        targets=targets(body, ""),
    )


def _text(detail: Any) -> Text | None:
    return detail and Text(detail["value"], "html" if "html" in (detail.get("type") or "") else "text")


def by_json(path: Path) -> list[Facts]:
    """What a JSON Feed says, by the specification's names alone."""
    return [_item(item) for item in json.loads(path.read_bytes())["items"]]


def _item(item: dict[str, Any]) -> Facts:
    body = Text(item["content_html"]) if "content_html" in item else Text(item.get("content_text", ""), "text")
    published = datetime.fromisoformat(item["date_published"])
    return Facts(
        id=item["id"],
        title=line(item.get("title")),
        link=item.get("url"),
        published=published.replace(microsecond=0),
        updated=datetime.fromisoformat(item.get("date_modified", item["date_published"])).replace(microsecond=0),
        authors=[line(person.get("name")) for person in item.get("authors", [])],
        categories=[line(tag) for tag in item.get("tags", [])],
        enclosures=[(one["url"], one.get("size_in_bytes", 0)) for one in item.get("attachments", [])],
        summary=letters(Text(item.get("summary", ""), "text")),
        body=letters(body),
        targets=targets(body, ""),
    )


@cache
def facts_of(reader: Callable[[Path], list[Facts]], path: Path) -> list[Facts]:
    """What a reader finds in a document that nobody writes to any more."""
    return reader(path)


READERS: dict[str, tuple[Callable[[Path], list[Facts]], ...]] = {
    "rss": (by_us, by_feedparser),
    "atom": (by_us, by_feedparser),
    "json": (by_us, by_json),
}


def differences(path: Path, items: dict[str, Item]) -> list[str]:
    """Where a document breaks a rule or, by any reader, says something else than the archive; ids lead to `items`."""
    format = path.suffix.removeprefix(".")
    name = f"{path.parent.name}/{path.name}"
    found = [f"{name}: {problem}" for problem in RULES[format](path.read_bytes())]
    for reader in READERS[format]:
        for facts in facts_of(reader, path):
            item = items[facts["id"]]
            wanted = archived(item)
            wanted |= _stand_ins(item, wanted, facts, format)
            found += [
                f"{name} by {reader.__name__}: {facts['id']}: {field} is {facts[field]!r}, archived {value!r}"
                for field, value in wanted.items()
                if facts[field] != value
            ]
    return found


def _stand_ins(item: Item, wanted: Facts, facts: Facts, format: str) -> dict[str, Any]:
    """What a format says in place of what an entry has not.

    Atom has a title, and some text (RFC 4287 sections 4.1.1.1 and 4.1.2; feedparser takes the id for a missing link).
    RSS has a title or a description, and a description beside the full text. JSON Feed has content, and an item without
    authors would inherit the channel's.
    """
    found: dict[str, Any] = {}
    if format == "atom":
        if not wanted["title"] and facts["title"]:
            found["title"] = facts["title"]
        if not wanted["link"] and facts["link"] in (None, item.id):
            found["link"] = facts["link"]
        if not wanted["body"] and facts["body"]:
            found["body"] = "".join(facts["title"].split())
    if format == "rss":
        if not wanted["title"] and not wanted["body"] and facts["body"]:
            found["body"] = facts["body"]
        if _said(item.entry.content) and not wanted["summary"] and facts["summary"]:
            found["summary"] = facts["summary"]
    if format == "json":
        source = line(item.entry.source.title if item.entry.source else None) or line(item.feed_title)
        found["authors"] = wanted["authors"] or ([] if item.local else [source])
        found["body"] = wanted["body"] or (facts["body"] and "".join(wanted["title"].split()))
    return found


def line(text: str | None) -> str:
    """A text on one line, without what XML cannot hold and without space around it."""
    return " ".join(re.split("[ \t\n\r\x85\u2028\u2029]+", _FORBIDDEN.sub("", text or ""))).strip()


def address(url: str | None) -> str | None:
    """An address as a URI: what may not stand in one is percent-encoded, names of hosts are in ASCII (RFC 3987)."""
    if not url:
        return url
    url = re.sub("%(?![0-9A-Fa-f]{2})", "%25", url)
    before, slashes, rest = url.partition("//")
    host, path = re.fullmatch("([^/?#]*)(.*)", rest, re.DOTALL).groups()
    if slashes and not host.isascii():
        host = host.encode("idna").decode()
    return quote(before + slashes + host, safe="%/:@[]+.~!$&'()*,;=?#") + quote(path, safe="%/:?#@!$&'()*+,;=~")


def letters(text: Text | None) -> str:
    """What a browser would show of a text, without white space."""
    if text is None or not text.value.strip():
        return ""
    shown = _FORBIDDEN.sub("", text.value) if text.kind == "text" else "".join(_fragment(text).itertext())
    return "".join(shown.split())


def targets(text: Text | None, base: str) -> list[str]:
    """Where the links of a text lead, in order, so far as they lead into the web."""
    if text is None or text.kind == "text" or not text.value.strip():
        return []
    found = (urljoin(text.base or base, link.get("href").strip()) for link in _fragment(text).iterfind(".//a[@href]"))
    return [link.replace(" ", "%20") for link in found if link.startswith(("http://", "https://"))]


def _fragment(text: Text) -> Any:
    fragment = html.fragment_fromstring(_FORBIDDEN.sub("", text.value), create_parent="div")
    for element in list(fragment.iter(*_HIDDEN, etree.Comment)):
        element.drop_tree()
    return fragment


def newest(items: Iterable[Item]) -> dict[str, Item]:
    """The newest version of each entry, by its id."""
    return {item.id: item for item in sorted(items, key=lambda item: item.version)}
