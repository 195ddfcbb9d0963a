"""sqlite-utils, loaded when an archive is opened and not before: who only makes documents ready needs none of it."""

from __future__ import annotations

import sqlite3
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database as Database
else:
    Database = None


def opened(connection: sqlite3.Connection) -> Database:
    """The connection, with what sqlite-utils adds to it."""
    # It loads numpy where that is installed, to know its types: a fifth of the time that the program takes to start.
    missing = "numpy" not in sys.modules
    if missing:
        sys.modules["numpy"] = None  # type: ignore[assignment]  # to import it fails, as if it were not there
    try:
        from sqlite_utils import Database as Made
    finally:
        if missing:
            del sys.modules["numpy"]
    # Plugins, which are for the tool of that name, have no business in an archive, and to look for them takes time.
    return Made(connection, recursive_triggers=False, execute_plugins=False)
