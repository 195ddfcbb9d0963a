"""Room for documents: large ones one by one, the others never behind them."""

from __future__ import annotations

import asyncio

from archive.schedule.room import Room


def test_a_large_document_waits_for_another_and_no_small_one_does() -> None:
    async def play() -> list[str]:
        room, told = Room(most=2_000_000), []
        first, second, small = [await room.place() for _ in range(3)]
        await first.grow(1_500_000)

        async def grow() -> None:
            await second.grow(20_000_000)
            told.append("second")

        waiting = asyncio.create_task(grow())
        await asyncio.sleep(0)
        await small.grow(900_000)
        told.append("small")
        (await room.place()).leave()
        first.came(19_000_000)
        told.append("first")
        first.leave()
        await waiting
        second.leave()
        return told

    assert asyncio.run(asyncio.wait_for(play(), 10)) == ["small", "first", "second"]


def test_nothing_more_is_asked_for_until_there_is_room() -> None:
    async def play() -> list[str]:
        room, told = Room(most=1000), []
        first = await room.place()
        first.came(1000)

        async def next_one() -> None:
            (await room.place()).leave()
            told.append("next")

        waiting = asyncio.create_task(next_one())
        await asyncio.sleep(0)
        told.append("left")
        first.leave()
        first.leave()  # which changes nothing
        await waiting
        return told

    assert asyncio.run(asyncio.wait_for(play(), 10)) == ["left", "next"]
