"""What holds for every command: help, JSON, completion, and one line for whatever is typed wrongly."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

import click
import pytest
from click.testing import CliRunner

from backissue.cli import main
from tests.support.home import ARTICLE, Home, rss, wait_for
from tests.support.server import FeedServer

CONTEXT = click.Context(main)
COMMANDS = main.list_commands(CONTEXT)
# What makes each command do something in a folder with an article and a feed; {feed} and {new} are addresses.
WORDS: dict[str, tuple[str, ...]] = {
    "add": ("{new}",),
    "archive": (),
    "backfill": ("{feed}",),
    "backup": (),
    "check": (),
    "checkpoint": (),
    "completion": ("bash",),
    "coverage": (),
    "explain": ("{feed}",),
    "export": (),
    "gaps": (),
    "history": ("1",),
    "import": ("list.opml",),
    "ingest": ("ferry.txt",),
    "init": ("elsewhere",),
    "list": (),
    "merge": ("3", "2"),
    "prove": ("1",),
    "publish": (),
    "remove": ("{feed}",),
    "reparse": (),
    "replay": ("copies", "{feed}"),
    "restore": ("copy.sqlite",),
    "search": ("ferry",),
    "show": ("1",),
    "split": ("2", "guid:one"),
    "status": (),
    "verify": (),
    "withdraw": ("1", "--reason", "by mistake"),
}


def command_of(name: str) -> click.Command:
    command = main.get_command(CONTEXT, name)
    assert command is not None
    return command


@pytest.fixture
def full(home: Home, feed_server: FeedServer) -> dict[str, str]:
    """A home with an article and a feed; the words that the table's places stand for."""
    feed_server.put("/feed", rss("La Source", "one", "three"))
    feed_server.put("/new", rss("New", "two"))
    home.write("ferry.txt", ARTICLE)
    home("ingest", "ferry.txt")
    home("add", feed_server.url("/feed"))
    home("checkpoint")
    home("backup", "copy.sqlite")
    home.write("list.opml", home("export").stdout)
    home.write("copies/2024-05-01T12-30-00Z.xml", rss("La Source", "zero"))
    return {"feed": feed_server.url("/feed"), "new": feed_server.url("/new")}


def test_every_command_is_in_the_table() -> None:
    assert set(COMMANDS) == {*WORDS, "run", "serve"}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_and_begins_as_the_list_of_commands_says(name: str) -> None:
    explained = CliRunner().invoke(main, [name, "--help"], prog_name="backissue").stdout
    assert "Example:\n  backissue " in explained.replace("    backissue", "  backissue").replace("  Example", "Example")
    assert "--json" in explained
    listed = CliRunner().invoke(main, ["--help"], prog_name="backissue").stdout
    summary = cast(str, command_of(name).help).splitlines()[0]
    assert f"  {name:<12}{summary}\n" in listed


@pytest.mark.parametrize("name", sorted(WORDS))
def test_json_is_one_document(name: str, home: Home, full: dict[str, str]) -> None:
    if name == "split":
        home("merge", "3", "2")
    found = home.json(name, *(word.format(**full) for word in WORDS[name]))
    assert isinstance(found, dict) and found


@pytest.mark.parametrize("name", ["run", "serve"])
def test_json_of_what_goes_on_is_a_document_a_line(name: str, home: Home, full: dict[str, str]) -> None:
    process = home.start(name, "--json", "--port", "0")
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    assert first["address"].startswith("http://127.0.0.1:")
    if name == "run":
        wait_for((home.folder / "public/all/feed.rss").exists)
    process.terminate()
    rest, errors = process.communicate(timeout=10)
    assert all(isinstance(json.loads(line), dict) for line in rest.splitlines())
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("words", [("--no-such-option",), ("a\x01", "b", "c", "d", "e", "f")])
def test_nonsense_is_told_in_one_line(name: str, words: tuple[str, ...], home: Home) -> None:
    if name in ("ingest", "archive", "search") and len(words) > 1:
        words = ("\x01",)
    result = CliRunner().invoke(main, [name, *words], prog_name="backissue")
    assert result.exit_code in (1, 2)
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("Error: "), lines


@pytest.mark.parametrize("name", COMMANDS)
def test_without_arguments_no_command_fails_in_a_riddle(name: str, home: Home) -> None:
    if name in ("run", "serve"):
        return  # these need none; see the test of what goes on
    result = CliRunner().invoke(main, [name], prog_name="backissue")
    assert result.exit_code in (0, 1, 2)
    assert len(result.stderr.splitlines()) == (0 if result.exit_code == 0 else 1), result.stderr


