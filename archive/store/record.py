"""Writing down what a look at a feed brought: the document, then what changed in its entries."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from msgspec.structs import replace

from archive.history import Change, Key, Known, Seen, changes, departures, fingerprint, only_dates_moved, undated
from archive.store import documents, events, gaps, identities, log, spans
from archive.store.fresh import record_first
from archive.store.index import Index
from archive.store.late import keep_late_meta, read_late, read_past
from archive.store.ready import Form, Skimmed, forms, opened, whole
from archive.store.subscriptions import keep_poll
from archive.store.times import from_text, to_text
from archive.store.unchanged import record_unchanged
from archive.store.values import Observation, Recorded
from archive.store.versions import Place, make_current, new_entry, version_of
from feeds.model import Entry, Feed, ParsedFeed

_NEXT = timedelta(microseconds=1)  # times have no finer parts


def record(db: sqlite3.Connection, observations: Iterable[Observation], authority: str) -> list[Recorded]:
    """What each observation changed. Runs inside the caller's transaction."""
    index, batch = Index(), list(observations)
    made: dict[str, log.Made] = {}
    done = record_first(db, batch, authority, index, made) | record_unchanged(db, batch)
    recorded = [
        done.get(place) or _record(db, whole(_in_order(db, one)), authority, index) for place, one in enumerate(batch)
    ]
    index.write(db)
    log.append(db, made)
    return recorded


def _in_order(db: sqlite3.Connection, seen: Observation) -> Observation:
    """The look at its time, but after what came before it: a clock that was set back turns no order round.

    Of polls and of articles it is known that they come in order; old copies have a time of their own.
    """
    if seen.past or (seen.poll is None and seen.keys is None):
        return seen
    before = max(documents.last_seen(db, seen), events.last_absence(db, seen.feed))
    if before <= to_text(seen.at):
        return seen
    return replace(seen, at=from_text(before) + (_NEXT if seen.served else timedelta()))


def _record(db: sqlite3.Connection, seen: Observation, authority: str, index: Index) -> Recorded:
    last_seen = documents.last_seen(db, seen) if seen.parsed is not None else ""
    document = None
    if seen.served:
        document = documents.keep(db, seen)
    elif seen.poll and seen.poll.error is None:
        documents.same_again(db, seen)
    recorded = Recorded(feed=seen.feed)
    if seen.parsed is not None:
        place = Place(document, authority, last_seen, to_text(seen.at) < last_seen, index)
        recorded = read(db, seen, seen.parsed, place)
    elif document and seen.poll and seen.poll.error is None:
        _same_window(db, seen, document)
    _note_absence(db, seen)
    if seen.poll is not None:
        # What could not be read is kept, but the next answer is compared with the last one that could.
        keep_poll(db, seen.feed, seen.poll, None if seen.poll.error else document)
    return recorded


def read_again(db: sqlite3.Connection, seen: Observation, document: int, authority: str) -> None:
    """Take in once more what a document says that was kept before."""
    assert seen.parsed is not None
    index = Index()
    last_seen = documents.last_seen(db, seen, before=document)
    read(db, seen, seen.parsed, Place(document, authority, last_seen, to_text(seen.at) < last_seen, index))
    index.write(db)


def read(db: sqlite3.Connection, seen: Observation, parsed: ParsedFeed, place: Place) -> Recorded:
    """Take in what a document says; the document itself is kept already."""
    if not seen.past:
        _keep_meta(db, seen, parsed.feed, place)
    entry_keys = identities.keys_of(db, seen, parsed.entries)
    known = identities.known(db, seen.feed, {key.value for key in entry_keys})
    shown = _shown(seen, parsed, entry_keys, known, place)
    if seen.keys is None:
        known |= identities.recognise(db, seen, [(key, entry) for key, entry, _ in shown], known)
    dated = bool(db.execute("SELECT dates_trusted FROM feed WHERE id = ?", (seen.feed,)).fetchone()[0])
    looked = [_look(db, one, known, dated) for one in shown]
    if dated and _dates_follow_the_clock(db, looked, known):
        db.execute("UPDATE feed SET dates_trusted = 0 WHERE id = ?", (seen.feed,))
        looked = [_look(db, one, known, False) for one in shown]
    if seen.past:
        return read_past(db, seen, looked, known, place)
    if place.late:
        return read_late(db, seen, looked, known, place)
    return _read(db, seen, parsed, looked, known, place)


