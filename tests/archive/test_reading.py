"""Reading documents in processes of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archive.readers import Readers, read_apart
from archive.reading import Document, Read, read
from archive.store.ready import Prepared, whole, with_ready
from benchmarks.material import feed
from config.settings import Limits
from feeds.model import ParsedFeed
from feeds.parse import NotAFeed, parse
from tests.support.archive import prepared, shown
from tests.support.items import NOON

ROOT = Path(__file__).resolve().parents[2]
URL = "https://source.example/feed"
SMALL = b"<rss version='2.0'><channel><title>News</title><item><guid>1</guid></item></channel></rss>"


def document(number: int, *, first: bool = True) -> Document:
    return Document(feed(number, entries=3), URL, "application/rss+xml", first)


def children() -> list[int]:
    """The readers that this process has started. Other tests may have left children of theirs; these do not count."""
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split() if _reads(child)]


def _reads(pid: str) -> bool:
    try:
        return b"archive.reading" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


async def all_read(readers: Readers, documents: list[Document]) -> list[Read]:
    return await asyncio.gather(*map(readers.read, documents))


def test_many_are_read_as_one_is() -> None:
    documents = [document(number, first=bool(number % 2)) for number in range(60)]

    async def ask() -> list[Read]:
        async with Readers() as readers:
            readers.expect(len(documents))
            await all_read(readers, documents)
            while not children():
                await asyncio.sleep(0.05)
            return await all_read(readers, documents)

    assert asyncio.run(ask()) == list(map(read, documents))
    assert children() == []


def test_few_start_no_process() -> None:
    async def ask() -> list[int]:
        async with Readers() as readers:
            readers.expect(3)
            await all_read(readers, [document(1), document(2), document(3)])
            return children()

    assert asyncio.run(ask()) == []


def test_one_after_the_other_while_others_end() -> None:
    async def ask() -> int:
        async with Readers() as readers:

            async def some() -> None:
                for number in range(40):
                    await readers.read(document(number, first=False))

            await asyncio.wait_for(asyncio.gather(some(), some(), some()), 60)
        return 1

    assert asyncio.run(ask())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_processes_that_are_killed(number: int) -> None:
    documents = [document(number) for number in range(20)]

    async def ask() -> list[Read]:
        async with Readers() as readers:
            readers.expect(100)
            while not children():
                await asyncio.sleep(0.05)
            for child in children():
                os.kill(child, number)
            return await all_read(readers, documents)

    assert asyncio.run(ask()) == list(map(read, documents))


STARTER = """
import asyncio, os
from archive.readers import Readers
from tests.archive.test_reading import children

async def ask():
    async with Readers() as readers:
        readers.expect(100)
        while len(children()) < len(os.sched_getaffinity(0)):
            await asyncio.sleep(0.05)
        print(*children(), flush=True)
        await asyncio.sleep(60)

asyncio.run(ask())
"""


def test_processes_end_with_whoever_started_them() -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True, cwd=ROOT) as starter:
        assert starter.stdout is not None
        started = [int(child) for child in starter.stdout.readline().split()]
        starter.kill()

    end = time.monotonic() + 20
    while time.monotonic() < end and any(_state(child) != "Z" for child in started):
        time.sleep(0.05)
    assert started
    assert {_state(child) for child in started} == {"Z"}


def _state(pid: int) -> str:
    """The state of a process, "Z" once it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_what_is_no_feed() -> None:
    async def ask() -> Read:
        async with Readers() as readers:
            return await readers.read(Document(b"<html>hello</html>", URL, None, True))

    refusal = asyncio.run(ask()).outcome()
    with pytest.raises(NotAFeed) as raised:
        parse(b"<html>hello</html>", URL)
    assert isinstance(refusal, NotAFeed)
    assert (str(refusal), refusal.html) == (str(raised.value), raised.value.html)


