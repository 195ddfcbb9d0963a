"""Where the time of a poll goes: each stage by itself, in processor time, beside the floor, which is the least that it
can cost with the same library: the same bytes through lxml, zstd, FTS5 or a client with nothing of ours around it.
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import aiohttp
import msgspec
import zstandard
from lxml import etree
from msgspec.structs import replace

from archive.fetch import Fetcher, Request
from archive.history import fingerprint, form
from archive.reading import Document, Read, read
from archive.store import Observation, PollState, Served, Store, open_store
from archive.store.index import plain_texts, words_of
from archive.store.ready import packed
from benchmarks.material import another, feed
from benchmarks.serving import server
from config.settings import Http
from feeds.count import word_count
from feeds.model import Entry
from feeds.parse import parse

Value = TypeVar("Value")

_NOW = datetime(2026, 11, 25, tzinfo=UTC)
_HEADERS = (("Content-Type", "application/rss+xml"), ("ETag", '"1"'), ("Server", "bench"))
_URL = "http://f{}.example/feed"


@dataclass(frozen=True)
class Stage:
    """Milliseconds of a processor for each feed (30 entries, 55 kB), and those of the floor."""

    what: str
    now: float
    floor: float
    least: str

    def __str__(self) -> str:
        return (
            f"{self.what:<42} {self.now:>8.3f} ms {self.floor:>8.3f} ms {self.now / self.floor:>6.1f} x   {self.least}"
        )


def results(rounds: int, count: int) -> Iterator[str]:
    """A line for each stage."""
    yield f"{'stage':<42} {'now':>11} {'floor':>11} {'':>8}   the floor is"
    bodies = [feed(number) for number in range(count)]
    for stages in (_start(rounds), _fetching(rounds, count), _reading(rounds, bodies), _recording(rounds, bodies)):
        yield from map(str, stages)


def _start(rounds: int) -> Iterator[Stage]:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "backissue.toml")
        config.write_text("")
        ours = [sys.executable, "-m", "backissue", "--config", str(config), "archive", "--no-publish", "--json"]
        child = [sys.executable, "-c", "from archive.reading import serve; from feeds.parse import fast"]
        yield Stage(
            "start of the program, once", *_runs(rounds, ours, "import aiohttp, sqlite3"), "importing its client"
        )
        yield Stage("start of a process that reads, once", *_runs(rounds, child, "import lxml.etree"), "importing lxml")


def _runs(rounds: int, ours: Sequence[str], floor: str) -> tuple[float, float]:
    def spent(command: Sequence[str]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000

    bare = [sys.executable, "-c", floor]
    pairs = [(spent(ours), spent(bare)) for _ in range(rounds + 1)]
    return min(one for one, _ in pairs), min(other for _, other in pairs)


def _fetching(rounds: int, count: int) -> Iterator[Stage]:
    with server(count) as served:
        for what, tags in (("200", {}), ("304", {one: f'"{n}-0"' for n, one in enumerate(served.addresses)})):

            def ours(tags: dict[str, str] = tags) -> None:
                asyncio.run(_ours(served.addresses, tags))

            def bare(tags: dict[str, str] = tags) -> None:
                asyncio.run(_bare(served.addresses, tags))

            yield _stage(f"fetch, {what}", count, rounds, ours, bare, "aiohttp alone")


async def _ours(addresses: Sequence[str], tags: dict[str, str]) -> None:
    urls = iter(addresses)
    http = Http(allow_private_addresses=True, per_host=50, gap=0)
    async with Fetcher(http, now=lambda: datetime.now(UTC), version="0") as fetcher:

        async def work() -> None:
            for url in urls:
                await fetcher.get(Request(url=url, etag=tags.get(url)))

        await asyncio.gather(*(work() for _ in range(http.connections)))


async def _bare(addresses: Sequence[str], tags: dict[str, str]) -> None:
    urls = iter(addresses)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=50)) as session:

        async def work() -> None:
            for url in urls:
                async with session.get(url, headers={"If-None-Match": tags[url]} if url in tags else {}) as answer:
                    await answer.read()

        await asyncio.gather(*(work() for _ in range(50)))


def _reading(rounds: int, bodies: Sequence[bytes]) -> Iterator[Stage]:
    count = len(bodies)
    parsed = [parse(body, _URL) for body in bodies]
    entries = [entry for one in parsed for entry in one.entries]
    made = [form(entry)[0] for entry in entries]
    level = zstandard.ZstdCompressor(level=3)
    reads = [read(Document(body, _URL, None, True)) for body in bodies]
    messages = [msgspec.msgpack.encode(one) for one in reads]
    yield _stage("parse", count, rounds, _each(bodies, _parsed), _each(bodies, etree.fromstring), "lxml's tree")
    yield _stage("digests", count, rounds, _each(entries, _digests), _each(made, blake2b), "BLAKE2 of the JSON")
    yield _stage(
        "words to find it by", count, rounds, _each(entries, _words), _each(made, bytes.split), "splitting the JSON"
    )
    both = [*bodies, *made]
    yield _stage("compress", count, rounds, _each(both, packed), _each(both, level.compress), "zstd alone")
    decode = msgspec.msgpack.Decoder(Read).decode
    whole = _each(reads, lambda one: decode(msgspec.msgpack.encode(one)))
    yield _stage("from process to process", count, rounds, whole, lambda: _piped(messages), "the bytes through a pipe")


def _parsed(body: bytes) -> None:
    parse(body, _URL, content_type="application/rss+xml")


def _digests(entry: Entry) -> None:
    form(entry)
    fingerprint(entry)


def _words(entry: Entry) -> None:
    texts = plain_texts(entry)
    _ = words_of(entry, texts).digest
    word_count(texts[-1])


def _piped(messages: Iterable[bytes]) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as source, os.fdopen(writer, "wb", buffering=0) as sink:
        for message in messages:
            for start in range(0, len(message), 32_768):
                part = message[start : start + 32_768]
                sink.write(part)
                source.read(len(part))


def _recording(rounds: int, bodies: Sequence[bytes]) -> Iterator[Stage]:
    count, work = len(bodies), Path(tempfile.mkdtemp())
    try:
        first = [_seen(number, body, first=True) for number, body in enumerate(bodies, 1)]
        rows = [row for body in bodies for row in _rows(parse(body, _URL).entries)]
        spent = [_timed_record(work / f"{turn}.sqlite", count, first) for turn in range(rounds + 1)]
        floor = min(_timed(lambda n=turn: _written(work / f"{n}.fts", rows)) for turn in range(rounds + 1))  # type: ignore[misc]
        yield Stage("record a first look", min(spent) / count, floor / count, "FTS5 and one table with the bodies")
        with closing(_opened(work / "0.sqlite")) as store:
            seen = [_seen(number, body, first=False) for number, body in enumerate(bodies, 1)]
            modified = [replace(one, served=None, parsed=None) for one in _plain(seen)]
            least = min(_updates(work / "u.sqlite", count) for _ in range(rounds + 1)) / count
            told = "one UPDATE"
            yield Stage("record a 304", _least(rounds, lambda: store.record(modified)) / count, least, told)
            same = [replace(one, parsed=None) for one in _plain(seen)]
            yield Stage("record the same bytes", _least(rounds, lambda: store.record(same)) / count, least, told)
            newer = [
                [_newer(number, body, turn) for number, body in enumerate(bodies, 1)] for turn in range(1, rounds + 2)
            ]
            spent = [_timed(lambda batch=batch: store.record(batch)) for batch in newer]  # type: ignore[misc]
            least = _least(rounds, lambda: _differences(bodies)) / count
            yield Stage("record one new entry among 30", min(spent) / count, least, "the document's difference by zstd")
            least = min(_updates(work / "u.sqlite", count) for _ in range(rounds + 1)) / count
            claimed = _least(rounds, lambda: _claimed(store, count))
            yield Stage("claim", claimed / count, least, told)
    finally:
        shutil.rmtree(work)


def _seen(number: int, body: bytes, *, first: bool, hours: int = 0) -> Observation:
    url, at = _URL.format(number), _NOW + timedelta(hours=hours)
    done = read(Document(body, url, "application/rss+xml", first))
    served = Served(body=body, url=url, status=200, request_headers=_HEADERS, response_headers=_HEADERS)
    poll = PollState(next_due=_NOW, etag='"1"', last_polled=at, last_success=at, last_status=200)
    parsed = done.outcome()
    assert not isinstance(parsed, Exception)
    return done.of(Observation(feed=number, at=at, served=served, parsed=parsed, poll=poll))


def _plain(seen: Iterable[Observation]) -> list[Observation]:
    names = Observation.__struct_fields__
    return [Observation(**{name: getattr(one, name) for name in names}) for one in seen]


def _newer(number: int, body: bytes, turn: int) -> Observation:
    start = body.index(b"<item>")
    new = b"".join(another(number - 1, which) for which in range(turn, 0, -1))
    return _seen(number, body[:start] + new + body[start:], first=False, hours=turn)


def _opened(path: Path) -> Store:
    return open_store(path, now=_NOW, authority="bench.example")


def _timed_record(path: Path, count: int, seen: Sequence[Observation]) -> float:
    with closing(_opened(path)) as store:
        for number in range(1, count + 1):
            store.subscribe(_URL.format(number), kind="remote", now=_NOW)
        return _timed(lambda: [store.record(seen[start : start + 50]) for start in range(0, count, 50)])


def _rows(entries: Iterable[Entry]) -> Iterator[tuple[str, str, str, str, bytes]]:
    for entry in entries:
        words = words_of(entry)
        yield words.title, words.body, words.authors, words.tags, packed(form(entry)[0]).data


def _written(path: Path, rows: Iterable[tuple[str, str, str, str, bytes]]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE body (id INTEGER PRIMARY KEY, data BLOB)")
        db.execute(
            "CREATE VIRTUAL TABLE search USING fts5 (title, body, authors, tags, content = '',"
            " tokenize = 'unicode61 remove_diacritics 2')"
        )
        db.execute("BEGIN")
        db.executemany("INSERT INTO body VALUES (?, ?)", ((place, row[4]) for place, row in enumerate(rows)))
        numbered = ((place, *row[:4]) for place, row in enumerate(rows))
        db.executemany("INSERT INTO search (rowid, title, body, authors, tags) VALUES (?, ?, ?, ?, ?)", numbered)
        db.execute("COMMIT")


def _differences(bodies: Iterable[bytes]) -> None:
    for body in bodies:
        before = zstandard.ZstdCompressionDict(body, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        sizes = zstandard.ZstdCompressionParameters.from_level(3, source_size=len(body), dict_size=len(body))
        zstandard.ZstdCompressor(dict_data=before, compression_params=sizes).compress(body[1000:])


def _updates(path: Path, count: int) -> float:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE IF NOT EXISTS poll (feed INTEGER PRIMARY KEY, at TEXT)")
        db.executemany("INSERT OR IGNORE INTO poll VALUES (?, '')", ((number,) for number in range(count)))

        def update() -> None:
            db.execute("BEGIN")
            db.executemany("UPDATE poll SET at = ? WHERE feed = ?", ((str(_NOW), number) for number in range(count)))
            db.execute("COMMIT")

        return _timed(update)


def _claimed(store: Store, count: int) -> None:
    numbers = [one.id for one in store.claim(now=_NOW + timedelta(days=9), limit=count, lease=timedelta(minutes=10))]
    store.release(numbers)


def _each(values: Iterable[Value], work: Callable[[Value], object]) -> Callable[[], None]:
    def run() -> None:
        for one in values:
            work(one)

    return run


def _stage(
    what: str, count: int, rounds: int, now: Callable[[], object], floor: Callable[[], object], least: str
) -> Stage:
    pairs = [(_timed(now), _timed(floor)) for _ in range(rounds + 1)]
    return Stage(what, min(one for one, _ in pairs) / count, min(other for _, other in pairs) / count, least)


def _least(rounds: int, work: Callable[[], object]) -> float:
    return min(_timed(work) for _ in range(rounds + 1))


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds of a processor, of this process."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000
