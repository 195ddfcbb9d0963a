"""Elements of podcasts, made fit to be passed on: of an episode, and of the podcast itself. Pure.

The archive keeps them whole where they are more than a line of text (`feeds.parse.extensions`), and else as lines by
their names (`feeds.parse.extras`). What is passed on is known by name (https://podcastindex.org/namespace/1.0,
https://podlove.org/simple-chapters), has what its definition asks for, and leads to addresses that are absolute and
safe to follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urljoin

from feeds.model import Extension, Feed
from feeds.write.values import address, plain

ATTRIBUTE = re.compile(r'([A-Za-z][A-Za-z0-9-]*)="([^"]*)"')
LINE = re.compile(rf"{ATTRIBUTE.pattern}(?: {ATTRIBUTE.pattern})*")


def _table(*elements: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Elements by the names that lines go by, with the attributes that each has to have."""
    return {one.partition(" ")[0].lower(): (one.partition(" ")[0], tuple(one.split()[1:])) for one in elements}


_ANYWHERE = (
    "podcast:person", "podcast:location", "podcast:license", "podcast:value type", "podcast:images srcset",
    "podcast:image href", "podcast:txt", "podcast:funding url", "podcast:chat server protocol",
    "podcast:socialInteract protocol", "podcast:remoteItem feedGuid",
)  # fmt: skip
_PARTS = _table(
    "podcast:source uri", "podcast:integrity type value", "podcast:valueRecipient type address split",
    "podcast:valueTimeSplit startTime duration", "podcast:remoteItem feedGuid", "psc:chapter start title",
)  # fmt: skip
_OF_EPISODES = _table(
    *_ANYWHERE, "podcast:transcript url type", "podcast:chapters url type", "podcast:soundbite startTime duration",
    "podcast:season", "podcast:episode", "podcast:alternateEnclosure type", "podcast:contentLink href", "psc:chapters",
)  # fmt: skip
_OF_PODCASTS = _table(
    *_ANYWHERE, "podcast:guid", "podcast:medium", "podcast:trailer url pubdate", "podcast:locked", "podcast:block",
    "podcast:podroll", "podcast:publisher", "podcast:updateFrequency",
)  # fmt: skip
_WITH_TEXT = frozenset(
    f"podcast:{name}"
    for name in ("person", "location", "season", "episode", "license", "guid", "medium", "locked", "block", "txt")
)
_WITH_PARTS = frozenset({"podcast:podroll", "podcast:publisher"})
_ADDRESSES = frozenset({"url", "href", "uri", "img", "image", "accountUrl"})
# https://podcasters.apple.com/support/1691-apple-podcasts-categories: those that stand above others.
_CATEGORIES = frozenset(
    {
        "Arts", "Business", "Comedy", "Education", "Fiction", "Government", "History", "Health & Fitness",
        "Kids & Family", "Leisure", "Music", "News", "Religion & Spirituality", "Science", "Society & Culture",
        "Sports", "Technology", "True Crime", "TV & Film",
    }
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


def of_episode(extra: Mapping[str, str], whole: Iterable[Extension], base: str) -> tuple[Extension, ...]:
    """What an entry says. `base` is what relative addresses start from."""
    return tuple(_podcast(extra, tuple(whole), base, _OF_EPISODES))


def of_podcast(feed: Feed, base: str) -> tuple[Extension, ...]:
    """What a feed says of itself as a podcast. That it is live, or tells Podping, is true of nobody's copy.

    With that, for Apple: who makes it, and whether its episodes are to be heard in their order.
    """
    makers = ", ".join(name for one in feed.authors if (name := plain(one.name)))
    kind = plain(feed.extra.get("itunes:type")).lower()
    apple = [("itunes:author", makers), ("itunes:type", kind if kind in ("episodic", "serial") else "")]
    found = _podcast(feed.extra, feed.extensions, base, _OF_PODCASTS)
    return (*(Extension(name, text) for name, text in apple if text), *found)


def category_of(feed: Feed) -> str:
    """Apple's category of a feed that is a podcast, as a channel names it: "Arts > Books"; nothing for any other."""
    if not any(name.startswith("itunes:") for name in feed.extra):
        return ""
    terms = [plain(one.term) for one in feed.categories]
    for place, term in enumerate(terms):
        if term in _CATEGORIES:
            below = [one for one in terms[place + 1 : place + 2] if one not in _CATEGORIES]
            return " > ".join([term, *below])
    return ""


def joined(base: str, url: str) -> str:
    """The address, absolute; nothing for what is none."""
    try:
        return urljoin(base, plain(url))
    except ValueError:
        return ""


Known = Mapping[str, tuple[str, tuple[str, ...]]]


def _podcast(extra: Mapping[str, str], whole: tuple[Extension, ...], base: str, known: Known) -> Iterator[Extension]:
    """Whole elements as they are; of the others, what their lines tell."""
    found = list(whole)
    for key, text in extra.items():
        if key in known:
            kin = [one for one in whole if one.name.lower() == key]
            found += [_from_line(key, line) for line in text.split("\n") if not _is_of(kin, line)]
    for one in found:
        if one.name.lower() in known and (fit := _fit(one, base, known)):
            yield fit


def _is_of(whole: Iterable[Extension], line: str) -> bool:
    """Whether a line tells of one of these elements: by its text, or where it has none by its attributes."""
    return any(one.parts or line in (one.text or "") for one in whole)


def _from_line(key: str, line: str) -> Extension:
    """An element from its line: its attributes, or else its text."""
    if LINE.fullmatch(line):
        return Extension(key, None, tuple(ATTRIBUTE.findall(line)))
    return Extension(key, line)


def _fit(one: Extension, base: str, known: Known) -> Extension | None:
    """The element with what it may have; None without what it must have."""
    if one.name.lower() not in known:
        return None
    name, asked = known[one.name.lower()]
    given = {key: said for key, value in one.attributes if _NAME.fullmatch(key) and (said := _said(key, value, base))}
    parts = tuple(part for each in one.parts if (part := _fit(each, base, _PARTS)))
    text = plain(one.text)
    lacks = (name in _WITH_TEXT and not text) or (name in _WITH_PARTS and not parts)
    if lacks or any(key not in given for key in asked) or not (text or given or parts):
        return None
    return Extension(name, text or None, tuple(given.items()), parts)


def _said(key: str, value: str, base: str) -> str | None:
    """An attribute as it may be passed on."""
    if key in _ADDRESSES:
        return address(joined(base, value))
    if key == "srcset":
        return _pictures(value, base)
    return plain(value)


def _pictures(srcset: str, base: str) -> str:
    """Addresses of pictures, each with how wide it is."""
    found = []
    for candidate in srcset.split(","):
        url, _, width = plain(candidate).partition(" ")
        if url and (absolute := address(joined(base, url))):
            found.append(f"{absolute} {width}".strip())
    return ", ".join(found)
