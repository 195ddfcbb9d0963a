"""Lines of keys, for every way that TOML has of writing one; and no document makes loading fail in another way."""

from __future__ import annotations

import json
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.load import load, problems
from config.locate import KeyPath, line_of, locate
from config.problem import ConfigError, Problem, key_text

CASES = [
    ("", {}),
    ("# a = 1\n\na = 1 # b = 2\n", {("a",): 3}),
    ("[t]\na = 1\r\nb = 2", {("t",): 1, ("t", "a"): 2, ("t", "b"): 3}),
    ("[ t . 'u v' ] # x\n\"a\\u0062\" = 1", {("t",): 1, ("t", "u v"): 1, ("t", "u v", "ab"): 2}),
    ('a.b = 1\na . "c" = 2', {("a",): 1, ("a", "b"): 1, ("a", "c"): 2}),
    ("3.14 = 1\n'' = 2", {("3",): 1, ("3", "14"): 1, ("",): 2}),
    (
        "[[t]]\na = 1\n[[t]]\n[[t]]\na = 1",
        {("t",): 1, ("t", 0): 1, ("t", 0, "a"): 2, ("t", 1): 3, ("t", 2): 4, ("t", 2, "a"): 5},
    ),
    (
        "[[t]]\n[t.u]\na = 1\n[[t]]\n[[t.v]]\n[[t.v]]\na = 1",
        {
            ("t",): 1,
            ("t", 0): 1,
            ("t", 0, "u"): 2,
            ("t", 0, "u", "a"): 3,
            ("t", 1): 4,
            ("t", 1, "v"): 5,
            ("t", 1, "v", 0): 5,
            ("t", 1, "v", 1): 6,
            ("t", 1, "v", 1, "a"): 7,
        },
    ),
    (
        "a = [ # ]\n  1, 'x]',\n  [2], { b = 3 },\n]\nc = 1",
        {("a",): 1, ("a", 0): 2, ("a", 1): 2, ("a", 2): 3, ("a", 2, 0): 3, ("a", 3): 3, ("a", 3, "b"): 3, ("c",): 5},
    ),
    ("a = { b.c = 1, d = [] }\n", {("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 1, ("a", "d"): 1}),
    ('a = """\nb = 1\n\\""" """\nc = 1', {("a",): 1, ("c",): 4}),
    ('a = """x""""\nc = """"y"""""\nd = ""\ne = 1', {("a",): 1, ("c",): 2, ("d",): 3, ("e",): 4}),
    ("a = '''\n'b' = 1\n\\'''\nc = 1", {("a",): 1, ("c",): 4}),
    ("a = 2026-01-01 10:00:00.5Z\nb = -1.5e3", {("a",): 1, ("b",): 2}),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text[:30] for text, _ in CASES])
def test_locate(text: str, expected: dict[KeyPath, int]) -> None:
    tomllib.loads(text)
    assert locate(text) == expected


def test_line_of_a_key_that_is_not_written_is_its_tables() -> None:
    lines = locate("\n[[channels]]\nname = 'a'\n")
    assert line_of(lines, ("channels", 0, "title")) == 2
    assert line_of(lines, ("site", "author")) is None


WORDS = ["channels", "name", "title", "http", "timeout", "token", "sources", "url", "folders", "path", "site", "feeds"]
keys = st.sampled_from(WORDS) | st.text(max_size=6)
texts = st.text(max_size=12) | st.sampled_from(["a", "\n[x]\n", '"""', "http://a.example/", "#", "\\", "http://["])
scalars = texts | st.integers() | st.booleans() | st.floats() | st.dates() | st.times() | st.datetimes()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
documents = st.dictionaries(keys, values, max_size=5)


@st.composite
def toml_texts(draw: st.DrawFn) -> str:
    """A TOML document, with its tables written as headers, dotted keys or inline, as chance will have it."""
    return "\n".join(_table(draw, (), draw(documents)))


def _table(draw: st.DrawFn, path: tuple[str, ...], table: dict[str, Any]) -> Iterator[str]:
    below: list[tuple[tuple[str, ...], str, Any]] = []
    for key, value in table.items():
        if isinstance(value, dict) and draw(st.booleans()):
            below.append(((*path, key), "[{}]", value))
        elif (
            isinstance(value, list) and value and all(isinstance(each, dict) for each in value) and draw(st.booleans())
        ):
            below += [((*path, key), "[[{}]]", each) for each in value]
        elif isinstance(value, dict) and value and draw(st.booleans()):
            yield from (f"{_key(draw, key)}.{_key(draw, each)} = {_inline(draw, value[each])}" for each in value)
        else:
            yield f"{_key(draw, key)} = {_inline(draw, value)} # = '{key!r}"
    for inner, header, value in below:
        yield draw(st.sampled_from(["", "# a comment with [[channels]]"]))
        yield header.format(" . ".join(_key(draw, part) for part in inner))
        yield from _table(draw, inner, value)


def _key(draw: st.DrawFn, key: str) -> str:
    bare = re.fullmatch(r"[A-Za-z0-9_-]+", key) is not None
    return key if bare and draw(st.booleans()) else _quoted(key)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _inline(draw: st.DrawFn, value: Any) -> str:
    match value:
        case bool() | float():
            return str(value).lower()
        case str() if draw(st.booleans()):
            return f'"""\n{_quoted(value)[1:-1]}"""'
        case str():
            return _quoted(value)
        case list():
            gap = draw(st.sampled_from(["", "\n", " # ]\n"]))
            return f"[{gap}{f',{gap}'.join(_inline(draw, each) for each in value)}{gap}]"
        case dict():
            return f"{{{', '.join(f'{_key(draw, key)} = {_inline(draw, value[key])}' for key in value)}}}"
        case int():
            return str(value)
        case _:
            return str(value.isoformat())


def paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Every key and list element of a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from paths(each, (*path, key))


@settings(max_examples=150, deadline=None)
@given(toml_texts())
def test_every_key_of_a_document_is_found_on_a_line_that_holds_it(text: str) -> None:
    lines, rows = locate(text), text.split("\n")
    assert set(lines) == set(paths(tomllib.loads(text)))
    for path, line in lines.items():
        if isinstance(path[-1], str):
            assert _quoted(path[-1])[1:-1] in rows[line - 1]


def told(text: str) -> list[Problem]:
    """What is wrong with a text. Loading it gives settings, or a ConfigError that holds just the errors among that."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "backissue.toml")
        path.write_bytes(text.encode())
        found = problems(path, {})
        errors = [problem for problem in found if problem.severity == "error"]
        try:
            load(path, {})
        except ConfigError as error:
            assert list(error.problems) == errors != []
        else:
            assert errors == []
    assert all(len(str(problem).splitlines()) == 1 for problem in found)
    return found


@settings(max_examples=150, deadline=None)
@given(toml_texts())
def test_a_document_loads_or_is_told_off_line_by_line(text: str) -> None:
    rows = text.split("\n")
    written = {key_text(path): path[-1] for path in paths(tomllib.loads(text))}
    for problem in told(text):
        key = written.get(problem.key)
        if isinstance(key, str):
            assert problem.line is not None
            assert _quoted(key)[1:-1] in rows[problem.line - 1]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*WORDS, *"[]{}=,.\"'#\n\n\\ 1", "[[", "]]", '"""', "'''", " = ", "\r\n", "[channels]", "\n[[channels]]\n"]
        )
        | st.text(string.printable, max_size=3),
        max_size=25,
    ).map("".join)
)
def test_no_text_makes_loading_fail_otherwise(text: str) -> None:
    told(text)
