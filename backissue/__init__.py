"""The application's shell: commands, wiring, the web, progress and messages."""

from __future__ import annotations

from functools import cache


@cache
def version() -> str:
    """The version of the installed program; looked up when asked for, as that takes as long as a short command."""
    from importlib import metadata

    return metadata.version("backissue")
