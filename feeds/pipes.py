"""Messages between this program and processes of its own, through their standard input and output."""

from __future__ import annotations

import gc
import json
import os
import select
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import IO

_LENGTH = struct.Struct("!Q")
_PIPE = 1_000_000  # bytes: a message fits, and who sends need not wait for who reads
_CHILD = (
    "import importlib, json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "module, _, name = sys.argv[2].partition(':'); getattr(importlib.import_module(module), name)()"
)


def started(function: str, *arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """A process that runs a function ("module:name"), which should be one that calls `serve`. Raises OSError.

    `arguments` are the last ones of its sys.argv, `environment` is what it has besides that of this process. It ends
    when its standard input is closed, whatever ended its parent. In a session of its own, Ctrl-C does not reach it:
    what is under way is still done.
    """
    return subprocess.Popen(  # noqa: S603 - this very program
        [sys.executable, "-c", _CHILD, json.dumps(sys.path), function, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pipesize=_PIPE,
        env=os.environ | (environment or {}),
        start_new_session=True,
    )


def asked(process: subprocess.Popen[bytes], message: bytes, seconds: float | None = None) -> bytes:
    """The answer to a message; raises EOFError, OSError or ValueError if the process does not live.

    Raises TimeoutError if the answer takes longer than that. It comes all at once.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    _send(process.stdin, message)
    if seconds is not None:
        waiting = select.poll()
        waiting.register(process.stdout, select.POLLIN)
        if not waiting.poll(seconds * 1000):
            raise TimeoutError(f"no answer within {seconds:g} s")
    return _received(process.stdout)


def serve(answer: Callable[[bytes], bytes]) -> None:
    """Answer the messages that come through the standard input until it ends."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    # What is loaded stays, and what is worked on forms no circles worth looking for after every few hundred values.
    gc.freeze()
    gc.set_threshold(100_000)
    sys.stdout = sys.stderr  # what anything prints must not come between
    while True:
        try:
            _send(answers, answer(_received(requests)))
        except (EOFError, OSError):
            return


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def _received(stream: IO[bytes]) -> bytes:
    """The next message; raises EOFError if there is none, or not all of it."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError("its output has ended")
    (length,) = _LENGTH.unpack(head)
    message = stream.read(length)
    if len(message) < length:
        raise EOFError("its output breaks off")
    return message
