"""Whatever somebody who may write the file does to what is stored, verifying finds it and names the row."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.proof.note import Checkpoint, Verifier, read, signed, verifier_of
from archive.store import StoreError, Verified, log
from archive.store.verify import verify
from tests.support.archive import an_entry, hour, open_archive, shown, told
from tests.support.items import NOON
from tests.support.tampering import tampered, unlocked

ARCHIVES = Path(__file__).resolve().parents[2] / "data/archives"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))  # that of tests/data/archives/make.py
TRIES = 1000


def verified(path: Path, since: Checkpoint | None = None, keys: Sequence[Verifier] = ()) -> Verified:
    return verify(path, since=since, keys=keys, advance=lambda: None)


def fault(path: Path, since: Checkpoint | None = None) -> str:
    return str(verified(path, since).fault)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that holds a row of every kind, and no trigger."""
    path = Path(shutil.copy(ARCHIVES / "schema-6.sqlite", tmp_path_factory.mktemp("whole") / "a.sqlite"))
    open_archive(path, create=False).close()  # its log goes on where later schemas have more tables
    unlocked(path)
    return path


@pytest.fixture
def kept(whole: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copy(whole, tmp_path / "a.sqlite"))


def mine(path: Path) -> Verifier:
    with closing(open_archive(path, create=False)) as store:
        return verifier_of(KEY, store.origin())


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_any_byte_that_is_altered_is_found(kept: Path) -> None:
    keys, dice = [mine(kept)], Random(7)
    assert verified(kept, keys=keys).fault is None
    missed = []
    for _ in range(TRIES):
        with tampered(kept, dice) as done:
            if verified(kept, keys=keys).fault is None:
                missed.append(done)
    assert missed == []
    assert verified(kept, keys=keys).fault is None


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE version SET words = words + 1 WHERE id = 5", "version 5 (of entry 4) was altered"),
        ("UPDATE version SET first_seen = '2020' WHERE id = 1", "version 1 (of entry 1) was altered"),
        ("UPDATE document SET url = 'https://x.example/' WHERE id = 3", "document 3 (of feed 1) was altered"),
        ("UPDATE document SET heads = NULL WHERE id = 2", "document 2 (of feed 1)"),
        ("UPDATE entry SET public_id = 'urn:x' WHERE id = 4", "version 5 (of entry 4) was altered"),
        (
            "UPDATE entry SET edition = (SELECT min(id) FROM edition WHERE entry = 2) WHERE id = 2",
            "entry 2 (of feed 1) has another",
        ),
        ("UPDATE entry SET first_seen = '2020' WHERE id = 4", "entry 4 (of feed 2) was seen first at another"),
        ("UPDATE entry SET merged = NULL", "is not part of the entry that it was merged into"),
        ("UPDATE entry SET merged = 1 WHERE id = 4", "entry 4 (of feed 2) is not part of the entry"),
        ("UPDATE blob SET data = x'00' WHERE id = 4", "blob 4 is not stored as it was: it is the body of document 2"),
        ("UPDATE blob SET sha256 = zeroblob(32) WHERE id = 4", "blob 4 does not hold the bytes"),
        ("DELETE FROM version WHERE id = 4", "version 4 was removed"),
        ("DELETE FROM version WHERE id = (SELECT max(id) FROM version)", "was removed"),
        ("DELETE FROM version WHERE id > 0", "version 1 was removed"),
        ("DELETE FROM document WHERE id = 1", "document 1 was removed"),
        ("DELETE FROM edition WHERE id IN (3, 4)", "edition 3 was removed"),
        ("DELETE FROM blob WHERE id = 4", "blob 4 was removed"),
        ("DELETE FROM log WHERE size = (SELECT max(size) FROM log)", "the newest were removed"),
        ("DELETE FROM log WHERE size = 1", "log 1 is not what"),
        ("INSERT INTO edition VALUES (1001, 1, 1, '2026', NULL, 0)", "edition 1001 (of entry 1) was inserted past"),
        ("INSERT INTO edition VALUES (-5, 1, 1, '2026', NULL, 0)", "edition -5 (of entry 1) was inserted out of order"),
        ("UPDATE edition SET id = 3 - id WHERE id IN (1, 2)", "edition 1 (of entry"),
        ("UPDATE log_node SET hash = zeroblob(32) WHERE number = 1", "log_node 1 of level 4"),
        ("UPDATE log_checkpoint SET size = 55", "log_checkpoint 1"),
        ("UPDATE setting SET value = 'x.example' WHERE key = 'authority'", "log 1 is not what the archive's settings"),
        ("UPDATE feed SET added = '2020' WHERE id = 1", "feed 1 was altered"),
    ],
)
def test_the_first_row_is_named(kept: Path, statement: str, named: str) -> None:
    # Rows are exchanged through a third number.
    if statement.startswith("UPDATE edition SET id"):
        change(kept, "UPDATE edition SET id = 999 WHERE id = 1", "UPDATE edition SET id = 1 WHERE id = 2")
        statement = "UPDATE edition SET id = 2 WHERE id = 999"
    change(kept, statement)
    assert named in fault(kept)


