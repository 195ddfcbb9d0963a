"""HTTP/1.1 as uvicorn speaks it, with a short cut for what lies ready: no task, no scope, no events.

Most requests of most days ask for a document that was read before, and are answered in the instant they are parsed.
All others go uvicorn's way, to the ASGI application.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

Fields = list[tuple[bytes, bytes]]
# Gives the bytes of an answer for a method, a target and the header fields (names in lower case), in order; None where
# the application has to be asked.
AtOnce = Callable[[bytes, bytes, Fields], tuple[bytes, bytes] | None]


def protocol(at_once: AtOnce) -> type[HttpToolsProtocol]:
    """The protocol that asks this first."""

    class Protocol(HttpToolsProtocol):
        answered = False

        def on_headers_complete(self) -> None:
            self.answered = False
            parser: Any = self.parser
            if self._idle() and parser.should_keep_alive() and parser.get_http_version() == "1.1":
                answer = at_once(parser.get_method(), self.url, self.headers)
                if answer is not None:
                    self.answered = True
                    self.transport.writelines(answer)
                    return
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            if self.answered:
                self.on_response_complete()  # counts it, and has the connection closed if nothing more comes
            else:
                super().on_message_complete()

        def _idle(self) -> bool:
            """Whether nothing is under way here, and what was sent before is being read."""
            return (self.cycle is None or self.cycle.response_complete) and not self.flow.write_paused

    return Protocol