def test_what_the_writer_gets_is_whole() -> None:
    body = feed(3, entries=3)
    seen = shown(1, NOON, body=body, windowed=True, parsed=parse(body, URL))
    found = read(Document(body, URL, None, True))
    short = found.outcome()
    assert isinstance(short, ParsedFeed)
    assert found.packed
    assert all(entry.content is None for entry in short.entries)

    ahead = with_ready(shown(1, NOON, body=body, windowed=True, parsed=short), found.packed, found.ready)

    assert isinstance(whole(ahead), Prepared)
    assert whole(ahead).parsed == seen.parsed
    assert whole(ahead).served == seen.served
    assert whole(prepared(seen)) == whole(ahead)
    assert whole(seen) is seen


# --- documents that take all there is ----------------------------------------------------------------------------

TIGHT = Limits(memory=100_000_000, seconds=60.0)


def alone(document: Document, limits: Limits) -> tuple[Read, int]:
    """What comes of a document, and of a small one that is read after it; and how many processes are left."""

    async def ask() -> tuple[Read, int]:
        async with Readers(limits) as readers:
            found = await readers.read(document)
            good = await readers.read(Document(SMALL, URL, None, True))
            assert good == read(Document(SMALL, URL, None, True))
            return found, len(children())

    found = asyncio.run(ask())
    assert children() == []
    return found


def test_what_takes_too_much_memory_ends_its_process_and_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    body = b"<rss version='2.0'><channel><item><title>" + b"&" * 9_000_000
    found, left = alone(Document(body, URL, None, True), TIGHT)
    assert str(found.outcome()) == (
        f"{URL}: takes more than 100,000,000 bytes of memory to read; raise limits.memory if it is worth it"
    )
    assert left == 0
    assert capfd.readouterr().err == "", "half a million lines of lxml's would stand here"


def test_half_a_tree_passes_for_no_document() -> None:
    # libxml2 calls it a syntax error when it is out of memory.
    tombstone = b"<at:deleted-entry ref='a' when='2005-11-29T12:11:12Z'/>"
    body = (
        b"<feed xmlns='http://www.w3.org/2005/Atom' xmlns:at='http://purl.org/atompub/tombstones/1.0'><title>t</title>"
    )
    found, _ = alone(Document(body + tombstone * 250_000 + b"</feed>", URL, None, True), TIGHT)
    assert "bytes of memory to read" in str(found.outcome())


def test_what_takes_too_long_is_ended_and_told() -> None:
    body = b"<rss version='2.0'><channel><item><title>" + b"&" * 9_000_000
    found, left = alone(Document(body, URL, None, True), Limits(seconds=0.05))
    assert str(found.outcome()) == f"{URL}: takes longer than 0.05 s to read; raise limits.seconds if it is worth it"
    assert left == 0


def test_a_large_document_is_read_apart_and_as_any_other() -> None:
    document = Document(feed(1, entries=200), URL, "application/rss+xml", True)
    assert len(document.body) > 250_000
    found, left = alone(document, Limits())
    assert found == read(document)
    assert left == 1


def test_others_are_read_while_one_takes_its_time() -> None:
    slow = Document(b"<rss version='2.0'><channel><item><title>" + b"&" * 9_000_000, URL, None, True)

    async def ask() -> list[str]:
        ended: list[str] = []

        async def one(name: str, document: Document, readers: Readers) -> None:
            await readers.read(document)
            ended.append(name)

        async with Readers(Limits(seconds=20.0)) as readers:
            readers._count = 2  # as on two processors
            first = asyncio.create_task(one("slow", slow, readers))
            await asyncio.sleep(0)
            await asyncio.gather(*(one("small", Document(SMALL, URL, None, False), readers) for _ in range(10)))
            first.cancel()
            return ended

    assert asyncio.run(ask()) == ["small"] * 10


@pytest.mark.parametrize("entries", [3, 200])
def test_one_alone_is_parsed_wherever_that_is_done(entries: int) -> None:
    body = feed(1, entries=entries)
    assert read_apart(Document(body, URL, "application/rss+xml", whole=True)) == parse(body, URL)
    assert children() == []


def test_one_alone_is_bounded_too() -> None:
    with pytest.raises(NotAFeed, match="bytes of memory to read"):
        read_apart(Document(b"<rss><channel><item><title>" + b"&" * 9_000_000, URL, None, whole=True), TIGHT)
