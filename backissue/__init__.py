"""The application's shell: commands, wiring, the web, progress and messages."""

from __future__ import annotations

from importlib.metadata import version

VERSION = version("backissue")
