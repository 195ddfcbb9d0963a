"""Plain text in, article out: title, credits, summary and sections, found by general rules of how texts are set.

What is not the article's own text (a table of contents, a byline that became `authors`, "Share") leaves the content
and is kept, line by line, in `extra["left_out"]`: every word of the text is in the title, the content or there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from archive.ingest import cues
from archive.ingest.contents import strip
from archive.ingest.credits import Credits, credits, is_name, opening
from archive.ingest.headers import Headers, headers
from archive.ingest.headings import headings, is_paragraph, is_short_line
from archive.ingest.layout import Unit, lay_out
from archive.ingest.structure import alike
from feeds.html import clean_text, escape
from feeds.model import Category, Entry, Origin, Person, Text

_LONGEST_TITLE = 200
_DECK_WORDS = 8
_VERSES = 3
_VERSE = 70


class _Head(Struct):
    """What the lines above the article's text told; `left_out` are those that do not come back in it."""

    title: str | None = None
    kicker: str | None = None
    deck: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    left_out: list[str] = []


def read_plain(text: str) -> Entry:
    """The article in a plain text: content as simple HTML without the title, and what could be told of it.

    `title` is None where no line of the text is a headline; nothing here needs a date or an author to be there.
    """
    declared, text = headers(clean_text(text))
    stripped = strip(lay_out(text))
    head, body = _read_head(stripped.units, declared.title)
    ranks = headings(body, stripped.named)
    html = "\n".join(_blocks(body, ranks))
    return _entry(declared, head, html, [*declared.lines, *stripped.left_out, *head.left_out])


def _entry(declared: Headers, head: _Head, html: str, left_out: list[str]) -> Entry:
    authors = declared.authors or head.authors
    kicker = () if declared.tags or not head.kicker else (head.kicker,)
    summary = declared.subtitle or head.deck
    origins: dict[str, Origin | None] = {
        "title": "declared" if declared.title else "derived" if head.title else None,
        "summary": "declared" if declared.subtitle else "derived" if summary else None,
        "authors": "declared" if authors else None,
        "published": "declared" if declared.published or head.published else None,
        "updated": "declared" if declared.updated or head.updated else None,
        "categories": "declared" if declared.tags else "derived" if kicker else None,
        "language": "declared" if declared.language else None,
        "link": "declared" if declared.link else None,
    }
    return Entry(
        title=declared.title or head.title,
        link=declared.link,
        summary=Text(summary, "text") if summary else None,
        content=Text(html),
        authors=tuple(Person(name) for name in authors),
        published=declared.published or head.published,
        updated=declared.updated or head.updated,
        categories=tuple(Category(tag) for tag in declared.tags or kicker),
        language=declared.language,
        source=declared.source,
        extra={"left_out": "\n".join(left_out)} if left_out else {},
        origins={field: origin for field, origin in origins.items() if origin}
        | ({"source": "declared"} if declared.source else {}),
    )


def _read_head(units: Sequence[Unit], title: str | None) -> tuple[_Head, list[Unit]]:
    """What stands above the text, and the units from there on; `title` is the one that a header line gave."""
    head = _Head(left_out=[])
    rest = list(units)
    _take_credits(head, rest)
    if title and len(rest) > 1 and alike(rest[0].text, title):
        head.left_out.append(rest.pop(0).whole)
        _take_credits(head, rest)
    if not title and len(rest) > 1 and _is_kicker(rest):
        if not cues.header(f"{rest[0].text}:"):  # "Résumé" tells what follows, not what it is about
            head.kicker = rest[0].text
        head.left_out.append(rest.pop(0).whole)
        _take_credits(head, rest)
    if not title and _is_headline(rest):
        head.title = _heading(rest.pop(0))
        _take_credits(head, rest)
    if len(rest) > 1 and _is_deck(rest):
        head.deck = rest[0].text
        deck = [rest.pop(0)]
        _take_credits(head, rest)
        rest[:0] = deck
    _take_signature(head, rest)
    head.published = head.published or (opening(rest[0].whole) if rest else None)
    return head, rest


def _take_credits(head: _Head, units: list[Unit]) -> None:
    """Moves bylines, datelines and ruled lines from the top of the units into the head."""
    while len(units) > 1:
        found = credits(units[0].whole)
        below = credits(units[1].whole)
        name = units[0].text
        if not found and head.title and below and below.published and is_name(name) and len(name.split()) <= 3:
            # A name without "By" is a byline where the date stands right under it.
            found = Credits((name,))
        if found:
            _credit(head, found)
            head.left_out.append(units.pop(0).whole)
        elif units[0].kind == "rule":
            units.pop(0)
        else:
            return


def _take_signature(head: _Head, units: list[Unit]) -> None:
    """The last line may sign the text: "Paris, le 12 mars 2024"."""
    found = credits(units[-1].whole) if len(units) > 1 else None
    if found and is_paragraph(units[-2]):
        _credit(head, found)
        head.left_out.append(units.pop().whole)


def _credit(head: _Head, found: Credits) -> None:
    head.authors += tuple(name for name in found.authors if name not in head.authors)
    head.published = head.published or found.published
    head.updated = head.updated or found.updated


