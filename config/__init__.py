"""The settings of Backissue: the typed model, loading and checking, and the commented example."""

from __future__ import annotations

from config.errors import BackissueError
from config.load import find, load, problems
from config.problem import ConfigError, Problem
from config.redact import redacted
from config.settings import Settings
from config.template import template

__all__ = [
    "BackissueError",
    "ConfigError",
    "Problem",
    "Settings",
    "find",
    "load",
    "problems",
    "redacted",
    "template",
]
