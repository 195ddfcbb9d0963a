"""How many bytes of documents a pass holds: those on their way in, those being read, and those not yet written down.

What strangers serve may be as large as the settings allow, all of it at once. A document takes its room as it comes,
and waits where there is none; one at a time may go beyond, so that it always comes to an end and makes room for others.
"""

from __future__ import annotations

import asyncio

_LARGE = 1_000_000  # bytes
_TIMES = 3  # what a large document takes with all that is made of it, in its own size


class Room:
    """Room for so many bytes, for one event loop."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._usual = 0  # bytes of a document, as they come of late
        self._free = asyncio.Event()
        self._free.set()
        self._beyond = asyncio.Lock()

    async def place(self) -> Place:
        """A place for a document that is going to come, once there is room for one as they usually are."""
        while self._held >= self._most:
            await self._free.wait()
        place = Place(self)
        place.hold(self._usual)
        return place


class Place:
    """The room of one document."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._size = 0
        self._is_beyond = False

    async def grow(self, size: int) -> None:
        """Take room for that many bytes in all; waits where there is none."""
        room, more = self._room, _taken(size) - self._size
        if more > 0 and not self._is_beyond and room._held + more > room._most:
            await room._beyond.acquire()
            self._is_beyond = True
        self.hold(max(_taken(size), self._size))

    def came(self, size: int) -> None:
        """The document has come, and has that many bytes."""
        room = self._room
        room._usual += (size - room._usual) // 10
        self.hold(_taken(size))

    def leave(self) -> None:
        """Give all of it back."""
        self.hold(0)
        if self._is_beyond:
            self._is_beyond = False
            self._room._beyond.release()

    def hold(self, size: int) -> None:
        """Take or give back, so that it is that many bytes; never waits."""
        room = self._room
        room._held += size - self._size
        self._size = size
        if room._held < room._most:
            room._free.set()
        else:
            room._free.clear()


def _taken(size: int) -> int:
    return size if size <= _LARGE else _TIMES * size
