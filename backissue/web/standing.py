"""What a document says of itself at its start, which decides how it is served. Pure."""

from __future__ import annotations

import re
from typing import Literal

from backissue.web.media import Media

Standing = Literal["closed", "withdrawn"]

START = 100_000  # bytes in which it has to be said
_BODY = re.compile(rb'<(?:item|entry)[\s>/]|"items":|</head>')
_CLOSED = re.compile(rb'<fh:archive[\s/>]|"archive":\s*true')
_WITHDRAWN = re.compile(rb'<meta name="backissue" content="withdrawn">')


def standing(media: Media, data: bytes) -> Standing | None:
    """Whether it is a closed archive document, which never changes, or the page of an entry that was withdrawn."""
    if not (media.archive or media.entry):
        return None
    head = data[:START]
    end = _BODY.search(head)
    head = head[: end.start()] if end else head
    if media.archive:
        return "closed" if _CLOSED.search(head) else None
    return "withdrawn" if _WITHDRAWN.search(head) else None
