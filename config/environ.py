"""Settings from the environment: BACKISSUE_HTTP__TIMEOUT=10 stands above `timeout` in the table [http]."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from msgspec import UNSET, Struct, inspect
from msgspec.structs import FieldInfo

from config.check import check_value, fields_of, single_tables
from config.locate import KeyPath
from config.problem import Finding, Problem, key_text
from config.settings import Settings
from config.words import closest, example

PREFIX = "BACKISSUE_"
CONFIG = "BACKISSUE_CONFIG"  # names the configuration file; not a setting

_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class Overrides(Struct, frozen=True):
    """What the environment sets: values by table and key, the variable that each came from, and what is wrong."""

    values: dict[str, dict[str, Any]]
    variables: dict[KeyPath, str]
    problems: tuple[Problem, ...]


def overrides(environ: Mapping[str, str]) -> Overrides:
    """Read the variables BACKISSUE_<TABLE>__<KEY>; their values are written without quotes.

    A variable that no setting answers to is an error when it has a table part, a warning when it only lacks the second
    underscore, and otherwise none of our business.
    """
    settings = variables()
    values: dict[str, dict[str, Any]] = {}
    origins: dict[KeyPath, str] = {}
    problems: list[Problem] = []
    for name in sorted(name for name in environ if name.startswith(PREFIX)):
        if name not in settings:
            problems += _unknown(name, settings)
            continue
        table, field = settings[name]
        found: list[Finding] = []
        line = partial(_line, name, field)
        value = check_value(_typed(environ[name], field.type), field.type, (table, field.name), line, found)
        problems += [Problem(key=name, reason=finding.reason, remedy=finding.remedy) for finding in found]
        if value is not UNSET:
            values.setdefault(table, {})[field.name] = value
            origins[table, field.name] = name
    return Overrides(values, origins, tuple(problems))


def _line(name: str, field: FieldInfo) -> str:
    right = example(field.type, field.default)
    return f"{name}={' '.join(right) if isinstance(right, tuple) else right}"


def variables() -> dict[str, tuple[str, FieldInfo]]:
    """Every variable that sets something, with its table and field. Lists of tables can be written in the file only."""
    return {
        f"{PREFIX}{table}__{field.name}".upper(): (table, field)
        for table, kind in single_tables().items()
        for field in fields_of(kind).values()
    }


def _typed(text: str, annotation: Any) -> object:
    """The text as the type that its field has; the text itself where it does not read as one."""
    kind = inspect.type_info(annotation)
    if isinstance(kind, inspect.BoolType):
        return _SWITCH.get(text.strip().lower(), text)
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        return _number(text)
    if isinstance(kind, inspect.VarTupleType):
        return text.replace(",", " ").split()
    return text


def _number(text: str) -> int | float | str:
    for number in (int, float):
        with suppress(ValueError):
            return number(text)
    return text


def _unknown(name: str, settings: Mapping[str, object]) -> list[Problem]:
    key = key_text((name,))
    table, has_table, _ = name.removeprefix(PREFIX).partition("__")
    if has_table and table.lower() in fields_of(Settings).keys() - single_tables():
        return [Problem(key=key, reason=f"{table.lower()} cannot be set by a variable", remedy="write it in the file")]
    if has_table:
        meant = closest(name.removeprefix(PREFIX), [known.removeprefix(PREFIX) for known in settings])
        tables = ", ".join(single_tables()).upper()
        remedy = f"did you mean {PREFIX}{meant}?" if meant else f"unset it; the tables are {tables}"
        return [Problem(key=key, reason="is not a setting", remedy=remedy)]
    meant = next((known for known in settings if known.replace("__", "_") == name), None)
    reason = "sets nothing: two underscores go between table and key"
    return [Problem(key=name, reason=reason, remedy=f"write {meant}", severity="warning")] if meant else []
