"""The published files at another place, such as S3: what changed is uploaded, and readers never meet a broken link.

    stylesheets ─► closed documents ─► other files ─► open archive documents ─► live documents ─► the site's own page
    ─► removals

A record beside the published files says what the place holds, by SHA-256, line by line as it is uploaded: whoever is
killed goes on there. Without the record all is uploaded again, and what is not ours stays. What the place lost is found
by its sizes, and uploaded again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from backissue.place import place
from backissue.web.media import media
from backissue.web.standing import standing
from config.redact import masked
from feeds.compressed import ENDINGS
from feeds.files import PublishError, explained, read, write, writing

_RECORDS = ".mirrors"  # the folder of the records, beside the published files
_TOGETHER = 32  # files that are under way at once
_BYTES = 16_000_000  # of them that are in memory; what is larger than half of that goes alone, in a stream
_FOREVER = "public, max-age=31536000, immutable"


class Mirrored(Struct, frozen=True):
    """What was done at a place: files uploaded, found as they are, removed, left though they are published no more."""

    target: str
    uploaded: int
    unchanged: int
    removed: int
    left: int
    bytes: int


class _Held(Struct, frozen=True, array_like=True):
    """What a place holds at a path: the digest of it and of its header fields; `state` of which file that came."""

    path: str
    digest: str
    size: int
    state: str


class _File(Struct, frozen=True, order=True):
    """A published file; those of a lower rank go first."""

    rank: int
    path: str
    state: str
    type: str
    cache: str


def mirror(
    public: Path,
    target: str,
    *,
    left_out: Collection[str] = (),
    fresh: int,
    keep: bool = False,
    thorough: bool = True,
    done: Callable[[str], None] = lambda path: None,
    stop: Callable[[], bool] = lambda: False,
) -> Mirrored:
    """Bring a place up to date with the published folder.

    `thorough` asks the place what it has; else it is asked only when there is something to upload or remove.
    `left_out` are folders that are for few, and stay here. `fresh` is for how many seconds live documents may be
    cached. `keep` leaves at the place what is published no more. `done` hears of each file; once `stop` says so, it
    ends before the next upload, and the next run goes on. Raises PublishError.
    """
    with explained(public):
        states = {path: f"{state} {fresh}" for path, state in _published(public, frozenset(left_out))}
    if not states:
        raise PublishError(str(public), "holds nothing that is published", "publish first")
    folder = public / _RECORDS
    with writing(folder):
        goal = place(target)
        record = _Record(folder / f"{hashlib.sha256(target.encode()).hexdigest()[:16]}.jsonl")
        idle = all(path in record.held and record.held[path].state == state for path, state in states.items())
        if idle and not thorough and (keep or record.held.keys() <= states.keys()):
            return Mirrored(masked(target), 0, len(states), 0, len(record.held) - len(states), 0)
        there = goal.sizes()
        held = {path: one for path, one in record.held.items() if there.get(path) == one.size}
        with explained(public):
            # What was uploaded as it is now need not be looked into, however much that is.
            changed = [path for path, state in states.items() if path not in held or held[path].state != state]
            files = sorted(_file(public, path, states[path], fresh) for path in changed)
        uploaded, size = 0, 0
        for batch in _batches(public, files, held, lambda one: record.add([one])):
            if stop():
                break
            first = batch[0].file
            if batch[0].body is None:
                goal.put_file(first.path, public / first.path, first.type, first.cache)
            else:
                goal.put({one.file.path: one.body or b"" for one in batch}, first.type, first.cache)
            record.add([_Held(one.file.path, one.digest, one.size, one.file.state) for one in batch])
            uploaded, size = uploaded + len(batch), size + sum(one.size for one in batch)
            for one in batch:
                done(one.file.path)
        stopped = stop()
        gone = sorted(record.held.keys() - states.keys())
        if not (keep or stopped):
            goal.remove(gone)
            record.forget(gone)
        removed = 0 if keep or stopped else len(gone)
        return Mirrored(masked(target), uploaded, len(states) - uploaded, removed, len(gone) - removed, size)


def _published(public: Path, left_out: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The files that anybody may see, and what tells that one changed.

    The compressed copies stay: such places do not choose between them.
    """
    for folder, names, files in os.walk(public):
        here = Path(folder).relative_to(public).as_posix()
        names[:] = sorted(name for name in names if name[0] != "." and (here != "." or name not in left_out))
        known = set(files)
        for name in files:
            stem, dot, ending = name.rpartition(".")
            if name[0] == "." or (f"{dot}{ending}" in ENDINGS.values() and stem in known):
                continue
            found = Path(folder, name).stat()
            path = name if here == "." else f"{here}/{name}"
            yield path, f"{found.st_ino}-{found.st_mtime_ns}-{found.st_size}"


