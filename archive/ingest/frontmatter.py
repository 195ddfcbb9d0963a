"""Front matter: the YAML between "---" lines or the TOML between "+++" lines at the top of a Markdown file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit

import yaml
from msgspec import Struct

from archive.ingest.errors import IngestError
from archive.ingest.times import moment
from feeds.model import Category, Entry, Origin, Person, Source, Text

_FENCE = re.compile(r"(---|\+\+\+)[ \t]*(?:\r\n|\n|\r|\Z)")
_KEY = re.compile(r"\s*[\w\"'-]+\s*[:=]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
# The names that Jekyll, Hugo, Zola, Pelican, Eleventy and Obsidian use; the first that is there counts.
_NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    "summary": ("subtitle", "description", "summary", "excerpt"),
    "published": ("date", "published", "pubdate", "published_at", "publishdate", "created"),
    "updated": ("updated", "modified", "lastmod", "last_modified_at", "updated_at"),
    "authors": ("authors", "author"),
    "categories": ("tags", "categories", "category", "keywords"),
    "language": ("lang", "language", "locale"),
    "id": ("guid", "id", "slug"),
    "link": ("canonical", "canonical_url", "url", "link", "permalink"),
    "source": ("source", "publication"),
    "image": ("image", "cover", "featured_image"),
}


class FrontMatter(Struct, frozen=True):
    """The fields by their names in small letters, and where the file has each (line, from 1)."""

    fields: dict[str, Any]
    lines: dict[str, int]
    name: str

    def first(self, field: str) -> tuple[str, Any] | None:
        """The key and value that the model's field is given by; empty values are none."""
        for key in _NAMES[field]:
            if self.fields.get(key) not in (None, "", [], {}):
                return key, self.fields[key]
        return None

    def wrong(self, key: str, reason: str, remedy: str) -> IngestError:
        """The error for a value that cannot be used."""
        return _error(self.name, self.lines.get(key, 1), f"'{key}' {reason}", remedy)


def split(text: str, name: str) -> tuple[FrontMatter, str]:
    """The front matter at the top of a text (empty if there is none) and the text below it.

    Raises IngestError, with the line, for front matter that is never closed or is not valid.
    """
    fence = _FENCE.match(text)
    if not fence:
        return FrontMatter({}, {}, name), text
    close = re.compile(
        rf"^{re.escape(fence[1])}[ \t]*$" if fence[1] == "+++" else r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE
    )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    fence = _FENCE.match(text)
    assert fence
    end = close.search(text, fence.end())
    block = text[fence.end() : end.start()] if end else text[fence.end() :]
    if not (block.strip() and _KEY.match(block.lstrip())) and not (end and not block.strip()):
        # A rule at the top of the text, which is no front matter.
        return FrontMatter({}, {}, name), text
    if not end:
        raise _error(
            name, 1, f"the front matter that '{fence[1]}' opens is never closed", f"add a line '{fence[1]}' below it"
        )
    fields = _toml(block, name) if fence[1] == "+++" else _yaml(block, name)
    return FrontMatter(fields, _lines(block), name), text[end.end() :].removeprefix("\n")


def entry_of(matter: FrontMatter) -> Entry:
    """The entry as far as front matter declares it, without content.

    Dates without a time are midnight UTC, times without a zone are UTC.
    Raises IngestError, with file and line, for a value of the wrong kind.
    """
    link, id = _link(matter), _text(matter, "id")
    title, summary = _text(matter, "title"), _text(matter, "summary")
    entry = Entry(
        id=id,
        link=link,
        title=title,
        summary=Text(summary, "text") if summary else None,
        authors=_people(matter),
        published=_time(matter, "published"),
        updated=_time(matter, "updated"),
        categories=tuple(Category(term) for term in _terms(matter)),
        language=_language(matter),
        source=_source(matter),
        image=_image(matter),
    )
    declared: dict[str, Origin] = {field: "declared" for field in _NAMES if getattr(entry, field)}
    return Entry(**{field: getattr(entry, field) for field in _NAMES}, origins=declared)


def _yaml(block: str, name: str) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(block)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 2 if mark else 1
        raise _error(name, line, f"the YAML is wrong: {error.problem or error.context}", _YAML_REMEDY) from None
    except _YAML_ERRORS as error:
        reason = _short(error) if isinstance(error, ValueError) else "a value is not what it is marked as"
        remedy = "mend that line; dates are written as 2024-03-12"
        raise _error(name, _blamed(block), f"the YAML is wrong: {reason}", remedy) from None
    if loaded is None:
        return {}
    if not isinstance(loaded, Mapping):
        raise _error(name, 2, "the front matter is no list of fields", "write lines like 'title: My article'")
    return {str(key).lower(): value for key, value in loaded.items()}


