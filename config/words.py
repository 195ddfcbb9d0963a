"""Plain words for what a setting should be, what was found instead, and how to put it right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from datetime import date, time
from typing import Any

from msgspec import NODEFAULT, inspect

from config.redact import is_secret, printable

_LONG_NUMBER = 10**30

Number = inspect.IntType | inspect.FloatType


def complaint(value: object, annotation: Any, line: str) -> tuple[str, str]:
    """Why a value does not fit a field's type, and the remedy. `line` is a right one, such as `entries = 50`.

    A secret's value is described, never shown.
    """
    wanted, words, examples = _bare(annotation)
    found = kind(value) if is_secret(annotation) else shown(value)
    if isinstance(wanted, Number):
        return _number_complaint(value, wanted, line)
    if isinstance(wanted, inspect.LiteralType):
        choices = [str(choice) for choice in wanted.values]
        return f"expected {alternatives(choices)}, got {found}", suggestion(value, choices) or "write one of them"
    if isinstance(wanted, inspect.VarTupleType):
        return f"expected a list, got {found}", f"put it in brackets, as in {line}"
    if isinstance(wanted, inspect.BoolType):
        return f"expected true or false, got {found}", "write one of the two, without quotes"
    if value == "":
        return "is empty", f"write for example {line}"
    if isinstance(value, str) and words:
        return f"expected {words}, got {found}", f"write for example {alternatives(examples)}"
    scalar = isinstance(value, bool | int | float | date | time)
    return f"expected text, got {found}", "put it in quotes" if scalar else f"write for example {line}"


def table_complaint(value: object, name: str, *, is_list: bool) -> tuple[str, str]:
    """Why a value is no table (or list of tables), and the remedy. It may hold anything, so it is not shown."""
    if is_list:
        return f"expected a list of tables, got {kind(value)}", f"begin each table with a line [[{name}]]"
    return f"expected a table, got {kind(value)}", f"begin it with a line [{name}] and write its settings below"


def suggestion(given: object, names: Iterable[str]) -> str:
    """`did you mean ...?` when one of the names is close to what was given, else nothing."""
    name = closest(given, names)
    return f"did you mean {name}?" if name else ""


def closest(given: object, names: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    spellings = {_spelling(name): name for name in names}
    close = difflib.get_close_matches(_spelling(str(given)), spellings, n=1)
    return spellings[close[0]] if close else None


def alternatives(values: Sequence[object]) -> str:
    """Values to choose from, as a sentence names them: `"a", "b" or "c"`."""
    *others, last = map(shown, values)
    return f"{', '.join(others)} or {last}" if others else last


def example_line(key: str, annotation: Any, default: object) -> str:
    """A right line of TOML for a field."""
    return f"{key} = {shown(example(annotation, default))}"


def example(annotation: Any, default: object) -> object:
    """A right value for a field: its default, or where that is empty one that fits the type."""
    wanted, _, examples = _bare(annotation)
    if isinstance(wanted, inspect.BoolType):
        return True
    if default and default is not NODEFAULT:
        return default
    if isinstance(wanted, Number):
        return 60
    fitting = examples[0] if examples else "some text"
    return (fitting,) if isinstance(wanted, inspect.VarTupleType) else fitting


def shown(value: object) -> str:
    """A value as a message shows it: as TOML, but short, on one line and without credentials."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return printable(value)
        case int():
            return str(value) if abs(value) < _LONG_NUMBER else "a very long number"
        case float():
            return f"{value:.16g}"
        case tuple():
            return f"[{', '.join(map(shown, value))}]"
        case _:
            return kind(value)


def kind(value: object) -> str:
    """What sort of TOML value that is."""
    match value:
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case date():
            return "a date"
        case time():
            return "a time"
        case list():
            return "a list"
        case _:
            return "a table"


def _number_complaint(value: object, wanted: Number, line: str) -> tuple[str, str]:
    noun = "a whole number" if isinstance(wanted, inspect.IntType) else "a number"
    if isinstance(value, str):
        written = value.strip().removeprefix("-").replace(".", "", 1).isdecimal()
        return (
            f"expected {noun}, got {shown(value)}",
            "write it without quotes" if written else f"write it in digits and without quotes, as in {line}",
        )
    right_kind = isinstance(value, int if isinstance(wanted, inspect.IntType) else int | float)
    if isinstance(value, bool) or not right_kind:
        return f"expected {noun}, got {shown(value)}", f"write for example {line}"
    return f"expected {noun} {_bounds(wanted)}, got {shown(value)}", f"write for example {line}"


def _bounds(wanted: Number) -> str:
    if wanted.le is None:
        return f"of at least {wanted.ge}"
    return f"from {wanted.ge} to {wanted.le}" if wanted.ge is not None else f"above {wanted.gt} and up to {wanted.le}"


def _spelling(name: str) -> str:
    return name[:80].strip().lower().replace("-", "_")


def _bare(annotation: Any) -> tuple[inspect.Type, str, list[str]]:
    """A field's type without `None` and metadata, the words that describe it, and examples."""
    found = inspect.type_info(annotation)
    if isinstance(found, inspect.UnionType):
        found = next(option for option in found.types if not isinstance(option, inspect.NoneType))
    if isinstance(found, inspect.Metadata):
        schema = found.extra_json_schema or {}
        return found.type, str(schema.get("description", "")), list(schema.get("examples", ()))
    return found, "", []
