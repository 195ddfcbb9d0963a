"""How many bytes of documents a pass holds: those on their way in, those being read, and those not yet written down.

What strangers serve may be as large as the settings allow, all of it at once. Large documents come one after the other,
and keep no others waiting: from where one turns out to be large until it is written down, it has a place of its own.
"""

from __future__ import annotations

import asyncio

from archive.allocator import give_large_blocks_back

_LARGE = 1_000_000  # bytes


class Room:
    """Room for so many bytes of documents and one large document, for one event loop."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._usual = 0  # bytes of a document, as they come of late
        self._free = asyncio.Event()
        self._free.set()
        self._large = asyncio.Lock()
        self._came = 0
        self._written = asyncio.Event()

    @property
    def came(self) -> int:
        """How many bytes of documents have come, and are not yet written down."""
        return self._came

    async def written(self) -> None:
        """Wait until a document is written down."""
        self._written.clear()
        await self._written.wait()

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
        self._came = 0
        self._is_large = False

    async def grow(self, size: int) -> None:
        """The document has that many bytes by now; waits where it becomes large and another one is."""
        if size > _LARGE and not self._is_large:
            give_large_blocks_back()
            await self._room._large.acquire()
            self._is_large = True
        self.hold(max(size, self._size))

    def came(self, size: int) -> None:
        """The document has come, and has that many bytes."""
        room = self._room
        room._came += size - self._came
        self._came = size
        room._usual += (min(size, _LARGE) - room._usual) // 10
        self.hold(size)

    def leave(self) -> None:
        """Give all of it back."""
        self._room._came -= self._came
        self._came = 0
        self._room._written.set()
        self.hold(0)
        if self._is_large:
            self._is_large = False
            self._room._large.release()

    def hold(self, size: int) -> None:
        """Take or give back, so that it is that many bytes; never waits."""
        room, size = self._room, 0 if self._is_large else size
        room._held += size - self._size
        self._size = size
        if room._held < room._most:
            room._free.set()
        else:
            room._free.clear()
