"""How costs grow with what is archived: the same work over archives of two sizes, as ratios of their medians."""

from __future__ import annotations

import random
import shutil
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
_PARTS = 5
_PASSES = 40


@dataclass(frozen=True)
class Growth:
    """How long a piece of work takes (milliseconds) with few and with many versions archived; their ratio's spread."""

    what: str
    few: float
    many: float
    low: float
    high: float

    def __str__(self) -> str:
        ratio = f"{self.many / self.few:6.2f} x  ({self.low:.2f} to {self.high:.2f})"
        return f"{self.what:<44} {self.few:>10.2f} ms {self.many:>10.2f} ms   {ratio}"


@dataclass(frozen=True)
class _Work:
    """A piece of work: what makes it for an archive, how often it is done, and which share of these its figure tops."""

    what: str
    made: Callable[[Path, Store], Callable[[int], object]]
    times: int = 200
    share: float = 0.5


def results(few: int, many: int) -> Iterator[str]:
    """A line for each piece of work, after a head that names the sizes."""
    work = Path(tempfile.mkdtemp())
    try:
        paths = [_build(work / f"{size}.sqlite", size) for size in (few, many)]
        yield f"{'':<44} {few:>10,} versions {many:>6,} versions, {paths[1].stat().st_size / 1e9:.2f} GB"
        with closing(_open(paths[0])) as small, closing(_open(paths[1])) as large:
            for one in _ALL:
                yield str(_compared(one, one.made(paths[0], small), one.made(paths[1], large)))
    finally:
        shutil.rmtree(work)


def _compared(work: _Work, few: Callable[[int], object], many: Callable[[int], object]) -> Growth:
    """Both archives take turns: what the machine does meanwhile hits both alike. The spread is that of five parts."""
    few(0)
    many(0)
    spent = [(_timed(few, turn), _timed(many, turn)) for turn in range(1, work.times + 1)]
    parts = [spent[part::_PARTS] for part in range(_PARTS)]
    ratios = [large / small for small, large in (_figures(part, work.share) for part in parts)]
    return Growth(work.what, *_figures(spent, work.share), min(ratios), max(ratios))


def _figures(spent: list[tuple[float, float]], share: float) -> tuple[float, float]:
    few, many = (sorted(side) for side in zip(*spent, strict=True))
    return few[int(len(few) * share)], many[int(len(many) * share)]


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


def _opening(path: Path, store: Store) -> Callable[[int], object]:
    return lambda turn: _open(path).close()


def _newest(path: Path, store: Store) -> Callable[[int], object]:
    return lambda turn: store.entries(limit=50)


def _as_of(path: Path, store: Store) -> Callable[[int], object]:
    middle = store.find_entry(str(store.totals().entries // 2))
    assert middle
    return lambda turn: store.entries(limit=50, as_of=middle.first_seen)


def _history(path: Path, store: Store) -> Callable[[int], object]:
    dice, total = random.Random(5), store.totals().entries
    numbers = [dice.randrange(1, total) for _ in range(1000)]
    return lambda turn: store.history(numbers[turn])


def _searching(path: Path, store: Store) -> Callable[[int], object]:
    dice, words = random.Random(5), _Words()
    queries = [words.query(dice) for _ in range(1000)]
    return lambda turn: store.search(queries[turn])


def _nothing_new(*, served: bool) -> Callable[[Path, Store], Callable[[int], object]]:
    """Claiming all feeds and writing down that they were not modified, or that their bytes were those of before."""

    def made(path: Path, store: Store) -> Callable[[int], object]:
        words = _Words()
        due = _START + timedelta(days=800)
        poll = PollState(next_due=due, etag='"1"', last_success=due)
        feeds = [feed.id for feed in store.feeds()]
        shown = [_entry(words, 10**9 - number) for number in range(_WINDOW)]
        seen = [replace(_seen(feed, due, shown, windowed=True), poll=poll) for feed in feeds]
        store.record(seen)
        again = [replace(one, parsed=None, served=one.served if served else None) for one in seen]

        def work(turn: int) -> None:
            assert len(store.claim(now=due, limit=len(feeds), lease=timedelta(minutes=10))) == len(feeds)
            store.record(again)

        return work

    return made


def _pass(path: Path, store: Store) -> Callable[[int], object]:
    """Ten feeds, each with ten new entries among thirty that are shown; the first pass fills the windows."""
    words = _Words()
    passes = []
    for turn in range(_PASSES + 1):
        newest = [10**9 + feed * 10**6 + 10 * turn for feed in range(10)]
        at = _START + timedelta(days=900 + turn)
        shown = [[_entry(words, number) for number in range(one, one - _WINDOW, -1)] for one in newest]
        passes.append([_seen(feed, at, entries, windowed=True) for feed, entries in enumerate(shown, 1)])
    return lambda turn: store.record(passes[turn])


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


def _timed(work: Callable[[int], object], turn: int) -> float:
    start = time.perf_counter()
    work(turn)
    return (time.perf_counter() - start) * 1000


_ALL = (
    _Work("open", _opening),
    _Work("list the newest 50", _newest),
    _Work("list 50 as of the middle", _as_of),
    _Work("history of an entry", _history),
    _Work("search, 95 % stay below", _searching, times=400, share=0.95),
    _Work("search, median", _searching, times=400),
    _Work("20 feeds with nothing new, 304", _nothing_new(served=False)),
    _Work("20 feeds with nothing new, 200", _nothing_new(served=True)),
    _Work("a pass with 100 new entries", _pass, times=_PASSES),
)
