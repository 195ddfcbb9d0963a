"""Secrets in variables and files, and what is said where they stand in the open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from config.load import load, problems
from config.problem import Problem

ENVIRON = {"WORD": "p@ss/w:d", "FEED": "https://a.example/feed?key=1", "EMPTY": ""}


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "backissue.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def errors(path: Path) -> list[Problem]:
    return [problem for problem in problems(path, ENVIRON) if problem.severity == "error"]


def source(url: str) -> str:
    return f'[[sources]]\nurl = "{url}"\n'


def test_secrets_come_from_variables_and_files(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("from a file\n", encoding="utf-8")
    text = '[http]\ntoken = "${file:word}"\n' + "".join(
        source(url)
        for url in (
            "https://ann:${WORD}@b.example/feed",
            "https://c.example/feed?token=${file:word}",
            "${FEED}",
        )
    )

    settings = load(written(tmp_path, text), ENVIRON)

    assert settings.http.token == "from a file"
    assert [one.url for one in settings.sources] == [
        "https://ann:p%40ss%2Fw%3Ad@b.example/feed",
        "https://c.example/feed?token=from%20a%20file",
        "https://a.example/feed?key=1",
    ]


CHANNEL = '[[channels]]\nname = "a"\ntitle = "A"\n'


def test_channels_have_secrets_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("from-a-file-of-its-own\n", encoding="utf-8")
    text = f'{CHANNEL}token = "${{file:word}}"\npassword = "${{WORD}}"\n'

    settings = load(written(tmp_path, text), ENVIRON)

    (channel,) = settings.channels
    assert (channel.token, channel.password, channel.user) == ("from-a-file-of-its-own", "p@ss/w:d", "reader")
    assert (channel.folder, channel.private) == ("a-from-a-file-of-its-own", True)


def test_a_token_that_can_be_guessed_is_refused_and_not_shown(tmp_path: Path) -> None:
    (problem,) = errors(written(tmp_path, f'{CHANNEL}token = "too-short"\n'))

    assert "channels[0].token: expected 20 to 100 letters" in str(problem)
    assert "too-short" not in str(problem)


def test_paths_start_at_the_configuration_or_at_home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    for path in (tmp_path / "home/word", tmp_path / "word"):
        path.write_text(path.parent.name, encoding="utf-8")

    for named, value in (("~/word", "home"), (str(tmp_path / "word"), tmp_path.name), ("word", tmp_path.name)):
        settings = load(written(tmp_path, f'[http]\ntoken = "${{file:{named}}}"\n'), {"HOME": str(tmp_path / "home")})
        assert settings.http.token == value


def test_elsewhere_they_are_texts(tmp_path: Path) -> None:
    text = '[site]\ntitle = "${WORD}"\n[[channels]]\nname = "a"\ntitle = "${file:word}"\n'

    settings = load(written(tmp_path, text), ENVIRON)

    assert (settings.site.title, settings.channels[0].title) == ("${WORD}", "${file:word}")


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("${MISSING}", "http.token: names the variable MISSING, which is not set; set MISSING"),
        ("${EMPTY}", "names the variable EMPTY, which is not set"),
        ("${file:missing}", "missing, which is not there; write it"),
        ("${file:.}", "which is not there"),
        ("${file:/dev/zero}", "which is not there"),
        ("${file:lines}", "lines, which does not hold one line"),
        ("${file:nothing}", "nothing, which does not hold one line"),
        ("${file:binary}", "binary, which cannot be read as text"),
        ("${file:large}", "large, which does not hold one line"),
    ],
)
def test_what_cannot_be_had_is_told_with_its_line(tmp_path: Path, token: str, said: str) -> None:
    for name, data in {"lines": b"a\nb\n", "nothing": b"\n", "binary": b"\xff", "large": b"x" * 20_000}.items():
        (tmp_path / name).write_bytes(data)

    (problem,) = errors(written(tmp_path, f'[http]\n\ntoken = "{token}"\n'))

    assert said in str(problem)
    assert problem.line == 3


@pytest.mark.skipif(os.name != "posix", reason="rights are told otherwise here")
@pytest.mark.parametrize(
    ("text", "mode", "warned"),
    [
        ('[http]\ntoken = "secret"\n', 0o644, True),
        ('[http]\ntoken = "secret"\n', 0o640, True),
        ('[http]\ntoken = "secret"\n', 0o600, False),
        ('[http]\ntoken = ""\n', 0o644, False),
        ('[http]\ntoken = "${WORD}"\n', 0o644, False),
        (source("https://ann:pw@b.example/"), 0o644, True),
        (source("https://ann:${WORD}@b.example/"), 0o644, False),
        (source("https://b.example/a:b@c"), 0o644, False),
        (f'{CHANNEL}password = "secret"\n', 0o644, True),
        (f'{CHANNEL}password = "${{WORD}}"\n', 0o644, False),
        ("sources = 1\n[http]\n", 0o644, False),
    ],
)
def test_secrets_in_the_open_are_warned_of(tmp_path: Path, text: str, mode: int, warned: bool) -> None:
    found = [str(problem) for problem in problems(written(tmp_path, text, mode), ENVIRON)]

    assert any("holds a secret that others on this machine may read" in line for line in found) is warned
    assert not any("secret}" in line or "pw" in line for line in found)
