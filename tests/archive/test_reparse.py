"""Raw documents read again: the same archive, or a better one, and what a person did stays done."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from archive.intake import from_file, take_in
from archive.reparse import reparse
from archive.replay import Copy, replay
from archive.store import StoreError, blobs
from archive.store.sqlite import SqliteStore
from archive.store.verify import verify
from config.settings import Settings
from feeds.channel import Withdrawn
from tests.archive.test_replay import rss
from tests.support.archive import URL, hour, open_archive
from tests.support.items import NOON


def served(store: SqliteStore, folder: Path, *bodies: bytes) -> int:
    """Documents of a feed, an hour apart."""
    feed = store.subscribe(URL, kind="remote", now=NOON)
    for number, body in enumerate(bodies):
        (folder / f"{number}.xml").write_bytes(body)
        replay(store, feed, URL, [Copy(folder / f"{number}.xml", hour(number))])
    return feed


def test_the_same_archive_comes_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(open_archive(path)) as store:
        served(store, tmp_path, rss((1, "one")), rss((2, "two"), (1, "One")), rss((2, "two")))
        (tmp_path / "note.md").write_text("# A note\n\nFour hundred swallows sat along the wire.\n")
        take_in(store, [from_file(tmp_path / "note.md", Settings())], hour(5))
        before = store.entries(), store.feeds(), [store.history(one.id) for one in store.entries()]

    done = reparse(path, hour(9), replace=True)

    assert (done.documents, done.differences) == (4, ())
    assert done.kept
    assert done.kept.is_file()
    with closing(open_archive(path, create=False)) as store:
        assert (store.entries(), store.feeds(), [store.history(one.id) for one in store.entries()]) == before
        assert list(store.examine()) == []
        name = store.origin()
    assert verify(path, since=None, keys=(), advance=lambda: None).fault is None
    with closing(open_archive(done.kept)) as store:
        assert store.origin() != name
        former = store.head()
    assert former.origin in str(verify(path, since=former, keys=(), advance=lambda: None).fault)


def test_without_a_word_to_replace_it_the_archive_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(open_archive(path)) as store:
        served(store, tmp_path, rss((1, "one")))
    before = path.read_bytes()
    assert reparse(path, hour(9), replace=False).kept is None
    assert path.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0.xml", "a.sqlite"]


def test_a_wrong_charset_is_put_right_from_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(open_archive(path)) as store:
        latin = rss((1, "déjà")).decode().encode("iso-8859-1")
        served(store, tmp_path, b"<?xml version='1.0' encoding='iso-8859-1'?>" + latin)
        [document] = store.documents()
        assert document.charset
        assert (document.charset.xml, document.charset.used) != (None, "utf-8")
    misread(path)
    with closing(open_archive(path, create=False)) as store:
        assert text(store) == "dÃ©jÃ "

    done = reparse(path, hour(9), replace=True)

    assert [one.kind for one in done.differences] == ["changed"]
    with closing(open_archive(path, create=False)) as store:
        assert text(store) == "déjà"


def misread(path: Path) -> None:
    """As if a former release had read the document in another charset."""
    with closing(sqlite3.connect(path)) as db:
        (blob,) = db.execute("SELECT blob FROM version").fetchone()
        wrong = blobs.put(db, blobs.get(db, blob).replace("déjà".encode(), "dÃ©jÃ ".encode()))
        db.execute("DROP TRIGGER version_kept")
        db.execute("UPDATE version SET blob = ?, fingerprint = CAST(fingerprint || 'x' AS BLOB)", (wrong,))
        db.commit()


def text(store: SqliteStore) -> str | None:
    """The text of the only entry."""
    [record] = store.entries()
    body = record.entry.content or record.entry.summary
    return body and body.value


def test_what_was_joined_by_hand_is_joined_again(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(open_archive(path)) as store:
        served(store, tmp_path, rss((2, "two"), (1, "one")))
        first, second = (store.find_entry(name) for name in ("n1", "n2"))
        assert first
        assert second
        store.merge(first.id, second.id, hour(5))
        before = [one.entry.id for one in store.entries()], [one.entry for one in store.history(second.id)]

    assert reparse(path, hour(9), replace=True).differences == ()

    with closing(open_archive(path, create=False)) as store:
        [entry] = store.entries()
        assert ([entry.entry.id], [one.entry for one in store.history(entry.id)]) == before


def test_what_was_withdrawn_by_hand_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(open_archive(path)) as store:
        served(store, tmp_path, rss((2, "two"), (1, "one")))
        store.withdraw(1, hour(5), "why")
        store.withdraw(2, hour(6))
        store.restore(2, hour(7))
        before = [(one.public_id, one.deleted, one.deleted_why) for one in store.entries()]

    assert reparse(path, hour(9), replace=True).differences == ()

    with closing(open_archive(path, create=False)) as store:
        assert [(one.public_id, one.deleted, one.deleted_why) for one in store.entries()] == before
        taken = [item.withdrawn for item in store.versions_after(0) if item.withdrawn]
        assert (Withdrawn(hour(5), "why"), Withdrawn(hour(6))) == tuple(taken)


def test_what_an_interrupted_reparse_left_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    open_archive(path).close()
    (tmp_path / "a.sqlite.reparsed").write_bytes(b"x")
    with pytest.raises(StoreError, match="in the way"):
        reparse(path, hour(9), replace=True)
