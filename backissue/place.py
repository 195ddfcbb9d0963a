"""Places that published files are uploaded to: a folder, or whatever fsspec reaches, such as S3."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from feeds.files import PublishError, write

_EXTRAS = {"s3": "s3", "s3a": "s3"}


class PlaceError(PublishError):
    """A place cannot be reached, or does not take what it is given."""


class Place(Protocol):
    """Where files go, by their paths relative to it. Every call may raise PlaceError."""

    def sizes(self) -> dict[str, int]:
        """What lies there, and how many bytes each has."""
        ...

    def put(self, files: Mapping[str, bytes], type: str, cache: str) -> None:
        """Write files that share their Content-Type and Cache-Control, where the place keeps such."""
        ...

    def put_file(self, path: str, source: Path, type: str, cache: str) -> None:
        """Write a large file, in a stream."""
        ...

    def remove(self, paths: Iterable[str]) -> None:
        """Take files away; those that are not there are no error."""
        ...


def place(target: str) -> Place:
    """The place with that address. Raises PlaceError."""
    import fsspec

    with _explained(target):
        try:
            system, root = fsspec.core.url_to_fs(target)
        except ImportError as error:
            scheme = target.partition("://")[0]
            extra = _EXTRAS.get(scheme)
            remedy = f"pip install 'backissue[{extra}]'" if extra else f"install what fsspec wants for {scheme}://"
            raise PlaceError(target, "needs a package that is not installed", remedy) from error
        except ValueError as error:
            raise PlaceError(
                target, "is no place that is known", "name a folder, or such as s3://bucket/path"
            ) from error
    protocols = (system.protocol,) if isinstance(system.protocol, str) else system.protocol
    if "file" in protocols:
        return _Folder(Path(root))
    return _Remote(target, system, root.rstrip("/"), is_s3="s3" in protocols)


class _Folder:
    """A folder: files change at one stroke."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def sizes(self) -> dict[str, int]:
        found = self._root.rglob("*") if self._root.is_dir() else iter(())
        return {one.relative_to(self._root).as_posix(): one.stat().st_size for one in found if one.is_file()}

    def put(self, files: Mapping[str, bytes], type: str, cache: str) -> None:
        for path, data in files.items():
            with _explained(str(self._root)):
                (self._root / path).parent.mkdir(parents=True, exist_ok=True)
            write(self._root / path, data)

    def put_file(self, path: str, source: Path, type: str, cache: str) -> None:
        target = self._root / path
        temporary = target.with_name(f".{target.name}.tmp")
        with _explained(str(self._root)):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, temporary)
            temporary.replace(target)

    def remove(self, paths: Iterable[str]) -> None:
        with _explained(str(self._root)):
            for path in paths:
                (self._root / path).unlink(missing_ok=True)


class _Remote:
    """What fsspec reaches; an object of S3 changes at one stroke, and keeps its header fields."""

    def __init__(self, target: str, system: Any, root: str, *, is_s3: bool) -> None:
        self._target = target
        self._system = system
        self._root = root
        self._is_s3 = is_s3

    def sizes(self) -> dict[str, int]:
        with _explained(self._target):
            self._system.invalidate_cache()
            try:
                found = self._system.find(self._root, detail=True)
            except FileNotFoundError:
                return {}
        start = len(self._root) + 1
        return {path[start:]: int(facts["size"] or 0) for path, facts in found.items()}

    def put(self, files: Mapping[str, bytes], type: str, cache: str) -> None:
        with _explained(self._target):
            held = {f"{self._root}/{path}": data for path, data in files.items()}
            self._system.pipe(held, **self._said(type, cache))

    def put_file(self, path: str, source: Path, type: str, cache: str) -> None:
        with _explained(self._target):
            self._system.put_file(str(source), f"{self._root}/{path}", **self._said(type, cache))

    def _said(self, type: str, cache: str) -> dict[str, str]:
        return {"ContentType": type, "CacheControl": cache} if self._is_s3 else {}

    def remove(self, paths: Iterable[str]) -> None:
        with _explained(self._target):
            for path in paths:
                try:
                    self._system.rm_file(f"{self._root}/{path}")
                except FileNotFoundError:
                    continue


@contextmanager
def _explained(target: str) -> Generator[None, None, None]:
    """Turn whatever a place's library raises into a PlaceError of one line."""
    try:
        yield
    except PublishError:
        raise
    except Exception as error:  # each library has errors of its own, which share no other class
        words = " ".join(str(error).split())[:200] or type(error).__name__
        remedy = "check its address, its rights and the network, and publish again: it goes on from there"
        raise PlaceError(target, f"cannot be written ({words})", remedy) from error
