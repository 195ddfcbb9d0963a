"""How costs grow with what is archived: the same work over archives of two sizes, as ratios of their medians."""

from __future__ import annotations

import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from archive.store import Observation, PollState, Served, Store, open_store
from feeds.model import Charset, Entry, Feed, ParsedFeed, Text

_START = datetime(2020, 1, 1, tzinfo=UTC)
_FEEDS = 20
_BATCH = 2000
_WINDOW = 30
_ROUNDS = 40


@dataclass(frozen=True)
class Growth:
    """How long a piece of work takes (milliseconds) with few and with many versions archived."""

    what: str
    few: float
    many: float

    def __str__(self) -> str:
        return f"{self.what:<44} {self.few:>10.2f} ms {self.many:>10.2f} ms   {self.many / self.few:6.2f} x"


def results(few: int, many: int) -> Iterator[str]:
    """A line for each piece of work, after a head that names the sizes."""
    work = Path(tempfile.mkdtemp())
    try:
        sizes = {size: _build(work / f"{size}.sqlite", size) for size in (few, many)}
        yield f"{'':<44} {few:>10,} versions {many:>6,} versions, {sizes[many].stat().st_size / 1e9:.2f} GB"
        measured = [_measure(path) for path in sizes.values()]
        for what in measured[0]:
            yield str(Growth(what, measured[0][what], measured[1][what]))
    finally:
        shutil.rmtree(work)


def _build(path: Path, versions: int) -> Path:
    """An archive of so many versions, one entry in ten edited once, in feeds that were looked at by turns."""
    words = _Words()
    with closing(_open(path)) as store:
        feeds = [
            store.subscribe(f"https://f{number}.example/feed", kind="remote", now=_START) for number in range(_FEEDS)
        ]
        made = turn = 0
        while made < versions:
            count = min(_BATCH, versions - made)
            fresh = count - count // 11
            entries = [_entry(words, turn * _BATCH + number) for number in range(fresh)]
            edited = [_entry(words, turn * _BATCH + number, edit=1) for number in range(0, fresh, 10)][: count - fresh]
            at = _START + timedelta(minutes=turn)
            observations = [_seen(feeds[turn % _FEEDS], at, entries, windowed=False)]
            observations.append(_seen(feeds[turn % _FEEDS], at + timedelta(seconds=30), edited, windowed=False))
            store.record(observations)
            made, turn = made + count, turn + 1
    return path


def _measure(path: Path) -> dict[str, float]:
    """The median of each piece of work, in milliseconds; of searches, what 95 in 100 stay below."""
    dice, words = random.Random(5), _Words()
    found: dict[str, float] = {"open": statistics.median(_timed(lambda: _open(path).close()) for _ in range(10))}
    with closing(_open(path)) as store:
        total = store.totals().entries
        numbers = [dice.randrange(1, total) for _ in range(_ROUNDS)]
        middle = store.find_entry(str(total // 2))
        assert middle
        then = middle.first_seen
        found["list the newest 50"] = _median(lambda: store.entries(limit=50))
        found["list 50 as of the middle"] = _median(lambda: store.entries(limit=50, as_of=then))
        found["history of an entry"] = statistics.median(_timed(lambda n=n: store.history(n)) for n in numbers)  # type: ignore[misc]
        queries = [words.query(dice) for _ in range(300)]
        spent = sorted(_timed(lambda q=q: store.search(q)) for q in queries)  # type: ignore[misc]
        found["search, 95 % stay below"] = spent[int(len(spent) * 0.95)]
        found["search, median"] = statistics.median(spent)
        found["20 feeds with nothing new, 304"], found["20 feeds with nothing new, 200"] = _nothing_new(store, words)
        found["a pass with 100 new entries"] = statistics.median([_pass(store, words, turn) for turn in range(11)][1:])
    return found


def _nothing_new(store: Store, words: _Words) -> tuple[float, float]:
    """Claiming all feeds and writing down that they were not modified, and that their bytes were those of before."""
    due = _START + timedelta(days=800)
    poll = PollState(next_due=due, etag='"1"', last_success=due)
    feeds = [feed.id for feed in store.feeds()]
    shown = [_entry(words, 10**9 - number) for number in range(_WINDOW)]
    seen = [replace(_seen(feed, due, shown, windowed=True), poll=poll) for feed in feeds]
    store.record(seen)

    def again(*, served: bool) -> None:
        assert len(store.claim(now=due, limit=len(feeds), lease=timedelta(minutes=10))) == len(feeds)
        store.record([replace(one, parsed=None, served=one.served if served else None) for one in seen])

    return _median(lambda: again(served=False)), _median(lambda: again(served=True))


def _pass(store: Store, words: _Words, turn: int) -> float:
    """Ten feeds, each with ten new entries among thirty that are shown; the first pass fills the windows."""
    observations = []
    for feed in range(10):
        newest = 10**9 + feed * 10**6 + 10 * turn
        shown = [_entry(words, number) for number in range(newest, newest - _WINDOW, -1)]
        observations.append(_seen(feed + 1, _START + timedelta(days=900 + turn), shown, windowed=True))
    return _timed(lambda: store.record(observations))


def _seen(feed: int, at: datetime, entries: list[Entry], *, windowed: bool) -> Observation:
    parsed = ParsedFeed(format="bench", feed=Feed(title="Bench"), entries=tuple(entries), charset=Charset(used="utf-8"))
    served = Served(body=f"{feed} {at}".encode(), url=f"https://f{feed}.example/feed")
    return Observation(feed=feed, at=at, served=served, parsed=parsed, windowed=windowed)


def _entry(words: _Words, number: int, edit: int = 0) -> Entry:
    dice = random.Random(f"{number} {edit}")
    return Entry(
        id=f"tag:f.example,2020:{number}",
        link=f"https://f.example/{number}",
        title=words.text(dice, 8),
        content=Text(f"<p>{words.text(dice, 40)}</p>"),
        published=_START + timedelta(seconds=number % 10**6),
    )


class _Words:
    """Texts in which words are as frequent as in languages (Zipf): few that are everywhere, many that are rare."""

    def __init__(self) -> None:
        self._names = [f"w{number:x}" for number in range(50_000)]
        self._weights = [1 / (rank + 3) for rank in range(len(self._names))]
        self._cumulative: list[float] = []
        total = 0.0
        for weight in self._weights:
            total += weight
            self._cumulative.append(total)

    def text(self, dice: random.Random, count: int) -> str:
        return " ".join(dice.choices(self._names, cum_weights=self._cumulative, k=count))

    def query(self, dice: random.Random) -> str:
        return self.text(dice, dice.choice((1, 2, 2, 3)))


def _open(path: Path) -> Store:
    return open_store(path, now=_START, authority="bench.example")


def _median(work: Callable[[], object]) -> float:
    return statistics.median(_timed(work) for _ in range(_ROUNDS))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000
