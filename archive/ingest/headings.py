"""Which lines of a plain text are its headings.

A heading is a short line that ends no sentence and that a paragraph follows. Where a line is marked (underlined,
numbered, in capitals, named in the table of contents) less is asked of it; where it only looks like one, more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from archive.ingest import cues
from archive.ingest.layout import Unit

_LONGEST = 100
_MOST_WORDS = 14
_QUESTION_WORDS = 12
_LABEL_WORDS = 8
_PARAGRAPH = 120
_UNSTOPPED = 60  # what is as long is a paragraph where the script has no sign for the end of one
_SENTENCE = 40
_REPEATED = 3


def headings(units: Sequence[Unit], named: frozenset[str] = frozenset()) -> dict[int, int]:
    """The rank of each unit that is a heading, by position; 1 is the highest.

    `named` holds the likenesses (`cues.likeness`) of the lines that a table of contents lists.
    """
    certain = {place for place, unit in enumerate(units) if _is_marked(units, place, unit, named)}
    found = set(certain)
    for place in reversed(range(len(units))):
        if place not in found and _looks_like_one(units, place, found):
            found.add(place)
    found -= _repeated(units, found - certain)
    return _ranks(units, found)


def is_paragraph(unit: Unit) -> bool:
    """Whether it is running text: long, or a whole sentence."""
    size = cues.width(unit.text)
    if unit.kind != "text" or size < _SENTENCE:
        return False
    return cues.ends_sentence(unit.text) or size >= (_PARAGRAPH if cues.has_stops(unit.text) else _UNSTOPPED)


def is_short_line(unit: Unit) -> bool:
    """Whether it is a line of text without the end of a sentence, as headings and verses are."""
    longest = _LONGEST if cues.has_stops(unit.text) else _UNSTOPPED - 1
    return unit.kind == "text" and cues.width(unit.text) <= longest and not cues.stops(unit.text)


def _is_marked(units: Sequence[Unit], place: int, unit: Unit, named: frozenset[str]) -> bool:
    if unit.level:
        return True
    if unit.kind not in ("text", "number") or cues.width(unit.whole) > _LONGEST:
        return False
    if named and cues.likeness(unit.whole) in named:
        return True
    return _is_numbered(units, place) or _is_capital(units, place)


def _is_numbered(units: Sequence[Unit], place: int) -> bool:
    """A numbered line, unless it is one of a list: then its neighbours are numbered in the same way."""
    unit = units[place]
    match = cues.numbering(unit.whole)
    if not match or cues.stops(unit.text) or cues.pauses(unit.text) or place + 1 == len(units):
        return False
    following = units[place + 1]
    above = units[place - 1] if place else None
    if any(neighbour and _style(neighbour) == match.lastgroup for neighbour in (above, following)):
        return False
    return is_paragraph(following) or bool(_style(following)) or following.kind != "text" or following.level > 0


def _style(unit: Unit) -> str | None:
    match = cues.numbering(unit.whole)
    return match.lastgroup if match else None


def _is_capital(units: Sequence[Unit], place: int) -> bool:
    text = units[place].text
    return (
        units[place].kind == "text"
        and cues.is_capitals(text)
        and len(text.split()) <= _MOST_WORDS
        and not (cues.stops(text) or text.endswith((",", ";")))
        and place + 1 < len(units)
        and not _is_capitals_block(units, place)
        and not cues.is_caption(text)
    )


def _is_capitals_block(units: Sequence[Unit], place: int) -> bool:
    neighbours = [units[near] for near in (place - 1, place + 1) if 0 <= near < len(units)]
    return sum(unit.kind == "text" and cues.is_capitals(unit.text) for unit in neighbours) == len(neighbours) > 1


def _looks_like_one(units: Sequence[Unit], place: int, found: set[int]) -> bool:
    unit = units[place]
    if not is_short_line(unit) or not _may_head(unit.text) or place + 1 == len(units):
        return False
    if place and units[place - 1].kind != "rule" and not _may_precede(units, place, found):
        return False
    following = units[place + 1]
    size = cues.width(unit.text)
    if place + 1 in found:
        # A heading right under a heading: its subsection. Three short lines in a row are something else.
        return place + 2 not in found and not _is_sentence_like(unit.text)
    if following.kind in ("bullet", "number", "quote"):
        return not cues.pauses(unit.text) and not cues.asks(unit.text)
    if following.kind == "speech":
        return not cues.asks(unit.text) and not cues.pauses(unit.text)
    if not is_paragraph(following) or cues.starts_low(following.text):
        return False
    if _is_sentence_like(unit.text):
        return cues.width(following.text) >= max(_PARAGRAPH, 2 * size) and following.kind == "text"
    return cues.width(following.text) * 2 >= size * 3


def _may_precede(units: Sequence[Unit], place: int, found: set[int]) -> bool:
    """What stands above must be finished: a line that breaks off runs on into the next one."""
    above = units[place - 1]
    if above.level or above.kind != "text" or place - 1 in found:
        return True
    return (
        cues.ends_sentence(above.text)
        or cues.width(above.text) >= _PARAGRAPH
        or units[place].gap
        or not _breaks_off(above)
    )


def _breaks_off(unit: Unit) -> bool:
    return cues.pauses(unit.text) and not unit.text.rstrip().endswith((":", "："))


def _may_head(text: str) -> bool:
    words = text.split()
    if len(words) > _MOST_WORDS or not any(char.isalpha() for char in text) or cues.starts_low(text):
        return False
    if cues.is_caption(text) or "://" in text or "@" in text:
        return False
    if cues.asks(text):
        return len(words) <= _QUESTION_WORDS and ". " not in text
    if cues.pauses(text):
        return text.rstrip().endswith((":", "：")) and len(words) <= _LABEL_WORDS
    return True


def _is_sentence_like(text: str) -> bool:
    return cues.asks(text) or cues.pauses(text)


def _repeated(units: Sequence[Unit], places: set[int]) -> set[int]:
    """Lines that return again and again are labels, such as a speaker's name, not headings."""
    counts = Counter(cues.likeness(units[place].whole) for place in places)
    return {place for place in places if counts[cues.likeness(units[place].whole)] >= _REPEATED}


def _ranks(units: Sequence[Unit], found: set[int]) -> dict[int, int]:
    """The styles of a text rank in the order they first appear; decimals by how many numbers they have."""
    styles: list[str] = []
    ranks: dict[int, int] = {}
    for place in sorted(found):
        unit = units[place]
        match = cues.numbering(unit.whole)
        if unit.level:
            ranks[place] = unit.level
            continue
        if match and match["decimal"]:
            ranks[place] = _rank(styles, "number") + match["decimal"].count(".")
            continue
        style = (match and match.lastgroup) or ("capitals" if cues.is_capitals(unit.text) else "plain")
        ranks[place] = _rank(styles, style)
        if style == "plain" and ranks.get(place - 1, 0) >= ranks[place]:
            # Right under another heading, so a subsection of it.
            ranks[place] = ranks[place - 1] + 1
    return ranks


def _rank(styles: list[str], style: str) -> int:
    if style not in styles:
        styles.append(style)
    return styles.index(style) + 1
