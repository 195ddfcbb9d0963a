"""Files that are whole at every moment."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from feeds.files import PublishError, read, write, writing


def test_a_file_is_written_only_if_its_bytes_differ(tmp_path: Path) -> None:
    path = tmp_path / "feed.rss"

    assert write(path, b"one") is True
    os.utime(path, ns=(1, 1))
    assert write(path, b"one") is False
    assert path.stat().st_mtime_ns == 1
    assert write(path, b"two") is True
    assert read(path) == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_what_is_published(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        write(tmp_path / "feed.rss", b"x")
    finally:
        os.umask(old)

    assert stat.S_IMODE((tmp_path / "feed.rss").stat().st_mode) == 0o644


def test_leftovers_of_a_killed_run_go(tmp_path: Path) -> None:
    (tmp_path / ".feed.rss.tmp").write_bytes(b"half")
    (tmp_path / ".htaccess").write_bytes(b"kept")
    with writing(tmp_path):
        pass

    assert [path.name for path in tmp_path.iterdir()] == [".htaccess"]


def test_a_reader_holds_the_old_file_while_a_new_one_comes(tmp_path: Path) -> None:
    path = tmp_path / "feed.rss"
    write(path, b"old")
    with path.open("rb") as reader:
        write(path, b"new and longer")
        assert reader.read() == b"old"


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "public").write_text("a file")
    with (
        pytest.raises(PublishError, match=r"public: cannot be written.*; a file is in the way"),
        writing(tmp_path / "public"),
    ):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PublishError, match="give this user the right"):
        write(tmp_path / "feed.rss", b"x")


def test_nothing_there_reads_as_nothing(tmp_path: Path) -> None:
    assert read(tmp_path / "feed.rss") is None
    assert read(Path(tmp_path, "no", "folder")) is None
