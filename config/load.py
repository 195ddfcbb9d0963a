"""Finds, reads and checks the configuration; tells everything that is wrong with it in one go."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct, structs

from config.check import check
from config.cross import cross_check
from config.environ import CONFIG, overrides
from config.locate import KeyPath, line_of, locate
from config.problem import ConfigError, Finding, Problem, key_text
from config.secrets import at_home, exposed, filled
from config.settings import Settings
from config.syntax import syntax_problem

FILE_NAME = "backissue.toml"
_IN_PATHS = "/:?#@!$&'()*+,;=%~"
_INIT = "run 'backissue init' to write one"


class Reading(Struct, frozen=True):
    """A configuration, read: the settings, with defaults where something is wrong, and what is wrong, in order."""

    settings: Settings
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep the settings from being used."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ, start: Path = Path()) -> Settings:
    """The settings of a configuration file, with those of the environment above them.

    Without a path, BACKISSUE_CONFIG names the file; without that, backissue.toml is looked for in the folder `start`
    and those above it. `root` is the file's folder. Raises ConfigError with every error there is.
    """
    reading = _open(path, environ, start)
    if reading.errors:
        raise ConfigError(reading.errors)
    return reading.settings


def problems(path: Path | None = None, environ: Mapping[str, str] = os.environ, start: Path = Path()) -> list[Problem]:
    """Every error and warning that `load` with the same arguments meets; empty when all is well. Raises nothing."""
    try:
        return list(_open(path, environ, start).problems)
    except ConfigError as error:
        return list(error.problems)


def find(start: Path) -> Path | None:
    """The backissue.toml in a folder or the nearest folder above it."""
    above = (folder / FILE_NAME for folder in Path(os.path.realpath(start)).parents)
    return next((path for path in (start / FILE_NAME, *above) if path.exists()), None)


def read(text: str, file: str, root: Path, environ: Mapping[str, str], *, shared: bool = False) -> Reading:
    """Read and check the text of a configuration; `file` is what messages call it, `root` the folder it is for.

    `shared` tells that others on this machine may read the file, too.
    """
    from_environ = overrides(environ)
    try:
        document, lines = tomllib.loads(text), locate(text)
    except (ValueError, RecursionError) as error:
        return Reading(Settings(root=str(root)), (syntax_problem(text, file, error), *from_environ.problems))
    complete, missing = filled(document, environ, root)
    checked = check(complete)
    settings = _settled(checked.settings, from_environ.values, environ.get("HOME"), root)
    in_file = [*missing, *checked.findings, *(_open_secrets(document) if shared else ())]
    problems = [_problem(finding, file, lines, {}) for finding in in_file]
    between = cross_check(settings, checked.places)
    problems += [_problem(finding, file, lines, from_environ.variables) for finding in between]
    problems.sort(key=lambda problem: (problem.file is None, problem.line or 0))
    return Reading(settings, (*problems, *from_environ.problems))


def _open(path: Path | None, environ: Mapping[str, str], start: Path) -> Reading:
    try:
        named = path or (Path(environ[CONFIG]) if environ.get(CONFIG) else find(start))
    except OSError as error:
        raise ConfigError([_file_problem(start, error), *overrides(environ).problems]) from error
    if named is None:
        reason = f"is neither in {start.absolute()} nor in a folder above it"
        remedy = f"{_INIT}, or name one in {CONFIG}"
        raise ConfigError([Problem(file=FILE_NAME, reason=reason, remedy=remedy), *overrides(environ).problems])
    try:
        text = named.read_bytes().decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise ConfigError([_file_problem(named, error), *overrides(environ).problems]) from error
    shared = os.name == "posix" and bool(named.stat().st_mode & 0o044)
    return read(text, str(named), named.absolute().parent, environ, shared=shared)


def _settled(settings: Settings, environ: Mapping[str, Mapping[str, Any]], home: str | None, root: Path) -> Settings:
    """The settings with the environment's above them, in the one form that the rest of the code relies on."""
    tables = {table: structs.replace(getattr(settings, table), **values) for table, values in environ.items()}
    settings = structs.replace(settings, **tables, root=str(root))
    site, storage = settings.site, settings.storage
    return structs.replace(
        settings,
        site=structs.replace(site, base_url=_in_ascii(site.base_url).rstrip("/") + "/"),
        storage=structs.replace(storage, archive=at_home(storage.archive, home), public=at_home(storage.public, home)),
        folders=tuple(structs.replace(folder, path=at_home(folder.path, home)) for folder in settings.folders),
    )


def _in_ascii(url: str) -> str:
    """An address as it goes over the wire, whatever script it is written in (RFC 3987 section 3.1)."""
    scheme, slashes, rest = url.partition("//")
    host, slash, path = rest.partition("/")
    with suppress(UnicodeError):
        host = host.encode("idna").decode("ascii")
    return f"{scheme}{slashes}{host}{slash}{quote(path, safe=_IN_PATHS)}"


def _open_secrets(document: Mapping[str, Any]) -> Iterator[Finding]:
    for path in exposed(document):
        remedy = "take the file's rights from others (chmod 600), or write ${NAME} or ${file:PATH} in its place"
        yield Finding(path, "holds a secret that others on this machine may read", remedy, "warning")


def _problem(finding: Finding, file: str, lines: Mapping[KeyPath, int], variables: Mapping[KeyPath, str]) -> Problem:
    """A finding with the place to blame: the variable that set the key, or else the key's line in the file."""
    variable = variables.get(finding.path)
    return Problem(
        file=None if variable else file,
        line=None if variable else line_of(lines, finding.path),
        key=variable or key_text(finding.path),
        reason=finding.reason,
        remedy=finding.remedy,
        severity=finding.severity,
    )


def _file_problem(path: Path, error: OSError | ValueError) -> Problem:
    match error:
        case UnicodeDecodeError(object=content, start=start):
            line, byte = content.count(b"\n", 0, start) + 1, content[start]
            return Problem(
                file=str(path),
                line=line,
                reason=f"is not UTF-8 text (byte 0x{byte:02x})",
                remedy="save the file as UTF-8",
            )
        case FileNotFoundError() | NotADirectoryError():
            reason, remedy = "does not exist", _INIT
        case IsADirectoryError():
            reason, remedy = "is a folder", f"name the file in it, such as {path / FILE_NAME}"
        case PermissionError():
            reason, remedy = "may not be read by this user", "give the user the right to read it"
        case _:
            reason, remedy = "cannot be read", f"name another file, or {_INIT}"
    return Problem(file=str(path), reason=reason, remedy=remedy)
