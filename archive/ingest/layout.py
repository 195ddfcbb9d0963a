"""The layout of a plain text: its lines brought back to what they were before somebody wrapped them.

A text comes with a line for each paragraph, or wrapped at some width with or without blank lines between paragraphs,
or in lines that are meant as lines. `lay_out` finds out which, and gives units: paragraphs, headings, items, lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from archive.ingest import cues
from archive.ingest.credits import credits

Kind = Literal["text", "bullet", "number", "speech", "quote", "rule"]

_WIDEST_WRAP = 140
_NARROWEST_WRAP = 36
_TAB = 4
_LONGEST_HEADING = 300
_BLANKS = " \t\u00a0\u200b\u3000\ufeff"
_ITEMS = ("bullet", "number", "speech")
_SPACELESS = re.compile(r"[\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\u3001-\u3003]")


class Unit(Struct, frozen=True):
    """A piece of text that stands by itself.

    `gap` says that a blank line came before; `level` is a heading's as marked by underlining or number signs, else 0;
    `mark` is what stood before an item's text and is no part of `text`; `number` is a numbered item's.
    """

    text: str
    kind: Kind = "text"
    gap: bool = False
    level: int = 0
    mark: str = ""
    number: int = 0

    @property
    def whole(self) -> str:
        """The text with its mark, as it stood."""
        return self.mark + self.text


class _Line(Struct, frozen=True):
    unit: Unit
    width: int
    indent: int
    alone: bool = False
    first: bool = False
    joined: bool = False


def lay_out(text: str) -> list[Unit]:
    """The units of a text, in order, without the line breaks that only wrap it."""
    lines = _underlined([_line(raw, gap) for raw, gap in _physical(text)])
    if not lines:
        return []
    lines[0] = replace(lines[0], first=True)
    wrap = _wrap_width(lines)
    parted = any(line.unit.gap for line in lines[1:])
    units: list[Unit] = []
    above: _Line | None = None
    for line, last in zip(lines, [*(following.unit.gap for following in lines[1:]), True], strict=True):
        if above and _continues(above, line, wrap, parted, last):
            units[-1] = replace(units[-1], text=_join(units[-1].text, line.unit.text))
            # What follows an item's second line still belongs to the item, and is indented like it.
            item = above.unit.kind in _ITEMS
            unit = replace(line.unit, kind=above.unit.kind)
            above = replace(line, unit=unit, indent=above.indent if item else line.indent, joined=True)
        else:
            units.append(line.unit)
            above = line
    return units


def _physical(text: str) -> list[tuple[str, bool]]:
    """The lines that hold something, each with whether a blank line stands before it."""
    lines: list[tuple[str, bool]] = []
    gap = False
    for raw in text.splitlines():
        if raw.strip(_BLANKS):
            lines.append((raw, gap))
            gap = False
        else:
            gap = True
    return lines


def _line(raw: str, gap: bool) -> _Line:
    raw = raw.expandtabs(_TAB).rstrip()
    text = re.sub(r"[ \t\u3000]+", " ", raw.strip(_BLANKS))
    indent = len(raw) - len(raw.lstrip())
    unit = _unit(text, gap)
    alone = bool(
        unit.level
        or unit.kind == "rule"
        or cues.is_contents_label(text)
        or cues.is_furniture(text)
        or cues.header(text)
        or credits(text)
        or (cues.is_capitals(text) and cues.width(text) <= 80)
    )
    return _Line(unit, cues.width(raw), indent, alone)


def _unit(text: str, gap: bool) -> Unit:
    if cues.is_rule(text):
        return Unit(text, "rule", gap)
    if len(text) <= _LONGEST_HEADING and (match := cues.hashes(text)) and match[2]:
        return Unit(match[2], gap=gap, level=len(match[1]), mark=text[: match.start(2)])
    if match := cues.quoted(text):
        return Unit(text[match.end() :].strip(), "quote", gap, mark=match[0])
    if match := cues.number(text):
        return Unit(text[match.end() :], "number", gap, mark=match[0], number=int(match["mark"]))
    if (match := cues.bullet(text)) or (match := cues.speech(text)):
        kind: Kind = "bullet" if cues.bullet(text) else "speech"
        return Unit(text[match.end() :], kind, gap, mark=match[0])
    return Unit(text, gap=gap)


def _underlined(lines: Sequence[_Line]) -> list[_Line]:
    """Rules that underline (and overline) a line become that line's level: "=" is the first, all others the second."""
    kept: list[_Line] = []
    for line in lines:
        above = kept[-1] if kept else None
        if above and line.unit.kind == "rule" and _underlines(line, above):
            level = 1 if line.unit.text[0] == "=" else 2
            heading = Unit(above.unit.whole, gap=above.unit.gap, level=level)
            if len(kept) > 1 and kept[-2].unit.text == line.unit.text and not above.unit.gap:
                heading = replace(heading, gap=kept.pop(-2).unit.gap)
            kept[-1] = replace(above, unit=heading, alone=True)
        else:
            kept.append(line)
    return kept


