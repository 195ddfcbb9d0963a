"""Secrets that stand elsewhere: `${NAME}` is a variable's value, `${file:PATH}` the text of a file.

They are taken where a secret may stand and nowhere else: in the fields marked `Secret`, and in the addresses of
[[sources]]. There the value is percent-encoded, unless it is the whole address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from config.check import fields_of, list_tables, single_tables
from config.locate import KeyPath
from config.problem import Finding
from config.redact import is_secret

_REFERENCE = re.compile(r"\$\{(?:file:(?P<file>[^{}]+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*))\}")
_LONGEST = 10_000  # bytes of a file: no secret is longer


def filled(document: Mapping[str, Any], environ: Mapping[str, str], root: Path) -> tuple[dict[str, Any], list[Finding]]:
    """The TOML document with the secrets in it, and what could not be had. Relative paths start at `root`."""
    found: list[Finding] = []

    def fill(path: KeyPath, value: object) -> object:
        if not isinstance(value, str):
            return value
        whole = _REFERENCE.fullmatch(value)

        def put(match: re.Match[str]) -> str:
            secret = _secret(match, environ, root)
            if isinstance(secret, tuple):
                found.append(Finding(path, *secret))
                return match[0]
            return secret if whole or path[0] != "sources" else quote(secret, safe="")

        return _REFERENCE.sub(put, value)

    filled = dict(document)
    for table, kind in single_tables().items():
        if isinstance(given := document.get(table), dict):
            secret = {field.name for field in fields_of(kind).values() if is_secret(field.type)}
            filled[table] = {key: fill((table, key), value) if key in secret else value for key, value in given.items()}
    for table, kind in list_tables().items():
        secret = {field.name for field in fields_of(kind).values() if is_secret(field.type)}
        if secret and isinstance(several := document.get(table), list):
            filled[table] = [
                {key: fill((table, number, key), value) if key in secret else value for key, value in one.items()}
                if isinstance(one, dict)
                else one
                for number, one in enumerate(several)
            ]
    if isinstance(sources := document.get("sources"), list):
        filled["sources"] = [_source(number, source, fill) for number, source in enumerate(sources)]
    return filled, found


def at_home(path: str, home: str | None) -> str:
    """The path, with the home folder in the place of ~/."""
    return str(Path(home, path[2:])) if home and path.startswith("~/") else path


def exposed(document: Mapping[str, Any]) -> Iterator[KeyPath]:
    """The keys whose secrets stand in the document itself, for all to read who may read the file."""
    for table, kind in single_tables().items():
        yield from ((table, key) for key in _open(document.get(table), kind))
    for table, kind in list_tables().items():
        several = document.get(table)
        for number, one in enumerate(several if isinstance(several, list) else ()):
            yield from ((table, number, key) for key in _open(one, kind))
    sources = document.get("sources")
    for number, source in enumerate(sources if isinstance(sources, list) else ()):
        url = source.get("url") if isinstance(source, dict) else None
        if isinstance(url, str) and _has_password(url):
            yield "sources", number, "url"


def _open(given: object, kind: type[Struct]) -> Iterator[str]:
    """The keys of a table whose secrets stand there."""
    for field in fields_of(kind).values() if isinstance(given, dict) else ():
        value = given.get(field.name) if isinstance(given, dict) else None
        if is_secret(field.type) and isinstance(value, str) and _REFERENCE.sub("", value):
            yield field.name


def _source(number: int, source: Any, fill: Callable[[KeyPath, object], object]) -> Any:
    if not isinstance(source, dict) or "url" not in source:
        return source
    return {**source, "url": fill(("sources", number, "url"), source["url"])}


def _has_password(url: str) -> bool:
    """Whether something other than a reference stands between a user's name and the host."""
    user, at, _ = _REFERENCE.sub("", url).partition("://")[2].partition("/")[0].rpartition("@")
    return bool(at and user.partition(":")[2])


def _secret(match: re.Match[str], environ: Mapping[str, str], root: Path) -> str | tuple[str, str]:
    """The secret, or what is wrong and what to do."""
    if name := match["name"]:
        value = environ.get(name)
        return value if value else (f"names the variable {name}, which is not set", f"set {name}, or correct its name")
    path = Path(root, at_home(match["file"], environ.get("HOME")))
    wanted = f"names the file {path}, which "
    try:
        if not path.is_file():
            return wanted + "is not there", "write it, or correct its name"
        with path.open("rb") as file:
            text = file.read(_LONGEST + 1).decode()
    except (OSError, ValueError):
        return wanted + "cannot be read as text", "give this user the right to read it, and save it as UTF-8"
    value = text.strip("\r\n")
    if not value or len(text) > _LONGEST or "\n" in value:
        return wanted + "does not hold one line", "write the secret into it, and nothing else"
    return value
