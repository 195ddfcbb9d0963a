"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from config.errors import BackissueError, reason_of
from feeds.files import synced

STREAM = "-"  # standard output


class ExportError(BackissueError):
    """What was asked for cannot be written, or cannot be written there."""


@contextmanager
def writing(target: str) -> Generator[BinaryIO, None, None]:
    """A file that takes its place when all of it is written; `-` is standard output. Raises ExportError."""
    if target == STREAM:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with whole_file(Path(target)) as temporary, temporary.open("wb") as file:
        yield file


@contextmanager
def whole_file(path: Path) -> Generator[Path, None, None]:
    """The name to write to; what is there at the end takes the place of `path`. Raises ExportError."""
    with explained(path):
        if path.is_dir():
            raise ExportError(str(path), "is a folder", "name a file")
        if not path.parent.is_dir():
            raise ExportError(str(path), "lies in a folder that does not exist", "name a file that you may write to")
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            temporary.unlink(missing_ok=True)  # what a run left that was killed
            yield temporary
            synced(temporary)
            temporary.replace(path)
            synced(path.parent)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Generator[Path, None, None]:
    """The folder to fill; at the end it takes the place of `path`, which must be empty or not there yet.

    Raises ExportError.
    """
    with explained(path):
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise ExportError(str(path), "is there already", "name a folder that is empty or does not exist yet")
        if not path.parent.is_dir():
            raise ExportError(str(path), "lies in a folder that does not exist", "make that first")
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            if temporary.exists():
                shutil.rmtree(temporary)
            temporary.mkdir()
            yield temporary
            for one in sorted(temporary.rglob("*"), reverse=True):
                synced(one)
            synced(temporary)
            if path.exists():
                path.rmdir()
            temporary.replace(path)
            synced(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def explained(path: Path) -> Generator[None, None, None]:
    """Turn what the system says of a path into an ExportError of one line."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = f"cannot be written ({reason_of(error)})"
        raise ExportError(str(path), reason, "name a place with room that you may write to") from error
