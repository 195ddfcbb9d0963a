"""Places that published files are uploaded to: a folder, or whatever fsspec reaches, such as S3."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from backissue.faults import PlaceError, check_form, explained
from feeds.files import write

_EXTRAS = {"s3": "s3", "s3a": "s3"}
_PACKAGES = {
    "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "sftp": "paramiko", "ssh": "paramiko",
    "smb": "smbprotocol", "webdav": "webdav4[fsspec]", "dropbox": "dropboxdrivefs",
}  # fmt: skip


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

    check_form(target)
    with explained(target):
        try:
            system, root = fsspec.core.url_to_fs(target)
        except ImportError as error:
            scheme = target.rpartition("::")[2].partition("://")[0]
            package = f"backissue[{_EXTRAS[scheme]}]" if scheme in _EXTRAS else _PACKAGES.get(scheme)
            remedy = f"pip install '{package}'" if package else f"install what fsspec wants for {scheme}://"
            raise PlaceError(target, "needs a package that is not installed", remedy) from error
        except ValueError as error:
            raise PlaceError(
                target, "is no place that is known", "name a folder, or such as s3://bucket/path"
            ) from error
    protocols = (system.protocol,) if isinstance(system.protocol, str) else system.protocol
    if "file" in protocols:
        return _Folder(Path(root))
    return _Remote(target, system, root.rstrip("/"), protocols)


class _Folder:
    """A folder: files change at one stroke."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def sizes(self) -> dict[str, int]:
        found = self._root.rglob("*") if self._root.is_dir() else iter(())
        return {one.relative_to(self._root).as_posix(): one.stat().st_size for one in found if one.is_file()}

    def put(self, files: Mapping[str, bytes], type: str, cache: str) -> None:
        for path, data in files.items():
            with explained(str(self._root)):
                (self._root / path).parent.mkdir(parents=True, exist_ok=True)
            write(self._root / path, data)

    def put_file(self, path: str, source: Path, type: str, cache: str) -> None:
        target = self._root / path
        temporary = target.with_name(f".{target.name}.tmp")
        with explained(str(self._root)):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, temporary)
            temporary.replace(target)

    def remove(self, paths: Iterable[str]) -> None:
        with explained(str(self._root)):
            for path in paths:
                (self._root / path).unlink(missing_ok=True)


class _Remote:
    """What fsspec reaches; an object of S3 and its like changes at one stroke, and keeps its header fields."""

    def __init__(self, target: str, system: Any, root: str, protocols: Collection[str]) -> None:
        self._target = target
        self._system = system
        self._root = root
        self._protocols = protocols

    def sizes(self) -> dict[str, int]:
        with explained(self._target):
            self._system.invalidate_cache()
            try:
                found = self._system.find(self._root, detail=True)
            except FileNotFoundError:
                return {}
        start = len(self._root) + 1
        return {path[start:]: int(facts["size"] or 0) for path, facts in found.items()}

    def put(self, files: Mapping[str, bytes], type: str, cache: str) -> None:
        with explained(self._target):
            held = {f"{self._root}/{path}": data for path, data in files.items()}
            self._system.pipe(held, **fields_of(self._protocols, type, cache))

    def put_file(self, path: str, source: Path, type: str, cache: str) -> None:
        with explained(self._target):
            self._system.put_file(str(source), f"{self._root}/{path}", **fields_of(self._protocols, type, cache))

    def remove(self, paths: Iterable[str]) -> None:
        with explained(self._target):
            for path in paths:
                try:
                    self._system.rm_file(f"{self._root}/{path}")
                except FileNotFoundError:
                    continue


def fields_of(protocols: Collection[str], type: str, cache: str) -> dict[str, Any]:
    """The Content-Type and Cache-Control of a file as the library for these protocols takes them, if it does.

    Files on other servers (SFTP, FTP, SMB, WebDAV) have none: whoever serves them chooses.
    """
    if "s3" in protocols:
        return {"ContentType": type, "CacheControl": cache}
    if "gs" in protocols:
        return {"content_type": type, "fixed_key_metadata": {"cache_control": cache}}
    if "abfs" in protocols:
        return {"content_settings": {"content_type": type, "cache_control": cache}}
    return {}
