"""Whole lives of feeds: nothing that a feed ever said is lost, nothing is made up, and the past can be told.

A machine lives the life of a feed in any way that hypothesis thinks of; each document goes the way that a poll's
answer goes, in real bytes. What the archive says is compared with the known answer at each step.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from archive.reparse import reparse
from archive.replay import copies, replay
from archive.schedule import look
from archive.store import FeedRecord
from archive.store.sqlite import SqliteStore
from config.settings import Schedule
from tests.support.archive import open_archive
from tests.support.items import NOON
from tests.support.lives import URL, Content, Item, Life, Seen, Step, Truth, read_back

PLACE = st.integers(0, 30)
BITS = st.integers(0, 63)
EDITS = st.sampled_from(["title", "text", "shorter", "date", "link"])


class Told(NamedTuple):
    """What an archive says of an entry."""

    contents: dict[Content, Seen]
    current: Content
    in_window: bool
    left: str | None
    deleted: str | None


class FeedLife(RuleBasedStateMachine):
    """A feed that lives, and the archive that looks on."""

    @initialize(
        style=st.sampled_from(["rss", "atom"]),
        guids=st.sampled_from(["tag", "tag", "permalink", "none", "same"]),
        dated=st.booleans(),
        complete=st.booleans(),
        seed=st.integers(0, 10**6),
    )
    def begin(self, style: Any, guids: Any, dated: bool, complete: bool, seed: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lives"))
        self.store = open_archive(self.folder / "a.sqlite")
        self.feed = self.store.subscribe(URL, kind="remote", now=NOON)
        self.life = Life(style, guids, dated=dated, complete=complete, seed=seed)
        self.taken: list[Item] = []
        self.moments: list[tuple[datetime, Any, bool]] = []
        self.copies: list[tuple[datetime, bytes]] = []
        self.kinds: list[str] = []
        self.any_order = guids != "same"
        self.life.publish(3)
        self.look(self.life.serve())

    # --- documents -------------------------------------------------------------------------------------------

    @rule(count=st.integers(1, 4), size=st.integers(4, 8), noise=BITS)
    def publish(self, count: int, size: int, noise: int) -> None:
        self.life.publish(count)
        self.life.roll(size)
        self.look(self.life.serve(noise))

    @rule(where=PLACE, what=EDITS, noise=BITS)
    def edit(self, where: int, what: Any, noise: int) -> None:
        self.life.edit(self.at(where), what)
        self.look(self.life.serve(noise))

    @rule(edits=st.lists(st.tuples(PLACE, EDITS), max_size=4), count=st.integers(0, 2), gone=PLACE)
    def much_at_once(self, edits: list[tuple[int, Any]], count: int, gone: int) -> None:
        for where, what in edits:
            self.life.edit(self.at(where), what)
        if len(self.life.window) > 2:
            self.life.remove(self.at(gone))
        self.life.publish(count)
        self.look(self.life.serve())

    @rule(where=PLACE, choice=PLACE, noise=BITS)
    def edit_back(self, where: int, choice: int, noise: int) -> None:
        self.life.edit_back(self.at(where), choice)
        self.look(self.life.serve(noise))

    @rule(noise=BITS)
    def noise(self, noise: int) -> None:
        before = self.store.totals().versions
        self.look(self.life.serve(noise))
        assert self.store.totals().versions == before

    @rule()
    def reorder(self) -> None:
        self.life.reorder()
        self.look(self.life.serve())

    @precondition(lambda self: len(self.life.window) > 2)
    @rule(where=PLACE)
    def remove(self, where: int) -> None:
        self.taken.append(self.life.remove(self.at(where)))
        self.look(self.life.serve())

    @precondition(lambda self: self.taken)
    @rule(noise=BITS)
    def bring_back(self, noise: int) -> None:
        self.life.bring_back(self.taken.pop())
        self.look(self.life.serve(noise))

    @precondition(lambda self: self.life.style == "atom" and self.life.guids == "tag" and len(self.life.window) > 2)
    @rule(where=PLACE)
    def bury(self, where: int) -> None:
        self.life.bury(self.at(where))
        self.look(self.life.serve())

    @rule(where=PLACE)
    def twice(self, where: int) -> None:
        self.life.twice(self.at(where))
        self.look(self.life.serve())

    # --- identity --------------------------------------------------------------------------------------------

    @precondition(lambda self: self.life.guids in ("tag", "permalink"))
    @rule(where=PLACE, noise=BITS)
    def new_guid(self, where: int, noise: int) -> None:
        self.any_order = False
        self.life.new_guid(self.at(where))
        self.look(self.life.serve(noise))

    @rule(noise=BITS)
    def to_https(self, noise: int) -> None:
        self.life.to_https()
        self.look(self.life.serve(noise))

    @rule(number=st.integers(1, 3))
    def to_host(self, number: int) -> None:
        self.any_order, self.taken = False, []
        self.life.to_host(f"host{number}.example")
        self.look(self.life.serve())

    @precondition(lambda self: self.life.guids == "tag")
    @rule(where=PLACE)
    def reuse_guid(self, where: int) -> None:
        self.any_order, self.taken, self.life.guids = False, [], "same"
        self.life.reuse_guid(self.at(where))
        self.look(self.life.serve())

    @precondition(lambda self: self.life.dated)
    @rule()
    def dates_by_the_clock(self) -> None:
        self.any_order = False
        self.life.dates_by_the_clock()
        self.look(self.life.serve())

    # --- other answers ---------------------------------------------------------------------------------------

    @rule(kind=st.sampled_from(["304", "same", "page", "503", "410", "none", "empty"]))
    def another_answer(self, kind: str) -> None:
        match kind:
            case "304":
                self.look(self.life.not_modified())
            case "same":
                self.look(self.life.same_again())
            case "page":
                self.look(self.life.page())
            case "empty":
                self.look(self.life.serve_nothing())
            case _:
                self.look(self.life.failing({"503": 503, "410": 410}.get(kind, 0)))

    @rule(url=st.sampled_from([URL, "https://cdn.example/feed"]), noise=BITS)
    def redirect(self, url: str, noise: int) -> None:
        self.life.url = url
        self.look(self.life.serve(noise))

    @rule(title=st.sampled_from(["La Source", "The Source"]))
    def rename(self, title: str) -> None:
        self.life.title = title
        self.look(self.life.serve())
        assert self.record().title == title

    @rule()
    def replaced(self) -> None:
        self.any_order, self.taken = False, []
        self.life.replaced()
        self.look(self.life.serve())
        assert "replaced" in [event.kind for event in self.store.events(self.feed) if event.at == self.life.now]

    # --- what must hold --------------------------------------------------------------------------------------

    @invariant()
    def the_archive_knows_it_all(self) -> None:
        if hasattr(self, "store"):
            compare(self.life.known, told(self.store))

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        try:
            for at, moment, exact in self.moments:
                then = as_known(self.store, at)
                assert then[:-1] == moment[:-1], at
                # Visits that brought nothing are not written down: what stood before one of them and after it may have
                # been seen then, for all that is known.
                for one, other in zip(then[-1], moment[-1], strict=True):
                    assert one == other or (not exact and other <= one <= at), at
            assert list(self.store.examine()) == []
            self.store.close()
            self.read_again()
            if self.any_order:
                self.replay_in_any_order()
        finally:
            self.store.close()
            shutil.rmtree(self.folder)

    def read_again(self) -> None:
        path = self.folder / "a.sqlite"
        before = contents(path)
        assert reparse(path, self.life.now, replace=True).differences == ()
        assert contents(path) == before

    def replay_in_any_order(self) -> None:
        """Copies that come late and in any order tell the same."""
        folder = self.folder / "copies"
        folder.mkdir()
        for at, body in self.copies:
            (folder / f"{at:%Y-%m-%dT%H-%M-%S}Z.xml").write_bytes(body)
        found, refused = copies(folder, self.life.now)
        assert (len(found), refused) == (len(self.copies), [])
        with closing(open_archive(self.folder / "b.sqlite")) as store:
            feed = store.subscribe(URL, kind="remote", now=NOON)
            self.life.dice.shuffle(found)
            replay(store, feed, URL, found)
            late = {number: (one.contents, one.current) for number, one in told(store).items()}
            assert list(store.examine()) == []
        assert late == {number: (truth.contents, truth.current) for number, truth in self.life.known.items()}

    # --- the rest --------------------------------------------------------------------------------------------

    def at(self, place: int) -> int:
        return place % len(self.life.window)

    def record(self) -> FeedRecord:
        found = self.store.find_feed(URL)
        assert found
        return found

    def look(self, step: Step) -> None:
        observation = look(self.record(), step.answer, step.at, Schedule())
        self.store.record([observation])
        self.moments.append((step.at, as_known(self.store), bool(observation.windowed and observation.parsed)))
        if observation.poll and not observation.poll.error and self.life.last:
            self.copies.append((step.at, self.life.last.body))


def told(store: SqliteStore) -> dict[int, Told]:
    """What the archive says of each entry, by the number that its texts begin with."""
    found: dict[int, Told] = {}
    for record in store.entries(limit=1000):
        number, current = read_back(record.entry)
        assert number not in found, f"entry {number} stands twice"
        seen: dict[Content, Seen] = {}
        for version in store.history(record.id):
            of, content = read_back(version.entry)
            assert of == number
            assert content not in seen, f"{content} stands twice"
            seen[content] = Seen(version.first_seen, version.last_seen)
            assert version.current == (content == current)
        assert record.versions == len(seen)
        found[number] = Told(seen, current, record.in_window, record.left_why, record.deleted_why)
    return found


def compare(truths: dict[int, Truth], found: dict[int, Told]) -> None:
    assert found.keys() == truths.keys()
    for number, truth in truths.items():
        one = found[number]
        assert one.contents == truth.contents
        assert (one.current, one.in_window) == (truth.current, truth.in_window)
        assert truth.left is None or one.left == truth.left
        assert one.deleted == truth.deleted


def as_known(store: SqliteStore, at: datetime | None = None) -> Any:
    """All that the archive tells, or told at an instant, but how it stands with servers."""
    records = store.entries(limit=1000, as_of=at)
    feeds = store.feeds(as_of=at)
    histories = [store.history(record.id, as_of=at) for record in records]
    return (
        [(feed.title, feed.meta, feed.entries) for feed in feeds],
        records,
        [store.find_entry(record.public_id, as_of=at) for record in records],
        [[(one.sha256, one.first_seen, one.current) for one in history] for history in histories],
        sorted(hit.record.id for hit in store.search("river", limit=1000, as_of=at)),
        [one.last_seen for history in histories for one in history],
    )


def contents(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of an archive but for their numbers, which are told by what they stand for."""
    entry = "(SELECT public_id FROM entry WHERE id = {0}.entry)"
    version = "(SELECT hex(fingerprint) FROM version WHERE id = {0}.version)"
    queries = {
        "entry": "SELECT public_id, first_seen, date, link, hex(form), merged FROM entry",
        "identity": f"SELECT key, rule, confidence, since, {entry.format('identity')} FROM identity",
        "version": f"SELECT {entry.format('version')}, number, first_seen, document, hex(fingerprint), hex(sha256),"
        " words FROM version JOIN blob ON blob.id = blob",
        "edition": f"SELECT {entry.format('edition')}, {version.format('edition')}, at, key, late FROM edition",
        "span": f"SELECT {entry.format('span')}, {version.format('span')}, opened, last_seen, closed, reason FROM span",
        "deletion": f"SELECT {entry.format('deletion')}, seen, at, reason, by, comment FROM deletion",
        "event": "SELECT at, kind, detail FROM event",
        "feed": "SELECT * FROM feed",
        "feed_version": "SELECT first_seen, hex(fingerprint), body FROM feed_version",
        "document": "SELECT * FROM document",
        "blob": "SELECT hex(sha256) FROM blob",
        "window": "SELECT window, document, json_array_length(shown) FROM poll",
    }
    with closing(sqlite3.connect(path)) as db:
        return {name: sorted(db.execute(query).fetchall(), key=repr) for name, query in queries.items()}


FeedLife.TestCase.settings = settings(
    deadline=None,
    max_examples=int(os.environ.get("LIVES", "30")),  # more of them find rarer faults
    stateful_step_count=15,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # each life is told step by step, and making it shorter takes minutes
)
TestFeedLife = FeedLife.TestCase
