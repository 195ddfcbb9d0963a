"""A saved search, as a channel keeps it: the words of `backissue search`, tried on one text at a time. Pure.

All words must be there; "quoted words" stand together, `begin*` takes what begins so, OR, AND and NOT (in capitals) and
parentheses work as in SQLite's FTS5 (https://www.sqlite.org/fts5.html section 3). What is no right expression of these
counts as plain words, as people write searches by hand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

Test = Callable[[str], bool]

_ACCENTS = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r'"([^"]*)"\s*(\*)?|([()])|([^\s()"*]+)(\*)?')
_OPERATORS = ("AND", "OR", "NOT")


class _UnreadableError(ValueError):
    """The search is no right expression."""


def query(search: str) -> Callable[[Iterable[str]], bool]:
    """A test whether texts (title, body, names, tags, each by itself) hold what the search asks for."""
    try:
        test = _Reader(search).whole()
    except (_UnreadableError, RecursionError):
        test = _all(_phrase(word, starred=False) for word in _words(search))
    # Words of different texts are no phrase: a sign that is no word stands between them.
    return lambda texts: test(" | ".join(f" {' '.join(_words(text))} " for text in texts))


class _Reader:
    """Reads a search from left to right: OR binds the least, then AND, then NOT, then words that stand side by side."""

    def __init__(self, search: str) -> None:
        self._tokens = list(_TOKEN.finditer(search))
        self._at = 0

    def whole(self) -> Test:
        test = self._or()
        if self._at < len(self._tokens):
            raise _UnreadableError
        return test

    def _or(self) -> Test:
        tests = [self._and()]
        while self._take("OR"):
            tests.append(self._and())
        return tests[0] if len(tests) == 1 else lambda text: any(test(text) for test in tests)

    def _and(self) -> Test:
        tests = [self._not()]
        while self._take("AND"):
            tests.append(self._not())
        return _all(tests)

    def _not(self) -> Test:
        wanted, unwanted = self._side_by_side(), []
        while self._take("NOT"):
            unwanted.append(self._side_by_side())
        return lambda text: wanted(text) and not any(test(text) for test in unwanted)

    def _side_by_side(self) -> Test:
        tests = []
        while (token := self._next()) is not None and token[0] not in (*_OPERATORS, ")"):
            self._at += 1
            if token[0] == "(":
                tests.append(self._or())
                if not self._take(")"):
                    raise _UnreadableError
                continue
            starred = bool(token[2] or token[5])
            if _WORD.search(token[0]):
                tests.append(_phrase(token[1] if token[1] is not None else token[4], starred=starred))
        if not tests:
            raise _UnreadableError
        return _all(tests)

    def _take(self, word: str) -> bool:
        token = self._next()
        if token is None or token[0] != word:
            return False
        self._at += 1
        return True

    def _next(self) -> re.Match[str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None


def _phrase(words: str, *, starred: bool) -> Test:
    needle = " " + " ".join(_words(words)) + ("" if starred else " ")
    return lambda text: needle in text


def _all(tests: Iterable[Test]) -> Test:
    tests = tuple(tests)
    return tests[0] if len(tests) == 1 else lambda text: bool(tests) and all(test(text) for test in tests)


def _words(text: str) -> list[str]:
    """The words without accents and case, as the search index has them."""
    return _WORD.findall(_ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold())
