"""Writing down looks that brought nothing new: not modified (304), or the bytes of the last document once more.

Nearly all looks are such. What is known of all their feeds is asked at once; the rows are those that
`archive.store.record` would write, and whatever is out of the ordinary is left to it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from archive.store.events import ABSENCE
from archive.store.subscriptions import keep_poll
from archive.store.times import to_text
from archive.store.values import Observation, Recorded

_STATES = f"""
    SELECT poll.feed, poll.document, document.url, document.status, document.last_at, blob.sha256,
        EXISTS (SELECT 1 FROM document AS later WHERE later.feed = poll.feed AND later.id > poll.document),
        (SELECT kind FROM event WHERE event.feed = poll.feed AND kind IN {ABSENCE} ORDER BY at DESC, event.id DESC)
    FROM poll LEFT JOIN document ON document.id = poll.document LEFT JOIN blob ON blob.id = document.blob
    WHERE poll.feed IN (SELECT value FROM json_each(?))
"""
_ONCE_MORE = "UPDATE document SET last_at = max(last_at, ?), times = times + 1 WHERE id = ?"


class _State(NamedTuple):
    """The last document of a feed that could be read, and the last word on whether the feed is there."""

    document: int | None
    url: str | None
    status: int | None
    last_at: str | None
    sha256: bytes | None
    has_others: bool
    presence: str | None


def record_unchanged(db: sqlite3.Connection, observations: Sequence[Observation]) -> dict[int, Recorded]:
    """Writes down those of the observations that bring nothing new; gives what came of them by their places."""
    looks = Counter(one.feed for one in observations)
    plain = {place: one for place, one in enumerate(observations) if looks[one.feed] == 1 and _is_plain(one)}
    if not plain:
        return {}
    wanted = json.dumps([one.feed for one in plain.values()])
    states = {feed: _State(*rest) for feed, *rest in db.execute(_STATES, (wanted,))}
    found = {place: one for place, one in plain.items() if _is_unchanged(one, states.get(one.feed))}
    db.executemany(_ONCE_MORE, [(to_text(one.at), states[one.feed].document) for one in found.values()])
    for one in found.values():
        assert one.poll is not None
        keep_poll(db, one.feed, one.poll, states[one.feed].document if one.served else None)
    return {place: Recorded(feed=one.feed) for place, one in found.items()}


def _is_plain(seen: Observation) -> bool:
    if seen.parsed is not None or seen.poll is None:
        return False
    return seen.poll.error is None and seen.poll.gone is None and seen.keys is None and seen.windowed


def _is_unchanged(seen: Observation, state: _State | None) -> bool:
    if state is None or state.presence not in (None, "back"):
        return False
    if seen.served is None:
        return True
    # One row for a run of equal answers: it goes on with the feed's last document, if that came from there.
    return (
        state.sha256 == seen.served.sha256
        and not state.has_others
        and state.url == seen.served.url
        and state.status is not None
        and seen.served.status is not None
        and (state.last_at or "") <= to_text(seen.at)
    )