def _read(
    db: sqlite3.Connection,
    seen: Observation,
    parsed: ParsedFeed,
    looked: Sequence[Seen],
    known: Mapping[str, Known],
    place: Place,
) -> Recorded:
    standing = spans.standing(db, seen.feed) if seen.windowed else []
    found = changes(known, looked, {span.entry for span in standing} if seen.windowed else None)
    window = [known[one.key.value].entry if one.key.value in known else None for one in looked]
    gap = bool(standing) and gaps.note(db, seen, parsed, window, left=bool(found.left), last_seen=place.last_seen)
    if parsed.feed.complete:
        events.befell(db, seen.feed, to_text(seen.at), "complete", None)
    _leave(db, seen, found.left, place, complete=parsed.feed.complete)
    stays = {(known[one.key.value].entry, one.fingerprint) for one in looked if one.key.value in known}
    for span in standing:
        if (span.entry, span.fingerprint) not in stays and span.entry not in found.left:
            spans.end(db, span.id, to_text(seen.at), place.last_seen, "edited")
    numbers = dict.fromkeys(("new", "edited", "returned", "noise", "aside"), 0)
    touched: list[int] = []
    fresh: dict[str, int] = {}
    for change in found.changes:
        numbers[change.kind] += 1
        touched.append(_apply(db, seen, change, place, fresh))
    if seen.windowed:
        shown = [known[key].entry if key in known else fresh[key] for key in (one.key.value for one in looked)]
        _keep_window(db, seen, place.document, shown)
    events.mark_deleted(db, seen, parsed.tombstones)
    return Recorded(
        feed=seen.feed,
        new=numbers["new"],
        edited=numbers["edited"],
        unchanged=found.unchanged + numbers["returned"] + numbers["noise"],
        left=len(found.left),
        entries=tuple(touched),
        gap=gap,
    )


def _shown(
    seen: Observation, parsed: ParsedFeed, names: Sequence[Key], known: Mapping[str, Known], place: Place
) -> list[tuple[Key, Entry, Form]]:
    """The entries with their keys and forms; those that are as they were may stand without their texts."""
    if not isinstance(seen, Skimmed):
        return list(zip(names, parsed.entries, forms(parsed.entries), strict=True))
    return [
        (key, entry if _is_same(known.get(key.value), made) and not place.late else opened(made), made)
        for key, entry, made in zip(names, parsed.entries, seen.forms, strict=True)
    ]


def _is_same(before: Known | None, now: Form) -> bool:
    return before is not None and before.fingerprint is not None and before.form == now.digest


def _look(db: sqlite3.Connection, shown: tuple[Key, Entry, Form], known: Mapping[str, Known], dated: bool) -> Seen:
    """The entry with its digests. Where dates tell nothing, other dates alone make it no other content."""
    key, entry, made = shown
    before = known.get(key.value)
    if before and before.fingerprint and _is_same(before, made):
        return Seen(key, entry, made.body, made.digest, before.fingerprint)
    if dated:
        return Seen(key, entry, made.body, made.digest, fingerprint(entry))
    bare = undated(entry)
    same = before and identities.same_but_for_dates(db, before, bare)
    return Seen(key, entry, made.body, made.digest, same or bare)


def _dates_follow_the_clock(db: sqlite3.Connection, looked: Sequence[Seen], known: Mapping[str, Known]) -> bool:
    """Whether all entries known before changed, and nothing of them but their dates."""
    pairs = [(known[one.key.value], one) for one in looked if one.key.value in known]
    if any(before.fingerprint == now.fingerprint for before, now in pairs):
        return False
    return only_dates_moved([(identities.current_body(db, before.entry), now.entry) for before, now in pairs])


