"""What can be wrong with a configuration, and the error that carries it to a person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from config.errors import BackissueError
from config.locate import KeyPath
from config.redact import printable

Severity = Literal["error", "warning"]


class Finding(Struct, frozen=True):
    """Something wrong at a key, before it is known where that key was set."""

    path: KeyPath
    reason: str
    remedy: str
    severity: Severity = "error"


class Problem(Struct, frozen=True, kw_only=True):
    """Something wrong, and where: `key` reads like `channels[1].entries`, or names an environment variable.

    `file` is None for an environment variable; `line` counts from 1 and is None where no line is to blame;
    `key` is empty where the file as a whole is meant. An error keeps the settings from loading, a warning does not.
    """

    file: str | None = None
    line: int | None = None
    key: str = ""
    reason: str
    remedy: str
    severity: Severity = "error"

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        marks = (place, "warning" if self.severity == "warning" else "", self.key, f"{self.reason}; {self.remedy}")
        return ": ".join(mark for mark in marks if mark)


class ConfigError(BackissueError):
    """The configuration cannot be used. `problems` are its errors in the file's order; `str` gives a line for each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        super().__init__(first.file or first.key, first.reason, first.remedy)
        self.problems = tuple(problems)
        self.args = (self.problems,)  # what copy and pickle call the class with

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def key_text(path: KeyPath) -> str:
    """A key as people write it.

    >>> key_text(("channels", 1, "entries"))
    'channels[1].entries'
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if re.fullmatch(r"[\w-]{1,80}", part) else printable(part))
    return text
