"""Keeps the server open to others, whatever some of its clients do: how many may be connected, and how long they may
take. It looks at all connections twice a second, so that no request pays for a timer of its own.

A connection waits for its client when nothing was asked, when a request has begun and is not whole, or when an answer
is not being read. Where all places are taken, those that have waited the longest give way to a newcomer.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from heapq import nlargest
from operator import itemgetter
from typing import Any, Protocol

from msgspec import structs

from config.settings import Serve

if sys.platform != "win32":
    import resource

_OFTEN = 0.5  # seconds between two looks at all connections
_AT_ONCE = 16  # connections that give way together, so that a crowd of newcomers costs little
_LINGERING = 32  # connections that were turned away and have yet to hear it
_OWN = 250  # file handles for the archive, the feeds that are asked, what is being published
_LEAST = 8  # connections, however few handles there are

_log = logging.getLogger(__name__)


class Client(Protocol):
    """A connection, as far as it is looked after here."""

    def waited(self, now: float) -> float | None:
        """For how many seconds its client has been waited for; None where it waits for us."""

    def hurry(self, now: float) -> None:
        """End it if it has waited for too long."""

    def give_way(self) -> None:
        """End it, as others want its place."""

    def turn_away(self, *, politely: bool) -> None:
        """End it, as there is no place."""


class Crowd:
    """All connections of one server, watched over. `clock` counts in seconds from anywhere."""

    def __init__(self, limits: Serve, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.clock = clock
        self.now = clock()  # as of the last look, which is exact enough for what is answered at once
        self._looked = self.now
        self._lingering: set[Client] = set()

    def admit(self, one: Client, connections: set[Any]) -> None:
        """See that there is a place for a connection that is among these by now, or turn it away."""
        if len(connections) <= self.limits.connections:
            return
        now = self.clock()
        others = ((each.waited(now), each) for each in connections if each is not one)
        waiting = [(waited, each) for waited, each in others if waited is not None]
        for _, each in nlargest(_AT_ONCE, waiting, key=itemgetter(0)):
            connections.discard(each)
            each.give_way()
        if len(connections) > self.limits.connections:
            connections.discard(one)
            self._lingering.add(one)
            one.turn_away(politely=len(self._lingering) <= _LINGERING)

    def gone(self, one: Client) -> None:
        """A connection has ended."""
        self._lingering.discard(one)

    def look(self, connections: set[Any]) -> None:
        """Called often: looks whether any of these has waited for too long."""
        self.now = self.clock()
        if self.now - self._looked < _OFTEN:
            return
        self._looked = self.now
        for one in [*connections, *self._lingering]:
            one.hurry(self.now)


def fitted(limits: Serve) -> Serve:
    """The limits with as many connections as there are file handles for; their number is raised as far as allowed.

    A connection may need two, for itself and for a large file that goes out on it.
    """
    if sys.platform == "win32":  # where there is no such limit
        return limits
    wanted = 2 * limits.connections + _LINGERING + _OWN
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
        except (OSError, ValueError):  # some systems allow less than they say
            pass
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return limits
    own = min(_LINGERING + _OWN, soft // 2)
    connections = max(_LEAST, (soft - own) // 2)
    _log.warning(
        "serve.connections: %d want %d file handles and this process may have %d, so that %d are served at once;"
        " raise the limit (ulimit -n, LimitNOFILE=), or set serve.connections to that",
        *(limits.connections, wanted, soft, connections),
    )
    return structs.replace(limits, connections=connections)
