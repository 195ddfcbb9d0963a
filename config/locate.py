"""Where each key of a TOML document stands: `tomllib` gives values without lines, people need the line.

The document is one that `tomllib` has read already, so nothing is checked here; this only walks over it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]

_TOKEN = re.compile(
    r'(?P<string>"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\')'
    r"|(?P<skip>[ \t\r]+|\#[^\n]*)"
    r"|(?P<newline>\n)"
    r"|(?P<mark>[\[\]{}=,.])"
    r"|(?P<bare>[^\s\[\]{}=,.\"'#]+)",
    re.DOTALL,
)
_END = ""


def locate(text: str) -> dict[KeyPath, int]:
    """The line (from 1) on which each key, table and list element of a valid TOML document first appears.

    >>> locate('[[channels]]\\nname = "news"')
    {('channels',): 1, ('channels', 0): 1, ('channels', 0, 'name'): 2}
    """
    walk = _Walk(text)
    walk.document()
    return walk.lines


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """The line of a key, or of the nearest table around it for a key that is not written; None when there is none."""
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)


class _Walk:
    """One pass over the tokens. A table's header sets the path that the keys below it start from."""

    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._tables: dict[KeyPath, int] = {}  # how many [[tables]] of each list have begun
        self._tokens: list[tuple[str, int]] = []
        line = 1
        for match in _TOKEN.finditer(text):
            if match.lastgroup != "skip":
                self._tokens.append((match.group(), line))
            line += match.group().count("\n")
        self._tokens.append((_END, line))
        self._at = 0

    def document(self) -> None:
        table: KeyPath = ()
        while self._peek() != _END:
            if self._peek() == "\n":
                self._take()
            elif self._peek() == "[":
                table = self._header()
            else:
                self._assignment(table)

    def _header(self) -> KeyPath:
        self._take()
        # In valid TOML "[[" has no space inside, but no key can begin with "[" either.
        is_list = self._peek() == "["
        if is_list:
            self._take()
        path: KeyPath = ()
        parts = self._key()
        for position, (part, line) in enumerate(parts, start=1):
            path = self._enter(path, part, line)
            if is_list and position == len(parts):
                self._tables[path] = self._tables.get(path, 0) + 1
            if path in self._tables:
                path = self._enter(path, self._tables[path] - 1, line)
        while self._peek() == "]":
            self._take()
        return path

    def _assignment(self, table: KeyPath) -> None:
        path = table
        for part, line in self._key():
            path = self._enter(path, part, line)
        self._take()  # the "="
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if self._peek() == "[":
            self._list(path)
        elif self._peek() == "{":
            self._inline_table(path)
        else:
            while self._peek() not in (",", "]", "}", "\n", _END):
                self._take()

    def _list(self, path: KeyPath) -> None:
        self._take()
        index = 0
        while self._peek() != "]":
            if self._peek() in ("\n", ","):
                self._take()
                continue
            self._value(self._enter(path, index, self._tokens[self._at][1]))
            index += 1
        self._take()

    def _inline_table(self, path: KeyPath) -> None:
        self._take()
        while self._peek() != "}":
            if self._peek() in ("\n", ","):
                self._take()
                continue
            self._assignment(path)
        self._take()

    def _key(self) -> list[tuple[str, int]]:
        parts = [self._take()]
        while self._peek() == ".":
            self._take()
            parts.append(self._take())
        return [(_plain(token), line) for token, line in parts]

    def _enter(self, path: KeyPath, part: str | int, line: int) -> KeyPath:
        path = (*path, part)
        self.lines.setdefault(path, line)
        return path

    def _peek(self) -> str:
        return self._tokens[self._at][0]

    def _take(self) -> tuple[str, int]:
        token = self._tokens[self._at]
        self._at += 1
        return token


def _plain(key: str) -> str:
    """A key as it is meant: without its quotes, escapes resolved."""
    return str(tomllib.loads(f"key = {key}")["key"]) if key[0] in "\"'" else key
