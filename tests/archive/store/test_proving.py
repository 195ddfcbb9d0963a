"""What is asked of the log: its root, where a row stands in it, and the hashes that prove things."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from archive.proof.merkle import consistency, goes_on, inclusion, is_included, leaf_hash, root_of
from archive.store import StoreError
from archive.store.sqlite import SqliteStore
from archive.store.tree import Tree
from tests.support.archive import an_entry, hour, open_archive, shown, told
from tests.support.items import NOON


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An archive whose log has some hundred leaves, and hashes of subtrees of a part of them."""
    with closing(open_archive(tmp_path / "a.sqlite")) as made:
        feeds = [made.subscribe(f"https://{one}.example/", kind="remote", now=NOON) for one in range(3)]
        for number in range(30):
            told(
                made,
                *(
                    shown(feed, hour(number), an_entry(number, id=f"{feed}-{number}"), an_entry(0, f"Edit {number}"))
                    for feed in feeds
                ),
            )
            if number == 20:
                made.head()
        yield made


def test_kept_hashes_change_no_root_and_no_proof(store: SqliteStore, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db:
        tree = Tree(db)
        leaves = list(tree.leaves(0, tree.size))
        assert (len(leaves), db.execute("SELECT count(*) FROM log_node WHERE level = 8").fetchone()) == (
            tree.size,
            (1,),
        )
        for size in (1, 15, 16, 17, 255, 256, 257, tree.size):
            root = root_of(leaves[:size])
            assert tree.root(size) == root
            for index in {0, size // 2, size - 1}:
                path = tree.hashes(inclusion(index, size))
                assert is_included(leaves[index], index, size, path, root)
            for old in {1, size // 2 or 1, size}:
                path = tree.hashes(consistency(old, size))
                assert goes_on(old, tree.root(old), size, root, path)


def test_every_document_and_version_is_a_leaf(store: SqliteStore) -> None:
    head = store.head()
    documents, places = list(store.documents()), set()
    for document in documents:
        found = store.included("document", document.id, head.size)
        says = json.loads(found.leaf)
        assert (says["kind"], says["url"], says["sha256"]) == ("document", document.served.url, document.sha256)
        assert says["answered"] == [list(one) for one in document.served.response_headers]
        assert sha256(found.body).hexdigest() == document.sha256
        assert is_included(leaf_hash(found.leaf), found.index, head.size, found.path, head.root)
        places.add(found.index)
    versions = 0
    for entry in store.entries(limit=1000):
        for version in store.history(entry.id):
            found = store.included("version", store.version_of(entry.id, version.number), head.size)
            says = json.loads(found.leaf)
            assert (says["public_id"], says["number"], says["sha256"]) == (
                entry.public_id,
                version.number,
                version.sha256,
            )
            assert is_included(leaf_hash(found.leaf), found.index, head.size, found.path, head.root)
            places.add(found.index)
            versions += 1
    assert len(places) == len(documents) + versions
    assert versions == store.totals().versions


def test_what_cannot_be_proved(store: SqliteStore) -> None:
    size = store.head().size
    with pytest.raises(StoreError, match="is not in the archive"):
        store.included("document", 10_000, size)
    with pytest.raises(StoreError, match="is in no checkpoint yet"):
        store.included("document", 90, 10)
    with pytest.raises(StoreError, match="has no version 99"):
        store.version_of(1, 99)


def test_two_archives_have_logs_of_two_names(tmp_path: Path) -> None:
    names = set()
    for number in range(2):
        with closing(open_archive(tmp_path / f"{number}.sqlite", now=hour(number))) as store:
            names.add(store.origin())
    assert len(names) == 2
    assert all(name.startswith("b.example/backissue/") for name in names)