def _is_headline(units: Sequence[Unit]) -> bool:
    if len(units) < 2:
        return False
    first = units[0]
    if first.level:
        return True
    if first.kind not in ("text", "speech", "number") or cues.width(first.whole) > _LONGEST_TITLE:
        return False
    if not any(char.isalnum() for char in first.text) or cues.pauses(first.text) or _is_closed(first.text):
        return False
    if cues.is_address(first.text):
        return False
    if first.kind != "text":
        return units[1].kind != first.kind
    return not _opens_verse(units)


def _is_closed(text: str) -> bool:
    """A full stop closes a sentence, which no headline does; the three dots of a headline leave it open."""
    return cues.stops(text) and not text.rstrip(" »”\"'").endswith(("…", "..."))


def _opens_verse(units: Sequence[Unit]) -> bool:
    """Whether the text is a poem without a title: it begins with a stanza, set off from what follows."""
    stanza = _run(units, 0, {})
    return stanza < len(units) and _is_verse(units[:stanza]) and not any(map(is_paragraph, units))


def _is_kicker(units: Sequence[Unit]) -> bool:
    """A rubric above the headline: a known one, a single word, or a few in capitals where the headline has none."""
    first, title = units[0], units[1]
    if first.kind != "text" or first.level or title.kind != "text" or len(units) < 3 or len(first.text.split()) > 5:
        return False
    if not is_short_line(first) or cues.asks(first.text) or not _is_headline(units[1:]):
        return False
    longer = cues.width(title.text) >= max(20, 2 * cues.width(first.text)) and not is_paragraph(title)
    capitals = cues.is_capitals(first.text) and not cues.is_capitals(title.text)
    single = len(first.text.split()) == 1 and " " in title.text and cues.width(first.text) <= 20
    single = single and cues.has_stops(first.text)  # else a word cannot be told from a phrase
    return longer and bool(title.level or cues.is_rubric(first.text) or capitals or single)


def _is_deck(units: Sequence[Unit]) -> bool:
    """A line under the headline that is too long for a heading and too open for a sentence."""
    first, following = units[0], units[1]
    long = len(first.text.split()) >= _DECK_WORDS
    return (
        is_short_line(first)
        and not first.level
        and long
        and (is_paragraph(following) or bool(credits(following.whole)))
    )


def _blocks(units: Sequence[Unit], ranks: dict[int, int]) -> Iterator[str]:
    """The units as HTML blocks."""
    place = 0
    while place < len(units):
        unit = units[place]
        run = _run(units, place, ranks)
        if place in ranks:
            rank = min(1 + ranks[place], 6)
            yield f"<h{rank}>{escape(_heading(unit))}</h{rank}>"
        elif unit.kind == "text" and _is_verse(units[place : place + run]):
            yield "<p>" + "<br>\n".join(escape(line.whole) for line in units[place : place + run]) + "</p>"
        elif unit.kind in ("bullet", "number") and _is_list(units[place : place + run]):
            yield _list(units[place : place + run])
        elif unit.kind == "quote":
            lines = "\n".join(f"<p>{escape(line.text)}</p>" for line in units[place : place + run] if line.text)
            yield f"<blockquote>{lines}</blockquote>"
        elif unit.kind == "rule":
            yield "<hr>"
        else:
            yield "\n".join(f"<p>{escape(line.whole)}</p>" for line in units[place : place + run])
        place += run


def _heading(unit: Unit) -> str:
    return unit.text if unit.mark.startswith("#") else unit.whole


def _run(units: Sequence[Unit], place: int, ranks: dict[int, int]) -> int:
    """How many units from there on make one block."""
    if place in ranks:
        return 1
    stop = place + 1
    while stop < len(units) and stop not in ranks and _goes_on(units[stop - 1], units[stop]):
        stop += 1
    return stop - place


def _goes_on(above: Unit, unit: Unit) -> bool:
    if unit.kind == "text" == above.kind:
        return not unit.gap and _is_verse_line(above) and _is_verse_line(unit)
    return unit.kind == above.kind and (unit.kind != "number" or unit.number == above.number + 1)


def _is_verse_line(unit: Unit) -> bool:
    return unit.kind == "text" and not unit.level and cues.width(unit.text) <= _VERSE and not credits(unit.whole)


def _is_verse(units: Sequence[Unit]) -> bool:
    """Whether lines that stand together are verse: several, and most of them without the end of a sentence."""
    ended = sum(cues.ends_sentence(unit.text) for unit in units)
    return len(units) >= _VERSES and ended * 2 < len(units) and all(map(_is_verse_line, units))


def _is_list(units: Sequence[Unit]) -> bool:
    """Whether items are a list; dashes with questions among them are a dialogue, a lone number is no list."""
    if units[0].kind == "number":
        return len(units) > 1
    dashes = all(unit.mark[0] in "-–" for unit in units)
    return not (dashes and any(cues.asks(unit.text) for unit in units))


def _list(units: Sequence[Unit]) -> str:
    items = "\n".join(f"<li>{escape(unit.text)}</li>" for unit in units)
    if units[0].kind == "bullet":
        return f"<ul>\n{items}\n</ul>"
    start = f' start="{units[0].number}"' if units[0].number != 1 else ""
    return f"<ol{start}>\n{items}\n</ol>"
