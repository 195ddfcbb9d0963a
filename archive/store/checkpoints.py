"""What the log is called, what was signed of it, and the hashes that prove things."""

from __future__ import annotations

import re
import sqlite3
from contextlib import suppress
from datetime import datetime

from archive.proof.merkle import consistency, inclusion
from archive.proof.note import Checkpoint, ProofError, Verifier, read, verifier
from archive.store import blobs
from archive.store.errors import StoreError
from archive.store.leaves import hashed
from archive.store.log import first_leaf
from archive.store.times import from_text, to_text
from archive.store.tree import Tree, find, keep_nodes
from archive.store.values import Included, Signed

_KEYS = "keys"  # a setting: verifier keys, a line each


def head(db: sqlite3.Connection) -> Checkpoint:
    """The log as it is now, to be signed. Runs inside the caller's transaction.

    Raises StoreError if it does not go on from what was signed last.
    """
    keep_nodes(db)
    tree = Tree(db)
    for last in signed(db)[-1:]:
        before = read(last.note)
        if before.origin == origin(db) and (before.size > tree.size or tree.root(before.size) != before.root):
            raise StoreError(
                "the log", f"does not go on from the checkpoint of {last.at:%Y-%m-%d}", "run 'backissue verify'"
            )
    return Checkpoint(origin(db), tree.size, tree.root(tree.size))


def origin(db: sqlite3.Connection) -> str:
    """The log's name: the host that the archive was made for, and whose log it is by its first leaf."""
    (authority,) = db.execute("SELECT value FROM setting WHERE key = 'authority'").fetchone()
    host = re.sub(r"[\s+]", "-", str(authority).partition(",")[0]) or "localhost"
    return f"{host}/backissue/{hashed([first_leaf(db)])[0].hex()[:16]}"


def keep(db: sqlite3.Connection, note: str, key: Verifier, now: datetime) -> None:
    """Write down that the key signed this, unless it is what was signed last."""
    known = keys(db)
    if key not in known:
        lines = "\n".join(map(str, [*known, key]))
        db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (_KEYS, lines))
    if [one.note for one in signed(db)[-1:]] != [note]:
        size = read(note).size
        db.execute("INSERT INTO log_checkpoint (size, at, note) VALUES (?, ?, ?)", (size, to_text(now), note))


def keys(db: sqlite3.Connection) -> list[Verifier]:
    """The keys that signed it so far as was written down, the newest last."""
    row = db.execute("SELECT value FROM setting WHERE key = ?", (_KEYS,)).fetchone()
    found = []
    for line in row[0].split("\n") if row else ():
        with suppress(ProofError):  # one that was altered signed nothing
            found.append(verifier(line))
    return found


def signed(db: sqlite3.Connection) -> list[Signed]:
    """All that was signed, in order."""
    rows = db.execute("SELECT size, at, note FROM log_checkpoint ORDER BY id").fetchall()
    return [Signed(size, from_text(at), note) for size, at, note in rows]


def included(db: sqlite3.Connection, table: str, number: int, size: int) -> Included:
    """The proof that a document or version is among the first so many leaves. Raises StoreError if it is not."""
    index, says = find(db, table, number)
    if index >= size:
        raise StoreError(f"{table} {number}", "is in no checkpoint yet", "run 'backissue checkpoint'")
    (blob,) = db.execute(f"SELECT blob FROM {table} WHERE id = ?", (number,)).fetchone()
    return Included(index, says, tuple(Tree(db).hashes(inclusion(index, size))), blobs.get(db, blob))


def version_of(db: sqlite3.Connection, entry: int, number: int | None) -> int:
    """The row of an entry's version by its number among them, or of the current one. Raises StoreError."""
    row = db.execute(
        "SELECT id FROM version WHERE entry = ?1 AND number = ?2 AND id NOT IN (SELECT version FROM moved_version)"
        if number is not None
        else "SELECT version FROM edition WHERE id = (SELECT edition FROM entry WHERE id = ?1) AND ?2 IS NULL",
        (entry, number),
    ).fetchone()
    if row is None:
        raise StoreError(f"entry {entry}", f"has no version {number}", "'backissue history' lists them")
    return int(row[0])


def goes_on(db: sqlite3.Connection, old: int, size: int) -> list[bytes]:
    """The proof that the log of one size begins with all of that of a former size."""
    return Tree(db).hashes(consistency(old, size))
