"""Settings from environment variables: what they set, and what is said of those that set nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.load import load, problems


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "backissue.toml"
    path.write_text("[site]\nauthor = 'Ann'\n[http]\ntimeout = 20\nper_host = 2\n")
    return path


def test_variables_stand_above_the_file(path: Path) -> None:
    environ = {
        "BACKISSUE_SITE__TITLE": '5 "x"',
        "BACKISSUE_SITE__BASE_URL": "https://a.example",
        "BACKISSUE_HTTP__TIMEOUT": "10",
        "BACKISSUE_HTTP__ALLOW_PRIVATE_ADDRESSES": "Yes",
        "BACKISSUE_HTTP__TOKEN": "s3cret of more than sixteen",
        "BACKISSUE_SERVE__PORT": " 99 ",
        "BACKISSUE_SCHEDULE__TICK": "0.5",
        "BACKISSUE_STORAGE__ARCHIVE": "~/a.sqlite",
        "BACKISSUE_CONFIG": "elsewhere.toml",
        "_BACKISSUE_COMPLETE": "bash_source",
        "BACKISSUE_ANYTHING": "x",
        "HOME": "/home/ann",
    }
    assert problems(path, environ) == []
    settings = load(path, environ)
    assert (settings.site.title, settings.site.base_url) == ('5 "x"', "https://a.example/")
    assert (settings.http.timeout, settings.http.per_host, settings.http.allow_private_addresses) == (10.0, 2, True)
    assert isinstance(settings.http.timeout, float)
    assert (settings.http.token, settings.serve.port, settings.schedule.tick) == (
        "s3cret of more than sixteen",
        99,
        0.5,
    )
    assert settings.storage.archive == "/home/ann/a.sqlite"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "HTTP__TIMEOUT",
            "soon",
            'expected a number, got "soon"; write it in digits and without quotes, as in BACKISSUE_HTTP__TIMEOUT=30.0',
        ),
        (
            "HTTP__TIMEOUT",
            "nan",
            "expected a number above 0 and up to 86400, got nan; write for example BACKISSUE_HTTP__TIMEOUT=30.0",
        ),
        ("HTTP__PER_HOST", "1.5", "expected a whole number, got 1.5; write for example BACKISSUE_HTTP__PER_HOST=1"),
        (
            "HTTP__PER_HOST",
            "",
            'expected a whole number, got ""; write it in digits and without quotes, as in BACKISSUE_HTTP__PER_HOST=1',
        ),
        (
            "SERVE__PORT",
            "70000",
            "expected a whole number from 0 to 65535, got 70000; write for example BACKISSUE_SERVE__PORT=8080",
        ),
        ("HTTP__ALLOW_PRIVATE_ADDRESSES", "2", 'expected true or false, got "2"; write one of the two, without quotes'),
        ("SITE__TITLE", "", "is empty; write for example BACKISSUE_SITE__TITLE=Backissue"),
        ("SITE__TITLE", "a\udcff", "holds the character U+DCFF, which no feed may hold; take it out"),
        (
            "SCHEDULE__MINIMUM",
            "61",
            "minimum is 61 minutes, but interval only 60; keep to minimum <= interval <= maximum",
        ),
        ("HTPP__TIMEOUT", "1", "is not a setting; did you mean BACKISSUE_HTTP__TIMEOUT?"),
        ("HTTP__TIMEOUTS", "1", "is not a setting; did you mean BACKISSUE_HTTP__TIMEOUT?"),
        (
            "XX__YY",
            "1",
            "is not a setting; unset it; the tables are SITE, STORAGE, HTTP, LIMITS, SCHEDULE, "
            "BACKFILL, SERVE, PUSH, MEDIA",
        ),
        ("CHANNELS__NAME", "1", "channels cannot be set by a variable; write it in the file"),
    ],
)
def test_a_wrong_variable_is_named(path: Path, name: str, value: str, expected: str) -> None:
    found = [str(problem) for problem in problems(path, {f"BACKISSUE_{name}": value})]
    assert found == [f"BACKISSUE_{name}: {expected}"]


def test_a_list_is_written_with_blanks_or_commas(path: Path) -> None:
    settings = load(path, {"BACKISSUE_HTTP__ALLOW_PRIVATE": "10.0.0.0/8, intranet.example"})
    assert settings.http.allow_private == ("10.0.0.0/8", "intranet.example")
    [problem] = problems(path, {"BACKISSUE_HTTP__ALLOW_PRIVATE": "http://x"})
    assert "expected a host, an IP address or a network (CIDR)" in problem.reason


def test_a_missing_underscore_is_a_warning(path: Path) -> None:
    environ = {"BACKISSUE_HTTP_TIMEOUT": "1"}
    assert load(path, environ).http.timeout == 20
    assert [str(problem) for problem in problems(path, environ)] == [
        "warning: BACKISSUE_HTTP_TIMEOUT: sets nothing: two underscores go between table and key; "
        "write BACKISSUE_HTTP__TIMEOUT"
    ]


def test_what_is_wrong_in_the_file_is_told_even_if_a_variable_stands_above_it(path: Path) -> None:
    path.write_text("[site]\nauthor = 'Ann'\n[http]\ntimeout = 'x'\n")
    assert [problem.key for problem in problems(path, {"BACKISSUE_HTTP__TIMEOUT": "1"})] == ["http.timeout"]


def test_variables_are_checked_even_without_a_file(tmp_path: Path) -> None:
    found = problems(tmp_path / "none.toml", {"BACKISSUE_HTTP__TIMEOUT": "x"})
    assert [problem.key for problem in found] == ["", "BACKISSUE_HTTP__TIMEOUT"]
