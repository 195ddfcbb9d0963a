"""Paths: which files of a folder are articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.ingest import IngestError, articles


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text", encoding="utf-8")


def test_folders_are_searched_in_order_and_clutter_is_passed_over(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "b.txt",
        "a.MD",
        "c/d.html",
        "c/.e.txt",
        ".git/f.txt",
        "g.tmp",
        "h.txt~",
        "i.png",
        "c/j.xhtml",
        "k.text",
    )
    found = [path.relative_to(tmp_path).as_posix() for path in articles([tmp_path])]
    assert found == ["a.MD", "b.txt", "c/d.html", "c/j.xhtml", "k.text"]


def test_a_named_file_is_taken_whatever_it_is_called_and_only_once(tmp_path: Path) -> None:
    touch(tmp_path, "notes", "a.txt")
    found = list(articles([tmp_path / "notes", tmp_path, tmp_path / "a.txt"]))
    assert found == [tmp_path / "notes", tmp_path / "a.txt"]


def test_loops_of_links_end(tmp_path: Path) -> None:
    touch(tmp_path, "a/b/c.txt")
    (tmp_path / "a/b/up").symlink_to(tmp_path / "a")
    (tmp_path / "a/self").symlink_to(tmp_path / "a/self")
    (tmp_path / "a/gone.txt").symlink_to(tmp_path / "nowhere")
    assert list(articles([tmp_path])) == [tmp_path / "a/b/c.txt"]


def test_the_same_folder_twice_is_no_error(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt")
    assert list(articles([tmp_path, tmp_path])) == [tmp_path / "a.txt"]


@pytest.mark.parametrize("name", ["missing", "missing.txt", "self"])
def test_a_path_that_does_not_exist(tmp_path: Path, name: str) -> None:
    (tmp_path / "self").symlink_to(tmp_path / "self")
    with pytest.raises(IngestError) as caught:
        list(articles([tmp_path / name]))
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert caught.value.remedy


def test_a_folder_without_articles(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", ".hidden.txt")
    with pytest.raises(IngestError) as caught:
        list(articles([tmp_path]))
    assert str(caught.value) == (
        f"{tmp_path}: holds no articles; put files there that end in .txt, .text, .md, .markdown, .html, .htm, .xhtml"
    )
