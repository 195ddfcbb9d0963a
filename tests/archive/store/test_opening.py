"""Opening an archive: what is none, what is in the way, and what older releases left."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive.store import Observation, Served, StoreError, open_store
from archive.store.schema import APPLICATION_ID, migrations
from tests.support.archive import URL, an_entry, open_archive, shown, told
from tests.support.items import NOON

ROOT = Path(__file__).resolve().parents[3]


def refused(path: Path, **values: object) -> str:
    """What is said of a file that cannot be opened."""
    with pytest.raises(StoreError) as caught, closing(open_archive(path, **values)) as store:
        list(store.examine())
        store.subscribe(URL, kind="remote", now=NOON)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert line.isprintable()
    assert caught.value.remedy
    return caught.value.reason


def run(code: str, *words: object) -> subprocess.Popen[str]:
    """Another Python process with this checkout."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def finished(process: subprocess.Popen[str]) -> str:
    """What it said, once it has ended well."""
    with process:
        try:
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0, out
    return out


# --- what is no archive --------------------------------------------------------------------------------------------


def text(path: Path) -> None:
    path.write_text("these are my notes\n" * 100)


def others(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmark (url TEXT)")
        db.commit()


def others_without_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA application_id = 42")


def newer(path: Path) -> None:
    open_archive(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")


def half(path: Path) -> None:
    open_archive(path).close()
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (text, "is not an archive"),
        (others, "is an SQLite file, but not one of Backissue's"),
        (others_without_tables, "is an SQLite file, but not one of Backissue's"),
        (newer, f"was made by a newer Backissue (schema 99, this one knows {len(migrations())})"),
        (half, "is damaged"),
        (Path.mkdir, "is a folder"),
    ],
)
@pytest.mark.parametrize("create", [True, False])
def test_what_is_no_archive_is_left_alone(
    tmp_path: Path, make: Callable[[Path], None], reason: str, create: bool
) -> None:
    path = tmp_path / "a.sqlite"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    assert refused(path, create=create) == reason
    assert before == (path.read_bytes() if path.is_file() else None)
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_missing_folder(tmp_path: Path) -> None:
    assert refused(tmp_path / "none/a.sqlite") == f"the folder {tmp_path / 'none'} does not exist"
    (tmp_path / "file").touch()
    assert "file" in refused(tmp_path / "file/a.sqlite")
    assert refused(tmp_path / ("x" * 300)) == "cannot be opened (file name too long)"


@pytest.mark.parametrize("empty", [True, False])
def test_only_who_may_make_an_archive_makes_one(tmp_path: Path, empty: bool) -> None:
    path = tmp_path / "a.sqlite"
    if empty:
        path.touch()
    assert refused(path, create=False) == "there is no archive here"
    assert [file.stat().st_size for file in tmp_path.iterdir()] == [0] * empty
    with closing(open_store(path, now=NOON, authority="b.example")) as store:
        assert store.authority == "b.example,2026"
    with closing(open_archive(path, authority="other.example", create=False)) as store:
        assert store.authority == "b.example,2026"


def test_an_archive_says_what_it_is(tmp_path: Path) -> None:
    open_archive(tmp_path / "a.sqlite").close()
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db:
        pragmas = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "journal_mode")]
    assert pragmas == [APPLICATION_ID, "wal"]
    assert [file.name for file in tmp_path.iterdir()] == ["a.sqlite"]


def test_the_log_of_a_large_batch_does_not_stay_large(tmp_path: Path) -> None:
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        feed = store.subscribe(URL, kind="remote", now=NOON)
        body = random.Random(7).randbytes(24_000_000)
        store.record([Observation(feed=feed, at=NOON, served=Served(body=body, url=URL))])
        before = (tmp_path / "a.sqlite-wal").stat().st_size
        store.subscribe(f"{URL}/other", kind="remote", now=NOON)
        after = (tmp_path / "a.sqlite-wal").stat().st_size
    assert before > 24_000_000
    assert after <= 8_000_000


@pytest.mark.parametrize("name", ["été 東京.sqlite", "a?b#c%20.sqlite", "-a", "a'b;"])
def test_odd_names(tmp_path: Path, name: str) -> None:
    with closing(open_archive(tmp_path / name)) as store:
        store.subscribe(URL, kind="remote", now=NOON)
    assert [file.name for file in tmp_path.iterdir()] == [name]


# --- what is in the way --------------------------------------------------------------------------------------------