def _file(public: Path, path: str, state: str, fresh: int) -> _File:
    kind = media(path)
    closed = kind.copy or (kind.archive and standing(kind, _start(public / path)) == "closed")
    last = 5 if "/" not in path else 4 if kind.live or path.endswith("index.html") else 3 if kind.archive else 2
    rank = 0 if path.endswith(".css") else 1 if closed else last
    cache = _FOREVER if closed else f"public, max-age={fresh}"
    return _File(rank, path, state, kind.type, cache)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(100_000)


class _Load(Struct, frozen=True):
    """A file to upload; `body` is None where it is too large to be held."""

    file: _File
    body: bytes | None
    size: int
    digest: str


def _batches(
    public: Path, files: Iterable[_File], held: dict[str, _Held], same: Callable[[_Held], None]
) -> Iterator[list[_Load]]:
    """The files that the place lacks, so many together as share rank and header fields; `same` hears of the others."""
    batch: list[_Load] = []
    for one in files:
        load = _load(public, one)
        before = held.get(one.path)
        if load is None:
            continue
        if before and before.digest == load.digest:  # written anew with the same bytes
            same(_Held(one.path, load.digest, load.size, one.state))
            continue
        alone = load.body is None
        kin = bool(batch) and _kind(batch[0].file) == _kind(one) and batch[0].body is not None
        if batch and (alone or not kin or len(batch) == _TOGETHER or sum(it.size for it in batch) > _BYTES):
            yield batch
            batch = []
        batch.append(load)
    if batch:
        yield batch


def _kind(file: _File) -> tuple[int, str, str]:
    return file.rank, file.type, file.cache


def _load(public: Path, file: _File) -> _Load | None:
    """The file as it is now; None if it is gone in this instant: the next run sees that."""
    path = public / file.path
    with explained(path):
        try:
            size = path.stat().st_size
            if size > _BYTES // 2:
                with path.open("rb") as opened:
                    digest, body = hashlib.file_digest(opened, "sha256").hexdigest(), None
            else:
                body = path.read_bytes()
                size, digest = len(body), hashlib.sha256(body).hexdigest()
        except FileNotFoundError:
            return None
    return _Load(file, body, size, f"{digest} {file.type} {file.cache}")


class _Record:
    """What a place holds, as a file of lines: each says what was put there, or, with no digest, taken away."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.held: dict[str, _Held] = {}
        lines = (read(path) or b"").split(b"\n")
        for line in lines[:-1]:  # what follows the last end of line was broken off
            try:
                one = msgspec.json.decode(line, type=_Held)
            except msgspec.MsgspecError:
                continue
            if one.digest:
                self.held[one.path] = one
            else:
                self.held.pop(one.path, None)
        if lines[-1] or len(lines) > 2 * len(self.held) + 100:
            self._rewrite()

    def add(self, held: Iterable[_Held]) -> None:
        """Write down what the place has now."""
        with explained(self._path), self._path.open("ab") as file:
            for one in held:
                self.held[one.path] = one
                file.write(msgspec.json.encode(one) + b"\n")

    def forget(self, paths: Iterable[str]) -> None:
        """Write down what it has no more."""
        with explained(self._path), self._path.open("ab") as file:
            for path in paths:
                self.held.pop(path, None)
                file.write(msgspec.json.encode(_Held(path, "", 0, "")) + b"\n")

    def _rewrite(self) -> None:
        write(self._path, b"".join(msgspec.json.encode(one) + b"\n" for one in self.held.values()))
