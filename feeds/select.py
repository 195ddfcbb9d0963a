"""Which items belong to a channel. Pure functions of the channel's filters."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable

import msgspec

from config.settings import Channel
from feeds.channel import Item
from feeds.html import to_text
from feeds.model import Text
from feeds.query import query

_RULES = 1  # one more whenever the same filters come to mean something else
_ACCENTS = re.compile("[\u0300-\u036f]")
_SPACE = re.compile(r"\s+")
_APOSTROPHES = str.maketrans("\u2019\u02bc\u2010\u2011", "''--")
# Thai to Khmer, kana, Han: scripts that put no spaces between words, where a word ends wherever it ends.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
)


def matches(channel: Channel, item: Item) -> bool:
    """Whether the item belongs to the channel; see `selector`."""
    return selector(channel)(item)


def selector(channel: Channel) -> Callable[[Item], bool]:
    """A test for many items: each filter that is not empty must agree, and agrees if one of its values fits.

    `feeds` are addresses or titles of feeds, `tags` categories of the entry or tags of its feed, `authors` names or
    mail addresses, of its feed where it has none itself. `languages` are ranges (RFC 4647 section 3.3.1): fr takes
    fr-CA too. `words` are whole words or phrases of title, summary or text; `search` looks there, at authors and at
    tags. Case never matters, nor do accents in words. What tells of another item (a correction) belongs where that
    does.
    """
    tests: list[Callable[[Item], bool]] = []
    if channel.feeds:
        feeds = _keys(channel.feeds)
        tests.append(lambda item: not feeds.isdisjoint(_keys((item.feed_url, item.feed_title))))
    if channel.tags:
        tags = _keys(channel.tags)
        tests.append(lambda item: not tags.isdisjoint(_keys(_tags(item))))
    if channel.authors:
        authors = _keys(channel.authors)
        tests.append(lambda item: not authors.isdisjoint(_keys(_authors(item))))
    if channel.languages:
        ranges = tuple(_language(one) for one in channel.languages)
        tests.append(lambda item: _in_ranges(item.language, ranges))
    if channel.words:
        pattern = _pattern(channel.words)
        tests.append(lambda item: any(pattern.search(_fold(text)) for text in _texts(item)))
    if channel.search:
        searched = query(channel.search)
        tests.append(lambda item: searched((*_texts(item), *_authors(item), *_tags(item))))
    return lambda item: all(test(item.of or item) for test in tests)


def takes_all(channel: Channel) -> bool:
    """Whether the channel has no filters, so that every item belongs to it."""
    filters = (channel.feeds, channel.tags, channel.authors, channel.languages, channel.words, channel.search)
    return not any(filters)


def fingerprint(channel: Channel) -> str:
    """A digest of the channel's filters and kind: it changes when another selection may come of them."""
    filters: list[object] = [
        sorted(_keys(channel.feeds)),
        sorted(_keys(channel.tags)),
        sorted(_keys(channel.authors)),
        sorted({_language(one) for one in channel.languages}),
        sorted({_fold(word) for word in channel.words}),
    ]
    # What came later, where it is used: the log of a channel is not looked through anew for an update of the program.
    later = {
        "kind": channel.kind if channel.kind != "entries" else "",
        "search": channel.search,
        "authors of feeds": "yes" if channel.authors or channel.search else "",
    }
    filters += [[name, value] for name, value in later.items() if value]
    return f"{_RULES}-{hashlib.sha256(msgspec.json.encode(filters)).hexdigest()[:32]}"


def _tags(item: Item) -> Iterable[str]:
    for category in item.entry.categories:
        yield category.term
        if category.label:
            yield category.label
    yield from item.feed_tags


def _authors(item: Item) -> Iterable[str]:
    for person in item.authors:
        yield from (one for one in (person.name, person.email) if one)


def _texts(item: Item) -> Iterable[str]:
    """What words are looked for in, the cheapest first."""
    entry = item.entry
    if entry.title:
        yield entry.title
    yield from map(_plain, (text for text in (entry.summary, entry.content) if text))


def _plain(text: Text) -> str:
    return to_text(text.value) if text.kind == "html" else text.value


def _in_ranges(language: str | None, ranges: tuple[str, ...]) -> bool:
    if not language:
        return False
    tag = _language(language)
    return any(tag == one or tag.startswith(f"{one}-") for one in ranges)


def _language(tag: str) -> str:
    return tag.strip().replace("_", "-").lower()


def _keys(names: Iterable[str]) -> frozenset[str]:
    return frozenset(_SPACE.sub(" ", unicodedata.normalize("NFC", name)).strip().casefold() for name in names)


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(_word(folded) for folded in map(_fold, words) if folded) or r"(?!)")


def _word(word: str) -> str:
    start = r"(?<!\w)" if _bounded(word[0]) else ""
    end = r"(?!\w)" if _bounded(word[-1]) else ""
    return start + re.escape(word) + end


def _bounded(character: str) -> bool:
    return (character.isalnum() or character == "_") and not _UNSPACED.match(character)


def _fold(text: str) -> str:
    """Without accents, case, typographic apostrophes and hyphens, and with single spaces."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return _SPACE.sub(" ", unicodedata.normalize("NFC", bare).translate(_APOSTROPHES)).strip()