def _underlines(rule: _Line, above: _Line) -> bool:
    fits = rule.width - rule.indent >= (above.width - above.indent) // 2
    return not rule.unit.gap and above.unit.kind != "rule" and not above.unit.level and above.width <= 120 and fits


def _wrap_width(lines: Sequence[_Line]) -> int:
    """The width that the text was wrapped at; 0 if its line breaks are meant."""
    widths = sorted(line.width for line in lines if " " in line.unit.text or line.width < _NARROWEST_WRAP * 2)
    wrap = widths[-1 - len(widths) // 40] if widths else 0
    if not _NARROWEST_WRAP <= wrap <= _WIDEST_WRAP:
        return 0
    joints = [
        (above, line)
        for above, line in pairwise(lines)
        if not (line.unit.gap or line.alone or above.alone or line.unit.kind != "text")
    ]
    if not joints:
        return 0
    full = sum(_is_full(above, line, wrap) for above, line in joints)
    broad = sum(above.width >= wrap * 0.75 for above, _ in joints)
    ended = sum(cues.ends_sentence(above.unit.text) for above, _ in joints)
    capitals = sum(line.unit.text[:1].isupper() for _, line in joints)
    if ended * 2 > len(joints):
        return 0
    is_verse = capitals * 10 >= len(joints) * 7 and wrap <= 76 and len(joints) > 2
    flows = full * 10 >= len(joints) * 6 or broad * 10 >= len(joints) * 7
    return wrap if flows and not (is_verse and full * 10 < len(joints) * 9) else 0


def _is_full(above: _Line, line: _Line, wrap: int) -> bool:
    """Whether the next line's first word would not have fitted: then the line was broken only for want of room."""
    first = line.unit.whole.split(" ", 1)[0]
    if _SPACELESS.match(first):
        return above.width + 2 * 2 > wrap
    return above.width + 1 + cues.width(first) > wrap


def _continues(above: _Line, line: _Line, wrap: int, parted: bool, last: bool) -> bool:
    unit = line.unit
    if unit.gap or line.alone or above.alone:
        return False
    if unit.kind == "quote" and above.unit.kind == "quote":
        return bool(unit.text and above.unit.text)
    if unit.kind != "text":
        return False
    if above.unit.kind in _ITEMS and line.indent > above.indent:
        return True
    if line.indent > above.indent + 1 and above.unit.kind == "text" and not cues.starts_low(unit.text):
        return False
    if not wrap:
        # A headline in two lines, by themselves: the second goes on in the middle of the sentence.
        two = last and not above.joined and (above.unit.gap or above.first)
        return two and cues.starts_low(unit.text) and 20 <= above.width <= 80 and not _closes(above.unit.text)
    if _is_full(above, line, wrap):
        return True
    if cues.starts_low(unit.text) and not cues.ends_sentence(above.unit.text):
        return True
    return parted and above.width >= wrap * 0.6


def _closes(text: str) -> bool:
    return cues.ends_sentence(text) or cues.pauses(text)


def _join(above: str, line: str) -> str:
    if above.endswith("\u00ad"):
        return above[:-1] + line
    hyphenated = above.endswith(("-", "‐")) and above[-2:-1].isalpha() and line[:1].isalpha()
    if hyphenated or (_SPACELESS.match(above[-1:]) and _SPACELESS.match(line)):
        return above + line
    return f"{above} {line}" if above else line
