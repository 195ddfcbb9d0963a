"""Where the rooms are wired together: the settings, the archive, the client and the clock of one run of the program.

The rooms are imported when they are needed, so that a command that asks nobody does not load what asking takes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import structs

from backissue import version
from config.errors import BackissueError, reason_of
from config.load import load
from config.settings import Settings

if TYPE_CHECKING:
    from archive.fetch import Fetcher, Hosts
    from archive.store import Store


class UsageError(BackissueError):
    """What was asked for does not exist, or makes no sense here."""


def why(error: OSError) -> str:
    """What kept a file from being read or written, as a reason that goes behind its name."""
    match error:
        case FileNotFoundError():
            return "does not exist"
        case IsADirectoryError():
            return "is a folder"
        case NotADirectoryError():
            return "lies below something that is no folder"
        case PermissionError():
            return "is not open to this user"
        case _:
            return f"cannot be used ({reason_of(error)})"


class App:
    """The program as it was started, with the configuration that was named, if any, and its clock."""

    def __init__(
        self, config_path: Path | None = None, verbose: int = 0, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.config_path = config_path
        self.verbose = verbose
        self.now = clock or now
        self._hosts: Hosts | None = None

    @cached_property
    def settings(self) -> Settings:
        """The settings; raises ConfigError."""
        return load(self.config_path)

    @contextmanager
    def store(self, *, create: bool = True) -> Generator[Store, None, None]:
        """The archive, closed at the end; raises StoreError."""
        from archive.store import open_store

        host = urlsplit(self.settings.site.base_url).hostname or "localhost"
        store = open_store(self.settings.archive_path, now=self.now(), authority=host, create=create)
        try:
            yield store
        finally:
            store.close()

    def fetcher(self) -> Fetcher:
        """The client that asks other servers, by the settings."""
        from archive.fetch import Fetcher, Hosts

        settings = self.settings
        self._hosts = self._hosts or Hosts()
        http = structs.replace(settings.http, contact=settings.http.contact or settings.site.email)
        return Fetcher(http, now=self.now, version=version(), subscribers=http.subscribers or None, hosts=self._hosts)


def now() -> datetime:
    """The time, aware UTC: the clock that the rest of the code is handed."""
    return datetime.now(UTC)
