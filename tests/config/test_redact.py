"""Secrets are shown in no message."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.load import load, problems
from config.redact import masked, printable

SECRET = "hush"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://ann:pw@a.example/", "https://***@a.example/"),
        ("https://ann@a.example", "https://***@a.example"),
        ("https://ann:p@w@a.example/", "https://***@a.example/"),
        ("https://a.example/@ann.rss", "https://a.example/@ann.rss"),
        ("https://a.example/?api_key=x#y", "https://a.example/?api_key=***#y"),
        ("https://a.example/?a=b&AUTH=x&c=d", "https://a.example/?a=b&AUTH=***&c=d"),
        ("ann@a.example", "ann@a.example"),
    ],
)
def test_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://ann:p/w@a.example/", '"https://***@a.example/"'),
        ("https://ann:p w@a.example/", '"https://***@a.example/"'),
        ("ann:pw@a.example/", '"***@a.example/"'),
        ("ann@a.example", '"ann@a.example"'),
        ('a"b\\c\n\u2028', '"a\\"b\\\\c\\u000a\\u2028"'),
        ("x" * 100, f'"{"x" * 59}…"'),
    ],
)
def test_printable(text: str, expected: str) -> None:
    assert printable(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"http.token = ['{SECRET}']",
        f"http.token = {{ a = '{SECRET}' }}",
        f'http.token = "{SECRET}\\u0007"',
        f"http.token = {SECRET}",
        f"http.token = '{SECRET}",
        f"http.tokn = '{SECRET}'",
        f"http = '{SECRET}'",
        f"token = '{SECRET}'",
        f"channels = ['{SECRET}']",
        f"'https://ann:{SECRET}@a.example/' = 1",
        f"site.base_url = 'https://ann:{SECRET}@a.example/'",
        f"sources = [{{ url = 'ftp://ann:{SECRET}@a.example/' }}]",
        f"sources = [{{ url = 'ann:{SECRET}@a.example/' }}]",
        f"sources = [{{ url = 'https://ann:p/{SECRET}@a.example/' }}]",
        f"sources = [{{ url = 'https://a.example:x/?key={SECRET}' }}]",
        f"sources = [{{ url = 'https://ann:{SECRET}@a.example/1' }}]\n"
        "channels = [{ name = 'a', title = 'A', feeds = ['https://ann:x@a.example/2'] }]",
    ],
)
def test_messages_hold_no_secret(tmp_path: Path, text: str) -> None:
    path = tmp_path / "backissue.toml"
    path.write_text(text)
    found = [str(problem) for problem in problems(path, {"BACKISSUE_SITE__AUTHOR": "Ann"})]
    assert found
    assert SECRET not in "\n".join(found)


def test_a_number_as_token_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "backissue.toml"
    path.write_text("http.token = 12345")
    assert str(problems(path, {})[1]).endswith("http.token: expected text, got a number; put it in quotes")


def test_a_set_token_is_loaded_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "backissue.toml"
    path.write_text(f"http.token = '{SECRET}'")
    assert load(path, {}).http.token == SECRET
