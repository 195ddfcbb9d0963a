"""Publishing: a first publication of a large archive beside feedgen, and one new entry in a small and in a large one.

The program is run as its users run it, over archives of entries of 2 KB of HTML, and writes RSS, Atom and JSON Feed
with all archive documents. feedgen is given the same entries in memory, and writes RSS and Atom.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from feedgen.feed import FeedGenerator

from archive.store import Observation, Store, open_store
from backissue.release import publish_all
from benchmarks.material import entries
from benchmarks.measure import memory
from config.load import load
from config.settings import Settings
from feeds.model import Charset, Entry, Feed, ParsedFeed

_FEW = 1000
_SAMPLE = 10_000
_PUBLISH = (sys.executable, "-m", "backissue", "publish")
_NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_CONFIG = '[site]\nbase_url = "https://bench.example/"\n[[channels]]\nname = "all"\ntitle = "All"\npages = false\n'


def results(rounds: int, count: int) -> Iterator[str]:
    """How fast so many entries are published first, and what one more costs then and in an archive of a thousand."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = (_made(Path(folder, str(size)), size) for size in (_FEW, count))
        yield from _first(many, count)
        _published(few)
        yield from _one_more(few, many, count, 4 * rounds)


def _first(work: Path, count: int) -> Iterator[str]:
    sample = list(entries(_SAMPLE))
    theirs = [_feedgen(sample)]
    seconds, spent, peak = _published(work)
    theirs += [_feedgen(sample) for _ in range(2)]
    ours, feedgen = count / seconds, statistics.median(theirs)
    written = sum(file.stat().st_size for file in (work / "public").rglob("*") if file.is_file())
    yield (
        f"first publication of {count:,} entries, three formats: {ours:,.0f} entries/s, "
        f"{peak} MB of memory at the most, {written / 1e6:,.0f} MB written"
    )
    yield f"in {seconds:.1f} s, with {1e6 * spent / count:.0f} µs of a processor for each entry, all processes together"
    spread = f"{min(theirs):,.0f} to {max(theirs):,.0f}"
    yield f"feedgen, two formats in memory: {feedgen:,.0f} entries/s ({spread}); ours is {ours / feedgen:.2f} of it"


def _one_more(few: Path, many: Path, count: int, rounds: int) -> Iterator[str]:
    """Each round publishes one new entry in both archives, by the program and then within this process."""
    found: dict[tuple[str, Path], list[float]] = {}
    python: list[float] = []
    fresh = {work: islice(entries(count + 2 * rounds + 2), count, None) for work in (few, many)}
    for _ in range(rounds + 1):
        python.append(_timed([sys.executable, "-c", "pass"], few))
        for work in (few, many):
            with closing(_open(work)) as store:
                _record(store, [next(fresh[work])])
            found.setdefault(("program", work), []).append(_timed(_PUBLISH, work))
            with closing(_open(work)) as store:
                _record(store, [next(fresh[work])])
                found.setdefault(("within", work), []).append(_publish(load(work / "backissue.toml"), store))
    milliseconds = {key: 1000 * statistics.median(spent[1:]) for key, spent in found.items()}
    start = 1000 * statistics.median(python[1:])
    for way, what in (("within", "publishing alone"), ("program", "the whole program")):
        small, large = milliseconds[way, few], milliseconds[way, many]
        yield (
            f"one new entry, {what}: {small:.1f} ms in {_FEW:,} entries, {large:.1f} ms in {count:,}, "
            f"{large / small:.2f} x"
        )
    besides = milliseconds["program", many] - start
    yield f"starting Python alone: {start:.1f} ms; the program besides it: {besides:.1f} ms"


def _made(work: Path, count: int) -> Path:
    """A folder with a configuration and an archive of so many entries."""
    work.mkdir()
    (work / "backissue.toml").write_text(_CONFIG)
    found = entries(count)
    with closing(_open(work)) as store:
        store.subscribe("https://bench.example/feed", kind="remote", now=_NOW)
        while batch := list(islice(found, 2000)):
            _record(store, batch)
    return work


def _open(work: Path) -> Store:
    return open_store(work / "backissue.sqlite", now=_NOW, authority="bench.example")


def _record(store: Store, found: Sequence[Entry]) -> None:
    parsed = ParsedFeed(format="bench", feed=Feed(), entries=tuple(found), charset=Charset(used="utf-8"))
    store.record([Observation(feed=1, at=_NOW, parsed=parsed, windowed=False)])


def _published(work: Path) -> tuple[float, float, int]:
    """How many seconds publishing takes, those of processors, and the most memory (MB), with all processes it starts.

    What else the machine does meanwhile makes the first longer, and hardly the second.
    """
    before, start, peak = _processors(), time.perf_counter(), 0
    with subprocess.Popen(_PUBLISH, cwd=work, stdout=subprocess.DEVNULL) as program:
        while program.poll() is None:
            peak = max(peak, memory(program.pid))
            time.sleep(0.1)
    assert program.returncode == 0
    return time.perf_counter() - start, _processors() - before, peak // 1024


def _processors() -> float:
    """The seconds of processors that ended processes of ours have used so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _timed(command: Sequence[str], work: Path) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=work, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def _publish(settings: Settings, store: Store) -> float:
    start = time.perf_counter()
    release = publish_all(settings, store, settings.channels)
    assert not release.errors
    assert release.documents >= len(settings.channels[0].formats)
    return time.perf_counter() - start


def _feedgen(found: Sequence[Entry]) -> float:
    """Entries a second, of feedgen making RSS and Atom of all of them."""
    start = time.perf_counter()
    feed = FeedGenerator()
    feed.id("tag:bench.example,2026:all")
    feed.title("All")
    feed.link(href="https://bench.example/", rel="alternate")
    feed.description("All")
    for entry in found:
        one = feed.add_entry(order="append")
        one.id(entry.id)
        one.title(entry.title)
        one.link(href=entry.link)
        one.content(entry.content.value if entry.content else "", type="html")
        one.published(entry.published)
        one.updated(entry.updated)
        one.author(name=entry.authors[0].name)
        one.category(term=entry.categories[0].term)
    feed.rss_str()
    feed.atom_str()
    return len(found) / (time.perf_counter() - start)
