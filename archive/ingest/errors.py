"""What a person is told when bytes or paths hold no article."""

from __future__ import annotations

from config.errors import BackissueError


class IngestError(BackissueError):
    """A file or page holds no article, or one that cannot be read; the line says what to do."""


class NoArticlesError(IngestError):
    """A folder is there, but holds no article."""