def as_nobody(code: str, *words: object) -> str:
    """The same in a process that may not pass over the rights of files, as root may."""
    if not hasattr(os, "geteuid"):
        pytest.skip("no rights of that kind here")
    if os.geteuid() != 0:
        return finished(run(code, *words))
    setpriv = shutil.which("setpriv") or pytest.skip("needs setpriv")
    command = [setpriv, "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps=-all"]
    done = subprocess.run(
        [*command, sys.executable, "-c", code, *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


TRY = """
import sys
from contextlib import closing
from pathlib import Path
from archive.store import StoreError
from tests.support.archive import NOON, URL, open_archive
try:
    with closing(open_archive(Path(sys.argv[1]))) as store:
        print(len(store.entries()), "entries")
        store.subscribe(URL + "?", kind="remote", now=NOON)
        print("written")
except StoreError as error:
    print(error)
"""


@pytest.fixture
def locked_away(tmp_path: Path) -> Iterator[Path]:
    """An archive in a folder whose rights a test takes away; they come back."""
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "a.sqlite"
    with closing(open_archive(path)) as store:
        told(store, shown(store.subscribe(URL, kind="remote", now=NOON), NOON, an_entry()))
    yield path
    folder.chmod(0o755)


@pytest.mark.parametrize(
    ("file", "folder", "expected"),
    [
        (0o444, 0o755, ["1 entries", "cannot be written; check the rights of the file and of its folder"]),
        (0o444, 0o555, ["cannot be written; check the rights of the file and of its folder"]),
        (0o644, 0o555, ["cannot be written; check the rights of the file and of its folder"]),
        (0o000, 0o755, ["cannot be opened; check the rights of the file and of its folder"]),
        (
            0o644,
            0o000,
            ["cannot be opened (permission denied); check its name, and the rights of it and of its folder"],
        ),
    ],
)
def test_missing_rights(locked_away: Path, file: int, folder: int, expected: list[str]) -> None:
    locked_away.chmod(file)
    locked_away.parent.chmod(folder)
    said = as_nobody(TRY, locked_away).splitlines()
    assert [line.removeprefix(f"{locked_away}: ") for line in said] == expected


def test_no_rights_to_make_one(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(0o555)
    said = as_nobody(TRY, folder / "a.sqlite")
    assert said == f"{folder / 'a.sqlite'}: cannot be opened; check the rights of the file and of its folder\n"


HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
db.execute("ROLLBACK")
db.close()
"""


@pytest.mark.parametrize("new", [True, False])
def test_a_file_that_another_process_holds(tmp_path: Path, new: bool) -> None:
    path = tmp_path / "a.sqlite"
    if not new:
        open_archive(path).close()
    holder = run(HOLD, path)
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    try:
        assert refused(path, wait=0.05) == "is locked by another program"
    finally:
        finished(holder)
    with closing(open_archive(path)) as store:
        store.subscribe(URL, kind="remote", now=NOON)


def test_who_writes_waits_for_another_who_does(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(open_archive(path)) as store:
        holder = run(HOLD, path)
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        threading.Timer(0.3, lambda: holder.stdin and holder.stdin.close()).start()
        assert store.subscribe(URL, kind="remote", now=NOON) == 1
        assert holder.wait(10) == 0
        holder.stdout.close()


MAKE = """
import sys
from contextlib import closing
from pathlib import Path
from tests.support.archive import NOON, open_archive
print("ready", flush=True)
sys.stdin.readline()
with closing(open_archive(Path(sys.argv[1]))) as store:
    for number in range(20):
        store.subscribe(f"https://{sys.argv[2]}.example/{number}", kind="remote", now=NOON)
"""


def test_several_that_make_the_same_archive_at_once(tmp_path: Path) -> None:
    makers = [run(MAKE, tmp_path / "a.sqlite", number) for number in range(8)]
    for maker in makers:
        assert maker.stdout
        assert maker.stdout.readline() == "ready\n"
    for maker in makers:
        assert maker.stdin
        maker.stdin.write("\n")
        maker.stdin.flush()
    said = [maker.communicate(timeout=60) for maker in makers]
    assert [maker.returncode for maker in makers] == [0] * len(makers), said
    with closing(open_archive(tmp_path / "a.sqlite", create=False)) as store:
        assert store.totals().feeds == 160
        assert list(store.examine()) == []


def test_threads_share_an_archive(tmp_path: Path) -> None:
    with closing(open_archive(tmp_path / "a.sqlite")) as store:
        failures: list[BaseException] = []

        def work(number: int) -> None:
            try:
                feed = store.subscribe(f"https://{number}.example/", kind="remote", now=NOON)
                for one in range(10):
                    told(store, shown(feed, NOON, an_entry(one)))
                    store.entries(limit=5)
                    assert store.search("text")
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert store.totals().entries == 40


# --- whose it is ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="rights are told otherwise here")
def test_an_archive_is_its_owners_alone(tmp_path: Path) -> None:
    """It, what SQLite puts beside it while it is open, and the copy that is made before it is migrated."""
    old = os.umask(0o022)
    try:
        with closing(open_archive(tmp_path / "new.sqlite")) as store:
            store.subscribe("https://ann:pw@a.example/feed", kind="remote", now=NOON)
            beside = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        shutil.copy(ROOT / "tests/data/archives/schema-1.sqlite", tmp_path / "old.sqlite")
        open_archive(tmp_path / "old.sqlite").close()
    finally:
        os.umask(old)

    assert beside == {"new.sqlite": 0o600, "new.sqlite-wal": 0o600, "new.sqlite-shm": 0o600}
    copies = list(tmp_path.glob("old.sqlite.*.bak"))
    assert [path.stat().st_mode & 0o777 for path in copies] == [0o600]