def test_errors_are_json_where_that_was_asked_for(home: Home) -> None:
    for words in (("show", "--json", "7"), ("list", "--json", "--limit", "x"), ("add", "--json")):
        result = CliRunner().invoke(main, words, prog_name="backissue")
        assert result.exit_code in (1, 2)
        told = json.loads(result.stderr)["error"]
        assert told["line"] == f"{told['subject']}: {told['reason']}; {told['remedy']}"


@pytest.mark.parametrize("typed, meant", [("lst", "list"), ("achive", "archive"), ("serach", "search")])
def test_a_command_nearly_right_is_proposed(typed: str, meant: str, home: Home) -> None:
    line = f"Error: backissue: no such command '{typed}'; did you mean '{meant}'?\n"
    assert home(typed, code=2).stderr == line


READING = ["archive", "export", "list", "publish", "run", "serve"]


@pytest.mark.parametrize("name", READING)
@pytest.mark.parametrize("where", ["outside", "unreadable", "folder", "missing", "wrong"])
def test_a_configuration_that_is_none(name: str, where: str, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before: list[str] = []
    match where:
        case "outside":
            monkeypatch.chdir("/")
            said = "backissue.toml: is neither in / nor in a folder above it; run 'backissue init' to write one"
        case "unreadable":
            home.write("backissue.toml", b"\xff\xfe\x00bad")
            said = "backissue.toml:1: is not UTF-8 text"
        case "folder":
            monkeypatch.setenv("BACKISSUE_CONFIG", str(home.folder))
            said = f"{home.folder}: is a folder; name the file in it, such as {home.folder}/backissue.toml"
        case "missing":
            before = ["--config", "nowhere.toml"]
            said = "nowhere.toml: does not exist; run 'backissue init' to write one"
        case _:
            home.configure("[site]\ntitel = 1\n")
            said = "backissue.toml:2: site.titel: is not a setting; did you mean title?"
    result = home(*before, name, code=1)
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith(f"Error: {said}"), lines
    assert {path.name for path in home.folder.iterdir()} <= {"backissue.toml"}


def test_the_configuration_may_lie_elsewhere(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away = tmp_path / "away"
    home("init", away, "--author", "Zoë")
    home.write("ferry.txt", ARTICLE)
    assert home("--config", away / "backissue.toml", "ingest", "ferry.txt")
    assert (away / "backissue.sqlite").exists() and not (home.folder / "backissue.sqlite").exists()
    monkeypatch.setenv("BACKISSUE_CONFIG", str(away / "backissue.toml"))
    assert home.json("list")["feeds"][0]["entries"] == 1


def completed(home: Home, *words: str) -> list[str]:
    """What a shell is offered for the last word."""
    line = {"COMP_WORDS": " ".join(("backissue", *words)), "COMP_CWORD": str(len(words))}
    environ = os.environ | {"_BACKISSUE_COMPLETE": "bash_complete"} | line
    done = subprocess.run(
        [Path(sys.executable).with_name("backissue")], cwd=home.folder, env=environ, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_a_shell_is_offered_what_there_is(home: Home, full: dict[str, str]) -> None:
    assert completed(home, "") == COMMANDS
    assert completed(home, "se") == ["search", "serve"]
    assert "--language" in completed(home, "ingest", "--")
    assert completed(home, "remove", "http") == [full["feed"]]
    assert completed(home, "archive", "http") == [full["feed"]]
    assert completed(home, "publish", "") == ["all"]
    assert completed(home, "completion", "z") == ["zsh"]
    home("init", "away")
    assert completed(home, "--config", "away/backissue.toml", "remove", "http") == []
    home.configure("titel = 1")
    assert completed(home, "publish", "") == []


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_completes_addresses_though_it_parts_words_at_colons(home: Home, full: dict[str, str]) -> None:
    (home.folder / "backissue").symlink_to(Path(sys.executable).with_name("backissue"))
    script = home("completion", "bash").stdout
    # What bash itself sets before it calls the function; readline replaces what stands behind the last colon.
    for line in ("backissue remove http:", "backissue pub"):
        script += f'COMP_LINE="{line}" COMP_POINT={len(line)}\n_backissue_completion ./backissue\n'
        script += 'printf "%s\\n" "${COMPREPLY[@]}"\n'
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [full["feed"].removeprefix("http:"), "publish"]


def test_version_and_help_come_at_once() -> None:
    heavy = {"aiohttp", "trafilatura", "feedgen", "apscheduler", "uvicorn", "rich", "sqlite_utils", "lxml"}
    for words in (["--version"], ["--help"]):
        code = f"import sys; sys.argv = ['backissue', {words[0]!r}]; import backissue.cli as c\n"
        code += "try: c.main()\nexcept SystemExit: pass\nprint(*{name.split('.')[0] for name in sys.modules})"
        begun = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert time.perf_counter() - begun < 5
        assert not heavy & set(done.stdout.splitlines()[-1].split())
