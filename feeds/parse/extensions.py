"""Elements of podcasts that hold more than a line of text, or came to be read later: kept whole, to be passed on.

`extras` keeps the text of an element, or its attributes. Of a person with a role, or of chapters, that is not all there
is (https://podcastindex.org/namespace/1.0, https://podlove.org/simple-chapters).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from feeds.html import one_line
from feeds.model import Extension
from feeds.parse.markup import Element, children, name

KEPT = ("podcast:", "psc:")
_GROUPS = ("media:group", "media:content")
_CREDITS = frozenset({"media:credit", "media:copyright"})
_MOST = 500  # elements in one, or attributes
_DEEPEST = 4


def extensions(element: Element) -> tuple[Extension, ...]:
    """Those among the children of a feed, in the document's order."""
    return tuple(
        extension(child, key) for child in element if (key := name(child)).startswith(KEPT) and is_whole(child)
    )


def extensions_of_entry(element: Element) -> tuple[Extension, ...]:
    """Those among the children of an entry, and what came to be read later."""
    titles = (extension(one, "itunes:title") for one in children(element, "itunes:title"))
    answers = answered(children(element, "thr:in-reply-to"))
    return (*titles, *answers, *credited(children(element, *_GROUPS)), *extensions(element))


def answered(elements: Iterable[Element]) -> Iterator[Extension]:
    """What an entry answers, where more is said of that than its id (RFC 4685 section 3)."""
    return (extension(one, "thr:in-reply-to") for one in elements if one.keys() != ["ref"] and one.get("ref"))


def credited(elements: Iterable[Element]) -> Iterator[Extension]:
    """Who is named for a file, inside of what tells of it (Media RSS); those beside it are extras."""
    for one in elements:
        for part in one.iterdescendants() if len(one) and name(one) in _GROUPS else ():
            if (key := name(part)) in _CREDITS and not len(part):
                yield extension(part, key)


def is_whole(element: Element) -> bool:
    """Whether an element holds both text and attributes, or other elements."""
    return bool(len(element) or (element.keys() and (element.text or "").strip()))


def extension(element: Element, key: str) -> Extension:
    """The element. `key` is its name, of which the part after the prefix is written as the document has it."""
    prefix = key.partition(":")[0]
    return _extension(element, prefix, [_MOST], _DEEPEST)


def _extension(element: Element, prefix: str, left: list[int], depth: int) -> Extension:
    left[0] -= 1
    parts = []
    for child in element if depth else ():
        if left[0] > 0 and name(child).startswith(f"{prefix}:"):
            parts.append(_extension(child, prefix, left, depth - 1))
    given = [(key, value) for key, value in element.items()[:_MOST] if not key.startswith("{")]
    return Extension(
        f"{prefix}:{element.tag.rpartition('}')[2]}",
        one_line(element.text or "") or None,
        tuple(sorted(given)),
        tuple(parts),
    )
