"""`verify`, `checkpoint`, `prove`, `backup` and `restore`, as they are typed."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from archive.proof.check import main as check
from tests.support.home import ARTICLE, Home


@pytest.fixture
def kept(home: Home) -> Home:
    """A folder with an archive of one article, signed."""
    home.write("ferry.txt", ARTICLE)
    home("ingest", "ferry.txt")
    home("checkpoint", "first.txt")
    home.write("key", home("checkpoint", "--key").stdout)
    return home


def alter(home: Home) -> None:
    with closing(sqlite3.connect(home.folder / "backissue.sqlite")) as db:
        db.execute("DROP TRIGGER version_kept")
        db.execute("UPDATE version SET words = words + 1")
        db.commit()


def test_what_was_signed_is_proved_later(kept: Home) -> None:
    kept.write("ferry.txt", ARTICLE + "And a dog.\n")
    kept("ingest", "ferry.txt")
    assert "is in no checkpoint yet" in kept("prove", "1", code=1).stderr
    kept("checkpoint")

    assert kept("verify", "--since", "first.txt").stdout.startswith("Nothing was altered: 9 leaves, 3 checkpoints hold")
    assert kept.json("verify", "--key", "key")["verified"] is True
    kept("prove", "1", "-o", "new")
    kept("prove", "1", "--version", "1", "-o", "old", "--body", "body")
    kept("prove", "--document", "1", "-o", "document", "--body", "served")
    kept("prove", "--consistency", "first.txt", "-o", "grown")
    assert (kept.folder / "served").read_text() == ARTICLE
    for words in (["new"], ["old", "--body", "body"], ["document", "--body", "served"], ["grown"]):
        assert kept("prove", "--check", *words).stdout.startswith("It holds")
        assert check([*words, "--key", "key"]) == 0
    assert kept.json("prove", "--check", "old")["leaf"]["number"] == 1
    assert [one["size"] for one in kept.json("checkpoint", "--list")["checkpoints"]] == [6, 9]
    assert stat.S_IMODE((kept.folder / "backissue.sqlite.key").stat().st_mode) == 0o600


def test_what_was_altered_is_named(kept: Home) -> None:
    alter(kept)
    assert "version 1 (of entry 1) was altered" in kept("verify", code=1).stderr
    assert kept.json("verify", code=1)["fault"]["table"] == "version"
    assert "version 1 (of entry 1) was altered" in kept("backup", "copy.sqlite", code=1).stderr
    assert not (kept.folder / "copy.sqlite").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["prove"], "needs one thing"),
        (["prove", "1", "--document", "1"], "needs one thing"),
        (["prove", "99"], "is no entry"),
        (["prove", "--document", "99"], "is not in the archive"),
        (["prove", "--check", "first.txt"], "the proof: is none"),
        (["prove", "--check", "nothing"], "does not exist"),
        (["prove", "--consistency", "ferry.txt"], "the checkpoint: is no"),
        (["verify", "--since", "ferry.txt"], "the checkpoint: is no"),
        (["verify", "--key", "a+b+c"], "is no verifier key"),
        (["verify", "--key", "nothing"], "nothing: does not exist"),
        (["checkpoint", "nowhere/x"], "does not exist"),
        (["backup", "nowhere/x"], "lies in a folder that does not exist"),
        (["backup", "ferry.txt"], "is there already"),
        (["restore", "ferry.txt"], "is not an archive"),
        (["restore", "backissue.sqlite"], "is the archive itself"),
        (["restore", "nothing"], "there is no archive here"),
    ],
)
def test_what_cannot_be_done_is_one_line(kept: Home, words: list[str], told: str) -> None:
    result = kept(*words, code=1)
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_key_that_is_none(kept: Home) -> None:
    kept.write("backissue.sqlite.key", "text")
    assert "is no Ed25519 key" in kept("checkpoint", code=1).stderr


def test_a_key_elsewhere(kept: Home) -> None:
    kept.configure('[storage]\nkey = "elsewhere.pem"\n')
    kept("checkpoint", "second.txt")
    assert (kept.folder / "elsewhere.pem").exists()
    assert "is signed by another key" in kept("verify", "--key", "key", code=1).stderr


def test_a_key_that_was_exchanged(kept: Home) -> None:
    (kept.folder / "backissue.sqlite.key").unlink()
    kept("ingest", "ferry.txt")
    kept("checkpoint", "second.txt")
    new, old = kept("checkpoint", "--key").stdout.splitlines()
    assert [old] == kept.json("checkpoint", "--key")["former"] == (kept.folder / "key").read_text().splitlines()
    kept.write("new", new + "\n")
    kept.write("both", f"{new}\n\n{old}\n")

    # The archive remembers which keys were its own; who brings a key along must bring all of them.
    assert "3 checkpoints hold" in kept("verify", "--since", "first.txt").stdout
    assert "log_checkpoint 1 is signed by another key" in kept("verify", "--key", "new", code=1).stderr
    kept("prove", "--consistency", "first.txt", "-o", "grown")
    kept("prove", "--check", "grown")
    assert check(["grown", "--key", "new"]) == 1
    for keys in (["--key", "new", "--key", "key"], ["--key", "both"]):
        assert "3 checkpoints hold" in kept("verify", "--since", "first.txt", *keys).stdout
        assert check(["grown", *keys]) == 0


def test_a_backup_is_put_back(kept: Home) -> None:
    made = Path(kept.json("backup")["file"])
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    kept("backup", "named.sqlite")
    kept("backup", "named.sqlite", code=1)
    kept("backup", "named.sqlite", "--replace")
    before = kept.contents()
    kept.write("more.txt", "More\n\nOther words.\n")
    kept("ingest", "more.txt")

    done = kept.json("restore", "named.sqlite")
    assert kept.contents() == before
    assert Path(done["kept"]).exists()
    kept("verify", "--since", "first.txt")
    kept("ingest", "more.txt")
    kept("verify")
    # A damaged archive is what backups are for.
    kept.write("backissue.sqlite", "damaged " * 1000)
    kept("restore", made)
    assert kept.contents() == before
    assert not list(kept.folder.glob(".*")) + list(kept.folder.glob("*.restored"))


def test_subscriptions_with_the_hub_go_along(kept: Home) -> None:
    assert kept.json("backup", "none.sqlite")["hub"] is None
    hub = kept.folder / "backissue.sqlite.hub"
    kept.write(hub.name, "[1]")
    made = kept.folder / "copy.sqlite.hub"
    assert kept.json("backup", "copy.sqlite")["hub"] == made.name
    assert (made.read_text(), stat.S_IMODE(made.stat().st_mode)) == ("[1]", 0o600)
    kept.write(hub.name, "[2]")
    kept("restore", "none.sqlite")
    assert hub.read_text() == "[2]"
    done = kept.json("restore", "copy.sqlite")
    assert (hub.read_text(), done["hub"], stat.S_IMODE(hub.stat().st_mode)) == ("[1]", str(hub), 0o600)
    assert Path(f"{done['kept']}.hub").read_text() == "[2]"
    hub.unlink()
    (kept.folder / "copy.sqlite").unlink()
    assert "copy.sqlite.hub" in kept("backup", "copy.sqlite", code=1).stderr  # it is not ours to take away
    kept("backup", "copy.sqlite", "--replace")
    assert not made.exists()
    assert not list(kept.folder.glob(".*")) + list(kept.folder.glob("*.restored*"))


def test_an_archive_in_use_is_not_replaced(kept: Home) -> None:
    kept("backup", "copy.sqlite")
    with closing(sqlite3.connect(kept.folder / "backissue.sqlite")) as db:
        db.execute("SELECT count(*) FROM version").fetchone()
        assert "is in use" in kept("restore", "copy.sqlite", code=1).stderr
    kept("restore", "copy.sqlite")
