"""TOML that cannot be read, told to people who do not know TOML: what stands wrong, in which column, what to write."""

from __future__ import annotations

import re

from config.problem import Problem

_PLACE = re.compile(r"^(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.DOTALL)
_TWICE = ("this key or table is there already", "keep one of the two")
_OPEN_TEXT = ("a text without its end", "close it with the quotes that it began with")

# How tomllib's messages begin, in the order they are tried. None of them holds a value of the file.
_PLAIN = (
    ("Invalid value", ("no value that TOML knows", 'put text in quotes, as in title = "My site"')),
    ("Expected newline", ("more than one setting on a line", "write one to a line, and put text in quotes")),
    ("Expected '=' after", ("a key without a value", 'write it as in title = "My site"')),
    ("Invalid initial character", ("no key", 'write key = "value", [table] or # comment')),
    ("Invalid statement", ("no key", 'write key = "value", [table] or # comment')),
    ("Cannot", _TWICE),
    ("Duplicate", _TWICE),
    ("Unterminated string", _OPEN_TEXT),
    ("Illegal character '\\n'", _OPEN_TEXT),
    ("Found invalid character '\\n'", _OPEN_TEXT),
    ("Expected \"'", _OPEN_TEXT),
    ("Expected '\"", _OPEN_TEXT),
    ("Illegal character", ("a control character", "take it out")),
    ("Found invalid character", ("a control character", "take it out")),
    ("Unclosed array", ("a list without its end", "put commas between its elements and ] behind the last")),
    ("Unclosed inline table", ("a table without its end", "put commas between its settings and } behind the last")),
    ("Expected ']", ("the name of a table without its end", "write [table] or [[list]]")),
    ("Unescaped", ("a backslash in a text", r"write it twice, or put the text in single quotes, as in 'C:\feeds'")),
    ("Invalid hex", ("a broken \\u in a text", "write four hexadecimal digits behind it")),
    ("Escaped character", ("a \\u in a text that means no character", "write the character itself")),
    ("Invalid date", ("a date that no calendar has", "correct it, or put it in quotes")),
)


def syntax_problem(text: str, file: str, error: ValueError | RecursionError) -> Problem:
    """The problem behind an exception of tomllib.loads."""
    place = _PLACE.match(str(error))
    if place is None:
        # Not tomllib's own words: lists in lists without end, or a number of thousands of digits.
        deep = isinstance(error, RecursionError)
        reason = "holds lists or tables that lie too deep in each other" if deep else "holds a number that is too long"
        return Problem(file=file, reason=reason, remedy="take it out")
    line, column = place["line"], place["column"]
    reason, remedy = next(
        (plain for start, plain in _PLAIN if place["what"].startswith(start)),
        ("cannot be understood", "compare it with the example that 'backissue init' writes"),
    )
    if line is None and place["what"].startswith('Expected "'):
        # Nothing closes the text, so the last quotes of that kind are those that open it.
        opening = text.rfind(place["what"].removeprefix("Expected ").strip('"'))
        line, column = text.count("\n", 0, opening) + 1, opening - text.rfind("\n", 0, opening)
    return Problem(
        file=file,
        line=int(line or text.rstrip().count("\n") + 1),
        reason=f"{f'column {column}' if column else 'the end of the file'}: {reason}",
        remedy=remedy,
    )
