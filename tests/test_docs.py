"""What README.md and docs say is true: their commands run, and what they name exists."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest

from backissue.cli import main
from config.settings import Settings
from feeds.opml import read_opml

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# They name commands, too.
FILES = [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "docs/backissue.service", ROOT / "docs/Dockerfile"]
BIN = Path(sys.executable).parent

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONTEXT = click.Context(main)
COMMANDS = {name: main.get_command(_CONTEXT, name) for name in main.list_commands(_CONTEXT)}
# The program and what follows it; in "useradd --home-dir /x/backissue" and "docker run --name backissue" it is none.
_COMMAND = re.compile(
    r"(?:^|(?<=[\s`(])|(?<=bin/))(?<!-u )(?<!--unit )(?<!--name )(?<!--tag )backissue((?: +[^\s`|>&;]+)*)(?=\s|`|$)"
)


def blocks(page: Path, kind: str) -> list[str]:
    """The code blocks of one kind, in order."""
    return [text for name, text in _BLOCK.findall(page.read_text(encoding="utf-8")) if name == kind]


def type_in(page: Path, folder: Path) -> None:
    """Run the commands of a page, block after block, in a fresh folder; each begins where the last one left off."""
    environment = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    here = folder / "here"
    for block in blocks(page, "console"):
        lines = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
        assert lines, block
        command = ["sh", "-c", "\n".join(["set -eu", *lines, f"pwd > '{here}'"])]
        start = here.read_text().strip() if here.exists() else folder
        done = subprocess.run(command, cwd=start, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("page", [one for one in PAGES[1:] if blocks(one, "console")], ids=lambda page: page.name)
def test_the_commands_shown_can_be_typed(page: Path, tmp_path: Path) -> None:
    type_in(page, tmp_path)


def test_the_tour_of_the_readme_does_what_it_says(tmp_path: Path) -> None:
    type_in(ROOT / "README.md", tmp_path)
    room = tmp_path / "reading-room"
    with closing(sqlite3.connect(room / "backissue.sqlite")) as archive:
        versions = archive.execute("SELECT entry, number FROM version ORDER BY id").fetchall()

    assert versions == [(1, 1), (1, 2)]
    assert {path.name for path in (room / "public/all").iterdir()} >= {"feed.rss", "feed.atom", "feed.json"}
    assert "with a cat on board" in (room / "public/all/feed.json").read_text(encoding="utf-8")
    assert read_opml((room / "subscriptions.opml").read_bytes(), "subscriptions.opml") == []


def named(text: str) -> Iterator[tuple[str, str | None, list[str]]]:
    """What a text asks of the program: the words, the command if one is named, and the options before and after it."""
    for line in text.replace("\\\n", " ").splitlines():
        for match in _COMMAND.finditer(line):
            words = [word.strip("'\"),.:]") for word in match[1].rpartition(" backissue ")[2].split()]
            command = next((word for word in words if re.fullmatch(r"[a-z]+", word)), None)
            if words and (command or words[0].startswith("-")):
                yield (
                    match[0].strip(),
                    command,
                    [word.partition("=")[0] for word in words if len(word) > 1 and word[0] == "-"],
                )


def code(page: Path) -> str:
    """The code of a page; a file that is no page is code all over."""
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".md":
        return (
            re.sub(r"^(?:#|Description=).*$", "", text, flags=re.MULTILINE)
            .replace('CMD ["', "backissue ")
            .replace('"', "")
        )
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    shown = [
        block.replace("\n$ ", "\n").removeprefix("$ ")
        for kind, block in _BLOCK.findall(text)
        if kind in ("sh", "console")
    ]
    return "\n".join([*inline, *shown])


def options(command: click.Command | None) -> set[str]:
    assert command
    return {name for one in command.get_params(click.Context(command)) for name in (*one.opts, *one.secondary_opts)} | {
        "-h",
        "--help",
    }


@pytest.mark.parametrize("page", FILES, ids=lambda page: page.name)
def test_every_command_and_option_that_is_named_exists(page: Path) -> None:
    wrong = []
    for words, command, given in named(code(page)):
        known = options(main)
        if command is not None:
            if command not in COMMANDS:
                wrong.append(words)
                continue
            known |= options(COMMANDS[command])
        wrong += [words for option in given if option not in known]

    assert wrong == []


def test_every_command_is_named() -> None:
    text = "\n".join(code(page) for page in PAGES)
    told = {command for _, command, _ in named(text)}

    assert COMMANDS.keys() - told == set()


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    keys = re.findall(r"`(site|storage|http|limits|schedule|serve|push)\.(\w+)`", text)
    keys += [(table.lower(), key.lower()) for table, key in re.findall(r"\bBACKISSUE_([A-Z]+)__([A-Z_]+)", text)]
    keys += re.findall(r"`\[(site|storage|http|limits|schedule|serve|push)\] (\w+)`", text)

    settings = Settings()
    assert [f"{table}.{key}" for table, key in keys if not hasattr(getattr(settings, table), key)] == []


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_every_target_of_make_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = "\n".join(re.findall(r"^make (.*?)(?:#|$)", "\n".join(blocks(page, "sh")), re.MULTILINE))
    text += " " + " ".join(re.findall(r"`make ([^`]+)`", page.read_text(encoding="utf-8")))
    words = {word for word in re.sub(r'\w+="[^"]*"|\w+=\S+', "", text).split() if re.fullmatch(r"[a-z]+", word)}

    assert words - targets == set()


def test_every_benchmark_that_is_named_exists() -> None:
    text = "\n".join(code(page) for page in [*PAGES, ROOT / "CONTRIBUTING.md"])
    command, wide = [sys.executable, "-m", "benchmarks", "--help"], {**os.environ, "COLUMNS": "200"}
    shown = subprocess.run(command, cwd=ROOT, env=wide, capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"--[a-z]+|[a-z]+", shown.partition("]...")[0] + shown.partition("Options:")[2]))
    lines = re.findall(r"python -m benchmarks\b(.*)", text)
    words = {word for line in lines for word in re.findall(r"(?<!\S)(?:--)?[a-z]+(?!\S)", line)}

    assert len(lines) > 5
    assert words - known - {"docs"} == set()


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in headings(target)):
            wrong.append(link)

    assert wrong == []


def headings(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as a fresh clone has it, and a virtual environment that is set up: ours, under another name."""
    if sys.prefix == sys.base_prefix or not (ROOT / ".git").exists():
        pytest.skip("needs a checkout and its virtual environment")
    folder = tmp_path_factory.mktemp("clone").resolve()
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").mkdir()
    for name in ("bin", "lib", "include", "lib64"):
        if Path(sys.prefix, name).exists():
            (folder / ".venv" / name).symlink_to(Path(sys.prefix, name).resolve())
    shutil.copy(Path(sys.prefix, "pyvenv.cfg"), folder / ".venv")
    packages = "cat requirements-build.lock requirements-dev.lock | cksum"
    marks = (
        f'echo "$({packages}) $(pwd -P)" >.venv/.packages; cksum <pyproject.toml >.venv/.project'  # as .ci/setup does
    )
    subprocess.run(["sh", "-c", marks], cwd=folder, check=True)
    return folder