# PyYAML says nothing better of values that are not what their tag, or their look, promises.
_YAML_ERRORS = (yaml.YAMLError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_YAML_REMEDY = "mend that line; values that hold ': ' or begin with a sign need quotes"


def _toml(block: str, name: str) -> dict[str, Any]:
    try:
        loaded = tomllib.loads(block)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        at = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", str(error))
        line = int(at[1]) + 1 if at and at[1] else block.count("\n") + 1
        reason = str(error).replace(at[0], "") if at else _short(error)
        remedy = 'mend that line; texts need quotes, as in title = "My article"'
        raise _error(name, line, f"the TOML is wrong: {reason}", remedy) from None
    fields = {key.lower(): value for key, value in loaded.items()}
    # Zola keeps tags in a table of their own.
    taxonomies = fields.pop("taxonomies", {})
    return {**(taxonomies if isinstance(taxonomies, dict) else {}), **fields}


def _blamed(block: str) -> int:
    """The line that holds what YAML refuses without telling where: dates that do not exist, and wrong tags."""
    for number, line in enumerate(block.split("\n"), 2):
        if re.search(r":\s*(?:\d{4}-\d\d?-\d\d?|!!)", line):
            try:
                yaml.safe_load(line)
            except _YAML_ERRORS:
                return number
    return 1


def _lines(block: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, line in enumerate(block.split("\n"), 2):
        if match := re.match(r"[\"']?([\w-]+)[\"']?\s*[:=]", line):
            found.setdefault(match[1].lower(), number)
    return found


def _scalar(matter: FrontMatter, key: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | date | datetime):
        raise matter.wrong(key, "is not a text", "write one value in quotes")
    try:
        return str(value).strip()
    except ValueError:  # longer than Python writes numbers
        raise matter.wrong(key, "is too long a number", "write it in quotes") from None


def _text(matter: FrontMatter, field: str) -> str | None:
    found = matter.first(field)
    return _scalar(matter, *found) or None if found else None


def _time(matter: FrontMatter, field: str) -> datetime | None:
    found = matter.first(field)
    if not found:
        return None
    key, value = found
    try:
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        if isinstance(value, date):
            return datetime.combine(value, time(), UTC)
    except OverflowError:
        raise matter.wrong(key, "is no date", "write it as 2024-03-12 or 2024-03-12T08:30:00+01:00") from None
    when = moment(value) if isinstance(value, str) else None
    if when is None:
        raise matter.wrong(key, f"is no date: {value!r}", "write it as 2024-03-12 or 2024-03-12T08:30:00+01:00")
    return when


def _people(matter: FrontMatter) -> tuple[Person, ...]:
    found = matter.first("authors")
    if not found:
        return ()
    key, value = found
    people = value if isinstance(value, list) else [value]
    return tuple(_person(matter, key, person) for person in people if person not in (None, ""))


def _person(matter: FrontMatter, key: str, value: Any) -> Person:
    if isinstance(value, Mapping):
        told = {field: _scalar(matter, key, value[field]) for field in ("name", "email", "url") if value.get(field)}
        if "name" in told or "email" in told:
            return Person(**told)
        raise matter.wrong(key, "has a person without a name", "give it a 'name'")
    named = re.fullmatch(r"(.*?)\s*<([^<>@\s]+@[^<>\s]+)>", _scalar(matter, key, value))
    return Person(named[1] or None, named[2]) if named else Person(_scalar(matter, key, value))


def _terms(matter: FrontMatter) -> tuple[str, ...]:
    terms: list[str] = []
    for key in _NAMES["categories"]:
        value = matter.fields.get(key)
        if isinstance(value, list):
            terms += [_scalar(matter, key, term) for term in value if term is not None]
        elif value is not None:
            terms += [term.strip() for term in _scalar(matter, key, value).split(",")]
    return tuple(dict.fromkeys(term for term in terms if term))


def _language(matter: FrontMatter) -> str | None:
    language = _text(matter, "language")
    if language and not _LANGUAGE.fullmatch(language):
        key = (matter.first("language") or ("language",))[0]
        raise matter.wrong(key, f"is no language: {language!r}", "write a tag such as fr, en or pt-BR")
    return language.replace("_", "-") if language else None


def _link(matter: FrontMatter) -> str | None:
    """The first full web address; permalink and url are often only paths, which cannot be linked from here."""
    for key in _NAMES["link"]:
        value = matter.fields.get(key)
        if isinstance(value, str) and _is_web(value):
            return value.strip()
    return None


def _image(matter: FrontMatter) -> str | None:
    found = matter.first("image")
    value = (
        found[1].get("url") or found[1].get("src") or found[1].get("image")
        if found and isinstance(found[1], Mapping)
        else found and found[1]
    )
    return value.strip() if isinstance(value, str) and _is_web(value) else None


def _source(matter: FrontMatter) -> Source | None:
    found = matter.first("source")
    if not found:
        return None
    key, value = found
    if isinstance(value, Mapping):
        title, link = (value.get("title") or value.get("name")), (value.get("url") or value.get("link"))
        return Source(
            title=_scalar(matter, key, title) if title else None, link=_scalar(matter, key, link) if link else None
        )
    text = _scalar(matter, key, value)
    return Source(link=text) if _is_web(text) else Source(title=text)


def _is_web(value: str) -> bool:
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _error(name: str, line: int, reason: str, remedy: str) -> IngestError:
    return IngestError(f"{name}, line {line}", reason, remedy)
