"""The example configuration: complete, with true defaults, and valid with everything switched on."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from msgspec import NODEFAULT, Struct, structs

from config.check import fields_of, list_element
from config.load import load, problems
from config.problem import ConfigError
from config.settings import Channel, Settings
from config.template import template

SWITCHED_OFF = re.compile(r"^#(?=\S)", re.MULTILINE)


def written(folder: Path, text: str) -> Path:
    path = folder / "backissue.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_it_loads_to_the_defaults(tmp_path: Path) -> None:
    assert load(written(tmp_path, template()), {}) == Settings(root=str(tmp_path))


TABLES = [(name, list_element(field) or field.type) for name, field in fields_of(Settings).items()]


@pytest.mark.parametrize(("name", "table"), TABLES)
def test_every_setting_stands_there_with_its_default(name: str, table: type[Struct]) -> None:
    document: dict[str, Any] = tomllib.loads(SWITCHED_OFF.sub("", template()))
    shown = document[name][0] if isinstance(document[name], list) else document[name]
    assert list(shown) == [field.name for field in structs.fields(table)]
    for field in structs.fields(table):
        if field.default is not NODEFAULT and field.default is not None:
            default = list(field.default) if isinstance(field.default, tuple) else field.default
            assert shown[field.name] == default, field.name
            assert type(shown[field.name]) is type(default), field.name


def test_every_setting_has_a_comment() -> None:
    lines = template().partition("# Another channel")[0].splitlines()
    for before, line in pairwise(lines):
        if re.match(r"#?[a-z_]+ = ", line):
            assert re.match(r"# [A-Z].*\.$", before), line


def test_it_is_valid_with_everything_switched_on(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    path = written(tmp_path, SWITCHED_OFF.sub("", template(author="Ann")))
    assert problems(path, {}) == []
    settings = load(path, {})
    assert len(settings.sources) == len(settings.folders) == 1
    assert settings.channels[1] == Channel(name="news", title="News", tags=("news",), entries=20, formats=("atom",))


def test_what_is_given_is_filled_in(tmp_path: Path) -> None:
    given = {
        "title": 'Ann\'s "blog" \\ \n title = ""',
        "base_url": "https://a.example/x/",
        "author": 'author = ""',
        "email": "ann@a.example",
        "language": "pt-BR",
        "description": "",
    }
    text = template(**given)
    assert structs.asdict(load(written(tmp_path, text), {}).site) == {**given, "images": False, "hubs": ()}
    assert text.count("\n") == template().count("\n")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"base_url": "a.example"},
            "site.base_url: expected an address that starts with http:// or https:// "
            'and holds no spaces, got "a.example"; write for example "https://example.org/"',
        ),
        ({"title": ""}, 'site.title: is empty; write for example title = "Backissue"'),
        ({"title": "\udcff"}, "site.title: holds the character U+DCFF, which no feed may hold; take it out"),
        ({"title": "\x7f"}, "site.title: holds the character U+007F, which no feed may hold; take it out"),
    ],
)
def test_what_would_not_load_is_not_filled_in(given: dict[str, str], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        template(**given)
    assert str(caught.value) == expected
