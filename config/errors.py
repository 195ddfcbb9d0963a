"""The root of every error that Backissue shows to a person.

BackissueError
├── ConfigError           config.load: a setting is wrong (file, line, key, remedy)
├── NotAFeed              feeds.parse: the bytes are no feed
├── FetchError            archive.fetch: an address gave no document
├── IngestError           archive.ingest: a file or page holds no article
├── MediaError            archive.media: copies of files cannot be read or written
├── StoreError            archive.store: the archive cannot be opened, read or written
├── UnprovedError         backissue: a key, checkpoint or proof is none, or does not hold
└── UsageError            backissue: what was asked for does not exist
"""

from __future__ import annotations


class BackissueError(Exception):
    """One line for a person: what was given, where it went wrong, and what to do.

    >>> str(BackissueError("notes.txt", "is empty", "put the article's text into it"))
    "notes.txt: is empty; put the article's text into it"
    """

    def __init__(self, subject: str, reason: str, remedy: str | None = None) -> None:
        super().__init__(subject, reason, remedy)
        self.subject = subject
        self.reason = reason
        self.remedy = remedy

    def __str__(self) -> str:
        line = f"{self.subject}: {self.reason}" + (f"; {self.remedy}" if self.remedy else "")
        return " ".join(line.splitlines())  # what was given may hold line breaks


def reason_of(error: OSError) -> str:
    """What the system says of a file or an address, in the words of a line: "permission denied"."""
    return (error.strerror or str(error)).lower()
