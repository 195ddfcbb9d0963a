"""What a parser says of a document that it does not read."""

from __future__ import annotations

from config.errors import BackissueError


class NotAFeed(BackissueError):  # noqa: N818 - it names what the document is not
    """The bytes are no feed. `html` tells that they look like a page, whose feeds can be looked for."""

    def __init__(self, subject: str, reason: str, remedy: str | None = None, *, html: bool = False) -> None:
        super().__init__(subject, reason, remedy)
        self.html = html


class TooMuch(Exception):  # noqa: N818 - it says what is wrong with the document
    """A document breaks a limit: the setting (`config.settings.Limits`), if it can be raised, and in words how."""

    def __init__(self, setting: str | None, reason: str) -> None:
        super().__init__(reason)
        self.setting = setting
        self.reason = reason


class Declined(Exception):  # noqa: N818 - it is an answer, no error
    """A parser leaves the document to the next one. It may do so only before it has given anything."""