def _apply(db: sqlite3.Connection, seen: Observation, change: Change, place: Place, fresh: dict[str, int]) -> int:
    """Records one change; `fresh` remembers the entries that this document made, for what stands aside of them."""
    at, one = to_text(seen.at), change.seen
    entry = change.known.entry if change.known else fresh.get(one.key.value)
    if entry is None:
        entry = fresh[one.key.value] = new_entry(db, seen, one, place.authority)
    if change.kind in ("new", "edited", "aside"):
        version = version_of(db, entry, one, place, at)
        if change.kind != "aside":
            make_current(db, entry, version, one, at, place.words)
        if change.kind == "edited":
            spans.end_all(db, seen.feed, entry, at, place.last_seen, "edited")
        spans.start(db, seen.feed, entry, version, at)
        return entry
    db.execute("UPDATE entry SET form = ? WHERE id = ?", (one.form, entry))
    if change.kind == "returned":
        (version,) = db.execute(
            "SELECT version FROM edition WHERE id = (SELECT edition FROM entry WHERE id = ?)", (entry,)
        ).fetchone()
        spans.start(db, seen.feed, entry, version, at)
    return entry


def _leave(db: sqlite3.Connection, seen: Observation, left: Sequence[int], place: Place, *, complete: bool) -> None:
    """The entries stand in the window no longer; how they went is told by who stayed."""
    if not left:
        return
    at = to_text(seen.at)
    row = db.execute("SELECT shown FROM poll WHERE feed = ?", (seen.feed,)).fetchone()
    window = json.loads(row[0]) if row else []
    ways = departures(
        window, set(window) - set(left), newest_first=gaps.is_newest_first(gaps.dates(db, window), window)
    )
    for entry in left:
        reason = "gone from a complete feed" if complete else ways.get(entry, "scrolled out")
        spans.end_all(db, seen.feed, entry, at, place.last_seen, reason)
    if complete:
        events.mark_gone_from_complete(db, left, at)


def _keep_window(db: sqlite3.Connection, seen: Observation, document: int | None, shown: Sequence[int]) -> None:
    """Writes down that this is the feed's window."""
    db.execute(
        "UPDATE poll SET window = coalesce(?, window), shown = ? WHERE feed = ?",
        (document, json.dumps(list(dict.fromkeys(shown))), seen.feed),
    )


def _same_window(db: sqlite3.Connection, seen: Observation, document: int) -> None:
    """The bytes are those of the last document that was a feed; if it was the window, this is it now."""
    db.execute("UPDATE poll SET window = ? WHERE feed = ? AND window = document", (document, seen.feed))


def _keep_meta(db: sqlite3.Connection, seen: Observation, feed: Feed, place: Place) -> None:
    digest, body = documents.meta(feed)
    if place.late:
        keep_late_meta(db, seen.feed, to_text(seen.at), digest, body)
        return
    latest = db.execute(
        "SELECT fingerprint FROM feed_version WHERE feed = ? ORDER BY first_seen DESC, id DESC LIMIT 1", (seen.feed,)
    ).fetchone()
    if latest is None or latest[0] != digest:
        db.execute(
            "INSERT INTO feed_version (feed, first_seen, fingerprint, body) VALUES (?, ?, ?, ?)",
            (seen.feed, to_text(seen.at), digest, body),
        )


def _note_absence(db: sqlite3.Connection, seen: Observation) -> None:
    """Writes down that the feed is gone, that something else stands in its place, or that it is back."""
    if seen.poll is None:
        return
    at, feed = to_text(seen.at), seen.feed
    if seen.poll.gone:
        events.befell(db, feed, at, "gone", seen.poll.error)
    elif seen.poll.error and seen.served and _was_read(db, feed):
        events.befell(db, feed, at, "parked", seen.poll.error)
    elif seen.poll.error is None and events.is_away(db, feed):
        events.befell(db, feed, at, "back", None)


def _was_read(db: sqlite3.Connection, feed: int) -> bool:
    row = db.execute("SELECT document FROM poll WHERE feed = ?", (feed,)).fetchone()
    return row is not None and row[0] is not None