def make(folder: Path, target: str) -> str:
    program = shutil.which("make")
    if program is None:
        pytest.skip("make is not installed")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTHON"))}
    done = subprocess.run([program, target], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_make_demo_shows_the_whole_thing(copy: Path) -> None:
    """What was stored, what was published, where, and the one line that subscribes."""
    printed = make(copy, "demo")
    public = copy / "demo-output/public"
    with closing(sqlite3.connect(copy / "demo-output/backissue.sqlite")) as archive:
        entries, versions = (
            archive.execute(f"SELECT count(*) FROM {one}").fetchone()[0] for one in ("entry", "version")
        )
        titles = [title for (title,) in archive.execute("SELECT given_title FROM feed WHERE kind = 'local'")]

    assert "Setting up" not in printed
    assert f"{entries} entries in {versions} versions" in printed
    assert entries > 25
    assert len(titles) == 1
    for article in ("Brumelles", "lamp keeper", "Das Moor"):
        assert article in printed
    for channel in ("everything", "en-francais"):
        assert re.search(rf"^{channel} +[1-9]", printed, re.MULTILINE)
        assert {path.name for path in (public / channel).iterdir()} >= {
            "feed.rss", "feed.atom", "feed.json", "index.html",
        }  # fmt: skip
    assert "demo-output/public/index.html" in printed
    (subscribe,) = re.findall(r"^Subscribe: +(\S+)", printed, re.MULTILINE)
    assert f'href="{subscribe}" rel="self"' in (public / "everything/feed.rss").read_text(encoding="utf-8")


def test_make_demo_can_be_made_again_and_what_it_proposes_works(copy: Path) -> None:
    printed = make(copy, "demo")
    (search,) = re.findall(r"^Search: +(.+)", printed, re.MULTILINE)
    done = subprocess.run(["sh", "-c", search], cwd=copy, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert "Brumelles" in done.stdout


def test_a_backup_is_an_archive(tmp_path: Path) -> None:
    """The command of docs/operations.md."""
    (command,) = [block for block in blocks(ROOT / "docs/operations.md", "sh") if block.startswith("backissue backup")]
    command = command.replace("backissue", str(BIN / "backissue"), 1).replace("/var/backups/", f"{tmp_path}/copies/")
    (tmp_path / "copies").mkdir()
    (tmp_path / "note.txt").write_text("A note\n\nWith a text of some length, to be kept.\n", encoding="utf-8")
    for words in (["init"], ["ingest", "note.txt"]):
        subprocess.run([BIN / "backissue", *words], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True, capture_output=True, timeout=60)

    (copy,) = (tmp_path / "copies").iterdir()
    copy.replace(tmp_path / "backissue.sqlite")
    done = subprocess.run(
        [BIN / "backissue", "check"], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
    )
    assert "The archive is whole: 1 entry in 1 version" in done.stdout
