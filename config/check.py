"""Checks every key of a configuration against the typed settings and finds all that is wrong, not only the first.

msgspec stops at the first error and speaks of types, so it is asked key by key and its verdict is put into plain words.
The functions here append what they find to the `found` they are given.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, get_args, get_origin

import msgspec
from msgspec import UNSET, Struct, inspect, structs
from msgspec.structs import FieldInfo

from config.locate import KeyPath
from config.problem import Finding
from config.redact import HIDDEN, is_secret
from config.settings import Settings
from config.words import complaint, example_line, suggestion, table_complaint

Line = Callable[[], str]


class Checked(Struct, frozen=True):
    """The settings as far as they are right, and all that is wrong.

    `places` tells for each list of tables which elements of the file (from 0) became the settings' elements; those
    that cannot be used are left out.
    """

    settings: Settings
    places: dict[str, tuple[int, ...]]
    findings: tuple[Finding, ...]


def check(document: Mapping[str, object]) -> Checked:
    """Check a TOML document, read. Never raises: what is wrong is in the findings, in the document's order."""
    found: list[Finding] = []
    values: dict[str, Any] = {}
    places: dict[str, tuple[int, ...]] = {}
    known = fields_of(Settings)
    for key, value in document.items():
        if key not in known:
            found.append(_unknown((key,), known))
        elif (table := list_element(known[key])) is not None:
            made = _list_of_tables(table, value, key, found)
            places[key] = tuple(made)
            values[key] = tuple(made.values())
        elif isinstance(value, dict):
            values[key] = _table(known[key].type, value, (key,), found)
        else:
            found.append(Finding((key,), *table_complaint(value, key, is_list=False)))
    return Checked(Settings(**values), places, tuple(found))


def check_value(value: object, annotation: Any, path: KeyPath, line: Line, found: list[Finding]) -> Any:
    """A value, or a list of them, as its field's type wants it, or UNSET when it does not fit."""
    if not (isinstance(value, list) and isinstance(inspect.type_info(annotation), inspect.VarTupleType)):
        return check_scalar(value, annotation, path, line, found)
    element_type = get_args(annotation)[0]
    elements = [check_scalar(each, element_type, (*path, index), line, found) for index, each in enumerate(value)]
    return UNSET if UNSET in elements else tuple(elements)


def check_scalar(value: object, annotation: Any, path: KeyPath, line: Line, found: list[Finding]) -> Any:
    """A single value as its type wants it, or UNSET when it does not fit; `line` makes a right one to propose."""
    if isinstance(value, str) and (letter := _unprintable(value)):
        found.append(Finding(path, f"holds the character U+{ord(letter):04X}, which no feed may hold", "take it out"))
        return UNSET
    try:
        if isinstance(value, float) and not math.isfinite(value):
            raise msgspec.ValidationError
        return msgspec.convert(value, annotation)
    except msgspec.ValidationError:
        hidden = HIDDEN if isinstance(value, str) and is_secret(annotation) else value
        found.append(Finding(path, *complaint(hidden, annotation, line())))
        return UNSET


@cache
def fields_of(table: type[Struct]) -> Mapping[str, FieldInfo]:
    """The keys that a table may hold. `Settings.root` is not one: it is where the file lies."""
    return {field.name: field for field in structs.fields(table) if (table, field.name) != (Settings, "root")}


def list_element(field: FieldInfo) -> type[Struct] | None:
    """The table that a list of tables, such as [[channels]], is made of; None for a field that is no such list."""
    element = get_args(field.type)[0] if get_origin(field.type) is tuple else None
    return element if isinstance(element, type) and issubclass(element, Struct) else None


def single_tables() -> dict[str, type[Struct]]:
    """The tables that a configuration holds once, such as [http]."""
    return {name: field.type for name, field in fields_of(Settings).items() if list_element(field) is None}


def list_tables() -> dict[str, type[Struct]]:
    """The tables that a configuration may hold several of, such as [[channels]]."""
    found = {name: list_element(field) for name, field in fields_of(Settings).items()}
    return {name: table for name, table in found.items() if table is not None}


def _list_of_tables(table: type[Struct], value: object, key: str, found: list[Finding]) -> dict[int, Struct]:
    if not isinstance(value, list):
        found.append(Finding((key,), *table_complaint(value, key, is_list=True)))
        return {}
    made = {}
    for index, element in enumerate(value):
        if not isinstance(element, dict):
            found.append(Finding((key, index), *table_complaint(element, key, is_list=True)))
        elif (usable := _table(table, element, (key, index), found)) is not None:
            made[index] = usable
    return made


def _table(table: type[Struct], given: Mapping[str, object], path: KeyPath, found: list[Finding]) -> Struct | None:
    """The table, with defaults where a value is wrong; None when a key that has no default is missing or wrong."""
    known = fields_of(table)
    values = {}
    for key, value in given.items():
        if key not in known:
            found.append(_unknown((*path, key), known))
            continue
        field = known[key]
        usable = check_value(value, field.type, (*path, key), partial(_line, field), found)
        if usable is not UNSET:
            values[key] = usable
    required = [field for field in known.values() if field.required]
    for field in required:
        if field.name not in given:
            line = example_line(field.name, field.type, None)
            found.append(Finding((*path, field.name), "is missing", f"add a line such as {line}"))
    return table(**values) if all(field.name in values for field in required) else None


def _line(field: FieldInfo) -> str:
    return example_line(field.name, field.type, field.default)


def _unknown(path: KeyPath, known: Mapping[str, FieldInfo]) -> Finding:
    key = str(path[-1])
    homes = [name for name, table in single_tables().items() if key in fields_of(table) and len(path) <= 2]
    if homes:
        return Finding(path, "is not a setting here", f"move it below [{homes[0]}]")
    return Finding(path, "is not a setting", suggestion(key, known) or f"take it out, or use one of {', '.join(known)}")


def _unprintable(text: str) -> str | None:
    """The first character that no XML 1.0 document may hold (section 2.2), or that hides in a terminal."""
    hidden = (letter for letter in text if unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t")
    return next(hidden, None)
