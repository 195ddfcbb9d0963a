"""Reading a document: what it is, and all that can be made of it without the archive.

`serve` does it for another process (`archive.readers`), which starts many such: nothing is loaded here that is not
needed for it.
"""

from __future__ import annotations

import logging
import os
import sys

import msgspec
from msgspec import Struct

from archive.store.ready import Form, Packed, Ready, bare, forms, packed, ready, skimmed, with_ready
from archive.store.values import Observation
from config.settings import Limits
from feeds import pipes
from feeds.model import ParsedFeed
from feeds.parse import NotAFeed, parse

OUT_OF_MEMORY = 86  # how a process ends that takes more than it may
DEFAULTS = Limits()

_log = logging.getLogger(__name__)


class Document(Struct, frozen=True, array_like=True):
    """A document as it was served; `first` says that its feed was never read, and all of it will be stored.

    Of any other, most is stored already. `whole` asks for the feed as it was parsed.
    """

    body: bytes
    url: str
    content_type: str | None
    first: bool = False
    whole: bool = False


class Read(Struct, frozen=True, array_like=True):
    """What a document is: a feed, made ready so far as that is of use, or none, or what went wrong in reading it."""

    parsed: ParsedFeed | None = None
    packed: Packed | None = None
    ready: tuple[Ready, ...] = ()
    forms: tuple[Form, ...] = ()
    refused: tuple[str, str, str | None, bool] | None = None
    fault: str | None = None

    def outcome(self) -> ParsedFeed | NotAFeed:
        """The feed, or why it is none. Raises RuntimeError for a fault of ours."""
        if self.refused:
            subject, reason, remedy, html = self.refused
            return NotAFeed(subject, reason, remedy, html=html)
        if self.parsed is None:
            raise RuntimeError(self.fault)
        return self.parsed

    def of(self, seen: Observation) -> Observation:
        """The observation of that document, with all that was made of it."""
        return with_ready(seen, self.packed, self.ready) if self.packed else skimmed(seen, self.forms)


def read(document: Document, limits: Limits = DEFAULTS) -> Read:
    """The document, read. Raises MemoryError."""
    try:
        parsed = parse(document.body, document.url, content_type=document.content_type, limits=limits)
        if document.whole:
            return Read(parsed)
        if not document.first:
            return Read(bare(parsed), forms=forms(parsed.entries))
        return Read(bare(parsed), packed(document.body), ready(parsed.entries))
    except NotAFeed as error:
        return Read(refused=(error.subject, error.reason, error.remedy, error.html))
    except MemoryError:
        raise
    except Exception as fault:  # what one document does to us must not keep the others from being read
        _log.exception("%s could not be read", document.url)
        return Read(fault=f"{type(fault).__name__}: {fault}")


encode = msgspec.msgpack.Encoder().encode
_decode_documents = msgspec.msgpack.Decoder(list[Document]).decode


def serve() -> None:
    """Read what comes through the standard input until it ends, within the limits of the last argument."""
    limits = msgspec.json.decode(sys.argv[-1], type=Limits)
    _bound(limits.memory)
    try:
        pipes.serve(lambda message: encode([read(one, limits) for one in _decode_documents(message)]))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # what is left of the process is not worth going on with


def _bound(memory: int) -> None:
    """See that this process takes no more memory than that, in bytes, where the system can, and ends if it is short."""
    # What C cannot raise goes to these hooks, again and again.
    sys.excepthook = lambda kind, error, trace: _end_of_memory(kind, error)
    sys.unraisablehook = lambda told: _end_of_memory(told.exc_type, told.exc_value)
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def _end_of_memory(kind: type[BaseException], error: BaseException | None) -> None:
    if issubclass(kind, MemoryError):
        os._exit(OUT_OF_MEMORY)
    _log.error("passed over in reading", exc_info=error)
