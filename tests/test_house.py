"""The house around the code: where the packages come from, what is pinned and why, and what the examples hold."""

from __future__ import annotations

import email.utils
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from lxml import etree, html

from config.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-build.lock")
ATOM = "{http://www.w3.org/2005/Atom}"


def dependencies(*, dev: bool) -> dict[str, str]:
    """The requirements of pyproject.toml by name; of its extras, too, where what developers have is asked for."""
    groups = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"].values() if dev else ())]
    found = {re.split(r"[^A-Za-z0-9_.-]", line)[0].lower(): line for group in groups for line in group}
    found.pop("backissue", None)  # its own extras, which the tests need
    return found


def pins(lock: str) -> dict[str, set[str]]:
    """The versions that a lock file pins, by name; a universal lock can hold several, for different Pythons."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def reasons() -> dict[str, list[str]]:
    """The rows of the "Dependencies" tables: name to pinned version, reason, licence and upkeep."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    part = page.split("\n## Dependencies\n")[1].split("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")] for line in part.splitlines() if line.startswith("|")
    ]
    return {row[0].strip("`").lower(): row[1:] for row in rows if row[0] != "package" and not set(row[0]) <= set("-: ")}


@pytest.mark.parametrize("package", ["feeds", "archive", "config", "backissue"])
def test_packages_come_from_this_repository(package: str) -> None:
    origin = importlib.import_module(package).__file__

    assert origin is not None
    assert Path(origin).resolve() == ROOT / package / "__init__.py"


def test_the_arrows_between_the_packages_hold() -> None:
    lint = Path(sys.executable).parent / "lint-imports"

    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_dependency_has_a_reason() -> None:
    table = reasons()

    assert table.keys() == dependencies(dev=True).keys()
    assert [name for name, cells in table.items() if len(cells) != 4 or not all(cells)] == []


def test_the_table_names_the_pinned_versions() -> None:
    pinned = pins("requirements-dev.lock")

    assert {name: cells[0] for name, cells in reasons().items() if cells[0] not in pinned[name]} == {}


@pytest.mark.parametrize(("lock", "dev"), [("requirements.lock", False), ("requirements-dev.lock", True)])
def test_locks_pin_all_that_pyproject_asks_for(lock: str, dev: bool) -> None:
    assert dependencies(dev=dev).keys() - pins(lock).keys() == set()


def test_the_tools_that_build_are_pinned() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    pinned = {
        f"{name}=={version}" for name, versions in pins("requirements-build.lock").items() for version in versions
    }

    assert set(asked) <= pinned
    assert {"pip", "setuptools"} <= pins("requirements-build.lock").keys()  # feedgen comes as a source package


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_hold_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    requirements = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]

    assert [entry.split()[0] for entry in requirements if "--hash=sha256:" not in entry] == []
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links", text) == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-build.lock"])
def test_locks_agree(lock: str) -> None:
    everything = pins("requirements-dev.lock")

    assert {name: versions for name, versions in pins(lock).items() if everything.get(name, versions) != versions} == {}


@pytest.mark.parametrize("script", [".ci/run", ".ci/setup", ".ci/audit"])
def test_scripts_can_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    assert (ROOT / script).read_bytes().startswith(b"#!/")


def test_the_changelog_has_this_version() -> None:
    headings = re.findall(
        r"^## \[(.+?)\]( - \d{4}-\d\d-\d\d)?$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )

    assert headings[0] == ("Unreleased", "")
    assert next(version for version, date in headings if date) == PROJECT["version"]


@pytest.mark.parametrize("target", ["demo", "test", "check", "lock", "clean", "help"])
def test_make_knows_the_targets(target: str) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")

    done = subprocess.run([make, "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/operations.md"])
def test_links_lead_to_files(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]

    assert [link for link in local if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_the_picture_needs_nothing_else() -> None:
    picture = etree.parse(ROOT / "docs/picture.svg").getroot()

    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert [node.tag for node in picture.iter("{*}script", "{*}image", "{*}style", "{*}foreignObject")] == []


def test_the_example_configuration_is_one() -> None:
    settings = msgspec.toml.decode((ROOT / "examples/backissue.toml").read_bytes(), type=Settings)

    assert [channel.name for channel in settings.channels] == ["everything", "en-francais"]
    assert [(ROOT / "examples" / folder.path).is_dir() for folder in settings.folders] == [True]


def test_the_example_text_looks_like_a_news_article() -> None:
    lines = (ROOT / "examples/articles/le-bac-de-brumelles.txt").read_text(encoding="utf-8").splitlines()

    assert lines[0] == "Sommaire"
    assert sum(len(line) < 60 and not line.endswith(".") for line in lines[1:]) == 4  # the headings
    assert all(sign in "".join(lines) for sign in "«»’éèàçôœ\u202f\u00a0")


def test_the_example_markdown_has_front_matter() -> None:
    text = (ROOT / "examples/articles/the-lamp-keepers-ledger.md").read_text(encoding="utf-8")
    meta = yaml.safe_load(text.split("---\n")[1])

    assert set(meta) >= {"title", "authors", "date", "updated", "tags", "lang", "summary", "canonical"}


def test_the_example_page_has_head_and_chrome() -> None:
    page = html.document_fromstring((ROOT / "examples/articles/das-moor-vergisst-nicht.html").read_bytes())
    data = json.loads(page.xpath("string(//script[@type='application/ld+json'])"))

    assert data["@type"] == "NewsArticle"
    assert page.get("lang") == "de"
    assert all(
        page.xpath(path) for path in ("//nav", "//body/footer", "//article//h2", "//article//img", "//blockquote")
    )


def test_the_example_atom_feed() -> None:
    feed = etree.parse(ROOT / "examples/feeds/saltmere-almanac.atom").getroot()
    entries = feed.findall(f"{ATOM}entry")
    kinds = {content.get("type") for content in feed.iter(f"{ATOM}content")}
    languages = {entry.get("{http://www.w3.org/XML/1998/namespace}lang") for entry in entries}

    assert len(entries) >= 12
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(entries)
    assert all(entry.findtext(f"{ATOM}updated") and entry.findtext(f"{ATOM}title") for entry in entries)
    assert kinds == {"html", "xhtml", "text"}
    assert languages >= {None, "fr", "de", "es", "ja"}
    assert feed.find(f".//{ATOM}link[@rel='enclosure']") is not None
    assert any(entry.find(f"{ATOM}content") is None and entry.find(f"{ATOM}summary") is not None for entry in entries)


def test_the_example_rss_feed() -> None:
    items = etree.parse(ROOT / "examples/feeds/night-ferry.rss").getroot().findall("channel/item")
    dates = [item.findtext("pubDate") for item in items]

    assert len(items) >= 15
    assert dates.count(None) == 1
    for date in filter(None, dates):
        assert email.utils.parsedate_to_datetime(date).strftime("%a, %d %b %Y") in date
    assert sum(item.find("enclosure") is not None for item in items) == len(items) - 1
    assert items[0].find("guid").get("isPermaLink") == "false"
    assert items[0].findtext("{http://purl.org/rss/1.0/modules/content/}encoded")
    assert all(item.findtext("{http://purl.org/dc/elements/1.1/}creator") for item in items)
