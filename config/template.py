"""The commented configuration that `backissue init` writes."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from msgspec import structs

from config.load import FILE_NAME, read
from config.problem import ConfigError
from config.settings import Site


def template(
    *,
    title: str | None = None,
    base_url: str | None = None,
    author: str | None = None,
    email: str | None = None,
    language: str | None = None,
    description: str | None = None,
) -> str:
    """The text of a backissue.toml with every setting, its default and what it does.

    What is given is filled into the table [site]. Raises ConfigError when it would not be a right setting there; its
    problems name the key alone, as there is no file yet.
    """
    text = files("config").joinpath(FILE_NAME).read_text(encoding="utf-8")
    given = {
        "title": title,
        "base_url": base_url,
        "author": author,
        "email": email,
        "language": language,
        "description": description,
    }
    for key, value in given.items():
        if value is not None:
            # [site] is the first table, so the first line of that kind is its own.
            text = text.replace(f"{key} = {_toml(getattr(Site(), key))}\n", f"{key} = {_toml(value)}\n", 1)
    errors = read(text, FILE_NAME, Path(), {}).errors
    if errors:
        raise ConfigError([structs.replace(error, file=None, line=None) for error in errors])
    return text


def _toml(text: str) -> str:
    """A TOML basic string. JSON's escapes are among TOML's; JSON alone lets U+007F stand as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