def test_what_may_change_is_no_fault(kept: Path) -> None:
    change(
        kept,
        "UPDATE document SET last_at = '2030', times = 99",
        "UPDATE entry SET date = '2020', link = NULL",
        "UPDATE feed SET removed = '2030', given_title = 'x'",
    )
    assert fault(kept) == "None"


def test_a_log_that_was_written_anew_is_told_by_a_checkpoint(kept: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(kept)) as db:
        since = read(db.execute("SELECT note FROM log_checkpoint").fetchone()[0])
    change(kept, "DELETE FROM log_checkpoint", "DELETE FROM log_node", "UPDATE version SET words = 1 WHERE id = 1")
    change(kept, "DELETE FROM log")
    with closing(sqlite3.connect(kept)) as db:
        log.begin(db)
        log.append(db)
        db.commit()

    assert fault(kept) == "None"
    assert "was exchanged since the checkpoint given" in fault(kept, since)


def test_a_former_state_is_told_by_a_checkpoint(tmp_path: Path) -> None:
    path, former = tmp_path / "a.sqlite", tmp_path / "former.sqlite"
    with closing(open_archive(path)) as store:
        feed = store.subscribe("https://source.example/", kind="remote", now=NOON)
        told(store, shown(feed, hour(0), an_entry(1)))
    shutil.copy(path, former)
    with closing(open_archive(path)) as store:
        told(store, shown(feed, hour(1), an_entry(2), an_entry(1)))
        since = store.head()
    assert fault(path, since) == "None"
    assert "the newest were removed" in fault(former, since)


def test_checkpoints_go_on(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(open_archive(path)) as store:
        feed = store.subscribe("https://source.example/", kind="remote", now=NOON)
        for number in range(40):
            told(store, shown(feed, hour(number), *(an_entry(one) for one in range(number + 1))))
            if number % 7 == 0:
                store.keep_signed(signed(store.head(), KEY), verifier_of(KEY, store.origin()), hour(number))
                store.keep_signed(signed(store.head(), KEY), verifier_of(KEY, store.origin()), hour(number))
        assert [one.size for one in store.signed()] == sorted({one.size for one in store.signed()})
        found = verified(path, keys=[verifier_of(KEY, store.origin())])
    assert (found.fault, found.checkpoints) == (None, 6)


def test_a_checkpoint_that_no_longer_fits_keeps_others_from_being_signed(kept: Path) -> None:
    change(kept, "DELETE FROM log_node", "DELETE FROM log WHERE size > 40")
    with closing(open_archive(kept, create=False)) as store, pytest.raises(StoreError, match="does not go on"):
        store.head()


@pytest.mark.parametrize("most", [1, 3])
def test_a_log_in_small_steps_says_the_same(kept: Path, most: int) -> None:
    change(kept, "DELETE FROM log_checkpoint", "DELETE FROM log_node", "DELETE FROM log WHERE size > 1")
    with closing(sqlite3.connect(kept)) as db:
        log.append(db, most=most)
        db.commit()
    assert verified(kept).fault is None


@pytest.mark.parametrize("number", range(1, 6))
def test_former_archives_get_a_log(tmp_path: Path, number: int) -> None:
    path = Path(shutil.copy(ARCHIVES / f"schema-{number}.sqlite", tmp_path / "a.sqlite"))
    with pytest.raises(StoreError, match=r"has no log \(schema"):
        verified(path)
    with closing(open_archive(path, create=False)) as store:
        totals = store.totals()
    found = verified(path)
    assert found.fault is None
    assert found.leaves > totals.versions + totals.documents


@pytest.mark.parametrize("name", ["nothing.sqlite", "text.sqlite"])
def test_what_is_no_archive(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.sqlite").write_text("text " * 1000)
    with pytest.raises(StoreError):
        verified(tmp_path / name)


def test_a_file_that_may_only_be_read_verifies(tmp_path: Path) -> None:
    folder = tmp_path / "shut"
    folder.mkdir()
    path = Path(shutil.copy(ARCHIVES / "schema-6.sqlite", folder / "a.sqlite"))
    open_archive(path, create=False).close()
    path.chmod(0o400)
    folder.chmod(0o500)
    try:
        assert verified(path).fault is None
    finally:
        folder.chmod(0o700)
